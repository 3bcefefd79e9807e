"""What was marked by hand, and how masks are held against it.

`marks/<clip>.json` gives boxes of faces (forehead to chin) and plates at key frames, read off enlarged pictures by eye;
between two key frames they lie on a straight line, which was looked at as an overlay. `segments` are the frames that
are looked at: [first, end, step]. `ignored`: areas where something may or may not be a face or a plate.
"""

import json
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).with_name("marks")
COVERED = 0.8
"""Share of a mark that must be covered for it to count as masked."""
LEAST = 16
"""Pixels of height from which a mark counts."""
RESAMPLES = 4_000


@dataclass(frozen=True)
class Mark:
    """One face or plate in one frame. `track`: clip and name of the person or vehicle it belongs to."""

    track: str
    kind: str
    box: tuple[float, float, float, float]

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]


@dataclass(frozen=True)
class Clip:
    """One clip and its marks."""

    name: str
    fps: float
    sheet: dict[str, Any]

    @property
    def frames(self) -> list[int]:
        """Frames that are looked at, in order."""
        return [frame for first, end, step in self.sheet["segments"] for frame in range(first, end, step)]

    def starts(self) -> set[int]:
        """First frame of each segment: what was remembered before counts no more."""
        return {first for first, _, _ in self.sheet["segments"]}

    def marks(self, frame: int) -> list[Mark]:
        """The marks of a frame."""
        found = []
        for track in self.sheet["tracks"]:
            box = _between({int(key): value for key, value in track["keys"].items()}, frame)
            if box is not None:
                found.append(Mark(f"{self.name}/{track['id']}", track["kind"], box))
        return found

    def ignored(self, frame: int) -> list[list[float]]:
        """Areas of this frame where a mask is neither right nor wrong."""
        return [row["box"] for row in self.sheet["ignored"] if row["from"] <= frame <= row["to"]]


def clips() -> Iterator[Clip]:
    """All marked clips, by name."""
    for path in sorted(FOLDER.glob("*.json")):
        sheet = json.loads(path.read_text("utf-8"))
        yield Clip(sheet["clip"], sheet["fps"], sheet)


def _between(keys: dict[int, list[float]], frame: int) -> tuple[float, float, float, float] | None:
    if not min(keys) <= frame <= max(keys):
        return None
    before, after = max(key for key in keys if key <= frame), min(key for key in keys if key >= frame)
    share = 0.0 if after == before else (frame - before) / (after - before)
    left, right = keys[before], keys[after]
    a, b, c, d = (x + (y - x) * share for x, y in zip(left, right, strict=True))
    return a, b, c, d


@dataclass
class Seen:
    """What came of one frame: for each mark whether it was masked, and how many masks lie on nothing."""

    clip: str
    marks: list[tuple[Mark, bool]]
    false: int | None


def judge(clip: Clip, frame: int, boxes: NDArray[np.float32], width: int, height: int) -> Seen:
    """Hold the masks of one frame against its marks. `boxes`: float32 (N, 4), what is covered."""
    boxes = np.clip(boxes, 0, [width, height, width, height])
    boxes = boxes[(boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])]
    marks = clip.marks(frame)
    judged = [(mark, is_masked(mark.box, boxes, width, height)) for mark in marks]
    if not clip.sheet["count_false"]:
        return Seen(clip.name, judged, None)
    ignored = clip.ignored(frame)
    false = 0
    for box in boxes:
        if any(_shared(box, mark.box) > 0 for mark in marks):
            continue
        area = (box[2] - box[0]) * (box[3] - box[1])
        false += not any(_shared(box, each) > 0.5 * area for each in ignored)
    return Seen(clip.name, judged, false)


def is_masked(box: Sequence[float], boxes: NDArray[np.float32], width: int, height: int) -> bool:
    """Whether enough of `box` lies under `boxes`."""
    return _covered(box, boxes, width, height) >= COVERED


def _shared(one: Sequence[float], two: Sequence[float]) -> float:
    across = min(one[2], two[2]) - max(one[0], two[0])
    down = min(one[3], two[3]) - max(one[1], two[1])
    return max(across, 0.0) * max(down, 0.0)


def _covered(mark: Sequence[float], boxes: NDArray[np.float32], width: int, height: int) -> float:
    """Share of the mark under the union of the boxes, on a grid of quarter pixels."""
    left, top, right, bottom = max(mark[0], 0), max(mark[1], 0), min(mark[2], width), min(mark[3], height)
    xs = np.arange(left + 0.125, right, 0.25)
    ys = np.arange(top + 0.125, bottom, 0.25)
    under = np.zeros((len(ys), len(xs)), np.bool_)
    for box in boxes:
        under |= np.outer((ys >= box[1]) & (ys < box[3]), (xs >= box[0]) & (xs < box[2]))
    return float(under.mean()) if under.size else 0.0


def share(hits: Sequence[tuple[str, bool]]) -> dict[str, Any] | None:
    """Recall with its 95 % interval; None without marks.

    Frames of one person are much alike, so persons and vehicles are resampled, not frames; where that says nothing
    (all found, or one person only) the Wilson interval over frames is wider and is taken.
    """
    n, hit = len(hits), sum(was for _, was in hits)
    if not n:
        return None
    by_track: dict[str, list[bool]] = {}
    for track, was in hits:
        by_track.setdefault(track, []).append(was)
    groups = [(sum(group), len(group)) for _, group in sorted(by_track.items())]
    low, high = _resampled(groups)
    wide = _wilson(hit, n)
    return {
        "recall": round(hit / n, 4),
        "interval95": [round(min(low, wide[0]), 4), round(max(high, wide[1]), 4)],
        "n": n,
        "masked": hit,
        "tracks": len(groups),
    }


def _resampled(groups: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """The middle 95 % of sum over sum, groups drawn with replacement; the same draws in every run."""
    chance = random.Random(7)
    drawn = []
    for _ in range(RESAMPLES):
        picked = chance.choices(groups, k=len(groups))
        drawn.append(sum(part for part, _ in picked) / sum(whole for _, whole in picked))
    drawn.sort()
    return drawn[round(0.025 * RESAMPLES)], drawn[round(0.975 * RESAMPLES) - 1]


def _wilson(hit: int, n: int) -> tuple[float, float]:
    z = 1.96
    middle = (hit + z * z / 2) / (n + z * z)
    half = z * math.sqrt(hit * (n - hit) / n + z * z / 4) / (n + z * z)
    return middle - half, middle + half


def summary(seen: Sequence[Seen], least: float = LEAST) -> dict[str, Any]:
    """Recall of faces, plates and both from `least` pixels of height up, and masks on nothing a frame."""
    hits = [(mark, was) for frame in seen for mark, was in frame.marks if mark.height >= least]
    false = [frame.false for frame in seen if frame.false is not None]
    made: dict[str, Any] = {
        name: share([(mark.track, was) for mark, was in hits if mark.kind in kinds])
        for name, kinds in (("faces_plates", ("face", "plate")), ("faces", ("face",)), ("plates", ("plate",)))
    }
    made["false_per_frame"] = round(sum(false) / len(false), 4) if false else None
    by_clip: dict[str, list[int]] = {}
    for frame in seen:
        if frame.false is not None:
            by_clip.setdefault(frame.clip, []).append(frame.false)
    if by_clip:
        bounds = _resampled([(sum(group), len(group)) for _, group in sorted(by_clip.items())])
        made["false_interval95"] = [round(bound, 4) for bound in bounds]
    made["frames_for_false"] = len(false)
    return made
