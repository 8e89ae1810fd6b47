"""Altered copies of a clip, one kind of fault each, and what is right for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.footage import graphics, views
from benchmarks.footage.clips import Clip, Image, Pictures
from benchmarks.footage.graphics import Paint
from benchmarks.footage.views import ViewOf

_CLOCK_HZ = 90_000
_DROPPED, _STALL_S = 0.4, 0.6
_SEED = 15


@dataclass(frozen=True)
class Shown:
    """One picture of a copy: when it is shown, and which frame it shows.

    `counts`: it is play that has not been seen before; `foreign`: a frame of the other clip.
    """

    time_s: Fraction
    frame: int
    counts: bool = True
    foreign: bool = False


Order = Callable[[Clip], list[Shown]]


@dataclass(frozen=True)
class Edit:
    """A kind of fault."""

    right: str
    """What a run of the copy should give."""
    order: Order
    view: ViewOf = views.whole
    paint: Paint | None = None
    crf: int = 18
    woven: bool = False
    """Each picture is woven from two successive frames, as interlaced video has them."""

    def hidden(self, clip: Clip, time_s: float) -> NDArray[np.bool_] | None:
        """Say which pixels (h, w) of the copy a graphic hides; None where none does.

        Where a black picture and a grey one come out alike, nothing of the game is left.
        """
        if self.paint is None:
            return None
        width, height = self.view(clip.size_px).size_px
        dark, grey = np.zeros((height, width, 3), np.uint8), np.full((height, width, 3), 128, np.uint8)
        for image in (dark, grey):
            self.paint(image, time_s, clip.duration_s)
        return np.asarray((dark == grey).all(axis=2))


def as_filmed(clip: Clip) -> list[Shown]:
    """Show every frame once, at its time."""
    return [Shown(number / clip.rate, number) for number in range(clip.frames)]


def doubled_fifth(clip: Clip) -> list[Shown]:
    """Show every fifth frame twice, at a rate six fifths as high."""
    numbers = [number for number in range(clip.frames) for _ in range(2 if number % 5 == 4 else 1)]
    return _at_rate(numbers, clip.rate * 6 / 5)


def dropped(clip: Clip) -> list[Shown]:
    """Leave out two fifths of the frames at random; the others keep their times."""
    drawn = np.random.default_rng(_SEED).random(clip.frames)
    return [s for s in as_filmed(clip) if drawn[s.frame] >= _DROPPED or s.frame in (0, clip.frames - 1)]


def stalled(clip: Clip) -> list[Shown]:
    """Leave out two fifths of the frames, and all of a while three times."""
    stalls = [Fraction(share) * clip.frames / clip.rate for share in graphics.EVENTS]
    return [s for s in dropped(clip) if not any(start <= s.time_s < start + Fraction(_STALL_S) for start in stalls)]


def with_insert(clip: Clip) -> list[Shown]:
    """Show the other clip for three seconds in the middle."""
    middle, insert = clip.frames // 2, round(3 * clip.rate)
    shown = [(number, True, False) for number in range(middle)]
    shown += [(number, False, True) for number in range(insert)]
    shown += [(number, True, False) for number in range(middle, clip.frames)]
    return [Shown(k / clip.rate, number, counts, foreign) for k, (number, counts, foreign) in enumerate(shown)]


def with_replay(clip: Clip) -> list[Shown]:
    """Show two seconds again at half speed in the middle, then go on."""
    middle, replayed = clip.frames // 2, round(2 * clip.rate)
    shown = [(number, True) for number in range(middle)]
    shown += [(number, False) for number in range(middle - replayed, middle) for _ in range(2)]
    shown += [(number, True) for number in range(middle, clip.frames)]
    return [Shown(k / clip.rate, number, counts) for k, (number, counts) in enumerate(shown)]


def condensed(clip: Clip) -> list[Shown]:
    """Leave out two seconds in the middle, and the time with them."""
    middle, left_out = clip.frames // 2, round(2 * clip.rate)
    return _at_rate([*range(middle - left_out // 2), *range(middle + left_out // 2, clip.frames)], clip.rate)


def every_second(clip: Clip) -> list[Shown]:
    """Show every second frame (the one between is woven into it)."""
    return [Shown(number / clip.rate, number) for number in range(0, clip.frames - 1, 2)]


def _at_rate(numbers: list[int], rate: Fraction) -> list[Shown]:
    return [Shown(k / rate, number) for k, number in enumerate(numbers)]


EDITS: Mapping[str, Edit] = {
    "plain": Edit("encoded again: as the original", as_filmed),
    "flash": Edit("three white frames: no cut, identities as without", as_filmed, paint=graphics.flash),
    "softflash": Edit("three overexposed frames: no cut, identities as without", as_filmed, paint=graphics.soft_flash),
    "wipe": Edit("three wipes over one play: it goes on, time counts once", as_filmed, paint=graphics.wipe),
    "ticker": Edit("graphics that stay: motion and court as without", as_filmed, paint=graphics.ticker),
    "lowerthird": Edit("a plate slides in and out: no false motion", as_filmed, paint=graphics.lower_third),
    "sidepanel": Edit("a plate slides over a third: no false motion", as_filmed, paint=graphics.side_panel),
    "card": Edit("a card hides all for a while: same people after it", as_filmed, paint=graphics.full_card),
    "gamma": Edit("darker from the middle on: no cut, identities kept", as_filmed, paint=graphics.darkened),
    "mirror": Edit("flipped: same distances, no number that nobody wears", as_filmed, views.mirrored),
    "pulldown": Edit("every fifth frame twice: same distances and speeds", doubled_fifth),
    "vfr": Edit("two fifths of the frames missing: same time and distances", dropped),
    "vfrstall": Edit("and stalls of 0.6 s: same time and distances", stalled),
    "scale": Edit("half the size: nearly as good", as_filmed, views.halved),
    "crf": Edit("heavily compressed: nearly as good", as_filmed, crf=40),
    "zoom": Edit("the middle enlarged: identities right, metres right or absent", as_filmed, views.zoomed),
    "aba": Edit("another game in between: nobody there has an identity of here", with_insert),
    "replay": Edit("two seconds again at half speed: time counts once", with_replay),
    "jump": Edit("two seconds cut out: a new shot, nobody's metres across", condensed),
    "interlace": Edit("woven fields: same boxes and distances", every_second, woven=True),
    "strip": Edit("a panorama's shape: people found as in the original", as_filmed, views.strip),
    "upright": Edit("a phone held upright: identities right for those in view", as_filmed, views.upright),
}


def write_copy(edit: Edit, clip: Clip, second: Clip, path: Path) -> None:
    """Encode a copy, unless it is there.

    Args:
        edit: what is done.
        clip: the original.
        second: what an insert is taken from.
        path: of the copy, MP4.
    """
    if path.is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    shown = edit.order(clip)
    options = {"crf": str(edit.crf), "preset": "veryfast"} | ({"x264-params": "tff=1"} if edit.woven else {})
    with av.open(str(part), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=clip.rate / (2 if edit.woven else 1), options=options)
        stream.width, stream.height = edit.view(clip.size_px).size_px
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, _CLOCK_HZ)
        for moment, image in zip(shown, _images(edit, clip, second, shown), strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.time_base, frame.pts = Fraction(1, _CLOCK_HZ), round(moment.time_s * _CLOCK_HZ)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    os.replace(part, path)


def _images(edit: Edit, clip: Clip, second: Clip, shown: list[Shown]) -> Iterator[Image]:
    """Yield the pictures of a copy."""
    play, foreign = Pictures(clip.video), Pictures(second.video)
    view = edit.view(clip.size_px)
    for moment in shown:
        if moment.foreign:
            fitted = views.View(0, 0, second.size_px, clip.size_px)
            image = view.picture(fitted.picture(foreign[moment.frame]))
        else:
            image = play[moment.frame]
            if edit.woven:
                upper, lower = image, play[moment.frame + 1]
                image = upper.copy()
                image[1::2] = lower[1::2]
            image = view.picture(image)
        if edit.paint is not None:
            edit.paint(image, float(moment.time_s), clip.duration_s)
        yield image
