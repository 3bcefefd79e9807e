"""Objects in a picture: a model card and its weights, run by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray

from commonsight.problem import Refusal
from commonsight.vision.cards import ModelCard
from commonsight.vision.heads import HEADS, Outputs
from commonsight.vision.model import Detections
from commonsight.vision.nms import suppress
from commonsight.vision.picture import Bgr, Picture, Scaler, fit
from commonsight.vision.runtime import opened, refuse_other_task

log = structlog.get_logger(__name__)

COUNTED = ("person", "bicycle", "motorcycle", "car", "bus", "truck")
"""What this platform counts on streets."""


class Detector:
    """Finds the objects of one model's classes. One detector belongs to one thread.

    Args:
        card: which model.
        weights: its ONNX file; must hash to what the card says.
        threads: threads of one inference. One is best when several cameras are watched: more threads make one picture
            faster and all pictures together slower.
        providers: ONNX Runtime execution providers, best first; those this runtime lacks are passed over.
        classes: labels to look for; None looks for all the model knows.
        size: (width, height) at which pictures enter the network instead of what `picture.fit` chooses: smaller is
            faster, larger finds smaller things. Multiples of the card's `input.multiple`.

    Raises:
        Refusal: `vision.model_missing`, `vision.model_changed`, `vision.provider_missing`, `vision.size_invalid`,
            `vision.label_unknown`, `vision.card_task`.
    """

    def __init__(
        self,
        card: ModelCard,
        weights: Path,
        *,
        threads: int = 1,
        providers: Sequence[str] = ("CPUExecutionProvider",),
        classes: Sequence[str] | None = COUNTED,
        size: tuple[int, int] | None = None,
    ) -> None:
        refuse_other_task(card, "detect")
        self.card = card
        self._size = _checked_size(card, size)
        self._wanted = _checked_classes(card, classes)
        self._kind = _exclusive_kinds(card)
        self._scaler = Scaler(card.input)
        self._session = opened(card, weights, threads, providers)
        self._outputs = [output.name for output in self._session.get_outputs()]

    @property
    def provider(self) -> str:
        """The execution provider that really runs."""
        return str(self._session.get_providers()[0])

    @property
    def multiple(self) -> int:
        """Sides of pictures that enter the network are multiples of this; 0: it takes its own size only."""
        return self.card.input.multiple

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """Size (width, height) at which a picture of this size enters the network."""
        return self._size or fit(width, height, self.card.input)

    def detect(
        self, picture: Bgr | Picture, score: float | None = None, *, iou: float | None = None, agnostic: bool = False,
        size: tuple[int, int] | None = None,
    ) -> Detections:  # fmt: skip
        """Look at one picture.

        Args:
            picture: uint8 (height, width, 3), blue first; or a `decode.Frame`, cheaper because it is scaled and
                converted in one pass.
            score: lowest confidence; None takes the card's.
            iou: overlap above which the weaker of two boxes is dropped; None takes the card's.
            agnostic: drop overlapping boxes of any two classes. Otherwise only of the same class, or of classes the
                card calls exclusive (a van is found as car and as truck, but it is one of them).
            size: (width, height) at which this picture enters the network, instead of the detector's own.

        Returns:
            Boxes in pixels of `picture`, best first.

        Raises:
            ValueError: when an array is no such picture.
            Refusal: `vision.size_invalid`.
        """
        width, height = _size_of(picture)
        columns, rows = _checked_size(self.card, size) or self.fit(width, height)
        given = {self.card.input.name: self._scaler(picture, columns, rows)}
        outputs = dict(zip(self._outputs, self._session.run(self._outputs, given), strict=True))
        kinds = None if agnostic else self._kind
        return self._read(outputs, (columns, rows), (width, height), score, iou, kinds)

    @property
    def batches(self) -> bool:
        """Whether several pictures can enter the network at once: its first axis is free."""
        return not isinstance(self._session.get_inputs()[0].shape[0], int)

    def detect_many(self, pictures: Sequence[Bgr | Picture], score: float | None = None) -> list[Detections]:
        """Look at several pictures, those of one size in one run of the network where it takes more than one.

        On a graphics card a run of eight costs little more than a run of one; on a processor nothing is gained.

        Returns:
            What `detect` gives for each, in their order.
        """
        if not self.batches:
            return [self.detect(picture, score) for picture in pictures]
        sizes = [_size_of(picture) for picture in pictures]
        found: list[Detections | None] = [None] * len(pictures)
        for columns, rows in sorted({self.fit(*size) for size in sizes}):
            places = [place for place, size in enumerate(sizes) if self.fit(*size) == (columns, rows)]
            stacked = np.concatenate([self._scaler(pictures[place], columns, rows).copy() for place in places])
            together = self._session.run(self._outputs, {self.card.input.name: stacked})
            for row, place in enumerate(places):
                outputs = {name: output[row : row + 1] for name, output in zip(self._outputs, together, strict=True)}
                found[place] = self._read(outputs, (columns, rows), sizes[place], score, None, self._kind)
        return [each for each in found if each is not None]

    def _read(
        self, outputs: Outputs, entered: tuple[int, int], size: tuple[int, int], score: float | None,
        iou: float | None, kinds: NDArray[np.int32] | None,
    ) -> Detections:  # fmt: skip
        """From what the network put out for one picture to boxes in its pixels."""
        (columns, rows), (width, height), head = entered, size, self.card.head
        found = HEADS[head.kind](
            outputs, head, columns, rows, self._wanted, self.card.score if score is None else score
        )
        kind = np.zeros_like(found.class_id) if kinds is None else kinds[found.class_id]
        kept = suppress(found.xyxy, found.confidence, kind, self.card.iou if iou is None else iou)
        scale = np.array([width / columns, height / rows] * 2, dtype=np.float32)
        limit = np.array([width, height] * 2, dtype=np.float32)
        xyxy = np.clip(found.xyxy[kept] * scale, 0, limit)
        return Detections(xyxy, found.confidence[kept], found.class_id[kept], self.card.labels)


def _size_of(picture: Bgr | Picture) -> tuple[int, int]:
    """Width and height of a picture.

    Raises:
        ValueError: an array that is none.
    """
    if not isinstance(picture, np.ndarray):
        return picture.width, picture.height
    _check_picture(picture)
    return picture.shape[1], picture.shape[0]


def _check_picture(picture: Bgr) -> None:
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or 0 in picture.shape:
        raise ValueError(f"a picture is uint8 (height, width, 3), not {picture.dtype} {picture.shape}")


def _checked_size(card: ModelCard, size: tuple[int, int] | None) -> tuple[int, int] | None:
    fixed, multiple = (card.input.width, card.input.height), card.input.multiple
    if size is None or size == fixed:
        return size
    if multiple == 0 or min(size) < multiple or max(size) > 4096 or any(side % multiple for side in size):
        rule = f"multiples of {multiple} up to 4096" if multiple else "only the size of the card"
        raise Refusal("vision.size_invalid", operand="size", rule=rule, expected=list(fixed), actual=list(size))
    return size


def _checked_classes(card: ModelCard, classes: Sequence[str] | None) -> NDArray[np.int32]:
    if classes is None:
        return np.arange(len(card.labels), dtype=np.int32)
    unknown = [label for label in classes if label not in card.labels]
    if unknown or not classes:
        raise Refusal("vision.label_unknown", operand="classes", actual=unknown, expected=list(card.labels))
    return np.array(sorted(card.labels.index(label) for label in set(classes)), dtype=np.int32)


def _exclusive_kinds(card: ModelCard) -> NDArray[np.int32]:
    """For each class the number it is suppressed under: its own, or that of the first of its exclusive group."""
    kinds = np.arange(len(card.labels), dtype=np.int32)
    for group in card.exclusive:
        ids = [card.labels.index(label) for label in group]
        kinds[ids] = ids[0]
    return kinds
