"""Applying a batch to the camera file, and taking it back: some hundred cameras a transaction.

A value is written only while what was looked at still stands there, and taken back only while what was written still
does; what a person changed since is kept and said.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from commonsight import outbox
from commonsight.catalog import file as files
from commonsight.catalog import store as cameras
from commonsight.catalog.repair import store
from commonsight.catalog.repair.model import Batch, Outcome
from commonsight.catalog.repair.propose import place
from commonsight.catalog.rules import fields
from commonsight.catalog.search import grams
from commonsight.places.coordinates import System, to_wgs84
from commonsight.places.grid import DENSITY_RESOLUTION, cell
from commonsight.records.base import uuid7
from commonsight.records.database import WriteSession

CAMERAS: Final = 200
"""Cameras of one transaction: short enough that nobody waits for their rows."""


def stands(now: Any, field: str) -> str:
    """What stands in a field of a camera now, as proposals say it; "" for nothing."""
    if field == "point":
        return "" if now.x is None else place(now.x, now.y)
    if field == "archived":
        return "" if now.archived_at is None else "true"
    if field == "management_unit":
        return now.unit or ""
    if field in fields.kept():
        return str(now.file.get(field, ""))
    return str(getattr(now, field))


def same(field: str, one: str, other: str) -> bool:
    """Whether two values are the same; places to about a tenth of a millimetre, since findings tell them shorter."""
    if one == other:
        return True
    if field != "point" or not one or not other:
        return False
    pairs = zip(map(float, one.split(",")), map(float, other.split(",")), strict=True)
    return all(abs(first - second) < 1e-9 for first, second in pairs)


async def changes(
    session: WriteSession, now: Any, wanted: Mapping[str, str], at: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns to set for these values, and what stands in the same columns, to be put back."""
    columns: dict[str, Any] = {}
    filed = dict(now.file)
    for field, value in wanted.items():
        if field in fields.kept():
            filed[field] = value
        elif field == "management_unit":
            columns["unit_id"] = None if not value else (await cameras.unit(session, uuid7(), value, now.region)).id
        elif field == "archived":
            columns["archived_at"] = at if value else None
        elif field not in ("point", "system"):
            columns[field] = value
    if filed != now.file:
        columns["file"] = filed
    if wanted.keys() & {"point", "system"}:
        columns |= _placed(now, wanted)
    if wanted.keys() & {"name", "address"}:
        columns["grams"] = grams(wanted.get("name", now.name), wanted.get("address", now.address))
    return columns, {field: stands(now, field) for field in wanted}


def _placed(now: Any, wanted: Mapping[str, str]) -> dict[str, Any]:
    system = System(wanted.get("system", now.system))
    said = wanted.get("point", stands(now, "point"))
    if not said:
        return {"location": None, "original": None, "cell": 0, "system": system.value}
    x, y = (float(part) for part in said.split(","))
    lon, lat = to_wgs84(x, y, system)
    lon, lat = round(lon, 6), round(lat, 6)
    return {
        "location": (lon, lat),
        "original": (x, y),
        "cell": cell(lon, lat, DENSITY_RESOLUTION),
        "system": system.value,
    }


async def step(session: WriteSession, batch: Batch, now: datetime, *, undo: bool = False) -> int:
    """Apply, or take back, the next cameras of a batch; returns how many items, 0 when none is left."""
    waiting = Outcome.APPLIED if undo else Outcome.WAITING
    items = await store.next_items(session, batch.id, waiting, CAMERAS)
    if not items:
        return 0
    by_camera: dict[UUID, list[Any]] = {}
    for item in items:
        by_camera.setdefault(item.camera_id, []).append(item)
    held = await store.hold(session, list(by_camera))
    who = batch.undone_by or batch.by_name if undo else batch.by_name
    why = f"↶ {batch.why}" if undo else batch.why
    await files.attribute(session, files.Source.REPAIR, who, now, why=why, batch=batch.id)
    outcomes: list[tuple[int, int, str | None]] = []
    changed: list[UUID] = []
    for camera_id, its in by_camera.items():
        some = await _one(session, held.get(camera_id), camera_id, its, now, undo=undo)
        outcomes += some
        if any(outcome in (Outcome.APPLIED, Outcome.UNDONE) for _, outcome, _ in some):
            changed.append(camera_id)
    await store.settle(session, batch.id, outcomes)
    if not undo:
        await store.drop_applied(session, batch.id, changed)
    return len(items)


async def _one(
    session: WriteSession, now: Any, camera_id: UUID, items: Sequence[Any], at: datetime, *, undo: bool
) -> list[tuple[int, int, str | None]]:
    done, left = (Outcome.UNDONE, Outcome.KEPT) if undo else (Outcome.APPLIED, Outcome.CONFLICT)
    if now is None or (now.archived_at is not None and not undo):
        return [(item.number, left, None) for item in items]
    fit = [item for item in items if same(item.field, stands(now, item.field), item.becomes if undo else item.was)]
    wanted = {item.field: item.before["was"] if undo else item.becomes for item in fit}
    if wanted:
        columns, before = await changes(session, now, wanted, at)
        await cameras.update(session, camera_id, columns)
        told = sorted({"name" if name == "grams" else name for name in columns} - {"cell"})
        topic = "changed"
        if "archived_at" in columns:
            topic = "archived" if columns["archived_at"] else "restored"
        await outbox.append(session, f"catalog.camera_{topic}", {"camera": str(camera_id), "fields": told})
    else:
        before = {}
    fitting = {item.number for item in fit}
    return [
        (
            item.number,
            done if item.number in fitting else left,
            json.dumps({"was": before[item.field]}, ensure_ascii=False)
            if item.number in fitting and not undo
            else None,
        )
        for item in items
    ]
