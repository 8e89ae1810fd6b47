"""Readers of public collections, on made pictures with the real names."""

import gzip
import zipfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from models.reid.data.settings import CollectionData, FolderData, MnistData
from models.reid.data.sources.files import read_collection, read_folders
from models.reid.data.sources.mnist import read_mnist
from models.reid.data.sources.readers import read_splits
from pipeline.errors import InputError, SettingsError


def made(root: Path, names: Sequence[str]) -> Path:
    """Write a small picture under each name; its grey value is its place in the list."""
    for k, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(root / name), np.full((16, 8, 3), 10 * k, np.uint8))
    return root


MARKET = (
    "bounding_box_train/0002_c1s1_000451_03.jpg",
    "bounding_box_train/0002_c2s1_000551_01.jpg",
    "bounding_box_train/0007_c3s3_077419_03.jpg",
    "query/0001_c1s1_001051_00.jpg",
    "bounding_box_test/0001_c2s1_001976_01.jpg",
    "bounding_box_test/0000_c1s1_000151_01.jpg",
    "bounding_box_test/-1_c1s1_000401_03.jpg",
)


def test_market1501(tmp_path: Path) -> None:
    (made(tmp_path / "m", MARKET) / "bounding_box_test" / "Thumbs.db").write_bytes(b"")
    found = read_collection(tmp_path / "m", "market1501", tmp_path / "cache")
    assert [found.train.identity_names[k] for k in found.train.identity] == ["0002", "0002", "0007"]
    assert found.train.camera.tolist() == [1, 2, 3]
    assert found.train.frame.tolist() == [451, 551, 77419]
    assert [found.test.identity_names[k] for k in found.test.identity] == ["0001", "0000", "0001"], "-1 is no person"
    assert found.asks.tolist() == [True, False, False]
    assert found.answers.tolist() == [False, True, True]
    assert found.train.identity_names == found.test.identity_names
    assert abs(int(found.train.person(2).mean()) - 20) <= 2


def test_dukemtmc_in_a_folder_within_a_zip(tmp_path: Path) -> None:
    names = ["bounding_box_train/0005_c2_f0046985.jpg", "query/0033_c8_f0057418.jpg"]
    names += ["bounding_box_test/0033_c1_f0064000.jpg"]
    made(tmp_path / "x" / "DukeMTMC-reID", names)
    with zipfile.ZipFile(tmp_path / "duke.zip", "w") as file:
        for name in names:
            file.write(tmp_path / "x" / "DukeMTMC-reID" / name, f"DukeMTMC-reID/{name}")
    found = read_collection(tmp_path / "duke.zip", "dukemtmc", tmp_path / "cache")
    assert found.train.camera.tolist() == [2]
    assert found.test.frame.tolist() == [57418, 64000]
    assert found.asks.tolist() == [True, False]


MARS = (
    "bbox_train/0001/0001C1T0001F001.jpg",
    "bbox_train/0001/0001C1T0001F002.jpg",
    "bbox_train/0001/0001C2T0004F001.jpg",
    "bbox_test/0002/0002C1T0001F001.jpg",
    "bbox_test/0002/0002C1T0001F002.jpg",
    "bbox_test/0002/0002C3T0001F001.jpg",
    "bbox_test/0000/0000C1T0002F001.jpg",
    "bbox_test/00-1/00-1C1T0003F001.jpg",
)


def test_mars_with_its_query_tracks(tmp_path: Path) -> None:
    made(tmp_path, MARS)
    listed = sorted(Path(name).name for name in MARS if name.startswith("bbox_test"))
    (tmp_path / "info").mkdir()
    (tmp_path / "info" / "test_name.txt").write_text("\n".join(listed) + "\n")
    tracks = [[1, 1, -1, 1], [2, 2, 0, 1], [3, 4, 2, 1], [5, 5, 2, 3]]  # first and last name, from 1; identity; camera
    savemat(tmp_path / "info" / "tracks_test_info.mat", {"track_test_info": np.array(tracks, np.int32)})
    savemat(tmp_path / "info" / "query_IDX.mat", {"query_IDX": np.array([[3]], np.int32)})
    found = read_collection(tmp_path, "mars", tmp_path / "cache")
    assert found.train.tracklet.tolist() == [0, 0, 1]
    assert len(found.test) == 4, "00-1 is junk"
    asked = [
        (found.test.identity_names[i], int(c)) for i, c in zip(found.test.identity, found.test.camera, strict=True)
    ]
    assert [one for one, asks in zip(asked, found.asks, strict=True) if asks] == [("0002", 1), ("0002", 1)]
    assert (found.asks == ~found.answers).all()


def test_mars_without_its_tables_asks_everybody(tmp_path: Path) -> None:
    found = read_collection(made(tmp_path, MARS), "mars", tmp_path / "cache")
    assert found.asks.all()
    assert found.answers.all()


def test_dukemtmc_videoreid_tracklets_are_folders(tmp_path: Path) -> None:
    names = [f"train/0001/0001/0001_C6_F000{k}_X3082{k}.jpg" for k in (1, 2)]
    names += ["train/0001/0002/0001_C2_F0001_X11111.jpg", "query/0004/0001/0004_C1_F0001_X00012.jpg"]
    names += ["gallery/0004/0005/0004_C3_F0001_X00013.jpg"]
    found = read_collection(made(tmp_path, names), "duke_video", tmp_path / "cache")
    first, second, other = found.train.tracklet.tolist()
    assert first == second != other
    assert found.train.camera.tolist() == [6, 6, 2]
    assert found.test.camera.tolist() == [1, 3]


def test_deepsportradar_queries_are_searched_in_the_gallery(tmp_path: Path) -> None:
    names = ["reid_training/000_0_0.jpeg", "reid_training/001_2_1.jpeg", "reid_test/query/300_1_2.jpeg"]
    names += ["reid_test/gallery/300_4_1.jpeg", "reid_test/gallery/301_4_1.jpeg"]
    found = read_collection(made(tmp_path, names), "deepsportradar", tmp_path / "cache")
    assert found.test.camera.tolist() == [0, 1, 1]
    assert found.asks.tolist() == [True, False, False]
    assert len(set(found.test.identity.tolist()) | set(found.train.identity.tolist())) == 4


def test_a_name_that_breaks_the_rule_is_said(tmp_path: Path) -> None:
    made(tmp_path, (*MARKET, "query/person7.jpg"))
    with pytest.raises(InputError, match=r"query/person7\.jpg does not look like"):
        read_collection(tmp_path, "market1501", tmp_path / "cache")
    with pytest.raises(InputError, match="no pictures in reid_training"):
        read_collection(tmp_path, "deepsportradar", tmp_path / "cache")
    with pytest.raises(InputError, match="no such folder"):
        read_collection(tmp_path / "nowhere", "mars", tmp_path / "cache")


def test_a_damaged_picture_is_said(tmp_path: Path) -> None:
    made(tmp_path, MARKET)
    (tmp_path / MARKET[0]).write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"0002_c1s1_000451_03\.jpg: unreadable"):
        read_collection(tmp_path, "market1501", tmp_path / "cache")


def test_a_split_of_a_collection_is_by_identity(tmp_path: Path) -> None:
    names = [f"bounding_box_train/{pid:04d}_c{cam}s1_00000{cam}_00.jpg" for pid in range(2, 10) for cam in (1, 2)]
    made(tmp_path, [*names, *MARKET[3:5]])
    settings = CollectionData(reader="market1501", folder=".", validation_share=0.25)
    splits = read_splits(settings, tmp_path, tmp_path / "cache")
    assert len(np.unique(splits.train.crops.identity)) == 6
    assert len(np.unique(splits.validation.crops.identity)) == 2
    assert splits.test.compare == "cameras"
    assert splits.test.asks is not None
    assert splits.test.asks.tolist() == [True, False]
    greedy = CollectionData(reader="market1501", folder=".", validation_share=0.99)
    with pytest.raises(SettingsError, match="leaves nothing"):
        read_splits(greedy, tmp_path, tmp_path / "cache")


def test_class_folders(tmp_path: Path) -> None:
    made(tmp_path, [f"data/train/class{k}/{n}.png" for k in range(4) for n in range(3)])
    crops = read_folders(tmp_path, "train", tmp_path / "cache")
    assert crops.identity_names == ("class0", "class1", "class2", "class3")
    assert np.bincount(crops.identity).tolist() == [3, 3, 3, 3]
    settings = FolderData(folder=".", train="train", validation_share=0.25, test_share=0.25, max_crops=2)
    splits = read_splits(settings, tmp_path, tmp_path / "cache")
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [4, 2, 2]


def test_test_folders_with_a_class_of_training_are_a_leak(tmp_path: Path) -> None:
    made(tmp_path, [f"train/{k}/{n}.png" for k in "abc" for n in range(2)] + ["test/b/0.png", "test/z/0.png"])
    settings = FolderData(folder=".", train="train", test="test", validation_share=0)
    with pytest.raises(SettingsError, match="identity 'b' is in training"):
        read_splits(settings, tmp_path, tmp_path / "cache")
    for file in (tmp_path / "test" / "b").iterdir():
        file.unlink()
    assert len(read_splits(settings, tmp_path, tmp_path / "cache").test) == 1


def test_large_pictures_are_halved(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    cv2.imwrite(str(tmp_path / "a" / "x.png"), np.zeros((1200, 300, 3), np.uint8))
    assert read_folders(tmp_path, "", tmp_path / "cache").person(0).shape == (300, 75, 3)


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """Two pictures of every digit in both parts."""
    (tmp_path / "mnist").mkdir()
    for part in ("train", "t10k"):
        labels = np.arange(20, dtype=np.uint8) % 10
        images = np.repeat(labels, 28 * 28).reshape(20, 28, 28)
        head = np.array([0x803, 20, 28, 28], ">i4").tobytes(), np.array([0x801, 20], ">i4").tobytes()
        for name, data in (("images-idx3", head[0] + images.tobytes()), ("labels-idx1", head[1] + labels.tobytes())):
            with gzip.open(tmp_path / "mnist" / f"{part}-{name}-ubyte.gz", "wb") as file:
                file.write(data)
    return tmp_path


def test_digits_are_split_by_digit(digits: Path) -> None:
    settings = MnistData(train=(0, 1, 2), validation=(3, 4))
    splits = read_splits(settings, digits, digits)
    assert np.unique(splits.train.crops.identity).tolist() == [0, 1, 2]
    assert np.unique(splits.validation.crops.identity).tolist() == [3, 4]
    assert np.unique(splits.test.crops.identity).tolist() == [5, 6, 7, 8, 9]
    assert splits.train.crops.person(1).shape == (28, 28, 1)
    assert (splits.train.crops.person(1) == 1).all()
    with pytest.raises(SettingsError, match="identity '4' is in training"):
        read_splits(MnistData(train=(3, 4), test=(4, 5)), digits, digits)


def test_digits_that_are_cut_off_are_refused(digits: Path) -> None:
    with gzip.open(digits / "mnist" / "train-images-idx3-ubyte.gz", "wb") as file:
        file.write(np.array([0x803, 20, 28, 28], ">i4").tobytes() + b"123")
    with pytest.raises(InputError, match="cut off"):
        read_mnist(digits / "mnist", "train")
    (digits / "mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(InputError, match="t10k-labels"):
        read_mnist(digits / "mnist", "t10k")


def test_the_real_digits(real_data: Path) -> None:
    crops = read_mnist(real_data / "mnist", "t10k")
    assert len(crops) == 10000
    assert np.bincount(crops.identity).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
