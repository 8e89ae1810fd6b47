"""Features of tracklets whose boxes are embedded now and then: samples are those embedded, seconds are those seen."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.understand.features.appearance_model import cut_into_segments
from pipeline.understand.features.evidence import gather_evidence
from tests.pipeline.understand.splitting.test_split import FPS, game
from tests.thinning import thinned

SHOWS = [(0, [0] * 60), (10, [1] * 60)]


@pytest.mark.parametrize("phase", [0, 1, 2])
def test_samples_are_counted_by_embeddings_and_seconds_by_boxes(phase: int) -> None:
    full, thin = (gather_evidence(made, 60) for made in (game(SHOWS), thinned(game(SHOWS), phase=phase)))
    assert full.embedded.tolist() == [60, 60]
    assert thin.embedded.tolist() == [20, 20]
    for name in ("seen_s", "first_s", "last_s", "referee", "roaming", "height_px"):
        np.testing.assert_array_equal(getattr(thin, name), getattr(full, name))
    assert thin.seen_s == pytest.approx(60 / FPS)
    assert np.isfinite(thin.self_distance).all()


def test_the_embeddings_that_there_are_are_pooled() -> None:
    made = thinned(game(SHOWS))
    rows = made.tracked_rows[made.tracks["track_id"].to_numpy() == 1][::3]
    mean = (made.embeddings[rows] / np.linalg.norm(made.embeddings[rows], axis=1, keepdims=True)).mean(axis=0)
    pooled = gather_evidence(made, 60).embedding[0]
    np.testing.assert_allclose(pooled, mean / np.linalg.norm(mean), atol=1e-4)


def test_a_poor_crop_that_is_embedded_counts_before_one_that_is_not() -> None:
    made = thinned(game(SHOWS))
    poor = replace(made, detections=made.detections.assign(quality=made.detections["quality"] * np.float32(0.01)))
    assert np.isfinite(gather_evidence(poor, 5).embedding).all()
    assert np.isfinite(gather_evidence(poor, 5).jersey).all()


def test_jersey_colours_need_no_embedding() -> None:
    made = game(SHOWS)
    blind = gather_evidence(replace(made, embeddings=np.full_like(made.embeddings, np.nan)), 20)
    np.testing.assert_array_equal(blind.jersey, gather_evidence(made, 20).jersey)
    assert blind.embedded.tolist() == [0, 0]
    assert np.isnan(blind.embedding).all()


def test_half_seconds_without_an_embedding_are_no_segments() -> None:
    made = game(SHOWS)
    counts = [cut_into_segments(g, gather_evidence(g, 60)).counts().tolist() for g in (made, thinned(made, 10))]
    assert counts == [[12, 12], [6, 6]]
