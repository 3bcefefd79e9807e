"""One camera, opened once: its current keyframe group, whoever reads it, and what happens when it goes away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

import structlog

from commonsight.clock import Clock
from commonsight.connect.model import AccessUnit, Codec, Counters, Session, Sound, SourceCode, SourceError, StreamInfo
from commonsight.connect.service import Opened, Waiting
from commonsight.media.fmp4 import MuxError, init_segment, parameter_sets
from commonsight.media.model import Boxes, End, Reader, StreamOver, Track, Unit
from commonsight.media.sound import RATE, SoundTrack
from commonsight.media.timeline import Timeline

log = structlog.get_logger(__name__)


class Source(Protocol):
    """A camera that is opened again whenever it goes away: `connect.service.Reopening`, or a test's stand-in."""

    @property
    def session(self) -> Session | None: ...

    def __aiter__(self) -> AsyncIterator[Opened | AccessUnit | Waiting]: ...

    def listen(self, listener: Callable[[Sound], None]) -> None: ...

    async def close(self) -> None: ...


Opener = Callable[[], Awaitable[Source]]

LOST_SECONDS: Final = 600.0
"""A camera silent for so long is given up; who still wants it asks anew."""

_ENDS: Final[dict[SourceCode, End]] = {
    SourceCode.UNAUTHORIZED: "unauthorized",
    SourceCode.NOT_FOUND: "not_found",
    SourceCode.NO_VIDEO: "no_video",
    SourceCode.UNSUPPORTED_CODEC: "unsupported_codec",
}
"""What keeps a camera from being opened, by the name readers are told. All others are `unreachable`."""
_LASTING: Final = {SourceCode.UNAUTHORIZED, SourceCode.UNSUPPORTED_CODEC}
"""Failures that waiting does not mend once a camera has played: one that restarts may know no stream for a while."""


@dataclass(slots=True)
class Totals:
    """What a relay has done since it was made. Every figure only rises."""

    units: int = 0
    bytes: int = 0
    reconnects: int = 0


class Relay:
    """Holds one camera open for its readers.

    Args:
        opener: finds the camera; raises SourceError when there is nothing to open. Called once.
        group_bytes: largest keyframe group kept for those who join late; a longer one is not kept at all.
        idle_seconds: the camera is closed so long after the last reader left.
        on_closed: called once, when the camera is closed and no reader is left.
    """

    def __init__(
        self,
        camera_id: UUID,
        opener: Opener,
        clock: Clock,
        *,
        group_bytes: int,
        idle_seconds: float,
        on_closed: Callable[["Relay"], None],
    ) -> None:
        self.camera_id = camera_id
        self.totals = Totals()
        self.readers: dict[Reader, bool] = {}  # reader -> whether it has been started; insertion order is kept
        self.track: Track | None = None
        self.closed = False
        self._opener = opener
        self._clock = clock
        self._group_bytes = group_bytes
        self._idle_seconds = idle_seconds
        self._on_closed = on_closed
        self._timeline = Timeline()
        self._group: list[Unit] = []
        self._group_size = 0
        self._sequence = 0
        self._state = "opening"
        self._audible = False  # whether the camera has sent sound
        self._sound: SoundTrack | None = None  # while somebody listens
        self._idle: asyncio.TimerHandle | None = None
        self._source: Source | None = None
        self._task = asyncio.create_task(self._run(), name=f"relay-{camera_id}")

    @property
    def counters(self) -> Counters | None:
        """What the session that plays now has counted; None while the camera is away."""
        session = None if self._source is None else self._source.session
        return None if session is None else session.counters

    @property
    def state(self) -> str:
        """`opening`, `live`, `reconnecting` or `closed`."""
        return self._state

    def attach(self, reader: Reader) -> None:
        """Hand pictures to `reader` from now on: from the cached keyframe if there is one, else from the next."""
        if self.closed:
            reader.end("source_lost")
            return
        self._cancel_idle()
        self.readers[reader] = False
        if self._state == "reconnecting":
            reader.state("reconnecting")
        if self._group:
            self._start(reader, self._group[0])

    def detach(self, reader: Reader) -> None:
        """`reader` wants no more."""
        self.readers.pop(reader, None)
        if not any(each.sound for each in self.readers):
            self._sound = None
        if not self.readers and not self.closed:
            self.linger()

    def linger(self) -> None:
        """Stay open for the idle time from now on, though nobody reads: somebody is about to."""
        self._cancel_idle()
        if not self.readers:
            self._idle = asyncio.get_running_loop().call_later(self._idle_seconds, self._stop)

    def boxes(self, boxes: Boxes) -> None:
        """Pass on what analysis saw, in the order it comes."""
        for reader, started in list(self.readers.items()):
            if started:
                reader.boxes(boxes)

    async def close(self, code: End = "node_stopping") -> None:
        """Tell every reader why, close the camera, and wait until both are done."""
        self._end(code)
        self._stop()
        await self.wait_closed()

    async def wait_closed(self) -> None:
        """Return once the camera is closed."""
        await asyncio.wait([self._task])

    def _stop(self) -> None:
        self.closed = True  # from here on nobody may join
        self._task.cancel()

    async def _run(self) -> None:
        code: End = "source_lost"
        try:
            code = await self._hold()
        except asyncio.CancelledError:
            pass  # idle, or the node stops and has said so
        except Exception:
            log.exception("relay_failed", camera=str(self.camera_id))
        finally:
            self._cancel_idle()
            self.closed = True
            self._state = "closed"
            self._end(code)
            self._group.clear()
            self._on_closed(self)

    async def _hold(self) -> End:
        """Read until there is no hope or no reader; returns why."""
        heard = self._clock.monotonic()
        try:
            source = self._source = await self._opener()
            source.listen(self._hear)
            async for event in source:
                if isinstance(event, AccessUnit):
                    assert source.session is not None
                    self._take(event, source.session.info)
                elif isinstance(event, Waiting):
                    now = self._clock.monotonic()
                    if self._state == "live":
                        heard = now
                    lasting = _LASTING if self.track is not None else _ENDS.keys()
                    if event.error.code in lasting or self.track is None or now - heard > LOST_SECONDS:
                        raise event.error
                    self.totals.reconnects += 1
                    self._lost()
        except StreamOver as over:
            return over.code
        except SourceError as error:
            log.info("source_failed", camera=str(self.camera_id), code=error.code.value, detail=error.detail)
            return _ENDS.get(error.code, "unreachable" if self.track is None else "source_lost")
        finally:
            if self._source is not None:
                await self._source.close()
                self._source = None
        return "source_lost"

    def _take(self, given: AccessUnit, info: StreamInfo) -> None:
        if given.keyframe:
            self._keyframe(given, info)
        elif self.track is None:
            return
        slot = self._timeline.place(given.pts, keyframe=given.keyframe)
        track = self.track
        assert track is not None
        unit = Unit(
            track.codec, given.data, slot.pts, slot.dts, slot.duration, given.keyframe, given.received, self._sequence
        )
        self._sequence += 1
        self.totals.units += 1
        self.totals.bytes += len(given.data)
        self._remember(unit)
        for reader, started in list(self.readers.items()):
            if started:
                reader.take(unit)
            elif given.keyframe:
                self._start(reader, unit)
        if self._sound is not None:
            self._say(self._sound.keep_up(slot.pts))
        self._state = "live"

    def _hear(self, sound: Sound) -> None:
        """A piece of sound has come. It costs nothing while nobody listens."""
        if not self._audible:
            self._audible = True
            for reader in list(self.readers):
                reader.audible()
                if reader.sound:
                    self.readers[reader] = False  # it begins anew with the next keyframe, with sound
        shown = self._timeline.shown(sound.pts)
        if self._sound is not None and shown is not None:
            self._say(self._sound.feed(sound, shown))

    def _say(self, messages: list[bytes]) -> None:
        for message in messages:
            for reader, started in self.readers.items():
                if started and reader.sound:
                    reader.hear(message)

    def _keyframe(self, given: AccessUnit, info: StreamInfo) -> None:
        """A keyframe may bring other parameter sets, or a JPEG another size: then every reader begins anew."""
        track = self.track
        sets = parameter_sets(info.codec, given.data) or info.parameter_sets
        resized = track is not None and not sets and (track.width, track.height) != (info.width, info.height)
        if track is None or track.codec is not info.codec or track.parameter_sets != sets or resized:
            self.track = Track(info.codec, sets, info.width, info.height)
            self.readers = dict.fromkeys(self.readers, False)

    def _remember(self, unit: Unit) -> None:
        if unit.keyframe:
            self._group = [unit]
            self._group_size = len(unit.data)
        elif self._group:
            self._group.append(unit)
            self._group_size += len(unit.data)
        if self._group_size > self._group_bytes:
            self._group = []  # whoever joins now waits for the next keyframe
            self._group_size = 0

    def _start(self, reader: Reader, keyframe: Unit) -> None:
        track = self.track
        assert track is not None
        group = self._group or [keyframe]  # no group: the keyframe alone is beyond the bound
        sounding = reader.sound and self._audible and track.codec is not Codec.JPEG
        if reader.browser and track.codec is not Codec.JPEG:
            try:
                _describe(track, sounding=sounding)
            except MuxError as error:
                log.warning("no_init_segment", camera=str(self.camera_id), error=str(error))
                self._dismiss(reader, "unsupported_codec")
                return
        self.readers[reader] = True
        reader.start(track, group, audible=self._audible)
        if sounding:
            self._sound = self._sound or SoundTrack(group[-1].pts)
            for message in self._sound.before(group[0].pts):
                reader.hear(message)

    def _lost(self) -> None:
        """The camera is away; with its next keyframe every reader begins anew."""
        self._sound = None
        self._group.clear()  # an old keyframe would look like a live picture to whoever joins now
        if self._state != "reconnecting":
            self._state = "reconnecting"
            self.readers = dict.fromkeys(self.readers, False)
            for reader in list(self.readers):
                reader.state("reconnecting")

    def _end(self, code: End) -> None:
        for reader in list(self.readers):
            self._dismiss(reader, code)

    def _dismiss(self, reader: Reader, code: End) -> None:
        self.readers.pop(reader, None)
        reader.end(code)

    def _cancel_idle(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None


def _describe(track: Track, *, sounding: bool) -> None:
    """Make the init segment that is wanted, once a track. Raises MuxError."""
    if sounding and track.sounding is None:
        track.sounding = init_segment(track.codec, track.parameter_sets, track.width, track.height, sound=RATE)
    elif not sounding and track.init is None:
        track.init = init_segment(track.codec, track.parameter_sets, track.width, track.height)
