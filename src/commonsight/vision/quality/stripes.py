"""Evenly spaced bands that run through the whole picture, whatever their direction."""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft2
from scipy.ndimage import uniform_filter

from commonsight.vision.quality.model import Block, Look

SIDE = 128
"""Points of a tile whose spectrum is taken."""
TILES = (3, 4)
"""Tiles looked at, rows and columns, spread over the picture."""
STRIPS = 6
"""Parts across a picture in which slow bands must keep step."""
SLOWEST = 6
"""Bands in a picture, at least: fewer are not told from the scene."""
GRID = 8
"""Bins of a tile's spectrum between the marks that macroblocks leave."""


CLEAR = 3.5
"""A line in the spectrum stands out so many times over what is around it; chance alone makes it twice as high."""


def stripes(look: Look) -> float:
    """Amplitude (0..255) of the strongest bands: fine ones by the spectra of tiles, slow ones by whole profiles."""
    return max(_fine(look), _slow(look.columns), _slow(look.rows))


def _fine(look: Look) -> float:
    """What is in the spectra of all tiles: the geometric mean lets only that through.

    A fence or a facade fills some tiles and not others. The lines that the coder's grid leaves are cut out.
    """
    high, wide = look.height, look.width
    if high < SIDE or wide < SIDE:
        return 0.0
    tops = np.linspace(0, high - SIDE, TILES[0]).astype(int)
    lefts = np.linspace(0, wide - SIDE, TILES[1]).astype(int)
    luma = look.planes.luma
    cut = look.table[np.stack([luma[top : top + SIDE, left : left + SIDE] for top in tops for left in lefts])]
    cut = (cut - cut.mean(axis=(1, 2), keepdims=True)) * _WINDOW
    spectra = np.abs(rfft2(cut))[:, :, : SIDE // 2]
    mean = np.exp(np.log(spectra + np.float32(1e-3)).mean(axis=0)) * _GAIN
    around = _around(mean)
    mean[_MARKS] = 0
    return float(max(0.0, (mean - CLEAR * around).max()))


def _slow(lines: Block) -> float:
    """Bands across `lines` (lines, points): what has one phase in all strips adds up, the rest cancels out."""
    length = lines.shape[1]
    count = min(STRIPS, lines.shape[0])
    if length < SIDE:
        return 0.0
    cut = lines[: lines.shape[0] // count * count].reshape(count, -1, length)
    profile = cut.mean(axis=1)
    profile = profile - profile.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(profile * np.hanning(length), axis=1)[:, : length // 8] * (4 / length)
    together, apart = np.abs(spectrum.mean(axis=0)), np.sqrt((np.abs(spectrum) ** 2).mean(axis=0))
    keeps_step = np.clip(2 * together / np.maximum(apart, 1e-6) - 1, 0, 1)
    # What lies on both sides of a line: scenes have broad spectra, bands a narrow one.
    padded = np.r_[np.zeros(6), together, np.zeros(6)]
    beside = np.max([padded[6 + shift : 6 + shift + together.size] for shift in (-6, -5, -4, -3, 3, 4, 5, 6)], axis=0)
    return float(max(0.0, ((together - 1.5 * beside) * keeps_step)[SLOWEST:].max(initial=0)))


def _window() -> Block:
    bell = np.hanning(SIDE).astype(np.float32)
    return bell[:, None] * bell[None, :]


def _marks() -> NDArray[np.bool_]:
    """Bins not looked at: too slow for a tile, and multiples of the macroblock's frequency along both axes."""
    down, across = np.fft.fftfreq(SIDE, 1 / SIDE).astype(int)[:, None], np.arange(SIDE // 2)[None, :]
    slow = np.hypot(down, across) < 6
    grid = (np.abs(down) <= 1) & ((across + 1) % GRID <= 2)
    grid |= (across <= 1) & ((down + 1) % GRID <= 2)
    marks: NDArray[np.bool_] = slow | grid
    return marks


def _around(mean: Block) -> Block:
    """What is around each bin: the mean of a ring, three and padded bins away."""
    wrapped = np.pad(mean, ((4, 4), (4, 4)), mode="wrap")
    wide = uniform_filter(wrapped, 9)[4:-4, 4:-4] * 81 - uniform_filter(wrapped, 5)[4:-4, 4:-4] * 25
    return np.asarray(wide / (81 - 25), np.float32)


_WINDOW = _window()
_GAIN = np.float32(2 / _WINDOW.sum())
_MARKS = _marks()
