// The court from above, with everybody who has a place at the time shown.

import { useEffect, useRef } from "preact/hooks";
import { type Person } from "./api";
import { effect } from "@preact/signals";
import { about, arrivals, hovered, labelsShown, model, playhead, select, selected, windows } from "./store";

const MARGIN_M = 1;

export function MiniMap() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const dots = useRef<{ player: number; x: number; y: number }[]>([]);
  useEffect(() => {
    const element = canvas.current!;
    let asked = 0;
    const redraw = (): void => {
      if (!asked) asked = requestAnimationFrame(() => ((asked = 0), (dots.current = draw(element))));
    };
    const stop = effect(() => {
      void [playhead.value, model.value, selected.value, hovered.value, arrivals.value, labelsShown.value, about.value];
      redraw();
    });
    const observer = new ResizeObserver(redraw);
    observer.observe(element);
    return () => (stop(), observer.disconnect());
  }, []);
  const court = about.value?.court;
  if (!court) return <p class="empty small">No court: positions in metres need a found court or a calibration.</p>;
  const click = (event: MouseEvent): void => {
    const box = canvas.current!.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const near = dots.current
      .map((dot) => ({ dot, off: Math.hypot(dot.x - x, dot.y - y) }))
      .sort((a, b) => a.off - b.off)[0];
    if (near && near.off < 16) select([near.dot.player]);
  };
  return <canvas ref={canvas} class="minimap" role="img" aria-label="Where everybody is on the court" onClick={click} />;
}

// What a dot says: the number, else the beginning of the name, else the number of the label as in A-P7.
function markOf(person: Person): string {
  if (person.role === "referee") return "R";
  return person.number ?? (person.name ? person.label.slice(0, 2) : `P${person.id}`);
}

function draw(canvas: HTMLCanvasElement): { player: number; x: number; y: number }[] {
  const court = about.value?.court;
  const shown = model.value;
  if (!court || !shown) return [];
  const [wide, tall] = [canvas.clientWidth, canvas.clientHeight];
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(wide * ratio) || canvas.height !== Math.round(tall * ratio)) {
    canvas.width = Math.round(wide * ratio);
    canvas.height = Math.round(tall * ratio);
  }
  const context = canvas.getContext("2d")!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const style = getComputedStyle(canvas);
  const scale = Math.min(wide / (court.length_m + 2 * MARGIN_M), tall / (court.width_m + 2 * MARGIN_M));
  const left = (wide - court.length_m * scale) / 2;
  const top = (tall - court.width_m * scale) / 2;
  context.fillStyle = style.getPropertyValue("--floor");
  context.fillRect(0, 0, wide, tall);
  context.fillStyle = style.getPropertyValue("--paint");
  for (const [x, y, length, width] of court.paints) context.fillRect(left + x * scale, top + y * scale, length * scale, width * scale);
  context.strokeStyle = style.getPropertyValue("--court-line");
  context.lineWidth = 1;
  context.beginPath();
  for (const line of court.lines)
    line.forEach(([x, y], k) => (k ? context.lineTo(left + x * scale, top + y * scale) : context.moveTo(left + x * scale, top + y * scale)));
  context.stroke();
  const frame = windows.frame(playhead.value);
  if (frame === null) return [];
  const found: { player: number; x: number; y: number }[] = [];
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let k = frame.window.placeBegin[frame.at]!; k < frame.window.placeBegin[frame.at + 1]!; k++) {
    const player = frame.window.players[k]!;
    const person = shown.people.get(player);
    if (!person) continue;
    const [x, y] = [left + frame.window.places[2 * k]! * scale, top + frame.window.places[2 * k + 1]! * scale];
    found.push({ player, x, y });
    const strong = selected.value.includes(player) || hovered.value === player;
    context.beginPath();
    context.arc(x, y, strong ? 10 : 8.5, 0, 2 * Math.PI);
    context.fillStyle = person.fill;
    context.fill();
    context.lineWidth = strong ? 3 : 1.25;
    context.strokeStyle = strong ? style.getPropertyValue("--accent") : "rgba(0,0,0,.65)";
    context.stroke();
    context.fillStyle = person.ink;
    const mark = markOf(person);
    context.font = `600 ${mark.length > 2 ? 8 : 10}px system-ui, "Segoe UI", sans-serif`;
    context.fillText(mark, x, y + 0.5);
  }
  return found;
}
