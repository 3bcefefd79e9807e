"""Use cases of repair: look at what would change, apply it as one batch, take the batch back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import polars as pl
import structlog

from commonsight import outbox
from commonsight.access.audit import Actor, record
from commonsight.catalog.repair import apply, store
from commonsight.catalog.repair.model import Batch, State
from commonsight.catalog.repair.propose import proposals
from commonsight.catalog.repair.store import Chosen
from commonsight.catalog.rules.frame import Context
from commonsight.catalog.rules.model import rule_set
from commonsight.clock import Clock
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import Database, ReadSession, WriteSession

log = structlog.get_logger(__name__)

ITEMS_MOST: Final = 100_000
"""Values of one batch."""

CONVERTING: Final = frozenset({"point_system"})
"""Rules whose certain repairs convert coordinates, which takes a permission of its own."""
SAMPLE: Final = 20
BY_RULE: Final = "规则 / rule"
"""Who applies what follows by rule."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a batch would do. `quarrels`: fields for which more than one value is proposed; the surest is applied."""

    proposals: int
    cameras: int
    by_rule: Sequence[Any]
    sample: Sequence[Any]
    quarrels: Sequence[Any]


async def propose(
    session: WriteSession,
    frame: pl.DataFrame,
    found: pl.DataFrame,
    rules: Sequence[str],
    context: Context,
    now: datetime,
) -> None:
    """Keep what is proposed for findings; the check calls this with each batch of cameras."""
    await store.merge(session, frame["id"].to_list(), rules, proposals(frame, found, context), now)


async def preview(session: ReadSession, chosen: Chosen) -> Preview:
    """Counts, and some values before and after."""
    totals = await store.totals(session, chosen)
    sample = await store.page(session, chosen, None, SAMPLE)
    quarrels = await store.quarrels(session, chosen, SAMPLE)
    cameras = await store.cameras_of(session, chosen)
    return Preview(sum(row.proposals for row in totals), cameras, totals, sample[:SAMPLE], quarrels)


async def begin(session: WriteSession, chosen: Chosen, by: Actor, why: str, now: datetime, *, convert: bool) -> Batch:
    """Make a batch of what is chosen; a job applies it.

    Args:
        convert: the person may have coordinates converted.

    Raises:
        Refusal: `catalog.repair_empty` (422), `catalog.repair_large` (422), `catalog.conversion_forbidden` (403).
    """
    if not convert and any(row.field == "system" for row in await store.totals(session, chosen)):
        raise _conversion_forbidden("system")
    batch_id = uuid7()
    total = await store.open_batch(session, batch_id, chosen, by.name, why, ITEMS_MOST, now)
    if total == 0:
        raise Refusal("catalog.repair_empty", status=422, rule="open proposals", operand="proposals", actual=0)
    if total > ITEMS_MOST:
        raise Refusal(
            "catalog.repair_large",
            status=422,
            rule="values of one batch",
            operand="proposals",
            expected=ITEMS_MOST,
            actual=f"> {ITEMS_MOST}",
        )
    await record(
        session, by, "catalog.repair_begun", now, kind="repair", subject_id=batch_id, subject_name=why, values=total
    )
    return known(await store.one(session, batch_id), batch_id)


async def begin_undo(session: WriteSession, batch_id: UUID, regions: Sequence[str], by: Actor, now: datetime) -> Batch:
    """Put a batch up for being taken back.

    Raises:
        Refusal: `catalog.repair_unknown` (404), `catalog.repair_state` (409).
    """
    found = await seen(session, batch_id, regions, for_update=True)
    if found.state is State.UNDOING:
        return found
    if found.state is not State.APPLIED:
        raise Refusal(
            "catalog.repair_state",
            status=409,
            rule="state of the batch",
            operand="state",
            expected=State.APPLIED.value,
            actual=found.state.value,
        )
    await store.move(session, batch_id, State.UNDOING, now, by.name)
    await record(session, by, "catalog.repair_undone", now, kind="repair", subject_id=batch_id, subject_name=found.why)
    return known(await store.one(session, batch_id), batch_id)


async def seen(session: ReadSession, batch_id: UUID, regions: Sequence[str], *, for_update: bool = False) -> Batch:
    """The batch, for somebody whose regions hold all of its.

    Raises:
        Refusal: `catalog.repair_unknown` (404).
    """
    found = known(await store.one(session, batch_id, for_update=for_update), batch_id)
    if not all(any(region.startswith(mine) for mine in regions) for region in found.regions):
        raise known_not(batch_id)
    return found


def known(found: Batch | None, batch_id: UUID) -> Batch:
    """The batch that was found."""
    if found is None:
        raise known_not(batch_id)
    return found


def known_not(batch_id: UUID) -> Refusal:
    """There is no such batch, or it is not the caller's to see."""
    return Refusal("catalog.repair_unknown", status=404, operand="repair", actual=str(batch_id))


async def work(database: Database, clock: Clock, batch_id: UUID) -> Batch:
    """Do what the batch's state asks for, to its end; goes on where a process that died left off."""
    while True:
        async with database.write() as session:
            batch = known(await store.one(session, batch_id, for_update=True), batch_id)
            if batch.state not in (State.APPLYING, State.UNDOING):
                return batch
            now = clock.now()
            undo = batch.state is State.UNDOING
            if await apply.step(session, batch, now, undo=undo):
                continue
            await store.move(session, batch_id, State.UNDONE if undo else State.APPLIED, now)
            batch = known(await store.one(session, batch_id), batch_id)
            await outbox.append(
                session,
                f"catalog.repair_{batch.state.value}",
                {"repair": str(batch_id), "applied": batch.applied, "undone": batch.undone},
            )
        log.info("repair_ended", id=str(batch_id), state=batch.state.value, applied=batch.applied, undone=batch.undone)
        return batch


async def by_rule(session: WriteSession, province: str, now: datetime) -> list[UUID]:
    """Batches of what is certain under rules that somebody switched on; a job applies them."""
    made = []
    for code, said in (await store.switches(session)).items():
        if not said.auto or code not in rule_set().rules:
            continue
        chosen = Chosen((province,), rule=code, certain=True)
        if not await store.page(session, chosen, None, 1):
            continue
        batch_id = uuid7()
        why = f"{code} ({said.by_name})"
        await store.open_batch(session, batch_id, chosen, BY_RULE, why, ITEMS_MOST, now)
        made.append(batch_id)
    return made


def whole(regions: Sequence[str], province: str) -> None:
    """Let pass only who may see the whole installation.

    Raises:
        Refusal: `http.region_outside_scope` (403).
    """
    if not any(province.startswith(mine) for mine in regions):
        raise Refusal(
            "http.region_outside_scope",
            status=403,
            rule="scope",
            operand="region",
            expected=list(regions),
            actual=province,
        )


def _conversion_forbidden(operand: str) -> Refusal:
    return Refusal(
        "catalog.conversion_forbidden", status=403, rule="permission", operand=operand, expected="cameras.convert",
        actual=operand,
    )  # fmt: skip


async def switch(session: WriteSession, code: str, by: Actor, now: datetime, *, auto: bool, convert: bool) -> None:
    """Let the certain repairs of a rule be applied without asking, or not any more.

    Args:
        convert: the person may have coordinates converted.

    Raises:
        Refusal: `catalog.rule_unknown` (404), `catalog.rule_uncertain` (422) for a rule that has none,
            `catalog.conversion_forbidden` (403).
    """
    rule = rule_set().rules.get(code)
    if rule is None:
        raise Refusal("catalog.rule_unknown", status=404, operand="rule", actual=code[:60])
    if auto and rule.repair != "certain":
        raise Refusal(
            "catalog.rule_uncertain",
            status=422,
            rule="repair",
            operand="rule",
            expected="certain",
            actual=rule.repair,
        )
    if auto and not convert and code in CONVERTING:
        raise _conversion_forbidden(code)
    await store.switch(session, code, by.name, now, auto=auto)
    await record(session, by, "catalog.rule_switched", now, kind="rule", subject_name=code, auto=auto)
