"""Explanations, verdicts and headings, as data and rules."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.inspect.assessment import model
from commonsight.inspect.assessment.model import Known, Match, Said, Try

AT = datetime(2026, 10, 5, 2, 5, tzinfo=UTC)
GOT = AT + timedelta(days=1)
MINUTE = timedelta(minutes=1)

SAID = Said(2, "45010300001320000118", "民族大道", "450103", "离线", "offline", AT, "")
FOUND = Match("code", 1.0, UUID(int=1))
WORKS = Known("works", AT - timedelta(days=3), AT - timedelta(days=90), None, False, True)


def test_every_explanation_is_complete_and_every_code_of_the_rules_is_one() -> None:
    for one in model.explanations().values():
        assert one.zh
        assert one.en
        assert one.words_zh
        assert one.words_en
        # What we appeal against is not at the same time taken as a fault of ours.
        assert not (one.appeal and one.fault)


@pytest.mark.parametrize(
    ("change", "match", "code"),
    [
        ({}, FOUND, "standing_well"),
        ({"before": Try(AT - 7 * MINUTE, True), "after": Try(AT + 15 * MINUTE, True)}, FOUND, "proved_around"),
        ({"before": Try(AT - 7 * MINUTE, True)}, FOUND, "proved_near"),
        ({"before": Try(AT - 7 * MINUTE, True), "after": Try(AT + MINUTE, False)}, FOUND, "agree"),
        ({"before": Try(AT - MINUTE, True), "after": Try(AT + 15 * MINUTE, False)}, FOUND, "proved_near"),
        ({"health": "offline"}, FOUND, "agree"),
        ({"health": "offline", "health_at": AT + MINUTE}, FOUND, "changed_since"),
        ({"health": "unknown", "health_at": None}, FOUND, "never_checked"),
        ({"exempt": True}, FOUND, "exempt"),
        ({"shared": False}, FOUND, "not_shared"),
        ({"archived_at": AT - MINUTE}, FOUND, "retired"),
        ({"archived_at": AT + MINUTE}, FOUND, "standing_well"),
        ({"created_at": AT + MINUTE}, FOUND, "filed_later"),
        ({}, Match("name", 0.35, UUID(int=1)), "unmatched"),
    ],
)
def test_they_say_offline(change: dict[str, Any], match: Match, code: str) -> None:
    assert model.explain("online", SAID, match, replace(WORKS, **change), again=False, got_at=GOT) == code
    assert code in model.explanations()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "agree"),
        ({"health": "offline"}, "standing_faulty"),
        ({"before": Try(AT - MINUTE, False)}, "failed_near"),
        # Nothing they could not have seen is held against them when they found it well.
        ({"health": "offline", "shared": False}, "standing_faulty"),
    ],
)
def test_they_say_well(change: dict[str, Any], code: str) -> None:
    said = replace(SAID, verdict="online")
    assert model.explain("online", said, FOUND, replace(WORKS, **change), again=False, got_at=GOT) == code


def test_what_answers_without_a_picture_is_online_and_not_playable() -> None:
    bad = replace(WORKS, health="bad")
    unplayable = replace(SAID, verdict="unplayable")
    assert model.explain("playable", unplayable, FOUND, bad, again=False, got_at=GOT) == "agree"
    assert model.explain("online", replace(SAID, verdict="online"), FOUND, bad, again=False, got_at=GOT) == "agree"
    assert model.explain("online", SAID, FOUND, bad, again=False, got_at=GOT) == "standing_well"


def test_their_clock_and_second_rows_come_first() -> None:
    assert model.explain("online", SAID, FOUND, WORKS, again=True, got_at=GOT) == "duplicate"
    late = replace(SAID, at=GOT + timedelta(hours=8))
    assert model.explain("online", late, FOUND, WORKS, again=False, got_at=GOT) == "clock"
    assert model.explain("online", SAID, Match(), None, again=False, got_at=GOT) == "unmatched"


@given(
    st.sampled_from(["online", "playable"]),
    st.sampled_from(["playable", "online", "unplayable", "offline"]),
    st.sampled_from(["works", "bad", "offline", "unknown"]),
    st.none() | st.integers(-100, 100),
    st.none() | st.tuples(st.integers(0, 29), st.booleans()),
    st.none() | st.tuples(st.integers(1, 29), st.booleans()),
    st.booleans(),
    st.sampled_from([True, False, None]),
)
def test_every_row_gets_one_known_explanation(
    indicator: str, verdict: Any, health: str, since: int | None, before: Any, after: Any, exempt: bool, shared: Any
) -> None:
    known = Known(
        health, None if since is None else AT + since * MINUTE, AT - timedelta(days=9), None, exempt, shared,
        None if before is None else Try(AT - before[0] * MINUTE, before[1]),
        None if after is None else Try(AT + after[0] * MINUTE, after[1]),
    )  # fmt: skip
    said = replace(SAID, verdict=verdict)
    code = model.explain(indicator, said, FOUND, known, again=False, got_at=GOT)
    assert code in model.explanations()
    ours, _ = model.ours_at(indicator, AT, known)
    if code == "agree":
        assert (verdict in model.GOOD[indicator]) == (ours == "good")


@pytest.mark.parametrize(
    ("text", "verdict"),
    [("离线", "offline"), (" 在 线 ", "online"), ("OFF", "offline"), ("点播失败(超时)", "unplayable"), ("0", "offline"),
     ("图像正常", "playable"), ("待定", None), ("", None)],
)  # fmt: skip
def test_verdicts_are_read_as_they_are_written(text: str, verdict: str | None) -> None:
    assert model.verdict_of(text) == verdict


def test_headings_are_guessed_and_the_first_of_two_wins() -> None:
    headings = ["序号", "设备国标编码", "设备名称", "所属区域", "在线状态", "检测时间", "离线原因", "备注"]
    assert model.guess(headings) == {
        "code": "设备国标编码", "name": "设备名称", "result": "在线状态", "at": "检测时间", "reason": "离线原因",
    }  # fmt: skip


def test_names_are_compared_without_what_people_write_otherwise() -> None:
    assert model.plain_name(" 民族大道（古城路口）-东 01") == model.plain_name("民族大道(古城路口)_东０１")
