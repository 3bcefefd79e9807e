"""The open door of the signalling process: whoever asks here gets a device asked on its behalf.

Media nodes, the interface and jobs connect over a local socket (or TCP with a key, for other machines). What a
connection holds lives as long as the connection: when it is gone, `Connection.on_gone` says so.
"""

import asyncio
import contextlib
import hmac
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import structlog

from commonsight.connect.gb28181 import signalling_wire as wire
from commonsight.connect.gb28181.signalling_client import (
    CALL_SECONDS,
    Client,
    SignallingLost,
    SignallingPlace,
    connect,
)
from commonsight.problem import Refusal

__all__ = [
    "CALL_SECONDS", "Client", "Connection", "Handler", "Server", "SignallingLost", "SignallingPlace", "connect",
]  # fmt: skip

CONNECTIONS_MOST: Final = 512
CALLS_MOST: Final = 2_000
"""Calls of one connection under way at once."""
UNREAD_BYTES: Final = 16 * 1024 * 1024
"""Answers waiting for a connection that does not read, before it is cut."""

log = structlog.get_logger(__name__)


class Connection:
    """One process that talks to us. Its `number` is unique in this process; `label` is what it calls itself."""

    def __init__(self, number: int, writer: asyncio.StreamWriter) -> None:
        self.number = number
        self.label = f"connection-{number}"
        self.gone = False
        self._writer = writer
        self._watchers: list[Callable[[], None]] = []

    def on_gone(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` once when the connection is gone; at once when it already is."""
        if self.gone:
            watcher()
        else:
            self._watchers.append(watcher)

    def tell(self, event: str, **fields: Any) -> None:
        """Send an event; never waits. A connection that does not read is cut."""
        self._send({"event": event, **fields})

    def _send(self, document: dict[str, Any]) -> None:
        if self.gone or self._writer.is_closing():
            return
        try:
            self._writer.write(wire.encode(document))
        except wire.SignallingError as error:
            log.warning("signalling_answer_too_long", label=self.label, error=str(error))
            number = document.get("id")
            refusal = Refusal("connect.gb_signalling_failed", status=502)
            self._writer.write(wire.encode({"id": number, "problem": wire.problem_of(refusal)}))
        if self._writer.transport.get_write_buffer_size() > UNREAD_BYTES:
            log.warning("signalling_reader_cut", label=self.label)
            self._writer.transport.abort()

    def _end(self) -> None:
        self.gone = True
        watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            watcher()


Handler = Callable[[Connection, dict[str, Any]], Awaitable[dict[str, Any]]]


class Server:
    """Listens and hands each call to the handler of its op.

    Args:
        path: of the local socket; one left by a process that died is replaced.
        tcp: address and port for other machines, with `key`, which a caller there must say first.
    """

    def __init__(self, path: Path, *, tcp: tuple[str, int] | None = None, key: str = "") -> None:
        if tcp is not None and len(key) < 16:
            raise ValueError("key: at least 16 characters when listening on TCP")
        self.path = path
        self.tcp = tcp
        self.key = key
        self._handlers: dict[str, Handler] = {}
        self._connections: dict[int, tuple[Connection, asyncio.Task[None] | None]] = {}
        self._servers: list[asyncio.Server] = []
        self._numbers = 0

    @property
    def detail(self) -> dict[str, str]:
        """Where we are, for the heartbeat."""
        where = {"signalling": f"unix:{self.path}"}
        if self.tcp is not None:
            where["signalling_tcp"] = f"tcp:{self.tcp[0]}:{self.tcp[1]}"
        return where

    @property
    def connections(self) -> int:
        return len(self._connections)

    def op(self, name: str, handler: Handler) -> None:
        """Let `name` be asked for. Raises ValueError when it is taken."""
        if name in self._handlers or name == "hello":
            raise ValueError(f"op {name!r} is taken")
        self._handlers[name] = handler

    async def start(self) -> None:
        """Begin to listen. Raises OSError."""
        await asyncio.to_thread(self._clear_path)
        self._servers.append(await asyncio.start_unix_server(self._local, self.path, limit=1 << 20))
        await asyncio.to_thread(self.path.chmod, 0o600)
        if self.tcp is not None:
            server = await asyncio.start_server(self._remote, *self.tcp, limit=1 << 20)
            self._servers.append(server)
            self.tcp = (self.tcp[0], int(server.sockets[0].getsockname()[1]))

    async def close(self) -> None:
        """Stop listening and end every connection; what they held is let go."""
        for server in self._servers:
            server.close()
        tasks = [task for _, task in self._connections.values() if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(OSError):
            await asyncio.to_thread(self.path.unlink)

    def _clear_path(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)

    async def _local(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._serve(reader, writer, trusted=True)

    async def _remote(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._serve(reader, writer, trusted=False)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, trusted: bool) -> None:
        if len(self._connections) >= CONNECTIONS_MOST:
            writer.transport.abort()
            return
        self._numbers += 1
        connection = Connection(self._numbers, writer)
        self._connections[connection.number] = connection, asyncio.current_task()
        calls: set[asyncio.Task[None]] = set()
        try:
            while True:
                document = await wire.receive(reader)
                if document.get("op") == "hello":
                    trusted = self._hello(connection, document, trusted)
                if not trusted:
                    log.warning("signalling_stranger", label=connection.label)
                    return
                if document.get("op") == "hello":
                    connection._send({"id": document.get("id"), "ok": {}})
                    continue
                if len(calls) >= CALLS_MOST:
                    refusal = Refusal("connect.gb_signalling_busy", status=503, operand="calls", expected=CALLS_MOST)
                    connection._send({"id": document.get("id"), "problem": wire.problem_of(refusal)})
                    continue
                call = asyncio.create_task(self._call(connection, document))
                calls.add(call)
                call.add_done_callback(calls.discard)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except wire.SignallingError as error:
            log.warning("signalling_broken", label=connection.label, error=str(error))
        except asyncio.CancelledError:
            pass  # the server closes
        finally:
            del self._connections[connection.number]
            for call in list(calls):
                call.cancel()
            connection._end()
            writer.close()

    def _hello(self, connection: Connection, document: dict[str, Any], trusted: bool) -> bool:
        connection.label = str(document.get("label", connection.label))[:80]
        said = str(document.get("key", ""))
        return trusted or (bool(self.key) and hmac.compare_digest(said.encode(), self.key.encode()))

    async def _call(self, connection: Connection, document: dict[str, Any]) -> None:
        number, op = document.get("id"), str(document.get("op"))
        try:
            handler = self._handlers.get(op)
            if handler is None:
                raise Refusal("connect.gb_op_unknown", status=501, operand="op", actual=op[:40])
            answer: dict[str, Any] = {"id": number, "ok": await handler(connection, document)}
        except Refusal as refusal:
            answer = {"id": number, "problem": wire.problem_of(refusal)}
        except Exception:
            log.exception("signalling_op_failed", op=op)
            answer = {"id": number, "problem": wire.problem_of(Refusal("connect.gb_signalling_failed", status=502))}
        connection._send(answer)
