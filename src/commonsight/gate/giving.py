"""Use cases: give a grant, take it back, say whom a grant lets see a camera."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from commonsight import outbox
from commonsight.access import store as people
from commonsight.access.model import roles
from commonsight.gate import grant_rules as rules
from commonsight.gate import grant_store, grants, request_store, service, store
from commonsight.gate.grant_model import Grant, HolderKind, Hours, Selection
from commonsight.gate.model import Action, Door, Limits
from commonsight.gate.tables import GrantRow
from commonsight.http import Caller, within
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.canonical import digest as canonical_digest
from commonsight.records.database import ReadSession, WriteSession

WHOLE: Final = ""
"""Scope of the grants that came with the platform: no region code, so its own region's stands for it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A grant to be given. `starts_at` None: now. `request_id`: the request it answers."""

    holder_kind: HolderKind
    holder: str
    cameras: Selection
    actions: Sequence[Action]
    expires_at: datetime
    basis: str
    purposes: Sequence[str] = ()
    hours: Hours | None = None
    starts_at: datetime | None = None
    limits: Mapping[str, Any] | None = None
    door: Door = Door.RETRIEVAL
    request_id: UUID | None = None


Expected = Callable[[Grant], None]
"""Asked with the present grant before a change; raises a Refusal when the change was made from another one."""


async def give(session: WriteSession, caller: Caller, wanted: Wanted, now: datetime) -> Grant:
    """Give a grant within the giver's own regions.

    Args:
        caller: the giver; needs `grants.write` (checked by the route).

    Raises:
        Refusal: `gate.grant_invalid`, `gate.grant_exceeds` (403), `gate.holder_unknown`, `gate.camera_unknown`, and
            what catalog/ says of shapes and words.
    """
    rules.check_selection(wanted.cameras, caller.regions)
    await grants.seen(session, caller, sorted(wanted.cameras.cameras))
    begin, end = rules.check_span(wanted.starts_at, wanted.expires_at, now)
    limits: Limits = rules.check_limits(wanted.limits or {})
    holder, name = await _holder(session, wanted.holder_kind, wanted.holder)
    row = GrantRow(
        id=uuid7(),
        version=1,
        holder_kind=wanted.holder_kind,
        holder=holder,
        holder_name=name,
        door=wanted.door.value,
        cameras=wanted.cameras.as_json(),
        scope=list(caller.regions),
        actions=sorted(rules.check_actions(wanted.actions)),
        purposes=sorted(rules.check_purposes(wanted.purposes)),
        hours=None if wanted.hours is None else wanted.hours.as_json(),
        starts_at=begin,
        expires_at=end,
        limits=limits.as_json(),
        basis=rules.check_words(wanted.basis, "basis"),
        built_in=False,
        granted_by=caller.id,
        granted_by_name=caller.display_name or caller.name,
        granted_at=now,
        request_id=wanted.request_id,
        salt=os.urandom(16),
    )
    session.add(row)
    await session.flush()
    await outbox.append(session, "gate.grant_given", proof(row))
    return grant_store.grant_of(row)


async def revoke(
    session: WriteSession,
    caller: Caller,
    grant_id: UUID,
    reason: str,
    expected: Expected,
    region: str,
    now: datetime,
) -> tuple[Grant, int]:
    """Take a grant back, and every permit that runs under it. Returns the grant and how many permits were cut.

    Args:
        expected: looks at the grant before it changes.
        region: the platform's own region, which built-in grants are for.

    Raises:
        Refusal: `gate.grant_unknown` (404, also for a grant that reaches beyond the caller's regions),
            `gate.grant_revoked` (409), `gate.grant_invalid` for a reason without words.
    """
    words = rules.check_words(reason, "reason")
    row = await grant_store.lock(session, grant_id)
    if row is None or not reaches(caller, row.scope, region):
        raise unknown(grant_id)
    expected(grant_store.grant_of(row))
    if row.revoked_at is not None:
        raise Refusal("gate.grant_revoked", status=409, rule="revoked once", operand="grant", actual=str(grant_id))
    row.revoked_at, row.revoked_by, row.revoked_reason = now, caller.id, words
    row.revoked_by_name, row.version = caller.display_name or caller.name, row.version + 1
    await session.flush()
    cut = await service.revoke_under(session, grant_id, f"grant revoked: {words}")
    await outbox.append(session, "gate.grant_revoked", proof(row) | {"permits": cut})
    return grant_store.grant_of(row), cut


async def one(session: ReadSession, caller: Caller, grant_id: UUID, region: str) -> tuple[Grant, int]:
    """A grant and how many permits run under it.

    Raises:
        Refusal: `gate.grant_unknown` (404): no such one, or neither the caller's own nor touching their regions.
    """
    grant = await grant_store.by_id(session, grant_id)
    if grant is None:
        raise unknown(grant_id)
    if not grant.held_by(grants.holder_of(caller)) and not (
        "grants.read" in caller.permissions and touches(caller, grant.scope, region)
    ):
        raise unknown(grant_id)
    return grant, await store.running_under(session, grant_id, await store.moment(session))


def reaches(caller: Caller, scope: Sequence[str], region: str) -> bool:
    """Whether all of a scope lies within the caller's regions."""
    return all(within(caller.regions, prefix or region) for prefix in scope)


def touches(caller: Caller, scope: Sequence[str], region: str) -> bool:
    """Whether any of a scope lies within the caller's regions, or the other way round."""
    places = [prefix or region for prefix in scope]
    return any(within(caller.regions, place) or within(places, mine) for place in places for mine in caller.regions)


def unknown(grant_id: UUID) -> Refusal:
    """No such grant, as far as the caller is told."""
    return Refusal("gate.grant_unknown", status=404, operand="grant", actual=str(grant_id))


async def _holder(session: ReadSession, kind: HolderKind, said: str) -> tuple[str, str]:
    """What is stored of a holder, and its name for people."""
    missing = Refusal("gate.holder_unknown", status=422, rule=kind, operand="holder", actual=said[:100])
    match kind:
        case "person":
            try:
                found = await people.person_by_id(session, UUID(said))
            except ValueError:
                found = await people.person_by_name(session, said.strip().lower())
            if found is None or not found.person.active:
                raise missing
            shown = found.person.display_name or found.person.name
            return str(found.person.id), f"{shown} · {found.organisation}" if found.organisation else shown
        case "organisation":
            name = " ".join(said.split())
            if not await request_store.organisation_exists(session, name):
                raise missing
            return name, name
        case "role":
            if said not in roles():
                raise missing
            return said, said


def proof(row: GrantRow) -> dict[str, Any]:
    """What the outbox, and later the ledger, says of a grant: ids, and a digest over all it says."""
    declared = {
        "grant": str(row.id),
        "holder_kind": row.holder_kind,
        "holder": row.holder,
        "door": row.door,
        "cameras": row.cameras,
        "scope": list(row.scope),
        "actions": list(row.actions),
        "purposes": list(row.purposes),
        "hours": row.hours,
        "starts_at": row.starts_at.isoformat(),
        "expires_at": None if row.expires_at is None else row.expires_at.isoformat(),
        "limits": row.limits,
        "basis": row.basis,
        "granted_by": None if row.granted_by is None else str(row.granted_by),
        "granted_at": row.granted_at.isoformat(),
        "revoked_at": None if row.revoked_at is None else row.revoked_at.isoformat(),
        "revoked_reason": row.revoked_reason,
        "salt": row.salt.hex(),
    }
    return {
        "grant": str(row.id),
        "request": None if row.request_id is None else str(row.request_id),
        "declared_sha256": canonical_digest(declared).hex(),
    }
