"""Use cases of requests: ask for a grant, withdraw, approve (and narrow), refuse with a reason."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from commonsight import outbox
from commonsight.gate import giving, grant_store, grants, request_store, selection
from commonsight.gate import grant_rules as rules
from commonsight.gate.grant_model import Grant, Hours, Selection
from commonsight.gate.model import Action
from commonsight.gate.tables import GrantRequestRow
from commonsight.http import Caller
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.canonical import digest as canonical_digest
from commonsight.records.database import ReadSession, WriteSession

WAITING_MOST: Final = 20
"""Requests one person may have waiting."""

OVERLAPS_MOST: Final = 10
"""Grants of the same person that an approver is shown, those with most cameras in common first."""

Expected = Callable[[GrantRequestRow], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for. `masked`: masked pictures are enough."""

    cameras: Selection
    actions: Sequence[Action]
    purposes: Sequence[str]
    expires_at: datetime
    reason: str
    starts_at: datetime | None = None
    hours: Hours | None = None
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Overlap:
    """A grant the asker holds already, and how many cameras it shares with what is asked for."""

    grant: Grant
    cameras: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What an approval would come to: cameras asked for, those of them the approver may give, and what is held."""

    asked: selection.Counted
    given: selection.Counted
    overlaps: tuple[Overlap, ...]


async def ask(session: WriteSession, caller: Caller, wish: Wish, now: datetime) -> GrantRequestRow:
    """Ask for a grant for oneself.

    Raises:
        Refusal: `gate.requests_many` (409), `gate.grant_invalid`, `gate.grant_exceeds` (403), `gate.camera_unknown`.
    """
    waiting = await request_store.waiting_of(session, caller.id)
    if waiting >= WAITING_MOST:
        raise Refusal(
            "gate.requests_many",
            status=409,
            rule=f"at most {WAITING_MOST}",
            operand="request",
            expected=WAITING_MOST,
            actual=waiting,
        )
    rules.check_selection(wish.cameras, caller.regions)
    await grants.seen(session, caller, sorted(wish.cameras.cameras))
    begin, end = rules.check_span(wish.starts_at, wish.expires_at, now)
    if not wish.purposes:
        raise rules.invalid("purposes", "at least one", "none")
    row = GrantRequestRow(
        id=uuid7(),
        version=1,
        person_id=caller.id,
        person_name=caller.display_name or caller.name,
        organisation=caller.organisation,
        cameras=wish.cameras.as_json(),
        scope=list(caller.regions),
        actions=sorted(rules.check_actions(wish.actions)),
        purposes=sorted(rules.check_purposes(wish.purposes)),
        hours=None if wish.hours is None else wish.hours.as_json(),
        starts_at=begin,
        expires_at=end,
        masked=wish.masked,
        reason=rules.check_words(wish.reason, "reason"),
        asked_at=now,
        state="asked",
        salt=os.urandom(16),
    )
    session.add(row)
    await session.flush()
    await outbox.append(session, "gate.request_asked", proof(row))
    return row


async def withdraw(session: WriteSession, caller: Caller, request_id: UUID, now: datetime) -> GrantRequestRow:
    """Take back one's own request.

    Raises:
        Refusal: `gate.request_unknown` (404), `gate.request_decided` (409).
    """
    row = await request_store.lock(session, request_id)
    if row is None or row.person_id != caller.id:
        raise unknown(request_id)
    return await _decide(session, row, "withdrawn", caller, "", now)


async def refuse(
    session: WriteSession,
    caller: Caller,
    request_id: UUID,
    words: str,
    expected: Expected,
    region: str,
    now: datetime,
) -> GrantRequestRow:
    """Refuse a request and say why.

    Raises:
        Refusal: `gate.request_unknown` (404), `gate.request_own` (403), `gate.request_decided` (409),
            `gate.grant_invalid` without words.
    """
    row = await _for_decision(session, caller, request_id, region)
    expected(row)
    return await _decide(session, row, "refused", caller, rules.check_words(words, "words"), now)


async def approve(
    session: WriteSession,
    caller: Caller,
    request_id: UUID,
    wanted: Callable[[GrantRequestRow], giving.Wanted],
    words: str,
    expected: Expected,
    region: str,
    now: datetime,
) -> tuple[GrantRequestRow, Grant]:
    """Approve a request, as it was asked for or narrower, which gives the grant.

    Args:
        wanted: makes the grant to be given from the request.

    Raises:
        Refusal: as `refuse` and `giving.give`; `gate.approval_wider` when more is given than was asked for.
    """
    row = await _for_decision(session, caller, request_id, region)
    expected(row)
    if row.state != "asked":
        raise decided(row)
    giving_now = wanted(row)
    named = await grant_store.facts(session, sorted(giving_now.cameras.cameras))
    begin, end = rules.check_span(giving_now.starts_at, giving_now.expires_at, now)
    approved = rules.Asked(
        giving_now.cameras,
        frozenset(giving_now.actions),
        frozenset(giving_now.purposes),
        giving_now.hours,
        begin,
        end,
    )
    rules.check_narrower(approved, asked_of(row), named)
    grant = await giving.give(session, caller, giving_now, now)
    row.grant_id = grant.id
    return await _decide(session, row, "approved", caller, " ".join(words.split())[:500], now), grant


async def preview(session: ReadSession, caller: Caller, row: GrantRequestRow) -> Preview:
    """What approving would come to, with the grants its asker holds already."""
    chosen = Selection.of(row.cameras)
    holder = await request_store.holder_of(session, row.person_id)
    held = [] if holder is None else await grant_store.held_by(session, holder)
    overlaps = []
    for grant in held[:OVERLAPS_MOST]:
        if grant.expires_at is not None and grant.expires_at <= row.asked_at:
            continue
        shared = await selection.count(session, (row.scope, grant.scope), chosen, grant.cameras)
        if shared.cameras:
            overlaps.append(Overlap(grant, shared.cameras))
    return Preview(
        asked=await selection.count(session, (row.scope,), chosen),
        given=await selection.count(session, (row.scope, caller.regions), chosen),
        overlaps=tuple(sorted(overlaps, key=lambda overlap: -overlap.cameras)),
    )


def asked_of(row: GrantRequestRow) -> rules.Asked:
    """What a request asks for."""
    return rules.Asked(
        Selection.of(row.cameras),
        frozenset(Action(action) for action in row.actions),
        frozenset(row.purposes),
        None if row.hours is None else Hours.of(row.hours),
        row.starts_at,
        row.expires_at,
    )


async def visible(session: ReadSession, caller: Caller, request_id: UUID, region: str) -> GrantRequestRow:
    """A request that is one's own, or that one may read of.

    Raises:
        Refusal: `gate.request_unknown` (404).
    """
    row = await session.get(GrantRequestRow, request_id)
    if row is None:
        raise unknown(request_id)
    reads = "grants.read" in caller.permissions and giving.touches(caller, row.scope, region)
    if row.person_id != caller.id and not reads:
        raise unknown(request_id)
    return row


def unknown(request_id: UUID) -> Refusal:
    """No such request, as far as the caller is told."""
    return Refusal("gate.request_unknown", status=404, operand="request", actual=str(request_id))


def decided(row: GrantRequestRow) -> Refusal:
    """It has been decided already."""
    return Refusal("gate.request_decided", status=409, rule="decided once", operand="state", actual=row.state)


async def _for_decision(session: WriteSession, caller: Caller, request_id: UUID, region: str) -> GrantRequestRow:
    row = await request_store.lock(session, request_id)
    if row is None or not giving.touches(caller, row.scope, region):
        raise unknown(request_id)
    if row.person_id == caller.id:
        raise Refusal("gate.request_own", status=403, rule="four eyes", operand="request", actual=str(request_id))
    return row


async def _decide(
    session: WriteSession, row: GrantRequestRow, state: str, caller: Caller, words: str, now: datetime
) -> GrantRequestRow:
    if row.state != "asked":
        raise decided(row)
    row.state, row.decided_at, row.decided_by, row.version = state, now, caller.id, row.version + 1
    row.decided_by_name, row.decided_words = caller.display_name or caller.name, words
    await session.flush()
    await outbox.append(session, "gate.request_decided", proof(row))
    return row


def proof(row: GrantRequestRow) -> dict[str, Any]:
    """What the outbox, and later the ledger, says of a request: ids, its state, and a digest over all it says."""
    declared = {
        "request": str(row.id),
        "person": str(row.person_id),
        "cameras": row.cameras,
        "scope": list(row.scope),
        "actions": list(row.actions),
        "purposes": list(row.purposes),
        "hours": row.hours,
        "starts_at": row.starts_at.isoformat(),
        "expires_at": row.expires_at.isoformat(),
        "masked": row.masked,
        "reason": row.reason,
        "asked_at": row.asked_at.isoformat(),
        "state": row.state,
        "decided_at": None if row.decided_at is None else row.decided_at.isoformat(),
        "decided_by": None if row.decided_by is None else str(row.decided_by),
        "decided_words": row.decided_words,
        "salt": row.salt.hex(),
    }
    return {
        "request": str(row.id),
        "grant": None if row.grant_id is None else str(row.grant_id),
        "state": row.state,
        "declared_sha256": canonical_digest(declared).hex(),
    }
