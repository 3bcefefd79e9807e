"""Use cases of access/: people and what they do with their own accounts. Every change leaves an audit entry."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from commonsight import outbox
from commonsight.access import audit, endings, store
from commonsight.access.audit import Actor
from commonsight.access.model import (
    Identity,
    check_name,
    check_password,
    check_regions,
    check_roles,
    new_one_time_password,
)
from commonsight.access.passwords import hash_password, verify_password
from commonsight.access.tables import PersonRow
from commonsight.clock import Clock
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import Database, WriteSession


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A person and the one-time password to hand to them; shown once, stored as a hash only."""

    person: PersonRow
    password: str


@dataclass(frozen=True, slots=True)
class Change:
    """What to change of a person; None leaves a field as it is."""

    display_name: str | None = None
    organisation: str | None = None
    roles: Sequence[str] | None = None
    regions: Sequence[str] | None = None
    language: str | None = None
    active: bool | None = None


async def add_person(
    database: Database,
    clock: Clock,
    *,
    granter: Identity | None,
    name: str,
    display_name: str,
    organisation: str,
    roles: Iterable[str],
    regions: Iterable[str],
    language: str,
) -> NewPassword:
    """Make an account with a one-time password. `granter` None is the local administrator.

    Raises:
        Refusal: `access.name_invalid`, `access.name_taken` (409), `access.role_unknown`, `access.region_invalid`,
            `access.grant_exceeds`.
    """
    plain = check_name(name)
    granted, scope = check_roles(roles, granter), check_regions(regions, granter)
    password = new_one_time_password()
    hashed = await hash_password(password)
    async with database.write() as session:
        person = await insert_person(
            session,
            clock.now(),
            name=plain,
            display_name=display_name.strip() or plain,
            organisation=organisation.strip(),
            password_hash=hashed,
            roles=granted,
            regions=scope,
            language=language,
        )
        await _changed(session, actor_of(granter), "access.person_added", person, clock.now(), roles=list(granted))
    return NewPassword(person, password)


async def insert_person(
    session: WriteSession,
    now: datetime,
    *,
    name: str,
    display_name: str,
    organisation: str,
    password_hash: str,
    roles: Sequence[str],
    regions: Sequence[str],
    language: str,
) -> PersonRow:
    person = PersonRow(
        id=uuid7(),
        name=name,
        display_name=display_name,
        organisation_id=await store.organisation(session, organisation, None, now) if organisation else None,
        password_hash=password_hash,
        must_change_password=True,
        language=language,
        active=True,
        roles=list(roles),
        regions=list(regions),
        created_at=now,
        updated_at=now,
        revision=1,
    )
    if not await store.insert_person(session, person):
        raise Refusal("access.name_taken", status=409, rule="unique", operand="name", actual=name)
    return person


async def change_person(
    session: WriteSession, clock: Clock, *, granter: Identity | None, person_id: UUID, change: Change
) -> PersonRow:
    """Change a person within the granter's own reach.

    Raises:
        Refusal: `access.person_unknown` (404), `access.grant_exceeds` (403), `access.last_administrator` (409),
            `access.own_account` (409).
    """
    now = clock.now()
    person = await reach(session, granter, person_id)
    told: dict[str, object] = {}
    if change.roles is not None:
        roles = check_roles(change.roles, granter)
        if "administrator" in person.roles and "administrator" not in roles:
            await _keep_one_administrator(session, person)
        told["roles"] = [list(person.roles), list(roles)]
        person.roles = list(roles)
    if change.regions is not None:
        regions = check_regions(change.regions, granter)
        told["regions"] = [list(person.regions), list(regions)]
        person.regions = list(regions)
    if change.display_name is not None:
        shown = change.display_name.strip() or person.name
        told["display_name"], person.display_name = [person.display_name, shown], shown
    if change.organisation is not None:
        unit, before = change.organisation.strip(), await store.organisation_name(session, person.organisation_id)
        person.organisation_id = await store.organisation(session, unit, None, now) if unit else None
        told["organisation"] = [before, unit]
    if change.language is not None:
        told["language"], person.language = [person.language, change.language], change.language
    if change.active is not None and change.active != person.active:
        if not change.active:
            await _refuse_own(granter, person)
            await _keep_one_administrator(session, person)
            await endings.end_sessions(session, person.id)
            await endings.revoke_tokens(session, person.id, now)
        told["active"] = [person.active, change.active]
        person.active = change.active
    person.updated_at, person.revision = now, person.revision + 1
    await _changed(session, actor_of(granter), "access.person_changed", person, now, **told)
    return person


async def reset_password(database: Database, clock: Clock, *, granter: Identity | None, person_id: UUID) -> NewPassword:
    """Give a person a new one-time password; ends their sessions and revokes their tokens."""
    password = new_one_time_password()
    hashed = await hash_password(password)
    async with database.write() as session:
        person = await reach(session, granter, person_id)
        person.password_hash, person.must_change_password = hashed, True
        person.updated_at, person.revision = clock.now(), person.revision + 1
        await endings.end_sessions(session, person.id)
        await endings.revoke_tokens(session, person.id, clock.now())
        await _changed(session, actor_of(granter), "access.password_reset", person, clock.now())
    return NewPassword(person, password)


async def change_own_password(database: Database, clock: Clock, caller: Identity, old: str, new: str) -> None:
    """Set the caller's password; their other sessions end.

    Raises:
        Refusal: `access.password_wrong` (403), `access.password_same`, or what `check_password` refuses.
    """
    check_password(new, caller.name, operand="new")
    async with database.read() as reading:
        known = await store.person_by_id(reading, caller.id)
    stored = known.person.password_hash if known else None
    if not await verify_password(stored, old):
        raise Refusal("access.password_wrong", status=403, rule="the present password", operand="old")
    if old == new:
        raise Refusal("access.password_same", status=422, rule="differs from the present one", operand="new")
    hashed = await hash_password(new)
    async with database.write() as session:
        person = await store.person_for_update(session, caller.id)
        if person is None or not person.active or person.password_hash != stored:
            raise Refusal("access.password_wrong", status=403, rule="the present password", operand="old")
        person.password_hash, person.must_change_password = hashed, False
        person.updated_at, person.revision = clock.now(), person.revision + 1
        await endings.end_sessions(session, person.id, but=caller.session_id)
        await _changed(session, Actor.of(caller), "access.password_changed", person, clock.now())


async def set_language(session: WriteSession, clock: Clock, caller: Identity, language: str) -> PersonRow:
    """Set the caller's language."""
    person = await store.person_for_update(session, caller.id)
    if person is None:
        raise Refusal("access.person_unknown", status=404, operand="id", actual=str(caller.id))
    person.language, person.updated_at, person.revision = language, clock.now(), person.revision + 1
    await audit.record(
        session,
        Actor.of(caller),
        "access.language_set",
        clock.now(),
        kind="person",
        subject_id=person.id,
        language=language,
    )
    return person


async def reach(session: WriteSession, granter: Identity | None, person_id: UUID) -> PersonRow:
    """The person, locked, when the granter may manage them: nobody manages who reaches further than they do.

    Raises:
        Refusal: `access.person_unknown` (404), also for people beyond the granter's regions; `access.grant_exceeds`.
    """
    person = await store.person_for_update(session, person_id)
    if person is None or (granter is not None and not within(person, granter)):
        raise Refusal("access.person_unknown", status=404, operand="id", actual=str(person_id))
    check_roles(person.roles, granter)
    return person


def within(person: PersonRow, granter: Identity) -> bool:
    """True when every region of the person lies within the granter's."""
    return all(region.startswith(granter.regions or ("-",)) for region in person.regions)


def actor_of(granter: Identity | None) -> Actor:
    """Who acts: a caller, or somebody with a shell on this machine."""
    return audit.LOCAL if granter is None else Actor.of(granter)


async def _refuse_own(granter: Identity | None, person: PersonRow) -> None:
    if granter is not None and granter.id == person.id:
        raise Refusal(
            "access.own_account", status=409, rule="not one's own account", operand="active", actual=person.name
        )


async def _keep_one_administrator(session: WriteSession, person: PersonRow) -> None:
    if "administrator" in person.roles and not await store.other_administrator(session, person.id):
        raise Refusal(
            "access.last_administrator",
            status=409,
            rule="one active administrator",
            operand="person",
            actual=person.name,
        )


async def _changed(
    session: WriteSession, actor: Actor, action: str, person: PersonRow, now: datetime, **detail: object
) -> None:
    await audit.record(
        session, actor, action, now, kind="person", subject_id=person.id, subject_name=person.name, **detail
    )
    # The outbox feeds the ledger, which cannot forget: ids only, no names.
    await outbox.append(
        session, action, {"person": str(person.id), "actor": None if actor.id is None else str(actor.id)}
    )
