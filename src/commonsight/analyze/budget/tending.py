"""Use cases of people: pools, loans, priorities, and the question why a camera is watched as it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from commonsight.access.audit import Actor, record
from commonsight.analyze.budget import explain as explaining
from commonsight.analyze.budget import pools as store
from commonsight.analyze.budget import rounds, service
from commonsight.analyze.budget import store as decisions
from commonsight.analyze.budget.decide import Known
from commonsight.analyze.budget.explain import Explained
from commonsight.analyze.budget.model import COMMON, Loan, Pool, Room, check_loan, check_pool, terms
from commonsight.analyze.budget.pools import Priority
from commonsight.analyze.budget.rounds import Round
from commonsight.analyze.model import SCENE
from commonsight.analyze.scenes.registry import installed
from commonsight.analyze.store import place_of
from commonsight.http import Caller, etag_of, match_or_refuse, sees, within
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession
from commonsight.settings import Settings

NEW: Final = etag_of("compute-pool", 0)
"""If-Match of a pool that is not there yet."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A pool, what it can spend, and its newest round; `pool` None: the common one."""

    pool: Pool | None
    room: Room
    round: Round | None


def pool_etag(pool: Pool | None) -> str:
    """Identifies a version of a pool."""
    return NEW if pool is None else etag_of("compute-pool", pool.name, pool.version)


def may_see(caller: Caller, pool: Pool | None) -> bool:
    """A pool shows to whoever has to do with its region, the common one to everybody with the permission."""
    return pool is None or sees(caller, pool.region) or any(own.startswith(pool.region) for own in caller.regions)


def may_change(caller: Caller, pool: Pool | None, region: str) -> bool:
    """A pool is its region's; the common one belongs to whoever serves the whole region of this platform."""
    return within(caller.regions, region if pool is None else pool.region)


async def standing(
    session: ReadSession, settings: Settings, caller: Caller, now: datetime
) -> tuple[list[Standing], list[str]]:  # fmt: skip
    """Pools the caller may see, the common one first, and live workers whose pool nobody has set up."""
    known = await service.gather(session, settings, now)
    newest = {each.pool: each for each in await rounds.last(session)}
    by_name: dict[str, Pool | None] = {COMMON: None} | {pool.name: pool for pool in known.pools}
    shown = [
        Standing(pool, known.room[name], newest.get(name)) for name, pool in by_name.items() if may_see(caller, pool)
    ]
    lost = [worker.name for worker in await decisions.workers(session) if worker.pool not in by_name]
    return shown, lost


async def put_pool(
    session: WriteSession, caller: Caller, made: Pool, if_match: str | None, region: str, now: datetime
) -> Pool:  # fmt: skip
    """Set up or change a pool.

    Raises:
        Refusal: `analyze.pool_invalid` (422), `analyze.pool_region_taken` (409), `analyze.pool_outside_scope` (403),
            `http.precondition_required` (428), `http.precondition_failed` (412).
    """
    before = await store.lock(session, made.name)
    check_pool(made, await store.pools(session))
    for pool in (made, before):
        if pool is not None and not may_change(caller, pool, region):
            raise _outside(caller, pool.region)
    match_or_refuse(if_match, pool_etag(before))
    version = await store.write(session, made, caller.display_name, now)
    stored = Pool(made.name, made.label, made.region, made.quota, version)
    await _audit(session, caller, "pool_set_up", now, "compute_pool", made.name, region=made.region, quota=made.quota)
    return stored


async def drop_pool(
    session: WriteSession, caller: Caller, name: str, if_match: str | None, region: str, now: datetime
) -> None:  # fmt: skip
    """Remove a pool; loans from and to it end.

    Raises:
        Refusal: `analyze.pool_unknown` (404), `analyze.pool_outside_scope` (403), `http.precondition_failed` (412).
    """
    pool = await store.lock(session, name)
    if pool is None or not may_see(caller, pool):
        raise _unknown(name)
    if not may_change(caller, pool, region):
        raise _outside(caller, pool.region)
    match_or_refuse(if_match, pool_etag(pool))
    for loan in await store.running(session, now):
        if name in (loan.lender, loan.borrower):
            await store.take_back(session, loan.id, caller.display_name, now)
    await store.drop(session, name)
    await _audit(session, caller, "pool_removed", now, "compute_pool", name, region=pool.region)


async def visible(session: ReadSession, caller: Caller, name: str) -> Pool | None:
    """A pool by name, None for the common one.

    Raises:
        Refusal: `analyze.pool_unknown` (404).
    """
    if name == COMMON:
        return None
    found = next((pool for pool in await store.pools(session) if pool.name == name), None)
    if found is None or not may_see(caller, found):
        raise _unknown(name)
    return found


async def foresee(
    session: ReadSession, settings: Settings, caller: Caller, loan: Loan, now: datetime
) -> tuple[list[tuple[Round, Round]], Known]:  # fmt: skip
    """Lender and borrower as they would be now, without and with the loan.

    Raises:
        Refusal: as for `lend`.
    """
    await _check(session, settings, caller, loan, now)
    known, plain, lent = await service.foreseen(session, settings, now, loan)
    after = {each.pool: each for each in lent.rounds}
    pairs = [(each, after[each.pool]) for each in plain.rounds if each.pool in (loan.lender, loan.borrower)]
    return pairs, known


async def lend(session: WriteSession, settings: Settings, caller: Caller, loan: Loan, now: datetime) -> Loan:
    """Make a loan.

    Raises:
        Refusal: `analyze.loan_invalid` (422), `analyze.nothing_to_lend` (409), `analyze.pool_outside_scope` (403).
    """
    await _check(session, settings, caller, loan, now)
    await store.lend(session, loan, caller.id, now)
    await _audit(
        session, caller, "loan_made", now, "compute_loan", str(loan.id), lender=loan.lender, borrower=loan.borrower,
        cores=loan.cores, ends_at=loan.ends_at.isoformat(), words=loan.words,
    )  # fmt: skip
    return loan


async def take_back(session: WriteSession, settings: Settings, caller: Caller, loan_id: UUID, now: datetime) -> Loan:
    """End a loan now; one that is over stays as it is.

    Raises:
        Refusal: `analyze.loan_unknown` (404), `analyze.pool_outside_scope` (403).
    """
    loan = await store.loan(session, loan_id)
    by_name = {pool.name: pool for pool in await store.pools(session)}
    ends = [] if loan is None else [by_name.get(loan.lender), by_name.get(loan.borrower)]
    if loan is None or not any(may_see(caller, pool) for pool in ends):
        raise Refusal("analyze.loan_unknown", status=404, operand="loan", actual=str(loan_id))
    for pool in ends:
        if not may_change(caller, pool, settings.region.code):
            raise _outside(caller, pool.region if pool else settings.region.code)
    if loan.taken_back_at is None and loan.ends_at > now:
        await store.take_back(session, loan_id, caller.display_name, now)
        await _audit(
            session, caller, "loan_taken_back", now, "compute_loan", str(loan_id), lender=loan.lender,
            borrower=loan.borrower, cores=loan.cores,
        )  # fmt: skip
    return await store.loan(session, loan_id) or loan


def loan_of(caller: Caller, lender: str, borrower: str, cores: float, span: Sequence[datetime], words: str) -> Loan:
    """A loan as asked for, not stored yet; `span`: its beginning and end."""
    return Loan(
        uuid7(), lender, borrower, cores, span[0], span[1], " ".join(words.split()), caller.display_name, span[0]
    )  # fmt: skip


async def _check(session: ReadSession, settings: Settings, caller: Caller, loan: Loan, now: datetime) -> None:
    known = await service.gather(session, settings, now)
    check_loan(loan, now, known.room)
    by_name = {pool.name: pool for pool in known.pools}
    for name in (loan.lender, loan.borrower):
        pool = by_name.get(name)
        if not may_change(caller, pool, settings.region.code):
            raise _outside(caller, pool.region if pool else settings.region.code)


# --- priorities -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Weighed:
    """A scene with its words, its base worth and what people set."""

    scene: str
    zh: str
    en: str
    base: float
    factor: float
    etag: str


async def weighed(session: ReadSession) -> list[Weighed]:
    """All scenes of this installation, counting at lines first."""
    known = {each.scene: each for each in await store.priorities(session)}
    given = terms()
    found = [_weighed(SCENE, "计数", "Counting", given.priority["figures"], known.get(SCENE))]
    for code, card in installed().cards.items():
        base = given.priority_of(kind.severity for kind in card.incidents)
        found.append(_weighed(code, card.zh, card.en, base, known.get(code)))
    return found


async def weigh(
    session: WriteSession, caller: Caller, scene: str, factor: float, if_match: str | None, region: str, now: datetime
) -> Weighed:
    """Say how much a scene is worth; for the whole platform, so only by whoever serves its whole region.

    Raises:
        Refusal: `analyze.priority_scene_unknown` (404), `analyze.pool_outside_scope` (403),
            `http.precondition_failed` (412).
    """
    before = next((each for each in await weighed(session) if each.scene == scene), None)
    if before is None:
        raise Refusal("analyze.priority_scene_unknown", status=404, operand="scene", actual=scene)
    if not may_change(caller, None, region):
        raise _outside(caller, region)
    match_or_refuse(if_match, before.etag)
    await store.set_priority(session, scene, factor, caller.display_name, now)
    await _audit(session, caller, "priority_set", now, "scene", scene, factor=factor, before=before.factor)
    return next(each for each in await weighed(session) if each.scene == scene)


def _weighed(scene: str, zh: str, en: str, base: float, known: Priority | None) -> Weighed:
    version = known.version if known else 0
    return Weighed(scene, zh, en, base, known.factor if known else 1.0, etag_of("scene-priority", scene, version))


# --- why ------------------------------------------------------------------------------------------------------------


async def why(
    session: ReadSession, settings: Settings, caller: Caller, camera_id: UUID, now: datetime
) -> tuple[Explained, str] | None:  # fmt: skip
    """Why a camera is watched as closely as it is, and its pool's name for people; None: nobody wants it watched.

    Raises:
        Refusal: `analyze.camera_unknown` (404).
    """
    place = await place_of(session, camera_id)
    if place is None or not sees(caller, place):
        raise Refusal("analyze.camera_unknown", status=404, operand="camera", actual=str(camera_id))
    camera = await decisions.camera(session, camera_id)
    if camera is None:
        return None
    known = await service.gather(session, settings, now)
    newest = {each.pool: each for each in await rounds.last(session)}
    label = next((pool.label for pool in known.pools if pool.name == camera.pool), "")
    return explaining.explain(camera, known, newest.get(camera.pool or COMMON)), label


def _unknown(name: str) -> Refusal:
    return Refusal("analyze.pool_unknown", status=404, operand="pool", actual=name)


def _outside(caller: Caller, region: str) -> Refusal:
    return Refusal(
        "analyze.pool_outside_scope",
        status=403,
        rule="scope",
        operand="region",
        expected=list(caller.regions),
        actual=region,
    )


async def _audit(
    session: WriteSession, caller: Caller, verb: str, now: datetime, kind: str, subject: str, **detail: Any
) -> None:
    actor = Actor(caller.id, caller.name, getattr(caller, "address", None))
    await record(session, actor, f"analyze.{verb}", now, kind=kind, subject_id=subject, subject_name=subject, **detail)
