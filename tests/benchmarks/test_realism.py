"""The pictures of the test of realism, and what is read of published speeds."""

import numpy as np
import pytest

from benchmarks.motion import published
from benchmarks.realism import rendered_pictures


def test_people_of_rendered_pictures_stand_on_the_court():
    pictures = list(rendered_pictures("fixed", 5, every_s=12, size=(320, 180)))
    assert len(pictures) == 2
    for picture in pictures:
        assert picture.image.shape == (180, 320, 3)
        whole = picture.truth.xyxy_px[~picture.truth.ignored]
        assert len(whole) >= 8
        assert picture.inside(whole).mean() > 0.8
        away = np.array([[0.0, 0.0, 8.0, 20.0]])
        assert not picture.inside(away).any()


def test_published_speeds_are_metres_per_second(tmp_path):
    path = tmp_path / "speed.csv"
    path.write_text("PLAYER,MIN,AV_SPD,AV_SPD_OFF,AV_SPD_DEF,DIST_48\nA,30,4.0,4.5,3.5,3.2\nB,5,9,9,9,9\n")
    values = published(path)
    assert values["minutes of 48"].tolist() == [30.0]
    assert values["speed, m/s"] == pytest.approx([1.788], abs=1e-3)
    assert values["km per 48 minutes"] == pytest.approx([5.150], abs=1e-3)
