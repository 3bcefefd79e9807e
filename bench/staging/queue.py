"""Queues before a counter, with arrivals and service known to the second."""

from collections.abc import Iterator, Sequence

from commonsight.analyze.model import Zone
from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.model import Setup

from . import Event, Expected, Staged
from .people import Where, crosses, line, staged, walks, zone

LANE = zone(4.4, 6.8, 15, 9.2)
COUNTER = line(4.4, 6.8, 4.4, 9.2)
FPS = 3.0
WALK = 4.0
"""s from the lane's end to the last place: they wait from there."""


def _queue(arrivals: Sequence[float], served: Sequence[float]) -> list[Where]:
    """People who come at these times and are served at those, in order, moving up as the queue does."""

    def waiting(number: int) -> Where:
        arrive, end = arrivals[number], served[number]

        def place(time: float) -> float:
            return 5 + 0.9 * max(number - sum(one <= time for one in served), 0)

        legs = [(arrive, 18.0, 8.0), (arrive + 7, place(arrive + 7), 8.0)]
        for one in served:
            if arrive + 7 < one < end:
                legs += [(one, place(one - 0.01), 8.0), (one + 1.5, place(one), 8.0)]
        return walks(*legs, (max(end, legs[-1][0] + 0.5), 5, 8.0), (end + 3, 4.0, 5.0), (end + 8, 1, 2))

    return [waiting(number) for number in range(len(arrivals))]


def clips(seed: int) -> Iterator[Staged]:
    """Five queues that get too long or do not, three near misses."""

    def clip(
        name: str, arrivals: Sequence[float], served: Sequence[float], seconds: float, long: tuple[float, float] | None,
        more: Sequence[Where] = (),
    ) -> Staged:  # fmt: skip
        truth = [] if long is None else [Event("queue_long", *long, 40)]
        done = sum(one < seconds - 6 for one in served)
        expected = [Expected("zone", "served", "person", float(done))] if served or not more else []
        if done >= 3:
            waited = sum(end - come - WALK for come, end in zip(arrivals[:done], served[:done], strict=True))
            expected.append(Expected("zone", "wait", "person", _lately(arrivals, served, done)))
            assert waited > 0
        return staged(
            name, "queue", [*_queue(arrivals, served), *more], seconds, FPS, seed, zones=[LANE], lines=[COUNTER],
            truth=truth, expected=expected, settings={"most": 4.0, "seconds": 15.0},
        )  # fmt: skip

    yield clip("short-and-steady", [0, 15, 30, 45, 60], [20, 34, 48, 62, 76], 95, None)
    arrivals, served = [6.0 * n for n in range(9)], [20 + 15.0 * n for n in range(9)]
    yield clip("grows-too-long", arrivals, served, 160, (37, 108))
    yield clip("a-bus-arrives", [4.0 * n for n in range(8)], [30 + 14.0 * n for n in range(8)], 145, (22, 88))
    yield clip("slow-counter", [10.0 * n for n in range(7)], [28 + 22.0 * n for n in range(7)], 180, (57, 100))
    yield clip("quick-counter", [7.0 * n for n in range(12)], [14 + 7.5 * n for n in range(12)], 115, None)
    passing = [crosses(1 + 3.0 * n, (1, 8), (19, 8), 2.2) for n in range(16)]
    yield clip("only-passers", [], [], 60, None, passing)
    yield clip("for-a-moment", [0, 3, 6, 9], [14, 18, 22, 26], 50, None)
    beside = [walks((0, 10, 5.2), (60, 10.1, 5.2)), walks((0, 12, 11.0), (60, 12.1, 11.0))]
    yield clip("beside-the-lane", [], [], 60, None, beside)


def clean(clip: str, size: tuple[int, int]) -> Setup | None:  # noqa: ARG001 - shares of the picture
    """A stretch of pavement people cross: nobody queues there. On the roads of the other clips nobody would."""
    if clip != "vtest":
        return None
    lane = Zone("lane", "lane", ((0.3, 0.42), (0.6, 0.36), (0.62, 0.5), (0.32, 0.56)), ("person",))
    settings = {parameter.code: parameter.default for parameter in packaged("queue").parameters}
    return Setup("clean", "queue", (lane,), settings=settings | {"most": 4.0, "seconds": 15.0})


def _lately(arrivals: Sequence[float], served: Sequence[float], done: int) -> float:
    """Mean waiting time of the last ten served."""
    pairs = list(zip(arrivals[:done], served[:done], strict=True))[-10:]
    return sum(end - come - WALK for come, end in pairs) / len(pairs)
