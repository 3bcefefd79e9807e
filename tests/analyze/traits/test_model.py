"""Plates as they are kept and asked for, and what a search may ask."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.analyze.traits.model import Criteria, check, normalised_plate, pattern, readable_plate
from commonsight.problem import Refusal

NOON = datetime(2026, 5, 13, 4, 0, tzinfo=UTC)
WHY = "查找肇事逃逸车辆"


def asked(**more: object) -> Criteria:
    return Criteria(**{"begin": NOON, "end": NOON + timedelta(hours=2), **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("read", "kept"),
    [
        ("桂A12345", "桂A12345"),
        ("桂a·12345", "桂A12345"),
        ("桂Ａ１２３４５", "桂A12345"),
        ("粤AD12345", "粤AD12345"),
        ("桂A1234学", "桂A1234学"),
        ("桂AI2345", None),
        ("A12345", None),
        ("桂A1234", None),
        ("桂A1234567", None),
        ("", None),
    ],
)
def test_what_is_read_is_kept_only_if_it_is_written_as_plates_are(read: str, kept: str | None) -> None:
    assert readable_plate(read) == kept


@given(st.text(max_size=30))
def test_any_text_can_be_normalised_and_the_plate_in_it_stays_itself(text: str) -> None:
    plain = normalised_plate(text)
    assert normalised_plate(plain) == plain


@pytest.mark.parametrize("plate", ["桂A12345", "桂a12?45", "桂A*45", "*2345", "桂A12*", "粤AD1234?"])
def test_a_plate_may_be_asked_for_exactly_or_with_one_wildcard(plate: str) -> None:
    found = check(asked(plate=plate), WHY).plate
    assert found is not None
    assert "%" not in found
    assert pattern(found).count("%") + pattern(found).count("_") == sum(char in "?*" for char in plate)


@pytest.mark.parametrize("plate", ["*", "桂A*", "桂?12*5", "桂A??345", "%%%%%", "桂A_2345", "桂A12345678"])
def test_a_plate_that_lists_a_street_or_is_none_is_refused(plate: str) -> None:
    with pytest.raises(Refusal) as refused:
        check(asked(plate=plate), WHY)
    assert refused.value.code == "traits.criteria_invalid"
    assert refused.value.operand == "plate"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"end": NOON}, "to"),
        ({"end": NOON + timedelta(days=32)}, "to"),
        ({"kinds": ("cat",)}, "kinds"),
        ({"upper": "beige"}, "upper"),
    ],
)
def test_criteria_outside_their_bounds_name_the_field(more: dict[str, object], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        check(asked(**more), WHY)
    assert refused.value.operand == field


@pytest.mark.parametrize("reason", [None, "", "  a  "])
def test_no_reason_in_words_no_search(reason: str | None) -> None:
    with pytest.raises(Refusal) as refused:
        check(asked(), reason)
    assert refused.value.code == "traits.reason_missing"
