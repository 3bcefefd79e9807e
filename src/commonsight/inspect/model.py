"""Pure rules of inspection: what tries mean, and how fast they may come."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from commonsight.catalog.model import Health
from commonsight.media.probe import ProbeResult

SHARD_CAMERAS = 2_000


@dataclass(frozen=True, slots=True)
class Tried:
    """One try at one camera."""

    camera_id: UUID
    at: datetime
    result: ProbeResult


@dataclass(frozen=True, slots=True)
class Claim:
    """A shard in somebody's hands. What is written under an old `epoch` is refused, so two never go on with one shard.

    `cameras` are tried in order; the first `done` of them are settled.
    """

    sweep_id: UUID
    number: int
    epoch: int
    cameras: tuple[UUID, ...]
    done: int


def health_after(result: ProbeResult, failures: int, offline_after: int) -> Health | None:
    """The state that a try establishes, None when it is too early to say.

    Args:
        failures: failed tries in a row, this one included.
        offline_after: so many settle the matter; a single lost packet must not make a camera offline.
    """
    if result.first_frame:
        return Health.WORKS
    if failures < offline_after:
        return None
    return Health.BAD if result.answered else Health.OFFLINE


def shards(cameras: Iterable[UUID], size: int = SHARD_CAMERAS) -> list[list[UUID]]:
    """Cameras in order, cut into shards."""
    cut: list[list[UUID]] = []
    for camera_id in cameras:
        if not cut or len(cut[-1]) == size:
            cut.append([])
        cut[-1].append(camera_id)
    return cut


class Pace:
    """Moments at which tries may start: evenly, at most `rate` a second. A pause is not made up for by a burst."""

    def __init__(self, rate: float, now: float) -> None:
        if rate <= 0:
            raise ValueError(f"rate {rate} must be above 0")
        self._gap = 1.0 / rate
        self._next = now

    def wait(self, now: float) -> float:
        """Take the next moment; returns the seconds until it comes."""
        start = max(now, self._next)
        self._next = start + self._gap
        return start - now
