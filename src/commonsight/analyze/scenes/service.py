"""Use cases of scenes: what can be watched for and where it is, and setups that others put on cameras for a time."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from commonsight.analyze import model, store
from commonsight.analyze.model import Analysis, SceneSetup, Stored, Zone, refused
from commonsight.analyze.scenes import document
from commonsight.analyze.scenes.registry import installed
from commonsight.http import Caller, sees
from commonsight.problem import Refusal
from commonsight.records.database import WriteSession

WHOLE: Final = Zone("whole", "全画面", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
"""There whenever a lent setup names it: where nobody has drawn a zone, the whole picture is watched."""


async def put_scenes(
    session: WriteSession, caller: Caller | None, camera_id: UUID, setups: Sequence[SceneSetup], *, source: str
) -> int:
    """Put setups on a camera for a time, instead of those `source` had put there before; none takes them back.

    A camera that nobody watches is switched on for as long as a source has setups on it. Setups may name the zone
    `WHOLE.id`, which need not be drawn; by `instead` they stand in for one of the camera's own.

    Args:
        caller: whose regions the camera must lie in; None: the platform itself.
        source: "deployment:<id>"; written over whatever the setups say.

    Returns:
        The document's version.

    Raises:
        Refusal: `analyze.camera_unknown` (404), `analyze.document_invalid` (422).
    """
    place = await store.place_of(session, camera_id)
    if place is None or (caller is not None and not sees(caller, place)):
        raise Refusal("analyze.camera_unknown", status=404, operand="camera", actual=str(camera_id))
    version = await store.lock(session, camera_id)
    stood = await store.read(session, camera_id) or Stored(camera_id, Analysis(), 0)
    changed, enabled_by = lent(stood, setups, source)
    if changed == stood.analysis and enabled_by == stood.enabled_by:
        return version
    model.check(changed)
    document.check(changed, installed().cards)
    return await store.write(session, camera_id, changed, enabled_by)


def lent(stood: Stored, setups: Sequence[SceneSetup], source: str) -> tuple[Analysis, str | None]:
    """The document with `setups` of a source instead of what that had put there, and what has now switched it on.

    Raises:
        Refusal: `analyze.document_invalid` (422) when an id is another's.
    """
    others = tuple(setup for setup in stood.analysis.scenes if setup.source != source)
    taken = {setup.id for setup in others}
    for place, setup in enumerate(setups):
        if setup.id in taken:
            raise refused(f"scenes.{place}.id", "another id than the camera's own setups have", setup.id)
    scenes = others + tuple(replace(setup, source=source) for setup in setups)
    ids = {setup.id for setup in scenes}
    # Who stood in for a setup that is taken back goes on alone.
    scenes = tuple(setup if setup.instead in ids else replace(setup, instead=None) for setup in scenes)
    named = {zone for setup in scenes for zone in setup.zones}
    zones = tuple(zone for zone in stood.analysis.zones if zone.id != WHOLE.id or WHOLE.id in named)
    if WHOLE.id in named and all(zone.id != WHOLE.id for zone in zones):
        zones += (WHOLE,)
    enabled, enabled_by = stood.analysis.enabled, stood.enabled_by
    sources = [setup.source for setup in scenes if setup.source is not None]
    if not enabled and setups:
        enabled, enabled_by = True, source
    elif enabled_by == source and not setups:
        # The next source that still has setups there keeps it on; without one it goes back to how it was.
        enabled, enabled_by = bool(sources), sources[0] if sources else None
    return replace(stood.analysis, enabled=enabled, zones=zones, scenes=scenes), enabled_by
