"""What the HTTP interface says about walls."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from commonsight.catalog.model import CameraRow
from commonsight.catalog.views import CameraOut, plain
from commonsight.catalog.walls.model import SECONDS_LEAST, SECONDS_MOST, TOUR_MOST, Desk, Layout, Tour, Wall

Size = Literal[1, 4, 9, 16]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$"),
    Field(examples=["东盟博览会保障"]),
]
_CAMERA = "0198a0b0-0000-7000-8000-000000000001"


class TourPart(BaseModel):
    """One camera, or several shown one after another."""

    model_config = ConfigDict(extra="forbid")

    cameras: list[UUID] = Field(min_length=1, max_length=TOUR_MOST, examples=[[_CAMERA]])
    seconds: int = Field(default=15, ge=SECONDS_LEAST, le=SECONDS_MOST, description="stay at each camera, s")

    def tour(self) -> Tour:
        """As the room works with it."""
        return Tour(tuple(self.cameras), self.seconds)

    @classmethod
    def of(cls, tour: Tour) -> Self:
        return cls(cameras=list(tour.cameras), seconds=tour.seconds)


class LayoutPart(BaseModel):
    """What hangs where."""

    model_config = ConfigDict(extra="forbid")

    size: Size = Field(examples=[4], description="cells of the wall")
    cells: list[TourPart | None] = Field(
        max_length=16, examples=[[{"cameras": [_CAMERA]}, None, None, None]], description="row by row, null: empty"
    )
    tour: TourPart | None = Field(default=None, description="fills all cells in turn; they rest meanwhile")

    def layout(self) -> Layout:
        """As the room works with it."""
        cells = tuple(None if cell is None else cell.tour() for cell in self.cells)
        return Layout(self.size, cells, None if self.tour is None else self.tour.tour())

    @classmethod
    def of(cls, layout: Layout) -> Self:
        cells = [None if cell is None else TourPart.of(cell) for cell in layout.cells]
        tour = None if layout.tour is None else TourPart.of(layout.tour)
        return cls.model_validate({"size": layout.size, "cells": cells, "tour": tour})


class WallIn(BaseModel):
    """A wall to keep."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    shared: bool = Field(default=False, description="with everybody of one's own organisation")
    layout: LayoutPart


class WallChange(BaseModel):
    """What is to change; everything left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    shared: bool | None = None
    layout: LayoutPart | None = None


class WallItem(BaseModel):
    """A wall in a list."""

    id: UUID
    name: str
    owner: str = Field(description="who keeps it")
    mine: bool
    shared: bool
    size: Size
    cameras: int = Field(description="how many hang there")
    tours: bool = Field(description="some are shown one after another")
    updated_at: datetime

    @classmethod
    def item(cls, wall: Wall, person: UUID) -> Self:
        layout = wall.layout
        tours = layout.tour is not None or any(cell is not None and len(cell.cameras) > 1 for cell in layout.cells)
        return cls.model_validate(
            {
                "id": wall.id,
                "name": wall.name,
                "owner": wall.owner_name,
                "mine": wall.owner_id == person,
                "shared": wall.shared,
                "size": layout.size,
                "cameras": len(layout.cameras),
                "tours": tours,
                "updated_at": wall.updated_at,
            }
        )


def _cameras(rows: list[CameraRow]) -> list[CameraOut]:
    return [CameraOut.model_validate(plain(row)) for row in rows]


class WallOut(BaseModel):
    """A wall with the cameras of it that the caller may see. Those out of use, or elsewhere, are left out."""

    id: UUID
    name: str
    owner: str
    mine: bool
    shared: bool
    layout: LayoutPart
    cameras: list[CameraOut]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, wall: Wall, person: UUID, rows: list[CameraRow]) -> Self:
        return cls(
            id=wall.id,
            name=wall.name,
            owner=wall.owner_name,
            mine=wall.owner_id == person,
            shared=wall.shared,
            layout=LayoutPart.of(wall.layout),
            cameras=_cameras(rows),
            created_at=wall.created_at,
            updated_at=wall.updated_at,
        )


class DeskIn(BaseModel):
    """What one's wall looks like now."""

    model_config = ConfigDict(extra="forbid")

    layout: LayoutPart
    wall_id: UUID | None = Field(default=None, description="the named wall it began from")


class DeskOut(BaseModel):
    """What one's wall looked like last; empty for who has never hung anything."""

    layout: LayoutPart
    wall_id: UUID | None
    wall_name: str | None
    cameras: list[CameraOut]
    updated_at: datetime | None

    @classmethod
    def of(cls, desk: Desk, rows: list[CameraRow]) -> Self:
        return cls(
            layout=LayoutPart.of(desk.layout),
            wall_id=desk.wall_id,
            wall_name=desk.wall_name,
            cameras=_cameras(rows),
            updated_at=desk.updated_at,
        )
