"""Where text is in a picture: a network that says of each pixel whether it belongs to text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from commonsight.problem import Refusal
from commonsight.vision.cards import ModelCard
from commonsight.vision.ocr.model import Piece
from commonsight.vision.picture import Plane
from commonsight.vision.runtime import opened, refuse_other_task

TEXT = 0.3
"""A pixel belongs to text from here on; the network was trained with this."""
GROWN = 1.6
"""It was trained to find shrunken text: a box grows by this much of its area over its circumference."""
LEAST_PIXELS = 3
"""Anything lower than this, in pixels of the network's input, is not text that can be read."""
MOST = 200
"""Pieces in one picture; a hall of advertisements must not keep a worker busy."""


class TextFinder:
    """Finds text that lies level. One finder belongs to one thread.

    Args:
        card: a model whose task is `find-text`.
        weights: its ONNX file; must hash to what the card says.
        threads: threads of one inference.
        providers: ONNX Runtime execution providers, best first.

    Raises:
        Refusal: `vision.card_task`, `vision.model_missing`, `vision.model_changed`, `vision.provider_missing`.
    """

    def __init__(
        self, card: ModelCard, weights: Path, *, threads: int = 1,
        providers: Sequence[str] = ("CPUExecutionProvider",),
    ) -> None:  # fmt: skip
        refuse_other_task(card, "find-text")
        self.card = card
        self._session = opened(card, weights, threads, providers)

    def find(self, planes: Sequence[Plane], score: float | None = None) -> list[list[Piece]]:
        """Look at pictures of one size together.

        Args:
            planes: brightness, uint8 (height, width), both multiples of the card's `input.multiple`. Text written
                into a picture stands out by its brightness, so colour is not needed.
            score: lowest score of a piece; None takes the card's.

        Returns:
            For each picture its pieces, in pixels of it.

        Raises:
            Refusal: `vision.size_invalid`.
        """
        height, width = planes[0].shape
        given = self.card.input
        if min(height, width) < given.multiple or height % given.multiple or width % given.multiple:
            rule = f"multiples of {given.multiple}"
            raise Refusal("vision.size_invalid", operand="size", rule=rule, actual=[width, height])
        grey = (np.stack(planes).astype(np.float32) - np.float32(given.mean[0])) / np.float32(given.std[0])
        batch = np.repeat(grey[:, None], 3, axis=1)
        (maps,) = self._session.run([self.card.head.scores[0]], {given.name: batch})
        return [pieces(one[0], self.card.score if score is None else score) for one in maps]


def pieces(belongs: NDArray[np.float32], score: float) -> list[Piece]:
    """Connected areas of a map of text, grown to the size of the letters.

    Args:
        belongs: (height, width), 0..1: how surely each pixel belongs to (shrunken) text.
        score: least mean over the area's box.
    """
    labelled, count = ndimage.label(belongs > TEXT)
    found: list[Piece] = []
    for area in ndimage.find_objects(labelled, max_label=min(int(count), MOST)):
        rows, columns = area
        tall, wide = rows.stop - rows.start, columns.stop - columns.start
        mean = float(belongs[area].mean())
        if min(tall, wide) < LEAST_PIXELS or mean < score:
            continue
        grow = tall * wide * GROWN / (2 * (tall + wide))
        left, top = max(columns.start - grow, 0.0), max(rows.start - grow, 0.0)
        right, bottom = min(columns.stop + grow, belongs.shape[1]), min(rows.stop + grow, belongs.shape[0])
        found.append(Piece((left, top, right, bottom), mean))
    return found
