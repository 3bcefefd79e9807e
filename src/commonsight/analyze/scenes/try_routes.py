"""HTTP: try a setup on a camera's live pictures. A door: who asks needs a grant and a reason, and is registered."""

from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from commonsight import jobs
from commonsight.access.model import Identity
from commonsight.analyze import store as analyses
from commonsight.analyze.scenes import store
from commonsight.analyze.scenes.tasks import TRY_PRIORITY, try_scene
from commonsight.analyze.scenes.trying import PATIENCE_SECONDS, analysis_of
from commonsight.analyze.scenes.views import TRY_SECONDS_MOST, TryIn, TryOut
from commonsight.catalog import service as catalog
from commonsight.gate import service as gate
from commonsight.gate.model import Action
from commonsight.http import OnceOnly, Reads, Writes, language_of, problems, requires, sees
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.text import say

router = APIRouter(tags=["scenes"])

Tries = Annotated[Identity, requires("analysis.write", pictures="live")]
Follows = Annotated[Identity, requires("analysis.write")]

PERMIT_MINUTES: Final = 4
AT_ONCE: Final = 1
"""Tries of one person that run; each takes a core."""
LOST_SECONDS: Final = TRY_SECONDS_MOST + 2 * PATIENCE_SECONDS
"""After this a try that has not ended was lost with its worker."""


@router.post("/cameras/{camera_id}/scenes/try", status_code=202, responses=problems(401, 403, 404, 409, 422))
async def ask(
    request: Request, response: Response, caller: Tries, session: Writes, once: OnceOnly, camera_id: UUID, said: TryIn
) -> TryOut:
    """Try a setup on live pictures for some seconds, as it is being edited. Follow `Location` for what it sees.

    The retrieval is registered before the camera is opened; no reason, no try. What comes back are figures and boxes.
    """
    caller.refuse_unless("pictures.view")
    await gate.refuse_without_grant(session, caller, camera_id, Action.LIVE)
    place = await analyses.place_of(session, camera_id)
    if place is None or not sees(caller, place):
        raise Refusal("analyze.camera_unknown", status=404, operand="camera", actual=str(camera_id))
    if await catalog.camera_source(session, camera_id) is None:
        raise Refusal("media.camera_without_source", status=404, operand="camera", actual=str(camera_id))
    asked = said.model_dump(include={"setup", "zones", "lines", "ground", "model"})
    analysis_of(asked)
    now = request.app.state.clock.now()
    if await store.unfinished(session, caller.id, now - timedelta(seconds=LOST_SECONDS)) >= AT_ONCE:
        raise Refusal("scenes.try_running", status=409, rule="one at a time", operand="try", expected=AT_ONCE)
    issued = await gate.issue(
        session, caller=caller, cameras=[camera_id], purpose_code=said.purpose_code, purpose_text=said.purpose_text,
        minutes=PERMIT_MINUTES,
    )  # fmt: skip
    made = store.Try(
        uuid7(), camera_id, caller.id, issued.permit.id, asked, said.seconds, "queued", {}, None, now, None
    )
    await store.add_try(session, made)
    await jobs.enqueue(session, try_scene, {"try_id": str(made.id)}, priority=TRY_PRIORITY)
    response.headers["Location"] = f"{request.url.path.partition('/cameras/')[0]}/scene-tries/{made.id}"
    return await once.keep(TryOut.of(made, None), 202)


@router.get("/scene-tries/{try_id}", responses=problems(401, 403, 404))
async def follow(request: Request, caller: Follows, session: Reads, try_id: UUID) -> TryOut:
    """What a try one asked for has seen so far."""
    found = _mine(await store.one_try(session, try_id), caller, try_id)
    problem = found.problem or {}
    facts = {key: value for key, value in problem.items() if key != "code"}
    words = say(problem["code"], language_of(request), **facts) if problem else None
    return TryOut.of(found, words)


@router.delete("/scene-tries/{try_id}", status_code=204, responses=problems(401, 403, 404))
async def stop(request: Request, caller: Follows, session: Writes, try_id: UUID) -> None:
    """End a try before its time."""
    _mine(await store.one_try(session, try_id), caller, try_id)
    await store.end_try(session, try_id, "stopped", request.app.state.clock.now())


def _mine(found: store.Try | None, caller: Identity, try_id: UUID) -> store.Try:
    """A try belongs to who asked for it: whoever else wants to look gives a reason of their own."""
    if found is None or found.holder_id != caller.id:
        raise Refusal("scenes.try_unknown", status=404, operand="try", actual=str(try_id))
    return found
