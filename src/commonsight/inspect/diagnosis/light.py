"""Day or night at a place and a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from astral import Observer
from astral.sun import elevation

from commonsight.inspect.diagnosis.model import Phase

LOW_SUN: Final = 2.0
"""Degrees above the horizon; below, lamps and infrared may already do the lighting."""
DAYTIME: Final = range(7, 18)
"""Hours that count as day where a camera's place is not on file."""


def phase(at: datetime, point: tuple[float, float] | None, zone: ZoneInfo, *, colourless: bool = False) -> Phase:
    """Day or night for a camera.

    Args:
        at: the moment, aware.
        point: (lon, lat), WGS-84 degrees; None: the clock of `zone` decides.
        colourless: the picture has no colour: the camera itself went over to night.
    """
    if colourless:
        return Phase.NIGHT
    if point is None:
        return Phase.DAY if at.astimezone(zone).hour in DAYTIME else Phase.NIGHT
    longitude, latitude = point
    return Phase.DAY if elevation(Observer(latitude, longitude), at) >= LOW_SUN else Phase.NIGHT
