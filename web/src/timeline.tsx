// The time line: a row per person, drawn on a canvas; only what is visible is drawn.

import { effect, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { HEAD, ROW, type View, draw, rowAt, timeAt } from "./timeline-drawing";
import { lasting, pieceAt } from "./model";
import * as store from "./store";

const GUTTER = 132;
const NEAR_PX = 4;
const DRAG_PX = 5;

const view = signal<View>({ from_s: 0, to_s: 60, top: 0, width: 800, height: 200, gutter: GUTTER });
const { drag } = store;
const tip = signal<{ x: number; y: number; text: string } | null>(null);

function extent(): [number, number] {
  const game = store.game.value;
  if (!game) return [0, 1];
  return [game.begin_s, Math.max(game.end_s, game.begin_s + 1)];
}

export function zoom(factor: number, around_s = store.playhead.value): void {
  const { from_s, to_s } = view.value;
  const [begin, end] = extent();
  const length = Math.min(Math.max((to_s - from_s) * factor, 1), end - begin);
  const share = Math.min(Math.max((around_s - from_s) / (to_s - from_s), 0), 1);
  pan(around_s - share * length, length);
}

export function fit(): void {
  const [begin, end] = extent();
  pan(begin, end - begin);
}

function pan(from: number, length: number): void {
  const [begin, end] = extent();
  const from_s = Math.min(Math.max(from, begin), end - length);
  view.value = { ...view.value, from_s, to_s: from_s + length };
}

function scroll(by: number): void {
  const rows = store.model.value?.rows.length ?? 0;
  const most = Math.max(0, rows * ROW + HEAD - view.value.height);
  view.value = { ...view.value, top: Math.min(Math.max(view.value.top + by, 0), most) };
}

export function reveal(player: number): void {
  const row = store.model.value?.rows.findIndex((candidate) => candidate.person?.id === player) ?? -1;
  if (row < 0) return;
  const { top, height } = view.value;
  if (row * ROW < top) scroll(row * ROW - top);
  else if ((row + 1) * ROW + HEAD > top + height) scroll((row + 1) * ROW + HEAD - top - height);
}

// Keeps the playhead in view while the game plays.
function follow(): void {
  const { from_s, to_s } = view.value;
  const time_s = store.playhead.value;
  if (store.playing.value && (time_s > to_s || time_s < from_s)) pan(time_s, to_s - from_s);
}

export function Timeline() {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current!;
    let asked = 0;
    const redraw = (): void => {
      if (!asked) asked = requestAnimationFrame(() => ((asked = 0), paint(element)));
    };
    const stop = effect(() => {
      void [view.value, drag.value, store.model.value, store.selected.value, store.piece.value, store.hovered.value];
      void [store.playhead.value, store.theme.value];
      follow();
      redraw();
    });
    const observer = new ResizeObserver(() => {
      view.value = { ...view.value, width: element.clientWidth, height: element.clientHeight };
      scroll(0);
    });
    observer.observe(element);
    let opened = false;
    const whole = effect(() => {
      if (!opened && store.game.value) ((opened = true), fit());
    });
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      const unit = event.deltaMode === 1 ? 20 : 1;
      const { from_s, to_s, width } = view.peek();
      if (event.ctrlKey || event.altKey || event.metaKey)
        zoom(Math.exp(event.deltaY * unit * 0.003), timeAt(view.peek(), event.offsetX));
      else {
        const sideways = event.shiftKey ? event.deltaY : event.deltaX;
        if (sideways) pan(from_s + (sideways * unit * (to_s - from_s)) / (width - GUTTER), to_s - from_s);
        if (!event.shiftKey) scroll(event.deltaY * unit);
      }
    };
    element.addEventListener("wheel", wheel, { passive: false });
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", redraw);
    return () => (stop(), whole(), observer.disconnect(), element.removeEventListener("wheel", wheel), dark.removeEventListener("change", redraw));
  }, []);
  return (
    <section class="timeline" aria-label="Time line">
      <canvas
        ref={canvas} tabIndex={0} role="application"
        aria-label="Time line: a row per person. Arrow keys seek and choose people; the list under People has the same rows."
        onPointerDown={press} onPointerMove={hover} onPointerLeave={() => ((tip.value = null), (store.hovered.value = null))}
      />
      {tip.value && <div class="tip" style={{ left: `${tip.value.x}px`, top: `${tip.value.y}px` }}>{tip.value.text}</div>}
      <div class="zoom">
        <button class="icon" onClick={() => zoom(1 / 1.6)} title="Zoom in (+)" aria-label="Zoom in">+</button>
        <button class="icon" onClick={() => zoom(1.6)} title="Zoom out (−)" aria-label="Zoom out">−</button>
        <button class="icon" onClick={fit} title="Whole game (F)" aria-label="Whole game">⤢</button>
      </div>
    </section>
  );
}

function paint(canvas: HTMLCanvasElement): void {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d")!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const marks = {
    selected: store.selected.value, track: store.piece.value, hovered: store.hovered.value,
    playhead_s: store.playhead.value, drag: drag.value,
  };
  draw(context, getComputedStyle(canvas), view.value, store.model.value, marks);
}

function found(event: PointerEvent): { row: number | null; piece: number | null; time_s: number } {
  const model = store.model.peek();
  const time_s = timeAt(view.peek(), event.offsetX);
  const row = model && event.offsetY > HEAD ? rowAt(view.peek(), event.offsetY, model.rows.length) : null;
  const { from_s, to_s, width } = view.peek();
  const slack_s = (NEAR_PX * (to_s - from_s)) / (width - GUTTER);
  const piece = model && row !== null && event.offsetX >= GUTTER ? pieceAt(model, model.rows[row]!, time_s, slack_s) : null;
  return { row, piece, time_s };
}

function hover(event: PointerEvent): void {
  if (event.buttons) return;
  const model = store.model.peek();
  const { row, piece } = found(event);
  store.hovered.value = row === null ? null : (model?.rows[row]?.person?.id ?? null);
  if (!model || piece === null) return void (tip.value = null);
  const { begin_s, end_s, confidence, number, runner_up } = model.game.pieces;
  const sure = confidence[piece];
  const other = runner_up[piece];
  const words = [
    store.labelOf(model.player[piece]!),
    lasting(end_s[piece]! - begin_s[piece]!),
    sure == null ? "" : `${Math.round(100 * sure)} %`,
    number[piece] ? `reads ${number[piece]}` : "",
    other && (sure ?? 1) < 0.95 ? `or ${store.labelOf(other)}` : "",
  ];
  tip.value = { x: Math.min(event.offsetX + 12, view.peek().width - 200), y: Math.max(event.offsetY - 30, 2), text: words.filter(Boolean).join(" · ") };
}

function press(event: PointerEvent): void {
  if (event.button !== 0) return;
  const canvas = event.currentTarget as HTMLCanvasElement;
  const model = store.model.peek();
  const { row, piece, time_s } = found(event);
  canvas.setPointerCapture(event.pointerId);
  tip.value = null;
  if (event.offsetX < GUTTER) {
    const person = row === null ? null : model?.rows[row]?.person;
    if (!person) return;
    if (event.ctrlKey || event.shiftKey || event.metaKey) store.toggleSelected(person.id);
    else (store.select([person.id]), (store.tab.value = "people"));
    return;
  }
  store.seek(time_s);
  if (row !== null && model) {
    const person = model.rows[row]!.person;
    if (event.ctrlKey || event.shiftKey || event.metaKey) {
      if (person) store.toggleSelected(person.id);
      return;
    }
    store.select(person ? [person.id] : [], piece === null ? null : model.game.pieces.track[piece]!);
  }
  dragging(canvas, event, row === null ? null : piece);
}

// On the ruler or an empty place: scrub. On a piece: carry it to another row.
function dragging(canvas: HTMLCanvasElement, start: PointerEvent, piece: number | null): void {
  const [x0, y0] = [start.offsetX, start.offsetY];
  const move = (event: PointerEvent): void => {
    const model = store.model.peek();
    if (piece === null) return store.seek(timeAt(view.peek(), event.offsetX));
    if (drag.peek() === null && Math.hypot(event.offsetX - x0, event.offsetY - y0) < DRAG_PX) return;
    if (event.offsetY > view.peek().height - 14) scroll(ROW / 2);
    if (event.offsetY < HEAD + 14) scroll(-ROW / 2);
    const row = model && event.offsetY > HEAD ? rowAt(view.peek(), event.offsetY, model.rows.length) : null;
    drag.value = { piece, x: event.offsetX, y: event.offsetY, row };
  };
  const end = (): void => {
    canvas.removeEventListener("pointermove", move);
    canvas.removeEventListener("pointerup", end);
    canvas.removeEventListener("pointercancel", end);
    const [model, dropped] = [store.model.peek(), drag.peek()];
    drag.value = null;
    if (!model || !dropped || dropped.row === null || dropped.row === model.rowOf[dropped.piece]) return;
    const track_id = model.game.pieces.track[dropped.piece]!;
    const to = model.rows[dropped.row]!.person?.id ?? null;
    if (to !== null) void store.edit([{ kind: "move", track_id, to }]);
  };
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
}
