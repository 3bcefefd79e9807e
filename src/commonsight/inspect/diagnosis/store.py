"""SQL of looks and verdicts.

Whoever counts: `diagnosed` has one line a camera that was ever looked at (`intact`: nothing that spoils its picture is
wrong; null before the first verdict), `diagnoses` one a camera and item.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.inspect.diagnosis.model import Finding, Own, Phase, State, Thresholds, Verdict
from commonsight.records.database import ReadSession, WriteSession
from commonsight.vision.quality.model import Fingerprint


@dataclass(frozen=True, slots=True)
class Subject:
    """What a look must know of a camera. `point`: (lon, lat), WGS-84."""

    id: UUID
    kind: str
    point: tuple[float, float] | None
    fingerprint: Fingerprint | None
    fingerprint_at: datetime | None


@dataclass(frozen=True, slots=True)
class Looked:
    """One look, as it is written. `fingerprint`: None keeps the one there is."""

    camera_id: UUID
    at: datetime
    phase: Phase
    scores: Mapping[str, float]
    fingerprint: Fingerprint | None


async def due(session: ReadSession, cameras: Sequence[UUID], before: datetime) -> set[UUID]:
    """Those never looked at, not since `before`, or whose last look disagreed with what was held of them."""
    found = await session.execute(
        text("""
            SELECT t.id FROM unnest(CAST(:ids AS uuid[])) AS t (id) LEFT JOIN diagnosed AS d ON d.camera_id = t.id
            WHERE d.camera_id IS NULL OR d.looked_at < :before OR d.suspect
        """),
        {"ids": list(cameras), "before": before},
    )
    return {row.id for row in found}


async def subjects(session: ReadSession, cameras: Sequence[UUID]) -> dict[UUID, Subject]:
    """What looks must know of these cameras; those that are gone are missing."""
    found = await session.execute(
        text("""
            SELECT c.id, c.kind, c.location[0] AS lon, c.location[1] AS lat, d.fingerprint, d.fingerprint_at
            FROM cameras AS c LEFT JOIN diagnosed AS d ON d.camera_id = c.id WHERE c.id = ANY(:ids)
        """),
        {"ids": list(cameras)},
    )
    return {
        row.id: Subject(
            row.id,
            row.kind,
            None if row.lon is None else (row.lon, row.lat),
            None if row.fingerprint is None else Fingerprint.unpack(bytes(row.fingerprint)),
            row.fingerprint_at,
        )
        for row in found
    }


async def lock(session: WriteSession, cameras: Sequence[UUID]) -> None:
    """Be the only one who changes the verdicts of these cameras until the transaction ends."""
    await session.execute(
        text("SELECT 1 FROM cameras WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"), {"ids": list(cameras)}
    )


async def verdicts(session: ReadSession, cameras: Sequence[UUID]) -> dict[tuple[UUID, str], Verdict]:
    """What is held of these cameras, by camera and item."""
    found = await session.execute(
        text(
            "SELECT camera_id, item, state, score, threshold, streak, since, at FROM diagnoses "
            "WHERE camera_id = ANY(:ids)"
        ),
        {"ids": list(cameras)},
    )
    return {
        (row.camera_id, row.item): Verdict(State(row.state), row.score, row.threshold, row.streak, row.since, row.at)
        for row in found
    }


async def write_verdicts(session: WriteSession, judged: Sequence[tuple[Finding, Verdict]]) -> None:
    """Write what is held now. A finding without evidence or detail keeps those there are."""
    if not judged:
        return
    await session.execute(
        text("""
            INSERT INTO diagnoses AS d
                (camera_id, item, state, score, threshold, streak, since, at, evidence, evidence_at, detail)
            SELECT t.camera_id, t.item, t.state, t.score, t.threshold, t.streak, t.since, t.at, t.evidence,
                CASE WHEN t.evidence IS NULL THEN NULL ELSE t.at END, t.detail
            FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS t (
                camera_id uuid, item text, state text, score float8, threshold float8, streak smallint,
                since timestamptz, at timestamptz, evidence text, detail jsonb)
            ON CONFLICT (camera_id, item) DO UPDATE SET
                state = excluded.state, score = excluded.score, threshold = excluded.threshold,
                streak = excluded.streak, since = excluded.since, at = excluded.at,
                evidence = coalesce(excluded.evidence, d.evidence),
                evidence_at = coalesce(excluded.evidence_at, d.evidence_at),
                detail = coalesce(excluded.detail, d.detail)
        """),
        {
            "rows": json.dumps(
                [
                    {
                        "camera_id": str(finding.camera_id),
                        "item": finding.item,
                        "state": verdict.state.value,
                        "score": verdict.score,
                        "threshold": verdict.threshold,
                        "streak": verdict.streak,
                        "since": verdict.since.isoformat(),
                        "at": verdict.at.isoformat(),
                        "evidence": finding.evidence,
                        "detail": None if finding.detail is None else dict(finding.detail),
                    }
                    for finding, verdict in judged
                ]
            )
        },
    )


async def write_looks(session: WriteSession, looks: Sequence[Looked], keep: int) -> None:
    """Add looks to the history, of which each camera keeps the newest `keep`, and renew the cameras' lines."""
    if not looks:
        return
    await session.execute(
        text("""
            INSERT INTO diagnosis_looks (camera_id, at, phase, scores)
            VALUES (:camera_id, :at, :phase, CAST(:scores AS jsonb)) ON CONFLICT DO NOTHING
        """),
        [
            {
                "camera_id": look.camera_id,
                "at": look.at,
                "phase": look.phase.value,
                "scores": json.dumps({code: round(score, 4) for code, score in look.scores.items()}),
            }
            for look in looks
        ],
    )
    await session.execute(
        text("""
            DELETE FROM diagnosis_looks AS l USING (
                SELECT camera_id, at, row_number() OVER (PARTITION BY camera_id ORDER BY at DESC) AS n
                FROM diagnosis_looks WHERE camera_id = ANY(:ids)) AS old
            WHERE l.camera_id = old.camera_id AND l.at = old.at AND old.n > :keep
        """),
        {"ids": [look.camera_id for look in looks], "keep": keep},
    )
    await session.execute(
        text("""
            INSERT INTO diagnosed AS d (camera_id, looked_at, phase, fingerprint, fingerprint_at)
            VALUES (:camera_id, :at, :phase, :fingerprint, :fingerprint_at)
            ON CONFLICT (camera_id) DO UPDATE SET
                looked_at = greatest(excluded.looked_at, d.looked_at), phase = excluded.phase,
                fingerprint = coalesce(excluded.fingerprint, d.fingerprint),
                fingerprint_at = coalesce(excluded.fingerprint_at, d.fingerprint_at)
        """),
        [
            {
                "camera_id": look.camera_id,
                "at": look.at,
                "phase": look.phase.value,
                "fingerprint": None if look.fingerprint is None else look.fingerprint.pack(),
                "fingerprint_at": None if look.fingerprint is None else look.at,
            }
            for look in looks
        ],
    )


async def renew(session: WriteSession, cameras: Sequence[UUID], spoiling: Sequence[str]) -> dict[UUID, bool | None]:
    """Work out again whether these cameras' pictures are intact and who is suspect; returns the former, where known."""
    found = await session.execute(
        text("""
            UPDATE diagnosed AS d SET intact = now.intact, suspect = now.suspect FROM (
                SELECT camera_id,
                    CASE WHEN bool_or(state = 'fault' AND item = ANY(:spoiling)) THEN false
                        WHEN bool_or(state = 'well' AND item = ANY(:spoiling)) THEN true END AS intact,
                    bool_or(streak > 0) AS suspect
                FROM diagnoses WHERE camera_id = ANY(:ids) GROUP BY camera_id) AS now
            WHERE d.camera_id = now.camera_id RETURNING d.camera_id, d.intact
        """),
        {"ids": list(cameras), "spoiling": list(spoiling)},
    )
    return {row.camera_id: row.intact for row in found}


async def doubt(session: WriteSession, cameras: Sequence[UUID]) -> None:
    """Have these cameras' next pictures looked at, however short ago the last look was."""
    await session.execute(
        text("UPDATE diagnosed SET suspect = true WHERE camera_id = ANY(:ids)"), {"ids": list(cameras)}
    )


async def spoiled(session: ReadSession, cameras: Sequence[UUID]) -> set[UUID]:
    """Those whose picture is known not to be intact: they play, but badly."""
    found = await session.execute(
        text("SELECT camera_id FROM diagnosed WHERE camera_id = ANY(:ids) AND intact IS FALSE"), {"ids": list(cameras)}
    )
    return {row.camera_id for row in found}


async def last_phase(session: ReadSession, camera_id: UUID) -> Phase:
    """The light of the last look; day before the first."""
    found = await session.execute(text("SELECT phase FROM diagnosed WHERE camera_id = :id"), {"id": camera_id})
    row = found.first()
    return Phase.DAY if row is None else Phase(row.phase)


async def evidence_of(session: ReadSession, camera_id: UUID, item: str) -> Row[Any] | None:
    """Name and moment of the picture kept of a fault."""
    found = await session.execute(
        text("""
            SELECT evidence, evidence_at FROM diagnoses
            WHERE camera_id = :id AND item = :item AND evidence IS NOT NULL
        """),
        {"id": camera_id, "item": item},
    )
    return found.first()


async def forget_evidence(session: WriteSession, before: datetime) -> int:
    """Let go of pictures kept before a moment; returns how many."""
    found = await session.execute(
        text("""
            UPDATE diagnoses SET evidence = NULL, evidence_at = NULL
            WHERE evidence IS NOT NULL AND evidence_at < :before RETURNING 1
        """),
        {"before": before},
    )
    return len(found.all())


async def evidence_names(session: ReadSession) -> frozenset[str]:
    """Names of all pictures that verdicts refer to."""
    found = await session.execute(text("SELECT DISTINCT evidence FROM diagnoses WHERE evidence IS NOT NULL"))
    return frozenset(found.scalars())


async def suspects(session: ReadSession, cameras: Sequence[UUID]) -> set[UUID]:
    """Those whose last look disagreed with what is held of them."""
    found = await session.execute(
        text("SELECT camera_id FROM diagnosed WHERE camera_id = ANY(:ids) AND suspect"), {"ids": list(cameras)}
    )
    return {row.camera_id for row in found}


async def thresholds(session: ReadSession) -> Thresholds:
    """What operators set and did not undo."""
    found = await session.execute(
        text("""
            SELECT DISTINCT ON (item, kind, phase) item, kind, phase, value FROM diagnosis_thresholds
            WHERE undone_at IS NULL ORDER BY item, kind, phase, at DESC, id DESC
        """)
    )
    return Thresholds({(row.item, row.kind, Phase(row.phase)): row.value for row in found if row.value is not None})


async def own(session: ReadSession, cameras: Sequence[UUID]) -> dict[UUID, dict[str, Own]]:
    """What people said of single cameras, the newest that was not undone for each item."""
    found = await session.execute(
        text("""
            SELECT DISTINCT ON (camera_id, item) camera_id, item, value, until FROM diagnosis_feedback
            WHERE camera_id = ANY(:ids) AND undone_at IS NULL ORDER BY camera_id, item, at DESC, id DESC
        """),
        {"ids": list(cameras)},
    )
    said: dict[UUID, dict[str, Own]] = {}
    for row in found:
        said.setdefault(row.camera_id, {})[row.item] = Own(row.value, row.until)
    return said


async def of_camera(session: ReadSession, camera_id: UUID) -> Sequence[Row[Any]]:
    """The verdicts on one camera."""
    found = await session.execute(
        text("""
            SELECT item, state, score, threshold, streak, since, at, evidence, evidence_at, detail
            FROM diagnoses WHERE camera_id = :id
        """),
        {"id": camera_id},
    )
    return found.all()


async def history(session: ReadSession, camera_id: UUID) -> Sequence[Row[Any]]:
    """The looks that are kept of one camera, newest first."""
    found = await session.execute(
        text("SELECT at, phase, scores FROM diagnosis_looks WHERE camera_id = :id ORDER BY at DESC"), {"id": camera_id}
    )
    return found.all()
