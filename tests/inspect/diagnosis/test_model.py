"""Items, thresholds, what a look finds, when a verdict changes."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.inspect.diagnosis.figures import figures
from commonsight.inspect.diagnosis.light import phase
from commonsight.inspect.diagnosis.model import (
    ANY_KIND,
    Finding,
    Own,
    Phase,
    State,
    Thresholds,
    Verdict,
    find,
    items,
    judge,
)
from commonsight.respond.maintenance.model import sort_of

CAMERA = UUID(int=7)
NOON = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)
NONE = Thresholds({})


def look(scores: dict[str, float], **more: object) -> dict[str, Finding]:
    said = {"kind": "dome", "phase": Phase.DAY, "at": NOON, "thresholds": NONE} | more
    return {one.item: one for one in find(CAMERA, scores, **said)}  # type: ignore[arg-type]


def test_every_item_is_told_in_both_languages_and_known_to_maintenance() -> None:
    assert set(items()) == {
        "signal_loss", "too_dark", "too_bright", "low_contrast", "colour_cast", "noise", "stripes", "blur", "freeze",
        "occlusion", "scene_change", "corruption", "osd_clock", "osd_label",
    }  # fmt: skip
    for item in items().values():
        assert all(words.name and words.definition and words.next for words in (item.zh, item.en))
        assert item.silences <= set(items()) - {item.code}
        assert item.least <= item.day <= item.most
        assert item.least <= item.night <= item.most
        assert sort_of(item.fault).code == item.fault


def test_nothing_is_silenced_by_what_it_silences() -> None:
    for item in items().values():
        assert not any(item.code in items()[other].silences for other in item.silences), item.code


def test_the_most_special_threshold_applies() -> None:
    item = items()["too_dark"]
    said = Thresholds({("too_dark", ANY_KIND, Phase.DAY): 50, ("too_dark", "dome", Phase.DAY): 40})
    assert NONE.of(item, "dome", Phase.DAY) == item.day
    assert NONE.of(item, "dome", Phase.NIGHT) == item.night
    assert said.of(item, "fixed", Phase.DAY) == 50
    assert said.of(item, "dome", Phase.DAY) == 40
    assert said.of(item, "dome", Phase.NIGHT) == item.night
    assert said.of(item, "dome", Phase.DAY, Own(30, None)) == 30
    assert said.of(item, "dome", Phase.DAY, Own(None, None)) == 40


def test_a_consequence_is_not_reported_beside_its_cause() -> None:
    found = look({"signal_loss": 1.0, "too_dark": 0.0, "low_contrast": 0.0, "blur": 50.0})
    assert set(found) == {"signal_loss"}
    found = look({"signal_loss": 0.1, "too_dark": 10.0, "low_contrast": 5.0, "blur": 50.0, "corruption": 0.0})
    assert set(found) == {"signal_loss", "too_dark", "corruption"}
    assert [code for code, one in found.items() if one.faulty] == ["too_dark"]


def test_what_is_silenced_silences_nothing() -> None:
    assert set(look({"noise": 60.0, "blur": 50.0, "occlusion": 0.9})) == {"noise"}


def test_a_muted_item_keeps_its_verdict_until_the_day() -> None:
    muted = {"blur": Own(None, NOON + timedelta(days=1))}
    assert "blur" not in look({"blur": 50.0}, own=muted)
    assert look({"blur": 50.0}, own=muted, at=NOON + timedelta(days=1))["blur"].faulty
    assert not look({"blur": 50.0}, own={"blur": Own(60.0, None)})["blur"].faulty


def finding(faulty: bool, at: datetime = NOON) -> Finding:
    return Finding(CAMERA, "blur", 9.0 if faulty else 1.0, 7.0, faulty, at)


def after(before: Verdict | None, *said: bool, looks: int = 3) -> Verdict:
    for number, faulty in enumerate(said):
        start = NOON if before is None else before.at
        before = judge(before, finding(faulty, start + timedelta(minutes=number + 1)), looks)
    assert before is not None
    return before


def test_a_verdict_changes_only_when_looks_agree() -> None:
    assert after(None, False).state is State.WELL
    assert after(None, True, True).state is State.UNKNOWN
    assert after(None, True, True, True).state is State.FAULT
    assert after(None, False, True, True, False, True, True).state is State.WELL
    assert after(None, False, True, True).suspect
    assert not after(None, False, True, True, False).suspect
    faulty = after(None, True, True, True)
    assert after(faulty, False, False).state is State.FAULT
    assert after(faulty, False, False, False).state is State.WELL
    assert after(faulty, False, looks=1).state is State.WELL


def test_an_old_look_changes_nothing() -> None:
    held = after(None, False)
    assert judge(held, finding(True, NOON - timedelta(days=1)), 1) is held


@given(st.lists(st.booleans(), max_size=30), st.integers(1, 5))
def test_since_moves_with_the_state_only(said: list[bool], looks: int) -> None:
    held: Verdict | None = None
    for number, faulty in enumerate(said):
        now = judge(held, finding(faulty, NOON + timedelta(minutes=number)), looks)
        assert 0 <= now.streak < looks
        if held is not None and now.state is held.state:
            assert now.since == held.since
        held = now


def test_day_and_night_follow_the_sun_the_clock_and_the_camera() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    nanning = (108.3, 22.8)
    assert phase(NOON, nanning, zone) is Phase.DAY
    assert phase(NOON + timedelta(hours=12), nanning, zone) is Phase.NIGHT
    assert phase(NOON + timedelta(hours=12), (-71.7, -22.8), zone) is Phase.DAY  # the other side of the earth
    assert phase(NOON, None, zone) is Phase.DAY
    assert phase(NOON + timedelta(hours=12), None, zone) is Phase.NIGHT
    assert phase(NOON, nanning, zone, colourless=True) is Phase.NIGHT


def test_the_figures_that_ship_speak_of_items_there_are() -> None:
    read = figures()
    assert read.minutes > 0
    assert set(read.items) <= set(items())
    for code, one in read.items.items():
        assert 0.5 <= one.area <= 1, code
        assert one.found.low <= one.found.share <= one.found.high
        assert one.strengths


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_two_items_have_one_name(language: str) -> None:
    names = [getattr(item, language).name for item in items().values()]
    assert len(set(names)) == len(names)
