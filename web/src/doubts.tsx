// The queue of doubts: one question with both pictures, one key for each answer.

import { useEffect } from "preact/hooks";
import { answer, look } from "./actions";
import { type Doubt, cropOf } from "./api";
import { lasting, percent, seconds, unsure } from "./model";
import * as store from "./store";
import { Crop } from "./crop";

const REASONS: Record<Doubt["reason"], string> = {
  unsure: "Not sure",
  fragment: "Seen for a short time",
  number: "Another number",
  unknown: "Nobody yet",
  crowded: "Six of a team",
};
const AHEAD = 3;

// Pieces that no question about two pictures settles: they may go over from one person to another.
function Unsure() {
  const model = store.model.value;
  const pieces = model === null ? [] : unsure(model);
  if (model === null || !pieces.length) return null;
  const { begin_s, end_s, track, confidence } = model.game.pieces;
  return (
    <>
      <p>These may show more than one person: watch them, and split one where it goes over to somebody else.</p>
      <ol class="queue" aria-label="Pieces that may show more than one person">
        {pieces.slice(0, 12).map((piece) => (
          <li key={track[piece]!}>
            <button onClick={() => (store.seek(begin_s[piece]!), store.select([model.player[piece]!], track[piece]!))}>
              {store.labelOf(model.player[piece]!)}, {seconds(begin_s[piece]!)} to {seconds(end_s[piece]!)}
            </button>
            <span class="quiet">{percent(confidence[piece] ?? null)} sure</span>
          </li>
        ))}
      </ol>
    </>
  );
}

export function Doubts() {
  const waiting = store.doubts.value;
  const doubt = waiting[0];
  useEffect(() => {
    for (const next of waiting.slice(1, 1 + AHEAD))
      for (const track of [next.track_id, next.against]) new Image().src = store.about.value?.video ? cropOf(track) : "data:,";
  }, [doubt && store.doubtKey(doubt)]);
  const open_s = waiting.reduce((sum, next) => sum + next.gain_s, 0);
  if (!doubt)
    return (
      <div class="empty">
        <p class="big">No open questions.</p>
        <p>{store.answers.value ? `${store.answers.value} answered. ` : ""}What two pictures can decide is decided, or was skipped.</p>
        <Unsure />
        {store.asked.value.size > 0 && <button onClick={() => (store.asked.value = new Set())}>Ask the skipped ones again</button>}
      </div>
    );
  const asked = store.labelOf(doubt.player_id);
  return (
    <div class="doubt">
      <div class="doubt-head">
        <span class={`tag ${doubt.reason}`}>{REASONS[doubt.reason]}</span>
        <span class="quiet" title="Player-time that the answers are expected to mend">{waiting.length} open · about {lasting(open_s)}</span>
      </div>
      <h2>Is this {asked}?</h2>
      <div class="pair">
        <figure>
          <Crop src={cropOf(doubt.track_id)} alt={`The person asked about, at ${seconds(doubt.at_s)}`} />
          <figcaption>{doubt.shown_as ? <>counts as <b>{store.labelOf(doubt.shown_as)}</b></> : "counts as nobody"} · {seconds(doubt.at_s)}</figcaption>
        </figure>
        <figure>
          <Crop src={cropOf(doubt.against)} alt={asked} />
          <figcaption><b>{asked}</b></figcaption>
        </figure>
      </div>
      <p class="why">{doubt.words} <span class="quiet">· yes is {percent(doubt.chance)} likely · worth {lasting(doubt.gain_s)}</span></p>
      <div class="answers">
        <button class="yes" onClick={() => answer(doubt, "same")}>Yes <kbd>Y</kbd></button>
        <button class="no" onClick={() => answer(doubt, "different")}>No <kbd>N</kbd></button>
        <button onClick={() => answer(doubt, "skip")}>Skip <kbd>X</kbd></button>
        <button onClick={() => look(doubt)}>Watch <kbd>W</kbd></button>
      </div>
      <ol class="queue" aria-label="Next questions">
        {waiting.slice(1, 8).map((next) => (
          <li key={store.doubtKey(next)}>
            <span class={`dot ${next.reason}`} />
            <span class="grow">{REASONS[next.reason]}: {store.labelOf(next.player_id)}?</span>
            <span class="quiet">{lasting(next.gain_s)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
