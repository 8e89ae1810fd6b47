// Draws the time line: plain functions of what is to be seen.

import { type Model, type Row, firstFrom, seconds } from "./model";

export const HEAD = 40;
export const ROW = 22;
const PERIODS = 14;
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800];
const TICK_PX = 84;

export interface View {
  from_s: number;
  to_s: number;
  top: number;
  width: number;
  height: number;
  gutter: number;
}

export interface Marks {
  selected: readonly number[];
  track: number | null;
  hovered: number | null;
  playhead_s: number;
  drag: { piece: number; x: number; y: number; row: number | null } | null;
}

export const xOf = (view: View, time_s: number): number =>
  view.gutter + ((time_s - view.from_s) / (view.to_s - view.from_s)) * (view.width - view.gutter);

export const timeAt = (view: View, x: number): number =>
  view.from_s + ((x - view.gutter) / (view.width - view.gutter)) * (view.to_s - view.from_s);

export function rowAt(view: View, y: number, rows: number): number | null {
  const row = Math.floor((y - HEAD + view.top) / ROW);
  return row >= 0 && row < rows ? row : null;
}

// From unsure to sure: told apart by lightness, too.
const SURE = ["#d7373f", "#ee8434", "#f0c03f", "#73bfa3", "#24907f"];
const EDGES = [0.5, 0.75, 0.9, 0.97];
export function sureColor(confidence: number | null | undefined): string {
  if (confidence == null) return "#9aa1ab";
  let k = 0;
  while (k < EDGES.length && confidence >= EDGES[k]!) k++;
  return SURE[k]!;
}

export function draw(context: CanvasRenderingContext2D, style: CSSStyleDeclaration, view: View, model: Model | null, marks: Marks): void {
  const known = new Map<string, string>(); // reading a style is slow
  const color = (name: string): string => {
    let found = known.get(name);
    if (found === undefined) known.set(name, (found = style.getPropertyValue(name)));
    return found;
  };
  context.fillStyle = color("--card");
  context.fillRect(0, 0, view.width, view.height);
  if (!model) return;
  context.save();
  context.beginPath();
  context.rect(0, HEAD, view.width, view.height - HEAD);
  context.clip();
  const first = Math.max(0, Math.floor(view.top / ROW));
  const stop = Math.min(model.rows.length, Math.ceil((view.top + view.height - HEAD) / ROW));
  notGame(context, view, model, color);
  for (let row = first; row < stop; row++) drawRow(context, view, model, row, marks, color);
  context.restore();
  drawHead(context, view, model, color);
  drawDrag(context, view, model, marks, color);
  drawPlayhead(context, view, marks, color);
}

type Colors = (name: string) => string;

// Close-ups and replays as bands behind the rows.
function notGame(context: CanvasRenderingContext2D, view: View, model: Model, color: Colors): void {
  for (const shot of model.game.shots) {
    if (shot.kind === "game" || shot.end_s < view.from_s || shot.begin_s > view.to_s) continue;
    const x = Math.max(xOf(view, shot.begin_s), view.gutter);
    context.fillStyle = color(shot.kind === "replay" ? "--replay" : "--close-up");
    context.fillRect(x, HEAD, Math.max(xOf(view, shot.end_s) - x, 1), view.height - HEAD);
  }
}

function drawRow(context: CanvasRenderingContext2D, view: View, model: Model, row: number, marks: Marks, color: Colors): void {
  const y = HEAD + row * ROW - view.top;
  const { person } = model.rows[row]!;
  const chosen = person !== null && marks.selected.includes(person.id);
  const target = marks.drag !== null && marks.drag.row === row && person !== null;
  if (chosen || target || (person !== null && marks.hovered === person.id)) {
    context.fillStyle = color(chosen || target ? "--chosen" : "--soft");
    context.fillRect(0, y, view.width, ROW);
  }
  drawPieces(context, view, model, model.rows[row]!, y, marks, color);
  context.fillStyle = color(chosen || target ? "--chosen" : "--card");
  context.fillRect(0, y, view.gutter - 6, ROW);
  context.textBaseline = "middle";
  context.textAlign = "left";
  if (person) {
    context.fillStyle = person.fill;
    context.beginPath();
    context.roundRect(10, y + 5, 12, 12, 3);
    context.fill();
    context.strokeStyle = color("--edge");
    context.lineWidth = 1;
    context.stroke();
  }
  context.font = `${chosen ? 650 : 500} 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif`;
  context.fillStyle = color(person ? "--ink" : "--quiet");
  context.fillText(clipped(context, person?.label ?? "unknown", view.gutter - 40), 29, y + ROW / 2 + 0.5);
  context.fillStyle = color("--line");
  context.fillRect(0, y + ROW - 1, view.width, 1);
}

const cuts = new Map<string, string>();
function clipped(context: CanvasRenderingContext2D, text: string, width: number): string {
  const key = `${context.font}|${text}`;
  const known = cuts.get(key);
  if (known !== undefined) return known;
  let shown = text;
  while (shown.length > 1 && context.measureText(shown).width > width) shown = `${shown.slice(0, -2).trimEnd()}…`;
  if (cuts.size > 1000) cuts.clear();
  cuts.set(key, shown);
  return shown;
}

// The pieces of each row as a picture: scrolling up and down draws pictures, and only panning and zooming draw pieces.
interface Strip {
  key: string;
  row: Row;
  picture: HTMLCanvasElement;
}
const strips = new Map<string, Strip>();
let stripsOf: Model | null = null;

function drawPieces(context: CanvasRenderingContext2D, view: View, model: Model, row: Row, y: number, marks: Marks, color: Colors): void {
  if (stripsOf !== model) strips.clear();
  stripsOf = model;
  const ratio = context.getTransform().a;
  const key = [view.from_s, view.to_s, view.width, ratio, marks.drag?.piece, color("--nobody")].join();
  let strip = strips.get(row.key);
  if (strip?.key !== key) {
    const picture = strip?.picture ?? document.createElement("canvas");
    picture.width = Math.max(1, Math.round((view.width - view.gutter) * ratio));
    picture.height = Math.round((ROW - 9) * ratio);
    strip = { key, row, picture };
    strips.set(row.key, strip);
    paintStrip(picture.getContext("2d")!, ratio, view, model, row, marks, color);
  }
  context.drawImage(strip.picture, view.gutter, y + 4, view.width - view.gutter, ROW - 9);
  const chosen = marks.track === null ? undefined : model.pieceOf.get(marks.track);
  if (chosen !== undefined && model.rows[model.rowOf[chosen]!] === row) outlinePiece(context, view, model, chosen, y, color);
}

// Pieces of one colour are filled together; what lies within a pixel that is covered already is left out.
function paintStrip(context: CanvasRenderingContext2D, ratio: number, view: View, model: Model, row: Row, marks: Marks, color: Colors): void {
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const { begin_s, end_s, confidence } = model.game.pieces;
  const scale = (view.width - view.gutter) / (view.to_s - view.from_s);
  const byColor = new Map<string, [x: number, width: number][]>();
  let drawnTo = 0;
  for (let k = firstFrom(model, row, view.from_s - model.longest_s); k < row.pieces.length; k++) {
    const piece = row.pieces[k]!;
    if (begin_s[piece]! > view.to_s) break;
    const left = (begin_s[piece]! - view.from_s) * scale;
    const right = (end_s[piece]! - view.from_s) * scale;
    if (right <= drawnTo) continue;
    const x = Math.max(left, 0);
    const width = Math.max(right - x - (right - left > 3 ? 0.75 : 0), 1);
    const sure = marks.drag?.piece === piece ? color("--line") : row.person ? sureColor(confidence[piece]) : color("--nobody");
    const together = byColor.get(sure);
    if (together) together.push([x, width]);
    else byColor.set(sure, [[x, width]]);
    if (width <= 1) drawnTo = x + 1;
  }
  for (const [sure, places] of byColor) {
    context.fillStyle = sure;
    context.beginPath();
    for (const [x, width] of places) context.rect(x, 0, width, ROW - 9);
    context.fill();
  }
}

function outlinePiece(context: CanvasRenderingContext2D, view: View, model: Model, piece: number, y: number, color: Colors): void {
  const [left, right] = [xOf(view, model.game.pieces.begin_s[piece]!), xOf(view, model.game.pieces.end_s[piece]!)];
  if (right < view.gutter || left > view.width) return;
  const x = Math.max(left, view.gutter);
  context.strokeStyle = color("--ink");
  context.lineWidth = 2;
  context.strokeRect(x - 1, y + 3, Math.max(right - x, 3) + 2, ROW - 7);
}

function drawHead(context: CanvasRenderingContext2D, view: View, model: Model, color: Colors): void {
  context.fillStyle = color("--card");
  context.fillRect(0, 0, view.width, HEAD);
  context.save();
  context.beginPath();
  context.rect(view.gutter, 0, view.width - view.gutter, HEAD);
  context.clip();
  drawShots(context, view, model, color);
  drawPeriods(context, view, model, color);
  drawTicks(context, view, color);
  context.restore();
  context.fillStyle = color("--line");
  context.fillRect(0, HEAD - 1, view.width, 1);
}

function drawPeriods(context: CanvasRenderingContext2D, view: View, model: Model, color: Colors): void {
  context.font = '600 10px system-ui, "Segoe UI", sans-serif';
  context.textBaseline = "middle";
  context.textAlign = "left";
  for (const { period, begin_s, end_s } of model.game.periods) {
    const [x, right] = [Math.max(xOf(view, begin_s), view.gutter), xOf(view, end_s)];
    if (right < view.gutter || x > view.width) continue;
    context.fillStyle = color("--period");
    context.beginPath();
    context.roundRect(x + 1, 2, Math.max(right - x - 2, 1), PERIODS - 2, 3);
    context.fill();
    if (right - x > 60) {
      context.fillStyle = color("--quiet");
      context.fillText(`Period ${period}`, x + 7, 2 + PERIODS / 2 - 0.5);
    }
  }
}

function drawTicks(context: CanvasRenderingContext2D, view: View, color: Colors): void {
  const wanted = (TICK_PX * (view.to_s - view.from_s)) / (view.width - view.gutter);
  const step = STEPS.find((candidate) => candidate >= wanted) ?? STEPS.at(-1)!;
  context.font = '500 10.5px system-ui, "Segoe UI", sans-serif';
  context.textAlign = "left";
  for (let k = Math.ceil(view.from_s / step); k * step <= view.to_s; k++) {
    const x = xOf(view, k * step);
    context.fillStyle = color("--line");
    context.fillRect(Math.round(x), 16, 1, 18);
    context.fillStyle = color("--quiet");
    const text = step < 1 ? `${seconds(k * step)}.${Math.round(((k * step) % 1) * 10)}` : seconds(k * step);
    context.fillText(text, x + 4, 24);
  }
}

// A thin band under the ruler: close-ups, replays, and a mark for each cut while there is room.
function drawShots(context: CanvasRenderingContext2D, view: View, model: Model, color: Colors): void {
  const roomy = model.game.shots.length / Math.max(view.width, 1) < 0.2 || view.to_s - view.from_s < 600;
  let drawnTo = -1;
  for (const { begin_s, end_s, kind } of model.game.shots) {
    if (end_s < view.from_s || begin_s > view.to_s) continue;
    const [x, right] = [xOf(view, begin_s), xOf(view, end_s)];
    if (kind !== "game") {
      context.fillStyle = color(kind === "replay" ? "--replay-strong" : "--close-up-strong");
      context.fillRect(x, HEAD - 7, Math.max(right - x, 1.5), 5);
    }
    if (roomy && begin_s > model.game.begin_s && x - drawnTo > 2) {
      context.fillStyle = color("--quiet");
      context.fillRect(Math.round(x), HEAD - 8, 1, 7);
      drawnTo = x;
    }
  }
}

function drawDrag(context: CanvasRenderingContext2D, view: View, model: Model, marks: Marks, color: Colors): void {
  if (!marks.drag) return;
  const { piece, x, y } = marks.drag;
  const { begin_s, end_s, confidence } = model.game.pieces;
  const width = Math.max(xOf(view, end_s[piece]!) - xOf(view, begin_s[piece]!), 6);
  context.globalAlpha = 0.85;
  context.fillStyle = sureColor(confidence[piece]);
  const left = Math.min(Math.max(xOf(view, begin_s[piece]!), view.gutter), Math.max(x - 4, view.gutter));
  context.fillRect(left, y - 7, width, 14);
  context.globalAlpha = 1;
  context.strokeStyle = color("--ink");
  context.lineWidth = 1.5;
  context.strokeRect(left, y - 7, width, 14);
}

function drawPlayhead(context: CanvasRenderingContext2D, view: View, marks: Marks, color: Colors): void {
  const x = xOf(view, marks.playhead_s);
  if (x < view.gutter - 1 || x > view.width) return;
  context.fillStyle = color("--accent");
  context.fillRect(Math.round(x) - 0.75, 14, 1.5, view.height);
  context.beginPath();
  context.moveTo(x - 5, 14);
  context.lineTo(x + 5, 14);
  context.lineTo(x, 21);
  context.fill();
}
