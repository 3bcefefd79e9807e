"""What the HTTP interface says about planning."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from commonsight.catalog.areas import Point
from commonsight.catalog.planning import model, view
from commonsight.catalog.planning.model import Blind, Coverage, Overlap, Planned, State
from commonsight.catalog.views import HealthWord, RegionName
from commonsight.http import Page
from commonsight.text import say

Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-85, le=85)]
Degrees = Annotated[float, Field(ge=0, le=360)]
Angle = Annotated[float, Field(ge=1, le=360)]
Metres = Annotated[float, Field(ge=1, le=2_000)]
Cost = Annotated[Decimal, Field(ge=0, le=1_000_000_000, max_digits=14, decimal_places=2)]


class FieldIn(BaseModel):
    """Where a camera would stand and look."""

    model_config = ConfigDict(extra="forbid")

    point: tuple[Lon, Lat] = Field(examples=[[108.366, 22.817]], description="[lon, lat], WGS-84 degrees")
    direction: Degrees = Field(default=0, description="degrees clockwise from north; of no matter at 360 wide")
    field_angle: Angle = Field(examples=[60], description="horizontal, degrees; 360 looks all round")
    view_distance: Metres = Field(examples=[80], description="metres")

    def field(self) -> model.Field:
        """As the planning works with it."""
        return model.Field(self.point, self.direction % 360, self.field_angle, self.view_distance)


class OverlapOut(BaseModel):
    """What one camera sees of the planned field."""

    id: UUID
    code: str
    name: str
    health: HealthWord
    point: Point
    metres: float = Field(description="from the planned point")
    bearing: float = Field(description="from the planned point, degrees clockwise from north")
    share: float = Field(description="of the planned field, 0..1")
    sees_point: bool = Field(description="sees the planned place itself")
    known: bool = Field(description="its field is on file; otherwise parts of it are assumed")
    duplicate: bool = Field(description="sees so much of it that another camera adds little")
    field: list[Point] = Field(description="its field of view as a ring of [lon, lat]")

    @classmethod
    def of(cls, overlap: Overlap) -> Self:
        watcher = overlap.watcher
        assert watcher.field is not None
        return cls(
            id=watcher.id,
            code=watcher.code,
            name=watcher.name,
            health=watcher.health.word,
            point=watcher.point,
            metres=round(overlap.metres, 1),
            bearing=round(overlap.bearing, 1),
            share=round(overlap.share, 4),
            sees_point=overlap.sees_point,
            known=watcher.known,
            duplicate=watcher.known and overlap.share >= model.DUPLICATE_SHARE,
            field=view.outline(watcher.field),
        )


class FindingOut(BaseModel):
    """What it comes to, in words."""

    code: str
    message: str


class CoverageOut(BaseModel):
    """What existing cameras see of a planned field."""

    area: float = Field(description="of the planned field, square metres")
    seen: float = Field(description="share seen by cameras whose field is on file, 0..1")
    working: float = Field(description="share seen by those of them that worked at the last check")
    assumed: float = Field(description="share when fields that are partly assumed count too")
    unknown: int = Field(description="cameras near it of which nobody knows where they look")
    duplicates: int
    cameras: list[OverlapOut] = Field(description="by share, at most 200")
    field: list[Point] = Field(description="the planned field as a ring of [lon, lat]")
    finding: FindingOut
    assumptions: str

    @classmethod
    def of(cls, planned: model.Field, found: Coverage, language: str) -> Self:
        """The coverage as its reader's language tells it."""
        return cls(
            area=round(found.area, 1),
            seen=round(found.seen, 4),
            working=round(found.working, 4),
            assumed=round(found.assumed, 4),
            unknown=found.unknown,
            duplicates=len(found.duplicates),
            cameras=[OverlapOut.of(overlap) for overlap in found.overlaps[:200]],
            field=view.outline(planned),
            finding=finding(found, language),
            assumptions=assumptions(language),
        )


def finding(found: Coverage, language: str) -> FindingOut:
    """What a coverage comes to: covered, covered by cameras that do not work, partly, unknown, or not at all."""
    if found.seen >= model.DUPLICATE_SHARE and found.working < model.DUPLICATE_SHARE:
        code = "catalog.coverage_broken"
    elif found.seen >= model.DUPLICATE_SHARE:
        code = "catalog.coverage_covered"
    elif found.assumed >= model.DUPLICATE_SHARE or found.unknown:
        code = "catalog.coverage_unsure"
    else:
        code = "catalog.coverage_partly" if found.seen > 0.01 else "catalog.coverage_none"
    words = {
        "seen": f"{found.seen:.0%}",
        "working": f"{found.working:.0%}",
        "assumed": f"{found.assumed:.0%}",
        "cameras": sum(overlap.watcher.known for overlap in found.overlaps),
        "unknown": found.unknown,
    }
    return FindingOut(code=code, message=say(code, language, **words))


def assumptions(language: str) -> str:
    """What stands behind every figure here."""
    return say(
        "catalog.coverage_assumptions",
        language,
        metres=f"{model.ASSUMED_DISTANCE:g}",
        angle=f"{model.ASSUMED_ANGLE:g}",
    )


class BlindIn(BaseModel):
    """An area and how finely to look at it."""

    model_config = ConfigDict(extra="forbid")

    polygon: dict[str, Any] = Field(description="GeoJSON Polygon or MultiPolygon")
    cell_metres: float = Field(default=20, ge=2, le=1_000, description="side of a cell of the grid, metres")


class BlindOut(BaseModel):
    """What nobody sees of an area."""

    cells: int
    cell_metres: float
    seen: float = Field(description="share of cells seen by cameras whose field is on file, 0..1")
    working: float = Field(description="share seen by those of them that worked at the last check")
    assumed: float = Field(description="share when fields that are partly assumed count too")
    twice: float = Field(description="share seen by two or more cameras whose fields are on file")
    cameras: int = Field(description="cameras whose field was laid over the area")
    unknown: int = Field(description="cameras around it of which nobody knows where they look")
    blind: list[Point] = Field(description="centres of cells that nobody sees, [lon, lat]; at most 20,000")
    truncated: bool
    assumptions: str

    @classmethod
    def of(cls, found: Blind, language: str) -> Self:
        """The blind spots as their reader's language tells them."""
        return cls(
            cells=found.cells,
            cell_metres=found.cell_metres,
            seen=round(found.seen, 4),
            working=round(found.working, 4),
            assumed=round(found.assumed, 4),
            twice=round(found.twice, 4),
            cameras=found.cameras,
            unknown=found.unknown,
            blind=list(found.blind),
            truncated=len(found.blind) >= view.BLIND_MOST,
            assumptions=assumptions(language),
        )


class PointIn(FieldIn):
    """A point that somebody wants to build."""

    name: str = Field(min_length=1, max_length=200, examples=["古城路与民族大道口西南角"])
    region: str = Field(examples=["450103"])
    cost: Cost | None = Field(default=None, description="estimate, yuan")
    note: str = Field(default="", max_length=2_000)


class PointChange(BaseModel):
    """What is to be different. A field that is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    point: tuple[Lon, Lat] | None = None
    direction: Degrees | None = None
    field_angle: Angle | None = None
    view_distance: Metres | None = None
    name: str | None = Field(default=None, min_length=1, max_length=200)
    region: str | None = None
    cost: Cost | None = None
    note: str | None = Field(default=None, max_length=2_000)


class DecisionIn(BaseModel):
    """What becomes of a planned point."""

    model_config = ConfigDict(extra="forbid")

    state: State = Field(description="`planned` takes an earlier decision back")
    reason: str = Field(min_length=1, max_length=2_000, examples=["已有三台摄像机覆盖 92% 视场，复用"])
    cost: Cost | None = Field(default=None, description="estimate, yuan; what is on file when left out")


class PointOut(BaseModel):
    """A planned point and what became of it."""

    id: UUID
    name: str
    region: RegionName
    point: Point
    direction: float
    field_angle: float
    view_distance: float
    state: State
    cost: float | None = Field(description="estimate, yuan")
    note: str
    by: str
    organisation: str
    created_at: datetime
    updated_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None
    evidence: dict[str, Any] | None = Field(description="the coverage when it was decided")

    @classmethod
    def of(cls, planned: Planned) -> Self:
        return cls(
            id=planned.id,
            name=planned.name,
            region=RegionName(code=planned.region, name=planned.region_name),
            point=planned.field.point,
            direction=planned.field.direction,
            field_angle=planned.field.angle,
            view_distance=planned.field.distance,
            state=planned.state,
            cost=None if planned.cost is None else float(planned.cost),
            note=planned.note,
            by=planned.by_name,
            organisation=planned.organisation,
            created_at=planned.created_at,
            updated_at=planned.updated_at,
            decided_at=planned.decided_at,
            decided_by=planned.decided_by,
            reason=planned.reason,
            evidence=planned.evidence,
        )


class SavingsOut(Page[PointOut]):
    """Points that were not built because existing cameras see enough."""

    points: int
    priced: int = Field(description="points with an estimate")
    cost: float = Field(description="sum of the estimates, yuan")
