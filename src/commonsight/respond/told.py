"""Telling others of a case in the transaction of the change: the outbox for rooms, a notification for the page."""

from typing import Any, Final

from commonsight import outbox
from commonsight.records.database import WriteSession, notify
from commonsight.respond.model import Case
from commonsight.respond.titles import shortened

CHANNEL: Final = "cases"
"""Notifications about single cases, for the live topic of that name."""

OPENED: Final = "respond.case_opened"
STEPPED: Final = "respond.case_stepped"
GROWN: Final = "respond.case_grown"
ESCALATED: Final = "respond.case_escalated"

SHOWN_WORDS: Final = 120
"""Letters of a case's words in a notification: PostgreSQL carries 8,000 bytes."""


async def happened(session: WriteSession, topic: str, case: Case, **more: Any) -> None:
    """Something happened to a case as it is now."""
    await outbox.append(
        session, topic,
        {
            "case": str(case.id), "number": case.number, "kind": case.kind, "severity": case.severity,
            "state": case.state.value, "region": case.region, "source": case.source,
            "camera": None if case.camera_id is None else str(case.camera_id),
            "assignee": None if case.assignee is None else {"kind": case.assignee.kind, "id": str(case.assignee.id)},
            **more,
        },
    )  # fmt: skip
    await shown(session, topic, case)


async def shown(session: WriteSession, topic: str, case: Case) -> None:
    """Let the pages that are open show the case anew."""
    await notify(
        session, CHANNEL,
        {
            "type": topic.rpartition("_")[2], "case": str(case.id), "number": case.number, "kind": case.kind,
            "camera": None if case.camera_id is None else str(case.camera_id), "region": case.region,
            "severity": case.severity, "state": case.state.value, "subject": case.subject,
            "place": case.place[:SHOWN_WORDS], "words": shortened(case.words, SHOWN_WORDS),
            "occurrences": case.occurrences, "at": case.last_at.isoformat(),
        },
    )  # fmt: skip
