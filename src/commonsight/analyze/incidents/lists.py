"""SQL of the list of incidents: by keyset, within regions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.analyze.incidents.model import Incident
from commonsight.analyze.incidents.store import COLUMNS, incident_of
from commonsight.records.database import ReadSession


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked for. `label`: true, false, none (nobody has said), or "" for all; `held`: any reason, or ""."""

    regions: tuple[str, ...]
    scene: str | None = None
    incident: str | None = None
    state: str | None = None
    camera: UUID | None = None
    case: UUID | None = None
    label: str = ""
    held: bool | None = None


_LABELS: Final = {"true": "i.label", "false": "i.label = false", "none": "i.label IS NULL"}


async def page(
    session: ReadSession, asked: Filter, after: tuple[datetime, UUID] | None, limit: int
) -> list[Incident]:  # fmt: skip
    """Incidents, the newest first."""
    where = ["i.place LIKE ANY (:places)"]
    values: dict[str, Any] = {"places": [f"{region}%" for region in asked.regions], "limit": limit}
    for name, column in (
        ("scene", "scene"),
        ("incident", "incident"),
        ("state", "state"),
        ("camera", "camera_id"),
        ("case", "case_id"),
    ):
        value = getattr(asked, name)
        if value is not None:
            where.append(f"i.{column} = :{name}")
            values[name] = value
    if asked.label:
        where.append(_LABELS[asked.label])
    if asked.held is not None:
        where.append("i.held <> ''" if asked.held else "i.held = ''")
    if after is not None:
        where.append("(i.began_at, i.id) < (:at, CAST(:key AS uuid))")
        values |= {"at": after[0], "key": after[1]}
    rows = await session.execute(
        text(f"""
            SELECT {COLUMNS} FROM incidents AS i WHERE {" AND ".join(where)}
             ORDER BY i.began_at DESC, i.id DESC LIMIT :limit"""),  # noqa: S608
        values,
    )
    return [incident_of(row) for row in rows]


async def names_of(session: ReadSession, cameras: Sequence[UUID]) -> dict[UUID, str]:
    """Names of cameras on file."""
    rows = await session.execute(
        text("SELECT id, name FROM cameras WHERE id = ANY(:ids)"), {"ids": list(dict.fromkeys(cameras))}
    )
    return {row.id: row.name for row in rows}


async def numbers_of(session: ReadSession, cases: Sequence[UUID]) -> dict[UUID, int]:
    """Numbers of cases, by which people call them."""
    rows = await session.execute(
        text("SELECT id, number FROM cases WHERE id = ANY(:ids)"), {"ids": list(dict.fromkeys(cases))}
    )
    return {row.id: row.number for row in rows}
