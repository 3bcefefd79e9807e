"""SQL of contracts with firms."""

import json
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.records.database import ReadSession, WriteSession
from commonsight.respond.lists import within
from commonsight.respond.maintenance.contracts import Choice, Contract, Level, WorkingTime

CONTRACTS_MOST: Final = 500
"""Contracts in force at once."""

COLUMNS: Final = (
    "t.id, t.name, t.number, t.unit_id, u.name AS unit_name, t.regions, t.choice, t.valid_from, t.valid_to, t.levels, "
    "t.calendar, t.warranty, t.words, t.by_name, t.created_at, t.updated_at, t.ended_at, t.version"
)
_FROM: Final = "maintenance_contracts AS t JOIN organisations AS u ON u.id = t.unit_id"


def level_json(level: Level) -> dict[str, Any]:
    """A level's stored form."""
    return {
        "codes": list(level.codes), "severities": list(level.severities), "respond": level.respond,
        "repair": level.repair,
    }  # fmt: skip


def _level(kept: dict[str, Any]) -> Level:
    return Level(kept["respond"], kept["repair"], tuple(kept["codes"]), tuple(kept["severities"]))


def calendar_json(calendar: WorkingTime | None) -> dict[str, Any] | None:
    """Working hours' stored form."""
    if calendar is None:
        return None
    return {
        "days": sorted(calendar.days), "from": f"{calendar.begin:%H:%M}", "to": f"{calendar.end:%H:%M}",
        "zone": calendar.zone, "closed": sorted(map(str, calendar.closed)),
        "opened": sorted(map(str, calendar.opened)),
    }  # fmt: skip


def _calendar(kept: dict[str, Any] | None) -> WorkingTime | None:
    if kept is None:
        return None
    return WorkingTime(
        frozenset(kept["days"]), time.fromisoformat(kept["from"]), time.fromisoformat(kept["to"]), kept["zone"],
        frozenset(map(date.fromisoformat, kept["closed"])), frozenset(map(date.fromisoformat, kept["opened"])),
    )  # fmt: skip


def _contract(row: Row[Any]) -> Contract:
    return Contract(
        row.id, row.name, row.number, row.unit_id, row.unit_name, tuple(row.regions), Choice.of(row.choice),
        row.valid_from, row.valid_to, tuple(map(_level, row.levels)), _calendar(row.calendar), row.warranty, row.words,
        row.by_name, row.created_at, row.updated_at, row.ended_at, row.version,
    )  # fmt: skip


async def running(session: ReadSession, day: date) -> list[Contract]:
    """The contracts in force on a day."""
    found = await session.execute(
        text(f"""
            SELECT {COLUMNS} FROM {_FROM} WHERE t.ended_at IS NULL AND :day BETWEEN t.valid_from AND t.valid_to
             ORDER BY t.created_at, t.id LIMIT {CONTRACTS_MOST}"""),  # noqa: S608
        {"day": day},
    )
    return [_contract(row) for row in found]


async def one(session: ReadSession, contract_id: UUID, *, for_update: bool = False) -> Contract | None:
    """The contract."""
    lock = " FOR UPDATE OF t" if for_update else ""
    found = await session.execute(
        text(f"SELECT {COLUMNS} FROM {_FROM} WHERE t.id = :id{lock}"),  # noqa: S608
        {"id": contract_id},
    )
    row = found.first()
    return None if row is None else _contract(row)


async def page(
    session: ReadSession, regions: Sequence[str], after: tuple[datetime, UUID] | None, limit: int
) -> list[Contract]:
    """Contracts that touch these regions, the youngest first."""
    where = within(regions, "r.code")
    at, key = after or (None, None)
    found = await session.execute(
        text(f"""
            SELECT {COLUMNS} FROM {_FROM}
             WHERE EXISTS (SELECT 1 FROM unnest(t.regions) AS r (code) WHERE {where}
                            OR EXISTS (SELECT 1 FROM unnest(CAST(:mine AS text[])) AS m (code)
                                        WHERE starts_with(m.code, r.code)))
               AND (CAST(:at AS timestamptz) IS NULL OR (t.created_at, t.id) < (:at, CAST(:key AS uuid)))
             ORDER BY t.created_at DESC, t.id DESC LIMIT :limit"""),  # noqa: S608
        where.values | {"at": at, "key": key, "limit": limit, "mine": list(regions)},
    )
    return [_contract(row) for row in found]


async def put(session: WriteSession, contract: Contract) -> None:
    """Write a contract, new or changed; its version counts up."""
    await session.execute(
        text("""
            INSERT INTO maintenance_contracts AS t (id, name, number, unit_id, regions, choice, valid_from, valid_to,
                levels, calendar, warranty, words, by_name, created_at, updated_at, ended_at)
            VALUES (:id, :name, :number, :unit_id, :regions, CAST(:choice AS jsonb), :valid_from, :valid_to,
                CAST(:levels AS jsonb), CAST(:calendar AS jsonb), CAST(:warranty AS jsonb), :words, :by_name,
                :created_at, :updated_at, :ended_at)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, number = excluded.number, unit_id = excluded.unit_id,
                regions = excluded.regions, choice = excluded.choice, valid_from = excluded.valid_from,
                valid_to = excluded.valid_to, levels = excluded.levels, calendar = excluded.calendar,
                warranty = excluded.warranty, words = excluded.words, by_name = excluded.by_name,
                updated_at = excluded.updated_at, ended_at = excluded.ended_at, version = t.version + 1"""),
        {
            "id": contract.id, "name": contract.name, "number": contract.number, "unit_id": contract.unit_id,
            "regions": list(contract.regions), "choice": json.dumps(contract.choice.as_json()),
            "valid_from": contract.valid_from, "valid_to": contract.valid_to,
            "levels": json.dumps([level_json(each) for each in contract.levels]),
            "calendar": None if contract.calendar is None else json.dumps(calendar_json(contract.calendar)),
            "warranty": json.dumps(dict(contract.warranty)), "words": contract.words, "by_name": contract.by_name,
            "created_at": contract.created_at, "updated_at": contract.updated_at, "ended_at": contract.ended_at,
        },
    )  # fmt: skip
