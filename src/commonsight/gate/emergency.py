"""Emergency access: pictures at once and for minutes, with a reason, and somebody else's review afterwards."""

import os
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from commonsight import outbox
from commonsight.gate import giving, grants, permits, request_store, service, store
from commonsight.gate import grant_rules as rules
from commonsight.gate.model import (
    Action,
    Door,
    Footage,
    Issued,
    Limits,
    check_cameras,
    check_footage,
    check_minutes,
    check_purpose,
)
from commonsight.gate.tables import EmergencyReviewRow
from commonsight.http import LANGUAGES, Caller
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.canonical import digest as canonical_digest
from commonsight.records.database import WriteSession
from commonsight.text import say

MINUTES_MOST: Final = 30
CAMERAS_MOST: Final = 16
REASON_SHORTEST: Final = 8
UNREVIEWED_MOST: Final = 5
"""So many of one person's may wait for review; then a reviewer has to speak first."""

REVIEW_WITHIN: Final = timedelta(hours=24)
"""A review is due this long after; then it escalates."""

ESCALATED_AT_ONCE: Final = 500

LOOKING: Final = frozenset({Action.LIVE, Action.PLAYBACK})
"""What an emergency is enough for. To keep or hand on pictures there is time to ask."""

Expected = Callable[[EmergencyReviewRow], None]


async def issue(
    session: WriteSession,
    *,
    caller: Caller,
    cameras: Sequence[UUID],
    reason: str | None,
    minutes: int = MINUTES_MOST,
    action: Action = Action.LIVE,
    footage: Footage | None = None,
    viewer: str | None = None,
    now: datetime | None = None,
) -> Issued:
    """Give a permit without a grant, for at most 30 minutes, and open a review of it.

    Only within the caller's regions, and only for looking. Everything else is as `service.issue`.

    Raises:
        Refusal: `gate.emergency_reason`, `gate.emergency_action`, `gate.emergency_cameras` (422), `gate.emergency_many`
            (409), `gate.camera_unknown` (404), `gate.footage_missing`, `gate.footage_invalid`.
    """
    code, said = check_purpose("emergency", reason)
    if len(said) < REASON_SHORTEST:
        raise Refusal(
            "gate.emergency_reason",
            status=422,
            rule=f"at least {REASON_SHORTEST} characters",
            operand="purpose_text",
            expected=REASON_SHORTEST,
            actual=len(said),
        )
    if action not in LOOKING:
        words = {f"action_{language}": say(f"gate.action_{action.value}", language) for language in LANGUAGES}
        raise Refusal(
            "gate.emergency_action",
            status=422,
            rule="live or playback",
            operand="action",
            expected=sorted(LOOKING),
            actual=action.value,
            **words,
        )
    asked, span = check_cameras(cameras), check_footage(action, footage)
    if len(asked) > CAMERAS_MOST:
        raise Refusal(
            "gate.emergency_cameras",
            status=422,
            rule=f"at most {CAMERAS_MOST}",
            operand="camera_id",
            expected=CAMERAS_MOST,
            actual=len(asked),
        )
    await store.lock_person(session, caller.id)
    waiting = await request_store.pending_of(session, caller.id)
    if waiting >= UNREVIEWED_MOST:
        raise Refusal(
            "gate.emergency_many",
            status=409,
            rule=f"at most {UNREVIEWED_MOST} unreviewed",
            operand="emergency",
            expected=UNREVIEWED_MOST,
            actual=waiting,
        )
    now = now or await store.moment(session)
    seen = await grants.seen(session, caller, asked)
    runs = min(check_minutes(minutes), MINUTES_MOST)
    terms = permits.Terms(
        door=Door.RETRIEVAL,
        purpose=(code, said),
        actions=frozenset({action}),
        footage=span,
        limits=Limits(minutes=runs),
        expires_at=now + timedelta(minutes=runs),
        emergency=True,
    )
    made = await permits.write_for_person(session, caller, seen, terms, action, viewer, now)
    row = EmergencyReviewRow(
        id=uuid7(),
        version=1,
        permit_id=made.permit.id,
        person_id=caller.id,
        person_name=made.permit.holder_name,
        organisation=made.permit.organisation,
        action=action.value,
        camera_ids=[camera.id for camera in seen],
        camera_names=[camera.name for camera in seen],
        regions=sorted({camera.region for camera in seen}),
        reason=said,
        opened_at=now,
        due_at=now + REVIEW_WITHIN,
        state="pending",
        salt=os.urandom(16),
    )
    session.add(row)
    await session.flush()
    await outbox.append(session, "gate.emergency_opened", proof(row))
    return made


async def review(
    session: WriteSession,
    caller: Caller,
    review_id: UUID,
    state: Literal["justified", "unjustified"],
    words: str,
    expected: Expected,
    region: str,
    now: datetime,
) -> EmergencyReviewRow:
    """Say of an emergency access whether it was one. What is not justified and still runs is cut.

    Raises:
        Refusal: `gate.review_unknown` (404), `gate.review_own` (403), `gate.review_done` (409), `gate.grant_invalid`
            without words.
    """
    said = rules.check_words(words, "words")
    row = await request_store.lock_review(session, review_id)
    if row is None or not giving.touches(caller, row.regions, region):
        raise Refusal("gate.review_unknown", status=404, operand="emergency", actual=str(review_id))
    if row.person_id == caller.id:
        raise Refusal("gate.review_own", status=403, rule="four eyes", operand="emergency", actual=str(review_id))
    expected(row)
    if row.state != "pending":
        raise Refusal("gate.review_done", status=409, rule="reviewed once", operand="state", actual=row.state)
    row.state, row.words, row.reviewed_at, row.version = state, said, now, row.version + 1
    row.reviewed_by, row.reviewed_by_name = caller.id, caller.display_name or caller.name
    await session.flush()
    if state == "unjustified":
        await service.revoke(session, row.permit_id, f"emergency not justified: {said}", now=now)
    await outbox.append(session, "gate.emergency_reviewed", proof(row))
    return row


async def escalate(session: WriteSession, now: datetime) -> int:
    """Say of each emergency access that nobody reviewed in time that it is overdue; once each. Returns how many."""
    late = await request_store.escalate(session, now, ESCALATED_AT_ONCE)
    for row in late:
        await outbox.append(session, "gate.emergency_overdue", proof(row))
    return len(late)


def proof(row: EmergencyReviewRow) -> dict[str, Any]:
    """What the outbox, and later the ledger, says of an emergency access: ids, its state, a digest over all of it."""
    declared = {
        "emergency": str(row.id),
        "permit": str(row.permit_id),
        "person": str(row.person_id),
        "action": row.action,
        "cameras": [str(camera) for camera in row.camera_ids],
        "reason": row.reason,
        "opened_at": row.opened_at.isoformat(),
        "state": row.state,
        "reviewed_at": None if row.reviewed_at is None else row.reviewed_at.isoformat(),
        "reviewed_by": None if row.reviewed_by is None else str(row.reviewed_by),
        "words": row.words,
        "salt": row.salt.hex(),
    }
    return {
        "emergency": str(row.id),
        "permit": str(row.permit_id),
        "cameras": [str(camera) for camera in row.camera_ids],
        "state": row.state,
        "overdue": row.escalated_at is not None,
        "declared_sha256": canonical_digest(declared).hex(),
    }
