"""Taking evidence: from what is recorded, or for a few seconds from the live stream, through media under a permit."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Final
from uuid import UUID

import av
import numpy as np

from commonsight.clock import Clock
from commonsight.connect.model import TICKS_PER_SECOND, AccessUnit, Codec, StreamInfo
from commonsight.gate.model import Limits
from commonsight.media.client import PacketStream, StreamEnded
from commonsight.media.fmp4 import MuxError, fragment, init_segment, parameter_sets
from commonsight.media.masked.limits import refuse_unready
from commonsight.media.recordings import clip
from commonsight.problem import Refusal
from commonsight.settings import Settings
from commonsight.vision.decode import Decoder, Frame
from commonsight.vision.mask_cover import cover_yuv420
from commonsight.vision.mask_file import mask_file
from commonsight.vision.mask_policy import Policy
from commonsight.vision.masking import Masker
from commonsight.vision.picture import Converter, Planes
from commonsight.vision.quality.still import jpeg
from commonsight.vision.store import ModelStore

STILL_WIDTH: Final = 1_280
"""Widest picture that is kept."""
UNITS_MOST: Final = 60 * 60
BYTES_MOST: Final = 200_000_000
"""Of a live clip; a stream that is larger ends it early."""
DURATION_LEAST: Final = 900
"""Ticks of a unit whose successor is not later: a hundredth of a second."""


@dataclass(frozen=True, slots=True)
class Live:
    """Units of a live stream. `began_at`: when the first one came."""

    info: StreamInfo
    units: tuple[AccessUnit, ...]
    began_at: datetime

    @property
    def seconds(self) -> float:
        """What they span."""
        return (self.units[-1].pts - self.units[0].pts) / TICKS_PER_SECOND if self.units else 0.0


async def live(stream: PacketStream, seconds: float, clock: Clock) -> Live:
    """Read a stream from its next keyframe on. Bounded in time, number and bytes.

    Raises:
        StreamEnded: no picture came.
    """
    units: list[AccessUnit] = []
    began, size = clock.now(), 0
    try:
        async with asyncio.timeout(seconds + 15.0):
            async for unit in stream:
                if not units:
                    if not unit.keyframe:
                        continue
                    began = clock.now() - timedelta(seconds=max(0.0, clock.monotonic() - unit.received))
                units.append(unit)
                size += len(unit.data)
                long_enough = unit.pts - units[0].pts >= seconds * TICKS_PER_SECOND
                if long_enough or len(units) >= UNITS_MOST or size >= BYTES_MOST:
                    break
    except (TimeoutError, StreamEnded):
        if not units:
            raise StreamEnded("no_video") from None
    return Live(stream.info, tuple(units), began)


def still_of(taken: Live, mask: str, models: Path) -> bytes:
    """The first picture as JPEG, masked. Blocks.

    Raises:
        Refusal: `media.snapshot_failed`, and what masking is refused for.
    """
    decoder = Decoder(taken.info.codec.value)
    for unit in taken.units:
        for frame in decoder.feed(unit.data, unit.pts):
            return masked_jpeg(frame, mask, models)
    for frame in decoder.flush():
        return masked_jpeg(frame, mask, models)
    raise Refusal("media.snapshot_failed", status=502)


def masked_jpeg(frame: Frame, mask: str, models: Path) -> bytes:
    """A picture as JPEG, what the policy names taken out of it. Blocks.

    Raises:
        Refusal: `media.mask_model_missing`, `media.limit_unsupported`, `vision.model_changed`.
    """
    still = frame.still()
    planes = Planes(still.luma.copy(), still.blue.copy(), still.red.copy(), still.full_range)
    if mask:
        refuse_unready(Limits(mask=mask), models)
        boxes = Masker(Policy(mask), ModelStore(models), hold=False).boxes(frame, 0.0)
        cover_yuv420(planes.luma, planes.blue, planes.red, np.asarray(boxes))
    return jpeg(planes, STILL_WIDTH)


def film(taken: Live, target: Path) -> None:
    """Write live units as fragmented MP4, nothing coded anew. Blocks.

    Raises:
        Refusal: `analyze.evidence_codec` where no film can be made of such a stream.
    """
    codec, first = taken.info.codec, taken.units[0]
    if codec is Codec.JPEG:
        raise Refusal("analyze.evidence_codec", status=415, operand="codec", actual=codec.value)
    sets = parameter_sets(codec, first.data) or taken.info.parameter_sets
    try:
        init = init_segment(codec, sets, taken.info.width, taken.info.height)
    except MuxError as error:
        raise Refusal("analyze.evidence_codec", status=415, operand="codec", actual=str(error)[:200]) from error
    following = [*(unit.pts for unit in taken.units[1:]), taken.units[-1].pts + TICKS_PER_SECOND // 25]
    at = 0
    with target.open("wb") as out:
        out.write(init.segment)
        for sequence, (unit, after) in enumerate(zip(taken.units, following, strict=True), start=1):
            duration = max(after - unit.pts, DURATION_LEAST)
            out.write(
                fragment(
                    codec, unit.data, sequence=sequence, decode_time=at, duration=duration, offset=0,
                    keyframe=unit.keyframe,
                )
            )  # fmt: skip
            at += duration


def masked_film(source: Path, target: Path, mask: str, models: Path) -> None:
    """The film with what the policy names taken out; moved as it is without one. Blocks. Raises Refusal."""
    if not mask:
        source.replace(target)
        return
    refuse_unready(Limits(mask=mask), models)
    mask_file(source, target, Policy(mask), models)


def recorded_still(paths: list[Path], at: datetime, mask: str, work: Path, settings: Settings) -> bytes:
    """The picture that was recorded at a moment, masked. Blocks.

    Raises:
        Refusal: `media.nothing_recorded`, `media.snapshot_failed`, and what masking is refused for.
    """
    found = clip.runs(paths, at, at + timedelta(seconds=1))
    if not found:
        raise Refusal("media.nothing_recorded", status=404, operand="at", actual=at.isoformat())
    plain = work / "still.mp4"
    _, lead = clip.join(found[0], plain, sound=False)
    with av.open(BytesIO(plain.read_bytes()), "r", format="mp4") as opened:
        last = None
        for picture in opened.decode(video=0):
            last = picture
            if picture.time is not None and picture.time >= lead:
                break
    if last is None:
        raise Refusal("media.snapshot_failed", status=502)
    return masked_jpeg(Frame(last, Converter()), mask, settings.models_dir)


async def recorded_clip(
    paths: list[Path], begin: datetime, end: datetime, target: Path, mark: clip.Mark, settings: Settings,
    beat: Callable[[], Awaitable[None]],
) -> tuple[datetime, datetime]:  # fmt: skip
    """Cut a clip out of recordings; returns what it shows.

    Raises:
        Refusal: as `clip.make`.
    """

    async def told(_: float) -> None:
        await beat()

    runs = await clip.make(paths, begin, end, target, mark, settings.incidents.mask or None, settings, told)
    return runs[0].begin, runs[-1].end


def incident_mark(incident_id: UUID, camera: str, zone: str) -> clip.Mark:
    """What is drawn into a clip when it is kept: whose it is and when each picture was taken."""
    return clip.Mark("共视 Commonsight", camera, str(incident_id), zone)
