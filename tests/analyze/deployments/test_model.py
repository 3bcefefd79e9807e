"""Steps, shifts and what is put onto a camera: the rules alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.analyze.deployments import model
from commonsight.analyze.deployments.model import Action, Shift, State
from commonsight.analyze.model import Analysis, SceneSetup, Stored, Zone
from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.document import check
from commonsight.analyze.scenes.service import lent
from commonsight.analyze.switching import Missing, Wanted, check_wanted, fit
from commonsight.problem import Refusal

NOON = datetime(2026, 10, 1, 4, tzinfo=UTC)
WEI, LI = UUID(int=1), UUID(int=2)
OWNER = UUID("01990000-0000-7000-8000-0000deadbeef")
SOURCE = f"deployment:{OWNER}"
CARDS = {code: packaged(code) for code in ("left_object", "dwell", "people_flow")}
SQUARE = Zone("square", "Square", ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9)))


def hours(*pairs: tuple[float, float]) -> tuple[Shift, ...]:
    return tuple(Shift(WEI, NOON + timedelta(hours=a), NOON + timedelta(hours=b)) for a, b in pairs)


def at(hour: float) -> datetime:
    return NOON + timedelta(hours=hour)


def test_gaps_are_what_no_shift_covers() -> None:
    assert model.duty_gaps(hours((0, 4), (3, 6), (8, 10)), at(0), at(12)) == ((at(6), at(8)), (at(10), at(12)))
    assert model.duty_gaps(hours((-2, 20)), at(0), at(12)) == ()
    assert model.duty_gaps((), at(0), at(1)) == ((at(0), at(1)),)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), max_size=12))
def test_every_hour_is_either_on_duty_or_in_a_gap(spans: list[tuple[int, int]]) -> None:
    shifts = hours(*((begin, begin + length) for begin, length in spans))
    gaps = model.duty_gaps(shifts, at(0), at(48))
    for hour in range(48):
        moment = at(hour + 0.5)
        assert bool(model.on_duty(shifts, moment)) is not any(begin <= moment < end for begin, end in gaps)


def test_a_handover_is_told_once() -> None:
    shifts = hours((0, 8), (8, 16))
    assert model.handovers(shifts, at(7), at(9)) == (at(8),)
    assert model.handovers(shifts, at(8), at(9)) == ()
    assert model.next_handover(shifts, at(8)) == at(16)
    assert model.next_handover(shifts, at(16)) is None


def test_a_step_is_refused_with_what_is_possible_instead() -> None:
    with pytest.raises(Refusal) as caught:
        model.after(State.OVER, Action.CANCEL, at(1), at(0))
    assert (caught.value.code, caught.value.expected) == ("analyze.deployment_step", ["go_on"])
    with pytest.raises(Refusal) as caught:
        model.after(State.OVER, Action.GO_ON, at(-1), at(0))
    assert caught.value.code == "analyze.deployment_past"
    assert model.after(State.RUNNING, Action.END, at(-1), at(0)) is State.OVER


def test_a_scene_that_is_there_is_stood_in_for_and_shows_again_afterwards() -> None:
    own = SceneSetup("bags", "left_object", "Bags", ("square",), settings={"seconds": 90}, enabled=False)
    present = Analysis(zones=(SQUARE,), scenes=(own,))
    fitted = fit([Wanted("left_object", {"brought": 1})], present, CARDS, SOURCE, OWNER)
    (setup,) = fitted.setups
    assert (setup.instead, setup.zones, setup.enabled) == ("bags", ("square",), True)
    assert setup.settings == {"seconds": 90, "brought": 1}
    worn, enabled_by = lent(Stored(WEI, present, 1), fitted.setups, SOURCE)
    check(worn, CARDS)
    assert worn.enabled
    # The same again changes nothing, and taking it back leaves what was there.
    again = fit([Wanted("left_object", {"brought": 1})], worn, CARDS, SOURCE, OWNER)
    assert again.setups == fitted.setups
    back, _ = lent(Stored(WEI, worn, 2, enabled_by=enabled_by), (), SOURCE)
    assert back == present


def test_what_cannot_be_put_on_says_why() -> None:
    wanted = [Wanted("dwell"), Wanted("people_flow", whole=True), Wanted("left_object"), Wanted("gone")]
    fitted = fit(wanted, Analysis(), CARDS, SOURCE, OWNER)
    assert fitted.missing == (Missing("dwell", "drawn"), Missing("people_flow", "drawn"), Missing("gone", "scene"))
    assert [setup.scene for setup in fitted.setups] == ["left_object"]
    whole = fit([Wanted("dwell", whole=True)], Analysis(), CARDS, SOURCE, OWNER)
    assert whole.setups[0].zones == ("whole",)
    taken = Analysis(scenes=(replace(fitted.setups[0], source="deployment:other"),))
    assert fit([Wanted("left_object")], taken, CARDS, SOURCE, OWNER).missing == (
        Missing("left_object", "taken", "deployment:other"),
    )


def test_a_holiday_goes_before_an_everyday_need_and_leaves_it_running() -> None:
    need = UUID(int=9)
    everyday, by = lent(
        Stored(WEI, Analysis(), 1), fit([Wanted("left_object")], Analysis(), CARDS, "demand:9", need).setups, "demand:9"
    )
    fitted = fit([Wanted("left_object", {"seconds": 20})], everyday, CARDS, SOURCE, OWNER, over="demand:")
    assert fitted.setups[0].instead == everyday.scenes[0].id
    both, by = lent(Stored(WEI, everyday, 2, enabled_by=by), fitted.setups, SOURCE)
    # The need ends first: the deployment goes on alone, and nothing is left when it ends, too.
    alone, by = lent(Stored(WEI, both, 3, enabled_by=by), (), "demand:9")
    check(alone, CARDS)
    assert [(one.source, one.instead) for one in alone.scenes] == [(SOURCE, None)]
    empty, _ = lent(Stored(WEI, alone, 4, enabled_by=by), (), SOURCE)
    assert empty == Analysis()


def test_a_setting_beyond_its_bounds_is_named() -> None:
    with pytest.raises(Refusal) as caught:
        check_wanted([Wanted("left_object", {"seconds": 5})], CARDS)
    assert (caught.value.operand, caught.value.expected, caught.value.actual) == (
        "scenes.0.settings.seconds", "10..3600", 5,
    )  # fmt: skip
    with pytest.raises(Refusal):
        check_wanted([Wanted("dwell"), Wanted("dwell")], CARDS)


def test_a_shift_outside_of_the_period_is_refused() -> None:
    with pytest.raises(Refusal) as caught:
        model.check_shifts([Shift(uuid4(), at(20), at(22))], at(0), at(12))
    assert caught.value.operand == "shifts.0.from"
