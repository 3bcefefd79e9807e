"""HTTP: the scenes there are, where they are used, the way to the ground."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from commonsight.analyze.scenes import document, ground, store
from commonsight.analyze.scenes.model import SceneCard
from commonsight.analyze.scenes.registry import installed
from commonsight.analyze.scenes.views import BrokenOut, GroundIn, GroundOut, SceneOut, ScenesOut, UseOut
from commonsight.http import (
    After,
    Caller,
    Limit,
    Page,
    Reads,
    cursor_decode,
    cursor_encode,
    narrow,
    problems,
    requires,
)
from commonsight.problem import Refusal

router = APIRouter(tags=["scenes"])

Reader = Annotated[Caller, requires("scenes.read")]
Editor = Annotated[Caller, requires("analysis.write")]


def known(code: str) -> SceneCard:
    """The card of a scene that can run here.

    Raises:
        Refusal: `scenes.code_unknown` (404).
    """
    found = installed().cards.get(code)
    if found is None:
        raise Refusal(
            "scenes.code_unknown", status=404, operand="scene", expected=sorted(installed().scenes), actual=code[:80]
        )
    return found


@router.get("/scenes", responses=problems(401, 403))
async def all_scenes(caller: Reader, session: Reads) -> ScenesOut:
    """What cameras can be watched for: cards with measured accuracy, and on how many cameras each is used."""
    registry = installed()
    used = await store.used(session, caller.regions)
    return ScenesOut(
        items=[
            SceneOut.of(card, registry.packages[code], used.get(code, (0, 0))) for code, card in registry.cards.items()
        ],
        broken=[BrokenOut(name=one.name, package=one.package, why=one.why) for one in registry.broken],
    )


@router.get("/scenes/{code}", responses=problems(401, 403, 404))
async def one_scene(caller: Reader, session: Reads, code: str) -> SceneOut:
    """One scene: what it needs, what it gives, how accurate it is and when not to believe it."""
    card = known(code)
    used = await store.used(session, caller.regions)
    return SceneOut.of(card, installed().packages[code], used.get(code, (0, 0)))


@router.get("/scenes/{code}/cameras", responses=problems(401, 403, 404, 422))
async def cameras_of(
    caller: Reader,
    session: Reads,
    code: str,
    region: Annotated[str | None, Query(pattern=r"^\d{2,12}$", examples=["45"])] = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[UseOut]:
    """The cameras a scene is set up on, one row a setup."""
    known(code)
    key = cursor_decode("scene_cameras", after, UUID, str) if after else None
    rows = await store.uses(session, code, narrow(caller, region), key, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    following = cursor_encode("scene_cameras", last.camera_id, last.setup) if last else None
    return Page(items=[UseOut.of(row) for row in rows[:limit]], next=following)


@router.post("/scenes/ground", responses=problems(401, 403, 422))
async def ground_of(caller: Editor, said: GroundIn) -> GroundOut:  # noqa: ARG001 - the guard needs the caller
    """The way from picture to ground that some points give: how far they agree, and a grid of metres to look at."""
    way = ground.homography(document.parse_ground(said.points))
    step, lines = ground.grid(way)
    return GroundOut(error=way.error, residuals=list(way.residuals), step=step, lines=lines)
