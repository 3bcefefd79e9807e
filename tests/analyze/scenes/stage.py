"""A scene that does as it is told, and pictures with nothing in them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from commonsight.analyze.scenes.model import (
    Decoding,
    Fold,
    IncidentKind,
    Measured,
    Needs,
    Parameter,
    Phase,
    SceneCard,
    Seen,
    Sighting,
)

AT = datetime(2026, 5, 1, 4, tzinfo=UTC)

CARD = SceneCard(
    code="counter", area="traffic", zh="数", en="Counter", what_zh="数", what_en="Counts", limits_zh=("夜",),
    limits_en=("Night",), needs=Needs(2.0, 0.5, Decoding.KEYFRAMES), targets=("zone",), targets_least=1,
    parameters=(Parameter("seconds", "秒", "Seconds", "s", 60, 10, 600),),
    measures=(Measured("n", "数", "N", "", Fold.SUM, "数", "How many"),),
    incidents=(IncidentKind("seen", "看见", "Seen", 3),),
)  # fmt: skip


class Blank:
    """A look at a picture in which nothing is asked for."""

    def __init__(self, seconds: float = 0.0, size: tuple[int, int] = (640, 360)) -> None:
        self.time, self.elapsed, self.size = seconds, 1.0, size
        self.at = AT + timedelta(seconds=seconds)

    def luma(self, width: int, height: int) -> np.ndarray:
        return np.zeros((height, width), np.uint8)


def scene(code: str, see: Callable[[object, object], Seen], needs: Needs | None = None) -> type:
    """A scene class: `see(self, look)` is what it does."""

    class Made:
        card = replace(CARD, code=code, needs=needs or CARD.needs)

        def __init__(self, setup: object) -> None:
            self.setup = setup

        def see(self, look: object) -> Seen:
            return see(self, look)

        def leave(self, at: datetime) -> list[Sighting]:
            return []

    return Made


def sighting(key: str, phase: Phase = Phase.BEGAN, incident: str = "seen") -> Sighting:
    return Sighting(key, incident, "square", phase, AT, 0.8)
