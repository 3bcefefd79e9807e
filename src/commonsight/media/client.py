"""Taking a camera's access units from the media node that holds it.

async with packets(database, ticket, camera_id) as stream:
    async for unit in stream:
        ...
        await stream.boxes(unit.pts, [[0.1, 0.2, 0.3, 0.9, "person", 0.7, 12]])
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from commonsight.connect.model import AccessUnit, Codec, StreamInfo
from commonsight.media import packets as wire
from commonsight.problem import Refusal
from commonsight.records import nodes
from commonsight.records.database import Database
from commonsight.records.placement import node_for

READ_BYTES = 1_048_576
"""Buffer between the socket and the reader; more waits at the node, which skips."""
FIRST_SECONDS = 30.0
"""Longest wait for the first message: the node may have to open the camera."""


class StreamEnded(Exception):
    """The node ended the stream. `code` is one of `model.End`, `internal`, or `node_lost` when the node is gone."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class PacketStream:
    """One camera's units. `info` is replaced when the camera changes its parameter sets, before the keyframe."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.info = StreamInfo(Codec.H264, (), 0, 0)
        self.state = "live"
        """`live` or `reconnecting`."""
        self.frames_skipped = 0
        """Units the node left out because this reader was slow."""
        self._reader = reader
        self._writer = writer

    def __aiter__(self) -> AsyncIterator[AccessUnit]:
        return self._units()

    async def boxes(self, pts: int, boxes: Sequence[Sequence[Any]], lines: Sequence[dict[str, Any]] = ()) -> None:
        """Show viewers what is on the picture at `pts`.

        Args:
            pts: of the unit, 90 kHz ticks.
            boxes: [x0, y0, x1, y1 relative 0..1, class, score, track or None], at most `packets.BOXES_MAX`.
            lines: {"id", "in", "out"}, at most `packets.LINES_MAX`.

        Raises:
            StreamEnded: `node_lost`.
        """
        try:
            self._writer.write(wire.control(wire.BOXES, {"pts": pts, "boxes": boxes, "lines": lines}))
            await self._writer.drain()
        except ConnectionError as error:
            raise StreamEnded("node_lost") from error

    async def want(self, *, keyframes: bool) -> None:
        """Ask for keyframes only, or for everything again: then the current group is sent anew from its keyframe.

        Raises:
            StreamEnded: `node_lost`.
        """
        try:
            self._writer.write(wire.control(wire.WANT, {"keyframes": keyframes}))
            await self._writer.drain()
        except ConnectionError as error:
            raise StreamEnded("node_lost") from error

    async def _units(self) -> AsyncIterator[AccessUnit]:
        while True:
            kind, payload = await self._receive()
            if kind == wire.UNIT:
                yield wire.decode_unit(payload)

    async def _receive(self) -> tuple[bytes, bytes]:
        try:
            kind, payload = await wire.receive(self._reader)
            if kind == wire.INFO:
                self.info = wire.decode_info(payload)
                self.state = "live"
            elif kind == wire.STATE:
                code, frames = wire.decode_state(payload)
                if code == "skipped":
                    self.frames_skipped += frames
                else:
                    self.state = code
            elif kind == wire.END:
                raise StreamEnded(wire.decode_state(payload)[0])
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            raise StreamEnded("node_lost") from error
        except wire.PacketError as error:
            raise StreamEnded("protocol") from error
        return kind, payload


@asynccontextmanager
async def packets(database: Database, ticket: str, camera_id: UUID) -> AsyncIterator[PacketStream]:
    """Join a camera's readers at the node that holds it.

    Raises:
        Refusal: `media.no_node` when no media node is alive.
        StreamEnded: the node refuses or the camera cannot be opened; also later, while units are read.
    """
    async with database.read() as session:
        holders = {node.name: node.detail for node in await nodes.alive(session, "media") if "packets" in node.detail}
    name = node_for(camera_id, holders)
    if name is None:
        raise Refusal("media.no_node", status=503)
    reader, writer = await _connect(holders[name])
    try:
        stream = PacketStream(reader, writer)
        writer.write(wire.control(wire.HELLO, {"ticket": ticket, "camera": str(camera_id)}))
        try:
            async with asyncio.timeout(FIRST_SECONDS):
                kind, _ = await stream._receive()
        except TimeoutError as error:
            raise StreamEnded("node_lost") from error
        if kind != wire.INFO:
            raise StreamEnded("protocol")
        yield stream
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _connect(detail: dict[str, Any]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """The local socket where there is one; TCP to a node on another machine."""
    path, tcp = str(detail["packets"]), detail.get("packets_tcp")
    try:
        if tcp and not await asyncio.to_thread(os.path.exists, path):
            return await asyncio.open_connection(str(tcp[0]), int(tcp[1]), limit=READ_BYTES)
        return await asyncio.open_unix_connection(path, limit=READ_BYTES)
    except OSError as error:
        raise StreamEnded("node_lost") from error
