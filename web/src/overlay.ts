// Boxes and labels over the picture, drawn from the tables. Labels never leave the picture nor overlap each other.

import type { Model } from "./model";
import type { FrameRef } from "./windows";

export interface DrawnBox {
  track: number;
  player: number; // 0: nobody
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

export interface Fit {
  left: number;
  top: number;
  scale: number;
}

export interface Marked {
  players: readonly number[];
  track: number | null;
  hovered: number | null;
}

export function boxesOf(model: Model, frame: FrameRef): DrawnBox[] {
  const { window, at } = frame;
  const found: DrawnBox[] = [];
  for (let k = window.boxBegin[at]!; k < window.boxBegin[at + 1]!; k++) {
    const track = Math.abs(window.tracks[k]!);
    const piece = model.pieceOf.get(track);
    const player = piece === undefined ? 0 : model.player[piece]!;
    const role = piece === undefined ? null : model.game.pieces.role[piece];
    if (player === 0 && role !== "player" && role !== "referee") continue;
    const [x1, y1, x2, y2] = window.boxes.subarray(4 * k, 4 * k + 4) as unknown as [number, number, number, number];
    found.push({ track, player, x1, y1, x2, y2 });
  }
  return found;
}

const FONT = '600 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const HEIGHT = 17;
const widths = new Map<string, number>();

function widthOf(context: CanvasRenderingContext2D, text: string): number {
  let width = widths.get(text);
  if (width === undefined) {
    width = Math.ceil(context.measureText(text).width) + 10;
    if (widths.size > 2000) widths.clear();
    widths.set(text, width);
  }
  return width;
}

interface Plate {
  x: number;
  y: number;
  width: number;
}

// Places a plate near its box: above, below, inside, then higher and higher; null where nothing is free.
export function placed(width: number, box: { x1: number; y1: number; x2: number; y2: number }, size: [number, number], taken: readonly Plate[]): Plate | null {
  const [wide, tall] = size;
  const x = Math.min(Math.max((box.x1 + box.x2 - width) / 2, 0), wide - width);
  const above = box.y1 - HEIGHT - 2;
  const heights = [above, box.y2 + 2, box.y1 + 2];
  for (let k = 1; k <= 6; k++) heights.push(above - k * (HEIGHT + 1));
  for (const sideways of [0, -width * 0.6, width * 0.6])
    for (const y of heights) {
      const at = Math.min(Math.max(x + sideways, 0), wide - width);
      const free =
        y >= 0 && y + HEIGHT <= tall && at >= 0 &&
        taken.every((plate) => at >= plate.x + plate.width + 1 || plate.x >= at + width + 1 || Math.abs(y - plate.y) >= HEIGHT + 1);
      if (free) return { x: at, y, width };
    }
  return null;
}

export function drawOverlay(
  context: CanvasRenderingContext2D,
  size: [number, number],
  fit: Fit,
  model: Model,
  boxes: readonly DrawnBox[],
  marked: Marked,
  labels: boolean,
): void {
  context.clearRect(0, 0, size[0], size[1]);
  context.font = FONT;
  context.textBaseline = "middle";
  const taken: Plate[] = [];
  const urgent = (box: DrawnBox): number =>
    box.track === marked.track ? 2 : marked.players.includes(box.player) && box.player > 0 ? 1 : 0;
  const ordered = [...boxes].sort((a, b) => urgent(b) - urgent(a) || a.y2 - b.y2 || a.track - b.track);
  const shown = ordered.map((box) => ({
    person: model.people.get(box.player),
    strong: urgent(box) > 0 || (box.player > 0 && box.player === marked.hovered),
    on: {
      x1: fit.left + box.x1 * fit.scale,
      y1: fit.top + box.y1 * fit.scale,
      x2: fit.left + box.x2 * fit.scale,
      y2: fit.top + box.y2 * fit.scale,
    },
  }));
  for (const { person, strong, on } of [...shown].reverse())
    outline(context, on, person?.fill ?? "#c8ccd2", strong, person === undefined);
  if (!labels) return;
  for (const { person, strong, on } of shown) {
    const text = person?.label ?? "?";
    const plate = placed(widthOf(context, text), on, size, taken);
    if (plate === null) continue;
    taken.push(plate);
    context.fillStyle = person?.fill ?? "#c8ccd2";
    roundedRect(context, plate.x, plate.y, plate.width, HEIGHT, 4);
    context.fill();
    context.strokeStyle = strong ? "#fff" : "rgba(0,0,0,.55)";
    context.lineWidth = strong ? 1.5 : 1;
    context.stroke();
    context.fillStyle = person?.ink ?? "#16181c";
    context.fillText(text, plate.x + 5, plate.y + HEIGHT / 2 + 0.5);
  }
}

function outline(
  context: CanvasRenderingContext2D,
  on: { x1: number; y1: number; x2: number; y2: number },
  color: string,
  strong: boolean,
  dashed: boolean,
): void {
  const [width, height] = [on.x2 - on.x1, on.y2 - on.y1];
  context.setLineDash(dashed ? [5, 4] : []);
  context.lineJoin = "round";
  context.strokeStyle = "rgba(0,0,0,.6)";
  context.lineWidth = strong ? 5 : 3.5;
  context.strokeRect(on.x1, on.y1, width, height);
  context.strokeStyle = strong ? "#fff" : color;
  context.lineWidth = strong ? 2.5 : 2;
  context.strokeRect(on.x1, on.y1, width, height);
  context.setLineDash([]);
}

export function roundedRect(context: CanvasRenderingContext2D, x: number, y: number, width: number, height: number, radius: number): void {
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
}
