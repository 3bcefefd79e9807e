"""Thousands of virtual cameras and their ills, from a seed: camera `i` is always the same camera."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What is wrong with a virtual camera."""

    NONE = "none"
    REFUSED = "refused"  # offline: nothing listens at its address
    HUNG = "hung"  # offline: accepts the connection and never says a word
    MISSING = "missing"  # the recorder answers 404 for this channel
    UNAUTHORIZED = "unauthorized"  # its password is not the one on file
    NO_VIDEO = "no_video"  # agrees to play, sends nothing
    BROKEN = "broken"  # sends pictures that cannot be decoded
    SLOW = "slow"  # works, but every answer takes its time
    GARBAGE = "garbage"  # something else lives at its address and does not speak the protocol


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares of a fleet's faults. The rest is healthy: by default about 80 % online and 70 % playable."""

    refused: float = 0.16
    hung: float = 0.01
    missing: float = 0.03
    unauthorized: float = 0.01
    no_video: float = 0.06
    broken: float = 0.03
    slow: float = 0.03

    def __post_init__(self) -> None:
        shares = [getattr(self, name) for name in self.__slots__]
        if min(shares) < 0 or sum(shares) > 1:
            raise ValueError(f"mix: shares must be at least 0 and sum to at most 1, sum is {sum(shares):g}")


BLOCK = 500
"""Neighbouring cameras that share the quality of their upkeep: places differ, as they do in life."""


class Fleet:
    """The plan of a fleet; the server plays it, the demo's seeding and the tests read it.

    Args:
        seed: of every choice.
        count: cameras, numbered from 0.
        host, port: where the virtual cameras listen.
        dead_port: a port where nothing listens, for cameras that are off.
    """

    def __init__(
        self, seed: int, count: int, *, host: str = "127.0.0.1", port: int = 8654, dead_port: int | None = None,
        mix: Mix | None = None,
    ) -> None:  # fmt: skip
        self.seed = seed
        self.count = count
        self.host = host
        self.port = port
        self.dead_port = dead_port if dead_port is not None else port + 1
        self.mix = mix or Mix()

    def address(self, index: int) -> str:
        """RTSP URL of camera `index`."""
        port = self.dead_port if self.fault(index) is Fault.REFUSED else self.port
        return f"rtsp://{self.host}:{port}/fleet/{index}"

    def fault(self, index: int) -> Fault:
        """What is wrong with camera `index`. Raises IndexError outside the fleet."""
        if not 0 <= index < self.count:
            raise IndexError(f"camera {index} of a fleet of {self.count}")
        upkeep = 0.4 + 1.2 * self._chance("block", index // BLOCK)  # mean 1
        left = self._chance("camera", index)
        for fault in (
            Fault.REFUSED, Fault.HUNG, Fault.MISSING, Fault.UNAUTHORIZED, Fault.NO_VIDEO, Fault.BROKEN, Fault.SLOW,
        ):  # fmt: skip
            left -= getattr(self.mix, fault.value) * upkeep
            if left < 0:
                return fault
        return Fault.NONE

    def reel(self, index: int, reels: int) -> int:
        """Which of `reels` clips camera `index` plays."""
        return int(self._chance("reel", index) * reels)

    def _chance(self, what: str, number: int) -> float:
        """Uniform in 0..1, the same for ever."""
        digest = hashlib.blake2b(f"{self.seed}:{what}:{number}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64
