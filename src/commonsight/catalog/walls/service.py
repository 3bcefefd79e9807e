"""Use cases of walls: keep one, share it, come back to it; mark the cameras one comes back to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from commonsight.access.audit import Actor, record
from commonsight.catalog import service as cameras
from commonsight.catalog.walls import store
from commonsight.catalog.walls.model import FAVOURITES_MOST, WALLS_MOST, Layout, Wall, check
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession

Expected = Callable[[Wall], None]
NAMED = 5
"""How many unknown cameras a refusal names."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who keeps walls: the person, and the regions they may see."""

    actor: Actor
    person: UUID
    regions: tuple[str, ...]


async def seen(session: ReadSession, wall_id: UUID, person: UUID) -> Wall:
    """A wall this person may open.

    Raises:
        Refusal: `catalog.wall_unknown` (404), for somebody else's that is not shared, too.
    """
    found = await store.one(session, wall_id, person)
    if found is None:
        raise _unknown(wall_id)
    return found


async def _own(session: WriteSession, wall_id: UUID, person: UUID) -> Wall:
    found = await store.one(session, wall_id, person, for_update=True)
    if found is None:
        raise _unknown(wall_id)
    if found.owner_id != person:
        raise Refusal(
            "catalog.wall_not_own",
            status=403,
            rule="changed only by its owner",
            operand="wall",
            expected=found.owner_name,
        )
    return found


def _unknown(wall_id: UUID) -> Refusal:
    return Refusal("catalog.wall_unknown", status=404, operand="wall", actual=str(wall_id))


async def keep(session: WriteSession, name: str, shared: bool, layout: Layout, by: Watcher, now: datetime) -> Wall:
    """Keep a wall under a name.

    Raises:
        Refusal: what `check` refuses; `catalog.wall_cameras_unknown` (422), `catalog.wall_name_taken` (409),
            `catalog.walls_many` (422), `catalog.wall_no_organisation` (422).
    """
    await _hangable(session, layout, by)
    if await store.count(session, by.person) >= WALLS_MOST:
        raise Refusal("catalog.walls_many", status=422, rule="walls of one person", operand="name", expected=WALLS_MOST)
    made = uuid7()
    shared_with = await _sharing(session, shared, by)
    if not await store.insert(session, made, by.person, name, shared_with, layout, now):
        raise _taken(name)
    await record(session, by.actor, "catalog.wall_kept", now, kind="wall", subject_id=made, subject_name=name)
    return await seen(session, made, by.person)


async def change(
    session: WriteSession, wall_id: UUID, given: dict[str, Any], by: Watcher, expected: Expected, now: datetime
) -> Wall:
    """Change what is given of one's own wall: `name`, `shared`, `layout`.

    Raises:
        Refusal: like `keep`; `catalog.wall_unknown` (404), `catalog.wall_not_own` (403), what `expected` refuses.
    """
    present = await _own(session, wall_id, by.person)
    expected(present)
    fields = {name: value for name, value in given.items() if name != "shared"}
    if "layout" in fields:
        await _hangable(session, fields["layout"], by)
    if "shared" in given and given["shared"] != present.shared:
        fields["shared_with"] = await _sharing(session, given["shared"], by)
    if fields:
        if not await store.update(session, wall_id, now, fields):
            raise _taken(fields["name"])
        await record(
            session,
            by.actor,
            "catalog.wall_changed",
            now,
            kind="wall",
            subject_id=wall_id,
            subject_name=fields.get("name", present.name),
            fields=sorted(given),
        )
    return await seen(session, wall_id, by.person)


async def forget(session: WriteSession, wall_id: UUID, by: Watcher, expected: Expected, now: datetime) -> None:
    """Forget one's own wall.

    Raises:
        Refusal: `catalog.wall_unknown` (404), `catalog.wall_not_own` (403), what `expected` refuses.
    """
    present = await _own(session, wall_id, by.person)
    expected(present)
    await store.delete(session, wall_id)
    await record(
        session, by.actor, "catalog.wall_forgotten", now, kind="wall", subject_id=wall_id, subject_name=present.name
    )


async def put_desk(session: WriteSession, layout: Layout, wall_id: UUID | None, by: Watcher, now: datetime) -> None:
    """Keep what this person's wall looks like now, to be there again at their next login.

    Cameras are not looked up here: one that was taken out of use must not keep the rest from being remembered, and
    what a person may not see is left out when it is read.

    Raises:
        Refusal: what `check` refuses; `catalog.wall_unknown` (404).
    """
    check(layout)
    if wall_id is not None:
        await seen(session, wall_id, by.person)
    await store.put_desk(session, by.person, layout, wall_id, now)


async def mark(session: WriteSession, camera_id: UUID, by: Watcher, now: datetime) -> None:
    """Mark a camera as one of this person's favourites.

    Raises:
        Refusal: `catalog.camera_unknown` (404), `catalog.favourites_many` (422).
    """
    await cameras.camera(session, camera_id, by.regions)
    if await store.mark(session, by.person, camera_id, now) > FAVOURITES_MOST:
        raise Refusal(
            "catalog.favourites_many",
            status=422,
            rule="favourites of one person",
            operand="camera_id",
            expected=FAVOURITES_MOST,
        )


async def _hangable(session: ReadSession, layout: Layout, by: Watcher) -> None:
    check(layout)
    known = {row.id for row in await store.cameras(session, layout.cameras, by.regions)}
    strange = [str(camera) for camera in layout.cameras if camera not in known]
    if strange:
        raise Refusal(
            "catalog.wall_cameras_unknown",
            status=422,
            rule="cameras in use within the caller's regions",
            operand="layout",
            actual=strange[:NAMED],
        )


async def _sharing(session: ReadSession, shared: bool, by: Watcher) -> UUID | None:
    if not shared:
        return None
    organisation = await store.organisation_of(session, by.person)
    if organisation is None:
        raise Refusal(
            "catalog.wall_no_organisation", status=422, rule="shared within one's own organisation", operand="shared"
        )
    return organisation


def _taken(name: str) -> Refusal:
    return Refusal("catalog.wall_name_taken", status=409, rule="one wall of a name", operand="name", actual=name)
