"""Somebody in a yard where nobody may be; and people beside it, animals, posts, and hours at which all is allowed."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from commonsight.analyze.model import Zone
from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.model import Setup

from . import NOON, Event, Shot, Staged, boxes, drawn
from .people import Where, crosses, pixels, staged, stands, walks, zone

YARD = zone(7, 4, 15, 12)
FPS = 4.0
LATE = 4.0


def clips(seed: int) -> Iterator[Staged]:
    """Five intrusions, six near misses."""

    def clip(name: str, people: Sequence[Where], inside: float | None, seconds: float = 25, **given: object) -> Staged:
        truth = [] if inside is None else [Event("intrusion", inside, seconds, LATE)]
        return staged(name, "intrusion", people, seconds, FPS, seed, zones=[YARD], truth=truth, **given)  # type: ignore[arg-type]

    yield clip("walks-through", [crosses(1, (1, 8), (19, 8))], 5.6)
    yield clip("walks-in-and-stays", [walks((1, 1, 6), (9, 10, 8), (25, 10.2, 8))], 6.4)
    yield clip("on-known-ground", [crosses(1, (19, 6), (1, 10))], 4.3, ground=True)
    night = {"from": 22.0, "until": 6.0}
    late = NOON + timedelta(hours=11)
    yield clip("at-night", [crosses(1, (1, 8), (19, 8))], 5.6, settings=night, at=late)
    yield clip("two-one-after-the-other", [crosses(1, (1, 8), (19, 8)), crosses(5, (1, 10), (19, 10))], 5.6)

    yield clip("along-the-fence", [walks((1, 6.6, 1), (12, 6.6, 14)), walks((3, 15.4, 14), (14, 15.4, 1))], None)
    border = [lambda t: (7 + 0.12 * (1 if int(t * 4) % 2 else -1), 4 + t * 0.4)]
    yield clip("on-the-border", border, None)
    yield clip("by-day-it-is-allowed", [crosses(1, (1, 8), (19, 8))], None, settings=night)
    yield clip("post-taken-for-somebody", [stands(11, 8)], None)
    yield clip("car-drives-in", [crosses(1, (1, 8), (19, 8), 3.0)], None, kinds=["car"])
    yield _animal(seed)


def clean(clip: str, size: tuple[int, int]) -> Setup | None:  # noqa: ARG001 - shares of the picture
    """The lawn of the square, where nobody goes: elsewhere people are where they may be, and each would be one."""
    if clip != "vtest":
        return None
    lawn = Zone("lawn", "lawn", ((0.0, 0.52), (0.4, 0.72), (0.4, 0.98), (0.0, 0.98)), ("person",))
    settings = {parameter.code: parameter.default for parameter in packaged("intrusion").parameters}
    return Setup("clean", "intrusion", (lawn,), settings=settings)


def _animal(seed: int) -> Staged:
    """A dog in the yard that the detector takes for a person: wider than high."""
    name = "dog-taken-for-somebody"
    base = staged(name, "intrusion", [], 20, FPS, seed, zones=[YARD])
    random = drawn.seed(seed, name, "boxes")
    dog = drawn.bag(34, 18, (90, 70, 50), drawn.seed(seed, name, "coat"))
    where = crosses(1, (1, 8), (19, 8), 2.0)

    def frames() -> Iterator[Shot]:
        for shot in base.frames:
            place = where(shot.pts)
            if place is None:
                yield shot
                continue
            left, low = pixels(*place)
            box = drawn.paste(shot.bgr, dog, left - 17, low - 18)
            yield Shot(shot.pts, shot.bgr, boxes.noisy([("person", box)], random, base.size))

    return Staged(name, frames(), FPS, base.size, base.setup, (), (), "given", coded=False)
