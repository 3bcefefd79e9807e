"""The steps of a case: what may follow what, whatever people try."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.problem import Refusal
from commonsight.respond.kinds import kind_of, kinds
from commonsight.respond.model import (
    ENDED,
    EVIDENCE_MOST,
    LIVE,
    NEEDS_WORDS,
    STEPS,
    Action,
    State,
    actions_of,
    after,
    check_words,
    with_evidence,
)
from commonsight.respond.opening import worth_telling

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@given(st.lists(st.sampled_from(Action), max_size=40))
def test_a_case_is_always_in_a_state_and_says_what_it_takes(tried: list[Action]) -> None:
    state = State.OPEN
    for action in tried:
        allowed = actions_of(state)
        if action in allowed:
            state = after(state, action)
        else:
            with pytest.raises(Refusal) as refused:
                after(state, action)
            assert refused.value.code == "respond.step_impossible"
            assert refused.value.expected == [str(one) for one in allowed]
    assert actions_of(state), "no state is a dead end: every end can be taken back"


@given(st.lists(st.sampled_from(Action), max_size=40))
def test_nothing_is_closed_that_nobody_handled_and_verified(tried: list[Action]) -> None:
    passed = [State.OPEN]
    for action in tried:
        if action in actions_of(passed[-1]):
            passed.append(after(passed[-1], action))
    for place, state in enumerate(passed):
        if state is State.CLOSED:
            assert passed[place - 1] is State.VERIFIED
            assert passed[place - 2] is State.HANDLED
            assert passed[place - 3] is State.ASSIGNED


def test_every_state_can_be_reached_and_left() -> None:
    reached, edge = {State.OPEN}, [State.OPEN]
    while edge:
        state = edge.pop()
        for action in actions_of(state):
            found = after(state, action)
            if found not in reached:
                reached.add(found)
                edge.append(found)
    assert reached == set(State)
    assert LIVE | ENDED | {State.VERIFIED} == set(State)
    assert not LIVE & ENDED


def test_every_action_is_of_some_use() -> None:
    assert {action for _, action in STEPS} == set(Action)


@pytest.mark.parametrize("action", sorted(NEEDS_WORDS))
def test_a_step_that_says_nothing_without_words_asks_for_them(action: Action) -> None:
    with pytest.raises(Refusal) as refused:
        check_words(action, "  \n ")
    assert (refused.value.code, refused.value.operand) == ("respond.words_missing", "words")
    assert check_words(action, " 已清理 ") == "已清理"


@given(st.integers(1, 200))
def test_evidence_is_bounded_and_keeps_the_first_and_the_latest(count: int) -> None:
    kept: list[dict[str, object]] = []
    for number in range(count):
        kept = with_evidence(kept, {"id": number})
    assert len(kept) == min(count, EVIDENCE_MOST)
    assert kept[0] == {"id": 0}
    assert kept[-1] == {"id": count - 1}


def test_a_case_that_grows_is_news_by_orders_of_magnitude() -> None:
    assert [n for n in range(1, 20_000) if worth_telling(n)] == [10, 100, 1_000, 10_000]


@given(st.sampled_from(sorted(kinds())), st.integers(1, 4), st.booleans())
def test_escalations_come_in_order_and_end(code: str, severity: int, taken: bool) -> None:
    kind = kind_of(code)
    times = []
    level = 0
    while (at := kind.escalates(severity, NOON, level, taken=taken)) is not None:
        times.append(at)
        level += 1
    assert times == sorted(times)
    assert len(times) == len(kind.escalate) <= 10
    assert times[0] > NOON
    if taken:
        assert times[0] >= kind.due(severity, NOON), "who has it is left alone until the deadline"
    else:
        assert times[0] <= kind.due(severity, NOON)


def test_the_gravest_has_the_least_time() -> None:
    for kind in kinds().values():
        dues = [kind.due(severity, NOON) for severity in (1, 2, 3, 4)]
        assert dues == sorted(dues)
        # What somebody must drive to is counted in hours; a round in days.
        assert dues[0] - NOON <= timedelta(hours={"fault": 8, "round": 168}.get(kind.code, 2))


def test_an_unknown_kind_is_refused_by_name() -> None:
    with pytest.raises(Refusal) as refused:
        kind_of("weather")
    assert (refused.value.code, refused.value.actual) == ("respond.kind_unknown", "weather")
    assert "alarm" in refused.value.expected
