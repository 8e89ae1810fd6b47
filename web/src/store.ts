// The state of the page as signals, and the talk with the server: edits are shown at once, and solved in the background.

import { batch, computed, effect, signal } from "@preact/signals";
import { type About, type Changes, type Edit, type Game, type State, change, read } from "./api";
import { type Model, type Pending, modelOf } from "./model";
import { Windows } from "./windows";

export const about = signal<About | null>(null);
export const game = signal<Game | null>(null);
export const state = signal<State | null>(null);
export const offline = signal(false);
export const pending = signal<Pending[]>([]);
export const sending = signal(0); // requests that have no ticket yet

export const selected = signal<number[]>([]); // player ids: one, or two to merge
export const piece = signal<number | null>(null); // track id
export const hovered = signal<number | null>(null); // player id
export const drag = signal<{ piece: number; x: number; y: number; row: number | null } | null>(null); // a piece on its way to a row
export const tab = signal<"doubts" | "people" | "journal">("doubts");
export const helpShown = signal(false);
export const exportShown = signal(false);
export const labelsShown = signal(true);

export const playhead = signal(0);
export const playing = signal(false);
export const rate = signal(1);

export interface Toast {
  id: number;
  kind: "good" | "bad" | "note";
  text: string;
}
export const toasts = signal<Toast[]>([]);

// Questions that were answered or skipped, by what they asked: not asked again in this tab.
export const asked = signal<Set<string>>(new Set());
export const answers = signal(0);

export const arrivals = signal(0);
export const windows = new Windows(() => {
  arrivals.value++;
});

export const model = computed<Model | null>(() => (game.value === null ? null : modelOf(game.value, pending.value)));
export const doubts = computed(
  () => game.value?.doubts.filter((doubt) => !asked.value.has(doubtKey(doubt))) ?? [],
);
export const busy = computed(() => sending.value > 0 || pending.value.length > 0 || !!state.value?.doing || (state.value?.waiting ?? 0) > 0);

export const doubtKey = (doubt: { track_id: number; player_id: number }): string =>
  `${doubt.track_id}-${doubt.player_id}`;

export const labelOf = (player: number): string => model.value?.people.get(player)?.label ?? "nobody";

let lastToast = 0;
export function say(kind: Toast["kind"], text: string): void {
  const toast = { id: ++lastToast, kind, text };
  toasts.value = [...toasts.value.slice(-3), toast];
  setTimeout(() => (toasts.value = toasts.value.filter(({ id }) => id !== toast.id)), kind === "bad" ? 12000 : 5000);
}

// Seeking is the player's: it says how, once it is there.
export const seeker: { seek: (time_s: number) => void; toggle: () => void } = { seek: () => {}, toggle: () => {} };

export function seek(time_s: number): void {
  const shown = game.value;
  const end = Math.max(about.value?.duration_s ?? 0, shown?.end_s ?? 0);
  seeker.seek(Math.min(Math.max(time_s, 0), end));
}

export function select(players: number[], track: number | null = null): void {
  batch(() => {
    selected.value = players;
    piece.value = track;
  });
}

export function toggleSelected(player: number): void {
  const now = selected.value;
  const rest = now.filter((id) => id !== player);
  select(rest.length < now.length ? rest : [...now.slice(-1), player]);
}

// --- talking to the server ----------------------------------------------------------------------------------------

const waitingFor = new Map<number, (changes: Changes | null) => void>();
let settled = 0; // tickets up to here are known to be done

export async function edit(edits: Edit[], done?: (changes: Changes | null) => void): Promise<void> {
  const shown = game.value;
  if (shown === null) return;
  await ask("edit", { revision: shown.revision, edits }, edits, done);
}

export const undo = (step?: number): Promise<void> => ask("undo", step === undefined ? {} : { step });
export const redo = (step?: number): Promise<void> => ask("redo", step === undefined ? {} : { step });
export const giveRoster = (text: string): Promise<void> => ask("roster", { text });
export const exportAll = (video: boolean): Promise<void> =>
  ask("export", { video }, [], (changes) => changes && say("good", `Written: ${changes.files?.join(", ") ?? "all files"}`));

async function ask(
  path: string,
  data: unknown,
  edits: Edit[] = [],
  done: (changes: Changes | null) => void = (changes) => changes && sayChanges(changes),
): Promise<void> {
  sending.value++;
  try {
    const { ticket } = await change<{ ticket: number }>(path, data);
    pending.value = [...pending.value, { ticket, edits }];
    waitingFor.set(ticket, done);
    void poll();
  } catch (error) {
    say("bad", (error as Error).message);
  } finally {
    sending.value--;
  }
}

export function sayChanges(changes: Changes): void {
  const moved = changes.people?.filter((person) => !person.expected && person.gained_s + person.lost_s >= 0.5) ?? [];
  const beside = moved.length ? ` · also moved: ${moved.map((person) => person.label ?? person.label_before).join(", ")}` : "";
  say("good", changes.words + beside);
  for (const warning of changes.warnings ?? []) say("note", warning);
}

let polling = false;
let timer = 0;

async function poll(): Promise<void> {
  if (polling) return;
  polling = true;
  clearTimeout(timer);
  try {
    const news = await read<State>("state");
    const renewed = game.value === null || news.generation !== game.value.generation ? await read<Game>("game") : null;
    batch(() => {
      offline.value = false;
      if (renewed !== null) {
        game.value = renewed;
        windows.renew(renewed.generation);
      }
      if (state.peek() === null) takeUp(news);
      settle(news);
      state.value = news;
    });
  } catch {
    offline.value = true;
  }
  polling = false;
  timer = window.setTimeout(poll, busy.value ? 250 : document.hidden ? 4000 : 1000);
}

// Corrections that the page before this one was told are accepted: what becomes of them is said here, refusals in any case.
function takeUp(news: State): void {
  const errors = new Map(news.results.map(([ticket, error]) => [ticket, error]));
  for (const ticket of news.resumed.filter((found) => !errors.has(found) || errors.get(found) !== null)) {
    pending.value = [...pending.value, { ticket, edits: [] }];
    waitingFor.set(ticket, (changes) => changes && sayChanges(changes));
  }
}

// Takes the results of what was asked: what is solved is in the game now, what was refused is shown no more.
function settle(news: State): void {
  const here = new Set(pending.value.map(({ ticket }) => ticket));
  for (const [ticket, error, result] of news.results) {
    if (ticket <= settled && !here.has(ticket)) continue;
    settled = Math.max(settled, ticket);
    if (!here.has(ticket)) continue;
    if (error !== null) say("bad", error);
    waitingFor.get(ticket)?.(error === null ? result : null);
    waitingFor.delete(ticket);
    pending.value = pending.value.filter((wait) => wait.ticket !== ticket);
  }
  const known = model.peek()?.people;
  if (known) selected.value = selected.value.filter((id) => known.has(id));
}

export async function begin(): Promise<void> {
  about.value = await read<About>("about");
  await poll();
  document.addEventListener("visibilitychange", () => void poll());
  window.addEventListener("beforeunload", (event) => {
    if (pending.value.length || sending.value) event.preventDefault(); // the server goes on; what it says would be missed
  });
}

// --- what is kept between visits ----------------------------------------------------------------------------------

export const theme = signal<"auto" | "light" | "dark">(stored("theme", ["auto", "light", "dark"], "auto"));
effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
  keep("theme", theme.value);
});

function stored<T extends string>(name: string, among: readonly T[], otherwise: T): T {
  try {
    const found = localStorage.getItem(`courtside-${name}`);
    return among.find((value) => value === found) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`courtside-${name}`, value);
  } catch {
    // not kept, then
  }
}
