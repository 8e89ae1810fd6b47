"""What is measured, on vectors whose numbers can be worked out by hand; the Market protocol; pictures; the table."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.reid.comparison import Contender, compare, markdown
from models.reid.data.crops import CropSet
from models.reid.data.splits.people import People, labelled, unnamed
from models.reid.evaluation import nearness, score
from models.reid.measure import in_pieces, measure, verification_accuracy
from models.reid.plots import draw_features, draw_gallery, draw_latent, draw_losses
from models.reid.tasks import Task, across_clips
from models.reid.validation import labels_of
from pipeline.errors import InputError, SettingsError


def perfect(people: People) -> np.ndarray:
    """One axis per identity."""
    return np.eye(int(people.crops.identity.max()) + 1, dtype=np.float32)[people.crops.identity]


def test_perfect_vectors_are_perfect_on_both_levels(make_crops: Callable[..., CropSet]) -> None:
    crops = make_crops(games=1, frames=8)  # one crop per second: pieces of two
    people = replace(unnamed(crops), named=np.ones(len(crops), bool))
    found = measure(perfect(people), people)
    assert found.tracklets is not None
    for level in (found.images, found.tracklets):
        assert (level.rank1, level.mean_ap, level.auc, level.verification) == (1, 1, 1, 1)
        assert (level.clustering, level.nmi, level.ari) == (1, 1, 1)
    assert found.images.queries == len(crops)
    assert found.tracklets.queries == len(crops) // 2


def test_vectors_that_are_all_alike_are_worst(make_crops: Callable[..., CropSet]) -> None:
    people = labelled(make_crops(games=1, clips=1))
    found = measure(np.ones((len(people), 3), np.float32), people)
    assert found.tracklets is None
    assert found.images.rank1 == 0
    assert found.images.auc == 0.5
    assert found.images.clustering == 0.25, "one cluster holds one of four people at best"


def market(camera: list[int], identity: list[int], asks: list[bool]) -> People:
    """A set in Market-1501's manner."""
    from models.reid.data.crops import pack, whole

    picture = np.zeros((4, 2, 3), np.uint8)
    entries = [whole(picture, i, camera=c) for c, i in zip(camera, identity, strict=True)]
    mask = np.array(asks)
    return labelled(pack(entries, ["m"], ["m"]), "cameras", mask, ~mask)


def test_the_market_protocol_leaves_out_the_same_camera() -> None:
    """The query's match under its own camera is a copy; the one under the other camera looks like a stranger."""
    people = market([1, 1, 2, 2], [0, 0, 0, 1], [True, False, False, False])
    vectors = np.array([[1, 0], [1, 0], [0.6, 0.8], [0.8, 0.6]], np.float32)
    assert measure(vectors, people).images.rank1 == 0
    assert measure(vectors, people).images.mean_ap == 0.5
    both = measure(vectors, people, same_camera=True)
    assert both.images.rank1 == 1
    assert both.images.mean_ap == pytest.approx((1 + 2 / 3) / 2)


def test_only_queries_ask_and_only_the_gallery_answers() -> None:
    people = market([1, 2, 1, 2], [0, 0, 1, 1], [True, False, False, False])
    labels, gap_s = labels_of(people)
    result = score(np.eye(4, dtype=np.float32), labels, gap_s)
    assert result.everyone.queries == 1


def test_distances_and_cosines_order_differently() -> None:
    vectors = np.array([[1.0, 0.0], [9.0, 0.1], [0.7, 0.7]])
    near = nearness(vectors)
    assert near[0, 2] > near[0, 1]
    np.testing.assert_allclose(near[0, 1], -np.hypot(8, 0.1))


def test_a_threshold_is_chosen_on_other_pairs_than_it_is_judged_on() -> None:
    rng = np.random.default_rng(0)
    value, match = rng.random(4000), rng.random(4000) < 0.1
    assert abs(verification_accuracy(value, match) - 0.5) < 0.05, "chance is a half, however rare matches are"
    assert math.isnan(verification_accuracy(value, np.zeros(4000, bool)))


def test_pieces_of_tracklets_are_means(make_crops: Callable[..., CropSet]) -> None:
    people = unnamed(make_crops(games=1, clips=1, people=2, frames=4))
    labels, _ = labels_of(people)
    vectors = np.arange(len(people), dtype=np.float32)[:, None]
    means, pieces = in_pieces(vectors, labels, people)
    assert means.ravel().tolist() == [0.5, 2.5, 4.5, 6.5]
    assert pieces.time_s.tolist() == [0.5, 2.5, 0.5, 2.5]
    assert pieces.identity.tolist() == [0, 0, 1, 1]


def test_across_clips_takes_clips_for_cameras(make_crops: Callable[..., CropSet]) -> None:
    crops = make_crops(games=1, people=2)
    same_people = replace(crops, identity=crops.identity % 2)
    people = replace(labelled(same_people), compare="clips")
    swapped = np.eye(2, dtype=np.float32)[(same_people.identity + same_people.scene) % 2]
    assert measure(swapped, across_clips(people)).images.rank1 == 0, "people look swapped in the other clip"
    with pytest.raises(InputError, match="nobody is named"):
        across_clips(unnamed(crops))


def test_a_comparison_writes_table_and_pictures(tmp_path: Path, make_crops: Callable[..., CropSet]) -> None:
    crops = make_crops(games=1)
    people = replace(unnamed(crops), named=np.ones(len(crops), bool))
    good = Contender("good", "players", lambda _: perfect(people), "cosine", tmp_path / "good", "g")
    bad = Contender("bad", "players", lambda c: np.ones((len(c), 2), np.float32), "euclidean", tmp_path / "bad", "b")
    other = Contender("digits", "digits", lambda c: np.ones((len(c), 2), np.float32), "cosine", tmp_path / "x", "x")
    rows = compare([good, bad, other], [Task("a game, within clips", "players", people)])
    assert [row.contender for row in rows] == ["good", "bad"]
    lines = markdown(rows).splitlines()
    assert len(lines) == 4
    assert lines[2].startswith("| a game, within clips | good | 100.0 | 100.0")
    made = {path.name for path in (tmp_path / "good" / "a-game-within-clips").iterdir()}
    assert made == {"roc.png", "latent.png", "gallery.png"}
    assert (tmp_path / "bad" / "a-game-within-clips.json").is_file()
    with pytest.raises(SettingsError, match="nothing to measure"):
        compare([], [])


def test_what_was_measured_is_read_back_while_weights_and_crops_are_the_same(
    tmp_path: Path, make_crops: Callable[..., CropSet]
) -> None:
    crops = make_crops(games=1)
    people = replace(unnamed(crops), named=np.ones(len(crops), bool))
    task, fewer = (Task("a game", "players", some) for some in (people, people.select(np.arange(1, len(crops)))))
    seen: list[int] = []

    def embed(crops: CropSet) -> np.ndarray:
        seen.append(len(crops))
        return perfect(people)[-len(crops) :]

    one = Contender("one", "players", embed, "cosine", tmp_path, "weights 1")
    first = compare([one], [task], pictures=False)
    assert markdown(compare([one], [task], pictures=False)) == markdown(first)
    assert seen == [len(crops)]
    compare([replace(one, fingerprint="weights 2")], [task], pictures=False)
    compare([replace(one, fingerprint="weights 2")], [fewer], pictures=False)
    compare([replace(one, fingerprint="weights 2")], [fewer], pictures=False, same_camera=True)
    assert seen == [len(crops)] * 2 + [len(crops) - 1] * 2


def test_pictures_of_degenerate_sets_are_drawn(tmp_path: Path, make_crops: Callable[..., CropSet]) -> None:
    lonely = labelled(make_crops(games=1, clips=1, people=1, frames=2))
    draw_gallery(np.ones((2, 3), np.float32), lonely, tmp_path / "gallery.png")
    draw_latent(np.ones((2, 3), np.float32), np.array([0, 1]), [], tmp_path / "latent.png")
    draw_losses({"p": {"epoch": [0.0, 1.0], "loss": [1.0, math.nan]}}, tmp_path / "losses.png")
    draw_features([np.zeros((8, 4, 1), np.uint8)], [np.zeros((3, 4, 2), np.float32)], tmp_path / "maps.png")
    assert len(list(tmp_path.glob("*.png"))) == 4
