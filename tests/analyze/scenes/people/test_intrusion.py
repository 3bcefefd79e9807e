from datetime import UTC, datetime, timedelta

import pytest

from commonsight.analyze.model import Zone
from commonsight.analyze.scenes.people.intrusion import Intrusion, forbidden
from tests.analyze.scenes.people.walk import NOON, Flat, Where, looks, rectangle, run, setup, stands, walks

YARD = rectangle(8, 6, 16, 18)
THROUGH = walks((1, 12), (19, 12), begin=1)


@pytest.mark.parametrize("ground", [None, Flat()])
def test_somebody_inside_is_reported_once_and_ends(ground: Flat | None) -> None:
    told = run(Intrusion(setup("intrusion", zones=[YARD], ground=ground, clear=5)), looks([THROUGH], 25, 4))
    assert told.phases() == ["began", "ended"]
    assert 6.4 <= told.sightings[0][0] <= 9
    assert told.sum("intruders") == 1


def along_the_border(t: float) -> tuple[float, float] | None:
    return (8.0 + 0.15 * (-1) ** int(t * 4), 4 + t)


@pytest.mark.parametrize(
    ("who", "kind", "wide"),
    [
        (along_the_border, "person", 26.0),
        (stands(12, 12), "person", 26.0),  # a post that looks like somebody
        (THROUGH, "person", 90.0),  # a dog is longer than high
        (THROUGH, "car", 90.0),  # not asked for
    ],
)
def test_near_misses_are_no_intrusion(who: Where, kind: str, wide: float) -> None:
    zone = Zone(YARD.id, YARD.name, YARD.polygon, ("person",))
    told = run(Intrusion(setup("intrusion", zones=[zone])), looks([who], 18, 4, kind=kind, wide=wide))
    assert told.phases() == []


def test_hours_are_those_of_the_region() -> None:
    # 4:00 UTC is noon in Asia/Shanghai.
    quiet = run(Intrusion(setup("intrusion", zones=[YARD], **{"from": 22, "until": 6})), looks([THROUGH], 18, 4))
    assert quiet.phases() == []
    night = looks([THROUGH], 18, 4, begin=NOON + timedelta(hours=11))
    assert run(Intrusion(setup("intrusion", zones=[YARD], **{"from": 22, "until": 6})), night).phases() == ["began"]


def test_what_lasts_when_the_camera_is_given_back_ends() -> None:
    scene = Intrusion(setup("intrusion", zones=[YARD]))
    assert run(scene, looks([THROUGH], 10, 4)).phases() == ["began"]
    assert [each.phase.value for each in scene.leave(NOON)] == ["ended"]
    assert not scene.leave(NOON)


@pytest.mark.parametrize(
    ("hour", "begin", "end", "is_it"),
    [
        (23, 22, 6, True),
        (5, 22, 6, True),
        (6, 22, 6, False),
        (12, 22, 6, False),
        (12, 8, 18, True),
        (18, 8, 18, False),
        (3, 0, 24, True),
        (3, 7, 7, True),
    ],
)
def test_hours_run_over_midnight(hour: int, begin: float, end: float, is_it: bool) -> None:
    assert forbidden(datetime(2026, 5, 13, hour, tzinfo=UTC), begin, end) is is_it


def test_somebody_nearby_asks_for_a_closer_look() -> None:
    told = run(Intrusion(setup("intrusion", zones=[YARD])), looks([walks((1, 12), (7.5, 12), begin=1)], 6, 4))
    assert told.afoot
    assert told.afoot[0] > 2
