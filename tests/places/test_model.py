"""Region codes: shapes, ancestors, scopes."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.places.model import (
    Level,
    after_prefix,
    ancestors,
    checked,
    covers,
    from_six,
    level_of,
    narrowed,
    parent_of,
)
from commonsight.problem import Refusal

DIGITS = st.sampled_from([2, 4, 6, 9, 12])
CODES = DIGITS.flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n))


@pytest.mark.parametrize(
    ("code", "level", "parent"),
    [
        ("45", Level.PROVINCE, None),
        ("4501", Level.CITY, "45"),
        ("450103", Level.COUNTY, "4501"),
        ("450103001", Level.TOWNSHIP, "450103"),
        ("450103001001", Level.VILLAGE, "450103001"),
    ],
)
def test_a_code_says_its_level_and_parent(code: str, level: Level, parent: str | None) -> None:
    assert level_of(code) is level
    assert parent_of(code) == parent


@pytest.mark.parametrize("code", ["", "4", "451", "45010", "4501031", "45-1", "４５", "45\n", "4501030010011"])
def test_other_shapes_are_refused_naming_the_rule(code: str) -> None:
    with pytest.raises(Refusal) as refused:
        checked(code, operand="parent")
    assert refused.value.code == "places.code_malformed"
    assert refused.value.operand == "parent"


@given(st.text(max_size=20))
def test_hostile_codes_are_refused_or_accepted_never_worse(code: str) -> None:
    with contextlib.suppress(Refusal):
        assert checked(code) == code


@given(CODES)
def test_ancestors_lead_from_the_province_to_the_code(code: str) -> None:
    path = ancestors(code)
    assert path[-1] == code
    assert len(path) == level_of(code)
    assert all(code.startswith(above) for above in path)


@pytest.mark.parametrize(("six", "prefix"), [("450000", "45"), ("450100", "4501"), ("450103", "450103"), ("45", "45")])
def test_six_digit_codes_lose_their_empty_levels(six: str, prefix: str) -> None:
    assert from_six(six) == prefix


@pytest.mark.parametrize(
    ("scope", "wanted", "left"),
    [
        (["45"], None, ["45"]),
        (["45"], "4501", ["4501"]),
        (["4501", "450103"], None, ["4501"]),
        (["4501", "4502"], "45", ["4501", "4502"]),
        (["4501"], "4502", []),
        (["450103"], "4501", ["450103"]),
        ([], None, []),
    ],
)
def test_a_wish_is_narrowed_to_the_scope(scope: list[str], wanted: str | None, left: list[str]) -> None:
    assert narrowed(scope, wanted) == left


@given(st.lists(CODES, max_size=5), st.none() | CODES, CODES)
def test_narrowing_lets_through_exactly_what_both_cover(scope: list[str], wanted: str | None, code: str) -> None:
    both = covers(scope, code) and (wanted is None or code.startswith(wanted))
    assert covers(narrowed(scope, wanted), code) == both


@given(CODES, CODES)
def test_a_range_scan_finds_exactly_what_starts_with_the_prefix(prefix: str, code: str) -> None:
    assert (prefix <= code < after_prefix(prefix)) == code.startswith(prefix)
