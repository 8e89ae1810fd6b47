"""Rendered numbers: the text that is asked for, where it is said to be; windows as they are cut."""

from pathlib import Path

import numpy as np
import pytest

from models.numbers.texts import ONES, TENS, TEXTS, index_of, text_probabilities
from models.numbers.training.camera import Film, bend, film, number_box
from models.numbers.training.glyphs import TALL_PX, compose, draw_typeface, font_files, fonts_in
from models.numbers.training.render import MIRRORED, NO_TEXT, STORED_PX, TAKES, Rendering, render_examples
from models.numbers.training.shirts import SIDE_PX, hide, paint_clutter, paint_shirt
from models.numbers.window import cut_window, window_of


def test_every_text_is_its_places() -> None:
    assert len(set(TEXTS)) == 101
    for i, text in enumerate(TEXTS):
        assert index_of(text) == i
        assert int(ONES[i]) == int(text[-1])
        assert int(TENS[i]) == (int(text[0]) + 1 if len(text) == 2 else 0)


def test_probabilities_of_texts_leave_out_what_no_jersey_says() -> None:
    rng = np.random.default_rng(0)
    tens, ones = rng.random((5, 11)), rng.random((5, 10))
    both = text_probabilities(tens, ones)
    assert both.sum(axis=1) == pytest.approx(np.ones(5))
    row = int(both[0].argmax())
    assert both[0, row] / both[0, 57] == pytest.approx(
        tens[0, TENS[row]] * ones[0, ONES[row]] / (tens[0, 6] * ones[0, 7])
    )


@pytest.mark.parametrize("seed", range(8))
def test_typefaces_have_ten_different_digits(seed: int) -> None:
    face = draw_typeface(np.random.default_rng(seed))
    assert {digit.shape[0] for digit in face.digits} == {TALL_PX}
    for one in range(10):
        for other in range(one):
            a, b = face.digits[one], face.digits[other]
            same = a.shape == b.shape and (np.abs(a.astype(int) - b) > 64).mean() < 0.01
            assert not same, (one, other)


def test_there_are_fonts() -> None:
    assert len(font_files()) >= 8


def test_upright_latin_fonts_are_found_below_a_folder(tmp_path: Path) -> None:
    names = (
        "a/x-latin-400-normal.woff",
        "b/y.ttf",
        "a/x-latin-400-italic.woff",
        "x-latin-ext-400-normal.woff",
        "z.woff2",
    )
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.name for path in fonts_in(tmp_path)] == ["x-latin-400-normal.woff", "y.ttf"]


def test_takes_of_one_shirt_say_the_same() -> None:
    examples = render_examples(30, np.random.default_rng(2), Rendering(typefaces=2))
    assert (examples.text.reshape(-1, TAKES) == examples.text[::TAKES, None]).all()
    assert not np.array_equal(examples.images[0], examples.images[1])


def test_digits_stand_beside_each_other() -> None:
    face = draw_typeface(np.random.default_rng(3))
    label, lefts = compose([face.digits[4], face.digits[2]], gap_px=5)
    assert lefts.tolist() == [0, face.digits[4].shape[1] + 5]
    assert set(np.unique(label)) == {0, 1, 2}
    assert (label[:, : lefts[1] - 5] == 2).sum() == 0


def test_a_shirt_has_its_number_in_the_middle_and_clutter_none() -> None:
    rng = np.random.default_rng(1)
    shirt = paint_shirt("23", draw_typeface(rng), rng)
    box = number_box(shirt.label)
    assert box is not None
    assert (box[0] + box[2]) / 2 == pytest.approx(SIDE_PX / 2, abs=3)
    assert box[3] - box[1] == pytest.approx(TALL_PX, abs=1)
    assert number_box(paint_clutter(rng).label) is None
    assert number_box(bend(shirt, rng).label) is not None


def test_what_is_hidden_has_no_label() -> None:
    rng = np.random.default_rng(4)
    shirt = paint_shirt("8", draw_typeface(rng), rng)
    image, label = shirt.image.copy(), shirt.label.copy()
    for _ in range(40):
        hide(image, label, rng)
    assert (label > 0).sum() < (shirt.label > 0).sum() / 2
    assert ((label > 0) <= (shirt.label > 0)).all()


def ramp(wide: int, tall: int) -> np.ndarray:
    """A picture whose blue is x and whose green is y."""
    y, x = np.mgrid[:tall, :wide]
    return np.dstack([x, y, np.zeros_like(x)]).astype(np.uint8)


@pytest.mark.parametrize("side", [20.0, 40.0, 100.0, 180.0])
def test_a_window_shows_what_lies_in_it(side: float) -> None:
    image = ramp(250, 250)
    cut = cut_window(image, (125.0, 120.0), (side, side), 40).astype(float)
    step = side / 40
    wanted = 125 - side / 2 + (np.arange(40) + 0.5) * step - 0.5
    assert cut[20, :, 0] == pytest.approx(wanted, abs=max(1.0, step))
    assert cut[:, 20, 1] == pytest.approx(wanted - 5, abs=max(1.0, step))


def test_a_window_may_reach_beyond_the_picture() -> None:
    cut = cut_window(ramp(30, 30), (0.0, 0.0), (40.0, 40.0), 40)
    assert cut.shape == (40, 40, 3)
    assert cut[:20, :20].max() <= 1
    outside = cut_window(ramp(30, 30), (200.0, 200.0), (10.0, 10.0), 40)
    assert (outside[:, :, :2] == 29).all()


def test_the_window_is_a_square_around_the_longer_side() -> None:
    assert window_of((10, 20, 30, 60), 1.5) == (20, 40, 60)


def test_film_keeps_what_a_good_picture_shows() -> None:
    rng = np.random.default_rng(5)
    shirt = paint_shirt("7", draw_typeface(rng), rng)
    box = number_box(shirt.label)
    assert box is not None
    good = film(shirt.image, box, 1.3, 48, Film(50, 0.2, 0, 0, 0, None), rng)
    x, y, side = window_of(box)
    assert np.abs(good.astype(float) - cut_window(shirt.image, (x, y), (side, side), 48)).mean() < 8


def test_examples_are_as_asked_for() -> None:
    wanted = Rendering(single=0.5, negatives=0.25, mirrored=0.2, typefaces=3)
    examples = render_examples(200, np.random.default_rng(6), wanted)
    assert examples.images.shape == (200, STORED_PX, STORED_PX, 3)
    assert 0.1 < (examples.text == NO_TEXT).mean() < 0.5
    assert 0.05 < (examples.text == MIRRORED).mean() < 0.4
    numbers = examples.text[examples.text >= 0]
    assert 0.3 < (numbers < 10).mean() < 0.7
    again = render_examples(200, np.random.default_rng(6), wanted)
    assert np.array_equal(examples.images, again.images)
