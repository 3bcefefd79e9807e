"""A car parks at the kerb for longer than allowed; and short stops, people getting out, hours without a ban."""

from collections.abc import Iterator
from datetime import UTC, datetime

from commonsight.analyze.model import Zone

from . import NOON, Event, Staged, carriageway, drawn
from .carriageway import MIDDLE, NEAR, SIZE, Vehicle, flow, stopping

FPS = 0.5
MINUTES = 3.0
KERB = Zone("kerb", "kerb", ((0.0, 0.7), (1.0, 0.7), (1.0, 0.8), (0.0, 0.8)))
"""The lane along the kerb; the near lane is a running one and not in it."""
EVENING = datetime(2026, 5, 13, 14, 0, tzinfo=UTC)
"""22:00 in Asia/Shanghai."""


def clips(seed: int) -> Iterator[Staged]:
    """Six parked cars, six near misses."""

    def clip(
        name: str, vehicles: list[Vehicle], truth: tuple[Event, ...] = (), seconds: float = 420.0,
        at: datetime = NOON, hours: tuple[float, float] = (0.0, 24.0), **given: object,
    ) -> Staged:  # fmt: skip
        random = drawn.seed(seed, name)
        frames = carriageway.play(vehicles, seconds, FPS, random, **given)  # type: ignore[arg-type]
        made = carriageway.setup("illegal_parking", (KERB,), from_hour=hours[0], to_hour=hours[1], minutes=MINUTES)
        return Staged(name, frames, FPS, SIZE, made, truth, boxes="given", at=at)

    def event(began: float, ended: float, grace: float = 0.0, x: float = 320) -> Event:
        return Event("illegal_parking", began, ended, 60 * MINUTES + grace + 15, carriageway.area(x, MIDDLE))

    past = flow(NEAR, 150, 12, 0, 420)
    yield clip("parked-to-the-end", [Vehicle(stopping(320, 60, 30), paint=2), *past], (event(30, 420),))
    yield clip("parked-and-gone", [Vehicle(stopping(320, 60, 30, 330), paint=3), *past], (event(30, 330),))
    lost = Vehicle(stopping(320, 60, 20), paint=4, blind=lambda t: 120 <= t < 200 or 260 <= t < 300)
    yield clip("lost-by-the-detector-for-minutes", [lost, *past], (event(20, 420),))
    lorries = flow(NEAR, 90, 9, 0, 420, "truck")
    yield clip("behind-lorries", [Vehicle(stopping(320, 60, 30), paint=0), *lorries], (event(30, 420),))
    two = [Vehicle(stopping(220, 60, 20), paint=2), Vehicle(stopping(480, 60, 60), paint=5)]
    yield clip("two-cars", [*two, *past], (event(20, 420, x=220), event(60, 420, x=480)))
    beside = [(lambda t: (365.0, 284.0) if 34 <= t < 60 else None, 46)]
    yield clip("people-get-out-and-it-stays", [Vehicle(stopping(320, 60, 30), paint=6), *past], (event(30, 420, 120),),
               people=beside)  # fmt: skip

    yield clip("two-minutes", [Vehicle(stopping(320, 60, 30, 150), paint=2), *past])
    loading = [(lambda t: (365.0, 284.0) if 34 <= t < 200 else None, 46)]
    yield clip("loading-within-the-grace", [Vehicle(stopping(320, 60, 30, 290), paint=3), *past], people=loading)
    yield clip("in-the-evening-it-is-allowed", [Vehicle(stopping(320, 60, 30), paint=2), *past], at=EVENING,
               hours=(7.0, 21.0))  # fmt: skip
    yield clip("in-the-running-lane", [Vehicle(stopping(320, 60, 30), NEAR, paint=2)])
    rank = [Vehicle(stopping(320, 60, 10 + 50 * n, 52 + 50 * n), paint=n) for n in range(8)]
    yield clip("taxis-one-after-the-other", [*rank, *past])
    yield clip("only-passing", [*past, *flow(MIDDLE, 80, 14, 0, 420)], shake=2.0)
