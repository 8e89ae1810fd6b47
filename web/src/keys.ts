// All keys, and the list that `?` shows: made of the same table.

import { answer, lock, look, merge, neighbour, nobody, somebodyNew, split } from "./actions";
import { changeRate, stepFrame } from "./player";
import * as store from "./store";
import { fit, reveal, zoom } from "./timeline";

interface Key {
  shown: string[];
  words: string;
  does: Record<string, () => void>; // by what `keyOf` makes of an event
}

const person = (by: 1 | -1) => (): void => {
  neighbour(by);
  const [player] = store.selected.value;
  if (player !== undefined) reveal(player);
};
const by = (seconds: number) => (): void => store.seek(store.playhead.value + seconds);
const show = (name: "doubts" | "people" | "journal") => (): void => void (store.tab.value = name);
const focus = (selector: string) => (): void => {
  store.tab.value = "people";
  setTimeout(() => document.querySelector<HTMLInputElement>(selector)?.select());
};
const firstDoubt = () => store.doubts.value[0];
const saying = (said: "same" | "different" | "skip") => (): void => {
  if (store.tab.value === "doubts") answer(firstDoubt(), said);
};

export const GROUPS: { title: string; keys: Key[] }[] = [
  {
    title: "Questions",
    keys: [
      { shown: ["Y"], words: "Yes, the same person", does: { y: saying("same") } },
      { shown: ["N"], words: "No, two people", does: { n: () => (store.tab.value === "doubts" ? saying("different")() : somebodyNew()) } },
      { shown: ["X"], words: "Skip the question", does: { x: saying("skip") } },
      { shown: ["W"], words: "Watch where it is asked about", does: { w: () => look(firstDoubt()) } },
    ],
  },
  {
    title: "Video",
    keys: [
      { shown: ["Space"], words: "Play or pause", does: { " ": () => store.seeker.toggle() } },
      { shown: [",", "."], words: "One frame back, ahead", does: { ",": () => void stepFrame(-1), ".": () => void stepFrame(1) } },
      { shown: ["←", "→"], words: "One second back, ahead", does: { ArrowLeft: by(-1), ArrowRight: by(1) } },
      { shown: ["Shift ←", "Shift →"], words: "Ten seconds", does: { "Shift+ArrowLeft": by(-10), "Shift+ArrowRight": by(10) } },
      { shown: ["Home", "End"], words: "Begin, end of the game", does: { Home: () => store.seek(store.game.value?.begin_s ?? 0), End: () => store.seek(store.game.value?.end_s ?? 0) } },
      { shown: ["[", "]"], words: "Slower, faster", does: { "[": () => changeRate(-1), "]": () => changeRate(1) } },
      { shown: ["B"], words: "Labels on, off", does: { b: () => (store.labelsShown.value = !store.labelsShown.value) } },
    ],
  },
  {
    title: "People and pieces",
    keys: [
      { shown: ["↑", "↓"], words: "Previous, next person", does: { ArrowUp: person(-1), ArrowDown: person(1) } },
      { shown: ["Ctrl click"], words: "Choose a second person", does: {} },
      { shown: ["M"], words: "Merge the two who are chosen", does: { m: merge } },
      { shown: ["S"], words: "Split at the playhead", does: { s: split } },
      { shown: ["N"], words: "The piece is somebody new", does: {} },
      { shown: ["Drag"], words: "Move a piece to another row", does: {} },
      { shown: ["E", "#"], words: "Edit name, number", does: { e: focus(".panel .name"), "#": focus(".panel .number") } },
      { shown: ["L"], words: "Lock: all that is his stays his", does: { l: lock } },
      { shown: ["Del"], words: "Not a player", does: { Delete: nobody } },
      { shown: ["Esc"], words: "Choose nobody", does: { Escape: () => store.select([]) } },
    ],
  },
  {
    title: "Page",
    keys: [
      { shown: ["Ctrl Z"], words: "Undo", does: { "Ctrl+z": () => void store.undo() } },
      { shown: ["Ctrl Shift Z"], words: "Redo", does: { "Ctrl+Shift+z": () => void store.redo(), "Ctrl+y": () => void store.redo() } },
      { shown: ["+", "−"], words: "Zoom the time line (or Ctrl wheel)", does: { "+": () => zoom(1 / 1.6), "=": () => zoom(1 / 1.6), "-": () => zoom(1.6) } },
      { shown: ["F"], words: "Show the whole game", does: { f: fit } },
      { shown: ["D", "P", "J"], words: "Doubts, people, journal", does: { d: show("doubts"), p: show("people"), j: show("journal") } },
      { shown: ["/"], words: "Find a person", does: { "/": focus("#search") } },
      { shown: ["?"], words: "These keys", does: { "?": () => (store.helpShown.value = true) } },
    ],
  },
];

const ACTS = new Map(GROUPS.flatMap(({ keys }) => keys.flatMap(({ does }) => Object.entries(does))));

function keyOf(event: KeyboardEvent): string {
  const control = event.ctrlKey || event.metaKey;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const shift = event.shiftKey && (control || event.key.length > 1);
  return `${control ? "Ctrl+" : ""}${shift ? "Shift+" : ""}${key}`;
}

export function listen(): void {
  document.addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    const typing = target.matches("input:not([type=range]):not([type=checkbox]), select, textarea");
    if (typing || event.altKey || document.querySelector("dialog[open]")) return;
    const presses = target.matches("button") && (event.key === " " || event.key === "Enter");
    const act = presses ? undefined : ACTS.get(keyOf(event));
    if (!act) return;
    event.preventDefault();
    act();
  });
}
