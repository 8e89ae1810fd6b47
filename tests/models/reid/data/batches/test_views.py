"""Views of crops on disk: made once, found by the crop, the same whatever set it is in."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from models.reid.data.batches.views import StoredViews, ViewStore
from models.reid.data.crops import CropSet, Image


class Store(ViewStore):
    """Views are the mean colour of a crop, and the number of the view; counts what it draws."""

    def __init__(self, folder: Path) -> None:
        self.drawn = 0
        super().__init__(folder, 4, self._drawn, lambda pictures: pictures.transpose(0, 3, 1, 2).astype(np.float32))

    def _drawn(self, crops: CropSet, row: int, view: int) -> Image:
        self.drawn += 1
        return np.full((1, 2, 3), [view, int(crops.image(row).mean()), 0], np.uint8)


def test_a_crop_is_drawn_once_whatever_set_it_is_in(tmp_path: Path, make_crops: Callable[..., CropSet]) -> None:
    crops = make_crops(games=1, clips=1, people=4, frames=10)
    first, again = Store(tmp_path), Store(tmp_path)
    some = np.arange(5, 30)
    assert first.rows(crops.select(some)).tolist() == list(range(25))
    assert again.rows(crops)[some].tolist() == list(range(25))
    assert (first.drawn, again.drawn) == (4 * 25, 4 * 15)
    assert Store(tmp_path).rows(crops).tolist() == again.rows(crops).tolist()
    assert again.read().shape == (40, 4, 3, 1, 2)


def test_batches_hold_the_views_that_were_drawn(tmp_path: Path, make_crops: Callable[..., CropSet]) -> None:
    crops = make_crops(games=1, clips=1, people=2, frames=3)
    batch = StoredViews(crops, Store(tmp_path)).__getitems__([(3, 5, -1), (4, 5, 0), (5, 0, 1)])
    assert batch.pictures[:, 0, 0, 0].tolist() == [1, 2, 3]  # 5 % 2; the half with another uniform
    assert batch.pictures[:, 1, 0, 0].tolist() == [int(crops.image(row).mean()) for row in (3, 4, 5)]
    assert batch.identity.tolist() == crops.identity[[3, 4, 5]].tolist()


def test_what_a_kill_left_half_written_is_written_again(tmp_path: Path, make_crops: Callable[..., CropSet]) -> None:
    crops = make_crops(games=1, clips=1, people=2, frames=3)
    before = Store(tmp_path)
    before.rows(crops)
    whole = before.read().tobytes()
    (tmp_path / "crops.hash").write_bytes((tmp_path / "crops.hash").read_bytes()[: 16 * 4 + 3])
    after = Store(tmp_path)
    after.rows(crops)
    assert after.drawn == 4 * 2
    assert after.read().tobytes() == whole
