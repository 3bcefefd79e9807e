"""The two kinds of readers a relay knows: a browser over a WebSocket, analysis over the packet protocol."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from commonsight.clock import Clock
from commonsight.connect.model import TICKS_PER_SECOND
from commonsight.media import packets
from commonsight.media.model import Boxes, End, Track, Unit, spoken, text_message
from commonsight.media.outlet import Outlet
from commonsight.media.websocket import BINARY, frame


class OutletReader(ABC):
    """What readers over a connection share: one outlet, one end, and the moment the first picture left."""

    browser = False
    sound = False

    def __init__(
        self, transport: asyncio.WriteTransport, limit: int, clock: Clock, *, on_first: Callable[[], None]
    ) -> None:
        self.ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self.outlet = Outlet(transport, limit, self._form, clock.monotonic, self._skipped, lambda: self.end("too_slow"))
        self._on_first = on_first
        self._first = True

    def take(self, unit: Unit) -> None:
        self.outlet.take(unit)

    def end(self, code: End) -> None:
        """The first reason counts; whoever serves this reader says it and closes the connection."""
        if not self.ended.done():
            self.ended.set_result(code)

    def _begin(self, group: Sequence[Unit]) -> None:
        self.outlet.begin(group)
        if self._first:
            self._first = False
            self._on_first()

    @abstractmethod
    def _form(self, unit: Unit) -> bytes: ...

    @abstractmethod
    def _skipped(self, frames: int) -> None: ...


class BrowserViewer(OutletReader):
    """Messages as `web` describes them, written straight to the WebSocket's transport.

    The WebSocket must be open, without compression; its library goes on answering pings and closes it.
    """

    browser = True

    def __init__(
        self, transport: asyncio.WriteTransport, limit: int, clock: Clock, *, on_first: Callable[[], None],
        sound: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(transport, limit, clock, on_first=on_first)
        self.sound = sound

    def start(self, track: Track, group: Sequence[Unit], *, audible: bool) -> None:
        init = track.sounding if self.sound and audible else track.init
        opening = {
            "type": "stream",
            "mime": init.mime if init else "image/jpeg",
            "sound": audible,
            "codec": track.codec.value,
            "width": track.width,
            "height": track.height,
            "start": _seconds(group[0]),
            "live": _seconds(group[-1]),
        }
        self.outlet.write(text_message(opening) + (frame(BINARY, init.segment) if init else b""))
        self._begin(group)

    def hear(self, message: bytes) -> None:
        if self.outlet.keeps_up:
            self.outlet.write(message)

    def audible(self) -> None:
        self.outlet.write(text_message({"type": "sound"}))

    def boxes(self, boxes: Boxes) -> None:
        if self.outlet.keeps_up:
            self.outlet.write(boxes.message)

    def state(self, code: str) -> None:
        self.outlet.write(text_message(spoken("state", code)))

    def _form(self, unit: Unit) -> bytes:
        return unit.message()

    def _skipped(self, frames: int) -> None:
        self.outlet.write(text_message({"type": "skip", "frames": frames}))


class PacketReader(OutletReader):
    """Messages of `packets`."""

    keyframes = False
    """Whether its client wants keyframes only: patrols look every few seconds, the rest would be sent for nothing."""

    def take(self, unit: Unit) -> None:
        if unit.keyframe or not self.keyframes:
            super().take(unit)

    def start(self, track: Track, group: Sequence[Unit], *, audible: bool) -> None:  # noqa: ARG002
        self.outlet.write(packets.info(track.codec, track.width, track.height, track.parameter_sets))
        # Analysis wants the present, but a decoder needs the whole group to get there; `received` tells its age.
        self._begin(group[:1] if self.keyframes else group)

    def hear(self, message: bytes) -> None:
        """Analysis listens to nothing."""

    def audible(self) -> None:
        """Nor does it want to."""

    def boxes(self, boxes: Boxes) -> None:
        """Analysis does not hear what analysis says."""

    def state(self, code: str) -> None:
        self.outlet.write(packets.control(packets.STATE, {"code": code}))

    def _form(self, unit: Unit) -> bytes:
        return unit.packet()

    def _skipped(self, frames: int) -> None:
        self.outlet.write(packets.control(packets.STATE, {"code": "skipped", "frames": frames}))


def _seconds(unit: Unit) -> float:
    return round(unit.pts / TICKS_PER_SECOND, 6)
