"""The node's packet side: a local socket (or TCP) over which analysis takes access units and gives boxes."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from commonsight.clock import Clock
from commonsight.media import packets
from commonsight.media.hub import Hub, Reading
from commonsight.media.model import boxes_message
from commonsight.media.refusals import explain
from commonsight.media.viewer import PacketReader

log = structlog.get_logger(__name__)

HELLO_SECONDS = 5.0
"""A client must say what it wants within this time."""
CLOSE_SECONDS = 2.0


class PacketServer:
    """Serves the protocol of `packets` on a Unix socket, and on TCP when asked to.

    Args:
        path: of the socket, at most 107 bytes long; its directory is made, private to this user.
        tcp: host and port for clients on other machines.
        queue_bytes: most bytes waiting for one client before it is moved on to the next keyframe.
    """

    def __init__(
        self, hub: Hub, clock: Clock, path: Path, *, queue_bytes: int, tcp: tuple[str, int] | None = None
    ) -> None:
        self.path = path
        self.tcp = tcp
        self._hub = hub
        self._clock = clock
        self._queue_bytes = queue_bytes
        self._servers: list[asyncio.Server] = []
        self._serving: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. A socket left behind by a killed process is replaced."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        self._servers.append(await asyncio.start_unix_server(self._accept, self.path))
        self.path.chmod(0o600)
        if self.tcp is not None:
            server = await asyncio.start_server(self._accept, *self.tcp)
            self._servers.append(server)
            self.tcp = (self.tcp[0], server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and wait until every client has been told. The hub is stopped before."""
        for server in self._servers:
            server.close()
        if self._serving:
            _, late = await asyncio.wait(self._serving, timeout=2 * CLOSE_SECONDS)
            for task in late:
                task.cancel()
        self.path.unlink(missing_ok=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            said = await self._converse(reader, writer)
            writer.write(packets.control(packets.END, said))
            async with asyncio.timeout(CLOSE_SECONDS):
                await writer.drain()
        except (ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            pass  # the client has gone: there is nobody to tell
        finally:
            if writer.transport.get_write_buffer_size():
                writer.transport.abort()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> dict[str, str]:
        """Serve one client until it leaves or its stream ends; returns what to say last."""

        def make(on_first: Callable[[], None]) -> PacketReader:
            return PacketReader(writer.transport, self._queue_bytes, self._clock, on_first=on_first)

        try:
            async with asyncio.timeout(HELLO_SECONDS):
                kind, payload = await packets.receive(reader)
            if kind != packets.HELLO:
                raise packets.PacketError(f"type: the first message must be H, is {kind.decode()}")
            hello = packets.decode_hello(payload)
        except packets.PacketError as error:
            return {"code": "protocol", "detail": str(error)}
        try:
            reading = await self._hub.enter(hello.ticket, hello.camera_id, make)
        except Exception as error:
            return explain(error)
        listening = asyncio.create_task(self._listen(reader, reading))
        reason, said = "viewer_left", {"code": "viewer_left"}
        either: list[asyncio.Future[Any]] = [listening, reading.reader.ended]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if reading.reader.ended.done():
                reason = reading.reader.ended.result()
                said = {"code": reason}
            elif (problem := listening.result()) is not None:
                reason = "protocol"
                said = {"code": reason, "detail": problem}
            return said
        finally:
            self._hub.leave(reading, reason)
            listening.cancel()

    async def _listen(self, reader: asyncio.StreamReader, reading: Reading) -> str | None:
        """Pass on the boxes a client sends; returns when it has left (None) or breaks the protocol (how)."""
        try:
            while True:
                kind, payload = await packets.receive(reader)
                if kind == packets.WANT:
                    self._want(reading, keyframes=packets.decode_want(payload))
                    continue
                if kind != packets.BOXES:
                    return f"type: only B and W may follow, is {kind.decode()}"
                if not reading.grant.system:
                    return "boxes: only our own processes may send them"
                reading.relay.boxes(boxes_message(*packets.decode_boxes(payload)))
        except packets.PacketError as error:
            return str(error)
        except (ConnectionError, asyncio.IncompleteReadError):
            return None

    def _want(self, reading: Reading, *, keyframes: bool) -> None:
        """Send keyframes only, or all again: what was left out is in the group that is sent anew."""
        assert isinstance(reading.reader, PacketReader)
        again = reading.reader.keyframes and not keyframes
        reading.reader.keyframes = keyframes
        if again and not reading.relay.closed:
            reading.relay.attach(reading.reader)
