"""HTTP: the history of a camera's file."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from commonsight.catalog import file, service
from commonsight.http import After, Caller, Limit, Page, Reads, cursor_decode, cursor_encode, problems, requires

router = APIRouter(tags=["cameras"])

MayRead = Annotated[Caller, requires("cameras.read")]


class ChangeOut(BaseModel):
    """One field of a camera that changed."""

    at: datetime
    field: str = Field(examples=["name"])
    was: str | None
    became: str | None
    source: file.Source = Field(description="person, report, import, repair or system")
    who: str = Field(description="person, platform or file")
    why: str
    batch: UUID | None = Field(description="the repair or import it was part of")


@router.get("/cameras/{camera_id}/history", responses=problems(401, 403, 404, 422))
async def history(
    caller: MayRead, session: Reads, camera_id: UUID, after: After = None, limit: Limit = 50
) -> Page[ChangeOut]:
    """Who changed which field of a camera, when, from what to what and why, newest first."""
    await service.camera(session, camera_id, caller.regions)
    before = None if after is None else cursor_decode("camera.history", after, int)[0]
    found = await file.history(session, camera_id, before, limit)
    shown = [ChangeOut(**{name: getattr(change, name) for name in ChangeOut.model_fields}) for change in found[:limit]]
    return Page(items=shown, next=cursor_encode("camera.history", found[limit - 1].id) if len(found) > limit else None)
