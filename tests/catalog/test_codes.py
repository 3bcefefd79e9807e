"""GB/T 28181 identifiers."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.catalog.codes import LENGTH, DeviceType, GbCode, build, parse, parse_camera
from commonsight.problem import Refusal


def test_an_identifier_is_taken_apart() -> None:
    code = parse("45010300001320000118")
    assert code == GbCode("45010300", "00", 132, 0, 118)
    assert (code.region, code.domain) == ("450103", "4501030000")
    assert str(code) == "45010300001320000118"


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("", "length"),
        ("4501030000132000011", "length"),
        ("4501030000132000011x", "length"),
        ("４５０１０３００００１３２００００１１８", "length"),
        ("99010300001320000118", "centre"),
        ("45000300001320000118", "centre"),
        ("45010300000990000118", "type"),
    ],
)
def test_what_breaks_a_rule_is_refused_naming_it(code: str, rule: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse(code)
    assert rule in (refused.value.rule or "")


def test_a_platform_is_no_camera() -> None:
    code = build("4501", "00", DeviceType.PLATFORM, 0, 1)
    assert str(code) == "45010000002000000001"
    with pytest.raises(Refusal, match="type of a camera"):
        parse_camera(str(code))


@given(st.text(max_size=24))
def test_hostile_text_is_refused_or_parsed_never_worse(text: str) -> None:
    with contextlib.suppress(Refusal):
        assert str(parse(text)) == text


@given(
    st.sampled_from(["45", "4501", "450103", "450103001", "450103001001"]),
    st.integers(0, 99),
    st.sampled_from(DeviceType),
    st.integers(0, 9),
    st.integers(0, 999_999),
)
def test_what_is_built_is_valid(region: str, industry: int, kind: DeviceType, network: int, serial: int) -> None:
    code = build(region, f"{industry:02}", kind, network, serial)
    assert len(str(code)) == LENGTH
    assert parse(str(code)) == code
    assert code.region == region[:6]
