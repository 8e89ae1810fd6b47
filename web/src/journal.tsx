// What was corrected so far, the newest first; each step can be taken back by itself.

import * as store from "./store";

export function Journal() {
  const steps = [...(store.state.value?.steps ?? [])].reverse();
  if (!steps.length)
    return (
      <div class="empty">
        <p class="big">Nothing corrected yet.</p>
        <p>Answer doubts, or drag pieces on the time line. Each step is saved at once and can be taken back here.</p>
      </div>
    );
  return (
    <ol class="journal" reversed aria-label="Corrections">
      {steps.map(([number, words, undone]) => (
        <li key={number} class={undone ? "undone" : ""}>
          <span class="quiet">{number}</span>
          <span class="grow">{words}</span>
          <button onClick={() => void (undone ? store.redo(number) : store.undo(number))}>{undone ? "Redo" : "Undo"}</button>
        </li>
      ))}
    </ol>
  );
}
