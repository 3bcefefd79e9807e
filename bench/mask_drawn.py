"""Plates of the form China uses (440 x 140 mm, white on blue), drawn: no footage with real ones can be had.

What they show is only that the detector finds plates of that shape and colour at a size; a drawn plate is cleaner than
any real one.
"""

import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH = 140, 440
BLUE, WHITE = (160, 60, 10), (255, 255, 255)
_STROKES = {"A": "abcefg", "8": "abcdefg", "K": "bcefg", "5": "acdfg", "L": "def", "2": "abdeg"}
_AT = (("8", 22), ("A", 79), ("8", 150), ("K", 207), ("5", 264), ("L", 321), ("2", 378))
_TOP, _ACROSS, _DOWN, _THICK = 28, 40, 84, 10


def plate(height: int) -> NDArray[np.uint8]:
    """A plate of so many pixels of height: uint8 (height, width, 3), blue first; shrunk by averaging."""
    drawn = np.full((HEIGHT, WIDTH, 3), BLUE, np.uint8)
    drawn[6:-6, 6:-6] = WHITE
    drawn[10:-10, 10:-10] = BLUE
    for letter, left in _AT:
        for stroke in _STROKES[letter]:
            top, bottom, begin, end = _stroke(stroke)
            drawn[top:bottom, left + begin : left + end] = WHITE
    rows = _bands(HEIGHT, height)
    columns = _bands(WIDTH, round(height * WIDTH / HEIGHT))
    shrunk = np.add.reduceat(np.add.reduceat(drawn.astype(np.float64), rows, axis=0), columns, axis=1)
    counts = np.diff([*rows, HEIGHT])[:, None] * np.diff([*columns, WIDTH])[None, :]
    return (shrunk / counts[..., None]).astype(np.uint8)


def put(picture: NDArray[np.uint8], height: int, left: int, top: int) -> tuple[int, int, int, int]:
    """Put a plate into a picture in place; returns its box."""
    made = plate(height)
    picture[top : top + height, left : left + made.shape[1]] = made
    return left, top, left + made.shape[1], top + height


def _stroke(name: str) -> tuple[int, int, int, int]:
    """Top, bottom, left, right of one of the seven strokes, from the glyph's left edge."""
    half = _TOP + _DOWN // 2
    return {
        "a": (_TOP, _TOP + _THICK, 0, _ACROSS),
        "g": (half - _THICK // 2, half + _THICK // 2, 0, _ACROSS),
        "d": (_TOP + _DOWN - _THICK, _TOP + _DOWN, 0, _ACROSS),
        "f": (_TOP, half, 0, _THICK),
        "e": (half, _TOP + _DOWN, 0, _THICK),
        "b": (_TOP, half, _ACROSS - _THICK, _ACROSS),
        "c": (half, _TOP + _DOWN, _ACROSS - _THICK, _ACROSS),
    }[name]


def _bands(size: int, parts: int) -> list[int]:
    return [part * size // parts for part in range(parts)]
