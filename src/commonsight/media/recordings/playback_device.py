"""Playing what a GB/T 28181 device recorded: the device sends, at the speed it is told; we only keep time.

A device tells no wall time. Where a picture lies is counted from where playback began, or was last sent to, by the
device's own stamps: right to within one keyframe group.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import structlog

from commonsight.clock import Clock
from commonsight.connect.gb28181.session_open import Wish, open_wish, read_url
from commonsight.connect.model import (
    TICKS_PER_SECOND,
    AccessUnit,
    Address,
    Codec,
    Session,
    SourceCode,
    SourceError,
    StreamInfo,
)
from commonsight.media.fmp4 import MuxError, fragment, init_segment, parameter_sets
from commonsight.media.model import End
from commonsight.media.recordings.playback_out import Outgoing, Shot, Show, checked_moment, checked_speed
from commonsight.media.timeline import Timeline
from commonsight.problem import Refusal

SETTLE_SECONDS: Final = 0.15
"""After a device has been sent elsewhere, what is still under way from before is let pass."""

_ENDS: Final[dict[SourceCode, End]] = {
    SourceCode.UNAUTHORIZED: "unauthorized",
    SourceCode.NOT_FOUND: "not_found",
    SourceCode.NO_VIDEO: "no_video",
    SourceCode.UNSUPPORTED_CODEC: "unsupported_codec",
    SourceCode.LOST: "source_lost",
}

log = structlog.get_logger(__name__)


class Steered(Session, Protocol):
    """A recording a device plays (`connect.gb28181.session.GbSession`)."""

    async def pause(self) -> None: ...
    async def play(self) -> None: ...
    async def seek(self, position: float) -> None: ...
    async def speed(self, times: float) -> None: ...


Open = Callable[[datetime, datetime], Awaitable[Steered]]
"""Opens a device's recording of a span. Raises SourceError."""


@dataclass(slots=True)
class _Anchor:
    """The picture at `pts` of the device's stamps was taken at `at`. `pts` None: the next keyframe says."""

    at: datetime
    pts: int | None = None


class DevicePlayer(Outgoing):
    """Plays a device's recording between `span` to one viewer."""

    def __init__(
        self, transport: asyncio.WriteTransport, clock: Clock, on_first: Callable[[], None], opener: Open,
        span: tuple[datetime, datetime], at: datetime,
    ) -> None:  # fmt: skip
        super().__init__(transport, clock, on_first)
        self._opener = opener
        self._begin, self._end = span
        self._start = at
        self._session: Steered | None = None
        self._anchor = _Anchor(at)
        self._timeline = Timeline()
        self._settled = 0.0
        self._sets: tuple[bytes, ...] = ()

    async def command(self, said: dict[str, Any]) -> None:
        """`pause`, `play`, `seek` with `at`, `speed` with `speed`; no device steps single pictures. Raises Refusal."""
        session = self._session
        if session is None:
            raise Refusal("media.playback_opening", status=409, operand="type")
        match said.get("type"):
            case "pause":
                await session.pause()
                self.paused = True
            case "play":
                await session.play()
                self.paused = False
            case "seek":
                at = checked_moment(said.get("at"), self._start, self._end)
                await session.seek((at - self._start).total_seconds())
                self.paused = False
                self._restart(at)
            case "speed":
                speed = checked_speed(said.get("speed"))
                await session.speed(speed)
                if self.at is not None:
                    self.position(self.at)
                self.speed, self.paused = speed, False
            case other:
                raise Refusal(
                    "media.playback_command", status=422, operand="type", expected="pause, play, seek, speed",
                    actual=str(other)[:20],
                )  # fmt: skip

    def _restart(self, at: datetime) -> None:
        self._anchor = _Anchor(at)
        self._timeline = Timeline()
        self._settled = self._clock.monotonic() + SETTLE_SECONDS
        self._sets = ()  # a stream message marks the jump

    async def run(self) -> None:
        """Play until the device says that it is over."""
        try:
            session = self._session = await self._opener(self._start, self._end)
        except SourceError as error:
            log.info("recording_not_opened", code=error.code.value, detail=error.detail)
            self.end(_ENDS.get(error.code, "unreachable"))
            return
        try:
            async for unit in session:
                if self.ended.done():
                    return
                self._take(unit, session.info)
                await self.drained()
            await self.over()
        except SourceError as error:
            log.info("recording_broke_off", code=error.code.value, detail=error.detail)
            self.end(_ENDS.get(error.code, "source_lost"))
        except MuxError as error:
            log.warning("no_init_segment", error=str(error))
            self.end("unsupported_codec")
        finally:
            await asyncio.shield(session.close())

    def _take(self, unit: AccessUnit, info: StreamInfo) -> None:
        if self._anchor.pts is None:
            if not unit.keyframe or self._clock.monotonic() < self._settled:
                return
            self._anchor.pts = unit.pts
        if info.codec is Codec.JPEG:
            self.end("unsupported_codec")
            return
        if unit.keyframe:
            sets = parameter_sets(info.codec, unit.data) or info.parameter_sets
            if sets != self._sets:
                self._sets = sets
                init = init_segment(info.codec, sets, info.width, info.height)
                self.stream(Show(init, info.codec.value, info.width, info.height, audible=False))
        slot = self._timeline.place(unit.pts, keyframe=unit.keyframe)
        at = self._anchor.at + timedelta(seconds=(unit.pts - self._anchor.pts) / TICKS_PER_SECOND)
        body = fragment(
            info.codec, unit.data, sequence=0, decode_time=0, duration=slot.duration, offset=slot.pts - slot.dts,
            keyframe=unit.keyframe,
        )  # fmt: skip
        self.picture(Shot(at, body, unit.keyframe))


def opener_of(address: Address | None, clock: Clock, timeout: float) -> Open:
    """How to open a device's recordings of the camera at `address`.

    Raises:
        Refusal: `media.device_records_unsupported` for a camera that is reached another way.
    """
    if address is None or address.protocol != "gb28181":
        raise Refusal(
            "media.device_records_unsupported", status=409, operand="source", expected="gb28181",
            actual=None if address is None else address.protocol,
        )  # fmt: skip
    wish = read_url(address.url)

    async def opened(begin: datetime, end: datetime) -> Steered:
        asked = Wish(
            wish.device, wish.channel, "playback", wish.transport, int(begin.timestamp()), int(end.timestamp())
        )  # fmt: skip
        return await open_wish(asked, timeout=timeout, clock=clock)

    return opened
