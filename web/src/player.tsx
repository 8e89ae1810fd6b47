// The video with its overlay, and what plays it. Without a video that the browser plays there are stills, or the boxes alone.

import { effect, signal, useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { change } from "./api";
import { type Clock, FreeClock, VideoClock } from "./clock";
import { seconds } from "./model";
import { type DrawnBox, type Fit, boxesOf, drawOverlay } from "./overlay";
import * as store from "./store";

const RATES = [0.25, 0.5, 1, 1.5, 2, 4, 8];
const STILL_EVERY_MS = 140;

const sourceFails = signal(false);

function chosenVideo(): "source" | "copy" | null {
  const video = store.state.value?.video ?? store.about.value?.video;
  if (!video) return null;
  const plays = video.source !== null && document.createElement("video").canPlayType(video.source) !== "";
  if (plays && !sourceFails.value) return "source";
  return video.copy === "ready" ? "copy" : null;
}

export function changeRate(by: 1 | -1): void {
  const at = RATES.indexOf(store.rate.value);
  store.rate.value = RATES[Math.min(Math.max(at + by, 0), RATES.length - 1)]!;
}

export async function stepFrame(by: 1 | -1): Promise<void> {
  if (store.playing.value) store.seeker.toggle();
  const time_s = await store.windows.step(store.playhead.value, by);
  if (time_s !== null) store.seek(time_s + 0.002); // well inside the frame, however its time was rounded
}

export function Player() {
  const which = useComputed(chosenVideo);
  const stage = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const clock = useRef<Clock | null>(null);
  const drawn = useRef<{ boxes: DrawnBox[]; fit: Fit }>({ boxes: [], fit: { left: 0, top: 0, scale: 1 } });

  useEffect(() => {
    const media = store.about.value?.video;
    if (media && which.value === null && media.copy === "none") void change("playable").catch(() => {});
  }, [which.value]);

  useEffect(() => {
    const end = (): number => Math.max(store.about.value?.duration_s ?? 0, store.game.value?.end_s ?? 0);
    const own: Clock = video.current ? new VideoClock(video.current) : new FreeClock(end);
    clock.current = own;
    store.playing.value = false;
    store.seeker.seek = (time_s) => own.seek(time_s);
    store.seeker.toggle = () => (store.playing.value ? own.pause() : own.play());
    own.seek(store.playhead.peek());
    return effect(() => own.setRate(store.rate.value));
  }, [which.value]);

  useEffect(() => {
    let asked = 0;
    const redraw = (): void => {
      if (!asked) asked = requestAnimationFrame(() => ((asked = 0), (drawn.current = paint(stage.current!, canvas.current!))));
    };
    const stop = effect(() => {
      void [store.playhead.value, store.model.value, store.selected.value, store.piece.value, store.hovered.value];
      void [store.arrivals.value, store.labelsShown.value, store.about.value];
      redraw();
    });
    const observer = new ResizeObserver(redraw);
    observer.observe(stage.current!);
    return () => (stop(), observer.disconnect());
  }, []);

  const at = (event: MouseEvent): DrawnBox | null => {
    const box = canvas.current!.getBoundingClientRect();
    const { boxes, fit } = drawn.current;
    const x = (event.clientX - box.left - fit.left) / fit.scale;
    const y = (event.clientY - box.top - fit.top) / fit.scale;
    const inside = boxes.filter((found) => found.x1 <= x && x <= found.x2 && found.y1 <= y && y <= found.y2);
    return inside.sort((a, b) => Math.abs((a.x1 + a.x2) / 2 - x) - Math.abs((b.x1 + b.x2) / 2 - x))[0] ?? null;
  };
  const pick = (event: MouseEvent): void => {
    const found = at(event);
    if (!found) return void (event.detail === 1 && store.seeker.toggle());
    if (found.player && (event.ctrlKey || event.shiftKey || event.metaKey)) return store.toggleSelected(found.player);
    store.select(found.player ? [found.player] : [], found.track);
    if (found.player) store.tab.value = "people";
  };

  return (
    <section class="player" aria-label="Video">
      <div class="stage" ref={stage}>
        <div class="picture">
        {which.value === null ? (
          <Still />
        ) : (
          <video
            key={which.value}
            ref={video}
            src={which.value}
            preload="auto"
            muted
            playsInline
            aria-label="The game"
            onError={() => which.value === "source" && ((sourceFails.value = true), void change("playable").catch(() => {}))}
          />
        )}
        <canvas
          ref={canvas}
          class="overlay"
          role="img"
          aria-label="Boxes and labels of people"
          onClick={pick}
          onMouseMove={(event) => (store.hovered.value = at(event)?.player || null)}
          onMouseLeave={() => (store.hovered.value = null)}
        />
        </div>
        <VideoNote shown={which.value} />
      </div>
      <Controls />
    </section>
  );
}

function paint(stage: HTMLElement, canvas: HTMLCanvasElement): { boxes: DrawnBox[]; fit: Fit } {
  const about = store.about.value;
  const [wide, tall] = [stage.clientWidth, stage.clientHeight];
  const nothing = { boxes: [], fit: { left: 0, top: 0, scale: 1 } };
  if (!about) return nothing;
  const ratio = window.devicePixelRatio || 1;
  const scale = Math.min(wide / about.size[0], tall / about.size[1]);
  const [width, height] = [about.size[0] * scale, about.size[1] * scale];
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const place = { left: `${(wide - width) / 2}px`, top: `${(tall - height) / 2}px`, width: `${width}px`, height: `${height}px` };
  Object.assign(canvas.parentElement!.style, place);
  const context = canvas.getContext("2d")!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const fit = { left: 0, top: 0, scale };
  const model = store.model.value;
  const frame = model && store.windows.frame(store.playhead.value);
  if (!model || !frame) {
    context.clearRect(0, 0, width, height);
    return nothing;
  }
  const boxes = boxesOf(model, frame);
  const marked = { players: store.selected.value, track: store.piece.value, hovered: store.hovered.value };
  drawOverlay(context, [width, height], fit, model, boxes, marked, store.labelsShown.value);
  return { boxes, fit };
}

// The picture at the playhead, cut out by the server: while a copy is made, or where the browser plays nothing.
function Still() {
  const shown = useSignal<string | null>(null);
  useEffect(() => {
    let [timer, loading] = [0, false];
    const load = (): void => {
      if (!store.about.value?.video || loading) return;
      loading = true;
      const image = new Image();
      const src = `still?time_s=${store.playhead.peek().toFixed(3)}`;
      image.onload = () => ((shown.value = src), (loading = false));
      image.onerror = () => (loading = false);
      image.src = src;
    };
    const stop = effect(() => {
      void store.playhead.value;
      clearTimeout(timer);
      timer = window.setTimeout(load, store.playing.value ? 0 : STILL_EVERY_MS);
    });
    return () => (stop(), clearTimeout(timer));
  }, []);
  return shown.value ? <img class="still" src={shown.value} alt="The game at this moment" /> : <div class="still blank" />;
}

function VideoNote({ shown }: { shown: "source" | "copy" | null }) {
  const video = store.state.value?.video ?? store.about.value?.video;
  if (shown !== null) return null;
  if (!video) return <p class="video-note">{store.about.value?.no_video}</p>;
  if (video.copy === "making")
    return <p class="video-note">This browser does not play {video.codec}: a smaller copy is made once, {Math.round(100 * video.share)} %. Until then: single pictures.</p>;
  if (video.copy === "failed") return <p class="video-note bad">No copy of the video could be made: {video.problem}</p>;
  return null;
}

function Controls() {
  const time = useComputed(() => store.playhead.value);
  const end = useComputed(() => Math.max(store.about.value?.duration_s ?? 0, store.game.value?.end_s ?? 0));
  return (
    <div class="controls">
      <button class="icon" onClick={() => void stepFrame(-1)} title="One frame back (,)" aria-label="One frame back">◂|</button>
      <button class="icon main" onClick={() => store.seeker.toggle()} title="Play or pause (space)" aria-label={store.playing.value ? "Pause" : "Play"}>
        {store.playing.value ? "❚❚" : "▶"}
      </button>
      <button class="icon" onClick={() => void stepFrame(1)} title="One frame ahead (.)" aria-label="One frame ahead">|▸</button>
      <output class="time" aria-label="Time">
        {seconds(time.value)}
        <i>.{String(Math.floor((time.value % 1) * 100)).padStart(2, "0")}</i> <span>/ {seconds(end.value)}</span>
      </output>
      <input
        type="range" min={0} max={end.value} step="any" value={time.value} aria-label="Time in the video"
        onInput={(event) => store.seek(Number(event.currentTarget.value))}
      />
      <select aria-label="Speed" title="Speed ([ and ])" value={String(store.rate.value)} onChange={(event) => (store.rate.value = Number(event.currentTarget.value))}>
        {RATES.map((rate) => <option key={rate} value={String(rate)}>{rate}×</option>)}
      </select>
      <label class="check"><input type="checkbox" checked={store.labelsShown.value} onChange={(event) => (store.labelsShown.value = event.currentTarget.checked)} /> Labels</label>
    </div>
  );
}
