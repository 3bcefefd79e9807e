"""HTTP of masking: which masks a permit may carry, how well each was measured to work, and whether it can run here."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from commonsight.http import Caller, Page, problems, signed_in
from commonsight.text import say
from commonsight.vision import mask_policy
from commonsight.vision.cards import Said
from commonsight.vision.mask_policy import Figures, Policy
from commonsight.vision.store import ModelStore

router = APIRouter(tags=["gate"])


class RecallOut(BaseModel):
    """The share of marked objects that were masked, with the 95 % interval of a share (Wilson)."""

    value: float = Field(ge=0, le=1, examples=[0.82])
    low: float = Field(ge=0, le=1, examples=[0.76])
    high: float = Field(ge=0, le=1, examples=[0.87])
    n: int = Field(description="Objects marked by hand, one a frame", examples=[180])


class MaskOut(BaseModel):
    """One mask a permit may ask for.

    `recall`: null when nothing of the kind could be marked, so that nothing is known. `installed`: whether the models
    lie on the machine that answers; media nodes on other machines have their own.
    """

    name: str = Field(examples=["faces_plates"])
    title: Said
    models: list[str]
    missing: list[str]
    installed: bool
    recall: RecallOut | None
    least_height_px: int = Field(description="Smaller objects do not count in `recall`")
    false_per_frame: float = Field(description="Masks on nothing that was marked, a frame, faces and plates together")
    measured_on: str = Field(description="Day of the measurement", examples=["2026-11-23"])
    frames: int = Field(description="Frames marked by hand")
    clips: list[str]
    note: Said = Field(description="What the figures do not say")


@router.get("/masks", responses=problems(401))
async def masks(request: Request, caller: Annotated[Caller, signed_in()]) -> Page[MaskOut]:  # noqa: ARG001 - the guard needs the caller
    """The masks, with their measured recall: what whoever grants a view should know of what is left uncovered."""
    store = ModelStore(request.app.state.settings.models_dir)
    return Page(items=await asyncio.to_thread(_all, store))


def _all(store: ModelStore) -> list[MaskOut]:
    """Reads and hashes the models' files: run on a thread."""
    found = mask_policy.figures()
    return [_mask(one, found, mask_policy.lacking(one, store)) for one in Policy]


def _mask(one: Policy, found: Figures, missing: tuple[str, ...]) -> MaskOut:
    figure = found.of(one)
    return MaskOut(
        name=one.value,
        title=Said(zh=say(f"vision.mask_{one.value}", "zh"), en=say(f"vision.mask_{one.value}", "en")),
        models=list(mask_policy.models(one)),
        missing=list(missing),
        installed=not missing,
        recall=None if figure is None else RecallOut(value=figure.recall, low=figure.low, high=figure.high, n=figure.n),
        least_height_px=found.least_height,
        false_per_frame=found.false_per_frame,
        measured_on=found.measured_on,
        frames=found.frames,
        clips=list(found.clips),
        note=Said(zh=found.zh, en=found.en),
    )
