"""Colours of what is in a box, measured: no model, so nothing is known that the pixels do not say.

A pixel's colour has a name by its hue, saturation and brightness, after the whole picture was made as bright as a
picture by day; the name most pixels carry is the colour, if it is clearly the most. docs/guide/traits.md says how often
colours are taken for each other.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from commonsight.analyze.traits.model import COLOURS, PLATE_COLOURS
from commonsight.vision.picture import Bgr, Plane

CLEAR: Final = 0.34
"""Least share of the pixels the winner must have ..."""
AHEAD: Final = 1.25
"""... and how many times as many as the next."""
NIGHT: Final = 40.0
"""A picture darker than this in the mean, grey levels, has no colours worth a name: lamps colour everything."""
WHITE: Final = 225.0
"""What is brightest in a picture by day is about this bright."""
GAIN: Final = (0.85, 1.9)
PIXELS_LEAST: Final = 60

BODY: Final = (0.12, 0.32, 0.88, 0.80)
"""Where a vehicle's box shows paint: below the roof, above wheels and shadow."""
UPPER: Final = (0.25, 0.18, 0.75, 0.46)
LOWER: Final = (0.27, 0.54, 0.73, 0.86)
BODY_WEIGHT: Final = np.array([0.45, 1.0, 0.75] + [1.3] * (len(COLOURS) - 3))
"""Windows are black and grey whatever the paint; paint that has a hue is rarely anything else."""
CLOTHES_WEIGHT: Final = np.array([1.0, 1.0, 0.8] + [1.1] * (len(COLOURS) - 3))

_NUMBER: Final = {name: number for number, name in enumerate(COLOURS)}
Shares = NDArray[np.float64]


def light(luma: Plane) -> float | None:
    """What brightness has to be multiplied by so that the picture is one by day; None at night."""
    if float(luma.mean()) < NIGHT:
        return None
    return float(np.clip(WHITE / max(float(np.percentile(luma, 97)), 1.0), *GAIN))


def part(crop: Bgr, where: tuple[float, float, float, float]) -> Bgr:
    """A part of a crop, in shares of it."""
    height, width = crop.shape[:2]
    x0, y0, x1, y1 = where
    return crop[int(y0 * height) : int(np.ceil(y1 * height)), int(x0 * width) : int(np.ceil(x1 * width))]


def shares(crop: Bgr, gain: float, weight: Shares | None = None) -> Shares:
    """Share of each of `COLOURS` among the pixels; zeros for a crop too small to say."""
    if crop.shape[0] * crop.shape[1] < PIXELS_LEAST:
        return np.zeros(len(COLOURS))
    step = max(1, int(np.sqrt(crop.shape[0] * crop.shape[1] / 1500)))
    pixels = np.minimum(crop[::step, ::step].reshape(-1, 3).astype(np.float32) * np.float32(gain), 255)
    counts = np.bincount(names(pixels), minlength=len(COLOURS)).astype(np.float64)
    counts *= 1.0 if weight is None else weight
    return np.asarray(counts / max(counts.sum(), 1e-9))


def names(pixels: NDArray[np.float32]) -> NDArray[np.int64]:
    """The colour of each pixel (N, 3), blue first, 0..255: numbers into `COLOURS`."""
    blue, green, red = pixels.T
    value, low = pixels.max(axis=1), pixels.min(axis=1)
    spread = value - low
    saturation = spread / np.maximum(value, 1)
    safe = np.maximum(spread, 1e-6)
    hue = np.where(
        value == red, (green - blue) / safe % 6,
        np.where(value == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    ) * 60  # fmt: skip
    found = np.full(len(pixels), _NUMBER["grey"], np.int64)
    warm = (hue >= 14) & (hue < 38)
    rules = (
        ((hue < 14) | (hue >= 342), "red"),
        (warm & (value > 150) & (saturation > 0.55), "orange"),
        (warm & ((value <= 150) | (saturation <= 0.55)), "brown"),
        ((hue >= 38) & (hue < 68), "yellow"),
        ((hue >= 38) & (hue < 68) & (value < 105), "brown"),
        ((hue >= 68) & (hue < 165), "green"),
        ((hue >= 165) & (hue < 193), "cyan"),
        ((hue >= 193) & (hue < 258), "blue"),
        ((hue >= 258) & (hue < 312), "purple"),
        ((hue >= 312) & (hue < 342), "pink"),
        (((hue < 14) | (hue >= 342)) & (saturation < 0.45) & (value > 175), "pink"),
    )
    for holds, name in rules:
        found[holds] = _NUMBER[name]
    # Paint and cloth of no hue, and pixels too dark or too pale for theirs to mean anything.
    pale = (saturation < 0.16) | ((saturation < 0.24) & ((value < 90) | (value > 200)))
    found[pale] = _NUMBER["grey"]
    found[pale & (value > 178)] = _NUMBER["white"]
    found[(pale & (value < 72)) | (value < 46)] = _NUMBER["black"]
    return found


def winner(found: Shares) -> tuple[str | None, float]:
    """The colour that clearly has the most, and its share; None where two are close."""
    order = np.argsort(-found, kind="stable")
    best, second = float(found[order[0]]), float(found[order[1]])
    if best < CLEAR or best < AHEAD * second:
        return None, best
    return COLOURS[int(order[0])], best


def plate_colour(crop: Bgr, gain: float) -> str | None:
    """The ground of a plate; None where none is clear. Its characters are a third of it at most."""
    found = shares(crop, gain)
    named = np.array([found[_NUMBER[name]] for name in PLATE_COLOURS])
    return PLATE_COLOURS[int(named.argmax())] if named.max() >= CLEAR else None
