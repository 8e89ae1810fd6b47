"""The general recogniser: from alignments to texts, and who decides on what."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from models.numbers.calibration import Reads
from models.numbers.ocr import OcrNumberReader, digit_columns, text_likelihoods
from models.numbers.reader import NumberReader
from models.numbers.texts import TEXTS, index_of
from models.text import files
from pipeline.errors import DependencyError, WeightsError


def test_texts_are_summed_over_all_alignments() -> None:
    """Against all 11^4 paths: repeated characters are one, 'nothing' parts them."""
    output = np.random.default_rng(0).dirichlet(np.ones(11), 4)
    wanted = dict.fromkeys(TEXTS, 0.0)
    for path in itertools.product(range(11), repeat=4):
        text = "".join(str(place - 1) for place, _ in itertools.groupby(path) if place)
        if text in wanted:
            wanted[text] += float(np.prod([output[step, place] for step, place in enumerate(path)]))
    found = text_likelihoods(output, [[1 + digit] for digit in range(10)])
    assert found == pytest.approx([wanted[text] for text in TEXTS])


def test_letters_that_look_like_digits_are_digits() -> None:
    columns = digit_columns(["0", "1", "O", "l", "x"])
    assert columns[:2] == ((1, 3), (2, 4))
    assert columns[2:] == ((),) * 8


def test_the_shipped_reader_says_what_is_worth_it_and_what_is_in_a_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three crops: not legible, legible, and more likely in a mirror; the recogniser reads 7 on all that it is shown."""
    shipped = Reads(
        np.array([0.05, 0.8, 0.3]), np.array([0.0, 0.1, 0.6]), np.full((3, 11), 1 / 11), np.full((3, 10), 0.1)
    )
    shown = []

    def recognise(pictures: np.ndarray) -> tuple[np.ndarray]:
        shown.append(pictures.shape)
        output = np.zeros((len(pictures), 8, 11))
        output[:, :, 8] = 1.0
        return (output,)

    monkeypatch.setattr(NumberReader, "read", lambda *_: shipped)
    reader = OcrNumberReader.__new__(OcrNumberReader)
    reader._recogniser, reader._columns = recognise, [[1 + digit] for digit in range(10)]
    reads = reader.read([np.zeros((40, 40, 3), np.uint8)] * 3)
    assert shown == [(2, 3, 48, 64)]
    assert reads.legible == pytest.approx([0.05, 8 / 9, 1 / 3])
    assert reads.mirrored == pytest.approx([0.0, 1 / 9, 2 / 3])
    assert reads.ones[0] == pytest.approx(np.full(10, 0.1))
    assert (reads.ones[1:, 7] > 0.999).all()
    assert (reads.tens[1:, 0] > 0.999).all()
    assert index_of("7") == 7


def test_a_package_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(files.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(DependencyError, match="pip install --no-deps rapidocr"):
        files.model_files("numbers.weights rapidocr")
    (tmp_path / "model.onnx").write_bytes(b"nothing")
    with pytest.raises(WeightsError, match="does not list its characters"):
        files.characters(tmp_path / "model.onnx")


def test_characters_are_read_from_the_metadata(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"weights\x72\x12\x0a\x09character\x12\x050\n1\n2")
    assert files.characters(tmp_path / "model.onnx") == ["0", "1", "2"]
