"""Lines of text in a picture, and how pieces on one line become that line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Box = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of the picture, 0..1: a place stays the same in every stream of a camera."""

SAME_ROW = 0.5
"""Pieces whose heights overlap by more than this share of the lower one stand on one line."""
GAP = 1.6
"""A gap up to this many heights is a wide space: clocks put one between date and time."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Where text was found. `box`: pixels (left, top, right, bottom). `score`: 0..1, how surely it is text."""

    box: tuple[float, float, float, float]
    score: float


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text that was read. `confidence`: 0..1, the mean over its characters; 0 when nothing was read."""

    text: str
    confidence: float
    box: Box


def rows(pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces joined into lines, from top to bottom and left to right; a line's score is that of its weakest piece."""
    waiting = sorted(pieces, key=lambda piece: (piece.box[0], piece.box[1]))
    lines: list[Piece] = []
    for piece in waiting:
        for place, line in enumerate(lines):
            if _continues(line, piece):
                a, b = line.box, piece.box
                joined = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
                lines[place] = Piece(joined, min(line.score, piece.score))
                break
        else:
            lines.append(piece)
    return sorted(lines, key=lambda line: (line.box[1], line.box[0]))


def _continues(line: Piece, piece: Piece) -> bool:
    a, b = line.box, piece.box
    lower = min(a[3] - a[1], b[3] - b[1])
    together = min(a[3], b[3]) - max(a[1], b[1])
    similar = max(a[3] - a[1], b[3] - b[1]) < 1.8 * lower
    return similar and together > SAME_ROW * lower and b[0] - a[2] < GAP * lower
