"""Left things, heaps and collection points: what is told, when, and what never is."""

from datetime import UTC, datetime
from typing import Any

import pytest

from commonsight.analyze.model import Line, Zone
from commonsight.analyze.scenes.city.garbage import Garbage
from commonsight.analyze.scenes.city.garbage_point import GarbagePoint, is_open
from commonsight.analyze.scenes.city.left_object import LeftObject
from commonsight.analyze.scenes.model import Setup
from tests.analyze.scenes.place import Put, began, ended, figures, looks, run

BAG = (100, 100, 132, 132)
PLACE = Zone("place", "place", ((0.25, 0.5), (0.9, 0.5), (0.9, 0.98), (0.25, 0.98)))


def left(**settings: float) -> LeftObject:
    return LeftObject(Setup("s", "left_object", settings={"seconds": 20, "largest": 0.1, "brought": 0.5, **settings}))


def person(x: int, since: float, until: float) -> Put:
    return Put((x, 70, x + 26, 134), since, until, (90, 110, 60), kind="person")


def test_a_bag_that_somebody_leaves_is_told_once_he_has_gone_long_enough_and_ends_when_it_is_taken() -> None:
    told, _ = run(left(), looks([Put(BAG, 30, 70), person(72, 28, 36)], seconds=84))
    [(when, incident)] = began(told)
    assert incident == "left_object"
    assert 50 <= when <= 58
    [over] = ended(told)
    assert 70 <= over <= 74


def test_who_stays_with_his_bag_has_not_left_it() -> None:
    told, _ = run(left(), looks([Put(BAG, 30), person(72, 28, 200)]))
    assert told == []


def test_somebody_who_stands_still_is_no_thing() -> None:
    told, _ = run(left(), looks([person(100, 30, 200)]))
    assert told == []


def test_what_was_there_from_the_start_and_is_taken_away_leaves_nothing_behind() -> None:
    told, _ = run(left(brought=0), looks([Put(BAG, 0, 40)]))
    assert told == []


def test_a_thing_that_nobody_was_seen_to_bring_is_told_only_where_that_is_allowed() -> None:
    assert began(run(left(brought=1), looks([Put(BAG, 30)]))[0]) == []
    assert len(began(run(left(brought=0), looks([Put(BAG, 30)]))[0])) == 1


def test_a_shadow_is_no_thing() -> None:
    def shade(pixels: Any, time: float) -> Any:
        made = pixels.copy()
        if time >= 30:
            made[84:124, 90:150] *= 0.55
        return made

    told, _ = run(left(brought=0), looks(light=shade))
    assert told == []


def test_the_detector_rests_while_nothing_is_there() -> None:
    asked: list[float] = []
    run(left(), looks([Put(BAG, 60)], asked=asked))
    assert asked
    assert min(asked) >= 60


def test_what_lasts_ends_when_the_camera_is_given_back() -> None:
    scene = left(brought=0)
    run(scene, looks([Put(BAG, 30)]))
    assert [one.incident for one in scene.leave(datetime(2026, 5, 13, tzinfo=UTC))] == ["left_object"]


def test_a_heap_is_told_when_it_covers_enough_for_long_enough_and_its_share_is_a_figure() -> None:
    heap = [Put((80 + 30 * n, 96, 108 + 30 * n, 130), 30, 80, (40 + 30 * n, 70, 120)) for n in range(3)]
    setup = Setup("s", "garbage", (PLACE,), settings={"seconds": 20, "share": 0.08})
    told, given = run(Garbage(setup), looks(heap, seconds=100))
    [(when, incident)] = began(told)
    assert incident == "garbage"
    assert 50 <= when <= 56
    [over] = ended(told)
    assert 80 <= over <= 86
    shares = figures(given, "clutter_share")
    assert max(shares) == pytest.approx(3 * 28 * 34 / (156 * 77), abs=0.12)
    assert shares[-1] == 0


def test_cars_that_park_and_a_single_small_bag_are_no_heap() -> None:
    setup = Setup("s", "garbage", (PLACE,), settings={"seconds": 20, "share": 0.08})
    parked = Put((80, 90, 170, 140), 30, kind="car")
    assert began(run(Garbage(setup), looks([parked]))[0]) == []
    assert began(run(Garbage(setup), looks([Put((100, 100, 122, 122), 30)]))[0]) == []


RIM = Line("rim", "rim", (0.3, 0.5), (0.7, 0.5))
GROUND = Zone("ground", "ground", ((0.1, 0.6), (0.95, 0.6), (0.95, 0.99), (0.1, 0.99)))
POINT = {"seconds": 20.0, "dump_seconds": 8.0, "rim": 0.3, "open_from": 6.0, "open_until": 22.0}


def point(*things: Put, start: datetime | None = None) -> list[tuple[float, str]]:
    setup = Setup("s", "garbage_point", (GROUND,), (RIM,), POINT)
    given = {} if start is None else {"start": start}
    return began(run(GarbagePoint(setup), looks(things, **given))[0])


def test_what_stands_above_the_rim_is_overflow_and_what_lies_beside_is_a_bag() -> None:
    [(when, incident)] = point(Put((90, 60, 130, 84), 30))
    assert incident == "overflow"
    assert 50 <= when <= 54
    [(when, incident)] = point(Put((150, 110, 184, 144), 30), person(120, 28, 36))
    assert incident == "bag_beside"
    assert 50 <= when <= 54


def test_out_of_hours_a_bag_is_told_at_once_and_as_what_it_is() -> None:
    late = datetime(2026, 5, 13, 15, 0, tzinfo=UTC)
    [(when, incident)] = point(Put((150, 110, 184, 144), 30), person(120, 28, 36), start=late)
    assert incident == "out_of_hours"
    assert 38 <= when <= 42


@pytest.mark.parametrize(
    ("hour", "start", "end", "open_"),
    [(12, 6, 22, True), (22, 6, 22, False), (23, 20, 4, True), (3, 20, 4, True), (4, 20, 4, False), (3, 6, 6, True)],
)
def test_opening_hours_may_go_past_midnight(hour: int, start: float, end: float, open_: bool) -> None:
    assert is_open(datetime(2026, 5, 13, hour, tzinfo=UTC), start, end) is open_
