"""From what happened to who is told: the rules are applied, messages are put in line, all in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from commonsight import jobs
from commonsight.outbox import Entry
from commonsight.places import store as places
from commonsight.records.database import WriteSession
from commonsight.respond import people
from commonsight.respond import store as cases
from commonsight.respond.kinds import ASSIGNEE, kind_of
from commonsight.respond.model import Case
from commonsight.respond.notices import store
from commonsight.respond.notices.model import About, Event, Rule, event_of
from commonsight.respond.notices.words import body_of
from commonsight.settings import Settings

DELIVER: Final = "respond:deliver"


async def tell(session: WriteSession, entry: Entry, settings: Settings) -> None:
    """Put what an entry of the outbox says before everybody who wants to hear of it. Twice changes nothing."""
    event = event_of(entry.topic, entry.payload)
    case = None if event is None else await cases.one(session, UUID(entry.payload["case"]))
    if event is None or case is None:
        return
    # As it was when it happened: a case that has gone on since is told of by its later entries.
    severity = int(entry.payload["severity"])
    found = [each for each in await store.rules(session) if each.wants(event, case.kind, severity, case.region)]
    told = await _people(session, event, case, severity, entry.payload, found)
    actor = entry.payload.get("by")
    others = [one for one in told if str(one) != actor]
    await store.put_on_page(session, others, entry.sequence, event.value, (About.CASE, case.id), entry.at)
    await _channels(session, event, case, severity, found, entry, settings)


async def _people(
    session: WriteSession, event: Event, case: Case, severity: int, payload: dict[str, Any], found: Sequence[Rule]
) -> list[UUID]:
    """Who gets a notice on the page: by rules, by having the case, by the kind's data. Each once."""
    persons = {rule.holder_id for rule in found if rule.channel_id is None and rule.holder_kind == "person"}
    units = {rule.holder_id for rule in found if rule.channel_id is None and rule.holder_kind == "organisation"}
    roles: set[str] = set()
    kind = kind_of(case.kind)
    has = payload["assignee"]
    concerned = event in (Event.ASSIGNED, Event.REJECTED, Event.GROWN)
    if event is Event.OPENED and severity <= kind.tell_severity:
        roles |= set(kind.tell_roles)
    if event is Event.ESCALATED:
        roles |= set(payload["tell"]) - {ASSIGNEE}
        concerned = ASSIGNEE in payload["tell"]
    if has is not None and concerned:
        (persons if has["kind"] == "person" else units).add(UUID(has["id"]))
    told = await people.readers(session, sorted(persons), sorted(units), case.region)
    if roles:
        told += await people.in_roles(session, sorted(roles), case.region)
    return list(dict.fromkeys(told))


async def _channels(
    session: WriteSession, event: Event, case: Case, severity: int, found: Sequence[Rule], entry: Entry,
    settings: Settings,
) -> None:  # fmt: skip
    zone = ZoneInfo(settings.region.timezone)
    due: dict[UUID, datetime] = {}
    for rule in found:
        if rule.channel_id is not None:
            at = rule.held_until(entry.at, zone, severity) or entry.at
            due[rule.channel_id] = min(at, due.get(rule.channel_id, at))
    if not due:
        return
    name = (await places.names(session, [case.region])).get(case.region)
    for channel_id, at in sorted(due.items()):
        channel = await store.channel(session, channel_id)
        if channel is None:
            continue
        body = body_of(case, event, entry.at, region_name=name, language=channel.language, base=settings.api.public_url)
        queued = await store.queue(
            session, channel_id, entry.sequence, case.id, body["type"], body, at, entry.at
        )  # fmt: skip
        if queued is not None:
            await wake(session, channel_id, at if at > entry.at else None)


async def wake(session: WriteSession, channel_id: UUID, at: datetime | None = None) -> None:
    """Have a channel's messages sent: one job at a time a channel, and at most one waiting now and one for later."""
    later = "" if at is None else ".later"
    await jobs.enqueue(
        session, DELIVER, {"channel_id": str(channel_id)}, lock=f"notice.{channel_id}",
        queueing_lock=f"notice.{channel_id}{later}", at=at,
    )  # fmt: skip
