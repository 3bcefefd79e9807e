"""The one form in which values of the camera file are kept."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.catalog.rules import fields
from commonsight.problem import Refusal

FILE = fields.catalogue()


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("install_time", "2021/3/5", "2021-03-05"),
        ("install_time", "20210305", "2021-03-05"),
        ("install_time", "2021年3月5日", "2021-03-05"),
        ("install_time", "2021-03-05T10:11:12.000", "2021-03-05"),
        ("contact", "（0771）5551234", "0771-5551234"),
        ("contact", "07715551234", "0771-5551234"),
        ("contact", "０７７１－５５５１２３４", "0771-5551234"),
        ("contact", "138 0013 8000", "13800138000"),
        ("contact", "+86 13800138000", "13800138000"),
        ("contact", "0771-5551234-801", "0771-5551234-801"),
        ("contact", "110", "110"),
        ("mac", "3cef-8c01-0203", "3C:EF:8C:01:02:03"),
        ("record_days", "30 天", "30"),
        ("point_class", "一类点", "1"),
        ("grassroots_code", "001003", "001003"),
        ("ip", "192.0.2.10", "192.0.2.10"),
        ("manufacturer", "示例 光电", "示例光电"),
        ("model", "IPC  A10 ", "IPC A10"),
    ],
)
def test_what_means_the_same_is_kept_in_one_form(field: str, typed: str, kept: str) -> None:
    assert fields.canonical(FILE[field], typed) == kept
    assert fields.canonical(FILE[field], kept) == kept


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("install_time", "2021-02-30"),
        ("install_time", "2021113"),
        ("install_time", "去年"),
        ("contact", "0771-123"),
        ("contact", "1234567890123"),
        ("mac", "00:11:22:33:44"),
        ("record_days", "0"),
        ("record_days", "长期"),
        ("point_class", "4"),
        ("grassroots_code", "00100"),
        ("ip", "300.1.1.1"),
    ],
)
def test_what_a_field_does_not_allow_is_refused_by_name(field: str, typed: str) -> None:
    assert fields.canonical(FILE[field], typed) is None
    with pytest.raises(Refusal) as refused:
        fields.checked(field, typed)
    assert (refused.value.code, refused.value.operand, refused.value.actual) == ("catalog.field_invalid", field, typed)


def test_an_empty_value_empties_and_an_unknown_field_is_refused() -> None:
    assert fields.checked("pole", " ") == fields.checked("pole", None) == ""
    with pytest.raises(Refusal, match=r"catalog\.field_unknown"):
        fields.checked("name", "甲")


@given(st.text(alphabet=string.printable + "\u3000\u200b南宁０Ａ（）", max_size=40))
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    once = fields.tidy(text)
    assert fields.tidy(once) == once


@given(st.sampled_from(sorted(fields.kept())), st.text(max_size=30))
def test_a_canonical_value_is_its_own(field: str, text: str) -> None:
    found = fields.canonical(FILE[field], text)
    assert found is None or fields.canonical(FILE[field], found) == found


def test_full_width_brackets_are_right_and_stay() -> None:
    assert fields.tidy("建政路（东段）１号") == "建政路（东段）1号"


def test_what_goes_upwards_goes_under_the_names_of_the_interface_and_leaves_out_what_is_private() -> None:
    said = fields.as_reported({"point_class": "1", "manufacturer": "甲", "mac": "02:45:00:00:00:01", "pole": "P1"})
    assert said == {"PointType": "1", "Info/PointType": "1", "Manufacturer": "甲", "Info/Manufacturer": "甲"}
