// Boxes and places by windows of time, as the server packs them (see pipeline/review/windows.py); the nearest few are kept.

import { bytes } from "./api";

export interface Window {
  generation: number;
  times: Float64Array;
  boxBegin: Uint32Array;
  placeBegin: Uint32Array;
  tracks: Int32Array; // negative: interpolated
  boxes: Float32Array;
  players: Int32Array;
  places: Float32Array;
}

export interface FrameRef {
  window: Window;
  at: number;
}

const LENGTH_S = 10;
const MOST_KEPT = 24;

export function parse(buffer: ArrayBuffer, generation: number): Window {
  const [frames, boxes, places] = new Uint32Array(buffer, 0, 4) as unknown as [number, number, number];
  let at = 16;
  const take = <T>(make: (buffer: ArrayBuffer, at: number, length: number) => T, length: number, size: number): T => {
    const view = make(buffer, at, length);
    at += length * size;
    return view;
  };
  return {
    generation,
    times: take((b, p, n) => new Float64Array(b, p, n), frames, 8),
    boxBegin: take((b, p, n) => new Uint32Array(b, p, n), frames + 1, 4),
    placeBegin: take((b, p, n) => new Uint32Array(b, p, n), frames + 1, 4),
    tracks: take((b, p, n) => new Int32Array(b, p, n), boxes, 4),
    boxes: take((b, p, n) => new Float32Array(b, p, n), 4 * boxes, 4),
    players: take((b, p, n) => new Int32Array(b, p, n), places, 4),
    places: take((b, p, n) => new Float32Array(b, p, n), 2 * places, 4),
  };
}

export class Windows {
  private kept = new Map<number, Window>();
  private asked = new Map<number, number>();
  private generation = 0;

  constructor(private readonly arrived: () => void) {}

  renew(generation: number): void {
    this.generation = generation;
    this.arrived();
  }

  // The frame shown at a time; null while it is not there yet, or where none was analysed.
  frame(time_s: number): FrameRef | null {
    const number = Math.floor(time_s / LENGTH_S);
    this.want(number);
    if (time_s / LENGTH_S - number > 0.5) this.want(number + 1);
    const window = this.kept.get(number);
    if (window === undefined) return null;
    const at = last(window.times, time_s + 0.005);
    if (at >= 0) return { window, at };
    const before = this.kept.get(number - 1);
    return before !== undefined && before.times.length ? { window: before, at: before.times.length - 1 } : null;
  }

  // The time of the next or previous analysed frame.
  async step(time_s: number, by: 1 | -1): Promise<number | null> {
    for (let number = Math.floor(time_s / LENGTH_S), tries = 0; number >= 0 && tries < 3; number += by, tries++) {
      const times = (this.kept.get(number) ?? (await this.load(number)))?.times;
      if (times === undefined) return null;
      const at = by > 0 ? last(times, time_s + 0.006) + 1 : last(times, time_s - 0.006);
      const found = times[at];
      if (found !== undefined) return found;
    }
    return null;
  }

  private want(number: number): void {
    const kept = this.kept.get(number);
    if (kept !== undefined) {
      this.kept.delete(number);
      this.kept.set(number, kept);
    }
    if (number >= 0 && kept?.generation !== this.generation && this.asked.get(number) !== this.generation)
      void this.load(number);
  }

  private async load(number: number): Promise<Window | undefined> {
    const generation = this.generation;
    this.asked.set(number, generation);
    try {
      const path = `window?begin_s=${number * LENGTH_S}&end_s=${(number + 1) * LENGTH_S}`;
      const window = parse(await bytes(path), generation);
      this.kept.delete(number);
      this.kept.set(number, window);
      for (const oldest of this.kept.keys()) {
        if (this.kept.size <= MOST_KEPT) break;
        this.kept.delete(oldest);
        this.asked.delete(oldest);
      }
      this.arrived();
      return window;
    } catch {
      setTimeout(() => this.asked.delete(number), 1000); // asked again then
      return undefined;
    }
  }
}

// Index of the last time not after `time_s`, -1 if there is none.
function last(times: Float64Array, time_s: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= time_s) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
