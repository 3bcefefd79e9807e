"""What a platform reported about one camera, beside what is in force; and taking the reported values over again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from commonsight.access.audit import Actor, record
from commonsight.catalog import intake, intake_store
from commonsight.catalog.intake_rules import FIELDS, Word
from commonsight.problem import Refusal
from commonsight.records.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class ReportedCamera:
    """A camera's channel.

    Args:
        code: identifier it was reported under, which need not be the camera's.
        fields: the last report, names as they came.
        edited: columns that a person changed and that reports therefore leave alone.
    """

    device_id: UUID
    device_code: str
    code: str
    parent: str | None
    status: str | None
    status_at: datetime | None
    record_at: datetime | None
    vanished_at: datetime | None
    deleted_at: datetime | None
    fields: dict[str, str]
    edited: tuple[str, ...]


async def of_camera(session: ReadSession, camera_id: UUID) -> ReportedCamera | None:
    """What was reported about the camera; None when no platform ever did."""
    found = await session.execute(
        text(
            "SELECT ch.device_id, s.code AS device_code, ch.code, c.record FROM gb_channels AS ch "
            "JOIN intake_sources AS s ON s.id = ch.device_id JOIN cameras AS c ON c.id = ch.camera_id "
            "WHERE ch.camera_id = :id"
        ),
        {"id": camera_id},
    )
    row = found.first()
    if row is None:
        return None
    channel, held = (await intake_store.channels(session, row.device_id, [row.code]))[row.code]
    now: dict[str, Any] = {} if held is None else dict(held.camera.fields)
    edited = tuple(name for name in FIELDS if name in channel.filed and now.get(name) != channel.filed[name])
    return ReportedCamera(
        row.device_id,
        row.device_code,
        row.code,
        channel.parent,
        channel.status,
        channel.status_at,
        channel.record_at,
        channel.vanished_at,
        channel.deleted_at if channel.deleted else None,
        row.record or {},
        edited,
    )


async def take(
    session: WriteSession, camera_id: UUID, fields: Sequence[str], by: Actor, now: datetime
) -> ReportedCamera:
    """Let the reported values of these columns hold again, now and with later reports.

    Raises:
        Refusal: `catalog.not_reported` (404), `catalog.word_unknown` for a column that reports do not set.
    """
    unknown = sorted(set(fields) - set(FIELDS))
    if unknown:
        raise Refusal("catalog.word_unknown", status=422, operand="fields", expected=list(FIELDS), actual=unknown[0])
    reported = await of_camera(session, camera_id)
    if reported is None:
        raise Refusal("catalog.not_reported", status=404, operand="camera", actual=str(camera_id))
    channel, held = (await intake_store.channels(session, reported.device_id, [reported.code]))[reported.code]
    assert held is not None
    # What is there now counts as ours, so that the last report, which is filed again, may replace it.
    filed = {**channel.filed, **{name: held.camera.fields[name] for name in fields}}
    await session.execute(
        text("UPDATE gb_channels SET filed = :filed, record_hash = -1 WHERE camera_id = :id").bindparams(
            bindparam("filed", type_=JSONB)
        ),
        {"filed": filed, "id": camera_id},
    )
    at = channel.record_at or now
    again = Word("UPDATE", reported.code, at + timedelta(microseconds=1), None, reported.fields)
    await intake.deliver(session, [(reported.device_id, again)])
    await record(
        session, by, "catalog.camera_report_taken", now, kind="camera", subject_id=camera_id, fields=sorted(set(fields))
    )
    return reported
