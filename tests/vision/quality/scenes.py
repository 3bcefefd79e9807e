"""A street that is drawn: sharp edges, texture, shadows, a little grain. The same for the same seed."""

import numpy as np
from scipy import ndimage

from commonsight.vision.picture import Planes


def street(seed: int = 1, *, width: int = 640, height: int = 360, grain: float = 1.0) -> Planes:
    """A picture in the range of video. Another `grain` seed comes with another `seed` of the last digit only."""
    drawn, noise = np.random.default_rng(seed // 10), np.random.default_rng(seed)
    luma = np.full((height, width), 120.0)
    luma += np.linspace(40, -30, height)[:, None]
    for _ in range(120):
        top, left = int(drawn.integers(0, height - 20)), int(drawn.integers(0, width - 20))
        high, wide = int(drawn.integers(8, height // 4)), int(drawn.integers(8, width // 6))
        luma[top : top + high, left : left + wide] = drawn.uniform(30, 220)
    texture = ndimage.gaussian_filter(drawn.normal(0, 40, (height, width)), 1.5)
    luma[height // 2 :] += texture[height // 2 :]
    luma += noise.normal(0, grain, (height, width))
    blue = 128 + ndimage.zoom(drawn.normal(0, 12, (height // 20, width // 20)), 10, order=0)
    red = 128 + ndimage.zoom(drawn.normal(0, 12, (height // 20, width // 20)), 10, order=0)
    blue[:, : width // 5], red[:, : width // 5] = 128, 128
    return planes(luma, blue, red)


def planes(luma: np.ndarray, blue: np.ndarray, red: np.ndarray) -> Planes:
    """Numbers as planes in the range of video."""
    return Planes(
        np.clip(np.rint(luma), 16, 235).astype(np.uint8),
        np.clip(np.rint(blue), 16, 240).astype(np.uint8),
        np.clip(np.rint(red), 16, 240).astype(np.uint8),
    )


def changed(picture: Planes, how) -> Planes:  # type: ignore[no-untyped-def]
    """The picture with its brightness changed by a function of float64 (height, width)."""
    return planes(how(picture.luma.astype(float)), picture.blue.astype(float), picture.red.astype(float))
