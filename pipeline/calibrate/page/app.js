// The state of the page and what its buttons do. All fitting is done by the server (POST fit).

import { Floor, spoken } from "./floor.js";
import { Picture } from "./picture.js";

const SAME_S = 0.02; // frames so close in time are one
const NEAR_PX = 60; // css px within which a landmark is suggested for a clicked spot
const $ = (id) => document.getElementById(id);

const state = { points: [], court: "fiba", size: null, camera: "fixed", bent: true, found: null, useFound: true, asked: [] };
let about, fit = null, shown = null, pending = null, chosen = null, suggested = null, nextId = 1, unsaved = false, wanted = 0;
const past = [], future = [];

const picture = new Picture($("picture"), $("loupe"), { click: pickPx, drag: dragged, choose });
const floor = new Floor($("floor"), pickPlace, choose);

// --- talking to the server ---------------------------------------------------------------------------------------

async function ask(path, data) {
  const post = data === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(data) };
  const answer = await fetch(path, post);
  const said = answer.headers.get("Content-Type") === "application/json" ? await answer.json() : {};
  if (!answer.ok) throw new Error(said.error ?? `the server says ${answer.status}`);
  return said;
}

function payload() {
  const frames = groups().map(({ time_s, points }) => ({
    ...(time_s === null ? {} : { time_s }),
    points: points.map(({ px, court_m, landmark }) => (landmark ? { px, landmark } : { px, court_m })),
  }));
  const found = foundFrames().map(({ time_s, homography }) => ({ ...(time_s === null || state.camera === "fixed" ? {} : { time_s }), homography }));
  const lens = found.length ? state.found.lens : state.bent ? "auto" : "none";
  return { court: state.court, court_size_m: state.size, image_size: about.size, camera: state.camera, lens, frames: [...frames, ...found] };
}

function groups() {
  if (state.camera === "fixed") return state.points.length ? [{ time_s: commonTime(), points: state.points }] : [];
  const times = [...new Set(state.points.map((point) => point.time_s))].sort((a, b) => a - b);
  return times.map((time_s) => ({ time_s, points: state.points.filter((point) => point.time_s === time_s) }));
}

// When all points were clicked in one frame, the calibration of a standing camera remembers which.
function commonTime() {
  const [{ time_s }] = state.points;
  return state.points.every((point) => point.time_s === time_s) ? time_s : null;
}

function foundFrames() {
  if (!state.found || !state.useFound || state.found.court !== state.court || String(state.found.court_size_m) !== String(state.size)) return [];
  if (state.camera === "fixed") return state.found.fixed && !state.points.length ? state.found.frames.slice(0, 1) : [];
  return state.found.frames.filter((view) => !state.points.some((point) => Math.abs(point.time_s - view.time_s) < SAME_S));
}

async function refit() {
  const turn = ++wanted;
  const data = payload();
  try {
    const answer = data.frames.length ? await ask("fit", data) : null;
    if (turn !== wanted) return;
    fit = answer && { lam: answer.lam, frames: answer.frames.map((view, k) => ({ ...view, time_s: state.camera === "fixed" ? null : data.frames[k].time_s ?? null })) };
  } catch (error) {
    if (turn !== wanted) return;
    fit = { lam: 0, frames: [{ time_s: null, message: error.message }] };
  }
  suggest();
  render();
}

async function showTime(time_s) {
  const turn = (showTime.turn = (showTime.turn ?? 0) + 1);
  const answer = await fetch(`picture?time_s=${Math.min(Math.max(time_s, 0), about.duration_s)}`);
  if (turn !== showTime.turn || !answer.ok) return;
  const image = await createImageBitmap(await answer.blob());
  if (turn !== showTime.turn) return;
  shown = Number(answer.headers.get("X-Time-S"));
  if (state.camera === "moving") { pending = null; suggested = null; }
  picture.show(image);
  render();
}

// --- changes ------------------------------------------------------------------------------------------------------

const snapshot = () => JSON.stringify([state.points, state.court, state.size, state.camera, state.bent, state.useFound]);

function change(edit) {
  past.push(snapshot());
  future.length = 0;
  edit();
  unsaved = true;
  refit();
}

function restore(from, to) {
  if (!from.length) return;
  to.push(snapshot());
  [state.points, state.court, state.size, state.camera, state.bent, state.useFound] = JSON.parse(from.pop());
  floor.show(plan());
  pending = chosen = suggested = null;
  unsaved = true;
  refit();
}

function pickPx(px) {
  chosen = null;
  if (pending?.court_m) return add({ ...pending, px });
  pending = { px };
  suggest();
  render();
}

function pickPlace(place) {
  chosen = null;
  if (pending?.px) return add({ ...pending, ...place });
  pending = place;
  suggested = null;
  render();
}

function add({ px, court_m, landmark }) {
  pending = suggested = null;
  const rounded = px.map((value) => Math.round(value * 100) / 100);
  change(() => state.points.push({ id: nextId++, time_s: shown, px: rounded, court_m, landmark: landmark ?? null }));
}

function dragged(id, px, finished) {
  if (finished) return void (dragged.before = null);
  if (dragged.before !== id) { past.push(snapshot()); future.length = 0; dragged.before = id; unsaved = true; }
  chosen = id;
  state.points.find((point) => point.id === id).px = px.map((value) => Math.round(value * 100) / 100);
  refit();
  render();
}

function choose(id) { chosen = id; pending = suggested = null; render(); }

function remove(id) { change(() => { state.points = state.points.filter((point) => point.id !== id); chosen = null; }); }

function nudge(du, dv) {
  const point = state.points.find((each) => each.id === chosen);
  if (point) change(() => { point.px = [point.px[0] + du, point.px[1] + dv]; });
}

function setCamera(camera) {
  if (camera === state.camera) return;
  change(() => {
    state.camera = camera;
    if (camera === "moving") state.points.forEach((point) => { point.time_s ??= shown; });
  });
}

function setCourt(name) {
  change(() => {
    [state.court, state.size] = [name, null];
    const places = plan().landmarks;
    state.points = state.points.filter((point) => !point.landmark || places[point.landmark]);
    for (const point of state.points) if (point.landmark) point.court_m = places[point.landmark];
    floor.show(plan());
  });
}

// The landmark nearest to a clicked spot, once the court is known roughly: one click less.
function suggest() {
  suggested = null;
  const places = current()?.landmarks;
  if (!pending?.px || !places) return;
  const taken = new Set(visible().map((point) => point.landmark));
  const away = ([u, v]) => Math.hypot(u - pending.px[0], v - pending.px[1]);
  const near = Object.entries(places).filter(([name]) => !taken.has(name)).sort((a, b) => away(a[1]) - away(b[1]))[0];
  if (near && away(near[1]) * picture.view.scale < NEAR_PX) suggested = near[0];
}

async function save() {
  try {
    const { path } = await ask("save", { calibration: payload(), use_found: state.useFound });
    unsaved = false;
    render();
    say("good", "Saved", ` ${path}`);
  } catch (error) { say("bad", "Not saved:", ` ${error.message}`); }
}

async function finish() {
  if (unsaved && state.points.length && !confirm("Leave without saving?")) return;
  await ask("done", {});
  document.body.textContent = "";
  document.body.append(Object.assign(document.createElement("p"), { id: "bye", textContent: "Done. This page can be closed." }));
}

// --- drawing ------------------------------------------------------------------------------------------------------

const visible = () => (state.camera === "fixed" ? state.points : state.points.filter((point) => Math.abs(point.time_s - shown) < SAME_S));
const current = () => fit?.frames.find((view) => view.time_s === null || Math.abs(view.time_s - shown) < SAME_S);
const colorOf = (error) => (error == null ? "#62a4f0" : error < 3 ? "#4cc38a" : error < 8 ? "#f0b44c" : "#ff6369");

function numbered() {
  const view = current(), points = visible();
  const checked = view?.rms_px != null && view.error_px?.length === points.length;
  return points.map((point, k) => {
    const error = checked ? (view.error_px[k] * 1280) / about.size[0] : null;
    return { ...point, number: k + 1, error_px: checked ? view.error_px[k] : null, error_m: checked ? view.error_m[k] : null, color: colorOf(error), chosen: point.id === chosen };
  });
}

function render() {
  if (shown === null) return;
  const points = numbered(), view = current();
  picture.draw({ points, lines: view?.lines ?? [], pending: pending?.px });
  const half = pending?.court_m && !pending.px ? [{ court_m: pending.court_m, number: "?", color: "#62a4f0" }] : [];
  floor.draw([...points, ...half], suggested);
  $("points").replaceChildren(...points.map(row));
  $("empty").hidden = points.length > 0;
  $("points").closest("table").hidden = !points.length;
  for (const button of document.querySelectorAll("[data-camera]")) button.setAttribute("aria-checked", button.dataset.camera === state.camera);
  $("court").value = state.court;
  $("lens").checked = state.bent;
  $("undo").disabled = !past.length;
  $("redo").disabled = !future.length;
  $("save").disabled = !fit || fit.frames.some((each) => each.message);
  if (document.activeElement !== $("slider")) $("slider").value = shown;
  $("time").textContent = `${Math.floor(shown / 60)}:${(shown % 60).toFixed(2).padStart(5, "0")}`;
  hint(points, view);
  timeline();
}

function row(point) {
  const tr = document.createElement("tr");
  const cell = (text, kind = "") => tr.append(Object.assign(document.createElement("td"), { textContent: text, className: kind }));
  const dot = Object.assign(document.createElement("span"), { className: "dot", textContent: point.number });
  dot.style.background = point.color;
  tr.append(document.createElement("td"));
  tr.firstChild.append(dot);
  cell(point.landmark ? spoken(point.landmark) : `${point.court_m[0].toFixed(2)}, ${point.court_m[1].toFixed(2)} m`);
  cell(point.px.map((value) => value.toFixed(1)).join(", "), "n");
  cell(point.error_px === null ? "" : `${point.error_px.toFixed(1)} px`, "n");
  cell(point.error_m === null ? "" : `${(point.error_m * 100).toFixed(0)} cm`, "n");
  const cross = Object.assign(document.createElement("button"), { textContent: "✕", title: "Remove (Delete)" });
  cross.addEventListener("click", (event) => { event.stopPropagation(); remove(point.id); });
  tr.append(document.createElement("td"));
  tr.lastChild.append(cross);
  tr.classList.toggle("chosen", point.chosen);
  tr.addEventListener("click", () => choose(point.id));
  return tr;
}

function say(kind, strong, rest) {
  const bold = Object.assign(document.createElement("b"), { textContent: strong });
  $("hint").className = kind;
  $("hint").replaceChildren(bold, rest);
}

function hint(points, view) {
  if (pending?.px && suggested) return say("ask", `Is it ${spoken(suggested)}?`, " Enter takes it; or click another place on the court. Esc drops it.");
  if (pending?.px) return say("ask", "Now the same place on the court.", " Esc drops the click.");
  if (pending) return say("ask", "Now the same place in the picture.", " Esc drops it.");
  if (view?.message && points.length >= 4) return say("bad", "It does not fit:", ` ${view.message}`);
  if (!points.length && view?.lines) return say("good", "The court was found here by itself.", " If its lines lie on those of the picture, save; if not, click points.");
  if (points.length < 4) return say("ask", points.length ? `${4 - points.length} more to go.` : "Mark at least four places.", " Six or more in all corners of the court are better.");
  if (view?.rms_px == null) return say("good", "The court is drawn over the picture.", " Two more points, far from the others: then errors show, and a bent lens is found.");
  const lens = fit.lam ? ` Lens ${fit.lam.toFixed(2)}.` : "";
  return say(view.rms_px * 1280 / about.size[0] < 4 ? "good" : "bad", `Usual error ${view.rms_px.toFixed(1)} px.`, `${lens} ${view.rms_px * 1280 / about.size[0] < 4 ? "Save when the drawn lines lie on the painted ones." : "Look at the red points: they disagree with the others."}`);
}

function timeline() {
  const marks = [];
  const mark = (time_s, kind) => marks.push(Object.assign(document.createElement("i"), { className: kind, style: `left:${(100 * time_s) / (about.duration_s || 1)}%` }));
  if (state.camera === "moving") {
    foundFrames().forEach((view) => mark(view.time_s, "is-found"));
    state.asked.forEach((time_s) => mark(time_s, "is-asked"));
    groups().forEach(({ time_s }) => mark(time_s, "is-marked"));
  }
  $("marks").replaceChildren(...marks);
  const questions = state.camera === "moving" ? state.asked : [];
  const buttons = questions.map((time_s) => {
    const button = Object.assign(document.createElement("button"), { textContent: `${time_s.toFixed(1)} s` });
    button.classList.toggle("answered", groups().some((group) => Math.abs(group.time_s - time_s) < SAME_S && group.points.length >= 4));
    button.addEventListener("click", () => showTime(time_s));
    return button;
  });
  $("asked").replaceChildren(...(buttons.length ? ["Please mark:", ...buttons] : []));
  const count = state.found?.frames.length ?? 0;
  $("use").hidden = !count || (state.camera === "fixed" && !state.found.fixed);
  $("use").querySelector("span").textContent = `use the ${count} frame${count === 1 ? "" : "s"} found by itself`;
  $("found").checked = state.useFound;
}

// --- beginning ----------------------------------------------------------------------------------------------------

// The court from above; one that has not the size of the book comes with the calibration that says so.
const plan = () => (state.size ? about.sized : about.courts[state.court]);

function takeCourt(entry) {
  [state.court, state.size, about.sized] = [entry.court, entry.court_size_m, entry.floor];
}

function takeBefore(before) {
  takeCourt(before);
  state.camera = before.fixed || (before.frames.length === 1 && before.frames[0].time_s === null && before.frames[0].frame === null) ? "fixed" : "moving";
  state.points = before.frames.flatMap((view) => view.points.map((point) => ({
    id: nextId++, time_s: view.time_s ?? (view.frame === null ? null : view.frame / about.fps), ...point, landmark: point.landmark ?? null,
  })));
  const bare = before.frames.filter((view) => view.homography);
  if (bare.length) state.found = { ...before, frames: bare };
}

async function lookByItself(free) {
  $("wait").hidden = false;
  $("wait").textContent = "Looking for the court by itself …";
  try {
    const { found, stands, asked_s } = await ask("moments");
    state.asked = asked_s;
    if (free && !state.points.length && !past.length) {
      state.found = found;
      if (found) { takeCourt(found); floor.show(plan()); }
      state.camera = stands ? "fixed" : "moving";
    }
  } catch (error) { say("bad", "The court could not be looked for:", ` ${error.message}`); }
  $("wait").hidden = true;
  refit();
}

function keys(event) {
  if (event.target.matches("select, input[type=checkbox]")) return;
  const step = event.shiftKey ? 2 : 0.25;
  const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  const control = event.ctrlKey || event.metaKey;
  if (control && event.key.toLowerCase() === "z") event.shiftKey ? restore(future, past) : restore(past, future);
  else if (control && event.key.toLowerCase() === "s") save();
  else if (control) return;
  else if (chosen !== null && moves[event.key] && event.target !== $("slider")) nudge(...moves[event.key]);
  else if (chosen !== null && ["Delete", "Backspace"].includes(event.key)) remove(chosen);
  else if (event.key === "Enter" && suggested) pickPlace({ landmark: suggested, court_m: plan().landmarks[suggested] });
  else if (event.key === "Escape") { pending = suggested = chosen = null; render(); }
  else if (event.key === "0") picture.whole();
  else if (event.key === ",") step1(-1);
  else if (event.key === ".") step1(1);
  else return;
  event.preventDefault();
}

const step1 = (way) => showTime(shown + way * (way > 0 ? 1.01 : 0.6) / about.fps);

async function begin() {
  about = await ask("about");
  $("video").textContent = about.video;
  document.title = `${about.video}: courtside calibrate`;
  $("slider").max = about.duration_s;
  const names = { nba: "NBA", wnba: "WNBA", ncaa: "NCAA men", ncaaw: "NCAA women", fiba: "FIBA", "3x3": "FIBA 3x3" };
  for (const name of Object.keys(about.courts)) $("court").append(new Option(names[name] ?? name, name));
  if (about.court) state.court = about.court;
  state.camera = about.stands ? "fixed" : "moving";
  if (about.before) takeBefore(about.before);
  floor.show(plan());
  $("court").addEventListener("change", () => setCourt($("court").value));
  $("lens").addEventListener("change", () => change(() => { state.bent = $("lens").checked; }));
  $("found").addEventListener("change", () => change(() => { state.useFound = $("found").checked; }));
  for (const button of document.querySelectorAll("[data-camera]")) button.addEventListener("click", () => setCamera(button.dataset.camera));
  const actions = { undo: () => restore(past, future), redo: () => restore(future, past), save, done: finish, in: () => picture.zoom(1.5), out: () => picture.zoom(1 / 1.5), whole: () => picture.whole(), back: () => step1(-1), ahead: () => step1(1) };
  for (const [id, action] of Object.entries(actions)) $(id).addEventListener("click", action);
  $("slider").addEventListener("input", () => showTime(Number($("slider").value)));
  addEventListener("keydown", keys);
  addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
  await showTime(state.points[0]?.time_s ?? state.found?.frames[0].time_s ?? about.duration_s / 2);
  await refit();
  lookByItself(!about.before);
}

begin().catch((error) => say("bad", "Something is wrong:", ` ${error.message}`));
