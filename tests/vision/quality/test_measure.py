"""Each fault moves its own score to the wrong side, and a plain street moves none there."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from commonsight.inspect.diagnosis.model import items
from commonsight.vision.picture import Planes
from commonsight.vision.quality.measure import measure
from commonsight.vision.quality.model import PRINT, Fingerprint, Look
from commonsight.vision.quality.tone import colourless
from tests.vision.quality.scenes import changed, planes, street

GOOD = street()
ITEMS = (
    "signal_loss",
    "too_dark",
    "too_bright",
    "low_contrast",
    "colour_cast",
    "noise",
    "stripes",
    "blur",
    "corruption",
)


def wrong(picture: Planes, code: str) -> bool:
    item, scores = items()[code], measure(picture)
    return code in scores and item.faulty(scores[code], item.day)


def noisy(luma: np.ndarray) -> np.ndarray:
    return luma + np.random.default_rng(5).normal(0, 25, luma.shape)


def lying(luma: np.ndarray) -> np.ndarray:
    return luma + 14 * np.sin(np.arange(luma.shape[0]) * (2 * np.pi / 23))[:, None]


def slanting(luma: np.ndarray) -> np.ndarray:
    rows, columns = np.indices(luma.shape)
    return luma + 16 * np.sin((rows + 0.4 * columns) * (2 * np.pi / 11))


def slabs(luma: np.ndarray) -> np.ndarray:
    broken = luma.copy()
    for row in range(2, 18, 3):
        broken[row * 16 : row * 16 + 16, 64:400] = 126
    return broken


def smear(luma: np.ndarray) -> np.ndarray:
    broken = luma.copy()
    broken[208:320] = broken[207]
    return broken


SPOILED: dict[str, tuple[str, Callable[[np.ndarray], np.ndarray]]] = {
    "black": ("signal_loss", lambda luma: luma * 0 + 16),
    "dark": ("too_dark", lambda luma: 16 + (luma - 16) * 0.12),
    "bright": ("too_bright", lambda luma: luma + 170),
    "fog": ("low_contrast", lambda luma: 150 + (luma - 150) * 0.1),
    "grain": ("noise", noisy),
    "lying bands": ("stripes", lying),
    "standing bands": ("stripes", lambda luma: lying(luma.T).T),
    "slanting bands": ("stripes", slanting),
    "out of focus": ("blur", lambda luma: ndimage.gaussian_filter(luma, 4)),
    "slabs": ("corruption", slabs),
    "smear": ("corruption", smear),
}


@pytest.mark.parametrize("code", ITEMS)
def test_a_plain_street_is_well(code: str) -> None:
    assert not wrong(GOOD, code), measure(GOOD)


@pytest.mark.parametrize("name", SPOILED)
def test_a_fault_is_found(name: str) -> None:
    code, how = SPOILED[name]
    assert wrong(changed(GOOD, how), code), measure(changed(GOOD, how))


def test_a_blue_screen_is_no_signal() -> None:
    assert wrong(
        planes(np.full((360, 640), 41.0), np.full((180, 320), 240.0), np.full((180, 320), 110.0)), "signal_loss"
    )


def test_a_cast_moves_everything_and_infrared_is_none() -> None:
    red = planes(GOOD.luma.astype(float), GOOD.blue - 10.0, GOOD.red + 30.0)
    assert wrong(red, "colour_cast")
    night = Planes(GOOD.luma, np.full_like(GOOD.blue, 128), np.full_like(GOOD.red, 128))
    assert measure(night)["colour_cast"] == 0
    assert colourless(Look(night))
    assert not colourless(Look(red))


def test_grain_does_not_hide_blur() -> None:
    """By night the amplifier's grain lies over a picture out of focus: fine detail is there, sharp edges are not."""
    soft = changed(GOOD, lambda luma: ndimage.gaussian_filter(luma, 4))
    grain = np.random.default_rng(3).normal(0, 5, soft.luma.shape)
    assert wrong(changed(soft, lambda luma: luma + grain), "blur")


def test_characters_do_not_hide_blur() -> None:
    soft = changed(GOOD, lambda luma: ndimage.gaussian_filter(luma, 4))
    luma = soft.luma.copy()
    luma[8:30, 20:260] = np.where(np.random.default_rng(2).random((22, 240)) < 0.4, 235, luma[8:30, 20:260])
    assert wrong(Planes(luma, soft.blue, soft.red), "blur")


def test_the_range_of_jpeg_scores_as_that_of_video() -> None:
    full = Planes(
        np.clip((GOOD.luma.astype(float) - 16) * 255 / 219, 0, 255).round().astype(np.uint8),
        np.clip(128 + (GOOD.blue.astype(float) - 128) * 255 / 224, 0, 255).round().astype(np.uint8),
        np.clip(128 + (GOOD.red.astype(float) - 128) * 255 / 224, 0, 255).round().astype(np.uint8),
        full_range=True,
    )
    one, two = measure(GOOD), measure(full)
    assert one.keys() == two.keys()
    assert all(two[code] == pytest.approx(one[code], rel=0.05, abs=0.6) for code in one), (one, two)


def test_a_frozen_picture_is_told_from_a_still_scene() -> None:
    first, later = street(11), street(12)
    assert measure(first, first)["freeze"] == 1
    still = measure(later, first)["freeze"]
    assert not items()["freeze"].faulty(still, items()["freeze"].day)


def test_the_clock_runs_on_over_a_frozen_picture() -> None:
    luma = GOOD.luma.copy()
    luma[:20, 300:] = 235
    assert measure(Planes(luma, GOOD.blue, GOOD.red), GOOD)["freeze"] == 1


def test_what_a_picture_cannot_tell_is_left_out() -> None:
    plain = planes(np.full((360, 640), 90.0), np.full((180, 320), 128.0), np.full((180, 320), 128.0))
    scores = measure(plain, plain)
    assert "freeze" not in scores
    assert "blur" not in scores
    assert measure(street(width=640), street(width=320))["noise"] >= 0
    assert "freeze" not in measure(street(width=640), street(width=320))
    assert measure(planes(np.zeros((32, 32)), np.zeros((16, 16)), np.zeros((16, 16)))) == {}


def test_a_fingerprint_survives_its_bytes() -> None:
    made = Look(GOOD).fingerprint
    again = Fingerprint.unpack(made.pack())
    assert again is not None
    assert (again.width, again.height) == (640, 360)
    assert np.array_equal(again.points, made.points)
    assert again.points.shape == PRINT
    assert Fingerprint.unpack(made.pack()[:-1]) is None


@settings(max_examples=25)
@given(
    width=st.integers(64, 500), height=st.integers(64, 300), value=st.integers(0, 255), seed=st.integers(0, 99),
    spread=st.sampled_from([0.0, 1.0, 60.0]),
)  # fmt: skip
def test_any_picture_gives_finite_scores(width: int, height: int, value: int, seed: int, spread: float) -> None:
    random = np.random.default_rng(seed)
    made = planes(
        random.normal(value, spread, (height, width)), np.full(((height + 1) // 2, (width + 1) // 2), 128.0),
        np.full(((height + 1) // 2, (width + 1) // 2), 128.0),
    )  # fmt: skip
    scores = measure(made, made)
    for code, score in scores.items():
        assert np.isfinite(score), code
        assert items()[code].least <= score <= items()[code].most, (code, score)
