"""HTTP: regions, their search and their outlines."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from starlette.requests import Request

from commonsight.http import Caller, Page, Reads, language_of, problems, requires
from commonsight.places import packaged, service, store
from commonsight.places.model import Region, checked, covers, narrowed
from commonsight.problem import Refusal
from commonsight.text import say

router = APIRouter(tags=["places"])
MayRead = Annotated[Caller, requires("places.read")]


class RegionName(BaseModel):
    """A region as it is named elsewhere."""

    code: str = Field(examples=["450103"], description="division code prefix")
    name: str = Field(examples=["青秀区"])


class RegionOut(RegionName):
    """A region in a list."""

    level: int = Field(ge=1, le=5, description="1 province, 2 city, 3 county, 4 township, 5 village")
    parent: str | None = Field(examples=["4501"])
    children: int = Field(description="regions directly below")


class RegionDetail(RegionOut):
    """A region with the way down to it."""

    path: list[RegionName] = Field(description="from the province to the region itself")


def _out(region: Region) -> RegionOut:
    return RegionOut(
        code=region.code, name=region.name, level=region.level, parent=region.parent, children=region.children
    )


@router.get("/regions", responses=problems(401, 403, 422))
async def regions(
    caller: MayRead,
    session: Reads,
    parent: Annotated[str | None, Query(examples=["45"], description="regions directly below; empty: the top")] = None,
    q: Annotated[str | None, Query(max_length=40, examples=["青秀"], description="part of a name")] = None,
    limit: Annotated[int, Query(ge=1, le=service.SEARCH_MOST, description="answers to `q`")] = 20,
) -> Page[RegionOut]:
    """The regions below `parent`, or those whose name holds `q`.

    Names of regions are public knowledge, so the tree is whole whatever the caller's scope; a search keeps to the
    scope, because it is a way to the cameras there."""
    if q is not None:
        scope = narrowed(caller.regions, None if parent is None else checked(parent, operand="parent"))
        return Page(items=[_out(found) for found in await service.search(session, q, scope, limit)])
    if parent is not None:
        await service.region(session, checked(parent, operand="parent"))
    return Page(items=[_out(found) for found in await store.below(session, parent)])


@router.get("/regions/{code}", responses=problems(401, 403, 404, 422))
async def region(caller: MayRead, session: Reads, code: str) -> RegionDetail:  # noqa: ARG001 - the guard needs the caller
    """One region and its ancestors."""
    found = await service.region(session, code)
    path = await store.path(session, code)
    return RegionDetail(**_out(found).model_dump(), path=[RegionName(code=r.code, name=r.name) for r in path])


@router.get("/regions/{code}/boundaries", responses=problems(401, 403, 404, 422))
async def boundaries(request: Request, response: Response, caller: MayRead, code: str) -> dict[str, Any]:  # noqa: ARG001
    """Outlines inside a region as GeoJSON, for orientation on a map: illustrative (示意)."""
    document = packaged.outlines(checked(code)[:2])
    inside = [feature for feature in document["features"] if covers([code], feature["properties"]["code"])]
    if not inside:
        raise Refusal("places.outline_unknown", status=404, operand="region", actual=code)
    # A province's outlines are half a megabyte and change with the package only.
    response.headers["Cache-Control"] = "private, max-age=86400"
    return {
        "type": "FeatureCollection",
        "notice": say("places.illustrative", language_of(request)),
        "source": document.get("source"),
        "features": inside,
    }
