"""Which faults make one order: whatever comes, none is lost, none is in two orders, and all of it is bounded."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.respond.maintenance import grouping
from commonsight.respond.maintenance.grouping import Standing, Waiting, common, plan, questions
from commonsight.respond.maintenance.model import codes, sort_of

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
RULES = grouping.rules(60)


def fault(number, at=0.0, like="cut", **things):
    return Waiting(UUID(int=number), like, NOON + timedelta(seconds=at), things)


def order(number, at=0.0, members=1, like="cut", taken=False, **things):
    when = NOON + timedelta(seconds=at)
    return Standing(UUID(int=10_000 + number), like, when, when, members, things, taken)


def planned(waiting, standing=(), behind=None, after=600):
    return plan(NOON + timedelta(seconds=after), waiting, standing, behind or {}, RULES)


def test_a_switch_with_two_hundred_cameras_is_one_order():
    found = planned([fault(n, at=n * 9, switch="QX-SW-017") for n in range(200)], after=1900)
    assert [(group.shared, len(group.faults), group.host) for group in found.groups] == [
        (("switch", "QX-SW-017"), 200, None)
    ]
    assert RULES.severity(2, 200) == 1


def test_what_is_not_alike_is_not_one_order():
    found = planned([fault(1, switch="A"), fault(2, like="picture", switch="A"), fault(3, like="login", switch="A")])
    assert sorted(len(group.faults) for group in found.groups) == [1, 1, 1]


def test_the_widest_thing_that_explains_nearly_everything_goes_first():
    waiting = [fault(n, switch=f"S{n // 10}", platform="P") for n in range(100)]
    whole = planned(waiting, behind={("platform", "P"): 110})
    assert [(group.shared, len(group.faults)) for group in whole.groups] == [(("platform", "P"), 100)]
    part = planned(waiting, behind={("platform", "P"): 2_000})
    assert {group.shared[0] for group in part.groups} == {"switch"}
    assert len(part.groups) == 10


def test_a_coincidence_is_no_cause():
    found = planned([fault(n, at=n * 60, network="10.1.2") for n in range(4)], behind={("network", "10.1.2"): 200})
    assert [group.shared for group in found.groups] == [None] * 4


@pytest.mark.parametrize(("apart", "orders"), [(1700, 1), (1900, 2)])
def test_faults_far_apart_in_time_are_two_orders(apart, orders):
    waiting = [fault(n, at=n, switch="A") for n in range(3)] + [
        fault(9 + n, at=apart + n, switch="A") for n in range(3)
    ]
    assert len(planned(waiting, after=5000).groups) == orders


def test_a_group_waits_while_it_grows_and_never_too_long():
    growing = [fault(n, at=n * 20, switch="A") for n in range(4)]
    assert planned(growing, after=70).waits == tuple(one.id for one in growing)
    assert planned(growing, after=100).groups[0].members == 4
    forever = [fault(n, at=n * 20, switch="A") for n in range(16)]
    assert planned(forever, after=301).waits == ()


def test_late_members_join_the_order_that_stands():
    found = planned([fault(1, at=500, switch="A")], [order(1, members=37, switch="A")])
    assert [(group.host, group.members) for group in found.groups] == [(UUID(int=10_001), 38)]


def test_single_orders_become_one_when_the_cause_shows():
    found = planned([fault(1, at=500, line="L")], [order(1, line="L"), order(2, at=300, line="L")])
    assert [(group.host, group.absorbed, group.members) for group in found.groups] == [
        (UUID(int=10_001), (UUID(int=10_002),), 3)
    ]


def test_who_is_at_it_keeps_the_order():
    taken, other = order(2, at=300, taken=True, switch="A"), order(1, switch="A")
    found = planned([fault(1, at=500, switch="A")], [other, taken, order(3, at=310, taken=True, switch="A")])
    assert [(group.host, group.absorbed) for group in found.groups] == [(taken.id, (other.id,))]


def test_an_order_is_never_larger_than_allowed():
    found = planned([fault(n, switch="A") for n in range(4_500)])
    assert [len(group.faults) for group in found.groups] == [2_000, 2_000, 500]


def test_what_all_share_is_what_all_share():
    assert common([{"switch": "A", "line": "L"}, {"switch": "B", "line": "L"}]) == {"line": "L"}
    assert common([]) == {}


def test_every_rule_can_be_reached_and_is_named():
    likes = {sort_of(code.replace("*", "other")).like for code in codes()}
    for rule in RULES.shared:
        assert rule.like <= likes
        assert grouping.words_of(rule.by, "zh") != grouping.words_of(rule.by, "en")


things = st.fixed_dictionaries(
    {}, optional={by: st.sampled_from("AB") for by in ("switch", "line", "device", "network", "platform", "site")}
)


@st.composite
def situations(draw):
    waiting = [
        Waiting(UUID(int=number), draw(st.sampled_from(["cut", "login"])), NOON + timedelta(seconds=draw(
            st.floats(0, 4000))), draw(things)) for number in range(draw(st.integers(0, 40)))
    ]  # fmt: skip
    standing = [
        order(number, draw(st.floats(0, 4000)), draw(st.integers(1, 1999)), "cut", draw(st.booleans()), **draw(things))
        for number in range(draw(st.integers(0, 8)))
    ]
    behind = draw(st.dictionaries(st.tuples(st.sampled_from(["platform", "network", "site", "line"]),
                                            st.sampled_from("AB")), st.integers(0, 50)))  # fmt: skip
    return waiting, standing, behind, NOON + timedelta(seconds=draw(st.floats(0, 8000)))


@given(situations())
def test_every_fault_gets_exactly_one_place(situation):
    waiting, standing, behind, now = situation
    found = plan(now, waiting, standing, behind, RULES)
    placed = [one for group in found.groups for one in group.faults] + list(found.waits)
    assert sorted(placed) == sorted(one.id for one in waiting)
    hosts = [group.host for group in found.groups if group.host is not None]
    absorbed = [one for group in found.groups for one in group.absorbed]
    assert len(set(hosts)) == len(hosts)
    assert len(set(absorbed)) == len(absorbed)
    assert not set(hosts) & set(absorbed)
    by_id = {one.id: one for one in standing}
    assert not [one for one in absorbed if by_id[one].taken]
    for group in found.groups:
        assert group.members <= RULES.members
        assert group.faults or group.absorbed
        likes = {one.like for one in waiting if one.id in group.faults} | {
            by_id[one].like for one in (*group.absorbed, *([group.host] if group.host else []))
        }
        assert len(likes) == 1
    ages = {one.id: now - one.at for one in waiting}
    assert all(ages[one] < RULES.longest for one in found.waits)
    assert found == plan(now, waiting[::-1], standing[::-1], behind, RULES)


@given(situations())
def test_what_is_asked_is_enough(situation):
    """A plan made with only the figures it asked for is the plan made with all of them."""
    waiting, standing, behind, now = situation
    asked = questions(waiting, standing, RULES)
    known = {thing: count for thing, count in behind.items() if thing in asked}
    assert plan(now, waiting, standing, known, RULES) == plan(now, waiting, standing, behind, RULES)
