"""Writing permits and lines of the register. Who may have one is decided before, in service.py."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from commonsight import outbox
from commonsight.catalog.search import grams
from commonsight.gate import store
from commonsight.gate.grant_model import Facts
from commonsight.gate.model import (
    FIRST_USE_SECONDS,
    SYSTEM_HOURS_MOST,
    Action,
    Door,
    Footage,
    Issued,
    Limits,
    Permit,
    digest,
    new_ticket,
)
from commonsight.gate.tables import PermitRow, RetrievalRow
from commonsight.http import Caller
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.canonical import digest as canonical_digest
from commonsight.records.database import WriteSession


@dataclass(frozen=True, slots=True)
class Held:
    """Who a permit is given to."""

    kind: Literal["person", "system", "platform", "server"]
    id: UUID | None
    name: str
    organisation: str
    session_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a permit says besides who holds it and which cameras it names."""

    door: Door
    purpose: tuple[str, str]
    actions: frozenset[Action]
    footage: Footage | None
    limits: Limits
    expires_at: datetime
    grant_id: UUID | None = None
    emergency: bool = False


_BROUGHT_ALONG: Final = {Action.LIVE: Action.SNAPSHOT}


def together(action: Action, granted: frozenset[Action]) -> frozenset[Action]:
    """The actions of a permit asked for `action`: who looks may also keep what they see, where the grant lets them."""
    more = _BROUGHT_ALONG.get(action)
    return frozenset({action, more}) if more in granted and more is not None else frozenset({action})


def span_of(hours: float) -> timedelta:
    """How long a permit without a person runs.

    Raises:
        Refusal: `gate.hours_invalid`.
    """
    if not 0 < hours <= SYSTEM_HOURS_MOST:
        raise Refusal(
            "gate.hours_invalid",
            rule=f"0 to {SYSTEM_HOURS_MOST}",
            operand="hours",
            expected=SYSTEM_HOURS_MOST,
            actual=hours,
        )
    return timedelta(hours=hours)


async def write(
    session: WriteSession,
    held: Held,
    cameras: Sequence[UUID],
    terms: Terms,
    now: datetime,
    *,
    viewer: str | None = None,
    open_by: datetime | None = None,
) -> Issued:
    """A permit without lines: they come when it opens something."""
    ticket = new_ticket()
    row = PermitRow(
        id=uuid7(),
        door=terms.door.value,
        holder_kind=held.kind,
        holder_id=held.id,
        holder_name=held.name,
        organisation=held.organisation,
        purpose_code=terms.purpose[0],
        purpose_text=terms.purpose[1],
        cameras=list(cameras),
        limits=terms.limits.as_json(),
        ticket_sha256=digest(ticket),
        issued_at=now,
        expires_at=terms.expires_at,
        actions=sorted(action.value for action in terms.actions),
        footage_from=None if terms.footage is None else terms.footage[0],
        footage_to=None if terms.footage is None else terms.footage[1],
        grant_id=terms.grant_id,
        emergency=terms.emergency,
        viewer_sha256=None if viewer is None else digest(viewer),
        session_id=held.session_id,
        open_by=open_by,
    )
    session.add(row)
    await session.flush()
    return Issued(store.permit_of(row), ticket)


async def write_for_person(
    session: WriteSession,
    caller: Caller,
    cameras: Sequence[Facts],
    terms: Terms,
    action: Action,
    viewer: str | None,
    now: datetime,
) -> Issued:
    """A person's permit and the register's line for each camera."""
    held = Held(
        "person",
        caller.id,
        caller.display_name or caller.name,
        caller.organisation,
        getattr(caller, "session_id", None),
    )
    ids = [camera.id for camera in cameras]
    open_by = now + timedelta(seconds=FIRST_USE_SECONDS)
    made = await write(session, held, ids, terms, now, viewer=viewer, open_by=open_by)
    lines = {}
    for camera in cameras:
        line = await register(session, made.permit, camera.id, camera.name, camera.region, action, now)
        lines[camera.id] = line.id
    return Issued(made.permit, made.ticket, lines)


async def register(
    session: WriteSession,
    permit: Permit,
    camera_id: UUID,
    camera_name: str,
    region: str,
    action: Action,
    now: datetime,
) -> RetrievalRow:
    """One line of the register."""
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
        action=action.value,
        footage_from=None if permit.footage is None else permit.footage[0],
        footage_to=None if permit.footage is None else permit.footage[1],
        grant_id=permit.grant_id,
        emergency=permit.emergency,
        grams=grams(permit.holder_name, permit.organisation, camera_name, permit.purpose_text),
    )
    session.add(line)
    await session.flush()
    await outbox.append(session, "gate.retrieval", proof(line))
    return line


def proof(line: RetrievalRow) -> Mapping[str, Any]:
    """What the outbox, and later the ledger, says of a line: ids and a digest over all that was declared.

    The ledger cannot forget, so names stay out of it; the line's salt keeps them from being guessed out of the digest.
    """
    footage = None
    if line.footage_from is not None and line.footage_to is not None:
        footage = [line.footage_from.isoformat(), line.footage_to.isoformat()]
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
        "action": line.action,
        "footage": footage,
        "grant": None if line.grant_id is None else str(line.grant_id),
        "emergency": line.emergency,
        "salt": line.salt.hex(),
    }
    return {
        "retrieval": str(line.id),
        "permit": str(line.permit_id),
        "camera": str(line.camera_id),
        "door": line.door,
        "action": line.action,
        "purpose": line.purpose_code,
        "declared_sha256": canonical_digest(declared).hex(),
    }
