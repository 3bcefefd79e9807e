"""SQL of tries: the latest check and the last probes of each camera."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.inspect.model import Tried
from commonsight.records.database import ReadSession, WriteSession


async def failures(session: ReadSession, cameras: Sequence[UUID]) -> dict[UUID, int]:
    """Failed tries in a row until now."""
    found = await session.execute(
        text("SELECT camera_id, failures FROM checks WHERE camera_id = ANY(:ids) AND failures > 0"),
        {"ids": list(cameras)},
    )
    return {row.camera_id: row.failures for row in found}


_MEASURES: Final = {
    "reachable": "boolean",
    "answered": "boolean",
    "first_frame": "boolean",
    "milliseconds": "integer",
    "codec": "text",
    "width": "integer",
    "height": "integer",
    "error": "text",
    "fps": "real",
    "kbps": "integer",
    "keyframe_seconds": "real",
    "clock_difference": "double precision",
    "connect_ms": "integer",
    "answer_ms": "integer",
    "first_frame_ms": "integer",
    "received": "integer",
    "stream": "text",
}
"""Fields of a `ProbeResult` that are kept, and their types."""


@dataclass(frozen=True, slots=True)
class Stood:
    """How it stands with a camera after a try: failed tries in a row, and the fault respond/ was told last."""

    failures: int
    fault: str | None
    fault_at: datetime | None


async def write_tries(session: WriteSession, tries: Sequence[Tried], keep: int) -> dict[UUID, Stood]:
    """Note tries, at most one a camera; returns how it stands after them.

    The last `keep` results of a camera stay: each is written over the one `keep` tries before it.
    """
    if not tries:
        return {}
    found = await session.execute(
        _WRITE,
        {
            "keep": keep,
            "ids": [tried.camera_id for tried in tries],
            "times": [tried.at for tried in tries],
            "measured": [tried.measured for tried in tries],
        }
        | {name: [getattr(tried.result, name) for tried in tries] for name in _MEASURES},
    )
    return {row.camera_id: Stood(row.failures, row.fault, row.fault_at) for row in found}


_NAMES: Final = ", ".join(_MEASURES)
_WRITE = text(f"""
    WITH told AS (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:times AS timestamptz[]), CAST(:measured AS boolean[]),
            {", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _MEASURES.items())})
            AS t (camera_id, at, measured, {_NAMES})
    ), kept AS (
        INSERT INTO checks AS k (camera_id, checked_at, probes, failures, received, measured_at)
        SELECT camera_id, at, 1, CASE WHEN first_frame THEN 0 ELSE 1 END, nullif(received, 0),
            CASE WHEN measured THEN at END
        FROM told ORDER BY camera_id
        ON CONFLICT (camera_id) DO UPDATE SET checked_at = excluded.checked_at, probes = k.probes + 1,
            failures = CASE WHEN excluded.failures = 0 THEN 0 ELSE k.failures + 1 END,
            received = coalesce(excluded.received, k.received),
            measured_at = coalesce(excluded.measured_at, k.measured_at)
        RETURNING camera_id, probes, failures, fault, fault_at
    ), ring AS (
        INSERT INTO probes (camera_id, slot, at, {_NAMES})
        SELECT camera_id, kept.probes % :keep, at, {_NAMES}
        FROM told JOIN kept USING (camera_id) ORDER BY camera_id
        ON CONFLICT (camera_id, slot) DO UPDATE SET at = excluded.at,
            {", ".join(f"{name} = excluded.{name}" for name in _MEASURES)}
    )
    SELECT camera_id, failures, fault, fault_at FROM kept
""")  # noqa: S608


async def remember_faults(session: WriteSession, told: Sequence[tuple[UUID, str | None, datetime]]) -> None:
    """Keep what respond/ was told of cameras: (camera, fault or None for well, when)."""
    if not told:
        return
    await session.execute(
        text("""
            UPDATE checks AS k SET fault = t.fault, fault_at = t.at
            FROM unnest(CAST(:ids AS uuid[]), CAST(:faults AS text[]), CAST(:times AS timestamptz[]))
                AS t (camera_id, fault, at) WHERE k.camera_id = t.camera_id
        """),
        {"ids": [one[0] for one in told], "faults": [one[1] for one in told], "times": [one[2] for one in told]},
    )


async def probes(session: ReadSession, camera_id: UUID, limit: int) -> list[Row[Any]]:
    """The last results of a camera, newest first."""
    found = await session.execute(
        text(f"SELECT at, {_NAMES} FROM probes WHERE camera_id = :id ORDER BY at DESC, slot DESC LIMIT :limit"),  # noqa: S608
        {"id": camera_id, "limit": limit},
    )
    return list(found)


async def keep_conversation(session: WriteSession, camera_id: UUID, at: datetime, said: Mapping[str, Any]) -> None:
    """Keep what was said with a camera at the last check that a person asked for."""
    await session.execute(
        text("""
            INSERT INTO check_conversations VALUES (:id, :at, CAST(:said AS jsonb))
            ON CONFLICT (camera_id) DO UPDATE SET at = excluded.at, said = excluded.said
        """),
        {"id": camera_id, "at": at, "said": json.dumps(said)},
    )


async def conversation(session: ReadSession, camera_id: UUID) -> dict[str, Any] | None:
    """What `keep_conversation` kept."""
    found = await session.scalar(text("SELECT said FROM check_conversations WHERE camera_id = :id"), {"id": camera_id})
    return None if found is None else dict(found)
