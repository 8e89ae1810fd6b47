// What shows the time: the video, or a clock of our own where there is none to play.

import { playhead, playing, rate } from "./store";

const LATE_S = 0.5; // by which a picture on a busy machine lags behind the video's clock, at normal speed

export interface Clock {
  seek(time_s: number): void;
  play(): void;
  pause(): void;
  setRate(value: number): void;
}

export class VideoClock implements Clock {
  private wanted: number | null = null; // sought after the seek at hand

  constructor(private readonly video: HTMLVideoElement) {
    video.addEventListener("seeked", () => this.next());
    video.addEventListener("play", () => (playing.value = true));
    video.addEventListener("pause", () => (playing.value = false));
    const shown = (_: number, { mediaTime }: { mediaTime: number }): void => {
      // A picture from before a seek may be reported after it.
      const here = Math.abs(mediaTime - video.currentTime) < LATE_S * Math.max(1, video.playbackRate);
      if (this.wanted === null && !video.seeking && here) playhead.value = mediaTime;
      video.requestVideoFrameCallback(shown);
    };
    if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(shown);
    else (video as HTMLVideoElement).addEventListener("timeupdate", () => (playhead.value = (video as HTMLVideoElement).currentTime));
  }

  seek(time_s: number): void {
    playhead.value = time_s; // overlay and time line follow at once, the picture as soon as it can
    if (this.video.seeking) this.wanted = time_s;
    else this.video.currentTime = time_s;
  }

  private next(): void {
    if (this.wanted === null) return;
    const time_s = this.wanted;
    this.wanted = null;
    this.video.currentTime = time_s;
  }

  play(): void {
    void this.video.play().catch(() => {});
  }

  pause(): void {
    this.video.pause();
  }

  setRate(value: number): void {
    this.video.playbackRate = value;
  }
}

export class FreeClock implements Clock {
  private before = 0;

  constructor(private readonly end_s: () => number) {}

  seek(time_s: number): void {
    playhead.value = time_s;
  }

  play(): void {
    playing.value = true;
    this.before = performance.now();
    requestAnimationFrame(this.tick);
  }

  pause(): void {
    playing.value = false;
  }

  setRate(): void {}

  private tick = (now: number): void => {
    if (!playing.value) return;
    const next = playhead.value + (rate.value * Math.max(0, now - this.before)) / 1000;
    this.before = now;
    playhead.value = Math.min(next, this.end_s());
    if (next >= this.end_s()) playing.value = false;
    else requestAnimationFrame(this.tick);
  };
}
