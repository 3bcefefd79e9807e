"""A reader that is an upper platform: pictures as a program stream in RTP, each pack once, under the number it gave."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from secrets import randbelow
from typing import Final

from commonsight.clock import Clock
from commonsight.connect.model import Codec
from commonsight.connect.wire import rtp
from commonsight.connect.wire.ps_mux import Muxer, payloads
from commonsight.connect.wire.rfc4571 import frame
from commonsight.media.bridge.film import Film
from commonsight.media.model import Boxes, End, Track, Unit
from commonsight.media.outlet import Outlet
from commonsight.media.timeline import Timeline

PAYLOAD_BYTES: Final = rtp.MAX_PAYLOAD
WAITING_BYTES: Final = 65_536
"""Of a recording nothing is left out: its next picture waits until less than this is unsent."""
WAIT_SECONDS: Final = 0.01
STALL_SECONDS: Final = 30.0


@dataclass(slots=True)
class _Nothing:
    """What has gone out before the path is there."""

    bytes: int = 0
    frames: int = 0
    skips: int = 0
    frames_skipped: int = 0


class BridgeReader:
    """Hands pictures on as soon as `go` has given it a path; until then it keeps the newest keyframe group.

    Args:
        limit: most bytes that wait for the path, and that are kept before it is there.
        ssrc, payload_type: of the packets.
        on_first: called when the first picture leaves.
    """

    browser = False
    sound = False

    def __init__(
        self, clock: Clock, limit: int, *, ssrc: int, payload_type: int, on_first: Callable[[], None]
    ) -> None:  # fmt: skip
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[End] = loop.create_future()
        self.opened: asyncio.Future[Track] = loop.create_future()
        """The camera's first picture is here."""
        self._clock = clock
        self._limit = limit
        self._ssrc = ssrc
        self._payload_type = payload_type
        self._on_first = on_first
        self._sequence = randbelow(65_536)
        self._muxer: Muxer | None = None
        self._out: Outlet | None = None
        self._path: asyncio.WriteTransport | None = None
        self._before = _Nothing()
        self._held: list[Unit] = []
        self._held_size = 0

    @property
    def outlet(self) -> Outlet | _Nothing:
        """What has gone out."""
        return self._out or self._before

    def start(self, track: Track, group: Sequence[Unit], *, audible: bool) -> None:  # noqa: ARG002  pictures alone
        if track.codec is Codec.JPEG:
            self.end("unsupported_codec")  # a program stream has no place for it
            return
        self._muxer = Muxer(track.codec)
        if not self.opened.done():
            self.opened.set_result(track)
        if self._out is None:
            self._hold(group)
        else:
            self._begin(self._out, group)

    def take(self, unit: Unit) -> None:
        if self._out is not None:
            self._out.take(unit)
        elif unit.keyframe:
            self._hold([unit])
        elif self._held and self._held_size + len(unit.data) <= self._limit:
            self._held.append(unit)
            self._held_size += len(unit.data)
        else:
            self._held = []  # too long a group to keep: the next keyframe begins one

    def go(self, transport: asyncio.WriteTransport) -> None:
        """The path is there: send what is kept, then what comes."""
        self._path = transport
        self._out = out = Outlet(
            transport, self._limit, self._form, self._clock.monotonic, lambda _: None, lambda: self.end("too_slow")
        )
        held, self._held = self._held, []
        if held:
            self._begin(out, held)

    async def play(self, film: Film) -> None:
        """Hand on a whole recording, no faster than the path takes it. `go` was called before.

        Raises:
            SourceError: it broke off.
        """
        timeline, track, sequence = Timeline(), None, 0
        async for given in film:
            info = film.info
            anew = given.keyframe and (track is None or track.parameter_sets != info.parameter_sets)
            if anew:
                track = Track(info.codec, info.parameter_sets, info.width, info.height)
            if track is None:
                continue
            slot = timeline.place(given.pts, keyframe=given.keyframe)
            unit = Unit(
                track.codec, given.data, slot.pts, slot.dts, slot.duration, given.keyframe, given.received, sequence
            )
            sequence += 1
            if anew:
                self.start(track, [unit], audible=False)
            else:
                self.take(unit)
            await self._drained()
            if self.ended.done():
                return

    async def _drained(self) -> None:
        waited = 0.0
        while self._path is not None and self._path.get_write_buffer_size() > WAITING_BYTES and not self.ended.done():
            await self._clock.sleep(WAIT_SECONDS)
            waited += WAIT_SECONDS
            if waited > STALL_SECONDS:
                self.end("too_slow")

    def hear(self, message: bytes) -> None:
        """Sound is not handed on."""

    def audible(self) -> None:
        """Nor is that there is some."""

    def boxes(self, boxes: Boxes) -> None:
        """What analysis says stays here."""

    def state(self, code: str) -> None:
        """An upper platform sees for itself that nothing comes for a while."""

    def end(self, code: End) -> None:
        if not self.ended.done():
            self.ended.set_result(code)

    def _hold(self, group: Sequence[Unit]) -> None:
        self._held = list(group)
        self._held_size = sum(len(unit.data) for unit in group)

    def _begin(self, out: Outlet, group: Sequence[Unit]) -> None:
        first = out.frames == 0
        out.begin(group)
        if first:
            self._on_first()

    def _form(self, unit: Unit) -> bytes:
        assert self._muxer is not None
        pieces = payloads(self._muxer.video(unit.data, unit.pts, keyframe=unit.keyframe), PAYLOAD_BYTES)
        packets = []
        for place, piece in enumerate(pieces, 1):
            packets.append(
                frame(
                    rtp.build(
                        piece, payload_type=self._payload_type, sequence=self._sequence, timestamp=unit.pts,
                        ssrc=self._ssrc, marker=place == len(pieces),
                    )
                )
            )  # fmt: skip
            self._sequence += 1
        return b"".join(packets)
