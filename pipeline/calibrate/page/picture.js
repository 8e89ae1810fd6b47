// The frame on a canvas: zoom, move, a loupe, points that can be clicked and dragged, and the court drawn over it.
// Coordinates are px of the source frame; (0, 0) is the corner of its first pixel.

const REACH = 10; // css px within which a point is grabbed
const STILL = 4; // css px by which a click may wobble
const LOUPE = 7; // times

export class Picture {
  constructor(canvas, loupe, on) {
    Object.assign(this, { canvas, loupe, on, image: null, scene: { points: [], lines: [] }, view: null, held: null });
    new ResizeObserver(() => this.resize()).observe(canvas);
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointerleave", () => this.leave());
  }

  show(image) {
    const first = !this.image || this.image.width !== image.width;
    this.image = image;
    if (first) this.whole();
    else this.paint();
  }

  draw(scene) {
    this.scene = scene;
    this.paint();
  }

  resize() {
    const ratio = devicePixelRatio || 1;
    for (const each of [this.canvas, this.loupe]) {
      each.width = Math.round(each.clientWidth * ratio);
      each.height = Math.round(each.clientHeight * ratio);
    }
    if (this.image) this.whole();
  }

  whole() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const scale = Math.min(width / this.image.width, height / this.image.height);
    this.view = { scale, x: (width - this.image.width * scale) / 2, y: (height - this.image.height * scale) / 2 };
    this.paint();
  }

  zoom(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    if (!this.image) return;
    const least = 0.5 * Math.min(this.canvas.clientWidth / this.image.width, this.canvas.clientHeight / this.image.height);
    const scale = Math.min(Math.max(this.view.scale * factor, least), 24);
    const grown = scale / this.view.scale;
    this.view = { scale, x: x - (x - this.view.x) * grown, y: y - (y - this.view.y) * grown };
    this.paint();
  }

  toPx(x, y) { return [(x - this.view.x) / this.view.scale, (y - this.view.y) / this.view.scale]; }
  toScreen([u, v]) { return [u * this.view.scale + this.view.x, v * this.view.scale + this.view.y]; }

  grabbed(x, y) {
    const away = (point) => { const [a, b] = this.toScreen(point.px); return Math.hypot(a - x, b - y); };
    return this.scene.points.filter((point) => away(point) <= REACH).sort((a, b) => away(a) - away(b))[0];
  }

  wheel(event) {
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY * 0.0016), event.offsetX, event.offsetY);
  }

  press(event) {
    if (!this.image || event.button > 1) return;
    this.canvas.setPointerCapture(event.pointerId);
    const point = event.button === 0 ? this.grabbed(event.offsetX, event.offsetY) : null;
    this.held = { x: event.offsetX, y: event.offsetY, point, view: { ...this.view }, moved: false, button: event.button };
    this.held.px = point && [...point.px];
  }

  move(event) {
    if (!this.image) return;
    const [x, y] = [event.offsetX, event.offsetY];
    this.canvas.classList.toggle("over", Boolean(this.grabbed(x, y)));
    if (this.held) {
      const [dx, dy] = [x - this.held.x, y - this.held.y];
      this.held.moved ||= Math.hypot(dx, dy) > STILL;
      this.canvas.classList.toggle("drag", this.held.moved);
      if (this.held.moved && this.held.point) {
        const px = [this.held.px[0] + dx / this.view.scale, this.held.px[1] + dy / this.view.scale];
        this.on.drag(this.held.point.id, this.inside(px), false);
      } else if (this.held.moved) {
        this.view = { ...this.held.view, x: this.held.view.x + dx, y: this.held.view.y + dy };
        this.paint();
      }
    }
    this.magnify(x, y);
  }

  release(event) {
    const held = this.held;
    this.held = null;
    this.canvas.classList.remove("drag");
    if (!held || held.button !== 0) return;
    if (held.moved && held.point) this.on.drag(held.point.id, null, true);
    else if (!held.moved && held.point) this.on.choose(held.point.id);
    else if (!held.moved) {
      const px = this.toPx(event.offsetX, event.offsetY);
      if (px.every((value, k) => value >= 0 && value <= [this.image.width, this.image.height][k])) this.on.click(px);
    }
  }

  leave() { this.loupe.style.visibility = "hidden"; }

  inside([u, v]) { return [Math.min(Math.max(u, 0), this.image.width), Math.min(Math.max(v, 0), this.image.height)]; }

  magnify(x, y) {
    const held = this.held?.moved && this.held.point;
    const [u, v] = held ? this.scene.points.find((point) => point.id === held.id)?.px ?? this.toPx(x, y) : this.toPx(x, y);
    this.loupe.style.visibility = "visible";
    this.loupe.classList.toggle("left", x > this.canvas.clientWidth - 210 && y < 210);
    const context = this.loupe.getContext("2d");
    const size = this.loupe.width;
    const scale = Math.max(LOUPE, this.view.scale * 2.5) * (devicePixelRatio || 1);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#0b0c0e";
    context.fillRect(0, 0, size, size);
    context.setTransform(scale, 0, 0, scale, size / 2 - u * scale, size / 2 - v * scale);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.image, 0, 0);
    this.lines(context, 1.5 / scale, 0.5);
    context.setTransform(1, 0, 0, 1, size / 2, size / 2);
    context.strokeStyle = "rgba(255,255,255,.9)";
    context.lineWidth = 1.2;
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(dx * 7, dy * 7);
      context.lineTo(dx * size / 4, dy * size / 4);
    }
    context.stroke();
  }

  paint() {
    if (!this.image || !this.view) return;
    const context = this.canvas.getContext("2d");
    const ratio = devicePixelRatio || 1;
    const { scale, x, y } = this.view;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * x, ratio * y);
    context.imageSmoothingEnabled = scale < 3;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.image, 0, 0);
    this.lines(context, 1.5 / scale, 0.95);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (const point of this.scene.points) this.point(context, point);
    if (this.scene.pending) this.cross(context, this.toScreen(this.scene.pending));
  }

  lines(context, width, alpha) {
    context.lineJoin = "round";
    for (const [color, wide] of [["rgba(0,0,0,.45)", 2.2], [`rgba(76,230,255,${alpha})`, 1]]) {
      context.strokeStyle = color;
      context.lineWidth = width * wide;
      context.beginPath();
      for (const line of this.scene.lines) line.forEach(([u, v], k) => (k ? context.lineTo(u, v) : context.moveTo(u, v)));
      context.stroke();
    }
  }

  point(context, point) {
    const [x, y] = this.toScreen(point.px);
    context.lineWidth = 2;
    context.strokeStyle = point.color;
    context.beginPath();
    context.arc(x, y, point.chosen ? 8 : 6, 0, 2 * Math.PI);
    context.moveTo(x - 2.5, y); context.lineTo(x + 2.5, y);
    context.moveTo(x, y - 2.5); context.lineTo(x, y + 2.5);
    context.stroke();
    context.font = "700 12px system-ui, sans-serif";
    context.lineWidth = 3.5;
    context.strokeStyle = "rgba(0,0,0,.75)";
    context.strokeText(point.number, x + 10, y - 8);
    context.fillStyle = point.color;
    context.fillText(point.number, x + 10, y - 8);
  }

  cross(context, [x, y]) {
    for (const [color, width] of [["#000", 4], ["#62a4f0", 2]]) {
      context.strokeStyle = color;
      context.lineWidth = width;
      context.beginPath();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        context.moveTo(x + dx * 4, y + dy * 4);
        context.lineTo(x + dx * 13, y + dy * 13);
      }
      context.stroke();
    }
  }
}
