"""What tiers cost and are worth."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.analyze.budget.allocate import allocate, steps
from commonsight.analyze.budget.model import terms
from commonsight.analyze.budget.worth import DEPTHS, Fleet, Scenes, caught, dwell, table
from commonsight.analyze.scenes.model import Decoding

OFF, GLANCE, PATROL, WATCH, FOLLOW = range(5)
UNKNOWN = np.array([math.nan])


def scenes(*rows: tuple[int, float, float, float, Decoding, bool]) -> Scenes:
    """Rows of (owner, priority, slowest, burst, decoding, detector)."""
    owner, priority, slowest, burst, depth, detector = zip(*rows, strict=True)
    return Scenes(
        np.array(owner), np.array(priority, float), np.array(slowest, float), np.array(burst, float),
        np.array([DEPTHS.index(each) for each in depth]), np.array(detector), np.zeros(len(owner)),
        np.zeros(len(owner)),
    )  # fmt: skip


def fleet(of: Scenes, cameras: int = 1, **given_: Any) -> Fleet:
    """Cameras of which nothing is known but that they were looked at just now."""
    nothing = np.full(cameras, math.nan)
    plain = Fleet(
        activity=np.full(cameras, 0.5), uncertainty=np.zeros(cameras), age=np.zeros(cameras),
        afoot=np.zeros(cameras, bool), factor=np.ones(cameras), pixels=nothing, fps=nothing,
        hevc=np.zeros(cameras, bool), keyframe=nothing, look_seconds=nothing, decode_factor=nothing, scenes=of,
    )  # fmt: skip
    return replace(plain, **given_)


QUEUE = (0, 2.0, 1.0, 0.2, Decoding.REFERENCE, True)
RUBBISH = (0, 1.0, 60.0, 10.0, Decoding.KEYFRAMES, False)


@given(st.floats(0.1, 1000), st.floats(0.05, 500), st.floats(0.05, 500))
def test_looking_more_often_finds_more_but_ever_less_so(lasting: float, one: float, other: float) -> None:
    often, seldom = min(one, other), max(one, other)
    found = caught(lasting, np.array([seldom, 2 / (1 / seldom + 1 / often), often]))
    assert 0 < found[0] <= found[1] + 1e-12
    assert found[1] <= found[2] + 1e-12
    assert found[2] <= 1
    # At the rate half way between two rates more than half way of what they find is found.
    assert found[1] >= (found[0] + found[2]) / 2 - 1e-9
    assert caught(lasting, np.zeros(1))[0] == 0


def test_below_its_cadence_a_scene_is_worth_nothing() -> None:
    made = table(fleet(scenes(QUEUE)), terms())
    assert made.need.tolist() == [WATCH]
    assert made.served[0].tolist() == [False, False, False, True, True]
    assert made.values[0, PATROL] < 0.3 < made.values[0, WATCH]
    # No tier looks closer than the most demanding scene asks for: it would cost and bring nothing.
    assert made.every[0].tolist() == [0.0, 120.0, 10.0, 1.0, 1.0]
    assert made.values[0, FOLLOW] == pytest.approx(made.values[0, WATCH])


def test_while_something_is_afoot_the_highest_tier_looks_as_closely_as_its_scenes_ask() -> None:
    calm, tense = (table(fleet(scenes(QUEUE), afoot=np.array([afoot])), terms()) for afoot in (False, True))
    assert tense.every[0, FOLLOW] == 0.2
    assert tense.values[0, FOLLOW] > tense.values[0, WATCH] > calm.values[0, WATCH]


def test_a_scene_that_needs_keyframes_only_is_never_decoded_deeper() -> None:
    made = table(fleet(scenes(RUBBISH)), terms())
    assert made.need.tolist() == [PATROL]
    assert (made.depth == 0).all()
    assert made.every[0].tolist() == [0.0, 120.0, 60.0, 60.0, 60.0]
    assert made.costs[0, PATROL] < 0.01


def test_costs_rise_from_nothing_and_follow_what_was_measured() -> None:
    plain = table(fleet(scenes(QUEUE)), terms())
    assert plain.costs[0, OFF] == 0
    assert (np.diff(plain.costs[0]) > 0).all()
    dear = table(fleet(scenes(QUEUE), look_seconds=np.array([0.2]), decode_factor=np.array([3.0])), terms())
    assert dear.decoding[0, WATCH] == pytest.approx(3 * plain.decoding[0, WATCH])
    assert dear.costs[0, WATCH] - dear.decoding[0, WATCH] == pytest.approx(0.2, rel=0.01)
    small = table(fleet(scenes(QUEUE), pixels=np.array([640.0 * 360]), fps=np.array([15.0])), terms())
    assert small.decoding[0, WATCH] == pytest.approx(plain.decoding[0, WATCH] / 9 * 15 / 25)
    # There are no more keyframes to look at than the camera sends.
    rare = table(fleet(scenes(RUBBISH), keyframe=np.array([300.0])), terms())
    assert rare.decoding[0, PATROL] < table(fleet(scenes(RUBBISH)), terms()).decoding[0, PATROL]


def test_scenes_of_lasting_events_gain_by_waiting_and_take_turns() -> None:
    def worth(waited: float, scene: tuple[int, float, float, float, Decoding, bool] = RUBBISH) -> float:
        made = table(fleet(replace(scenes(scene), waited=np.array([waited]))), terms())
        return float(made.scenes[0, made.need[0]])

    gained = [worth(waited) for waited in (0.0, 60.0, 600.0, math.inf)]
    assert gained == sorted(gained)
    assert gained[-1] > 10 * gained[0]
    # What is over in seconds is not worth more for not having been looked for.
    assert worth(math.inf, QUEUE) / worth(0.0, QUEUE) < 3


def test_a_turn_lasts_as_long_as_a_scene_must_see() -> None:
    for evidence, expected in ((0.0, 60.0), (120.0, 180.0), (3600.0, 600.0)):
        seen = fleet(replace(scenes(QUEUE), evidence=np.array([evidence])))
        made = table(seen, terms())
        assert dwell(seen, made, np.array([WATCH]), terms()).tolist() == [expected]
        assert dwell(seen, made, np.array([GLANCE]), terms()).tolist() == [60.0]


def test_what_makes_a_camera_worth_more() -> None:
    def worth(**given_: Any) -> float:
        return float(table(fleet(scenes(QUEUE), **given_), terms()).values[0, WATCH])

    quiet, busy = (worth(activity=np.array([level])) for level in (0.0, 1.0))
    assert busy > 4 * quiet > 0
    assert worth(uncertainty=np.array([1.0])) > 1.7 * worth()
    assert worth(factor=np.array([3.0])) == pytest.approx(3 * worth())
    assert worth(age=np.array([86_400.0]), activity=np.zeros(1)) > 2 * quiet


def test_a_camera_that_was_left_out_comes_to_its_turn() -> None:
    """Room for one glance and two cameras: whoever was not looked at for longer has it."""
    both = scenes(RUBBISH, (1, 1.0, 60.0, 10.0, Decoding.KEYFRAMES, False))
    for ages, winner in (([30.0, 3000.0], 1), ([3000.0, 30.0], 0)):
        made = table(fleet(both, 2, age=np.array(ages)), terms())
        room = np.array([made.costs[0, GLANCE] * 1.5])
        tier = allocate(steps(made.costs, made.values), np.zeros(2, np.int64), room).tier
        assert tier[winner] > OFF
        assert tier[1 - winner] == OFF


def test_without_scenes_a_camera_is_looked_at_all_the_same() -> None:
    nobody = Scenes(*(np.zeros(0, kind) for kind in (np.int64, float, float, float, np.int64, bool, float, float)))
    made = table(fleet(nobody), terms())
    assert made.values[0, GLANCE] > 0
    assert made.scenes.sum() == 0
