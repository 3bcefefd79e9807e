"""What a fleet has done so far, in figures that a benchmark or a person asks for."""

from array import array
from dataclasses import asdict, dataclass, field
from typing import Final

MAX_SAMPLES: Final = 200_000


@dataclass(slots=True)
class Tally:
    """Counts since the fleet began. `register_seconds` holds one figure a registration (the first `MAX_SAMPLES`).

    `flaps`: devices that lost a registration they had, for whatever reason but an order to do so.
    """

    registrations: int = 0
    refusals: int = 0
    failures: int = 0
    flaps: int = 0
    keepalives: int = 0
    keepalives_missed: int = 0
    pages: int = 0
    pages_unanswered: int = 0
    items: int = 0
    queries: int = 0
    controls: int = 0
    notifies: int = 0
    alarms: int = 0
    positions: int = 0
    invites: int = 0
    streams: int = 0
    packets: int = 0
    octets: int = 0
    snapshots: int = 0
    register_seconds: "array[float]" = field(default_factory=lambda: array("d"))

    def registered(self, seconds: float) -> None:
        """A REGISTER was granted so long after the first one was sent."""
        self.registrations += 1
        if len(self.register_seconds) < MAX_SAMPLES:
            self.register_seconds.append(seconds)

    def counts(self) -> dict[str, int]:
        """Everything but the samples."""
        found = asdict(self)
        del found["register_seconds"]
        return found
