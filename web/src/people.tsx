// Everybody of the game, and the panel of who is chosen: pictures over the game, numbers read, what can be edited.

import { useEffect, useRef, useState } from "preact/hooks";
import { lock, nobody } from "./actions";
import { type Edit, type Person, read } from "./api";
import { Crop } from "./crop";
import { lasting, percent, seconds } from "./model";
import * as store from "./store";
import { sureColor } from "./timeline-drawing";

const CROPS = 8;
const ROW_PX = 38;

export function People() {
  const model = store.model.value;
  const [sought, setSought] = useState("");
  if (!model) return null;
  const [chosen] = store.selected.value;
  const person = chosen === undefined ? undefined : model.people.get(chosen);
  const wanted = sought.trim().toLowerCase();
  const listed = model.rows.flatMap((row) => (row.person ? [row.person] : [])).filter((found) =>
    [found.label, found.name ?? "", found.number ?? ""].some((text) => text.toLowerCase().includes(wanted)),
  );
  return (
    <div class="people">
      {person && <Panel key={person.id} person={person} />}
      <div class="tools">
        <input id="search" type="search" placeholder="Find a name or number  ( / )" aria-label="Find a person" value={sought} onInput={(event) => setSought(event.currentTarget.value)} />
        <RosterButton />
      </div>
      {listed.length ? <List people={listed} /> : <p class="empty small">{wanted ? "Nobody is called so." : "No people were found in this game."}</p>}
    </div>
  );
}

// Only the rows in view are in the page.
function List({ people }: { people: Person[] }) {
  const list = useRef<HTMLDivElement>(null);
  const [[top, height], setRange] = useState([0, 600]);
  useEffect(() => {
    const element = list.current!;
    const update = (): void => setRange([element.scrollTop, element.clientHeight]);
    update();
    element.addEventListener("scroll", update, { passive: true });
    const observer = new ResizeObserver(update);
    observer.observe(element);
    return () => (element.removeEventListener("scroll", update), observer.disconnect());
  }, []);
  const first = Math.max(0, Math.floor(top / ROW_PX) - 4);
  const shown = people.slice(first, Math.ceil((top + height) / ROW_PX) + 4);
  const at = people.findIndex((person) => person.id === store.selected.value[0]);
  useEffect(() => {
    const element = list.current!;
    if (at >= 0 && (at * ROW_PX < element.scrollTop || (at + 1) * ROW_PX > element.scrollTop + element.clientHeight))
      element.scrollTop = at * ROW_PX - element.clientHeight / 2;
  }, [at]);
  return (
    <div class="list" ref={list} role="listbox" aria-label="People" aria-multiselectable="true" tabIndex={0}>
      <div class="sizer" role="presentation" style={{ height: `${people.length * ROW_PX}px` }}>
        {shown.map((person, k) => (
          <div
            key={person.id} class="row" role="option" aria-selected={store.selected.value.includes(person.id)}
            style={{ top: `${(first + k) * ROW_PX}px` }}
            onClick={(event) => (event.ctrlKey || event.shiftKey || event.metaKey ? store.toggleSelected(person.id) : store.select([person.id]))}
            onMouseEnter={() => (store.hovered.value = person.id)} onMouseLeave={() => (store.hovered.value = null)}
          >
            <Badge person={person} />
            <span class="grow name">{person.label}</span>
            <span class="quiet">{lasting(person.seen_s)}</span>
            <span class="sure" title="How sure, on average"><i style={{ background: sureColor(person.confidence), width: `${100 * (person.confidence ?? 0)}%` }} /></span>
          </div>
        ))}
      </div>
    </div>
  );
}

export function Badge({ person }: { person: Person }) {
  return (
    <span class="badge" style={{ background: person.fill, color: person.ink }}>
      {person.role === "referee" ? "R" : (person.number ?? "–")}
    </span>
  );
}

function Panel({ person }: { person: Person }) {
  const edit = (change: Edit): void => void store.edit([change]);
  const teams = store.game.value?.teams ?? {};
  const locked = store.state.value?.steps.some(([, words, undone]) => !undone && words.includes("lock") && words.includes(person.label));
  return (
    <section class="panel" aria-label={person.label}>
      <header>
        <Badge person={person} />
        <Field key={`name${person.name}`} name="name" value={person.name ?? ""} placeholder={person.label} onChange={(value) => edit({ kind: "name", player: person.id, value: value || "-" })} />
        <button class="icon" aria-label="Close" title="Close (Esc)" onClick={() => store.select([])}>✕</button>
      </header>
      <Crops person={person} />
      <div class="fields">
        <label>Number <Field key={`number${person.number}`} name="number" value={person.number ?? ""} placeholder="–" onChange={(value) => edit({ kind: "number", player: person.id, value: value || "-" })} /></label>
        <label>Team
          <select value={person.team ?? "-"} onChange={(event) => edit({ kind: "team", player: person.id, value: event.currentTarget.value })}>
            <option value="A">{teams["A"] ?? "Team A"}</option>
            <option value="B">{teams["B"] ?? "Team B"}</option>
            <option value="-">unknown</option>
          </select>
        </label>
        <label>Role
          <select value={person.role} onChange={(event) => edit({ kind: "role", player: person.id, value: event.currentTarget.value })}>
            <option value="player">player</option>
            <option value="referee">referee</option>
            <option value="nobody">not a player</option>
          </select>
        </label>
      </div>
      <Votes person={person} />
      <p class="facts">{lasting(person.seen_s)} in view · {percent(person.confidence)} sure on average{person.name_from === "inferred" ? " · name inferred: the only one left on the roster" : ""} · id {person.id}</p>
      <div class="buttons">
        <button onClick={lock} disabled={locked}>{locked ? "Locked" : "Lock"} <kbd>L</kbd></button>
        <button onClick={nobody}>Not a player <kbd>Del</kbd></button>
      </div>
    </section>
  );
}

function Field({ name, value, placeholder, onChange }: { name: string; value: string; placeholder: string; onChange: (value: string) => void }) {
  const left = useRef(false);
  return (
    <input
      class={`field ${name}`} name={name} aria-label={name === "name" ? "Name" : "Number"} defaultValue={value} placeholder={placeholder}
      maxLength={name === "number" ? 2 : 60} inputMode={name === "number" ? "numeric" : "text"} autoComplete="off" spellcheck={false}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
        if (event.key === "Escape") ((left.current = true), (event.currentTarget.value = value), event.currentTarget.blur());
      }}
      onBlur={(event) => {
        const now = event.currentTarget.value.trim();
        if (!left.current && now !== value) onChange(now);
        left.current = false;
      }}
    />
  );
}

function Crops({ person }: { person: Person }) {
  const [crops, setCrops] = useState<[box: number, track: number, time_s: number][] | null>(null);
  const generation = store.game.value?.generation;
  useEffect(() => {
    let stale = false;
    read<[number, number, number][]>(`crops?player=${person.id}&count=${CROPS}`).then((found) => stale || setCrops(found), () => stale || setCrops([]));
    return () => void (stale = true);
  }, [person.id, generation]);
  if (crops === null) return <div class="crops" aria-busy="true" />;
  if (!crops.length) return <p class="empty small">No picture of this person.</p>;
  return (
    <div class="crops">
      {crops.map(([box, track, time_s]) => (
        <button key={box} class="thumb" title={`Watch at ${seconds(time_s)}`} onClick={() => (store.seek(time_s), store.select([person.id], track))}>
          <Crop src={`crop?box=${box}`} alt={`${person.label} at ${seconds(time_s)}`} />
          <span>{seconds(time_s)}</span>
        </button>
      ))}
    </div>
  );
}

function Votes({ person }: { person: Person }) {
  const most = Math.max(1, ...person.votes.map(([, reads]) => reads));
  if (!person.votes.some(([, reads]) => reads > 0)) return <p class="facts">No number was read.</p>;
  return (
    <dl class="votes" aria-label="Numbers that were read">
      {person.votes.filter(([, reads]) => reads > 0).map(([number, reads, probability]) => (
        <div key={number}>
          <dt>{number}</dt>
          <dd><span class="bar"><i style={{ width: `${(100 * reads) / most}%` }} /></span><span class="quiet">{reads} reads · {percent(probability)}</span></dd>
        </div>
      ))}
    </dl>
  );
}

function RosterButton() {
  const input = useRef<HTMLInputElement>(null);
  const take = async (event: { currentTarget: HTMLInputElement }): Promise<void> => {
    const [file] = event.currentTarget.files ?? [];
    if (file) await store.giveRoster(await file.text());
    if (input.current) input.current.value = "";
  };
  return (
    <>
      <input ref={input} type="file" accept=".csv,text/csv" hidden aria-label="Roster file" onChange={(event) => void take(event)} />
      <button onClick={() => input.current?.click()} title="CSV with number, name and team">Roster …</button>
    </>
  );
}
