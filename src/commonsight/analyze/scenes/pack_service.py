"""Use cases of scene packs: make one of proven setups, see what fits elsewhere, lay it on cameras, take it back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from commonsight.analyze import model, store
from commonsight.analyze.model import Analysis, Stored, dump_line, dump_zone, parse_lines, parse_zones
from commonsight.analyze.scenes import document, pack_store, packs
from commonsight.analyze.scenes.packs import Finding
from commonsight.analyze.scenes.registry import installed
from commonsight.catalog import service as catalog
from commonsight.http import Caller, sees
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession
from commonsight.vision.cards import brought, published

CAMERAS_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Fit:
    """How a pack would lie on one camera. `findings`: by place of the setup in the pack; `changed`: the document."""

    camera_id: UUID
    name: str
    stood: Stored
    changed: Analysis
    laid: int
    findings: Mapping[int, Sequence[Finding]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a pack is and where it fits. `setups`: what each has against it whatever the camera."""

    opened: Sequence[packs.Packed]
    setups: Sequence[Sequence[Finding]]
    cameras: Sequence[Fit]


async def export(
    session: ReadSession,
    caller: Caller,
    chosen: Mapping[UUID, Collection[str] | None],
    *,
    name: str,
    note: str,
    named: bool,
    now: datetime,
) -> dict[str, Any]:
    """A pack of what is set up on some cameras.

    Args:
        chosen: setups by camera; None: all that were set up for good.
        named: whether the cameras are named in it.

    Raises:
        Refusal: `analyze.camera_unknown` (404), `scenes.pack_empty` (422), `scenes.pack_invalid` (422).
    """
    registry = installed()
    made = []
    for camera_id, wanted in chosen.items():
        stood, camera = await _stood(session, caller, camera_id)
        origin = {"camera": camera} if named else None
        for setup in stood.analysis.scenes:
            card = registry.cards.get(setup.scene)
            if card is None or setup.source is not None or (wanted is not None and setup.id not in wanted):
                continue
            made.append(packs.packed(stood.analysis, setup, card, registry.packages[setup.scene], origin))
    if not 1 <= len(made) <= packs.SETUPS_MOST:
        raise Refusal(
            "scenes.pack_empty" if not made else "scenes.pack_invalid", status=422, operand="setups",
            rule=f"1 to {packs.SETUPS_MOST} setups", expected=packs.SETUPS_MOST, actual=len(made),
        )  # fmt: skip
    return packs.sealed(name, note, now.isoformat(), caller.organisation, made)


async def check(
    session: ReadSession,
    caller: Caller,
    pack: Mapping[str, Any],
    cameras: Sequence[UUID],
    *,
    whole: bool,
    mark: str = "0" * 8,
) -> Checked:
    """What would come of laying a pack on cameras; nothing is written.

    Raises:
        Refusal: of `packs.opened`; `analyze.camera_unknown` (404).
    """
    opened = packs.opened(pack)
    registry, models = installed().cards, [*published(), *brought()]
    fitted = [packs.fitted(one, registry.get(one.setup.scene), models) for one in opened]
    fits = []
    for camera_id in cameras:
        stood, name = await _stood(session, caller, camera_id)
        changed, laid, findings = stood.analysis, 0, {}
        for place, (one, (setup, found)) in enumerate(zip(opened, fitted, strict=True)):
            card = registry.get(one.setup.scene)
            if card is None or any(finding.blocks for finding in found):
                continue
            changed, more = packs.laid(changed, one, setup, card, whole=whole, mark=f"{mark}{place}")
            findings[place] = more
            laid += not any(finding.blocks for finding in more)
        fits.append(Fit(camera_id, name, stood, changed, laid, findings))
    return Checked(opened, [found for _, found in fitted], fits)


async def apply(
    session: WriteSession,
    caller: Caller,
    pack: Mapping[str, Any],
    cameras: Sequence[UUID],
    *,
    whole: bool,
    now: datetime,
) -> tuple[UUID, Checked]:
    """Lay a pack on cameras, so that it can be taken back; returns the change.

    Raises:
        Refusal: as `check`; `scenes.pack_fits_nowhere` (422); `analyze.document_invalid` (422).
    """
    change = uuid7()
    ordered = sorted(set(cameras))
    for camera_id in ordered:
        await store.lock(session, camera_id)
    # Of a time-ordered id the last part is the random one.
    seen = await check(session, caller, pack, ordered, whole=whole, mark=change.hex[-8:])
    if not any(fit.laid for fit in seen.cameras):
        raise Refusal("scenes.pack_fits_nowhere", status=422, operand="cameras", actual=len(ordered))
    name, sha256 = str(pack.get("name", ""))[: packs.NAME_MOST], str(pack["sha256"])
    await pack_store.add(session, change, now, caller.id, caller.display_name, name, sha256)
    for fit in seen.cameras:
        if not fit.laid:
            continue
        model.check(fit.changed)
        document.check(fit.changed, installed().cards)
        before = None if fit.stood.version == 0 else dumped(fit.stood)
        version = await store.write(session, fit.camera_id, fit.changed, fit.stood.enabled_by)
        await pack_store.add_camera(session, change, fit.camera_id, before, version)
    return change, seen


async def undo(session: WriteSession, caller: Caller, change: UUID, now: datetime) -> tuple[int, int]:
    """Put back what stood before a change, where nobody has changed it since: (cameras put back, left as they are).

    Raises:
        Refusal: `scenes.change_unknown` (404), `scenes.change_undone` (409).
    """
    there, undone_at = await pack_store.lock(session, change)
    rows = await pack_store.cameras(session, change, caller.regions) if there else []
    if not rows:
        raise Refusal("scenes.change_unknown", status=404, operand="change", actual=str(change))
    if undone_at is not None:
        raise Refusal("scenes.change_undone", status=409, operand="change", actual=undone_at.isoformat())
    done: dict[UUID, bool] = {}
    for row in rows:
        done[row.camera_id] = await store.lock(session, row.camera_id) == row.version
        if done[row.camera_id]:
            analysis, enabled_by = (Analysis(), None) if row.before is None else restored(row.before)
            await store.write(session, row.camera_id, analysis, enabled_by)
    await pack_store.undone(session, change, now, caller.display_name, done)
    return sum(done.values()), len(done) - sum(done.values())


def dumped(stood: Stored) -> dict[str, Any]:
    """A whole document as JSON, to be put back as it was."""
    analysis = stood.analysis
    return {
        "enabled": analysis.enabled,
        "enabled_by": stood.enabled_by,
        "model": analysis.model,
        "fps": analysis.fps,
        "lines": [dump_line(line) for line in analysis.lines],
        "zones": [dump_zone(zone) for zone in analysis.zones],
        "scenes": [document.dump_setup(setup) for setup in analysis.scenes],
        "ground": [document.dump_point(point) for point in analysis.ground],
    }


def restored(told: Mapping[str, Any]) -> tuple[Analysis, str | None]:
    """The document of `dumped`, and what had switched it on."""
    analysis = Analysis(
        told["enabled"],
        told["model"],
        told["fps"],
        parse_lines(told["lines"]),
        parse_zones(told["zones"]),
        document.parse_scenes(told["scenes"]),
        document.parse_ground(told["ground"]),
    )
    return analysis, told["enabled_by"]


async def _stood(session: ReadSession, caller: Caller, camera_id: UUID) -> tuple[Stored, str]:
    place = await store.place_of(session, camera_id)
    if place is None or not sees(caller, place):
        raise Refusal("analyze.camera_unknown", status=404, operand="camera", actual=str(camera_id))
    brief = await catalog.camera_brief(session, camera_id)
    return await store.read(session, camera_id) or Stored(camera_id, Analysis(), 0), brief.name if brief else ""
