"""What a detector finds in one picture, in columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Detections:
    """N objects of one picture; every column has N rows, in falling order of confidence when fresh from a detector.

    xyxy: float32 (N, 4), left, top, right, bottom in pixels of the given picture; inside it.
    confidence: float32 (N,), 0..1. Comparable only within one model: cards state a sensible threshold.
    class_id: int32 (N,), index into `names`.
    tracker_id: int64 (N,), or None before tracking.
    names: label of each class id.
    """

    xyxy: NDArray[np.float32]
    confidence: NDArray[np.float32]
    class_id: NDArray[np.int32]
    names: tuple[str, ...]
    tracker_id: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        count = len(self.confidence)
        columns = {"xyxy": self.xyxy, "class_id": self.class_id, "tracker_id": self.tracker_id}
        for name, column in columns.items():
            if column is not None and len(column) != count:
                raise ValueError(f"{name} has {len(column)} rows, confidence has {count}; columns must be equally long")
        if self.xyxy.shape != (count, 4):
            raise ValueError(f"xyxy has shape {self.xyxy.shape}, expected ({count}, 4)")

    @classmethod
    def empty(cls, names: Sequence[str] = ()) -> Detections:
        """No objects."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int32), tuple(names))

    def __len__(self) -> int:
        return len(self.confidence)

    def select(self, mask: NDArray[Any]) -> Detections:
        """The rows of a boolean mask or of indices, in that order."""
        tracked = None if self.tracker_id is None else self.tracker_id[mask]
        return Detections(self.xyxy[mask], self.confidence[mask], self.class_id[mask], self.names, tracked)

    def of(self, *labels: str) -> Detections:
        """The rows of these labels; a label the model does not know selects nothing."""
        ids = [index for index, name in enumerate(self.names) if name in labels]
        return self.select(np.isin(self.class_id, ids))

    def labels(self) -> list[str]:
        """The label of each row."""
        return [self.names[index] for index in self.class_id]

    def tracked(self, tracker_id: NDArray[np.int64]) -> Detections:
        """The same rows with their track numbers."""
        return replace(self, tracker_id=tracker_id)

    def relative(self, width: int, height: int) -> NDArray[np.float32]:
        """Boxes as shares of the picture, 0..1: float32 (N, 4)."""
        scale = np.array([width, height, width, height], dtype=np.float32)
        return np.divide(self.xyxy, scale, dtype=np.float32)

    def anchors(self) -> NDArray[np.float32]:
        """Bottom-centre point of each box, where a thing touches the ground: float32 (N, 2), pixels."""
        middle = (self.xyxy[:, 0] + self.xyxy[:, 2]) / np.float32(2)
        return np.stack([middle, self.xyxy[:, 3]], axis=1)

    def to_supervision(self) -> Any:
        """The same as `supervision.Detections` (package `supervision`, not a dependency of this one)."""
        return import_module("supervision").Detections(
            xyxy=self.xyxy,
            confidence=self.confidence,
            class_id=self.class_id.astype(int),
            tracker_id=self.tracker_id,
            data={"class_name": np.array(self.labels(), dtype=str)},
        )
