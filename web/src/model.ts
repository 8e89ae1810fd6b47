// The game as the page draws it: pieces (tracklets) in rows of people, with what was asked for but is not solved yet on top.

import type { Edit, Game, Person } from "./api";

const UNSURE = 0.75; // less is a piece to look at

export interface Row {
  key: string;
  person: Person | null; // null: a lane of pieces of nobody
  pieces: Int32Array; // indices into the game's pieces, in order of begin
}

export interface Model {
  game: Game;
  people: Map<number, Person>;
  player: Int32Array; // whose each piece is, 0: nobody
  pieceOf: Map<number, number>; // tracklet -> index of its piece
  rows: Row[];
  rowOf: Int32Array; // row of each piece, -1: not shown
  longest_s: number; // of a piece
}

export interface Pending {
  ticket: number;
  edits: Edit[];
}

const TEAM_ORDER = ["A", "B"];

export function modelOf(game: Game, pending: readonly Pending[]): Model {
  const people = new Map(game.people.map((person) => [person.id, { ...person }]));
  const player = Int32Array.from(game.pieces.player);
  const pieceOf = new Map(game.pieces.track.map((track, index) => [track, index]));
  for (const { edits } of pending) for (const edit of edits) foresee(edit, people, player, pieceOf);
  const { rows, rowOf } = rowsOf(game, people, player);
  let longest = 0;
  for (let i = 0; i < player.length; i++) longest = Math.max(longest, game.pieces.end_s[i]! - game.pieces.begin_s[i]!);
  return { game, people, player, pieceOf, rows, rowOf, longest_s: longest };
}

// Shows what an edit will do at least; the solver says the rest.
function foresee(edit: Edit, people: Map<number, Person>, player: Int32Array, pieceOf: Map<number, number>): void {
  const give = (from: number, to: number): void => {
    for (let i = 0; i < player.length; i++) if (player[i] === from) player[i] = to;
    people.delete(from);
  };
  switch (edit.kind) {
    case "merge": {
      const [first, second] = [people.get(edit.player), people.get(edit.other)];
      if (first && second) {
        const [kept, gone] = first.seen_s >= second.seen_s ? [first, second] : [second, first];
        give(gone.id, kept.id);
        kept.seen_s += gone.seen_s;
      }
      break;
    }
    case "move": {
      const piece = pieceOf.get(edit.track_id);
      if (piece !== undefined) player[piece] = edit.to ?? 0;
      break;
    }
    case "same": {
      const [piece, other] = [pieceOf.get(edit.track_id), pieceOf.get(edit.other)];
      if (piece !== undefined && other !== undefined) player[piece] = player[other]!;
      break;
    }
    case "name":
    case "number":
    case "team": {
      const person = people.get(edit.player);
      if (person) {
        person[edit.kind] = edit.value === "-" ? null : edit.value;
        person.label = labelOf(person);
      }
      break;
    }
    case "role":
      if (edit.value === "nobody") give(edit.player, 0);
      break;
    default:
  }
}

function labelOf(person: Person): string {
  if (person.name) return person.name;
  if (person.role === "referee") return person.label;
  return `${person.team ?? ""}${person.number ?? `-P${person.id}`}`;
}

function rowsOf(game: Game, people: Map<number, Person>, player: Int32Array): { rows: Row[]; rowOf: Int32Array } {
  const rowOf = new Int32Array(player.length).fill(-1);
  const listed = [...people.values()].sort(inOrder);
  const rows: Row[] = listed.map((person) => ({ key: `p${person.id}`, person, pieces: new Int32Array() }));
  const place = new Map(listed.map((person, index) => [person.id, index]));
  const found: number[][] = rows.map(() => []);
  const lanes: { end_s: number; pieces: number[] }[] = [];
  for (let i = 0; i < player.length; i++) {
    const row = place.get(player[i]!);
    if (row !== undefined) {
      found[row]!.push(i);
      rowOf[i] = row;
    } else if (game.pieces.role[i] === "player" || game.pieces.role[i] === "referee") {
      let lane = lanes.findIndex((candidate) => candidate.end_s < game.pieces.begin_s[i]!);
      if (lane < 0) lane = lanes.push({ end_s: 0, pieces: [] }) - 1;
      lanes[lane]!.end_s = game.pieces.end_s[i]!;
      lanes[lane]!.pieces.push(i);
      rowOf[i] = rows.length + lane;
    }
  }
  rows.forEach((row, index) => (row.pieces = Int32Array.from(found[index]!)));
  lanes.forEach((lane, index) => rows.push({ key: `u${index}`, person: null, pieces: Int32Array.from(lane.pieces) }));
  return { rows, rowOf };
}

function inOrder(a: Person, b: Person): number {
  return orderOf(a) - orderOf(b) || numberOf(a) - numberOf(b) || a.id - b.id;
}

function orderOf(person: Person): number {
  if (person.role === "referee") return 3;
  const team = TEAM_ORDER.indexOf(person.team ?? "");
  return team < 0 ? 2 : team;
}

const numberOf = (person: Person): number => (person.number === null ? 1000 : Number(person.number));

// First piece of a row that may reach into a window: pieces are in order of begin, and none is longer than `longest_s`.
export function firstFrom(model: Model, row: Row, time_s: number): number {
  const begins = model.game.pieces.begin_s;
  let [low, high] = [0, row.pieces.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (begins[row.pieces[middle]!]! < time_s) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function pieceAt(model: Model, row: Row, time_s: number, slack_s: number): number | null {
  const { begin_s, end_s } = model.game.pieces;
  let best: number | null = null;
  for (let k = firstFrom(model, row, time_s - model.longest_s - slack_s); k < row.pieces.length; k++) {
    const piece = row.pieces[k]!;
    if (begin_s[piece]! > time_s + slack_s) break;
    if (end_s[piece]! >= time_s - slack_s) {
      const inside = begin_s[piece]! <= time_s && time_s <= end_s[piece]!;
      if (inside) return piece;
      best ??= piece;
    }
  }
  return best;
}

export const seconds = (time_s: number): string => {
  const rounded = Math.max(0, time_s);
  const [h, m, s] = [Math.floor(rounded / 3600), Math.floor(rounded / 60) % 60, Math.floor(rounded) % 60];
  const padded = (value: number): string => String(value).padStart(2, "0");
  return h > 0 ? `${h}:${padded(m)}:${padded(s)}` : `${m}:${padded(s)}`;
};

export const lasting = (length_s: number): string =>
  length_s < 10 ? `${length_s.toFixed(1)} s` : length_s < 100 ? `${Math.round(length_s)} s` : `${seconds(length_s)} min`;

export const percent = (share: number | null): string => (share === null ? "–" : `${Math.round(100 * share)} %`);

// Pieces of a row that are there while a piece lasts: their person cannot be there twice. How many, how long, and whether they are
// most of him.
export function beside(model: Model, row: Row, piece: number): { count: number; length_s: number; most: boolean } {
  const { begin_s, end_s } = model.game.pieces;
  const of = (pieces: number[]): number => pieces.reduce((sum, at) => sum + end_s[at]! - begin_s[at]!, 0);
  const shared = (at: number): number => Math.min(end_s[at]!, end_s[piece]!) - Math.max(begin_s[at]!, begin_s[piece]!);
  const found = [...row.pieces].filter((at) => at !== piece && shared(at) > 0.2);
  return { count: found.length, length_s: of(found), most: 2 * of(found) > of([...row.pieces]) };
}

// Pieces that may show more than one person, or somebody else, those first of which most is unsure.
export function unsure(model: Model): number[] {
  const { begin_s, end_s, confidence } = model.game.pieces;
  const doubt_s = (piece: number): number => (1 - (confidence[piece] ?? 1)) * (end_s[piece]! - begin_s[piece]!);
  const found = model.rows.filter((row) => row.person?.role === "player").flatMap((row) => [...row.pieces]);
  return found.filter((piece) => (confidence[piece] ?? 1) < UNSURE).sort((a, b) => doubt_s(b) - doubt_s(a));
}

// For how long two people are in the picture at once: then they cannot be one.
export function together(model: Model, first: number, second: number): number {
  const { begin_s, end_s } = model.game.pieces;
  const of = (id: number): Int32Array => model.rows.find((row) => row.person?.id === id)?.pieces ?? new Int32Array();
  const [a, b] = [of(first), of(second)];
  let [i, j, sum] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const [p, q] = [a[i]!, b[j]!];
    sum += Math.max(0, Math.min(end_s[p]!, end_s[q]!) - Math.max(begin_s[p]!, begin_s[q]!));
    if (end_s[p]! < end_s[q]!) i++;
    else j++;
  }
  return sum;
}
