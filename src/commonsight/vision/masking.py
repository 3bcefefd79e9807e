"""Masking one stream: find faces and plates in every picture, remember them, cover them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from commonsight.vision.cards import card
from commonsight.vision.detect import Detector
from commonsight.vision.mask_cover import Boxes, cover_bgr
from commonsight.vision.mask_hold import Hold, grown
from commonsight.vision.mask_policy import FACE, PLATE, Policy, models
from commonsight.vision.nms import suppress
from commonsight.vision.picture import Bgr, Picture
from commonsight.vision.store import ModelStore

SCORE: Final = {FACE: 0.2, PLATE: 0.15}
"""Lowest confidence of a new find. Below what detection for its own sake would take: a needless grey box harms less
than a face. Chosen on the clips of `bench.mask`, like all thresholds here."""
WEAK: Final = {FACE: 0.08, PLATE: 0.08}
"""Lowest confidence of a find on a remembered box."""
SURE: Final = 0.5
"""From here on a find is held long though it was seen only once."""
ENLARGED: Final = {FACE: (2.0,), PLATE: (1.0, 1.5)}
"""How much a picture is enlarged at most on its way into each network: faces below 16 pixels are found twice their
size, plates at two sizes, because each finds some that the other does not."""
SIDE_MOST: Final = 1280
"""Longer side, pixels, at which pictures enter the networks."""

_Waiting = TypeVar("_Waiting")


def entry_size(width: int, height: int, enlarged: float, *, side: int = SIDE_MOST) -> tuple[int, int]:
    """(width, height) at which a picture of this size enters a network: enlarged or shrunk, multiples of 32."""
    scale = min(side / max(width, height), enlarged)
    columns, rows = (max(1, round(pixels * scale / 32)) * 32 for pixels in (width, height))
    return columns, rows


@dataclass(slots=True)
class _Delayed(Generic[_Waiting]):
    picture: _Waiting
    boxes: Boxes


class Masker:
    """Says what to cover in each picture of one stream. Belongs to one thread.

    Args:
        wanted: what to take out.
        store: where the models lie.
        threads: of one inference.
        side: longer side at which pictures enter the networks; larger finds smaller faces and takes longer.
        hold: keep lost boxes covered; False only to measure what that is worth.

    Raises:
        Refusal: `vision.model_missing`, `vision.model_changed`.
    """

    def __init__(
        self, wanted: Policy, store: ModelStore, *, threads: int = 1, side: int = SIDE_MOST, hold: bool = True
    ) -> None:
        self.policy = wanted
        self._side = side
        self._hold = Hold() if hold else None
        self._detectors = [
            (kind, name, Detector(card(name), store.path(name), threads=threads, classes=None))
            for kind, name in enumerate(models(wanted))
        ]

    def boxes(self, picture: Bgr | Picture, at: float) -> Boxes:
        """What to cover in this picture, margins included: float32 (N, 4), pixels; may reach beyond the picture.

        Args:
            picture: as `Detector.detect` takes it.
            at: seconds on the stream's clock.
        """
        return self.look(picture, at)[0]

    def look(self, picture: Bgr | Picture, at: float) -> tuple[Boxes, Boxes]:
        """As `boxes`, and apart the boxes of what was not there before, with margin: (N, 4) and (M, 4)."""
        if isinstance(picture, np.ndarray):
            height, width = picture.shape[:2]
        else:
            width, height = picture.width, picture.height
        found, kinds, scores = self._find(picture, width, height)
        if self._hold is None:
            covered = np.array([grown(box) for box in found], np.float32).reshape(-1, 4)
            return covered, covered
        covered, new = self._hold.update(found, kinds, at, scores >= SURE)
        return covered, covered[: len(found)][new]

    def mask(self, picture: Bgr, at: float) -> Bgr:
        """A masked copy of an array: uint8 (height, width, 3)."""
        masked = picture.copy()
        cover_bgr(masked, self.boxes(picture, at))
        return masked

    def _find(
        self, picture: Bgr | Picture, width: int, height: int
    ) -> tuple[Boxes, NDArray[np.int32], NDArray[np.float32]]:
        """Boxes, kinds and scores of what counts as found."""
        boxes, kinds = [np.zeros((0, 4), np.float32)], [np.zeros(0, np.int32)]
        scores = [np.zeros(0, np.float32)]
        for kind, name, detector in self._detectors:
            sizes = dict.fromkeys(entry_size(width, height, most, side=self._side) for most in ENLARGED[name])
            found = [detector.detect(picture, WEAK[name], size=size) for size in sizes]
            xyxy = np.concatenate([each.xyxy for each in found])
            confidence = np.concatenate([each.confidence for each in found])
            if len(found) > 1:
                kept = suppress(xyxy, confidence, np.zeros(len(xyxy), np.int32), detector.card.iou)
                xyxy, confidence = xyxy[kept], confidence[kept]
            number = np.full(len(xyxy), kind, np.int32)
            counts = confidence >= SCORE[name]
            if self._hold is not None:
                counts |= self._hold.near(xyxy, number)
            boxes.append(xyxy[counts])
            kinds.append(number[counts])
            scores.append(confidence[counts])
        return np.concatenate(boxes), np.concatenate(kinds), np.concatenate(scores)


class Ahead(Generic[_Waiting]):
    """Holds pictures back until the next ones have been looked at, so that what is found late is covered early too.

    Args:
        masker: of this stream.
        pictures: how many to hold back. None are: nothing is late, and a face counts from where it is first found.
    """

    def __init__(self, masker: Masker, pictures: int) -> None:
        self._masker = masker
        self._pictures = pictures
        self._waiting: deque[_Delayed[_Waiting]] = deque()

    def feed(self, picture: Any, at: float, kept: _Waiting) -> list[tuple[_Waiting, Boxes]]:
        """Look at a picture; returns what may go now, with what to cover in it. `kept` is handed back with it."""
        covered, new = self._masker.look(picture, at)
        for age, waiting in enumerate(reversed(self._waiting), start=1):
            wider = np.array([grown(box, 0.1 * age) for box in new], np.float32).reshape(-1, 4)
            waiting.boxes = np.concatenate([waiting.boxes, wider])
        self._waiting.append(_Delayed(kept, covered))
        return [self._next() for _ in range(len(self._waiting) - self._pictures)]

    def flush(self) -> list[tuple[_Waiting, Boxes]]:
        """What still waits."""
        return [self._next() for _ in range(len(self._waiting))]

    def _next(self) -> tuple[_Waiting, Boxes]:
        delayed = self._waiting.popleft()
        return delayed.picture, delayed.boxes
