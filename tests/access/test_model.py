import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.access import model
from commonsight.access.model import Identity
from commonsight.problem import Refusal


def somebody(*roles: str, regions: tuple[str, ...] = ("45",), must_change: bool = False) -> Identity:
    return Identity(
        id=uuid4(),
        name="li.na",
        display_name="李娜",
        organisation="",
        roles=roles,
        permissions=model.permissions_of(roles),
        regions=regions,
        language="zh",
        must_change_password=must_change,
    )


def test_the_roles_are_data_and_the_administrator_has_everything():
    assert set(model.roles()) == set(model.ROLE_NAMES)
    assert model.roles()["administrator"].permissions == frozenset(model.permissions())


def test_every_role_may_manage_its_own_account():
    for role in model.roles().values():
        assert role.permissions >= model.OWN


def test_who_supervises_does_not_look_at_pictures():
    assert "pictures.view" not in model.roles()["regulator"].permissions
    assert "pictures.register" in model.roles()["regulator"].permissions


def test_an_unknown_role_allows_nothing_beyond_ones_own_account():
    assert model.permissions_of(["emperor"]) == model.OWN


def test_a_refusal_names_the_permission_that_is_missing():
    with pytest.raises(Refusal) as refused:
        somebody("officer").refuse_unless("people.write")
    assert (refused.value.status, refused.value.code) == (403, "access.forbidden")
    assert refused.value.expected == "people.write"


def test_a_one_time_password_opens_only_the_way_to_change_it():
    new = somebody("administrator", must_change=True)
    new.refuse_unless("me.read")
    new.refuse_unless("me.password")
    for permission in set(model.permissions()) - model.BEFORE_CHANGE:
        with pytest.raises(Refusal, match=r"access.password_must_change"):
            new.refuse_unless(permission)


@pytest.mark.parametrize("name", ["", "a", "-ab", "ab c", "李娜", "a" * 41, "ab\x00c", "ab/../c", "ab\n"])
def test_odd_names_are_refused(name):
    with pytest.raises(Refusal, match=r"access.name_invalid"):
        model.check_name(name) if name != "ab\n" else model.check_name("ab\nc")


def test_a_name_is_kept_in_lower_case():
    assert model.check_name(" Li.Na ") == "li.na"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "access.password_length"),
        ("x" * 201, "access.password_length"),
        ("my-li.na-password", "access.password_name"),
        ("aaaaaaaaaaab", "access.password_weak"),
    ],
)
def test_weak_passwords_are_refused_without_being_repeated(password, code):
    with pytest.raises(Refusal, match=code) as refused:
        model.check_password(password, "li.na")
    assert password not in str(refused.value)


def test_one_time_passwords_pass_the_rule_they_are_replaced_under():
    made = {model.new_one_time_password() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        assert re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", password)


@given(st.lists(st.from_regex(model.REGION, fullmatch=True), max_size=12))
def test_region_scopes_are_minimal_and_cover_what_was_asked(asked):
    kept = model.check_regions(asked, None)
    assert all(any(code.startswith(prefix) for prefix in kept) for code in asked)
    assert not any(a != b and a.startswith(b) for a in kept for b in kept)
    assert list(kept) == sorted(kept)


@given(st.lists(st.text(max_size=14), min_size=1, max_size=4))
def test_no_region_beyond_the_granters_own_ever_passes(asked):
    try:
        kept = model.check_regions(asked, somebody("administrator", regions=("4501",)))
    except Refusal:
        return
    assert all(code.startswith("4501") for code in kept)


def test_somebody_without_regions_grants_none():
    with pytest.raises(Refusal, match=r"access.grant_exceeds"):
        model.check_regions(["45"], somebody("administrator", regions=()))


def test_nobody_grants_roles_beyond_their_own():
    with pytest.raises(Refusal, match=r"access.grant_exceeds"):
        model.check_roles(["administrator"], somebody("operator"))
    assert model.check_roles(["analyst", "officer", "officer"], somebody("administrator")) == ("officer", "analyst")


@given(st.sets(st.sampled_from(sorted(model.permissions()))))
def test_a_token_never_carries_more_than_its_holder_nor_what_could_spread(asked):
    holder = somebody("operator")
    try:
        granted = model.check_token_permissions(asked, holder)
    except Refusal:
        assert asked - (holder.permissions - model.NEVER_BY_TOKEN)
        return
    assert set(granted) <= holder.permissions - model.NEVER_BY_TOKEN
    assert asked <= set(granted)


def test_a_session_in_daily_use_still_ends():
    born = datetime(2026, 1, 1, tzinfo=UTC)
    assert model.session_end(born, born, 12) == born + timedelta(hours=12)
    late = born + model.SESSION_LONGEST - timedelta(hours=1)
    assert model.session_end(late, born, 12) == born + model.SESSION_LONGEST
