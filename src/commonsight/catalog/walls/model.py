"""Pure types and rules of walls."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

from commonsight.problem import Refusal

SIZES: Final = (1, 4, 9, 16)
"""Cells of a wall: squares, so that each picture keeps its shape."""

TOUR_MOST: Final = 200
"""Cameras shown one after another in one place."""

CAMERAS_MOST: Final = 500
"""Cameras of a whole wall; what more people can watch is no wall but a list."""

SECONDS_LEAST: Final = 5
"""Shortest stay of a tour at a camera. A picture needs a second or two to come; less would show mostly waiting."""

SECONDS_MOST: Final = 3_600

WALLS_MOST: Final = 100
"""Walls one person keeps."""

FAVOURITES_MOST: Final = 500
"""Cameras one person marks."""


@dataclass(frozen=True, slots=True)
class Tour:
    """Cameras shown one after another, each for so many seconds; of one camera, just that camera."""

    cameras: tuple[UUID, ...]
    seconds: int

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """From what was stored."""
        return cls(tuple(UUID(camera) for camera in said["cameras"]), said["seconds"])

    def plain(self) -> dict[str, Any]:
        """As it is stored."""
        return {"cameras": [str(camera) for camera in self.cameras], "seconds": self.seconds}


@dataclass(frozen=True, slots=True)
class Layout:
    """What hangs where: row by row, `None` where nothing does. With a `tour`, its cameras fill all cells in turn."""

    size: int
    cells: tuple[Tour | None, ...]
    tour: Tour | None = None

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """From what was stored."""
        cells = tuple(None if cell is None else Tour.of(cell) for cell in said["cells"])
        return cls(said["size"], cells, None if said.get("tour") is None else Tour.of(said["tour"]))

    def plain(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "size": self.size,
            "cells": [None if cell is None else cell.plain() for cell in self.cells],
            "tour": None if self.tour is None else self.tour.plain(),
        }

    @property
    def cameras(self) -> tuple[UUID, ...]:
        """Every camera once, in the order of the cells and then of the tour."""
        shown = [*self.cells, self.tour]
        return tuple(dict.fromkeys(camera for tour in shown if tour is not None for camera in tour.cameras))


EMPTY: Final = Layout(4, (None,) * 4)
"""What somebody sees who has never hung anything."""


def check(layout: Layout) -> None:
    """Hold a layout to the rules that no single field can hold.

    Raises:
        Refusal: `catalog.wall_cells` (422) for a wrong number of cells, `catalog.wall_crowded` (422) for too many
            cameras.
    """
    if len(layout.cells) != layout.size:
        raise Refusal(
            "catalog.wall_cells",
            status=422,
            rule="as many cells as the size says",
            operand="layout.cells",
            expected=layout.size,
            actual=len(layout.cells),
        )
    if len(layout.cameras) > CAMERAS_MOST:
        raise Refusal(
            "catalog.wall_crowded",
            status=422,
            rule="cameras of one wall",
            operand="layout",
            expected=CAMERAS_MOST,
            actual=len(layout.cameras),
        )


@dataclass(frozen=True, slots=True)
class Wall:
    """A wall that somebody keeps under a name. `shared`: with everybody of the organisation it was shared in."""

    id: UUID
    owner_id: UUID
    owner_name: str
    name: str
    shared: bool
    layout: Layout
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Desk:
    """What a person's wall looks like now, and which named wall it began from."""

    layout: Layout
    wall_id: UUID | None = None
    wall_name: str | None = None
    updated_at: datetime | None = None
