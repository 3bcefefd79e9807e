"""Canonical JSON against RFC 8785's own examples, and against everything that could be ambiguous."""

import json
import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.records.canonical import INTEGER_LIMIT, canonical, digest

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-INTEGER_LIMIT, INTEGER_LIMIT)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner, max_size=4)
    ),
    max_leaves=20,
)


def test_the_rfcs_example() -> None:
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "€$\u000f\nA'\u0042\u0022\u005c\\\"\u002f",
        "literals": [None, True, False],
    }
    assert canonical(value).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_keys_are_sorted_by_utf_16_units() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    expected = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical(dict.fromkeys(keys, 0)))) == expected


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_numbers_of_appendix_b(bits: str, text: str) -> None:
    assert canonical(struct.unpack(">d", bytes.fromhex(bits))[0]).decode() == text


@given(json_values)
def test_it_is_json_and_reads_back_equal(value: Any) -> None:
    assert json.loads(canonical(value), parse_int=float) == value


@given(json_values)
def test_it_is_the_same_after_any_reader(value: Any) -> None:
    assert canonical(json.loads(canonical(value))) == canonical(value)


@given(json_values)
def test_the_order_of_keys_does_not_count(value: Any) -> None:
    def turned(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: turned(part[key]) for key in reversed(list(part))}
        return [turned(item) for item in part] if isinstance(part, list) else part

    assert digest(turned(value)) == digest(value)
    assert len(digest(value)) == 32


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_reads_back_exactly(value: float) -> None:
    assert math.copysign(1, float(canonical(value))) == math.copysign(1, value) or value == 0
    assert float(canonical(value)) == value


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        2**53 + 1,
        -(2**53) - 1,
        10**400,
        "\ud800",
        "a\0b",
        {1: 2},
        {"\udfff": 1},
        b"x",
        {1, 2},
        pytest.param(object(), id="object"),
        nested(65),
    ],
    ids=repr,
)
def test_what_readers_disagree_about_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        canonical([value])


def test_the_depth_that_is_allowed() -> None:
    assert canonical(nested(64)) == b"[" * 64 + b"1" + b"]" * 64
