// What keys and buttons do.

import type { Doubt } from "./api";
import { beside, lasting, together } from "./model";
import * as store from "./store";

export function answer(doubt: Doubt | undefined, said: "same" | "different" | "skip"): void {
  if (!doubt) return;
  store.asked.value = new Set(store.asked.value).add(store.doubtKey(doubt));
  if (said === "skip") return;
  store.answers.value++;
  void store.edit([{ kind: said, track_id: doubt.track_id, other: doubt.against, at_s: doubt.at_s, other_at_s: doubt.against_at_s }]);
}

export function look(doubt: Doubt | undefined): void {
  if (!doubt) return;
  store.seek(doubt.at_s);
  store.select(doubt.shown_as ? [doubt.shown_as] : [], doubt.track_id);
}

export function merge(): void {
  const [player, other] = store.selected.value;
  if (player === undefined || other === undefined) return store.say("note", "Choose two people first: Ctrl+click the second one.");
  void store.edit([{ kind: "merge", player, other }]);
  store.select([player]);
}

export function split(): void {
  const at_s = store.playhead.value;
  const track = store.piece.value;
  const model = store.model.value;
  const piece = track === null ? undefined : model?.pieceOf.get(track);
  if (model && track !== null && piece !== undefined) {
    const { begin_s, end_s } = model.game.pieces;
    if (at_s <= begin_s[piece]! || at_s >= end_s[piece]!)
      return store.say("note", "The playhead is not inside the chosen piece: seek to where it goes over to somebody else.");
    return void store.edit([{ kind: "split_tracklet", track_id: track, at_s }]);
  }
  const [player] = store.selected.value;
  if (player === undefined) return store.say("note", "Choose a piece or a person first.");
  void store.edit([{ kind: "split", player, at_s }]);
}

export function nobody(): void {
  const [player] = store.selected.value;
  if (player === undefined) return store.say("note", "Choose a person first.");
  void store.edit([{ kind: "role", player, value: "nobody" }]);
  store.select([]);
}

export function somebodyNew(): void {
  const track_id = store.piece.value;
  if (track_id === null) return store.say("note", "Choose a piece of the time line first.");
  void store.edit([{ kind: "move", track_id, to: null }]);
}

export function lock(): void {
  const [player] = store.selected.value;
  if (player === undefined) return store.say("note", "Choose a person first.");
  void store.edit([{ kind: "lock", player }]);
}

export function neighbour(by: 1 | -1): void {
  const rows = store.model.value?.rows.filter((row) => row.person !== null) ?? [];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.person!.id === store.selected.value[0]);
  const next = rows[Math.min(Math.max(at + by, 0), rows.length - 1)]!;
  store.select([next.person!.id]);
}

// What the chosen people and piece can be made to, in words with seconds: the bar below shows it before it is done.
export function foreseen(): { words: string; actions: { label: string; key: string; act: () => void; strong?: boolean }[] } | null {
  const model = store.model.value;
  if (!model) return null;
  const carried = store.drag.value;
  const row = carried?.row == null ? undefined : model.rows[carried.row];
  if (carried && row?.person && carried.row !== model.rowOf[carried.piece]) {
    const { begin_s, end_s } = model.game.pieces;
    const there = beside(model, row, carried.piece);
    const what = there.count === 1 ? "the piece" : `${there.count} pieces`;
    const instead = there.most ? " · but that is where most of him is seen: it will be refused"
      : there.count ? `, in place of ${what} of ${lasting(there.length_s)} at that time` : "";
    const length_s = end_s[carried.piece]! - begin_s[carried.piece]!;
    return { words: `${lasting(length_s)} of ${store.labelOf(model.player[carried.piece]!)} go to ${row.person.label}${instead}`, actions: [] };
  }
  const [first, second] = store.selected.value.map((id) => model.people.get(id));
  if (first && second) {
    const [kept, gone] = first.seen_s >= second.seen_s ? [first, second] : [second, first];
    const at_once_s = together(model, first.id, second.id);
    const beside = at_once_s > 0.2 ? ` · but they are in the picture together for ${lasting(at_once_s)}: that will be refused` : "";
    return {
      words: `${gone.label} becomes ${kept.label}: ${lasting(gone.seen_s)} go over${beside}`,
      actions: [{ label: "Merge", key: "M", act: merge, strong: true }, { label: "Cancel", key: "Esc", act: () => store.select([]) }],
    };
  }
  const track = store.piece.value;
  const index = track === null ? undefined : model.pieceOf.get(track);
  if (index !== undefined) {
    const { begin_s, end_s } = model.game.pieces;
    const [begin, end, at] = [begin_s[index]!, end_s[index]!, store.playhead.value];
    const inside = at > begin && at < end;
    const owner = store.labelOf(model.player[index]!);
    const words = inside
      ? `Piece of ${owner}, ${lasting(end - begin)}: a split leaves ${lasting(at - begin)} before and ${lasting(end - at)} after the playhead`
      : `Piece of ${owner}, ${lasting(end - begin)}: drag it to another row to move it`;
    const actions = [{ label: "Somebody new", key: "N", act: somebodyNew }];
    return { words, actions: inside ? [{ label: "Split", key: "S", act: split, strong: true } as never, ...actions] : actions };
  }
  if (first)
    return {
      words: `${first.label}: ${lasting(first.seen_s)} in view. Ctrl+click a second person to merge`,
      actions: [{ label: "Lock", key: "L", act: lock }, { label: "Not a player", key: "Del", act: nobody }],
    };
  return null;
}
