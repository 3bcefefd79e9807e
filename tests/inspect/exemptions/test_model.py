"""Rules of exemptions: times, words, files, four eyes."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from commonsight.inspect.exemptions import model
from commonsight.inspect.exemptions.model import Exemption, State
from commonsight.problem import Refusal

NOW = datetime(2026, 10, 20, 4, tzinfo=UTC)
DAY = timedelta(days=1)


def held(**said: Any) -> Exemption:
    """An approved exemption of three days around NOW."""
    values: dict[str, Any] = dict.fromkeys(Exemption.__slots__)
    values |= {
        "id": UUID(int=1), "number": 1, "version": 1, "state": State.APPROVED, "starts_at": NOW - DAY,
        "ends_at": NOW + 2 * DAY, "regions": ("450103",), "total": 3,
    }  # fmt: skip
    return Exemption(**(values | said))


def refused(code: str, operand: str | None, call: Any, *given: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        call(*given)
    assert (caught.value.code, caught.value.operand) == (code, operand)
    return caught.value


def test_kinds_are_data_and_complete() -> None:
    assert {"construction", "power_cut", "road_works", "relocation", "disaster", "other"} <= set(model.kinds())
    for kind in model.kinds().values():
        assert kind.zh
        assert kind.en
        assert kind.hint_zh
        assert kind.hint_en
    assert model.check_kind("other").words_least > model.check_kind("power_cut").words_least
    refused("inspect.exemption_invalid", "kind", model.check_kind, "holiday")


@pytest.mark.parametrize(
    ("starts", "ends", "operand"),
    [
        (timedelta(days=-8), timedelta(days=1), "starts_at"),
        (timedelta(0), timedelta(0), "ends_at"),
        (timedelta(0), timedelta(days=91), "ends_at"),
    ],
)
def test_a_span_is_refused_by_the_rule_it_breaks(starts: timedelta, ends: timedelta, operand: str) -> None:
    refused("inspect.exemption_invalid", operand, model.check_span, NOW + starts, NOW + ends, NOW, 90, 7)


def test_a_power_cut_that_is_over_may_still_be_filed() -> None:
    model.check_span(NOW - 2 * DAY, NOW - DAY, NOW, 90, 7)


@pytest.mark.parametrize(
    ("state", "offset", "phase"),
    [
        (State.ASKED, 0, "asked"),
        (State.REFUSED, 0, "refused"),
        (State.APPROVED, -2, "coming"),
        (State.APPROVED, 0, "running"),
        (State.APPROVED, 2, "over"),
    ],
)
def test_phases_follow_state_and_time(state: State, offset: int, phase: str) -> None:
    assert held(state=state).phase(NOW + offset * DAY) == phase


def test_an_extension_goes_beyond_the_end_of_what_still_runs() -> None:
    model.check_extension(held(), NOW + 5 * DAY, NOW, 90)
    refused("inspect.exemption_invalid", "extend_to", model.check_extension, held(), NOW + DAY, NOW, 90)
    refused("inspect.exemption_invalid", "extend_to", model.check_extension, held(), NOW + 200 * DAY, NOW, 90)
    refused("inspect.exemption_state", "state", model.check_extension, held(), NOW + 9 * DAY, NOW + 3 * DAY, 90)
    refused("inspect.exemption_state", "state", model.check_extension, held(state=State.ASKED), NOW + 5 * DAY, NOW, 90)


def test_who_asked_does_not_decide() -> None:
    one = uuid4()
    model.check_eyes(one, uuid4())
    refused("inspect.exemption_own", "exemption", model.check_eyes, one, one)


@pytest.mark.parametrize(
    ("name", "body", "kind"),
    [
        ("通知.pdf", b"%PDF-1.7 ...", "application/pdf"),
        ("a.exe", b"\xff\xd8\xff\xe0...", "image/jpeg"),
        ('../"x".png', b"\x89PNG\r\n\x1a\n", "image/png"),
    ],
)
def test_evidence_is_known_by_what_it_holds(name: str, body: bytes, kind: str) -> None:
    plain, found = model.check_file(name, body, 1_000)
    assert found == kind
    assert not set(plain) & set('/\\"')


@pytest.mark.parametrize("body", [b"", b"MZ..", b"<html>", b"%PDF-" + b"x" * 1_000])
def test_other_files_are_refused(body: bytes) -> None:
    refused("inspect.exemption_file", "file", model.check_file, "a.pdf", body, 1_000)
