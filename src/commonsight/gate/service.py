"""Use cases of gate/: issue, check, open, close, revoke. No reason, no permit; no permit, no picture."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from commonsight import outbox
from commonsight.catalog import service as catalog
from commonsight.gate import store
from commonsight.gate.model import (
    MINUTES_DEFAULT,
    SYSTEM_HOURS_MOST,
    Door,
    Issued,
    Limits,
    Permit,
    Standing,
    check_cameras,
    check_minutes,
    check_purpose,
    digest,
    new_ticket,
)
from commonsight.gate.tables import PermitRow, RetrievalRow
from commonsight.http import Caller, sees
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.canonical import digest as canonical_digest
from commonsight.records.database import ReadSession, WriteSession, notify

REVOKED: Final = "gate_revoked"
"""Channel on which media nodes hear that a permit is worth nothing any more: `{"permit_id": …}`."""


async def issue(
    session: WriteSession,
    *,
    caller: Caller,
    cameras: Sequence[UUID],
    purpose_code: str | None,
    purpose_text: str | None,
    minutes: int = MINUTES_DEFAULT,
    door: str = "retrieval",
    now: datetime | None = None,
) -> Issued:
    """Give a person a permit and write the register's line for each camera, in the caller's transaction.

    Args:
        session: the transaction; without its commit there is neither permit nor line.
        caller: who asks; needs `pictures.view` (checked by the route) and regions that hold every camera.
        cameras: 1 to 64 cameras.
        purpose_code: one of `model.purposes()`.
        purpose_text: the reason in words; some purposes demand it.
        minutes: how long the permit runs, 1 to 240.
        door: lawful basis.
        now: the moment; default is the database's.

    Raises:
        Refusal: `gate.purpose_missing` and what else `check_purpose` refuses, `gate.camera_unknown` (404, also for
            cameras beyond the caller's regions), `gate.cameras_many`, `gate.minutes_invalid`.
    """
    code, said = check_purpose(purpose_code, purpose_text)
    asked = check_cameras(cameras)
    now = now or await store.moment(session)
    named = {camera_id: await _camera(session, camera_id, caller) for camera_id in asked}
    permit, ticket = await _write(
        session,
        door=Door(door),
        holder_kind="person",
        holder_id=caller.id,
        holder_name=caller.display_name or caller.name,
        organisation=caller.organisation,
        purpose=(code, said),
        cameras=asked,
        limits=Limits(minutes=check_minutes(minutes)),
        now=now,
        expires_at=now + timedelta(minutes=minutes),
    )
    lines = {}
    for camera_id, (name, region) in named.items():
        lines[camera_id] = (await _register(session, permit, camera_id, name, region, now)).id
    return Issued(permit, ticket, lines)


async def issue_system(
    session: WriteSession,
    *,
    name: str,
    purpose_code: str,
    cameras: Sequence[UUID] = (),
    hours: float = 24,
    now: datetime | None = None,
) -> Issued:
    """Give one of our own processes a permit (`see`, `inspect`); `cameras` empty: all. What it opens is registered.

    Raises:
        Refusal: `gate.purpose_missing`, `gate.purpose_unknown`, `gate.hours_invalid`.
    """
    code, said = check_purpose(purpose_code, None, system=True)
    if not 0 < hours <= SYSTEM_HOURS_MOST:
        raise Refusal(
            "gate.hours_invalid",
            rule=f"0 to {SYSTEM_HOURS_MOST}",
            operand="hours",
            expected=SYSTEM_HOURS_MOST,
            actual=hours,
        )
    now = now or await store.moment(session)
    permit, ticket = await _write(
        session,
        door=Door.RETRIEVAL,
        holder_kind="system",
        holder_id=None,
        holder_name=name,
        organisation="",
        purpose=(code, said),
        cameras=tuple(dict.fromkeys(cameras)),
        limits=Limits(),
        now=now,
        expires_at=now + timedelta(hours=hours),
    )
    return Issued(permit, ticket)


async def check(session: ReadSession, ticket: str, camera_id: UUID, *, now: datetime | None = None) -> Permit:
    """The permit behind a ticket, when it opens this camera now.

    Raises:
        Refusal: `gate.ticket_unknown` (404); `gate.ticket_revoked`, `gate.ticket_expired`,
            `gate.camera_not_covered` (403).
    """
    permit = await store.permit_by_ticket(session, digest(ticket))
    if permit is None:
        raise Refusal("gate.ticket_unknown", status=404, rule="permit", operand="ticket")
    permit.refuse_unless(camera_id, now or await store.moment(session))
    return permit


async def standing(session: ReadSession, permit_id: UUID, *, now: datetime | None = None) -> Standing:
    """What a permit is worth now; one that does not exist counts as revoked."""
    permit = await store.permit_by_id(session, permit_id)
    return Standing.REVOKED if permit is None else permit.standing(now or await store.moment(session))


async def open_retrieval(
    session: WriteSession, permit: Permit, camera_id: UUID, *, node: str, now: datetime | None = None
) -> UUID:
    """Write that a picture source is being opened; commit before the first frame leaves. Returns the line's id.

    The line written at issue is used by the first opening; each further opening under the same permit gets its own. The
    permit is read again under a lock, so nothing opens once a revocation has returned.

    Raises:
        Refusal: as `check`.
    """
    row = await store.lock_permit(session, permit.id)
    if row is None:
        raise Refusal("gate.ticket_unknown", status=404, rule="permit", operand="ticket")
    now = now or await store.moment(session)
    current = store.permit_of(row)
    current.refuse_unless(camera_id, now)
    line = await store.waiting_retrieval(session, permit.id, camera_id)
    if line is None:
        brief = await catalog.camera_brief(session, camera_id)
        name, region = (brief.name, brief.region) if brief else ("", "")
        line = await _register(session, current, camera_id, name, region, now)
    line.opened_at, line.node = now, node
    await session.flush()
    return line.id


async def first_frame(session: WriteSession, retrieval_id: UUID, *, now: datetime | None = None) -> None:
    """Note that the first picture has left."""
    await store.mark_first_frame(session, retrieval_id, now or await store.moment(session))


async def close_retrieval(
    session: WriteSession,
    retrieval_id: UUID,
    *,
    seconds: float,
    bytes: int,
    reason: str,
    now: datetime | None = None,
) -> None:
    """Note what was seen: seconds of pictures, bytes sent, and why it ended. Saying it twice changes nothing."""
    now = now or await store.moment(session)
    await store.mark_closed(session, retrieval_id, now, seconds=max(0.0, seconds), size=max(0, bytes), reason=reason)


async def close_inherited(session: WriteSession, node: str, before: datetime) -> int:
    """Close what a media node that died had open; its successor, started at `before`, calls this. Returns how many."""
    return await store.close_inherited(session, node, before)


async def revoke(session: WriteSession, permit_id: UUID, reason: str, *, now: datetime | None = None) -> Permit:
    """Make a permit worthless at once; media nodes hear of it when the transaction commits. Repeating it is harmless.

    Raises:
        Refusal: `gate.permit_unknown` (404).
    """
    row = await store.lock_permit(session, permit_id)
    if row is None:
        raise Refusal("gate.permit_unknown", status=404, operand="permit", actual=str(permit_id))
    if row.revoked_at is None:
        await _revoke(session, row, reason, now or await store.moment(session))
    return store.permit_of(row)


async def revoke_all_of(session: WriteSession, holder_id: UUID, reason: str) -> int:
    """Revoke every running permit of a person; returns how many."""
    now = await store.moment(session)
    rows = await store.running_permits(session, holder_id, now)
    for row in rows:
        await _revoke(session, row, reason, now)
    return len(rows)


async def reaches(session: ReadSession, permit: Permit | None, caller: Caller) -> bool:
    """True when every camera of the permit lies within the caller's regions."""
    if permit is None or not permit.cameras:
        return permit is not None and permit.holder_kind == "system" and "system.read" in caller.permissions
    for camera_id in permit.cameras:
        brief = await catalog.camera_brief(session, camera_id)
        if brief is None or not sees(caller, brief.region):
            return False
    return True


async def _revoke(session: WriteSession, row: PermitRow, reason: str, now: datetime) -> None:
    row.revoked_at, row.revoked_reason = now, reason[:200]
    await session.flush()
    await outbox.append(session, "gate.permit_revoked", {"permit": str(row.id)})
    await notify(session, REVOKED, {"permit_id": str(row.id)})


async def _camera(session: ReadSession, camera_id: UUID, caller: Caller) -> tuple[str, str]:
    """Name and region of a camera the caller may see. Beyond their regions it does not exist for them."""
    brief = await catalog.camera_brief(session, camera_id)
    if brief is None or brief.archived or not sees(caller, brief.region):
        raise Refusal("gate.camera_unknown", status=404, rule="scope", operand="camera_id", actual=str(camera_id))
    return brief.name, brief.region


async def _write(
    session: WriteSession,
    *,
    door: Door,
    holder_kind: str,
    holder_id: UUID | None,
    holder_name: str,
    organisation: str,
    purpose: tuple[str, str],
    cameras: Sequence[UUID],
    limits: Limits,
    now: datetime,
    expires_at: datetime,
) -> tuple[Permit, str]:
    ticket = new_ticket()
    row = PermitRow(
        id=uuid7(),
        door=door.value,
        holder_kind=holder_kind,
        holder_id=holder_id,
        holder_name=holder_name,
        organisation=organisation,
        purpose_code=purpose[0],
        purpose_text=purpose[1],
        cameras=list(cameras),
        limits=limits.as_json(),
        ticket_sha256=digest(ticket),
        issued_at=now,
        expires_at=expires_at,
    )
    session.add(row)
    await session.flush()
    return store.permit_of(row), ticket


async def _register(
    session: WriteSession, permit: Permit, camera_id: UUID, camera_name: str, region: str, now: datetime
) -> RetrievalRow:
    line = RetrievalRow(
        id=uuid7(),
        permit_id=permit.id,
        door=permit.door.value,
        camera_id=camera_id,
        camera_name=camera_name,
        region=region,
        holder_kind=permit.holder_kind,
        holder_id=permit.holder_id,
        holder_name=permit.holder_name,
        organisation=permit.organisation,
        purpose_code=permit.purpose_code,
        purpose_text=permit.purpose_text,
        asked_at=now,
        seconds=0.0,
        bytes=0,
        salt=os.urandom(16),
    )
    session.add(line)
    await session.flush()
    await outbox.append(session, "gate.retrieval", proof(line))
    return line


def proof(line: RetrievalRow) -> Mapping[str, Any]:
    """What the outbox, and later the ledger, says of a line: ids and a digest over all that was declared.

    The ledger cannot forget, so names stay out of it; the line's salt keeps them from being guessed out of the digest.
    """
    declared = {
        "retrieval": str(line.id),
        "permit": str(line.permit_id),
        "door": line.door,
        "camera": str(line.camera_id),
        "camera_name": line.camera_name,
        "region": line.region,
        "holder_kind": line.holder_kind,
        "holder": None if line.holder_id is None else str(line.holder_id),
        "holder_name": line.holder_name,
        "organisation": line.organisation,
        "purpose_code": line.purpose_code,
        "purpose_text": line.purpose_text,
        "asked_at": line.asked_at.isoformat(),
        "salt": line.salt.hex(),
    }
    return {
        "retrieval": str(line.id),
        "permit": str(line.permit_id),
        "camera": str(line.camera_id),
        "door": line.door,
        "purpose": line.purpose_code,
        "declared_sha256": canonical_digest(declared).hex(),
    }
