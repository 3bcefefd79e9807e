"""SQL of what cameras have in common, and of what an order shows of its cameras."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text

from commonsight.gate import grant_store
from commonsight.records.database import ReadSession
from commonsight.respond.maintenance.contracts import Member
from commonsight.respond.maintenance.grouping import Thing

_HOST: Final = "lower(substring(c.url from '://(?:[^/@]*@)?\\[?([^/:\\]]+)'))"
_ADDRESS: Final = f"coalesce(substring(c.file ->> 'ip' from '^[0-9.]+$'), {_HOST})"
_PARENT: Final = "substring(c.record ->> 'ParentID' from '([0-9]{20})$')"
_ABOVE: Final = f"""CASE
    WHEN c.protocol = 'gb28181' AND {_PARENT} ~ '^[0-9]{{10}}1[12][0-9]' AND {_PARENT} <> c.code THEN {_PARENT}
    WHEN c.protocol = 'gb28181' THEN substring(c.url from '^gb28181://([0-9]{{10}}1[12][0-9]{{8}})/')
    WHEN {_HOST} ~ '^(127[.]|localhost$|::1$)' THEN NULL
    ELSE {_HOST} END"""
"""Recorders and encoders have the types 111 to 129 in their identifiers; a platform above is what `platform` is for."""

THINGS: Final[dict[str, str]] = {
    "switch": "nullif(c.file ->> 'switch', '')",
    "line": "nullif(c.file ->> 'network_line', '')",
    "device": _ABOVE,
    "network": f"substring({_ADDRESS} from '^((?!127[.])[0-9]{{1,3}}[.][0-9]{{1,3}}[.][0-9]{{1,3}})[.][0-9]{{1,3}}$')",
    "platform": "c.platform_id::text",
    "site": "CASE WHEN c.unit_id IS NOT NULL AND length(c.region) >= 9 THEN c.unit_id || ':' || left(c.region, 9) END",
    "unit": "c.unit_id::text",
}
"""What cameras may have in common, and where it stands in the camera file."""


async def things(session: ReadSession, cameras: Iterable[UUID]) -> dict[UUID, dict[str, str]]:
    """What each camera shares with others."""
    columns = ", ".join(f"{said} AS {name}" for name, said in THINGS.items())
    found = await session.execute(
        text(f"SELECT c.id, {columns} FROM cameras AS c WHERE c.id = ANY(:ids)"),  # noqa: S608
        {"ids": sorted(set(cameras))},
    )
    return {row.id: {by: getattr(row, by) for by in THINGS if getattr(row, by)} for row in found}


async def behind(session: ReadSession, asked: Iterable[Thing]) -> dict[Thing, int]:
    """How many cameras in use are behind each thing: one pass over the camera file for each kind."""
    by_kind: dict[str, list[str]] = {}
    for by, value in asked:
        by_kind.setdefault(by, []).append(value)
    found: dict[Thing, int] = {}
    for by, values in sorted(by_kind.items()):
        said = THINGS[by]
        rows = await session.execute(
            text(f"""
                SELECT {said} AS value, count(*) AS cameras FROM cameras AS c
                 WHERE c.archived_at IS NULL AND {said} = ANY(:values) GROUP BY 1"""),  # noqa: S608
            {"values": sorted(values)},
        )
        found |= {(by, row.value): int(row.cameras) for row in rows}
    return found


async def thing_name(session: ReadSession, thing: Thing) -> str:
    """What people call a thing."""
    by, value = thing
    if by == "network":
        return f"{value}.0/24"
    if by == "device":
        found = await session.execute(text("SELECT name FROM gb_devices WHERE code = :code"), {"code": value})
    elif by == "platform":
        found = await session.execute(
            text("SELECT name FROM platforms WHERE id = CAST(:id AS uuid)"), {"id": value}
        )  # fmt: skip
    elif by in ("unit", "site"):
        unit, _, region = value.partition(":")
        found = await session.execute(
            text("""
                SELECT concat_ws(' · ', u.name, r.name) FROM units AS u LEFT JOIN regions AS r ON r.code = :region
                 WHERE u.id = CAST(:id AS uuid)"""),
            {"id": unit, "region": region},
        )
    else:
        return value
    name = found.scalar()
    return str(name) if name else value


async def contract_members(session: ReadSession, cameras: Sequence[UUID]) -> list[Member]:
    """What decides which contract these cameras are under; those out of use are left out."""
    facts = await grant_store.facts(session, cameras)
    found = await session.execute(
        text("""
            SELECT c.id, c.platform_id, c.unit_id, coalesce(c.file ->> 'maintenance_unit', '') AS unit,
                   coalesce(c.file ->> 'contract', '') AS contract
              FROM cameras AS c WHERE c.id = ANY(:ids) ORDER BY c.id"""),
        {"ids": list(cameras)},
    )
    return [
        Member(facts[row.id], row.platform_id, row.unit_id, row.unit, row.contract) for row in found if row.id in facts
    ]


@dataclass(frozen=True, slots=True)
class Shown:
    """A camera as an order shows it: where it is, what it is, whom to ask. Nothing of how it is reached."""

    id: UUID
    code: str
    name: str
    region: str
    address: str
    point: tuple[float, float] | None
    health: int
    maker: str
    model: str
    installed: str
    warranty: str
    pole: str
    box: str
    switch: str
    port: str
    line: str
    power: str


_FILE: Final = {
    "maker": "manufacturer", "model": "model", "installed": "install_time", "warranty": "warranty_until",
    "pole": "pole", "box": "box", "switch": "switch", "port": "switch_port", "line": "network_line", "power": "power",
}  # fmt: skip


async def cameras(session: ReadSession, ids: Iterable[UUID]) -> dict[UUID, Shown]:
    """The cameras of an order, those out of use too."""
    fields = ", ".join(f"coalesce(c.file ->> '{key}', '') AS {name}" for name, key in _FILE.items())
    found = await session.execute(
        text(f"""
            SELECT c.id, c.code, c.name, c.region, c.address, c.location[0] AS lon, c.location[1] AS lat, c.health,
                   {fields}
              FROM cameras AS c WHERE c.id = ANY(:ids) ORDER BY c.name, c.id"""),  # noqa: S608
        {"ids": sorted(set(ids))},
    )
    return {
        row.id: Shown(
            row.id, row.code, row.name, row.region, row.address, None if row.lon is None else (row.lon, row.lat),
            row.health, row.maker, row.model, row.installed, row.warranty, row.pole, row.box, row.switch, row.port,
            row.line, row.power,
        )
        for row in found
    }  # fmt: skip


async def names(session: ReadSession, ids: Sequence[UUID], most: int) -> list[str]:
    """The first few cameras by name, and how many more."""
    every = sorted(set(ids))
    found = await session.execute(
        text("SELECT name FROM cameras WHERE id = ANY(:ids) ORDER BY name, id LIMIT :most"),
        {"ids": every, "most": most},
    )
    said = list(found.scalars())
    return [*said, f"+{len(every) - len(said)}"] if len(every) > len(said) else said


async def regions(session: ReadSession, ids: Sequence[UUID]) -> tuple[str, ...]:
    """The counties (or what is filed above them) these cameras lie in."""
    found = await session.execute(
        text("SELECT DISTINCT left(region, 6) AS region FROM cameras WHERE id = ANY(:ids) ORDER BY 1"),
        {"ids": list(ids)},
    )
    return tuple(found.scalars())
