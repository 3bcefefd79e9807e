"""What a line of text says: a network that gives, for each few columns, a probability for every character."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commonsight.vision.cards import ModelCard
from commonsight.vision.picture import Converter, Plane
from commonsight.vision.runtime import opened, refuse_other_task

WIDEST = 1_600
"""Columns a line enters with at most; at 48 rows that is some 60 characters."""
_STEP = 32
"""Widths are rounded up to this many columns: few sizes, so that the runtime keeps its plans."""


class Said(NamedTuple):
    """What was read.

    `confidence`: 0..1, the mean over the characters, 0 for no text. `start`, `stop`: where in the line its first
    character begins and its last one ends, as shares of the line's width.
    """

    text: str
    confidence: float
    start: float
    stop: float


class TextReader:
    """Reads crops that hold one level line each. One reader belongs to one thread.

    Args:
        card: a model whose task is `read-text`; its weights name the characters, or else the card's labels do.
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
        refuse_other_task(card, "read-text")
        self.card = card
        self._session = opened(card, weights, threads, providers)
        named = self._session.get_modelmeta().custom_metadata_map.get("character", "")
        # Most such files name their characters themselves; for others the card does.
        self._characters = ("", *(named.splitlines() or card.labels), " ")
        self._convert = Converter()

    def read(self, line: Plane) -> Said:
        """The text of one line.

        Args:
            line: brightness, uint8 (height, width), with one line of text in it.
        """
        if 0 in line.shape:
            return Said("", 0.0, 0.0, 0.0)
        given = self.card.input
        height, width = line.shape
        columns = max(_STEP, min(WIDEST, round(width * given.height / height)))
        entered = -(-columns // _STEP) * _STEP
        scaled = self._convert.grey(line, columns, given.height)
        batch = np.zeros((1, 3, given.height, entered), np.float32)
        batch[0, :, :, :columns] = (scaled.astype(np.float32) - np.float32(given.mean[0])) / np.float32(given.std[0])
        (found,) = self._session.run([self.card.head.scores[0]], {given.name: batch})
        said = decoded(found[0], self._characters)
        # The network saw empty columns behind the line, which are no part of it.
        part = entered / columns
        return said._replace(start=min(said.start * part, 1.0), stop=min(said.stop * part, 1.0))


def decoded(steps: NDArray[np.float32], characters: Sequence[str]) -> Said:
    """Connectionist temporal classification, the best path: repeats are one character, number 0 is none.

    Args:
        steps: (steps, characters), a probability of each character at each step.
        characters: what each column stands for; the first is nothing.
    """
    best = steps.argmax(axis=1)
    new = np.concatenate([[True], best[1:] != best[:-1]]) & (best != 0)
    chosen = np.flatnonzero(new)
    if not len(chosen):
        return Said("", 0.0, 0.0, 0.0)
    text = "".join(characters[index] if index < len(characters) else "" for index in best[chosen])
    confidence = float(steps[chosen, best[chosen]].mean())
    return Said(text, confidence, float(chosen[0]) / len(steps), float(chosen[-1] + 1) / len(steps))
