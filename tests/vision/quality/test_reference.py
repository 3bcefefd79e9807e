"""A camera's picture held against its own reference."""

import numpy as np
import pytest
from scipy import ndimage

from commonsight.vision.picture import Planes
from commonsight.vision.quality.model import Look
from commonsight.vision.quality.reference import GRID, Reference, compare, held

HEIGHT, WIDTH = 432, 768


def scene(seed: int) -> np.ndarray:
    """A wide view with edges of all sizes, of which a camera sees a part."""
    chance = np.random.default_rng(seed)
    view = np.full((HEIGHT * 2, WIDTH * 2), 110.0)
    for _ in range(260):
        top, left = chance.integers(0, HEIGHT * 2 - 40), chance.integers(0, WIDTH * 2 - 40)
        tall, wide = chance.integers(8, 160, 2)
        view[top : top + tall, left : left + wide] = chance.integers(20, 235)
    return ndimage.gaussian_filter(view, 0.8)


STREET = scene(1)


def look(view: np.ndarray = STREET, right: float = 0.0, down: float = 0.0, seed: int = 0) -> Look:
    """What the camera sees when it is turned by these shares of its picture, with a sensor's noise."""
    top, left = round(HEIGHT * (0.5 + down)), round(WIDTH * (0.5 + right))
    seen = view[top : top + HEIGHT, left : left + WIDTH]
    return of(seen + np.random.default_rng(seed).normal(0, 1.5, seen.shape))


def of(luma: np.ndarray) -> Look:
    grey = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
    return Look(Planes(np.clip(luma, 0, 255).astype(np.uint8), grey, grey, True))


@pytest.fixture(scope="module")
def reference() -> Reference:
    made = Reference.of(look(seed=1))
    for seed in (2, 3, 4):
        made = made.after(look(seed=seed))
    return made


@pytest.mark.parametrize("light", [lambda y: y * 0.45, lambda y: y * 1.2 + 10, lambda y: 255 * (y / 255) ** 1.8])
def test_another_light_is_no_other_scene(reference, light):
    scores = compare(of(light(look(seed=9).planes.luma.astype(np.float32))), reference)
    assert scores["scene_change"] < 0.3
    assert scores["occlusion"] < 0.1


@pytest.mark.parametrize(("right", "down"), [(0.05, 0.0), (-0.08, 0.0), (0.0, 0.09), (0.06, 0.06)])
def test_a_turned_camera_is_found_with_its_shift(reference, right, down):
    found = held(look(right=right, down=down, seed=9), reference)
    assert found.shift is not None
    # What was in the middle lies on the other side now.
    assert found.shift == pytest.approx((-right, -down), abs=0.02)
    assert found.scores()["scene_change"] > 0.6
    assert found.scores()["occlusion"] == 0.0


def test_another_scene_has_no_shift_and_nothing_in_common(reference):
    found = held(look(scene(7), seed=9), reference)
    assert found.shift is None
    assert found.scores()["scene_change"] > 0.6


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0.0, 0.05), (0.4, 0.25, 0.6), (0.9, 0.6, 1.0)])
def test_a_cover_counts_by_what_it_hides(reference, share, least, most):
    luma = look(seed=9).planes.luma.astype(np.float32)
    luma[: round(HEIGHT * share)] = 60
    assert least <= compare(of(luma), reference)["occlusion"] <= most


def test_a_plain_scene_is_not_judged():
    asphalt = np.full((HEIGHT, WIDTH), 90.0) + np.random.default_rng(0).normal(0, 0.6, (HEIGHT, WIDTH))
    made = Reference.of(of(asphalt))
    assert compare(look(), made) == {}


def test_a_reference_follows_slowly_and_one_passing_thing_does_not_stay(reference):
    luma = look(seed=9).planes.luma.astype(np.float32)
    luma[100:300, 200:500] = 30
    once = reference.after(of(luma))
    assert once.looks == reference.looks + 1
    assert compare(look(seed=10), once)["scene_change"] < 0.3
    turned = reference
    for seed in range(40):
        turned = turned.after(look(right=0.1, seed=20 + seed))
    assert compare(look(right=0.1, seed=99), turned)["scene_change"] < 0.4


def test_sub_stream_and_main_stream_share_a_reference(reference):
    small = look(seed=9).planes.luma[::2, ::2]
    assert compare(Look(Planes(small, small, small, True)), reference)["scene_change"] < 0.5


def test_a_flat_picture_is_taken(reference):
    found = held(of(np.zeros((HEIGHT, WIDTH))), reference)
    assert found.alike == 0
    assert reference.edges.shape == GRID
