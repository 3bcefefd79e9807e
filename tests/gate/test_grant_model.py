"""What a grant covers, pure."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.gate import grant_rules as rules
from commonsight.gate.grant_model import Facts, Grant, Holder, Hours, Selection
from commonsight.gate.model import Action, Door, Limits
from commonsight.problem import Refusal

NOW = datetime(2026, 5, 4, 4, 0, tzinfo=UTC)  # a Monday, 12:00 in Nanning
GROUP = (UUID(int=7), "g1")
SQUARE = {
    "type": "Polygon",
    "coordinates": [[[108.0, 22.0], [109.0, 22.0], [109.0, 23.0], [108.0, 23.0], [108.0, 22.0]]],
}
MANY = Selection(cameras=frozenset(UUID(int=n) for n in range(2001)))
LI = Holder(UUID(int=1), "南宁市公安局", ("officer",))


def camera(**more):
    said = {"id": UUID(int=9), "name": "民族广场", "region": "450103", "kind": "dome", "sector": "traffic",
            "place": "square", "point": (108.3, 22.8), "groups": frozenset()}  # fmt: skip
    return Facts(**(said | more))


def grant(**more):
    said = {
        "id": uuid4(), "version": 1, "holder_kind": "person", "holder": str(LI.id), "holder_name": "Li",
        "door": Door.RETRIEVAL, "cameras": Selection(everything=True), "scope": ("45",),
        "actions": frozenset({Action.LIVE}), "purposes": frozenset(), "hours": None, "starts_at": NOW,
        "expires_at": NOW + timedelta(days=1), "limits": Limits(), "basis": "", "built_in": False, "granted_by": None,
        "granted_by_name": "", "granted_at": NOW,
    }  # fmt: skip
    return Grant(**(said | more))


@pytest.mark.parametrize(
    ("chosen", "held"),
    [
        (Selection(everything=True), True),
        (Selection(), False),
        (Selection(regions=("4501",)), True),
        (Selection(regions=("4502",)), False),
        (Selection(regions=("4502", "450103")), True),
        (Selection(groups=(GROUP,)), False),
        (Selection(cameras=frozenset({UUID(int=9)})), True),
        (Selection(cameras=frozenset({UUID(int=8)})), False),
        (Selection(polygon=SQUARE), True),
        (Selection(tags=("sector:traffic",)), True),
        (Selection(tags=("sector:education", "sector:traffic")), True),
        (Selection(tags=("sector:traffic", "kind:fixed")), False),
        (Selection(regions=("4501",), tags=("sector:education",)), False),
        # Places and lists are alternatives; only tags narrow.
        (Selection(regions=("4502",), cameras=frozenset({UUID(int=9)})), True),
    ],
)
def test_a_choice_holds_what_lies_in_any_of_its_places_and_has_all_its_kinds_of_tags(chosen, held):
    assert chosen.holds(camera()) is held
    assert Selection.of(chosen.as_json()) == chosen


def test_a_choice_by_group_holds_what_is_below_it_and_by_area_only_what_has_a_place():
    assert Selection(groups=(GROUP,)).holds(camera(groups=frozenset({GROUP})))
    assert not Selection(polygon=SQUARE).holds(camera(point=None))
    assert Selection(polygon=SQUARE).holds(camera(point=(108.0, 22.5))), "who stands on the edge is inside"


def test_a_grant_never_reaches_beyond_its_givers_regions():
    assert grant(scope=("4501",)).holds(camera())
    assert not grant(scope=("4502",)).holds(camera())
    assert not grant(scope=()).holds(camera())
    assert grant(scope=("",)).holds(camera()), "what came with the platform is for all of it"


@pytest.mark.parametrize(
    ("change", "asked", "miss"),
    [
        ({}, {}, None),
        ({"holder": str(UUID(int=2))}, {}, "holder"),
        ({"holder_kind": "organisation", "holder": "南宁市公安局"}, {}, None),
        ({"holder_kind": "organisation", "holder": "柳州市公安局"}, {}, "holder"),
        ({"holder_kind": "role", "holder": "officer"}, {}, None),
        ({"holder_kind": "role", "holder": "analyst"}, {}, "holder"),
        ({"revoked_at": NOW}, {}, "revoked_at"),
        ({"expires_at": NOW}, {}, "expires_at"),
        ({"cameras": Selection(regions=("4502",))}, {}, "camera"),
        ({}, {"action": Action.PLAYBACK}, "action"),
        ({"purposes": frozenset({"traffic"})}, {}, "purpose"),
        ({"purposes": frozenset({"emergency"})}, {}, None),
        ({"purposes": frozenset({"traffic"})}, {"purpose": None}, None),
        ({"starts_at": NOW + timedelta(seconds=1)}, {}, "starts_at"),
        ({"hours": rules.check_hours("13:00", "18:00", [1], "Asia/Shanghai")}, {}, "hours"),
        ({"hours": rules.check_hours("08:00", "18:00", [1], "Asia/Shanghai")}, {}, None),
        ({"hours": rules.check_hours("08:00", "18:00", [2], "Asia/Shanghai")}, {}, "hours"),
    ],
)
def test_a_grant_says_by_what_it_falls_short(change, asked, miss):
    wanted = {"action": Action.LIVE, "purpose": "emergency"} | asked
    found = grant(**change).miss(LI, camera(), wanted["action"], wanted["purpose"], NOW)
    assert (None if found is None else found[0]) == miss


def test_nobody_without_an_organisation_holds_what_is_an_organisations():
    assert not grant(holder_kind="organisation", holder="").held_by(Holder(UUID(int=1), "", ()))


def test_a_window_over_midnight_belongs_to_the_day_it_began():
    night = rules.check_hours("22:00", "06:00", [5], "Asia/Shanghai")  # Friday nights
    friday = datetime(2026, 5, 8, 14, 30, tzinfo=UTC)  # 22:30
    saturday = datetime(2026, 5, 8, 20, 0, tzinfo=UTC)  # Saturday 04:00
    assert night.until(friday) == night.until(saturday) == datetime(2026, 5, 8, 22, 0, tzinfo=UTC)
    assert night.until(friday + timedelta(days=1)) is None
    assert Hours.of(night.as_json()) == night


@given(hour=st.integers(0, 24 * 365 * 4), begin=st.times(), end=st.times())
def test_a_window_that_is_open_closes_later_and_within_a_day(hour, begin, end):
    if f"{begin:%H:%M}" == f"{end:%H:%M}":
        return
    hours = rules.check_hours(f"{begin:%H:%M}", f"{end:%H:%M}", range(1, 8), "Asia/Shanghai")
    now = NOW + timedelta(minutes=15 * hour)
    closes = hours.until(now)
    if closes is not None:
        assert now < closes <= now + timedelta(days=1)
        assert hours.until(closes) is None


def test_the_widest_is_unmasked_before_it_is_long():
    masked = grant(limits=Limits(mask="faces", minutes=240))
    short = grant(limits=Limits(minutes=5))
    assert max((masked, short), key=Grant.width) is short


@pytest.mark.parametrize(
    ("inner", "outer", "wider"),
    [
        (Selection(regions=("450103",)), Selection(regions=("4501",)), None),
        (Selection(regions=("4502",)), Selection(regions=("4501",)), "region 4502"),
        (Selection(cameras=frozenset({UUID(int=9)})), Selection(regions=("4501",)), None),
        (Selection(cameras=frozenset({UUID(int=8)})), Selection(regions=("4501",)), f"camera {UUID(int=8)}"),
        (Selection(everything=True), Selection(regions=("4501",)), "everything"),
        (Selection(tags=("sector:traffic",)), Selection(regions=("4501",)), "everything"),
        (Selection(regions=("4501",)), Selection(everything=True), None),
        (Selection(regions=("4501",)), Selection(regions=("4501",), tags=("sector:traffic",)), "tags sector"),
        (
            Selection(regions=("4501",), tags=("sector:traffic", "kind:dome")),
            Selection(regions=("4501",), tags=("sector:traffic",)),
            None,
        ),
        (Selection(groups=(GROUP,)), Selection(regions=("4501",)), "group g1"),
        (Selection(polygon=SQUARE), Selection(polygon=SQUARE), None),
        (Selection(polygon=SQUARE), Selection(regions=("45",)), "polygon"),
    ],
)
def test_an_approval_may_narrow_a_choice_and_not_widen_it(inner, outer, wider):
    assert rules.beyond(inner, outer, {UUID(int=9): camera()}) == wider


@pytest.mark.parametrize(
    ("change", "operand"),
    [
        ({}, None),
        ({"actions": {Action.LIVE, Action.DOWNLOAD}}, "actions"),
        ({"purposes": set()}, "purposes"),
        ({"purposes": {"traffic"}}, "purposes"),
        ({"expires_at": NOW + timedelta(days=3)}, "expires_at"),
        ({"starts_at": NOW - timedelta(days=1)}, "starts_at"),
        ({"hours": None}, "hours"),
        ({"hours": rules.check_hours("09:00", "17:00", [1], "Asia/Shanghai")}, None),
        ({"hours": rules.check_hours("07:00", "17:00", [1], "Asia/Shanghai")}, "hours"),
        ({"cameras": Selection(regions=("45",))}, "cameras"),
    ],
)
def test_an_approval_gives_no_more_than_was_asked_for(change, operand):
    asked = {
        "cameras": Selection(regions=("4501",)), "actions": frozenset({Action.LIVE}),
        "purposes": frozenset({"emergency"}), "hours": rules.check_hours("08:00", "18:00", [1, 2], "Asia/Shanghai"),
        "starts_at": NOW, "expires_at": NOW + timedelta(days=2),
    }  # fmt: skip
    approved = {key: frozenset(value) if isinstance(value, set) else value for key, value in (asked | change).items()}
    if operand is None:
        rules.check_narrower(rules.Asked(**approved), rules.Asked(**asked), {})
        return
    with pytest.raises(Refusal, match=r"gate.approval_wider") as refused:
        rules.check_narrower(rules.Asked(**approved), rules.Asked(**asked), {})
    assert refused.value.operand == operand


@pytest.mark.parametrize(
    ("check", "operand"),
    [
        (lambda: rules.check_selection(Selection(), ("45",)), "cameras"),
        (lambda: rules.check_selection(Selection(regions=("44",)), ("45",)), "regions"),
        (lambda: rules.check_selection(Selection(regions=("4x",)), ("45",)), "regions"),
        (lambda: rules.check_selection(Selection(tags=("colour:red",)), ("45",)), "tags"),
        (lambda: rules.check_selection(MANY, ("45",)), "cameras"),
        (lambda: rules.check_actions([]), "actions"),
        (lambda: rules.check_purposes(["analysis"]), "purposes"),
        (lambda: rules.check_words(" . ", "reason"), "reason"),
        (lambda: rules.check_span(None, NOW, NOW), "expires_at"),
        (lambda: rules.check_span(None, NOW + timedelta(days=367), NOW), "expires_at"),
        (lambda: rules.check_hours("8 o'clock", "18:00", [1], "Asia/Shanghai"), "hours"),
        (lambda: rules.check_hours("08:00", "08:00", [1], "Asia/Shanghai"), "hours"),
        (lambda: rules.check_hours("08:00", "09:00", [8], "Asia/Shanghai"), "hours"),
        (lambda: rules.check_limits({"mask": "hats"}), "limits.mask"),
        (lambda: rules.check_limits({"minutes": 0}), "limits.minutes"),
    ],
)  # fmt: skip
def test_what_makes_no_grant_is_refused_by_the_name_of_its_field(check, operand):
    with pytest.raises(Refusal) as refused:
        check()
    assert refused.value.operand == operand
