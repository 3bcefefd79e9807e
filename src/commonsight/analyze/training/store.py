"""SQL of samples, datasets, candidates and promotions."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.analyze.incidents.model import Incident
from commonsight.analyze.training.model import Part, Sample
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession

# --- samples --------------------------------------------------------------------------------------------------------

_SAMPLE: Final = (
    "s.id, s.incident_id, s.camera_id, s.place, s.scene, s.incident, s.label, s.at, s.first, s.boxes, s.picture, "
    "s.sha256, s.width, s.height, s.excluded"
)


def _sample(row: Row[Any]) -> Sample:
    said = dict(row._mapping)
    return Sample(**said | {"boxes": tuple((b[0], b[1], b[2], b[3]) for b in said["boxes"])})


async def put_sample(session: WriteSession, incident: Incident, by: str, now: datetime) -> UUID:
    """Keep a labelled incident as a sample, or what was kept of it under its new label."""
    found = await session.scalar(
        text("""
            INSERT INTO training_samples AS s (id, incident_id, camera_id, place, scene, incident, label, at, first,
                   boxes, by_name, changed_at)
            VALUES (:id, :incident, :camera, :place, :scene, :kind, :label, :at, CAST(:first AS jsonb),
                    CAST(:boxes AS jsonb), :by, :now)
            ON CONFLICT (incident_id) DO UPDATE SET label = excluded.label, by_name = excluded.by_name,
                   changed_at = excluded.changed_at, excluded = false
            RETURNING id"""),
        {
            "id": uuid7(), "incident": incident.id, "camera": incident.camera_id, "place": incident.place,
            "scene": incident.scene, "kind": incident.incident, "label": incident.label, "at": incident.began_at,
            "first": json.dumps(dict(incident.first)), "by": by, "now": now,
            "boxes": json.dumps(incident.first.get("boxes") or [list(box) for box in incident.boxes]),
        },
    )  # fmt: skip
    return UUID(str(found))


async def exclude(session: WriteSession, incident_id: UUID, now: datetime) -> None:
    """Leave a sample out of the datasets to come: its label was taken back."""
    await session.execute(
        text("UPDATE training_samples SET excluded = true, changed_at = :now WHERE incident_id = :id"),
        {"id": incident_id, "now": now},
    )


async def set_picture(session: WriteSession, sample_id: UUID, name: str, digest: str, size: tuple[int, int]) -> None:
    """Say which picture belongs to a sample."""
    await session.execute(
        text("UPDATE training_samples SET picture = :name, sha256 = :sha, width = :w, height = :h WHERE id = :id"),
        {"id": sample_id, "name": name, "sha": digest, "w": size[0], "h": size[1]},
    )


async def sample_of(session: ReadSession, incident_id: UUID) -> Sample | None:
    """The sample of an incident."""
    found = await session.execute(
        text(f"SELECT {_SAMPLE} FROM training_samples AS s WHERE s.incident_id = :id"),  # noqa: S608
        {"id": incident_id},
    )
    row = found.first()
    return None if row is None else _sample(row)


async def samples(session: ReadSession, scene: str, most: int) -> list[Sample]:
    """The samples of a scene that are not left out, the newest first."""
    rows = await session.execute(
        text(f"""
            SELECT {_SAMPLE} FROM training_samples AS s WHERE s.scene = :scene AND NOT s.excluded
             ORDER BY s.at DESC, s.id DESC LIMIT :most"""),  # noqa: S608
        {"scene": scene, "most": most},
    )
    return [_sample(row) for row in rows]


async def tally(session: ReadSession) -> Sequence[Row[Any]]:
    """Rows (scene, true, false, pictures, latest) of what there is to learn from."""
    return (
        await session.execute(
            text("""
                SELECT scene, count(*) FILTER (WHERE label) AS true, count(*) FILTER (WHERE NOT label) AS false,
                       count(*) FILTER (WHERE picture <> '') AS pictures, max(at) AS latest
                  FROM training_samples WHERE NOT excluded GROUP BY scene ORDER BY scene""")
        )
    ).all()


# --- datasets -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dataset:
    """One version of a dataset. `counts`: as `model.counts`; `sha256`: of the exported file."""

    id: UUID
    number: int
    scene: str
    note: str
    state: str
    reason: str
    counts: Mapping[str, int]
    name: str
    bytes: int
    sha256: str
    by_name: str
    at: datetime


_DATASET: Final = (
    "d.id, d.number, d.scene, d.note, d.state, d.reason, d.counts, d.name, d.bytes, d.sha256, d.by_name, d.at"
)


async def add_dataset(session: WriteSession, scene: str, note: str, by: str, now: datetime) -> UUID:
    """Begin a version."""
    made = uuid7()
    await session.execute(
        text("INSERT INTO training_datasets (id, scene, note, by_name, at) VALUES (:id, :scene, :note, :by, :now)"),
        {"id": made, "scene": scene, "note": note, "by": by, "now": now},
    )
    return made


async def freeze(
    session: WriteSession, dataset_id: UUID, chosen: Sequence[Sample], parts: Mapping[UUID, Part]
) -> None:  # fmt: skip
    """Write which samples belong to a version, with the label they had."""
    rows = [{"id": str(one.id), "part": parts[one.id].value, "label": one.label} for one in chosen]
    await session.execute(
        text("""
            INSERT INTO training_dataset_samples (dataset_id, sample_id, part, label)
            SELECT :dataset, r.id, r.part, r.label
              FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (id uuid, part text, label boolean)
            ON CONFLICT DO NOTHING"""),
        {"dataset": dataset_id, "rows": json.dumps(rows)},
    )


async def finish_dataset(session: WriteSession, dataset_id: UUID, fields: Mapping[str, Any]) -> None:
    """Write how making a version ended: state, reason, counts, name, bytes, sha256."""
    await session.execute(
        text("""
            UPDATE training_datasets SET state = :state, reason = :reason, counts = CAST(:counts AS jsonb),
                   name = :name, bytes = :bytes, sha256 = :sha256 WHERE id = :id"""),
        {"id": dataset_id, "reason": "", "name": "", "bytes": 0, "sha256": ""}
        | dict(fields)
        | {"counts": json.dumps(fields.get("counts", {}))},
    )


async def dataset(session: ReadSession, dataset_id: UUID) -> Dataset | None:
    """The version with this id."""
    found = await session.execute(
        text(f"SELECT {_DATASET} FROM training_datasets AS d WHERE d.id = :id"),  # noqa: S608
        {"id": dataset_id},
    )
    row = found.first()
    return None if row is None else Dataset(**row._mapping)


async def datasets(session: ReadSession, scene: str | None, most: int) -> list[Dataset]:
    """Versions, the newest first."""
    rows = await session.execute(
        text(f"""
            SELECT {_DATASET} FROM training_datasets AS d WHERE CAST(:scene AS text) IS NULL OR d.scene = :scene
             ORDER BY d.at DESC, d.id DESC LIMIT :most"""),  # noqa: S608
        {"scene": scene, "most": most},
    )
    return [Dataset(**row._mapping) for row in rows]


async def frozen(session: ReadSession, dataset_id: UUID) -> list[tuple[Sample, Part]]:
    """The samples of a version with the labels they had, in the order of their ids."""
    columns = _SAMPLE.replace("s.label", "x.label")
    rows = await session.execute(
        text(f"""
            SELECT {columns}, x.part FROM training_dataset_samples AS x JOIN training_samples AS s ON s.id = x.sample_id
             WHERE x.dataset_id = :id ORDER BY s.id"""),  # noqa: S608
        {"id": dataset_id},
    )
    found = []
    for row in rows:
        said = dict(row._mapping)
        part = Part(said.pop("part"))
        found.append((Sample(**said | {"boxes": tuple((b[0], b[1], b[2], b[3]) for b in said["boxes"])}), part))
    return found
