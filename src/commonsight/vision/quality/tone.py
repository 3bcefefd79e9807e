"""Brightness, contrast, colour, and whether there is a picture at all."""

import numpy as np

from commonsight.vision.quality.model import Look, Scores, tiles

FLAT = 1.2
"""Standard deviation of brightness (0..255) below which a block holds nothing: less than any lens and sensor leave."""
COLOURLESS = 1.5
"""Mean distance from grey below which a picture counts as black and white."""


def tone(look: Look) -> Scores:
    """`signal_loss`, `too_dark`, `too_bright`, `low_contrast`, `colour_cast`, from a sample of points."""
    dark_end, bright_end = np.percentile(look.coarse, (20, 90))
    return {
        "signal_loss": _flat_share(look),
        "too_dark": float(bright_end),
        "too_bright": float(dark_end),
        "low_contrast": _contrast(look),
        "colour_cast": _cast(look),
    }


def colourless(look: Look) -> bool:
    """Whether the picture has no colour, as cameras see by infrared light."""
    blue, red = look.colour
    return float(np.abs(blue).mean() + np.abs(red).mean()) < COLOURLESS


def _flat_share(look: Look) -> float:
    """Share of blocks without any detail, read from whole rows so that fine grain is seen."""
    blocks = tiles(look.rows)
    return float((blocks.std(axis=(2, 3)) < FLAT).mean())


def _cast(look: Look) -> float:
    """Distance from grey of the greyest quarter of what is neither black nor blown out.

    A picture that has no colour at all has no cast. Black and white ends are left out: there, colour is cut off.
    """
    blue, red = look.colour
    rows, columns = (min(sides) for sides in zip(blue.shape, look.coarse.shape, strict=True))
    light = look.coarse[:rows, :columns]
    usable = (light > 24) & (light < 240)
    if usable.mean() < 0.1:
        usable = np.ones_like(usable)
    far = np.hypot(blue[:rows, :columns], red[:rows, :columns])[usable]
    return float(np.percentile(far, 25))


def _contrast(look: Look) -> float:
    """Range of brightness within a place of the picture, in the places where it is largest.

    Even a scene of plain tarmac has some line or shadow; fog and dirt take the contrast of everything. The lines at
    the edges are left out: what is written there keeps its own.
    """
    blocks = tiles(look.small, 18, 16)[2:-2]
    spread = blocks.max(axis=(2, 3)) - blocks.min(axis=(2, 3))
    return float(np.percentile(spread, 97))
