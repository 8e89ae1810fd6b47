// The court seen from above: an SVG in metres, y towards the camera, with the points that one can click on.

const MARGIN_M = 1.9;
const SNAP_M = 1.1;
const SVG = "http://www.w3.org/2000/svg";

export const spoken = (name) => {
  const words = name.split("_");
  const places = words.filter((word) => ["far", "near", "left", "right"].includes(word));
  const thing = words.filter((word) => !places.includes(word)).join(" ");
  return places.length ? `${thing}, ${places.join(" ")}` : thing;
};

export class Floor {
  constructor(svg, onPick, onChoose) {
    Object.assign(this, { svg, onPick, onChoose, near: null });
    svg.addEventListener("mousemove", (event) => this.hover(event));
    svg.addEventListener("mouseleave", () => this.point(null));
    svg.addEventListener("click", (event) => this.click(event));
  }

  show(court) {
    this.court = court;
    const [width, height] = [court.length_m + 2 * MARGIN_M, court.width_m + 2 * MARGIN_M];
    this.svg.setAttribute("viewBox", `${-MARGIN_M} ${-MARGIN_M} ${width} ${height}`);
    this.svg.replaceChildren(this.make("rect", { x: 0, y: 0, width: court.length_m, height: court.width_m, fill: "#2a2f37" }));
    for (const [x, y, length, across] of court.paints) {
      this.svg.append(this.make("rect", { x, y, width: length, height: across, fill: "#363d48" }));
    }
    const style = { fill: "none", stroke: "#aeb6c2", "stroke-width": Math.max(court.line_m, 0.08) };
    for (const line of court.lines) this.svg.append(this.make("polyline", { ...style, points: line.join(" ") }));
    for (const ring of court.rings) this.svg.append(this.make("polyline", { ...style, stroke: "#ff8a4c", points: ring.join(" ") }));
    this.spots = {};
    for (const [name, [cx, cy]] of Object.entries(court.landmarks)) {
      this.spots[name] = this.make("circle", { class: "landmark", cx, cy, r: 0.24, "data-landmark": name });
      this.svg.append(this.spots[name]);
    }
    this.marks = this.make("g", {});
    this.label = this.make("text", { class: "name" });
    this.svg.append(this.marks, this.label);
  }

  // points: [{number, court_m, color, chosen}]; suggested: a landmark's name or null
  draw(points, suggested) {
    const marks = points.map((point) => {
      const [x, y] = point.court_m;
      const group = this.make("g", {});
      const ring = point.chosen ? { stroke: "#fff", "stroke-width": 0.14 } : {};
      group.append(this.make("circle", { cx: x, cy: y, r: 0.5, fill: point.color, ...ring }));
      const text = this.make("text", { x, y: y + 0.03, fill: "#111" });
      text.textContent = point.number;
      group.append(text);
      return group;
    });
    this.marks.replaceChildren(...marks);
    for (const [name, spot] of Object.entries(this.spots)) spot.classList.toggle("suggested", name === suggested);
    this.points = points;
    this.suggested = suggested;
    this.point(this.near);
  }

  at(event) {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return [place.x, place.y];
  }

  nearest(place) {
    const away = ([x, y]) => Math.hypot(x - place[0], y - place[1]);
    const [name, spot] = Object.entries(this.court.landmarks).reduce((a, b) => (away(a[1]) <= away(b[1]) ? a : b));
    return away(spot) <= SNAP_M ? name : null;
  }

  hover(event) { this.point(event.altKey ? null : this.nearest(this.at(event))); }

  point(name) {
    this.near = name;
    for (const [other, spot] of Object.entries(this.spots)) spot.classList.toggle("near", other === name);
    const shown = name ?? this.suggested;
    this.label.textContent = shown ? spoken(shown) : "";
    if (!shown) return;
    const [x, y] = this.court.landmarks[shown];
    const half = this.label.textContent.length * 0.2;
    this.label.setAttribute("x", Math.min(Math.max(x, half - MARGIN_M), this.court.length_m + MARGIN_M - half));
    this.label.setAttribute("y", y < this.court.width_m / 2 ? y + 1.05 : y - 1.05);
  }

  click(event) {
    const place = this.at(event);
    const name = event.altKey ? null : this.nearest(place);
    const taken = this.points.find((point) => (name ? point.landmark === name : false));
    if (taken) this.onChoose(taken.id);
    else if (name) this.onPick({ landmark: name, court_m: this.court.landmarks[name] });
    else if (event.altKey) this.onPick({ landmark: null, court_m: place.map((value) => Math.round(value * 100) / 100) });
  }

  make(kind, attributes) {
    const element = document.createElementNS(SVG, kind);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }
}
