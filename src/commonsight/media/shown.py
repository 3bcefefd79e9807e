"""A kept picture on its way to a person: held to the grant's limits, with who looks written into it."""

import asyncio
from io import BytesIO
from pathlib import Path

import av
import numpy as np

from commonsight.connect.model import Codec
from commonsight.gate.model import Limits
from commonsight.media.masked.limits import refuse_unready
from commonsight.media.watermark import drawn
from commonsight.problem import Refusal
from commonsight.vision.decode import Frame
from commonsight.vision.mask_cover import cover_yuv420
from commonsight.vision.mask_policy import Policy
from commonsight.vision.masking import Masker
from commonsight.vision.picture import Converter, Planes
from commonsight.vision.quality.still import jpeg
from commonsight.vision.store import ModelStore


async def shown(data: bytes, limits: Limits, models: Path, text: str) -> bytes:
    """The JPEG masked and shrunk as the permit says, with `text` in it.

    Raises:
        Refusal: `media.limit_unsupported`, `media.mask_model_missing`, `media.font_missing`, `media.snapshot_failed`,
            `vision.model_changed`.
    """
    if limits.mask is not None or limits.resolution is not None:
        data = await asyncio.to_thread(_held_to, data, limits, models)
    return await drawn(Codec.JPEG, data, text)


def _held_to(data: bytes, limits: Limits, models: Path) -> bytes:
    refuse_unready(limits, models)
    with av.open(BytesIO(data), "r", format="jpeg_pipe") as opened:
        frame = next(iter(opened.decode(video=0)), None)
    if frame is None:
        raise Refusal("media.snapshot_failed", status=502)
    picture = Frame(frame, Converter())
    still = picture.still()
    if limits.mask is not None:
        masker = Masker(Policy(limits.mask), ModelStore(models), hold=False)
        planes = Planes(still.luma.copy(), still.blue.copy(), still.red.copy(), still.full_range)
        cover_yuv420(planes.luma, planes.blue, planes.red, np.asarray(masker.boxes(picture, 0.0)))
        still = planes
    width = still.width
    if limits.resolution is not None and still.height > limits.resolution:
        width = max(16, round(still.width * limits.resolution / still.height))
    return jpeg(still, width)
