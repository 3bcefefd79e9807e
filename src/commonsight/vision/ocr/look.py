"""Looking for the text a camera writes into its picture: where it usually stands first, the rest only when needed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from commonsight.vision import cards
from commonsight.vision.ocr.find import TextFinder
from commonsight.vision.ocr.model import Box, Line, Piece, rows
from commonsight.vision.ocr.read import TextReader
from commonsight.vision.picture import Converter, Plane
from commonsight.vision.store import ModelStore

FIND, READ = "ppocrv4-text-find", "ppocrv4-text-read"
"""The models that find and read."""
BAND = 0.22
"""Share of the height, at the top and at the bottom, where cameras write."""
WIDEST = 1_280
"""Columns at which a picture is searched: letters of 1080p, 24 pixels and more, stay 16 high."""
LINES_MOST = 12
"""Lines read in one picture, the most certain first."""
NUMBERS = 2
FURTHER = 11.0
LONGER_MOST = 2
"""A line with so many digits is read on by so many of its heights to both sides, so often."""
AROUND = 0.7
"""A remembered place is read with so many heights more at both ends: digits differ in width."""
SURE = 0.5
"""A line read with less confidence is scenery, or not readable; it is not reported."""


class TextLooker:
    """Finds and reads text. One belongs to one thread.

    Raises:
        Refusal: `vision.model_missing`, `vision.model_changed`, `vision.provider_missing`.
    """

    def __init__(
        self, store: ModelStore, *, threads: int = 1, providers: Sequence[str] = ("CPUExecutionProvider",)
    ) -> None:
        self._finder = TextFinder(cards.card(FIND), store.path(FIND), threads=threads, providers=providers)
        self._reader = TextReader(cards.card(READ), store.path(READ), threads=threads, providers=providers)
        self._convert = Converter()

    def bands(self, luma: Plane) -> list[Line]:
        """The lines in the top and the bottom band of a picture.

        Args:
            luma: brightness, uint8 (height, width).
        """
        height = luma.shape[0]
        rows_ = max(1, min(round(height * BAND), height))
        return self._search(luma, (0, height - rows_), rows_)

    def whole(self, luma: Plane) -> list[Line]:
        """The lines anywhere in a picture; costs several times what `bands` does."""
        return self._search(luma, (0,), luma.shape[0])

    def at(self, luma: Plane, places: Sequence[Box]) -> list[Line]:
        """What stands at places found before: nothing is searched. A place where nothing is read gives an empty line.

        Args:
            luma: brightness, uint8 (height, width).
            places: boxes as shares of the picture.
        """
        return [self._line(luma, place, AROUND) for place in places[:LINES_MOST]]

    def _search(self, luma: Plane, tops: Sequence[int], tall: int) -> list[Line]:
        height, width = luma.shape
        multiple = 32
        scale = min(1.0, WIDEST / width)
        columns = max(multiple, round(width * scale / multiple) * multiple)
        lines = max(multiple, round(tall * scale / multiple) * multiple)
        across, down = width / columns, tall / lines
        strips = [self._convert.grey(luma[top : top + tall], columns, lines) for top in tops]
        found: list[Piece] = []
        for top, pieces in zip(tops, self._finder.find(strips), strict=True):
            for piece in pieces:
                left, upper, right, lower = piece.box
                box = (left * across, upper * down + top, right * across, lower * down + top)
                found.append(Piece(box, piece.score))
        read: list[Line] = []
        for piece in sorted(rows(found), key=lambda piece: -piece.score)[:LINES_MOST]:
            left, upper, right, lower = piece.box
            box = (left / width, upper / height, right / width, lower / height)
            if any(_within(box, line.box) for line in read):
                continue
            line = self._along(luma, self._line(luma, box, 0.0))
            if line.confidence >= SURE and line.text.strip():
                read.append(line)
        return sorted(read, key=lambda line: (line.box[1], line.box[0]))

    def _along(self, luma: Plane, line: Line) -> Line:
        """Read on to both sides of what has numbers in it: a clock's thin digits are often found only in part."""
        for _ in range(LONGER_MOST):
            if sum(character.isdigit() for character in line.text) < NUMBERS:
                break
            longer = self._line(luma, line.box, FURTHER)
            if longer.confidence < SURE or len(longer.text) <= len(line.text):
                break
            line = longer
        return line

    def _line(self, luma: Plane, box: Box, further: float) -> Line:
        """What stands in this box, made longer by so many of its heights at both ends; with the box of the words."""
        height, width = luma.shape
        more = further * (box[3] - box[1]) * height
        left, right = max(int(box[0] * width - more), 0), min(int(np.ceil(box[2] * width + more)), width)
        top, bottom = max(int(box[1] * height), 0), min(int(np.ceil(box[3] * height)), height)
        said = self._reader.read(luma[top:bottom, left:right])
        if not said.text.strip():
            return Line("", 0.0, box)
        # Characters are centred on their columns: half a letter more on both sides.
        half = (bottom - top) / 2
        start = max(left + said.start * (right - left) - half, left)
        stop = min(left + said.stop * (right - left) + half, right)
        return Line(said.text, said.confidence, (start / width, box[1], stop / width, box[3]))


def _within(box: Box, line: Box) -> bool:
    """Whether the middle of `box` lies in a line that was read already."""
    across, down = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return line[0] <= across <= line[2] and line[1] <= down <= line[3]
