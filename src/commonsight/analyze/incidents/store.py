"""SQL of incidents. A worker writes in the transaction in which it renewed its lease: the epoch guards both."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy import Row, text

from commonsight import outbox
from commonsight.analyze.incidents import model
from commonsight.analyze.incidents.model import Book, Incident, State
from commonsight.analyze.scenes.model import IncidentKind, Setup, Sighting
from commonsight.analyze.scenes.registry import installed
from commonsight.records.database import ReadSession, WriteSession

log = structlog.get_logger(__name__)

STARTED = Counter("commonsight_incidents", "Incidents that began", ["scene"])
REFUSED = Counter("commonsight_incidents_refused", "Sightings not kept: too many incidents of the camera are open")

COLUMNS: Final = (
    "i.id, i.camera_id, i.place, i.setup, i.scene, i.incident, i.target, i.key, i.state, i.began_at, i.again_at, "
    "i.told_at, i.ended_at, i.words, i.peaks, i.times, i.score, i.severity, i.boxes, i.detail, i.settings, i.first, "
    "i.worker, i.epoch, i.case_id, i.held, i.filtered, i.label, i.opinion"
)


def incident_of(row: Row[Any]) -> Incident:
    """The incident a row of `COLUMNS` holds."""
    return Incident(
        id=row.id, camera_id=row.camera_id, place=row.place, setup=row.setup, scene=row.scene, incident=row.incident,
        target=row.target, key=row.key, state=State(row.state), began_at=row.began_at,
        again_at=row.again_at, told_at=row.told_at, words=tuple(row.words), ended_at=row.ended_at,
        peaks={name: (low, high) for name, (low, high) in row.peaks.items()},
        times=row.times, score=row.score, severity=row.severity,
        boxes=tuple((float(b[0]), float(b[1]), float(b[2]), float(b[3])) for b in row.boxes), detail=row.detail,
        settings=row.settings, first=row.first, worker=row.worker, epoch=row.epoch, case_id=row.case_id, held=row.held,
        filtered=row.filtered, label=row.label, opinion=row.opinion,
    )  # fmt: skip


async def put(
    session: WriteSession,
    camera_id: UUID,
    place: str,
    epoch: int,
    worker: str,
    sightings: Sequence[tuple[Setup, Sighting]],
    now: datetime,
) -> None:
    """Write what the scenes of one camera saw, in the order they saw it. The same again changes nothing.

    Call `analyze.store.renew` first in the same transaction: it locks the camera and refuses a worker that has lost it.
    """
    if not sightings:
        return
    book = Book.of(camera_id, place, worker, epoch, await _lately(session, camera_id, now))
    for setup, sighting in sightings:
        book.take(setup, sighting, severity_of(setup.scene, sighting.incident))
    await _write(session, [book.incidents[one] for one in sorted(book.changed)])
    for topic, ids in ((model.BEGAN, book.began), (model.ENDED, book.ended)):
        for one in ids:
            await _tell(session, topic, book.incidents[one])
    for one in book.began:
        STARTED.labels(book.incidents[one].scene).inc()
    if book.refused:
        REFUSED.inc(book.refused)
        log.warning("incidents_refused", camera=str(camera_id), sightings=book.refused)


def severity_of(scene: str, incident: str) -> int:
    """The severity the scene's card gives an incident."""
    kind = kind_of(scene, incident)
    return model.SEVERITY_UNKNOWN if kind is None else kind.severity


def kind_of(scene: str, incident: str) -> IncidentKind | None:
    """What the scene's card says of an incident; None when neither is installed here any more."""
    card = installed().cards.get(scene)
    return None if card is None else next((kind for kind in card.incidents if kind.code == incident), None)


_LATELY: Final = text(f"""
    SELECT {COLUMNS} FROM incidents AS i
     WHERE i.camera_id = :camera AND (i.state = 'open' OR i.ended_at >= :since)
     ORDER BY i.id FOR UPDATE""")  # noqa: S608 - no part of it is given from outside


async def _lately(session: WriteSession, camera_id: UUID, now: datetime) -> list[Incident]:
    rows = await session.execute(_LATELY, {"camera": camera_id, "since": now - model.longest_merge()})
    return [incident_of(row) for row in rows]


_UPSERT: Final = text("""
    INSERT INTO incidents AS i (id, camera_id, place, setup, scene, incident, target, key, state, began_at, again_at,
           told_at, ended_at, words, peaks, times, score, severity, boxes, detail, settings, first,
           worker, epoch)
    VALUES (:id, :camera_id, :place, :setup, :scene, :incident, :target, :key, :state, :began_at, :again_at,
           :told_at, :ended_at, CAST(:words AS jsonb), CAST(:peaks AS jsonb), :times, :score, :severity,
           CAST(:boxes AS jsonb), CAST(:detail AS jsonb), CAST(:settings AS jsonb),
           CAST(:first AS jsonb), :worker, :epoch)
    ON CONFLICT (id) DO UPDATE SET key = excluded.key, state = excluded.state, again_at = excluded.again_at,
           told_at = excluded.told_at, words = excluded.words, peaks = excluded.peaks,
           ended_at = excluded.ended_at, times = excluded.times, score = excluded.score, boxes = excluded.boxes,
           detail = excluded.detail, worker = excluded.worker, epoch = excluded.epoch""")

_WRITTEN: Final = (
    "id", "camera_id", "place", "setup", "scene", "incident", "target", "key", "began_at", "again_at", "told_at",
    "ended_at",
    "times", "score", "severity", "worker", "epoch",
)  # fmt: skip


async def _write(session: WriteSession, incidents: Sequence[Incident]) -> None:
    # What is over goes first: its key is free for the one that is open.
    for one in sorted(incidents, key=lambda one: one.state is State.OPEN):
        values = {name: getattr(one, name) for name in _WRITTEN}
        values |= {
            "state": one.state.value,
            "words": json.dumps(one.words),
            "peaks": json.dumps(dict(one.peaks)),
            "boxes": json.dumps(one.boxes),
            "detail": json.dumps(dict(one.detail)),
        }
        await session.execute(
            _UPSERT, values | {"settings": json.dumps(dict(one.settings)), "first": json.dumps(dict(one.first))}
        )


async def _tell(session: WriteSession, topic: str, one: Incident) -> None:
    await outbox.append(
        session, topic,
        {
            "incident": str(one.id), "camera": str(one.camera_id), "place": one.place, "scene": one.scene,
            "kind": one.incident, "setup": one.setup, "severity": one.severity, "began": one.began_at.isoformat(),
            "ended": None if one.ended_at is None else one.ended_at.isoformat(),
        },
    )  # fmt: skip


_STALE: Final = text(f"""
    UPDATE incidents AS i SET state = 'over', ended_at = told_at
     WHERE i.id IN (SELECT id FROM incidents WHERE state = 'open' AND told_at < :before
                     ORDER BY told_at LIMIT :most FOR UPDATE SKIP LOCKED)
    RETURNING {COLUMNS}""")  # noqa: S608


async def close_stale(session: WriteSession, now: datetime, most: int = 500) -> int:
    """End what no scene has told of for `STALE`, at its latest word; returns how many."""
    ended = [incident_of(row) for row in await session.execute(_STALE, {"before": now - model.STALE, "most": most})]
    for one in ended:
        await _tell(session, model.ENDED, one)
    return len(ended)


_ONE: Final = f"SELECT {COLUMNS} FROM incidents AS i WHERE i.id = :id"  # noqa: S608


async def one(session: ReadSession, incident_id: UUID, *, for_update: bool = False) -> Incident | None:
    """The incident with this id."""
    found = await session.execute(text(_ONE + (" FOR UPDATE" if for_update else "")), {"id": incident_id})
    row = found.first()
    return None if row is None else incident_of(row)


_OF_CASE: Final = text(f"SELECT {COLUMNS} FROM incidents AS i WHERE i.case_id = :case ORDER BY i.id LIMIT :most")  # noqa: S608


async def of_case(session: ReadSession, case_id: UUID, most: int = 50) -> list[Incident]:
    """The incidents one case is about, the oldest first."""
    return [incident_of(row) for row in await session.execute(_OF_CASE, {"case": case_id, "most": most})]


_SETTLE: Final = text("""
    UPDATE incidents SET case_id = :case, held = :held, filtered = :filtered WHERE id = :id""")


async def settle(
    session: WriteSession, incident_id: UUID, case_id: UUID | None, held: str, filtered: float | None
) -> None:
    """Write down which case an incident is of, or why it has none."""
    await session.execute(_SETTLE, {"id": incident_id, "case": case_id, "held": held, "filtered": filtered})


_FALSE: Final = text(f"""
    SELECT {COLUMNS} FROM incidents AS i
     WHERE i.camera_id = :camera AND i.setup = :setup AND i.incident = :incident AND i.target = :target
       AND i.label = false AND i.labelled_at >= :since
     ORDER BY i.labelled_at DESC LIMIT 50""")  # noqa: S608


async def lately_false(session: ReadSession, incident: Incident, cool_down: timedelta) -> bool:
    """Whether people said of the same kind at the same spot that it is none, not long before it began."""
    rows = await session.execute(
        _FALSE,
        {
            "camera": incident.camera_id, "setup": incident.setup, "incident": incident.incident,
            "target": incident.target, "since": incident.began_at - cool_down,
        },
    )  # fmt: skip
    rule = model.merging_of(incident.incident)
    former = [incident_of(row) for row in rows]
    return any(rule.whole or model.overlap(one.boxes, incident.boxes) >= rule.overlap for one in former)


_LABEL: Final = text("""
    UPDATE incidents SET label = :label, labelled_at = :now, labelled_by = :by WHERE id = :id""")


async def label(session: WriteSession, incident_id: UUID, said: bool | None, by: str, now: datetime) -> None:
    """Write what people say an incident was; None takes it back."""
    await session.execute(_LABEL, {"id": incident_id, "label": said, "by": by, "now": now})


_TRUE: Final = text(f"""
    SELECT {COLUMNS} FROM incidents AS i
     WHERE i.camera_id = :camera AND i.setup = :setup AND i.incident = :incident AND i.label
     ORDER BY i.labelled_at DESC LIMIT :most""")  # noqa: S608


async def known_true(session: ReadSession, incident: Incident, most: int = 500) -> list[Incident]:
    """Incidents of the same kind and setup that people found true, the latest first."""
    rows = await session.execute(
        _TRUE,
        {"camera": incident.camera_id, "setup": incident.setup, "incident": incident.incident, "most": most},
    )
    return [incident_of(row) for row in rows]


_FORGET: Final = text("""
    DELETE FROM incidents WHERE id IN (
        SELECT id FROM incidents WHERE state = 'over' AND label IS NULL AND began_at < :before LIMIT :most)""")


async def forget(session: WriteSession, before: datetime, most: int) -> int:
    """Delete incidents of before then that nobody has said anything of, with what is known of their evidence."""
    done = await session.execute(_FORGET, {"before": before, "most": most})
    return int(getattr(done, "rowcount", 0))


async def set_opinion(session: WriteSession, incident_id: UUID, opinion: Mapping[str, Any]) -> None:
    """Keep what a model said, and what it was asked."""
    await session.execute(
        text("UPDATE incidents SET opinion = CAST(:opinion AS jsonb) WHERE id = :id"),
        {"id": incident_id, "opinion": json.dumps(dict(opinion))},
    )


async def opinions_since(session: ReadSession, since: datetime) -> int:
    """How many incidents were asked about since then."""
    found = await session.scalar(
        text("""
            SELECT count(*) FROM incidents
             WHERE began_at >= :before AND opinion IS NOT NULL AND CAST(opinion->>'at' AS timestamptz) >= :since"""),
        {"since": since, "before": since - timedelta(days=2)},
    )
    return int(found or 0)
