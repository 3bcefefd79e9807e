"""A small world for one media node: virtual cameras that speak RTSP, a gate the test decides for, real sockets."""

import asyncio
import io
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import aiohttp
import av
from aiohttp import web

from commonsight.clock import SystemClock
from commonsight.connect.model import Address, Codec
from commonsight.gate.model import Action, Limits
from commonsight.media.admission import Grant, Seen
from commonsight.media.hub import Hub
from commonsight.media.packet_server import PacketServer
from commonsight.media.web import make_app
from commonsight.problem import Refusal
from commonsight.settings import Media, Settings
from commonsight.simulate.fleet import Fault
from commonsight.simulate.player import Player
from commonsight.simulate.reel import load
from commonsight.simulate.rtsp_server import Camera, RtspServer

from .conftest import FPS, Footage, make_footage

PERMIT = UUID(int=99)


def camera_id(path: str) -> UUID:
    return uuid5(UUID(int=0), path)


class Cameras:
    """Virtual cameras by path: `h264`, `h265`, `missing` …; knows how often each was opened."""

    def __init__(self) -> None:
        self.opened: Counter[str] = Counter()
        self.players: dict[str, Player] = {}
        self.faults: dict[str, Fault] = {}
        self._server: RtspServer | None = None
        self.port = 0

    def add(self, path: str, footage: Footage, fault: Fault = Fault.NONE) -> None:
        reel = load(path, b"".join(data for data, _ in footage.units), footage.codec, FPS)
        self.players[path] = _Counted(reel, SystemClock(), lambda: self.opened.update([path]))
        self.faults[path] = fault

    async def start(self) -> None:
        self._server = RtspServer(self._resolve, SystemClock())
        self.port, _ = await self._server.start("127.0.0.1", self.port)

    async def stop(self) -> None:
        """As if the power had failed."""
        if self._server is not None:
            await self._server.close()
            self._server = None
        for player in self.players.values():
            await player.close()

    @property
    def connections(self) -> int:
        return self._server.connections if self._server else 0

    def address(self, camera: UUID) -> Address:
        path = next((path for path in self.players if camera_id(path) == camera), "nowhere")
        return Address("rtsp", f"rtsp://127.0.0.1:{self.port}/{path}")

    def _resolve(self, path: str) -> Camera | None:
        player = self.players.get(path)
        return None if player is None else Camera(player, self.faults[path])


class _Counted(Player):
    def __init__(self, reel: Any, clock: SystemClock, joined: Callable[[], None]) -> None:
        super().__init__(reel, clock)
        self._joined = joined

    def join(self, sink: Any, channel: int) -> Any:
        self._joined()
        return super().join(sink, channel)


@dataclass
class Gate:
    """Says yes to every ticket but those in `refused`; writes down what it is told."""

    cameras: Cameras
    refused: dict[str, Exception] = field(default_factory=dict)
    minutes: float = 60
    system: bool = False
    valid: bool = True
    limits: Limits = field(default_factory=Limits)
    admitted: list[Grant] = field(default_factory=list)
    first_frames: list[Grant] = field(default_factory=list)
    endings: list[Seen] = field(default_factory=list)

    async def admit(
        self, ticket: str, camera: UUID, *, locate: bool, action: Action = Action.LIVE, **_: object
    ) -> Grant:
        if ticket in self.refused:
            raise self.refused[ticket]
        expires = SystemClock().now() + timedelta(minutes=self.minutes)
        address = self.cameras.address(camera) if locate else None
        line = UUID(int=len(self.admitted))
        grant = Grant(ticket, PERMIT, camera, line, expires, None, self.system, address, self.limits, action=action)
        self.admitted.append(grant)
        return grant

    async def still_valid(self, grant: Grant) -> bool:
        return self.valid

    def first_frame(self, grant: Grant) -> None:
        assert grant in self.admitted
        self.first_frames.append(grant)

    def closed(self, grant: Grant, seen: Seen) -> None:
        self.endings.append(seen)


class World:
    """One node without processes or a database."""

    def __init__(self, directory: Path, media: Media) -> None:
        self.settings = Settings(data_dir=directory, media=media)
        self.cameras = Cameras()
        self.gate = Gate(self.cameras)
        self.hub = Hub(self.settings.media, self.gate, SystemClock())
        self.socket = directory / "packets.sock"
        self.packet_server = PacketServer(
            self.hub,
            SystemClock(),
            self.socket,
            queue_bytes=self.settings.media.viewer_bytes,
            tcp=("127.0.0.1", 0),
        )
        self.port = 0

    def url(self, path: str, ticket: str = "t") -> str:
        return f"ws://127.0.0.1:{self.port}/live?ticket={ticket}&camera={camera_id(path)}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator["World"]:
        runner = web.AppRunner(make_app(self.hub, self.settings, SystemClock()), shutdown_timeout=2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        await self.packet_server.start()
        await self.cameras.start()
        try:
            yield self
        finally:
            await self.hub.stop()
            await self.packet_server.stop()
            await runner.cleanup()
            await self.cameras.stop()


class Browser:
    """What a page does with `/live`: keeps texts and binaries apart."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.texts: list[dict[str, Any]] = []
        self.binaries: list[bytes] = []

    async def read(self, enough: Callable[["Browser"], object], seconds: float = 10) -> "Browser":
        """Take messages until `enough` holds; fails when the connection ends first or nothing comes."""
        async with asyncio.timeout(seconds):
            while not enough(self):
                message = await self.socket.receive()
                if message.type is aiohttp.WSMsgType.TEXT:
                    self.texts.append(json.loads(message.data))
                elif message.type is aiohttp.WSMsgType.BINARY:
                    self.binaries.append(message.data)
                else:
                    raise AssertionError(f"the connection ended ({message.type.name}) after {self.texts}")
        return self

    async def pictures(self, count: int) -> "Browser":
        return await self.read(lambda browser: len(browser.binaries) > count)

    async def said(self, kind: str) -> dict[str, Any]:
        await self.read(lambda browser: any(text["type"] == kind for text in browser.texts))
        return next(text for text in self.texts if text["type"] == kind)

    async def ended(self) -> str:
        end = await self.said("end")
        assert end["zh"]
        assert end["en"]
        assert not end["zh"].startswith("media.")
        return str(end["code"])

    def decoded(self) -> list[av.VideoFrame]:
        with av.open(io.BytesIO(b"".join(self.binaries)), format="mp4") as played:
            return list(played.decode(video=0))


@asynccontextmanager
async def browser(url: str, **headers: str) -> AsyncIterator[Browser]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, headers=headers, max_msg_size=0, compress=0) as socket,
    ):
        yield Browser(socket)


def refusal(code: str) -> Refusal:
    return Refusal(code, status=403)


def footage(codec: Codec = Codec.H264, size: str = "320x240") -> Footage:
    return make_footage(codec, size)
