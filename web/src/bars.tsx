// The bar at the top (title, saving, undo, export), the bar below (what the next key does), messages and help.

import { useEffect, useRef } from "preact/hooks";
import { foreseen } from "./actions";
import { GROUPS } from "./keys";
import * as store from "./store";

export function Header() {
  const { state } = store;
  const saved = (): string => {
    if (store.offline.value) return "The command has ended: nothing more is saved";
    if (store.busy.value) return state.value?.doing ? `${state.value.doing} …` : "saving …";
    return "All saved";
  };
  const next = { auto: "light", light: "dark", dark: "auto" } as const;
  return (
    <header class="top">
      <strong class="brand">courtside</strong>
      <h1 title={store.about.value?.title}>{store.about.value?.title}</h1>
      <span class={`saved ${store.offline.value ? "bad" : store.busy.value ? "busy" : ""}`} role="status">{saved()}</span>
      <span class="gap" />
      <button disabled={!state.value?.can_undo} title={state.value?.can_undo ? `Undo: ${state.value.can_undo} (Ctrl+Z)` : "Nothing to undo"} onClick={() => void store.undo()}>↶ Undo</button>
      <button disabled={!state.value?.can_redo} title={state.value?.can_redo ? `Redo: ${state.value.can_redo} (Ctrl+Shift+Z)` : "Nothing to redo"} onClick={() => void store.redo()}>↷ Redo</button>
      <button class="icon" title={`Colours: ${store.theme.value}`} aria-label={`Colours: ${store.theme.value}`} onClick={() => (store.theme.value = next[store.theme.value])}>
        {{ auto: "◐", light: "☀", dark: "☾" }[store.theme.value]}
      </button>
      <button class="icon" title="Keys (?)" aria-label="Keys" onClick={() => (store.helpShown.value = true)}>?</button>
      <button class="main" onClick={() => (store.exportShown.value = true)}>Export …</button>
    </header>
  );
}

export function Foresight() {
  const shown = foreseen();
  return (
    <footer class="foresight" aria-live="polite">
      {shown ? (
        <>
          <span class="grow">{shown.words}</span>
          {shown.actions.map(({ label, key, act, strong }) => (
            <button key={label} class={strong ? "main" : ""} onClick={act}>{label} <kbd>{key}</kbd></button>
          ))}
        </>
      ) : (
        <span class="quiet grow">Click a person in the picture, the time line or the list. <kbd>?</kbd> lists all keys.</span>
      )}
      <Legend />
    </footer>
  );
}

function Legend() {
  return (
    <span class="legend" aria-label="Colours of the time line: how sure it is who is shown">
      <i class="s0" /><i class="s1" /><i class="s2" /><i class="s3" /><i class="s4" /> unsure to sure
    </span>
  );
}

export function Toasts() {
  return (
    <div class="toasts" role="log" aria-label="Messages">
      {store.toasts.value.map(({ id, kind, text }) => (
        <p key={id} class={kind}>
          <span>{text}</span>
          <button class="icon" aria-label="Dismiss" onClick={() => (store.toasts.value = store.toasts.value.filter((toast) => toast.id !== id))}>✕</button>
        </p>
      ))}
    </div>
  );
}

function Dialog({ title, shown, children }: { title: string; shown: { value: boolean }; children: preact.ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (shown.value) dialog.current?.showModal();
  }, [shown.value]);
  if (!shown.value) return null;
  const close = (): void => void (shown.value = false);
  return (
    <dialog ref={dialog} aria-label={title} onClose={close} onClick={(event) => event.target === dialog.current && dialog.current?.close()}>
      <header><h2>{title}</h2><button class="icon" aria-label="Close" onClick={() => dialog.current?.close()}>✕</button></header>
      {children}
    </dialog>
  );
}

export function Help() {
  return (
    <Dialog title="Keys" shown={store.helpShown}>
      <div class="keys">
        {GROUPS.map(({ title, keys }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(({ shown, words }) => (
                <div key={words}><dt>{shown.map((key) => <kbd key={key}>{key}</kbd>)}</dt><dd>{words}</dd></div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

export function Export() {
  const state = store.state.value;
  const exporting = state?.doing === "exporting" || (state?.share != null && store.busy.value);
  const start = (video: boolean): void => void store.exportAll(video);
  return (
    <Dialog title="Export" shown={store.exportShown}>
      <p>Corrections are saved as you make them. Report, tables and the annotated video are written anew when you ask for it.</p>
      {store.busy.value && (
        <p class="progress"><progress max={1} value={state?.share ?? undefined} aria-label="Progress" /> <span>{state?.doing || "waiting"} …</span></p>
      )}
      <div class="buttons">
        <button class="main" disabled={exporting} onClick={() => start(false)}>Report and tables</button>
        <button disabled={exporting || !store.about.value?.video} onClick={() => start(true)}>The same, and annotated.mp4</button>
      </div>
    </Dialog>
  );
}
