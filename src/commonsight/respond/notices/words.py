"""What a notice says: the body programs get, and the subject and text people get."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row

from commonsight.respond.kinds import kinds
from commonsight.respond.model import Case
from commonsight.respond.notices.model import Event, GrantEvent
from commonsight.respond.titles import code_of, in_language, title_of
from commonsight.text import say

CAMERAS_NAMED: Final = 3
"""Cameras of an emergency access that a notice names; it says how many there are."""


def body_of(
    case: Case, event: Event, at: datetime, *, region_name: str | None, language: str, base: str | None
) -> dict[str, Any]:
    """The message about a case as it is now: JSON values, no picture. Times RFC 3339 UTC, `point` [lon, lat] WGS-84."""
    return {
        "type": f"case.{event}",
        "timestamp": _utc(at),
        "data": {
            "id": str(case.id),
            "number": case.number,
            "kind": case.kind,
            "severity": case.severity,
            "state": case.state.value,
            "title": title_of(case.subject, language),
            "subject": code_of(case.subject),
            "words": in_language(case.words, language),
            "place": case.place,
            "region": case.region,
            "region_name": region_name,
            "camera_id": None if case.camera_id is None else str(case.camera_id),
            "point": None if case.point is None else list(case.point),
            "occurrences": case.occurrences,
            "opened_at": _utc(case.opened_at),
            "last_at": _utc(case.last_at),
            "deadline_at": None if case.deadline_at is None else _utc(case.deadline_at),
            "assignee": None if case.assignee is None else case.assignee.name,
            "level": case.level,
            "url": None if base is None else f"{base.rstrip('/')}/cases/{case.id}",
        },
    }


def test_body(at: datetime, language: str) -> dict[str, Any]:
    """A message that only shows that it arrives."""
    return {"type": "test", "timestamp": _utc(at), "data": {"title": say("respond.notice_test", language)}}


def subject_of(body: dict[str, Any], language: str) -> str:
    """One line for people."""
    data = body["data"]
    if body["type"] == "test":
        return str(data["title"])
    line = say(
        "respond.notice_subject", language, number=data["number"], event=event_name(body["type"], language),
        severity=say(f"respond.severity_{data['severity']}", language), title=data["title"], place=data["place"],
    )  # fmt: skip
    return " ".join(line.split())[:200]


def text_of(body: dict[str, Any], language: str) -> str:
    """The whole text for people."""
    data = body["data"]
    if body["type"] == "test":
        return say("respond.notice_test_text", language, at=body["timestamp"])
    kind = kinds().get(data["kind"])
    lines = [subject_of(body, language), ""]
    for code, value in (
        ("kind", "" if kind is None else (kind.zh if language == "zh" else kind.en)),
        ("words", data["words"]),
        ("place", f"{data['region_name'] or data['region']} {data['place']}".strip()),
        ("point", "" if data["point"] is None else f"{data['point'][0]:.6f}, {data['point'][1]:.6f}"),
        ("occurrences", data["occurrences"] if data["occurrences"] > 1 else ""),
        ("opened", data["opened_at"]),
        ("deadline", data["deadline_at"] or ""),
        ("assignee", data["assignee"] or ""),
        ("url", data["url"] or ""),
    ):
        if value != "":
            lines.append(say(f"respond.notice_{code}", language, value=value))
    return "\n".join([*lines, ""])


def path_of(type_: str, case_id: UUID | None) -> str:
    """Where on the page a notice leads to."""
    if case_id is not None:
        return f"/cases/{case_id}"
    return f"/video/grants/{'mine' if GrantEvent(type_).own else 'desk'}"


def of_grant(row: Row[Any], language: str) -> dict[str, str]:
    """Title, words and place of a notice about a request or an emergency access (a row of `store.page`)."""
    if GrantEvent(row.type).own:
        title = say("respond.notice_own_request", language, reason=row.reason)
        return {"title": title, "words": row.decided_words or "", "place": ""}
    names = row.camera_names or []
    place = say("respond.notice_cameras", language, count=len(names), names=names[:CAMERAS_NAMED]) if names else ""
    return {"title": " · ".join(filter(None, (row.person_name, row.organisation))), "words": row.reason, "place": place}


def event_name(type_: str, language: str) -> str:
    """`case.opened` in words."""
    return say(f"respond.event_{type_.removeprefix('case.')}", language)


def _utc(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
