"""Pure rules of inspection: what tries mean, and what becomes of a shard."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from commonsight.catalog.model import Health
from commonsight.media.probe import ProbeResult

SHARD_CAMERAS = 2_000


@dataclass(frozen=True, slots=True)
class Tried:
    """One try at one camera. `measured`: it stayed for a second keyframe."""

    camera_id: UUID
    at: datetime
    result: ProbeResult
    measured: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """A shard in somebody's hands. What is written under an old `epoch` is refused, so two never go on with one shard.

    `done` of the `cameras` are settled: those whose bits are set in `settled`, the first camera's is the lowest of the
    first byte.
    """

    sweep_id: UUID
    number: int
    epoch: int
    cameras: tuple[UUID, ...]
    done: int
    settled: bytes = b""
    kind: str = "whole"

    def is_settled(self, position: int) -> bool:
        """Whether the camera at `position` has been dealt with."""
        at = position >> 3
        return at < len(self.settled) and bool(self.settled[at] >> (position & 7) & 1)


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


_NOT_THERE = {"unreachable", "refused", "timeout"}


def fault_of(result: ProbeResult) -> str | None:
    """The fault, as maintenance names them, that a settled try shows; None when the camera plays."""
    if result.first_frame:
        return None
    if result.error in ("unauthorized", "undecodable"):
        return result.error
    return "offline" if result.error in _NOT_THERE or not result.answered else "no_video"


def bits(positions: Iterable[int]) -> bytes:
    """The positions as `Claim.settled` has them."""
    number = 0
    for position in positions:
        number |= 1 << position
    return number.to_bytes((number.bit_length() + 7) // 8, "little")


def shards(cameras: Iterable[UUID], size: int = SHARD_CAMERAS) -> list[list[UUID]]:
    """Cameras in order, cut into shards."""
    cut: list[list[UUID]] = []
    for camera_id in cameras:
        if not cut or len(cut[-1]) == size:
            cut.append([])
        cut[-1].append(camera_id)
    return cut
