"""Which verdict on a virtual camera is the right one, and how many were."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from commonsight.simulate.big_fleet import Planned
from commonsight.simulate.fleet import Fault

EXPECTED: Final[dict[Fault, str]] = {
    Fault.NONE: "works",
    Fault.SLOW: "works",
    Fault.REFUSED: "offline",
    Fault.HUNG: "offline",
    Fault.MISSING: "bad",
    Fault.UNAUTHORIZED: "bad",
    Fault.NO_VIDEO: "bad",
    Fault.BROKEN: "bad",
    Fault.GARBAGE: "bad",
}
REASONS: Final[dict[Fault, frozenset[str]]] = {
    Fault.REFUSED: frozenset({"refused", "unreachable"}),
    Fault.HUNG: frozenset({"timeout"}),
    Fault.MISSING: frozenset({"not_found"}),
    Fault.UNAUTHORIZED: frozenset({"unauthorized"}),
    Fault.NO_VIDEO: frozenset({"no_video"}),
    Fault.BROKEN: frozenset({"undecodable"}),
    Fault.GARBAGE: frozenset({"protocol", "no_video", "undecodable", "unsupported_codec", "lost"}),
}
"""What may be given as the reason, so that somebody sent there takes the right tool along."""


@dataclass(frozen=True)
class Seen:
    """What was found of a camera."""

    camera: Planned
    health: str | None
    error: str | None
    codec: str | None
    first_frame_ms: int | None


def right(seen: Seen) -> bool:
    """Health, reason and coding are those the camera was made with."""
    camera = seen.camera
    if seen.health != EXPECTED[camera.fault]:
        return False
    if camera.plays:
        return seen.codec == camera.stream.codec.value
    return seen.error in REASONS[camera.fault]


def table(seen: Iterable[Seen]) -> dict[str, Any]:
    """Per protocol and fault: right/all, and what the wrong ones were called."""
    good: Counter[tuple[str, str]] = Counter()
    every: Counter[tuple[str, str]] = Counter()
    wrong: dict[str, Counter[str]] = {}
    for one in seen:
        key = one.camera.protocol, one.camera.fault.value
        every[key] += 1
        good[key] += right(one)
        if not right(one):
            wrong.setdefault("/".join(key), Counter())[f"{one.health}: {one.error}"] += 1
    found: dict[str, Any] = {f"{protocol}/{fault}": f"{good[protocol, fault]}/{count}"
                             for (protocol, fault), count in sorted(every.items())}  # fmt: skip
    if wrong:
        found["wrong"] = {key: dict(count) for key, count in sorted(wrong.items())}
    return found
