"""Keeping a box covered while the detector looks away: faces and plates do not vanish between two pictures.

A detector misses the same face now and then. Each box it has found is therefore remembered: while it is not found
again it stays covered where it was and where it was heading, growing a little all the time, until it has been lost
for both a time and a number of pictures. A weak find next to a remembered box counts as that box. What was found once
only, and not surely, is held for a shorter while: most of that is no face.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from commonsight.vision.mask_cover import Boxes
from commonsight.vision.nms import overlap

HOLD_SECONDS: Final = 1.0
HOLD_PICTURES: Final = 5
"""A lost box stays covered for both: slow streams show few pictures a second."""
DOUBTFUL_PICTURES: Final = 2
"""So long stays covered what was found once and not surely."""
MARGIN: Final = np.array([0.3, 0.35, 0.3, 0.3], np.float32)
"""Left, top, right, bottom, as shares of the box's sides: detectors frame a face, not hair, ears and chin."""
GROWTH: Final = 0.5
"""Shares of its sides by which a lost box grows each second, on every side."""
STEP_LEAST: Final = 0.2
"""A box lost for one picture grows at least as if so many seconds had passed: nobody knows where it went."""
GROWN_MOST: Final = 1.0
NEAR: Final = 1.2
"""A find whose middle lies within so many sides of a remembered box's may be that box."""
REMEMBERED_MOST: Final = 600
"""More at once is no street; then the whole picture is covered rather than one box forgotten."""


@dataclass(slots=True)
class _Kept:
    """One remembered box; `speed` in pixels a second of its middle."""

    box: NDArray[np.float32]
    kind: int
    seen: float
    speed: NDArray[np.float32]
    firm: bool
    missed: int = 0


class Hold:
    """The boxes of one stream."""

    def __init__(self, *, seconds: float = HOLD_SECONDS, pictures: int = HOLD_PICTURES) -> None:
        self._seconds = seconds
        self._pictures = pictures
        self._kept: list[_Kept] = []
        self._last = float("-inf")

    def __len__(self) -> int:
        return len(self._kept)

    def near(self, boxes: Boxes, kinds: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Which of these boxes lie on a remembered one of their kind: bool (N,)."""
        result = np.zeros(len(boxes), np.bool_)
        for kept in self._kept:
            result |= (kinds == kept.kind) & _close(boxes, kept.box)
        return result

    def update(
        self, boxes: Boxes, kinds: NDArray[np.int32], at: float, firm: NDArray[np.bool_] | None = None
    ) -> tuple[Boxes, NDArray[np.bool_]]:
        """Take in what was found in the picture at `at` seconds; returns what to cover in it.

        Args:
            boxes: float32 (N, 4), pixels.
            kinds: int32 (N,): faces and plates are never taken for each other.
            at: seconds; a stream whose clock falls back keeps what it remembers.
            firm: bool (N,): found surely; None: all of them. What is found twice is firm, too.

        Returns:
            Boxes to cover, margins included, float32 (M, 4), the finds first; and for each find whether it is new.
        """
        if at < self._last:
            for kept in self._kept:
                kept.seen = min(kept.seen, at)
        self._last = at
        new = np.ones(len(boxes), np.bool_)
        for kept in self._kept:
            kept.missed += 1
        for row, kept in self._pairs(boxes, kinds):
            new[row] = False
            passed = at - kept.seen
            if passed > 0:
                moved = _middle(boxes[row]) - _middle(kept.box)
                kept.speed = kept.speed * np.float32(0.5) + moved * np.float32(0.5 / passed)
            kept.box, kept.seen, kept.missed, kept.firm = boxes[row].copy(), at, 0, True
        held = [kept for kept in self._kept if kept.missed and not self._over(kept, at)]
        covered = [grown(boxes[row]) for row in range(len(boxes))] + [_wandered(kept, at) for kept in held]
        self._kept = [kept for kept in self._kept if not kept.missed] + held
        still = np.zeros(2, np.float32)
        self._kept += [
            _Kept(boxes[row].copy(), int(kinds[row]), at, still, firm is None or bool(firm[row]))
            for row in np.flatnonzero(new)
        ]
        if len(self._kept) > REMEMBERED_MOST:
            self._kept = self._kept[-REMEMBERED_MOST:]
            covered.append(np.array([-np.inf, -np.inf, np.inf, np.inf], np.float32))
        return np.array(covered, np.float32).reshape(-1, 4), new

    def _over(self, kept: _Kept, at: float) -> bool:
        if not kept.firm:
            return kept.missed > DOUBTFUL_PICTURES
        return at - kept.seen > self._seconds and kept.missed > self._pictures

    def _pairs(self, boxes: Boxes, kinds: NDArray[np.int32]) -> list[tuple[int, _Kept]]:
        """Which find is which remembered box, nearest first; a find or a box is used once."""
        if not len(boxes) or not self._kept:
            return []
        known = np.array([kept.box for kept in self._kept], np.float32)
        score = overlap(boxes, known)
        for column, kept in enumerate(self._kept):
            possible = _close(boxes, kept.box) & (kinds == kept.kind)
            score[:, column] = np.where(possible, score[:, column] + 1 / (1 + _distance(boxes, kept.box)), -1)
        pairs: list[tuple[int, _Kept]] = []
        while score.max() > 0:
            row, column = divmod(int(score.argmax()), score.shape[1])
            pairs.append((row, self._kept[column]))
            score[row, :] = -1
            score[:, column] = -1
        return pairs


def grown(box: NDArray[np.float32], more: float = 0.0) -> NDArray[np.float32]:
    """The box with its margin, and `more` shares of its sides on every side."""
    width, height = box[2] - box[0], box[3] - box[1]
    left, top, right, bottom = MARGIN + np.float32(more)
    return np.array(
        [box[0] - left * width, box[1] - top * height, box[2] + right * width, box[3] + bottom * height], np.float32
    )


def _wandered(kept: _Kept, at: float) -> NDArray[np.float32]:
    """A lost box: from where it was last seen to where it was heading, grown."""
    passed = max(at - kept.seen, STEP_LEAST * kept.missed, 0.0)
    step = kept.speed * np.float32(max(at - kept.seen, 0.0))
    ahead = kept.box + np.tile(step, 2)
    both = np.concatenate([np.minimum(kept.box[:2], ahead[:2]), np.maximum(kept.box[2:], ahead[2:])])
    side = kept.box[2:] - kept.box[:2]
    more = np.float32(min(GROWTH * passed, GROWN_MOST))
    reach = MARGIN + more
    return np.concatenate([both[:2] - reach[:2] * side, both[2:] + reach[2:] * side]).astype(np.float32)


def _middle(box: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], np.float32)


def _distance(boxes: Boxes, box: NDArray[np.float32]) -> NDArray[np.float32]:
    """Distance of the middles in sides of `box`: float32 (N,)."""
    side = max(float(np.max(box[2:] - box[:2])), 1.0)
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    away: NDArray[np.float32] = (np.hypot(*(middles - _middle(box)).T) / side).astype(np.float32)
    return away


def _close(boxes: Boxes, box: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Near, and of about the same size: bool (N,)."""
    mine = max(float(np.sqrt(max((box[2] - box[0]) * (box[3] - box[1]), 1e-6))), 1e-3)
    theirs = np.sqrt(np.maximum((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), 1e-6))
    alike = (theirs < 2 * mine) & (theirs > mine / 2)
    result: NDArray[np.bool_] = alike & (_distance(boxes, box) < NEAR)
    return result
