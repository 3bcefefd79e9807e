"""Who is told of requests for grants and of emergency accesses: who may decide, and who asked. On the page only."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import structlog

from commonsight.gate import selection
from commonsight.gate.grant_model import Selection
from commonsight.gate.tables import EmergencyReviewRow, GrantRequestRow
from commonsight.outbox import Entry
from commonsight.records.database import ReadSession, WriteSession
from commonsight.respond import people
from commonsight.respond.notices import store
from commonsight.respond.notices.model import About, GrantEvent

log = structlog.get_logger(__name__)

TOPICS: Final = (
    "gate.request_asked", "gate.request_decided", "gate.emergency_opened", "gate.emergency_overdue",
)  # fmt: skip

_DECIDED: Final = {"approved": GrantEvent.APPROVED, "refused": GrantEvent.REFUSED}
"""Who withdraws a request knows of it."""


async def tell(session: WriteSession, entry: Entry, region: str) -> None:
    """Put what an entry of the outbox says before those it concerns. Twice changes nothing.

    What has been decided or reviewed since is nobody's work any more and not told as such.

    Args:
        region: the division code of the platform, for a scope that says no other.
    """
    match entry.topic:
        case "gate.request_asked" | "gate.request_decided":
            await _request(session, entry, region)
        case "gate.emergency_opened" | "gate.emergency_overdue":
            await _emergency(session, entry, region)


async def _request(session: WriteSession, entry: Entry, region: str) -> None:
    row = await session.get(GrantRequestRow, UUID(entry.payload["request"]))
    if row is None:
        return
    about = (About.REQUEST, row.id)
    if entry.topic == "gate.request_decided":
        event = _DECIDED.get(entry.payload["state"])
        if event is not None:
            await store.put_on_page(session, [row.person_id], entry.sequence, event.value, about, entry.at)
    elif row.state == "asked":
        told = await _approvers(session, row, region)
        if not told:
            log.warning("request_without_approver", request=str(row.id))
        await store.put_on_page(session, told, entry.sequence, GrantEvent.ASKED.value, about, entry.at)


async def _approvers(session: ReadSession, row: GrantRequestRow, region: str) -> list[UUID]:
    """Who could give at least one of the cameras asked for; when nobody could, everybody who may decide.

    An asker's regions may hold those of many approvers, of whom the cameras asked for concern few.
    """
    found = await people.deciders(session, [prefix or region for prefix in row.scope], row.person_id)
    chosen = Selection.of(row.cameras)
    reach: dict[tuple[str, ...], bool] = {}
    for _, regions in found:
        if regions not in reach:
            reach[regions] = (await selection.count(session, (row.scope, regions), chosen)).cameras > 0
    return [person for person, regions in found if reach[regions]] or _ids(found)


async def _emergency(session: WriteSession, entry: Entry, region: str) -> None:
    row = await session.get(EmergencyReviewRow, UUID(entry.payload["emergency"]))
    if row is None or row.state != "pending":
        return
    event = GrantEvent.OVERDUE if entry.topic == "gate.emergency_overdue" else GrantEvent.LOOKED
    told = _ids(await people.deciders(session, [prefix or region for prefix in row.regions], row.person_id))
    if not told:
        log.warning("emergency_without_reviewer", emergency=str(row.id))
    await store.put_on_page(session, told, entry.sequence, event.value, (About.EMERGENCY, row.id), entry.at)


def _ids(found: Sequence[tuple[UUID, tuple[str, ...]]]) -> list[UUID]:
    return [person for person, _ in found]
