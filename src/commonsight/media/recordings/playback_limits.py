"""Recordings held to a permit's limits: what a player would send goes through a masking process first.

The process is the one that serves live pictures (`masked.worker`): it looks at the newest picture only, so where
looking takes longer than the recording's interval there are fewer pictures, and none that was not looked at. Nothing of
the recording reaches the viewer by another way: no sound, no picture when the process is away.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Final, Protocol, Self

import structlog

from commonsight.clock import Clock
from commonsight.connect.model import TICKS_PER_SECOND, AccessUnit, Codec, StreamInfo
from commonsight.connect.wire.nal import join
from commonsight.media import packets
from commonsight.media.fmp4 import HEAD_BYTES, MuxError, fragment, init_segment, nals_of, read_head, sets_of
from commonsight.media.masked.process import SILENT_SECONDS, killed, started
from commonsight.media.model import End
from commonsight.media.recordings.playback_out import Shot, Show

log = structlog.get_logger(__name__)

WAITING_MOST: Final = 1_000_000
"""Bytes the process may be behind before the next picture waits."""
WAIT_SECONDS: Final = 0.02
LONE_SECONDS: Final = 0.6
"""A picture is sent when the next one tells how long it lasts, or after this: a viewer who steps waits for no next."""
LEAP: Final = 10 * TICKS_PER_SECOND
"""Between what lies before a jump and behind it, on the process's clock: no mask is held over it."""
SHOTS_MOST: Final = 2_000


class Taker(Protocol):
    """Who gets what the process leaves (`playback_out.Outgoing`)."""

    def send_stream(self, show: Show) -> None: ...

    def send_picture(self, shot: Shot, duration: int | None) -> None: ...

    def end(self, code: End) -> None: ...


@dataclass(frozen=True, slots=True)
class _Held:
    """A picture that waits to be told how long it lasts."""

    pts: int
    shot: Shot


class Limiter:
    """One masking process between a player and its viewer.

    Args:
        command: how the process is started; it says when it is ready, and until then nothing is played.
        taker: gets the pictures that come out.
    """

    def __init__(self, command: Sequence[str], taker: Taker, clock: Clock) -> None:
        self._command, self._taker, self._clock = list(command), taker, clock
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._sets: tuple[bytes, ...] = ()
        self._codec = Codec.H264
        self._origin: tuple[datetime, int] | None = None  # a moment and where it lies on the process's clock
        self._last = 0
        self._valid_from = 0  # what was taken before the last jump is not shown behind it
        self._shots: OrderedDict[int, tuple[datetime, bool]] = OrderedDict()
        self._info: StreamInfo | None = None
        self._held: _Held | None = None
        self._lasted = TICKS_PER_SECOND // 5

    async def __aenter__(self) -> Self:
        self._process = await started(self._command)
        self._reading = asyncio.create_task(self._read(), name="playback-limits")
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                await self._ready.wait()
        except TimeoutError:
            log.warning("masking_silent")
            self._taker.end("mask_failed")
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._process is not None:
            await killed(self._process)

    # --- in -----------------------------------------------------------------------------------------------------------

    def stream(self, show: Show, *, anew: bool) -> None:
        """Other pictures follow, or (`anew`) pictures from another time."""
        try:
            self._codec = Codec(show.codec)
            self._sets = sets_of(self._codec, show.init.segment)
        except ValueError as error:
            log.warning("recording_not_read", error=str(error))
            self._taker.end("unsupported_codec")
            return
        if anew:
            self._origin = None
            self._valid_from = self._last + LEAP
        self._write(packets.info(self._codec, show.width, show.height, self._sets))

    def picture(self, shot: Shot) -> None:
        """One picture of the recording."""
        head = read_head(shot.body)
        if head is None:
            return
        if self._origin is None:
            self._origin = (shot.at, self._valid_from)
        since = round((shot.at - self._origin[0]).total_seconds() * TICKS_PER_SECOND)
        pts = self._origin[1] + since + head.offset
        self._last = max(self._last, pts)
        self._shots[pts] = (shot.at, shot.early)
        if len(self._shots) > SHOTS_MOST:
            self._shots.popitem(last=False)
        nals = nals_of(shot.body[HEAD_BYTES:])
        data = join([*(self._sets if shot.keyframe else ()), *nals])
        self._write(packets.unit(data, pts, self._clock.monotonic(), keyframe=shot.keyframe))

    async def drained(self) -> None:
        """Wait until the process has taken nearly all it was given."""
        process, since = self._process, self._clock.monotonic()
        if process is None or process.stdin is None:
            return
        while process.stdin.transport.get_write_buffer_size() > WAITING_MOST and process.returncode is None:
            if self._clock.monotonic() - since > SILENT_SECONDS:
                log.warning("masking_silent")
                self._taker.end("mask_failed")
                return
            await self._clock.sleep(WAIT_SECONDS)

    async def finish(self) -> None:
        """Nothing follows: wait for what is still inside."""
        process = self._process
        if process is None or process.stdin is None or self._reading is None:
            return
        with contextlib.suppress(OSError):
            process.stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SILENT_SECONDS):
                await asyncio.shield(self._reading)

    def _write(self, message: bytes) -> None:
        process = self._process
        if process is not None and process.stdin is not None and not process.stdin.transport.is_closing():
            process.stdin.write(message)

    # --- out ----------------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        """Hand on what the process makes, to its end."""
        assert self._process is not None
        assert self._process.stdout is not None
        incoming: asyncio.Task[tuple[bytes, bytes]] | None = None
        try:
            while True:
                incoming = incoming or asyncio.create_task(packets.receive(self._process.stdout))
                done, _ = await asyncio.wait([incoming], timeout=LONE_SECONDS)
                if not done:
                    self._let_go(None)
                    continue
                kind, payload = incoming.result()
                incoming = None
                if kind == packets.STATE:
                    self._ready.set()
                elif kind == packets.INFO:
                    self._begin(packets.decode_info(payload))
                elif kind == packets.UNIT:
                    self._made(packets.decode_unit(payload))
                elif kind == packets.END:
                    log.warning("masking_ended", code=packets.decode_state(payload)[0])
                    self._taker.end("mask_model_missing")
                    return
        except asyncio.IncompleteReadError:
            self._let_go(None)
            if self._process.stdin is not None and not self._process.stdin.transport.is_closing():
                log.warning("masking_lost")
                self._taker.end("mask_failed")
        except (OSError, packets.PacketError, MuxError) as error:
            log.warning("masking_lost", error=str(error))
            self._taker.end("mask_failed")
        finally:
            self._ready.set()
            if incoming is not None:
                incoming.cancel()
                await asyncio.gather(incoming, return_exceptions=True)

    def _begin(self, info: StreamInfo) -> None:
        self._let_go(None)
        self._info = info
        if info.codec is Codec.JPEG:  # this machine has no encoder whose pictures a page could play as a film
            self._taker.end("mask_failed")
            return
        init = init_segment(info.codec, info.parameter_sets, info.width, info.height)
        self._taker.send_stream(Show(init, info.codec.value, info.width, info.height, audible=False))

    def _made(self, unit: AccessUnit) -> None:
        taken = self._shots.get(unit.pts)
        while self._shots and next(iter(self._shots)) <= unit.pts:
            self._shots.popitem(last=False)
        if taken is None or self._info is None or unit.pts < self._valid_from:
            return
        at, early = taken
        body = fragment(
            self._info.codec, unit.data, sequence=0, decode_time=0, duration=self._lasted, offset=0,
            keyframe=unit.keyframe,
        )  # fmt: skip
        self._let_go(unit.pts)
        self._held = _Held(unit.pts, Shot(at, body, unit.keyframe, early=early))

    def _let_go(self, until: int | None) -> None:
        """Send the picture that waits. `until`: where the next one lies; None: nobody knows."""
        held, self._held = self._held, None
        if held is None:
            return
        if until is not None and 0 < until - held.pts < LEAP:
            self._lasted = until - held.pts
        self._taker.send_picture(held.shot, self._lasted)
