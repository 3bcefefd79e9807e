"""Use cases of gate/: issue, check, open, close, revoke. No reason, no permit; no permit, no picture."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from commonsight import outbox
from commonsight.catalog import service as catalog
from commonsight.gate import grant_store, grants, permits, store
from commonsight.gate.grant_model import Holder
from commonsight.gate.model import (
    MINUTES_DEFAULT,
    OF_FOOTAGE,
    Action,
    Door,
    Footage,
    Issued,
    Limits,
    Permit,
    Standing,
    Viewer,
    check_cameras,
    check_footage,
    check_minutes,
    check_purpose,
    digest,
)
from commonsight.gate.tables import PermitRow
from commonsight.http import Caller, sees, within
from commonsight.problem import Refusal
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
    action: Action = Action.LIVE,
    footage: Footage | None = None,
    viewer: str | None = None,
    now: datetime | None = None,
) -> Issued:
    """Give a person a permit under one of their grants and write the register's line for each camera.

    All of it happens in the caller's transaction; without its commit there is neither permit nor line.

    Args:
        caller: who asks; needs `pictures.view` (checked by the route) and regions that hold every camera.
        cameras: 1 to 64 cameras, all under one grant.
        purpose_code: one of `model.purposes()`.
        purpose_text: the reason in words; some purposes demand it.
        minutes: how long the permit runs, 1 to 240; less when the grant says less, ends, or its day's window closes.
        action: what is to be done.
        footage: for playback and download, the span of recordings.
        viewer: a secret the viewer's browser keeps: only who shows it can use the ticket. Without one the ticket
            belongs to the first address that uses it.
        now: the moment; default is the database's.

    Raises:
        Refusal: `gate.no_grant` (403) naming what the nearest grant falls short by; `gate.purpose_missing` and what
            else `check_purpose` refuses, `gate.camera_unknown` (404, also for cameras beyond the caller's regions),
            `gate.cameras_many`, `gate.minutes_invalid`, `gate.footage_missing`, `gate.footage_invalid`.
    """
    code, said = check_purpose(purpose_code, purpose_text)
    asked, span = check_cameras(cameras), check_footage(action, footage)
    runs = timedelta(minutes=check_minutes(minutes))
    now = now or await store.moment(session)
    seen = await grants.seen(session, caller, asked)
    grant = await grants.cover(session, caller, seen, action, code, now)
    await grants.hold(session, grant, seen, action)
    if grant.limits.minutes is not None:
        runs = min(runs, timedelta(minutes=grant.limits.minutes))
    ends = grant.ends(now)
    return await permits.write_for_person(
        session,
        caller,
        seen,
        permits.Terms(
            door=grant.door,
            purpose=(code, said),
            actions=permits.together(action, grant.actions),
            footage=span,
            limits=replace(grant.limits, minutes=int(runs.total_seconds() // 60)),
            expires_at=now + runs if ends is None else min(now + runs, ends),
            grant_id=grant.id,
        ),
        action,
        viewer,
        now,
    )


async def refuse_without_grant(
    session: ReadSession, caller: Caller, camera_id: UUID, action: Action, *, now: datetime | None = None
) -> None:
    """Return when one of the caller's grants lets them do this with the camera now, whatever the purpose.

    Raises:
        Refusal: `gate.camera_unknown` (404), `gate.no_grant` (403).
    """
    seen = await grants.seen(session, caller, (camera_id,))
    await grants.cover(session, caller, seen, action, None, now or await store.moment(session))


async def issue_system(
    session: WriteSession,
    *,
    name: str,
    purpose_code: str,
    cameras: Sequence[UUID] = (),
    hours: float = 24,
    actions: frozenset[Action] = frozenset({Action.LIVE, Action.SNAPSHOT}),
    now: datetime | None = None,
) -> Issued:
    """Give one of our own processes a permit (`see`, `inspect`, a recorder); `cameras` empty: all. What it opens is
    registered.

    Raises:
        Refusal: `gate.purpose_missing`, `gate.purpose_unknown`, `gate.hours_invalid`.
    """
    code, said = check_purpose(purpose_code, None, system=True)
    now = now or await store.moment(session)
    terms = permits.Terms(
        door=Door.RETRIEVAL,
        purpose=(code, said),
        actions=actions,
        footage=None,
        limits=Limits(),
        expires_at=now + permits.span_of(hours),
    )
    return await permits.write(
        session, permits.Held("system", None, name, ""), tuple(dict.fromkeys(cameras)), terms, now
    )


async def issue_platform(
    session: WriteSession,
    *,
    platform_id: UUID,
    name: str,
    organisation: str,
    cameras: Sequence[UUID],
    action: Action,
    hours: float,
    footage: Footage | None = None,
    limits: Limits | None = None,
    holder_kind: Literal["platform", "server"] = "platform",
    now: datetime | None = None,
) -> Issued:
    """Give an upper platform (door `sharing`) or a media server a permit for what it is shown.

    Whether the camera is in its share is for the caller to know; nothing here looks at grants. What it opens is
    registered under its name.

    Args:
        organisation: the unit behind the platform, for the register.
        hours: how long the permit runs, at most 31 days.

    Raises:
        Refusal: `gate.camera_unknown` (404), `gate.cameras_missing`, `gate.cameras_many`, `gate.hours_invalid`,
            `gate.footage_missing`, `gate.footage_invalid`.
    """
    asked, span = check_cameras(cameras), check_footage(action, footage)
    now = now or await store.moment(session)
    seen = await grants.known(session, asked)
    terms = permits.Terms(
        door=Door.SHARING if holder_kind == "platform" else Door.RETRIEVAL,
        purpose=check_purpose("cascade" if holder_kind == "platform" else "media_server", None, system=True),
        actions=frozenset({action}),
        footage=span,
        limits=limits or Limits(),
        expires_at=now + permits.span_of(hours),
    )
    held = permits.Held(holder_kind, platform_id, name, organisation)
    return await permits.write(session, held, tuple(camera.id for camera in seen), terms, now)


async def check(
    session: ReadSession,
    ticket: str,
    camera_id: UUID,
    *,
    action: Action = Action.LIVE,
    footage: Footage | None = None,
    viewer: Viewer | None = None,
    now: datetime | None = None,
) -> Permit:
    """The permit behind a ticket, when it lets this viewer do this with this camera now.

    Args:
        footage: the span about to be read; None asks for all the permit reaches.
        viewer: who shows the ticket. A person's opens for nobody else, and not where nobody is known.

    Raises:
        Refusal: `gate.ticket_unknown` (404); `gate.ticket_revoked`, `gate.ticket_expired`, `gate.ticket_unused`,
            `gate.viewer_other`, `gate.camera_not_covered`, `gate.action_not_covered`, `gate.footage_not_covered` (403).
    """
    permit = await store.permit_by_ticket(session, digest(ticket))
    if permit is None:
        raise Refusal("gate.ticket_unknown", status=404, rule="permit", operand="ticket")
    now = now or await store.moment(session)
    permit.refuse_unless(camera_id, now, action=action, footage=footage or permit.footage)
    if viewer is None and permit.holder_kind == "person":
        # A door that does not know who stands before it is for our own processes and for platforms.
        raise Refusal("gate.viewer_other", status=403, rule="ticket bound to its viewer", operand="viewer")
    permit.binding.refuse_unless(viewer, now)
    return permit


async def standing(session: ReadSession, permit_id: UUID, *, now: datetime | None = None) -> Standing:
    """What a permit is worth now; one that does not exist counts as revoked."""
    permit = await store.permit_by_id(session, permit_id)
    return Standing.REVOKED if permit is None else permit.standing(now or await store.moment(session))


async def open_retrieval(
    session: WriteSession,
    permit: Permit,
    camera_id: UUID,
    *,
    node: str,
    action: Action = Action.LIVE,
    footage: Footage | None = None,
    viewer: Viewer | None = None,
    now: datetime | None = None,
) -> UUID:
    """Write that a picture source is being opened; commit before the first frame leaves. Returns the line's id.

    The line written at issue is used by the first opening; each further opening under the same permit gets its own. The
    permit is read again under a lock, so nothing opens once a revocation has returned. The first opening makes the
    ticket its viewer's.

    Raises:
        Refusal: as `check`, but for the viewer's secret, which only who shows the ticket can be asked for.
    """
    row = await store.lock_permit(session, permit.id)
    if row is None:
        raise Refusal("gate.ticket_unknown", status=404, rule="permit", operand="ticket")
    now = now or await store.moment(session)
    current = store.permit_of(row)
    span = footage or current.footage
    current.refuse_unless(camera_id, now, action=action, footage=span)
    if row.opened_at is None:
        row.opened_at = now
        if row.viewer_sha256 is None and row.holder_kind == "person" and viewer is not None:
            row.viewer_address = viewer.address
    elif viewer is not None and row.viewer_sha256 is None:
        current.binding.refuse_unless(viewer, now)
    line = await store.waiting_retrieval(session, permit.id, camera_id, action.value)
    if line is None:
        brief = await catalog.camera_brief(session, camera_id)
        name, region = (brief.name, brief.region) if brief else ("", "")
        line = await permits.register(session, current, camera_id, name, region, action, now)
    if action in OF_FOOTAGE and span is not None:
        line.footage_from, line.footage_to = span
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


async def revoke_lost(session: WriteSession, holder: Holder, regions: Sequence[str], reason: str) -> int:
    """Revoke the running permits that a person would not be given any more; returns how many."""
    now = await store.moment(session)
    lost = 0
    for row in await store.running_permits(session, holder.id, now):
        grant = None if row.grant_id is None else await grant_store.by_id(session, row.grant_id)
        cameras = await grant_store.facts(session, row.cameras)
        inside = all(within(regions, camera.region) for camera in cameras.values())
        if inside and (grant is None or grant.held_by(holder)):
            continue
        await _revoke(session, row, reason, now)
        lost += 1
    return lost


async def revoke_of_sessions(
    session: WriteSession, holder_id: UUID, sessions: Collection[UUID | None], reason: str
) -> int:
    """Revoke the running permits that a person took out in these sessions (None: by a token); returns how many."""
    now = await store.moment(session)
    rows = [row for row in await store.running_permits(session, holder_id, now) if row.session_id in sessions]
    for row in rows:
        await _revoke(session, row, reason, now)
    return len(rows)


async def revoke_under(session: WriteSession, grant_id: UUID, reason: str) -> int:
    """Revoke every running permit given under a grant; returns how many."""
    now = await store.moment(session)
    rows = await store.lock_running_under(session, grant_id, now)
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
