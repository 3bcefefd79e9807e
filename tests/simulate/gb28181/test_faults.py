"""The plan of faults: read from text, drawn from the seed, the same for the same question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.problem import Refusal
from commonsight.simulate.gb28181 import faults
from commonsight.simulate.gb28181.faults import Bend, Faults

CODE = "45010000002006000001"


def pages(turns):
    return [turn.page for turn in turns]


def test_without_faults_the_pages_go_out_in_order():
    turns = faults.order(Faults(), 1, CODE, "1", 20)
    assert pages(turns) == list(range(20))
    assert not any(turn.delay or turn.wrong_encoding for turn in turns)


@given(
    st.integers(0, 2**31), st.text(max_size=8), st.integers(1, 200), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)
)
def test_an_order_is_the_same_again_and_invents_nothing(seed, serial, count, loss, doubling, reorder):
    plan = Faults(loss=loss, doubling=doubling, reorder=reorder, late=0.1, short=0.5)
    one = faults.order(plan, seed, CODE, serial, count)
    assert one == faults.order(plan, seed, CODE, serial, count)
    assert set(pages(one)) <= set(range(count))
    assert max((pages(one).count(page) for page in set(pages(one))), default=0) <= 2


def test_a_repeated_query_loses_other_pages():
    plan = Faults(loss=0.05, doubling=0.05)
    first = set(pages(faults.order(plan, 45, CODE, "1", 1_000)))
    second = set(pages(faults.order(plan, 45, CODE, "2", 1_000)))
    assert 20 <= 1_000 - len(first) <= 90
    assert first != second
    union = set().union(*(pages(faults.order(plan, 45, CODE, str(serial), 1_000)) for serial in range(8)))
    assert union == set(range(1_000))


def test_shares_come_out_as_asked():
    turns = faults.order(Faults(doubling=0.1, late=0.2, wrong_encoding=0.3), 45, CODE, "1", 5_000)
    assert 400 <= len(turns) - 5_000 <= 600
    assert 850 <= sum(turn.delay > 0 for turn in turns) <= 1_150
    assert 1_300 <= len({turn.page for turn in turns if turn.wrong_encoding}) <= 1_700


def test_reordered_pages_stay_near_and_all_come():
    turns = pages(faults.order(Faults(reorder=0.2), 45, CODE, "1", 500))
    assert sorted(turns) == list(range(500))
    assert turns != list(range(500))


def test_a_short_answer_is_a_beginning():
    turns = pages(faults.order(Faults(short=1), 45, CODE, "1", 500))
    assert turns == list(range(len(turns)))
    assert 1 <= len(turns) < 500


def test_bends_follow_from_seed_and_code():
    assert Faults().bends_of(45, CODE) == frozenset()
    plan = Faults(bends=1)
    some = [plan.bends_of(45, f"{number:020}") for number in range(300)]
    assert some == [plan.bends_of(45, f"{number:020}") for number in range(300)]
    assert set().union(*some) == set(Bend)


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("", Faults()),
        ("none", Faults()),
        ("lossy", faults.PLANS["lossy"]),
        ("loss=0.1, clock_offset=-30", Faults(loss=0.1, clock_offset=-30)),
        ("broken,away_seconds=2", Faults(break_off_at=0.5, away_seconds=2)),
    ],
)
def test_plans_from_text(text, plan):
    assert faults.parse(text) == plan


@pytest.mark.parametrize(
    ("text", "code", "operand"),
    [
        ("los=0.1", "simulate.fault_unknown", "faults"),
        ("loss", "simulate.fault_unknown", "faults"),
        ("loss=much", "simulate.fault_value", "loss"),
        ("loss=1.5", "simulate.fault_value", "loss"),
        ("loss=nan", "simulate.fault_value", "loss"),
        ("away_seconds=-1", "simulate.fault_value", "away_seconds"),
        ("clock_offset=inf", "simulate.fault_value", "clock_offset"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_by_name(text, code, operand):
    with pytest.raises(Refusal) as caught:
        faults.parse(text)
    assert (caught.value.code, caught.value.operand) == (code, operand)
