"""SQL of what people set up: channels, rules, and the deliveries they look at."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.records.database import ReadSession, WriteSession

_CHANNEL: Final = (
    "id, kind, name, regions, language, config, enabled, failures, error, down_until, sent_at, by_name, created_at, "
    "updated_at, version"
)
_RULE: Final = (
    "r.id, r.holder_kind, r.holder_id, r.holder_name, r.channel_id, c.name AS channel_name, r.kinds, r.severity, "
    "r.regions, r.events, r.quiet_from, r.quiet_to, r.enabled, r.by_name, r.created_at, r.updated_at, r.version"
)
_INSIDE: Final = """NOT EXISTS (SELECT 1 FROM unnest({0}) AS own (code)
    WHERE NOT EXISTS (SELECT 1 FROM unnest(CAST(:scope AS text[])) AS s (code) WHERE starts_with(own.code, s.code)))"""
"""Every region of a row lies within the reader's."""


# --- channels -------------------------------------------------------------------------------------------------------


async def channels(session: ReadSession, scope: Sequence[str]) -> list[Row[Any]]:
    """Channels that lie within `scope` as a whole, by name, each with how many deliveries wait and were put aside."""
    rows = await session.execute(
        text(f"""
            SELECT {_CHANNEL},
                   (SELECT count(*) FROM notice_deliveries AS d WHERE d.channel_id = n.id AND d.state = 'waiting')
                       AS waiting,
                   (SELECT count(*) FROM notice_deliveries AS d WHERE d.channel_id = n.id AND d.state = 'dead') AS dead
              FROM notice_channels AS n
             WHERE removed_at IS NULL AND {_INSIDE.format("regions")} ORDER BY name, id"""),  # noqa: S608
        {"scope": list(scope)},
    )
    return list(rows)


async def channel(session: ReadSession, channel_id: UUID, scope: Sequence[str]) -> Row[Any] | None:
    """One of them."""
    rows = await session.execute(
        text(f"""
            SELECT {_CHANNEL}, 0 AS waiting, 0 AS dead FROM notice_channels
             WHERE id = :id AND removed_at IS NULL AND {_INSIDE.format("regions")}"""),  # noqa: S608
        {"id": channel_id, "scope": list(scope)},
    )
    return rows.first()


async def channels_count(session: ReadSession) -> int:
    """How many there are."""
    found = await session.execute(text("SELECT count(*) FROM notice_channels WHERE removed_at IS NULL"))
    return int(found.scalar_one())


async def add_channel(session: WriteSession, values: Mapping[str, Any]) -> None:
    """Put a channel on file."""
    await session.execute(
        text("""
            INSERT INTO notice_channels (id, kind, name, regions, language, config, secret, by_name, created_at,
                                         updated_at)
            VALUES (:id, :kind, :name, :regions, :language, CAST(:config AS jsonb), :secret, :by, :now, :now)"""),
        {**values, "config": json.dumps(values["config"])},
    )


async def change_channel(session: WriteSession, channel_id: UUID, fields: Mapping[str, Any], now: datetime) -> None:
    """Change name, regions, language, config, enabled. A channel that is switched on again is well until it is not."""
    known = ("name", "regions", "language", "config", "enabled")
    sets = "".join(
        f"{name} = {'CAST(:config AS jsonb)' if name == 'config' else f':{name}'}, " for name in known if name in fields
    )
    values = {name: json.dumps(fields[name]) if name == "config" else fields[name] for name in known if name in fields}
    await session.execute(
        text(f"""
            UPDATE notice_channels SET {sets}failures = 0, error = '', down_until = NULL, version = version + 1,
                   updated_at = :now WHERE id = :id"""),  # noqa: S608
        {**values, "id": channel_id, "now": now},
    )


async def new_secret(session: WriteSession, channel_id: UUID, sealed: bytes, now: datetime) -> None:
    """Another secret; the former one signs for a day beside it."""
    await session.execute(
        text("""
            UPDATE notice_channels SET former_secret = secret, former_until = :until, secret = :secret,
                   version = version + 1, updated_at = :now WHERE id = :id"""),
        {"id": channel_id, "secret": sealed, "until": now + timedelta(days=1), "now": now},
    )


async def awaken(session: WriteSession, channel_id: UUID) -> None:
    """Let a resting channel try at once."""
    await session.execute(text("UPDATE notice_channels SET down_until = NULL WHERE id = :id"), {"id": channel_id})


async def remove_channel(session: WriteSession, channel_id: UUID, now: datetime) -> None:
    """Take a channel off the file; its secret goes at once, its deliveries stay to be looked at."""
    await session.execute(
        text("""
            UPDATE notice_channels SET removed_at = :now, secret = NULL, former_secret = NULL, enabled = false
             WHERE id = :id"""),
        {"id": channel_id, "now": now},
    )
    await session.execute(
        text("""
            UPDATE notice_deliveries SET state = 'dead', settled_at = :now, error = 'channel removed'
             WHERE channel_id = :id AND state = 'waiting'"""),
        {"id": channel_id, "now": now},
    )


async def rules_of_channel(session: ReadSession, channel_id: UUID) -> int:
    """How many rules use a channel."""
    found = await session.execute(text("SELECT count(*) FROM notice_rules WHERE channel_id = :id"), {"id": channel_id})
    return int(found.scalar_one())


# --- rules ----------------------------------------------------------------------------------------------------------


async def rules(session: ReadSession, scope: Sequence[str], person: UUID | None) -> list[Row[Any]]:
    """Rules that lie within `scope` as a whole; those of one person's own page with `person`."""
    own = "" if person is None else "AND r.holder_kind = 'person' AND r.holder_id = :person AND r.channel_id IS NULL"
    rows = await session.execute(
        text(f"""
            SELECT {_RULE} FROM notice_rules AS r LEFT JOIN notice_channels AS c ON c.id = r.channel_id
             WHERE {_INSIDE.format("r.regions")} {own} ORDER BY r.holder_name, r.id"""),  # noqa: S608
        {"scope": list(scope)} | ({} if person is None else {"person": person}),
    )
    return list(rows)


async def rule(session: ReadSession, rule_id: UUID, *, for_update: bool = False) -> Row[Any] | None:
    """One rule."""
    lock = " FOR UPDATE OF r" if for_update else ""
    rows = await session.execute(
        text(f"""
            SELECT {_RULE} FROM notice_rules AS r LEFT JOIN notice_channels AS c ON c.id = r.channel_id
             WHERE r.id = :id{lock}"""),  # noqa: S608
        {"id": rule_id},
    )
    return rows.first()


async def rules_count(session: ReadSession) -> int:
    """How many there are."""
    found = await session.execute(text("SELECT count(*) FROM notice_rules"))
    return int(found.scalar_one())


_RULE_FIELDS: Final = (
    "holder_kind", "holder_id", "holder_name", "channel_id", "kinds", "severity", "regions", "events", "quiet_from",
    "quiet_to", "enabled",
)  # fmt: skip


async def add_rule(session: WriteSession, rule_id: UUID, values: Mapping[str, Any], by: str, now: datetime) -> None:
    """Write a new rule."""
    names = ", ".join(_RULE_FIELDS)
    await session.execute(
        text(f"""
            INSERT INTO notice_rules (id, {names}, by_name, created_at, updated_at)
            VALUES (:id, {", ".join(f":{name}" for name in _RULE_FIELDS)}, :by, :now, :now)"""),  # noqa: S608
        {**{name: values[name] for name in _RULE_FIELDS}, "id": rule_id, "by": by, "now": now},
    )


async def replace_rule(session: WriteSession, rule_id: UUID, values: Mapping[str, Any], now: datetime) -> None:
    """Write a rule anew."""
    sets = ", ".join(f"{name} = :{name}" for name in _RULE_FIELDS)
    await session.execute(
        text(f"UPDATE notice_rules SET {sets}, version = version + 1, updated_at = :now WHERE id = :id"),  # noqa: S608
        {**{name: values[name] for name in _RULE_FIELDS}, "id": rule_id, "now": now},
    )


async def remove_rule(session: WriteSession, rule_id: UUID) -> None:
    """Take a rule back."""
    await session.execute(text("DELETE FROM notice_rules WHERE id = :id"), {"id": rule_id})


async def holder_name(session: ReadSession, kind: str, holder: UUID) -> tuple[str, tuple[str, ...]] | None:
    """Name and regions of a person or an organisation; None when there is none."""
    query = (
        "SELECT display_name AS name, regions FROM people WHERE id = :id AND active"
        if kind == "person"
        else "SELECT name, CASE WHEN region IS NULL THEN '{}' ELSE ARRAY[region] END AS regions FROM organisations "
        "WHERE id = :id"
    )
    row = (await session.execute(text(query), {"id": holder})).first()
    return None if row is None else (row.name, tuple(row.regions))


# --- deliveries -----------------------------------------------------------------------------------------------------


async def deliveries(
    session: ReadSession, scope: Sequence[str], channel_id: UUID | None, state: str | None,
    after: tuple[datetime, UUID] | None, limit: int,
) -> list[Row[Any]]:  # fmt: skip
    """Deliveries of channels within `scope`, the newest first."""
    at, key = after or (None, None)
    rows = await session.execute(
        text(f"""
            SELECT d.id, d.channel_id, n.name AS channel_name, n.kind AS channel_kind, d.case_id, d.type, d.state,
                   d.attempts, d.due_at, d.created_at, d.settled_at, d.error, d.body #>> '{{data,title}}' AS title,
                   CAST(d.body #>> '{{data,number}}' AS bigint) AS number
              FROM notice_deliveries AS d JOIN notice_channels AS n ON n.id = d.channel_id
             WHERE {_INSIDE.format("n.regions")}
               AND (CAST(:channel AS uuid) IS NULL OR d.channel_id = :channel)
               AND (CAST(:state AS text) IS NULL OR d.state = :state)
               AND (CAST(:at AS timestamptz) IS NULL OR (d.created_at, d.id) < (:at, CAST(:key AS uuid)))
             ORDER BY d.created_at DESC, d.id DESC LIMIT :limit"""),  # noqa: S608
        {"scope": list(scope), "channel": channel_id, "state": state, "at": at, "key": key, "limit": limit},
    )
    return list(rows)


async def again(session: WriteSession, delivery: UUID, scope: Sequence[str], now: datetime) -> UUID | None:
    """Put a delivery that was put aside in line again; its channel, or None when there is no such one."""
    found = await session.execute(
        text(f"""
            UPDATE notice_deliveries AS d SET state = 'waiting', attempts = 0, due_at = :now, queued_at = :now,
                   settled_at = NULL
              FROM notice_channels AS n
             WHERE d.id = :id AND d.state = 'dead' AND n.id = d.channel_id AND n.removed_at IS NULL
               AND {_INSIDE.format("n.regions")} RETURNING d.channel_id"""),  # noqa: S608
        {"id": delivery, "scope": list(scope), "now": now},
    )
    row = found.first()
    return None if row is None else row.channel_id
