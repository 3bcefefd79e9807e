"""SQL of the rules of competence and of their changes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.analyze.incidents.routing.model import RULES_MOST, Rule, Said, as_json, from_json
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession

_COLUMNS: Final = """
    r.id, r.scene, r.incident, r.region, r.hours, r.quiet, r.organisation_id, r.acknowledge_minutes, r.close_minutes,
    r.note, r.by_name, r.changed_at, r.version, coalesce(o.name, '') AS organisation_name
      FROM incident_rules AS r LEFT JOIN organisations AS o ON o.id = r.organisation_id"""


def _rule(row: Row[Any]) -> Rule:
    return Rule(row.id, from_json(dict(row._mapping)), row.organisation_name, row.by_name, row.changed_at, row.version)


async def every(session: ReadSession) -> list[Rule]:
    """All rules, the oldest first. There are few: `RULES_MOST`."""
    rows = await session.execute(text(f"SELECT {_COLUMNS} ORDER BY r.id LIMIT :most"), {"most": RULES_MOST})
    return [_rule(row) for row in rows]


async def one(session: ReadSession, rule_id: UUID, *, for_update: bool = False) -> Rule | None:
    """The rule with this id."""
    lock = " FOR UPDATE OF r" if for_update else ""
    row = (await session.execute(text(f"SELECT {_COLUMNS} WHERE r.id = :id{lock}"), {"id": rule_id})).one_or_none()
    return None if row is None else _rule(row)


_PUT: Final = text("""
    INSERT INTO incident_rules AS r (id, scene, incident, region, hours, quiet, organisation_id, acknowledge_minutes,
           close_minutes, note, by_name, changed_at)
    VALUES (:id, :scene, :incident, :region, CAST(:hours AS jsonb), :quiet, CAST(:organisation_id AS uuid),
           :acknowledge_minutes, :close_minutes, :note, :by, :now)
    ON CONFLICT (id) DO UPDATE SET scene = excluded.scene, incident = excluded.incident, region = excluded.region,
           hours = excluded.hours, quiet = excluded.quiet, organisation_id = excluded.organisation_id,
           acknowledge_minutes = excluded.acknowledge_minutes, close_minutes = excluded.close_minutes,
           note = excluded.note, by_name = excluded.by_name, changed_at = excluded.changed_at,
           version = r.version + 1""")


async def organisation_known(session: ReadSession, organisation_id: UUID) -> bool:
    """Whether there is such an organisation."""
    found = await session.scalar(text("SELECT 1 FROM organisations WHERE id = :id"), {"id": organisation_id})
    return found is not None


async def put(session: WriteSession, rule_id: UUID, said: Said, by: str, now: datetime) -> None:
    """Write a rule, new or changed."""
    values = as_json(said)
    values["hours"] = None if values["hours"] is None else json.dumps(values["hours"])
    await session.execute(_PUT, values | {"id": rule_id, "by": by, "now": now})


async def drop(session: WriteSession, rule_id: UUID) -> None:
    """Take a rule away."""
    await session.execute(text("DELETE FROM incident_rules WHERE id = :id"), {"id": rule_id})


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody did to a rule. `before` None: it was added; `after` None: it was taken away."""

    id: UUID
    rule_id: UUID
    region: str
    before: Said | None
    after: Said | None
    by_name: str
    at: datetime
    undone_at: datetime | None


async def keep_change(
    session: WriteSession, rule_id: UUID, before: Said | None, after: Said | None, by: str, now: datetime
) -> UUID:
    """Remember a change."""
    made = uuid7()
    of = after or before
    await session.execute(
        text("""
            INSERT INTO incident_rule_changes (id, rule_id, region, before, after, by_name, at)
            VALUES (:id, :rule, :region, CAST(:before AS jsonb), CAST(:after AS jsonb), :by, :now)"""),
        {
            "id": made, "rule": rule_id, "region": "" if of is None else of.region, "by": by, "now": now,
            "before": None if before is None else json.dumps(as_json(before)),
            "after": None if after is None else json.dumps(as_json(after)),
        },
    )  # fmt: skip
    return made


def _change(row: Row[Any]) -> Change:
    before = None if row.before is None else from_json(row.before)
    after = None if row.after is None else from_json(row.after)
    return Change(row.id, row.rule_id, row.region, before, after, row.by_name, row.at, row.undone_at)


async def changes(session: ReadSession, most: int) -> Sequence[Change]:
    """The latest changes, the newest first."""
    rows = await session.execute(
        text("SELECT * FROM incident_rule_changes ORDER BY at DESC, id DESC LIMIT :most"), {"most": most}
    )
    return [_change(row) for row in rows]


async def take_change(session: WriteSession, change_id: UUID, now: datetime) -> Change | None:
    """Mark a change as undone, once; None when there is none or it is undone."""
    row = (
        await session.execute(
            text("""
                UPDATE incident_rule_changes SET undone_at = :now WHERE id = :id AND undone_at IS NULL RETURNING *"""),
            {"id": change_id, "now": now},
        )
    ).one_or_none()
    return None if row is None else _change(row)
