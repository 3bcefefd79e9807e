"""Use cases of traits: search through the retrieval door. No grant, no reason, no row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from commonsight.access.audit import Actor, record
from commonsight.analyze.scenes.model import Setup
from commonsight.analyze.traits import model, store
from commonsight.analyze.traits.model import Criteria, Trait
from commonsight.gate import service as gate
from commonsight.gate import store as gate_store
from commonsight.gate.model import Action, Standing
from commonsight.http import Caller
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession

DAYS: Final = 3.0
NODE: Final = "traits"
"""Who opens the lines of the register that searches write."""


async def keep(session: WriteSession, camera_id: UUID, apart: Sequence[tuple[Setup, object]]) -> None:
    """Store what the scene `traits` of a camera has collected, each row for as many days as its setup says."""
    rows = [(setup.id, setup.settings.get("days", DAYS), one) for setup, one in apart if isinstance(one, Trait)]
    await store.put(session, camera_id, rows)


@dataclass(frozen=True, slots=True)
class Made:
    """A search that may be leafed through until `expires_at`."""

    search: store.Search
    expires_at: datetime
    retrievals: int


async def search(
    session: WriteSession,
    caller: Caller,
    *,
    cameras: Sequence[UUID],
    purpose_code: str | None,
    purpose_text: str | None,
    criteria: Criteria,
) -> Made:
    """Open a search: a permit under one of the caller's grants over all the cameras, and the register's line for each.

    All in the caller's transaction: rows can be read once it has committed, so the lines are there before the first.

    Raises:
        Refusal: `gate.no_grant` (403) and what else `gate.service.issue` refuses; `traits.criteria_invalid`,
            `traits.reason_missing` (422).
    """
    issued = await gate.issue(
        session,
        caller=caller,
        cameras=cameras,
        purpose_code=purpose_code,
        purpose_text=purpose_text,
        minutes=model.MINUTES,
        action=Action.SNAPSHOT,
    )
    asked = model.check(criteria, purpose_text)
    now = issued.permit.issued_at
    for camera_id in issued.retrievals:
        line = await gate.open_retrieval(
            session, issued.permit, camera_id, node=NODE, action=Action.SNAPSHOT, now=now
        )  # fmt: skip
        await gate.close_retrieval(session, line, seconds=0.0, bytes=0, reason="traits.searched", now=now)
    made = store.Search(uuid7(), caller.id, issued.permit.id, tuple(issued.retrievals), asked)
    await store.add_search(session, made, now)
    await record(
        session, Actor(caller.id, caller.name, getattr(caller, "address", None)), "traits.searched", now,
        kind="trait_search", subject_id=made.id, permit=str(issued.permit.id), cameras=len(made.cameras),
        begin=asked.begin.isoformat(), end=asked.end.isoformat(), kinds=list(asked.kinds), colour=asked.colour,
        upper=asked.upper, lower=asked.lower, plate=asked.plate,
    )  # fmt: skip
    return Made(made, issued.permit.expires_at, len(issued.retrievals))


async def rows(
    session: ReadSession, caller: Caller, search_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> list[store.Found]:
    """What one's own search found. The permit is asked each time: a grant that is taken back ends the leafing.

    Raises:
        Refusal: `traits.search_unknown` (404), `traits.search_over` (403).
    """
    made = await store.search(session, search_id, caller.id)
    if made is None:
        raise Refusal("traits.search_unknown", status=404, operand="search", actual=str(search_id))
    now = await gate_store.moment(session)
    standing = await gate.standing(session, made.permit_id, now=now)
    if standing is not Standing.VALID:
        raise Refusal("traits.search_over", status=403, rule="permit", operand="search", actual=standing.value)
    return await store.rows(session, made.cameras, made.criteria, now, after, limit)
