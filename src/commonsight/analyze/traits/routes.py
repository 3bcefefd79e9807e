"""HTTP: search for attributes and plates through the retrieval door."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from commonsight.analyze.traits import service, store
from commonsight.analyze.traits.model import COLOURS, KINDS, Criteria
from commonsight.http import (
    After,
    Caller,
    Limit,
    Page,
    Reads,
    Writes,
    cursor_decode,
    cursor_encode,
    narrow,
    problems,
    requires,
)

router = APIRouter(tags=["traits"])

Reader = Annotated[Caller, requires("traits.search")]
# Rows about people and plates leave by the same door as pictures: no grant over the cameras, no row.
Searcher = Annotated[Caller, requires("traits.search", pictures="snapshot")]


class SearchIn(BaseModel):
    """Whom to look for, where, and why."""

    model_config = ConfigDict(extra="forbid")

    cameras: list[UUID] = Field(min_length=1, max_length=64, description="all under one of your grants")
    purpose_code: str | None = Field(None, max_length=40, examples=["missing_person"])
    purpose_text: str | None = Field(None, max_length=2000, examples=["查找走失老人，红色上衣"])
    from_: AwareDatetime = Field(alias="from")
    to: AwareDatetime
    kinds: list[str] = Field([], max_length=len(KINDS), description="some of " + " ".join(KINDS) + "; none: any")
    colour: str | None = Field(None, description="of a vehicle: one of " + " ".join(COLOURS), examples=["white"])
    upper: str | None = Field(None, description="of a person's upper clothes", examples=["red"])
    lower: str | None = Field(None, description="of a person's lower clothes")
    plate: str | None = Field(None, max_length=20, description="exact, or with one ? or *", examples=["桂A12?45"])


class SearchOut(BaseModel):
    """A search; its rows can be read until `expires_at`."""

    id: UUID
    permit_id: UUID
    cameras: int = Field(description="lines written into the register")
    expires_at: datetime


class TraitOut(BaseModel):
    """Somebody who passed. No picture: who wants to see asks for the recording of that moment."""

    id: UUID
    camera_id: UUID
    camera_name: str
    began_at: datetime
    ended_at: datetime
    kind: str
    score: float = Field(description="best score of the detector, 0..1")
    box: tuple[float, float, float, float] = Field(description="where it was largest, 0..1 of the picture")
    colour: str | None
    upper: str | None
    lower: str | None
    colour_share: float = Field(description="share of the pixels that said so")
    plate: str | None
    plate_colour: str | None
    plate_score: float = Field(description="mean confidence over the characters")


class CollectingOut(BaseModel):
    """A camera on which traits are collected."""

    camera_id: UUID
    name: str
    region: str
    enabled: bool
    plates: bool
    days: float = Field(description="rows are deleted after so many days")


@router.get("/traits/cameras", responses=problems(401, 403, 422))
async def cameras(
    caller: Reader,
    session: Reads,
    region: Annotated[str | None, Query(pattern=r"^\d{2,12}$", examples=["45"])] = None,
    words: Annotated[str, Query(max_length=80)] = "",
    after: After = None,
    limit: Limit = 100,
) -> Page[CollectingOut]:
    """The cameras that collect, by name: only they can be searched."""
    key = cursor_decode("trait_cameras", after, str, UUID) if after else None
    found = await store.collecting(session, narrow(caller, region), words.strip(), key, limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    following = cursor_encode("trait_cameras", last.name, last.camera_id) if last else None
    return Page(
        items=[
            CollectingOut(
                camera_id=one.camera_id, name=one.name, region=one.region, enabled=one.enabled, plates=one.plates,
                days=one.days,
            )
            for one in found[:limit]
        ],
        next=following,
    )  # fmt: skip


@router.post("/traits/searches", status_code=201, responses=problems(401, 403, 404, 422))
async def search(caller: Searcher, session: Writes, response: Response, body: SearchIn) -> SearchOut:
    """Open a search under one of your grants. The register has its lines before this answers; no reason, no row."""
    made = await service.search(
        session,
        caller,
        cameras=body.cameras,
        purpose_code=body.purpose_code,
        purpose_text=body.purpose_text,
        criteria=Criteria(
            body.from_, body.to, tuple(body.kinds), body.colour, body.upper, body.lower, body.plate or None
        ),
    )
    response.headers["Cache-Control"] = "no-store"
    return SearchOut(
        id=made.search.id, permit_id=made.search.permit_id, cameras=made.retrievals, expires_at=made.expires_at
    )


@router.get("/traits/searches/{search_id}/rows", responses=problems(401, 403, 404, 422))
async def rows(
    caller: Searcher, session: Reads, response: Response, search_id: UUID, after: After = None, limit: Limit = 50
) -> Page[TraitOut]:
    """What your search found, the newest first; until its permit ends or is taken back."""
    key = cursor_decode("traits", after, datetime, UUID) if after else None
    found = await service.rows(session, caller, search_id, key, limit + 1)
    last = found[limit - 1].trait if len(found) > limit else None
    response.headers["Cache-Control"] = "no-store"
    return Page(
        items=[_out(one) for one in found[:limit]],
        next=cursor_encode("traits", last.began_at, last.id) if last else None,
    )


def _out(found: store.Found) -> TraitOut:
    one = found.trait
    return TraitOut(
        id=one.id,
        camera_id=found.camera_id,
        camera_name=found.camera_name,
        began_at=one.began_at,
        ended_at=one.ended_at,
        kind=one.kind,
        score=round(one.score, 3),
        box=one.box,
        colour=one.colour,
        upper=one.upper,
        lower=one.lower,
        colour_share=round(one.colour_share, 3),
        plate=one.plate,
        plate_colour=one.plate_colour,
        plate_score=round(one.plate_score, 3),
    )
