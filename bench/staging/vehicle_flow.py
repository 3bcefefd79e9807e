"""Known numbers of vehicles over a line, their speed in box lengths, and a queue of known length."""

from collections.abc import Iterator

from commonsight.analyze.model import Line, Zone

from . import Expected, Staged, carriageway, drawn
from .carriageway import FAR, MIDDLE, NEAR, SIZE, Vehicle, flow, stopping

FPS = 10.0
GATE = Line("gate", "gate", (0.5, 1.0), (0.5, 0.55))
STOP = Line("stop", "stop", (0.9, 1.0), (0.9, 0.55))
BEFORE = Zone("before", "before", ((0.0, 0.55), (0.88, 0.55), (0.88, 1.0), (0.0, 1.0)))


def clips(seed: int) -> Iterator[Staged]:
    """Five flows and three queues; figures, no incidents."""

    def clip(name: str, vehicles: list[Vehicle], expected: dict[tuple[str, str], float], seconds: float = 40.0,
             **given: object) -> Staged:  # fmt: skip
        random = drawn.seed(seed, name)
        frames = carriageway.play(vehicles, seconds, FPS, random, **given)  # type: ignore[arg-type]
        known = tuple(Expected("gate", measure, kind, value) for (measure, kind), value in expected.items())
        made = carriageway.setup("vehicle_flow", (), (GATE,))
        return Staged(name, frames, FPS, SIZE, made, expected=known, boxes="given")

    yield clip("one-lane", flow(MIDDLE, 170, 3, 0, 30), {("flow_in", "car"): 10})
    yield clip("two-directions", [*flow(NEAR, 190, 4, 0, 30), *flow(FAR, -160, 3, 1, 30)],
               {("flow_in", "car"): 8, ("flow_out", "car"): 10})  # fmt: skip
    yield clip("lorries-hide-the-far-lane", [*flow(NEAR, 150, 6, 0, 30, "truck"), *flow(FAR, 170, 3, 0, 30)],
               {("flow_in", "car"): 10, ("flow_in", "truck"): 5})  # fmt: skip
    yield clip("a-detector-that-misses-a-fifth", flow(MIDDLE, 150, 2.5, 0, 30), {("flow_in", "car"): 12}, missing=0.2)
    yield clip("mast-in-the-wind", flow(MIDDLE, 160, 3, 0, 30), {("flow_in", "car"): 10}, shake=2.5)

    def queue(name: str, vehicles: list[Vehicle], count: int) -> Staged:
        random = drawn.seed(seed, name)
        known = (Expected("before", "queue_vehicles_max", "all", count),)
        made = carriageway.setup("vehicle_flow", (BEFORE,), (STOP,))
        return Staged(name, carriageway.play(vehicles, 40.0, FPS, random), FPS, SIZE, made, expected=known,
                      boxes="given")  # fmt: skip

    standing = [Vehicle(stopping(520 - 100 * n, 150, 5 + 1.5 * n, 30), MIDDLE, paint=n) for n in range(5)]
    yield queue("a-queue-of-five", standing, 5)
    yield queue(
        "a-queue-of-two-and-one-far-behind", [*standing[:2], Vehicle(carriageway.standing(60.0), MIDDLE, paint=6)], 2
    )
    yield queue("flowing-no-queue", flow(MIDDLE, 160, 3, 0, 40), 0)
