"""What looking at one camera costs and what it has lately been worth: figures the budget decides by."""

from collections import deque
from dataclasses import dataclass
from typing import Any, Final

RECENT_SECONDS: Final = 30.0
"""Every figure is of this time."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Figures of the last half minute.

    Attributes:
        looks: pictures looked at, a second.
        coverage: share of the time watched, 0..1.
        decoding, inference: share of a core used for each.
        activity: share of the looks at which something had changed where it is watched, 0..1.
        uncertainty: 0..1; rises with the share of doubtful boxes and with the time not watched.
    """

    looks: float
    coverage: float
    decoding: float
    inference: float
    activity: float
    uncertainty: float

    def told(self) -> dict[str, Any]:
        """As it stands in the lease's state."""
        return {
            "looks": round(self.looks, 3),
            "cost": {"decoding": round(self.decoding, 4), "inference": round(self.inference, 4)},
            "activity": round(self.activity, 3),
            "uncertainty": round(self.uncertainty, 3),
        }


@dataclass(frozen=True, slots=True)
class _Look:
    at: float
    watched: float
    cpu: float
    changed: bool
    boxes: int
    doubtful: int


class Meter:
    """Adds up for one camera. `now` is monotonic s."""

    def __init__(self, now: float) -> None:
        self._began = now
        self._looks: deque[_Look] = deque(maxlen=4096)
        self._decoded: deque[tuple[float, float]] = deque(maxlen=4096)

    def decoded(self, now: float, cpu: float) -> None:
        """Decoding took `cpu` seconds of a core."""
        self._decoded.append((now, cpu))

    def looked(
        self, now: float, *, watched: float, cpu: float, changed: bool = True, boxes: int = 0, doubtful: int = 0
    ) -> None:
        """A picture was looked at.

        Args:
            watched: seconds it stands for.
            cpu: seconds of a core it took.
            changed: whether anything had changed.
            boxes, doubtful: road users in it, and how many of them might be none.
        """
        self._looks.append(_Look(now, watched, cpu, changed, boxes, doubtful))

    def read(self, now: float) -> Reading:
        """The figures at `now`."""
        while self._looks and self._looks[0].at < now - RECENT_SECONDS:
            self._looks.popleft()
        while self._decoded and self._decoded[0][0] < now - RECENT_SECONDS:
            self._decoded.popleft()
        span = max(min(RECENT_SECONDS, now - self._began), 1.0)
        looks = list(self._looks)
        coverage = min(sum(each.watched for each in looks) / span, 1.0)
        boxes = sum(each.boxes for each in looks)
        doubt = sum(each.doubtful for each in looks) / boxes if boxes else 0.0
        return Reading(
            looks=len(looks) / span,
            coverage=coverage,
            decoding=sum(cpu for _, cpu in self._decoded) / span,
            inference=sum(each.cpu for each in looks) / span,
            activity=sum(each.changed for each in looks) / len(looks) if looks else 0.0,
            uncertainty=1 - (1 - doubt) * coverage,
        )
