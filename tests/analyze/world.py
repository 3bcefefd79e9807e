"""Cameras in a database, and road users that move as told."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from sqlalchemy import text

from commonsight.analyze import store
from commonsight.analyze.model import Analysis, Line, Zone
from commonsight.analyze.road_users import CLASSES
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from commonsight.vision.model import Detections

LINE = Line("middle", "Middle", (0.0, 0.5), (1.0, 0.5))
ZONE = Zone("all", "All", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
ANALYSIS = Analysis(enabled=True, lines=(LINE,), zones=(ZONE,))


async def add_camera(
    database: Database,
    number: int = 1,
    region: str = "450102",
    analysis: Analysis = ANALYSIS,
    camera: UUID | None = None,
) -> UUID:
    """A camera with a source, watched for `analysis`."""
    camera = camera or uuid7()
    async with database.write() as session:
        await session.execute(
            text("""INSERT INTO cameras (id, code, name, region, grams, protocol, url)
                    VALUES (:id, :code, 'camera', :region, '{}', 'rtsp', 'rtsp://127.0.0.1/x')"""),
            {"id": camera, "code": f"{number:020d}", "region": region},
        )
        await store.write(session, camera, analysis)
    return camera


def detections(
    boxes: Sequence[Sequence[float]], kinds: Sequence[str] | str = "car", scores: Sequence[float] | float = 0.6
) -> Detections:
    """Boxes as a detector gives them: xyxy in pixels."""
    count = len(boxes)
    names = [kinds] * count if isinstance(kinds, str) else list(kinds)
    return Detections(
        np.array(boxes, np.float32).reshape(count, 4),
        np.full(count, scores, np.float32) if isinstance(scores, float) else np.array(scores, np.float32),
        np.array([CLASSES.index(name) for name in names], np.int32),
        CLASSES,
    )
