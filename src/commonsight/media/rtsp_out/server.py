"""RTSP out: cameras for players and servers that speak RTSP 1.0, on a port of the node's own.

`rtsp://<node>/<camera>?ticket=…`: H.264, H.265 or JPEG, with sound as AAC where the camera has been heard; inside the
connection or as datagrams. The ticket is checked and the retrieval written at DESCRIBE, before anything is said about
the camera; the connection is the viewing, and whatever ends it (revocation, expiry) closes the connection. Nothing is
encrypted: the port is for this machine and closed networks.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any, Final

import structlog

from commonsight.clock import Clock
from commonsight.connect.model import SourceError
from commonsight.connect.rtsp_udp import PortRange, bound_pair
from commonsight.connect.wire.rtsp_message import Interleaved, Reader, Request, Response, WireError, serialise
from commonsight.gate.model import Viewer
from commonsight.media.hub import Hub, Reading
from commonsight.media.refusals import explain
from commonsight.media.rtsp_out.reader import PacedDatagrams, RtspReader
from commonsight.media.rtsp_out.text import (
    CONTROLS,
    METHODS,
    SESSION_SECONDS,
    Asked,
    answer,
    asked,
    described,
    first_number,
)
from commonsight.problem import Refusal
from commonsight.settings import Media

log = structlog.get_logger(__name__)

HELLO_SECONDS: Final = 20.0
"""A connection that has opened no camera by then is closed."""
MASKING_SECONDS: Final = 15.0
"""A description may take so much longer than the camera: masking is a process that has to start."""
REPORT_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 1.5 * SESSION_SECONDS
"""A reader of datagrams that has said nothing for so long, not even by RTCP, has gone."""
CONNECTIONS_MORE: Final = 100
"""Connections beyond `viewers_max` that may be about to ask."""
READ_BYTES: Final = 65_536


class RtspOut:
    """Listens, and serves each connection until it is over."""

    def __init__(self, hub: Hub, settings: Media, clock: Clock) -> None:
        self._hub = hub
        self._settings = settings
        self._clock = clock
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def connections(self) -> int:
        return len(self._serving)

    async def start(self, host: str, port: int) -> int:
        """Listen; 0 is any free port. Returns the port. Raises OSError when it is taken."""
        self._server = await asyncio.start_server(self._serve, host, port, backlog=1_024, limit=READ_BYTES)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._serving):
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        conversation = _Conversation(self._hub, self._settings, self._clock, reader, writer)
        try:
            if len(self._serving) <= self._settings.viewers_max + CONNECTIONS_MORE:
                await conversation.run()
        except (ConnectionError, TimeoutError, WireError):
            pass  # the client has gone or talks nonsense: there is nobody to tell
        except asyncio.CancelledError:
            if self._server is not None and self._server.is_serving():
                raise
        finally:
            conversation.over()
            self._serving.discard(task)
            if writer.transport.get_write_buffer_size():
                writer.transport.abort()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@dataclass(slots=True)
class _Opened:
    """The camera this connection is about."""

    path: str
    reading: Reading
    reader: RtspReader
    session: str = ""


class _Conversation:
    """One connection: requests are answered in order, the reader's end ends it."""

    def __init__(
        self, hub: Hub, settings: Media, clock: Clock, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._hub = hub
        self._settings = settings
        self._clock = clock
        self._reader = reader
        self._writer = writer
        self._opened: _Opened | None = None
        self._entered: asyncio.Future[_Opened] = asyncio.get_running_loop().create_future()
        self._heard = clock.monotonic()
        self._reason = "viewer_left"

    async def run(self) -> None:
        """Until the client has gone or its pictures have ended."""
        listening = asyncio.create_task(self._listen())
        try:
            first: list[asyncio.Future[Any]] = [listening, self._entered]
            await asyncio.wait(first, timeout=HELLO_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if self._entered.done():
                await self._attend(listening, self._entered.result())
            if listening.done():
                listening.result()
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _attend(self, listening: asyncio.Task[None], opened: _Opened) -> None:
        """Report to the client now and then, until one of the two sides is done."""
        reader = opened.reader
        either: list[asyncio.Future[Any]] = [listening, reader.ended]
        while not listening.done():
            await asyncio.wait(either, timeout=REPORT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if reader.ended.done():
                self._reason = reader.ended.result()
                return
            connected = reader.playing and reader.carrier.datagrams is None
            if not connected and self._clock.monotonic() - self._heard > SILENT_SECONDS:
                return
            reader.report()

    def over(self) -> None:
        """Give the camera back and free the ports."""
        if self._opened is not None:
            self._hub.leave(self._opened.reading, self._reason)
            _forget(self._opened.reader)

    def heard(self) -> None:
        """The client has shown that it is there."""
        self._heard = self._clock.monotonic()

    async def _listen(self) -> None:
        wire = Reader()
        while data := await self._reader.read(READ_BYTES):
            self.heard()
            for message in list(wire.feed(data)):
                if isinstance(message, Request):
                    if not await self._take(message):
                        return
                elif not isinstance(message, Interleaved):
                    raise WireError("a response to nothing")

    async def _take(self, request: Request) -> bool:
        """Answer one request; False when nothing more is to be said."""
        try:
            response = await self._answer(request)
        except Refusal as error:
            response = answer(error.status, ("X-Refusal", error.code))
        except (WireError, ConnectionError):
            raise
        except Exception as error:
            response = answer(503, ("X-Refusal", f"media.{explain(error)['code']}"))
        response.headers.add("CSeq", request.headers.get("cseq")[:20])
        response.headers.add("Server", "commonsight")
        self._writer.write(serialise(response))
        await self._writer.drain()
        done = response.status == 200
        if request.method == "PLAY" and done:
            self._play()
        return not (request.method == "TEARDOWN" and done)

    async def _answer(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return answer(200, ("Public", METHODS))
        what = asked(request.url)
        if request.method == "DESCRIBE":
            return await self._describe(what)
        if request.method == "SETUP":
            return await self._set_up(request, what)
        opened = self._opened
        session = request.headers.get("session").partition(";")[0].strip()
        if request.method not in ("PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER", "SET_PARAMETER"):
            return answer(501)
        if opened is None or not opened.session or session != opened.session or what.path != opened.path:
            return answer(454)
        if request.method in ("PAUSE", "TEARDOWN"):
            opened.reader.playing = False
        if request.method != "PLAY":
            return answer(200, ("Session", opened.session))
        tracks = [
            f"url={what.base}{CONTROLS[which]};seq={opened.reader.sequence[which]}"
            for which, channel in enumerate(opened.reader.channels)
            if channel is not None
        ]
        return answer(200, ("Session", opened.session), ("Range", "npt=now-"), ("RTP-Info", ",".join(tracks)))

    async def _describe(self, what: Asked) -> Response:
        opened = await self._open(what)
        async with asyncio.timeout(self._settings.open_timeout + MASKING_SECONDS):
            track, audible = await _described(opened.reader)
        response = answer(200, ("Content-Base", what.base), ("Content-Type", "application/sdp"))
        response.body = described(track, sound=audible)
        return response

    async def _open(self, what: Asked) -> _Opened:
        """The camera of this connection; opened by the first request that names it with its ticket."""
        if self._opened is not None:
            if what.path != self._opened.path:
                raise Refusal("media.rtsp_other_camera", status=459, operand="camera")
            return self._opened
        peer = self._writer.get_extra_info("peername")
        made: list[RtspReader] = []

        def make(on_first: Any) -> RtspReader:
            seed = id(self) & 0xFFFF_FFFF ^ what.camera_id.int & 0xFFFF_FFFF
            limit = self._settings.viewer_bytes
            made.append(RtspReader(self._writer.transport, limit, self._clock, seed, on_first=on_first))
            return made[-1]

        viewer = Viewer((), str(peer[0]) if peer else None)
        reading = await self._hub.enter(what.ticket, what.camera_id, make, viewer=viewer)
        self._opened = _Opened(what.path, reading, made[-1])
        self._entered.set_result(self._opened)
        return self._opened

    async def _set_up(self, request: Request, what: Asked) -> Response:
        opened = await self._open(what)
        if opened.reader.playing:
            return answer(455)
        carrying = opened.reader.carrier
        for transport in request.headers.get("transport").split(","):
            tcp = "/tcp" in transport.lower()
            if "multicast" in transport.lower():
                continue
            if tcp and carrying.datagrams is None:
                channel = first_number(transport, "interleaved", what.track * 2)
                if not 0 <= channel <= 254:
                    continue
                said = f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"
            elif not tcp and what.track == 0 and (port := first_number(transport, "client_port", 0)) > 0:
                carrying.datagrams, ours = await self._datagrams(opened.reader, port)
                channel = 0
                said = f"RTP/AVP;unicast;client_port={port}-{port + 1};server_port={ours[0]}-{ours[1]}"
            else:
                continue
            opened.reader.channels[what.track] = channel
            opened.session = opened.session or f"{opened.reading.grant.retrieval_id.hex[:16]}{id(opened) & 0xFFFF:04x}"
            said += f";ssrc={opened.reader.ssrc[what.track]:08X}"
            return answer(200, ("Transport", said), ("Session", f"{opened.session};timeout={SESSION_SECONDS:.0f}"))
        return answer(461)

    async def _datagrams(self, reader: RtspReader, port: int) -> tuple[PacedDatagrams, tuple[int, int]]:
        """A pair of ports of ours towards the client's; only its own address is ever sent to."""
        _forget(reader)
        local, remote = (self._writer.get_extra_info(name)[0] for name in ("sockname", "peername"))
        try:
            pair = bound_pair(local, PortRange(*self._settings.udp_ports))
        except SourceError as error:
            raise Refusal("media.rtsp_no_ports", status=503, operand="media.udp_ports") from error
        loop = asyncio.get_running_loop()
        transports: list[asyncio.DatagramTransport] = []
        try:
            for each in pair:
                transport, _ = await loop.create_datagram_endpoint(lambda: _Listener(self, remote), sock=each)
                transports.append(transport)
        except BaseException:
            for each in pair:
                each.close()
            raise
        towards = ((remote, port), (remote, port + 1))
        ours = (pair[0].getsockname()[1], pair[1].getsockname()[1])
        return PacedDatagrams((transports[0], transports[1]), towards), ours

    def _play(self) -> None:
        """Begin with the newest keyframe; what is sent before the answer would confuse the client."""
        opened = self._opened
        if opened is None or opened.reader.playing:
            return
        opened.reader.playing = True
        relay = opened.reading.relay
        relay.detach(opened.reader)
        opened.reader.sound = opened.reader.channels[1] is not None
        relay.attach(opened.reader)


class _Listener(asyncio.DatagramProtocol):
    """Receiver reports: their coming shows that the client is there."""

    def __init__(self, conversation: _Conversation, remote: str) -> None:
        self._conversation = conversation
        self._remote = remote

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:  # noqa: ARG002
        if addr[0] == self._remote:
            self._conversation.heard()

    def error_received(self, exc: Exception) -> None:
        log.debug("rtsp_out_datagram_refused", error=type(exc).__name__)


async def _described(reader: RtspReader) -> Any:
    """What the camera sends.

    Raises:
        Refusal: why it cannot be told.
        TimeoutError: nothing came.
    """
    either: list[asyncio.Future[Any]] = [reader.described, reader.ended]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if reader.ended.done():
        raise Refusal(f"media.{reader.ended.result()}", status=415 if "codec" in reader.ended.result() else 503)
    return reader.described.result()


def _forget(reader: RtspReader) -> None:
    if reader.carrier.datagrams is not None:
        reader.carrier.datagrams.close()
        reader.carrier.datagrams = None
