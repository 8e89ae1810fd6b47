// What the server is asked, and what it answers. Every address is below the page's own: the token is part of it.

export interface Person {
  id: number;
  label: string;
  role: "player" | "referee";
  team: string | null;
  number: string | null;
  name: string | null;
  name_from: "roster" | "inferred" | "correction" | null;
  fill: string;
  ink: string;
  seen_s: number;
  confidence: number | null;
  number_confidence: number | null;
  team_confidence: number | null;
  votes: [number: string, reads: number, probability: number | null][];
}

export interface Pieces {
  track: number[];
  player: number[];
  begin_s: number[];
  end_s: number[];
  seen_s: (number | null)[];
  confidence: (number | null)[];
  number: (string | null)[];
  number_confidence: (number | null)[];
  runner_up: (number | null)[];
  runner_up_confidence: (number | null)[];
  role: (string | null)[];
}

export interface Shot {
  begin_s: number;
  end_s: number;
  kind: "game" | "close-up" | "replay";
}

export interface Period {
  period: number;
  begin_s: number;
  end_s: number;
}

export interface Doubt {
  reason: "unsure" | "fragment" | "number" | "unknown" | "crowded";
  track_id: number;
  against: number;
  player_id: number;
  shown_as: number;
  chance: number;
  gain_s: number;
  at_s: number; // of the picture of track_id: the answer is about the pictures
  against_at_s: number;
  words: string;
}

export interface Game {
  generation: number;
  revision: string;
  people: Person[];
  pieces: Pieces;
  shots: Shot[];
  periods: Period[];
  teams: Record<string, string>;
  begin_s: number;
  end_s: number;
  doubts: Doubt[];
}

export interface VideoState {
  source: string | null;
  codec: string;
  copy: "none" | "making" | "ready" | "failed";
  share: number;
  problem?: string;
}

export interface CourtDrawing {
  length_m: number;
  width_m: number;
  lines: [number, number][][];
  paints: [number, number, number, number][];
}

export interface About {
  title: string;
  size: [number, number];
  fps: number;
  duration_s: number;
  court: CourtDrawing | null;
  video: VideoState | null;
  no_video: string;
}

export interface PersonChange {
  player_id: number;
  label_before: string | null;
  label: string | null;
  gained_s: number;
  lost_s: number;
  expected: boolean;
}

export interface Changes {
  words: string;
  people?: PersonChange[];
  warnings?: string[];
  files?: string[];
}

export interface State {
  generation: number;
  revision: string;
  doing: string;
  share: number | null;
  waiting: number;
  resumed: number[]; // tickets of what was accepted before this page was opened
  can_undo: string | null;
  can_redo: string | null;
  steps: [number: number, words: string, undone: boolean][];
  results: [ticket: number, error: string | null, result: Changes | null][];
  video: VideoState | null;
}

export type Edit =
  | { kind: "merge"; player: number; other: number }
  | { kind: "move"; track_id: number; to: number | null }
  | { kind: "move_stretch"; player: number; from_s: number; to_s: number; to: number | null }
  | { kind: "split"; player: number; at_s: number }
  | { kind: "split_tracklet"; track_id: number; at_s: number }
  | { kind: "name" | "number" | "team" | "role"; player: number; value: string }
  | { kind: "same" | "different"; track_id: number; other: number; at_s: number; other_at_s: number }
  | { kind: "lock"; player: number };

async function answered<T>(response: Response): Promise<T> {
  const json = response.headers.get("Content-Type")?.startsWith("application/json");
  const body: unknown = json ? await response.json() : {};
  if (!response.ok) throw new Error((body as { error?: string }).error ?? `the server says ${response.status}`);
  return body as T;
}

export const read = async <T>(path: string): Promise<T> => answered<T>(await fetch(path));

export const change = async <T>(path: string, data: unknown = {}): Promise<T> =>
  answered<T>(
    await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(data) }),
  );

export async function bytes(path: string): Promise<ArrayBuffer> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`the server says ${response.status}`);
  return response.arrayBuffer();
}

export const cropOf = (track: number): string => `crop?track=${track}`;
