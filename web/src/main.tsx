// The page of `courtside review`.

import { render } from "preact";
import { Export, Foresight, Header, Help, Toasts } from "./bars";
import { Doubts } from "./doubts";
import { Journal } from "./journal";
import { listen } from "./keys";
import { MiniMap } from "./minimap";
import { People } from "./people";
import { Player } from "./player";
import * as store from "./store";
import "./style.css";
import { Timeline } from "./timeline";

const TABS = [
  ["doubts", "Doubts"],
  ["people", "People"],
  ["journal", "Journal"],
] as const;

function Side() {
  const shown = store.tab.value;
  return (
    <aside class="side">
      <MiniMap />
      <div class="tabs" role="tablist" aria-label="Panels">
        {TABS.map(([name, title]) => (
          <button key={name} id={`tab-${name}`} role="tab" aria-selected={shown === name} aria-controls="panel" onClick={() => (store.tab.value = name)}>
            {title}
            {name === "doubts" && store.doubts.value.length > 0 && <span class="count">{store.doubts.value.length}</span>}
          </button>
        ))}
      </div>
      <div class="tabpanel" id="panel" role="tabpanel" aria-labelledby={`tab-${shown}`}>
        {shown === "doubts" ? <Doubts /> : shown === "people" ? <People /> : <Journal />}
      </div>
    </aside>
  );
}

function App() {
  if (!store.about.value || !store.game.value) return <p class="starting">Opening the game …</p>;
  return (
    <>
      <Header />
      <main>
        <Player />
        <Side />
        <Timeline />
      </main>
      <Foresight />
      <Toasts />
      <Help />
      <Export />
    </>
  );
}

const root = document.getElementById("app")!;
root.replaceChildren();
render(<App />, root);
listen();
store.begin().catch((error: Error) => {
  root.innerHTML = "";
  root.append(Object.assign(document.createElement("p"), { className: "starting bad", textContent: `The game cannot be opened: ${error.message}` }));
});
