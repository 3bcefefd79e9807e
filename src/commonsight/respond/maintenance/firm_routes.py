"""HTTP for the firm: its own unit's orders and nothing else. What the page `/m` on a telephone calls."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from commonsight.http import (
    After,
    Caller,
    Limit,
    OnceOnly,
    Page,
    Reads,
    Writes,
    cursor_decode,
    cursor_encode,
    language_of,
    problems,
    requires,
)
from commonsight.places import store as places
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.respond.maintenance import photos, rounds, work, work_store
from commonsight.respond.maintenance.detail import detail
from commonsight.respond.maintenance.views import OrderDetail, OrderOut, PhotoOut
from commonsight.respond.model import LIVE, WORDS_MOST

router = APIRouter(tags=["maintenance"])

MayDo = Annotated[Caller, requires("maintenance.do")]


class Strict(BaseModel):
    """What is sent to us: a field we do not know is a mistake that has to be seen."""

    model_config = ConfigDict(extra="forbid")


class WhereIn(Strict):
    """Where somebody is, only if they want to say it."""

    point: tuple[float, float] | None = Field(None, description="[lon, lat], WGS-84 degrees")


class DoneIn(Strict):
    """What was done."""

    words: str = Field(max_length=WORDS_MOST, examples=["更换 12V 电源适配器"])
    cause: str = Field(max_length=40, examples=["power"])
    parts: str = Field("", max_length=work.PARTS_MOST, description="what was replaced")


class LookIn(Strict):
    """What was found at a camera on a round."""

    state: Literal["well", "faulty", "unreachable"]
    words: str = Field("", max_length=500, description="needed for faulty and unreachable")


@router.get("/maintenance/mine", responses=problems(401, 403, 422))
async def mine(
    request: Request,
    caller: MayDo,
    session: Reads,
    ended: Annotated[bool, Query(description="those that ended instead of those still to do")] = False,
    after: After = None,
    limit: Limit = 50,
) -> Page[OrderOut]:
    """The caller's unit's orders: still to do, due first first; or ended, the latest first."""
    now, language = request.app.state.clock.now(), language_of(request)
    unit = await work_store.unit_of(session, caller.id)
    if unit is None:
        return Page(items=[])
    following = None
    if ended:
        behind = None if after is None else cursor_decode("maintenance.mine", after, datetime, UUID)
        found = await work_store.done(session, unit, behind, limit + 1)
        if len(found) > limit:
            following = cursor_encode("maintenance.mine", found[limit - 1][0].changed_at, found[limit - 1][0].id)
        found = found[:limit]
    else:
        found = await work_store.live(session, unit)
    names = await places.names(session, {case.region for case, _ in found})
    return Page(items=[OrderOut.of_order(case, order, names, language, now) for case, order in found], next=following)


@router.get("/maintenance/mine/{case_id}", responses=problems(401, 403, 404))
async def one(request: Request, caller: MayDo, session: Reads, case_id: UUID) -> OrderDetail:
    """One order of the caller's unit."""
    case, order = await work.own(session, case_id, caller)
    return await detail(session, case, order, language_of(request), request.app.state.clock.now())


@router.post("/maintenance/mine/{case_id}/take", responses=problems(401, 403, 404, 409))
async def take(request: Request, caller: MayDo, session: Writes, once: OnceOnly, case_id: UUID) -> OrderDetail:
    """Say that one is on it."""
    await work.take(session, case_id, caller, request.app.state.clock.now())
    return await once.keep(await _now(request, caller, session, case_id), 200)


@router.post("/maintenance/mine/{case_id}/arrive", responses=problems(401, 403, 404, 409, 422))
async def arrive(
    request: Request, caller: MayDo, session: Writes, once: OnceOnly, case_id: UUID, said: WhereIn
) -> OrderDetail:
    """Say that one is there."""
    await work.arrive(session, case_id, caller, _point(said.point), request.app.state.clock.now())
    return await once.keep(await _now(request, caller, session, case_id), 200)


@router.post("/maintenance/mine/{case_id}/handled", responses=problems(401, 403, 404, 409, 422))
async def handled(
    request: Request, caller: MayDo, session: Writes, once: OnceOnly, case_id: UUID, said: DoneIn
) -> OrderDetail:
    """Say that it is repaired: the cameras are checked at once, and the order closes or comes back with the reason."""
    done = work.Done(said.words, said.cause, said.parts)
    await work.handled(session, case_id, caller, done, request.app.state.clock.now())
    return await once.keep(await _now(request, caller, session, case_id), 200)


@router.post("/maintenance/mine/{case_id}/looks/{camera_id}", responses=problems(401, 403, 404, 409, 422))
async def look(
    request: Request, caller: MayDo, session: Writes, once: OnceOnly, case_id: UUID, camera_id: UUID, said: LookIn
) -> OrderDetail:
    """Say what was found at a camera on a round; what is faulty becomes an order of its own."""
    now = request.app.state.clock.now()
    await rounds.look(session, case_id, camera_id, caller, said.state, said.words, now)
    return await once.keep(await _now(request, caller, session, case_id), 200)


async def _now(request: Request, caller: Caller, session: Any, case_id: UUID) -> OrderDetail:
    case, order = await work.own(session, case_id, caller)
    return await detail(session, case, order, language_of(request), request.app.state.clock.now())


def _point(said: tuple[float, float] | None) -> tuple[float, float] | None:
    if said is not None and not (-180 <= said[0] <= 180 and -90 <= said[1] <= 90):
        raise Refusal(
            "respond.point_invalid", status=422, rule="[lon, lat]", operand="point", expected="±180, ±90",
            actual=list(said),
        )  # fmt: skip
    return said


# --- photos ---------------------------------------------------------------------------------------------------------


@router.post(
    "/maintenance/mine/{case_id}/photos", status_code=201, responses=problems(401, 403, 404, 409, 413, 415, 422, 503)
)
async def add_photo(
    request: Request,
    caller: MayDo,
    session: Writes,
    case_id: UUID,
    content: Annotated[bytes, Body(media_type="application/octet-stream", description="a JPEG or PNG file")],
    located: Annotated[bool, Query(description="where it was taken may stay in it")] = False,
) -> PhotoOut:
    """Add a photo of a repair. The same photo again is the same photo."""
    state = request.app.state
    case, _ = await work.own(session, case_id, caller, for_update=True)
    present = await work_store.photos(session, [case_id])
    if case.state not in LIVE:
        raise Refusal("respond.order_over", status=409, rule="state of an order", operand="order", actual=case.state)
    settings = state.settings.maintenance
    # Off the loop: putting a photo together anew takes tenths of a second.
    made = await photos.clean_elsewhere(content, settings, located=located)
    if len(present) >= photos.PHOTOS_MOST and made.digest not in {one.sha256 for one in present}:
        raise Refusal(
            "respond.photos_most", status=422, rule="photos of an order", operand="photo",
            expected=photos.PHOTOS_MOST, actual=len(present) + 1,
        )  # fmt: skip
    if await work_store.photos_bytes(session) + len(made.content) > settings.photos_bytes:
        raise Refusal(
            "respond.photos_full", status=503, rule="maintenance.photos_bytes", operand="photo",
            expected=settings.photos_bytes,
        )  # fmt: skip
    photos.keep(state.settings.data_dir, made)
    photo = work_store.Photo(
        uuid7(), case_id, made.digest, made.kind, len(made.content), made.width, made.height, located, caller.id,
        caller.display_name or caller.name, state.clock.now(),
    )  # fmt: skip
    if not await work_store.add_photo(session, photo):
        photo = next(one for one in present if one.sha256 == made.digest)
    return PhotoOut.of(photo)


@router.delete("/maintenance/mine/{case_id}/photos/{photo_id}", status_code=204, responses=problems(401, 403, 404, 409))
async def remove_photo(request: Request, caller: MayDo, session: Writes, case_id: UUID, photo_id: UUID) -> Response:
    """Take back one's own photo, until the repair is said to be done."""
    case, _ = await work.own(session, case_id, caller, for_update=True)
    photo = await work_store.photo(session, photo_id)
    if photo is None or photo.case_id != case_id or photo.by_id != caller.id:
        raise Refusal("respond.photo_unknown", status=404, operand="photo", actual=str(photo_id))
    if case.state not in LIVE:
        raise Refusal("respond.order_over", status=409, rule="state of an order", operand="order", actual=case.state)
    await work_store.remove_photo(session, photo_id)
    if not await work_store.has_photo(session, photo.sha256):
        photos.forget(request.app.state.settings.data_dir, photo.sha256)
    return Response(status_code=204)


@router.get("/maintenance/mine/{case_id}/photos/{photo_id}", responses=problems(401, 403, 404, 410))
async def photo(request: Request, caller: MayDo, session: Reads, case_id: UUID, photo_id: UUID) -> Response:
    """A photo of one of the unit's own orders."""
    await work.own(session, case_id, caller)
    return answer(request, await work_store.photo(session, photo_id), case_id, photo_id)


def answer(request: Request, found: work_store.Photo | None, case_id: UUID, photo_id: UUID) -> Response:
    """A photo's bytes, for whoever may see its order."""
    if found is None or found.case_id != case_id:
        raise Refusal("respond.photo_unknown", status=404, operand="photo", actual=str(photo_id))
    content = photos.read(request.app.state.settings.data_dir, found.sha256, photo_id)
    headers = {
        "Cache-Control": "private, max-age=86400, immutable", "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'",
    }  # fmt: skip
    return Response(content, media_type=found.kind, headers=headers)
