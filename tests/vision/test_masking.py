"""The mask with its real models: a face of an installed photograph, a plate drawn here."""

from pathlib import Path

import av
import numpy as np
import pytest
from bench import mask_drawn

from commonsight.problem import Refusal
from commonsight.settings import load
from commonsight.vision.cards import card
from commonsight.vision.detect import Detector
from commonsight.vision.mask_policy import FACE, PLATE, Policy, lacking, policy
from commonsight.vision.masking import Ahead, Masker, entry_size
from commonsight.vision.store import ModelStore

PHOTOGRAPH = Path("/usr/share/doc/opencv-doc/examples/data/messi5.jpg")
FACE_AT = (225, 90, 252, 130)
"""Forehead to chin, read off the photograph."""


@pytest.fixture(scope="module")
def store() -> ModelStore:
    found = ModelStore(load().models_dir)
    if absent := lacking(Policy.FACES_PLATES, found):
        pytest.skip(f"no weights: run `commonsight models install {absent[0]}`")
    return found


@pytest.fixture(scope="module")
def photograph() -> np.ndarray:
    if not PHOTOGRAPH.is_file():
        pytest.skip("the Debian package opencv-doc is not installed")
    with av.open(str(PHOTOGRAPH)) as opened:
        return next(opened.decode(video=0)).to_ndarray(format="bgr24").astype(np.uint8, copy=False)


def street() -> np.ndarray:
    """Asphalt with a red car's back on it, and no plate yet."""
    chance = np.random.default_rng(0)
    picture = (90 + chance.integers(0, 12, (360, 640, 3))).astype(np.uint8)
    picture[140:300, 180:460] = (40, 40, 150)
    return picture


def covers(boxes: np.ndarray, box: tuple[int, int, int, int]) -> bool:
    return any((one[:2] <= box[:2]).all() and (one[2:] >= box[2:]).all() for one in boxes)


def test_the_first_picture_of_a_stream_is_masked_already(store, photograph):
    masked = Masker(Policy.FACES, store).mask(photograph, 0.0)
    left, top, right, bottom = FACE_AT
    assert len(np.unique(masked[top:bottom, left:right].reshape(-1, 3), axis=0)) == 1
    assert (masked == photograph).all(axis=2).mean() > 0.8


def test_nobody_finds_the_face_again(store, photograph):
    masked = Masker(Policy.FACES, store).mask(photograph, 0.0)
    detector = Detector(card(FACE), store.path(FACE), classes=None)
    size = entry_size(photograph.shape[1], photograph.shape[0], 2.0)
    assert detector.detect(photograph, 0.5, size=size).confidence.max() > 0.5
    assert len(detector.detect(masked, 0.5, size=size)) == 0


@pytest.mark.parametrize("height", [16, 24, 40])
def test_a_plate_is_covered(store, height):
    picture = street()
    box = mask_drawn.put(picture, height, 300, 220)
    assert covers(Masker(Policy.PLATES, store).boxes(picture, 0.0), box)
    assert not len(Masker(Policy.FACES, store).boxes(picture, 0.0))


def test_a_policy_takes_out_what_it_says_and_nothing_else(store, photograph):
    assert covers(Masker(Policy.FACES_PLATES, store).boxes(photograph, 0.0), FACE_AT)
    assert not covers(Masker(Policy.PLATES, store).boxes(photograph, 0.0), FACE_AT)


def test_a_face_that_vanishes_stays_covered_for_a_while(store, photograph):
    masker = Masker(Policy.FACES, store)
    masker.boxes(photograph, 0.0)
    nothing = np.full_like(photograph, 90)
    assert covers(masker.boxes(nothing, 0.2), FACE_AT)
    for step in range(2, 12):
        last = masker.boxes(nothing, step / 5)
    assert not len(last)


def test_looking_ahead_covers_what_is_found_late(store, photograph):
    """The first three pictures show nothing the detector could find, the fourth does; all four leave covered."""
    ahead: Ahead[int] = Ahead(Masker(Policy.FACES, store), 3)
    nothing = np.full_like(photograph, 90)
    out = []
    for number, picture in enumerate([nothing, nothing, nothing, photograph]):
        out += ahead.feed(picture, number / 5, number)
    assert [number for number, _ in out] == [0]
    out += ahead.flush()
    assert [number for number, _ in out] == [0, 1, 2, 3]
    assert all(covers(boxes, FACE_AT) for _, boxes in out)


def test_an_empty_scene_is_left_as_it_is(store):
    picture = street()
    assert (Masker(Policy.FACES_PLATES, store).mask(picture, 0.0) == picture).all()


def test_without_the_models_there_is_no_mask(tmp_path):
    with pytest.raises(Refusal) as refused:
        Masker(Policy.PLATES, ModelStore(tmp_path))
    assert (refused.value.code, refused.value.actual) == ("vision.model_missing", PLATE)
    assert lacking(Policy.FACES_PLATES, ModelStore(tmp_path)) == (FACE, PLATE)


def test_an_unknown_mask_is_refused_by_name():
    with pytest.raises(Refusal) as refused:
        policy("hats")
    assert (refused.value.code, refused.value.actual) == ("vision.mask_unknown", "hats")
    assert policy("faces") is Policy.FACES


@pytest.mark.parametrize(
    ("width", "height", "enters"),
    [(640, 360, (1280, 704)), (1920, 1080, (1280, 704)), (352, 288, (704, 576)), (8, 4000, (32, 1280))],
)
def test_small_pictures_enter_enlarged_and_large_ones_shrunk(width, height, enters):
    assert entry_size(width, height, 2.0) == enters
