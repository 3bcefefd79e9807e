"""Indicators as data."""

from typing import Any

import pytest

from commonsight.inspect.indicators.definitions import counts, indicators, known, read
from commonsight.inspect.indicators.sources import HOURLY, SOURCES
from commonsight.problem import Refusal

LINES: dict[str, Any] = {
    "zh": "甲", "en": "A",
    "variants": {
        "one": {
            "zh": "一", "en": "one", "unit": "camera", "numerator": ["works"], "denominator": ["works", "bad"],
            "definition_zh": "定义", "definition_en": "definition",
        }
    },
}  # fmt: skip


def test_the_formula_is_made_from_what_is_computed() -> None:
    checked = indicators()["online"].usual
    assert checked.formula == "(works + bad) / (works + bad + offline)"
    assert checked.worded("zh") == "(正常 + 播放异常) ÷ (正常 + 播放异常 + 离线)"
    assert checked.sums({"works": 5, "bad": 2, "offline": 1, "unchecked": 2}) == (7, 8, 2)


def test_every_count_has_exactly_one_source() -> None:
    named = [count for source in SOURCES for count in source.counts] + list(HOURLY)
    assert sorted(named) == sorted(counts())
    used = {count for one in indicators().values() for variant in one.variants.values() for count in variant.counts}
    assert used == set(counts())


def test_what_the_issue_names_is_there() -> None:
    assert {"online", "playable", "intact", "complete", "accurate", "clock", "recording"} <= set(indicators())


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"numerator": ["sunny"]}, "sunny"),
        ({"denominator": []}, "denominator"),
        ({"unit": "metre"}, "metre"),
    ],
)
def test_wrong_lines_are_named(change: dict[str, Any], word: str) -> None:
    one = LINES["variants"]["one"] | change
    with pytest.raises(ValueError, match=word):
        read("x", LINES | {"variants": {"one": one}})


def test_bars_must_make_sense() -> None:
    with pytest.raises(ValueError, match="alert"):
        read("x", LINES | {"aim": 0.9, "alert": 0.95})


def test_a_name_nobody_knows_is_refused_with_those_there_are() -> None:
    with pytest.raises(Refusal) as refused:
        known("online_rate")
    assert refused.value.code == "inspect.indicator_unknown"
    with pytest.raises(Refusal) as refused:
        indicators()["online"].variant("sunny")
    assert refused.value.expected == ["checked", "connected", "hours"]
