"""HTTP: what was last read off a camera's picture."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from commonsight.access.model import Identity
from commonsight.catalog import service as catalog
from commonsight.http import Reads, problems, requires
from commonsight.inspect.diagnosis import store as diagnoses
from commonsight.inspect.diagnosis.model import Phase, items
from commonsight.inspect.osd import figures, store
from commonsight.inspect.osd.clock import Hint
from commonsight.inspect.osd.model import Part, State
from commonsight.inspect.osd.reader import installed
from commonsight.vision.ocr.look import FIND, READ

router = APIRouter(tags=["diagnosis"])

Sees = Annotated[Identity, requires("health.read")]


class LineOut(BaseModel):
    """One line of text in the picture."""

    part: Part
    text: str
    confidence: float = Field(description="0 to 1")
    box: tuple[float, float, float, float] = Field(description="left, top, right, bottom, shares of the picture")


class ReadingOut(BaseModel):
    """What was read of the last picture that was read."""

    at: datetime
    state: State
    shown: str | None = Field(description="local time as the picture shows it", examples=["2026-11-23T11:22:33"])
    date_known: bool | None
    difference: float | None = Field(description="seconds, the camera's clock minus true time")
    error: float | None = Field(description="how far that may be off either way, seconds")
    hint: Hint | None = Field(description="what the difference looks like: zone, half_day, reset")
    label: str = Field(description="the text that is most like the camera's name")
    likeness: float | None = Field(description="0 to 1")
    named: str = Field(description="the name or address it is most like")
    lines: list[LineOut]
    clock_at: datetime | None = Field(description="when a clock was last read")


class FiguresOut(BaseModel):
    """How well text is read, as measured on drawn text over real footage."""

    measured: str
    pictures: int
    clocks_read: float = Field(description="share of the drawn clocks that were read right, to the second")
    clocks_wrong: float = Field(description="share that were read, but wrong")
    labels_named: float = Field(description="share of the drawn labels that matched their name")
    milliseconds_first: float = Field(description="CPU of the first look at a camera")
    milliseconds: float = Field(description="CPU of a later look, which reads remembered places")


class OsdOut(BaseModel):
    """Clock and label in a camera's picture."""

    able: bool = Field(description="text is read: it is switched on and the models are installed")
    models: list[str] = Field(description="the models it takes")
    names: list[str] = Field(description="what the label is held against")
    clock_bar: float = Field(description="a clock further off than this is wrong, seconds")
    label_bar: float = Field(description="a label less like the name than this is wrong, 0 to 1")
    reading: ReadingOut | None
    figures: FiguresOut | None


@router.get("/cameras/{camera_id}/osd", responses=problems(401, 403, 404))
async def osd(request: Request, caller: Sees, session: Reads, camera_id: UUID) -> OsdOut:
    """What was last read off the camera's picture, where, and what it means."""
    camera = await catalog.camera(session, camera_id, caller.regions)
    settings = request.app.state.settings
    limits = await diagnoses.thresholds(session)
    own = (await diagnoses.own(session, [camera_id])).get(camera_id, {})
    clock_bar, label_bar = (
        limits.of(items()[code], camera.row.kind, Phase.DAY, own.get(code)) for code in ("osd_clock", "osd_label")
    )
    found = await store.of_camera(session, camera_id)
    measured = figures.figures()
    return OsdOut(
        able=settings.osd.enabled and installed(settings),
        models=[FIND, READ],
        names=[name for name in (camera.row.name, camera.row.address) if name],
        clock_bar=clock_bar,
        label_bar=1.0 - label_bar,
        reading=None if found is None else _reading(found),
        figures=None if measured is None else FiguresOut.model_validate(measured, from_attributes=True),
    )


def _reading(row: Any) -> ReadingOut:
    shown = None if row.shown is None else row.shown.isoformat()
    return ReadingOut.model_validate({**row._mapping, "shown": shown})
