"""All SQL of scenes: where they are used, tries on live pictures, changes over several cameras."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.records.database import ReadSession, WriteSession

# --- where scenes are used ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Use:
    """One setup of a scene on one camera."""

    camera_id: UUID
    camera_name: str
    region: str
    setup: str
    name: str
    enabled: bool
    """Both the setup and the camera's analysis are switched on."""
    running: bool
    source: str | None


_USED: Final = text("""
    SELECT s->>'scene' AS scene, count(DISTINCT a.camera_id) AS cameras,
           count(DISTINCT a.camera_id) FILTER (WHERE a.enabled AND (s->>'enabled')::boolean) AS enabled
      FROM analyses AS a
      JOIN cameras AS c ON c.id = a.camera_id AND c.archived_at IS NULL AND c.region LIKE ANY (:places)
     CROSS JOIN LATERAL jsonb_array_elements(a.scenes) AS s
     WHERE a.scenes <> '[]'
     GROUP BY 1""")

_USES: Final = text("""
    SELECT a.camera_id, c.name, c.region, s->>'id' AS setup, s->>'name' AS setup_name, s->>'source' AS source,
           a.enabled AND (s->>'enabled')::boolean AS enabled,
           coalesce(l.until > now() AND (l.state->>'running')::boolean, false) AS running
      FROM analyses AS a
      JOIN cameras AS c ON c.id = a.camera_id AND c.archived_at IS NULL AND c.region LIKE ANY (:places)
     CROSS JOIN LATERAL jsonb_array_elements(a.scenes) AS s
      LEFT JOIN analysis_leases AS l ON l.camera_id = a.camera_id
     WHERE a.scenes @> jsonb_build_array(jsonb_build_object('scene', CAST(:scene AS text)))
       AND s->>'scene' = :scene
       AND (CAST(:camera AS uuid) IS NULL OR (a.camera_id, s->>'id') > (:camera, :setup))
     ORDER BY a.camera_id, s->>'id' LIMIT :limit""")


async def used(session: ReadSession, places: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Cameras under these region prefixes by scene: (that have it, on which it is switched on)."""
    rows = await session.execute(_USED, {"places": _under(places)})
    return {row.scene: (row.cameras, row.enabled) for row in rows}


async def uses(
    session: ReadSession, scene: str, places: Sequence[str], after: tuple[UUID, str] | None, limit: int
) -> list[Use]:
    """Setups of one scene, by camera."""
    camera, setup = after or (None, None)
    rows = await session.execute(
        _USES, {"scene": scene, "places": _under(places), "camera": camera, "setup": setup, "limit": limit}
    )
    return [
        Use(row.camera_id, row.name, row.region, row.setup, row.setup_name, row.enabled, row.running, row.source)
        for row in rows
    ]


# --- tries ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Try:
    """A setup tried on a camera's live pictures. `document`: what is tried, as JSON; `result`: what it has seen."""

    id: UUID
    camera_id: UUID
    holder_id: UUID
    permit_id: UUID
    document: Mapping[str, Any]
    seconds: float
    state: str
    result: Mapping[str, Any]
    problem: Mapping[str, Any] | None
    asked_at: datetime
    ended_at: datetime | None


_ADD_TRY: Final = text("""
    INSERT INTO scene_tries (id, camera_id, holder_id, permit_id, document, seconds, state, asked_at)
    VALUES (:id, :camera_id, :holder_id, :permit_id, CAST(:document AS jsonb), :seconds, 'queued', :asked_at)""")
_TRY: Final = text("SELECT * FROM scene_tries WHERE id = :id")
_UNFINISHED: Final = text("""
    SELECT count(*) FROM scene_tries
     WHERE holder_id = :holder AND state IN ('queued', 'running') AND asked_at > :since""")
_TOLD: Final = text("""
    UPDATE scene_tries SET state = 'running', result = CAST(:result AS jsonb)
     WHERE id = :id AND state IN ('queued', 'running') RETURNING id""")
_END_TRY: Final = text("""
    UPDATE scene_tries SET state = :state, problem = CAST(:problem AS jsonb), ended_at = :now
     WHERE id = :id AND state IN ('queued', 'running')""")
_FORGET_TRIES: Final = text("DELETE FROM scene_tries WHERE asked_at < :before")


async def add_try(session: WriteSession, made: Try) -> None:
    """Write a try that is queued."""
    values = {
        "id": made.id, "camera_id": made.camera_id, "holder_id": made.holder_id, "permit_id": made.permit_id,
        "document": json.dumps(made.document), "seconds": made.seconds, "asked_at": made.asked_at,
    }  # fmt: skip
    await session.execute(_ADD_TRY, values)


async def one_try(session: ReadSession, try_id: UUID) -> Try | None:
    """A try as it stands."""
    row = (await session.execute(_TRY, {"id": try_id})).one_or_none()
    return None if row is None else Try(**row._mapping)


async def unfinished(session: ReadSession, holder: UUID, since: datetime) -> int:
    """Tries of a person that still run; those asked for before `since` were lost with their worker."""
    return int(await session.scalar(_UNFINISHED, {"holder": holder, "since": since}) or 0)


async def tell(session: WriteSession, try_id: UUID, result: Mapping[str, Any]) -> bool:
    """Write what a try has seen so far; False when nobody wants to know any more."""
    return await session.scalar(_TOLD, {"id": try_id, "result": json.dumps(result)}) is not None


async def end_try(
    session: WriteSession, try_id: UUID, state: str, now: datetime, problem: Mapping[str, Any] | None = None
) -> None:
    """End a try; one that has ended stays as it is."""
    told = None if problem is None else json.dumps(problem, default=str)
    await session.execute(_END_TRY, {"id": try_id, "state": state, "now": now, "problem": told})


async def forget_tries(session: WriteSession, before: datetime) -> None:
    """Let go of tries asked for before then."""
    await session.execute(_FORGET_TRIES, {"before": before})


def _under(places: Sequence[str]) -> list[str]:
    """Patterns for region prefixes; codes are digits, so nothing needs escaping."""
    return [place + "%" for place in places]
