"""SQL of deliveries as they are worked on, of rules as they are applied, and of notices on the page."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession, notify
from commonsight.respond.notices.model import About, Channel, Delivery, Event, Rule

PAGE_CHANNEL: Final = "notices"
"""Notifications `{"people": ["<id>", …]}`: who has something new on the page."""

RULES_MOST: Final = 2_000
WAITING_MOST: Final = 10_000
"""Deliveries that may wait on one channel; what comes beyond it is put aside at once, to be sent again by hand."""

PEOPLE_A_NOTE: Final = 150


async def rules(session: ReadSession) -> list[Rule]:
    """All rules in force, by id."""
    rows = await session.execute(
        text("""
            SELECT r.id, r.holder_kind, r.holder_id, r.channel_id, r.kinds, r.severity, r.regions, r.events,
                   r.quiet_from, r.quiet_to
              FROM notice_rules AS r LEFT JOIN notice_channels AS c ON c.id = r.channel_id
             WHERE r.enabled AND (r.channel_id IS NULL OR (c.enabled AND c.removed_at IS NULL))
             ORDER BY r.id LIMIT :most"""),
        {"most": RULES_MOST},
    )
    return [rule_of(row) for row in rows]


def rule_of(row: Row[Any]) -> Rule:
    """The rule a row holds; events of another edition of this program are left out."""
    known = {event.value for event in Event}
    return Rule(
        row.id, row.holder_kind, row.holder_id, row.channel_id, tuple(row.kinds), row.severity, tuple(row.regions),
        tuple(Event(one) for one in row.events if one in known),
        None if row.quiet_from is None else (row.quiet_from, row.quiet_to),
    )  # fmt: skip


# --- on the page ----------------------------------------------------------------------------------------------------


async def put_on_page(
    session: WriteSession, people: Sequence[UUID], event: int, type_: str, about: tuple[About, UUID], now: datetime
) -> None:
    """A notice for each of these people, once for each entry of the outbox however often that is handed on."""
    kind, about_id = about
    if not people:
        return
    done = await session.execute(
        text(f"""
            INSERT INTO notices (id, person_id, event, at, type, {kind.value}_id)
            SELECT t.id, t.person, :event, :now, :type, :about
              FROM unnest(CAST(:ids AS uuid[]), CAST(:people AS uuid[])) AS t (id, person)
            ON CONFLICT (person_id, event) DO NOTHING RETURNING person_id"""),  # noqa: S608 - a member of About
        {
            "ids": [uuid7() for _ in people], "people": list(people), "event": event, "now": now, "type": type_,
            "about": about_id,
        },
    )  # fmt: skip
    await nudge(session, list(done.scalars()))


async def put_elsewhere(
    session: WriteSession, people: Sequence[UUID], event: int, type_: str, said: Mapping[str, Any], now: datetime
) -> None:
    """A notice of an upper floor for each of these people, once for each entry of the outbox.

    Args:
        said: `event` and `title` in `zh` and `en`, `words` and `place` as people wrote them, `path` on the page.
    """
    if not people:
        return
    done = await session.execute(
        text("""
            INSERT INTO notices (id, person_id, event, at, type, elsewhere)
            SELECT t.id, t.person, :event, :now, :type, CAST(:said AS jsonb)
              FROM unnest(CAST(:ids AS uuid[]), CAST(:people AS uuid[])) AS t (id, person)
            ON CONFLICT (person_id, event) DO NOTHING RETURNING person_id"""),
        {
            "ids": [uuid7() for _ in people], "people": list(people), "event": event, "now": now, "type": type_,
            "said": json.dumps(said, ensure_ascii=False),
        },
    )  # fmt: skip
    await nudge(session, list(done.scalars()))


async def nudge(session: WriteSession, people: Sequence[UUID]) -> None:
    """Let the pages these people have open look anew."""
    for first in range(0, len(people), PEOPLE_A_NOTE):
        await notify(session, PAGE_CHANNEL, {"people": [str(one) for one in people[first : first + PEOPLE_A_NOTE]]})


async def page(
    session: ReadSession, person: UUID, *, unread: bool, after: tuple[datetime, UUID] | None, limit: int
) -> list[Row[Any]]:
    """A person's notices with what they are about as it is now, the newest first."""
    at, key = after or (None, None)
    rows = await session.execute(
        text(f"""
            SELECT n.id, n.at, n.type, n.read_at, n.case_id, n.request_id, n.emergency_id, n.elsewhere,
                   c.number, c.kind, c.severity, c.subject, c.words, c.place, c.region, c.occurrences, c.camera_id,
                   coalesce(c.state, r.state, e.state, '') AS state, coalesce(r.reason, e.reason) AS reason,
                   coalesce(r.person_name, e.person_name) AS person_name,
                   coalesce(r.organisation, e.organisation) AS organisation, r.decided_words, e.camera_names
              FROM notices AS n LEFT JOIN cases AS c ON c.id = n.case_id
                   LEFT JOIN grant_requests AS r ON r.id = n.request_id
                   LEFT JOIN emergency_reviews AS e ON e.id = n.emergency_id
             WHERE n.person_id = :person {"AND n.read_at IS NULL" if unread else ""}
               AND (CAST(:at AS timestamptz) IS NULL OR (n.at, n.id) < (:at, CAST(:key AS uuid)))
             ORDER BY n.at DESC, n.id DESC LIMIT :limit"""),  # noqa: S608
        {"person": person, "at": at, "key": key, "limit": limit},
    )
    return list(rows)


async def unread(session: ReadSession, person: UUID, most: int) -> int:
    """How many notices a person has not read; counted up to `most`."""
    found = await session.execute(
        text("""
            SELECT count(*) FROM (SELECT 1 FROM notices WHERE person_id = :person AND read_at IS NULL LIMIT :most)
                AS found"""),
        {"person": person, "most": most},
    )
    return int(found.scalar_one())


async def read(session: WriteSession, person: UUID, ids: Sequence[UUID] | None, now: datetime) -> int:
    """Mark a person's notices as read, all of them without `ids`; how many were new."""
    mine = "" if ids is None else "AND id = ANY(:ids)"
    done = await session.execute(
        text(f"UPDATE notices SET read_at = :now WHERE person_id = :person AND read_at IS NULL {mine}"),  # noqa: S608
        {"now": now, "person": person} | ({} if ids is None else {"ids": list(ids)}),
    )
    count = int(getattr(done, "rowcount", 0))
    if count:
        await nudge(session, [person])
    return count


# --- deliveries -----------------------------------------------------------------------------------------------------


async def queue(
    session: WriteSession, channel: UUID, event: int | None, case_id: UUID | None, type_: str,
    body: Mapping[str, Any], due: datetime, now: datetime,
) -> UUID | None:  # fmt: skip
    """Put a message in line for a channel; None when this entry of the outbox is there already."""
    waiting = await session.scalar(
        text("SELECT count(*) FROM notice_deliveries WHERE channel_id = :channel AND state = 'waiting'"),
        {"channel": channel},
    )
    full = int(waiting or 0) >= WAITING_MOST
    found = await session.execute(
        text("""
            INSERT INTO notice_deliveries (id, channel_id, event, case_id, type, body, state, due_at, created_at,
                                           queued_at, settled_at, error)
            VALUES (:id, :channel, :event, :case, :type, CAST(:body AS jsonb), :state, :due, :now, :now,
                    CAST(:settled AS timestamptz), :error)
            ON CONFLICT (channel_id, event) DO NOTHING RETURNING id"""),
        {
            "id": uuid7(), "channel": channel, "event": event, "case": case_id, "type": type_,
            "body": json.dumps(body, ensure_ascii=False), "state": "dead" if full else "waiting", "due": due,
            "now": now, "settled": now if full else None,
            "error": f"more than {WAITING_MOST} messages were waiting" if full else "",
        },
    )  # fmt: skip
    row = found.first()
    return None if row is None else row.id


async def channel(session: ReadSession, channel_id: UUID) -> Channel | None:
    """A channel that is on file."""
    found = await session.execute(
        text("""
            SELECT id, kind, name, language, config, enabled, failures, down_until FROM notice_channels
             WHERE id = :id AND removed_at IS NULL"""),
        {"id": channel_id},
    )
    row = found.first()
    return None if row is None else Channel(**row._mapping)


async def sealed(session: ReadSession, channel_id: UUID, now: datetime) -> list[bytes]:
    """What signs a channel's messages, sealed: the present secret, and the former one for a day."""
    found = await session.execute(
        text("SELECT secret, former_secret, former_until FROM notice_channels WHERE id = :id"), {"id": channel_id}
    )
    row = found.one()
    former = row.former_secret if row.former_until is not None and row.former_until > now else None
    return [each for each in (row.secret, former) if each is not None]


async def next_delivery(session: ReadSession, channel_id: UUID, now: datetime) -> Delivery | None:
    """What is sent next: the oldest that is due and has no older message of its case before it."""
    found = await session.execute(
        text("""
            SELECT d.id, d.channel_id, d.case_id, d.type, d.body, d.attempts, d.queued_at
              FROM notice_deliveries AS d
             WHERE d.channel_id = :channel AND d.state = 'waiting' AND d.due_at <= :now
               AND NOT EXISTS (SELECT 1 FROM notice_deliveries AS e
                                WHERE e.channel_id = d.channel_id AND e.state = 'waiting'
                                  AND e.case_id = d.case_id AND e.place < d.place)
             -- A test says at once how the channel is, whatever waits.
             ORDER BY d.case_id IS NOT NULL, d.place LIMIT 1"""),
        {"channel": channel_id, "now": now},
    )
    row = found.first()
    return None if row is None else Delivery(**row._mapping)


async def sent(session: WriteSession, delivery: Delivery, now: datetime) -> None:
    """It arrived; its channel is well."""
    await session.execute(
        text("""
            UPDATE notice_deliveries SET state = 'sent', attempts = attempts + 1, settled_at = :now, error = ''
             WHERE id = :id"""),
        {"id": delivery.id, "now": now},
    )
    await session.execute(
        text("""
            UPDATE notice_channels SET failures = 0, error = '', down_until = NULL, sent_at = :now WHERE id = :id"""),
        {"id": delivery.channel_id, "now": now},
    )


async def failed(
    session: WriteSession, delivery: Delivery, reason: str, again: datetime | None, now: datetime
) -> None:  # fmt: skip
    """It did not arrive; `again` None: it is put aside."""
    await session.execute(
        text("""
            UPDATE notice_deliveries SET attempts = attempts + 1, error = :error,
                   state = CASE WHEN CAST(:again AS timestamptz) IS NULL THEN 'dead' ELSE 'waiting' END,
                   due_at = coalesce(CAST(:again AS timestamptz), due_at),
                   settled_at = CASE WHEN CAST(:again AS timestamptz) IS NULL THEN CAST(:now AS timestamptz) END
             WHERE id = :id"""),
        {"id": delivery.id, "error": reason, "again": again, "now": now},
    )


async def rest(session: WriteSession, channel_id: UUID, reason: str, until: datetime | None, *, off: bool) -> None:
    """A channel failed: it rests `until` then. `off`: it is switched off."""
    await session.execute(
        text("""
            UPDATE notice_channels SET failures = failures + 1, error = :error, down_until = :until,
                   enabled = enabled AND NOT :off, version = version + CAST(:off AS integer) WHERE id = :id"""),
        {"id": channel_id, "error": reason, "until": until, "off": off},
    )


async def due_channels(session: ReadSession, now: datetime) -> list[UUID]:
    """Channels with something to send now."""
    found = await session.execute(
        text("""
            SELECT c.id FROM notice_channels AS c
             WHERE c.enabled AND c.removed_at IS NULL AND (c.down_until IS NULL OR c.down_until <= :now)
               AND EXISTS (SELECT 1 FROM notice_deliveries AS d
                            WHERE d.channel_id = c.id AND d.state = 'waiting' AND d.due_at <= :now)
             ORDER BY c.id"""),
        {"now": now},
    )
    return list(found.scalars())


async def give_up(session: WriteSession, before: datetime, now: datetime) -> int:
    """Put aside what has waited too long; how many."""
    done = await session.execute(
        text("""
            UPDATE notice_deliveries SET state = 'dead', settled_at = :now,
                   error = CASE WHEN error = '' THEN 'waited too long' ELSE error END
             WHERE state = 'waiting' AND queued_at < :before"""),
        {"before": before, "now": now},
    )
    return int(getattr(done, "rowcount", 0))


async def forget(session: WriteSession, before: datetime) -> None:
    """Drop notices and settled deliveries of long ago."""
    await session.execute(text("DELETE FROM notices WHERE at < :before"), {"before": before})
    await session.execute(
        text("DELETE FROM notice_deliveries WHERE state <> 'waiting' AND created_at < :before"), {"before": before}
    )
