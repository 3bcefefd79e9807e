"""Asking the signalling process: one connection for many calls, and what it tells by itself.

async with signalling.connect(database) as line:
    answer = await line.call("invite", device=..., channel=...)
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import structlog

from commonsight.connect.gb28181 import dialogs_store
from commonsight.connect.gb28181 import signalling_wire as wire
from commonsight.problem import Refusal
from commonsight.records import nodes
from commonsight.records.database import Database

CALL_SECONDS: Final = 15.0
CONNECT_SECONDS: Final = 5.0

log = structlog.get_logger(__name__)
Listener = Callable[[dict[str, Any]], None]


class SignallingLost(ConnectionError):
    """The signalling process is not there, or no more. Everything it held for us is gone with the connection."""


@dataclass(frozen=True, slots=True)
class SignallingPlace:
    """Where the signalling process listens: a local path, or host and port with the key it asks for."""

    path: str | None = None
    host: str = ""
    port: int = 0
    key: str = ""


class Client:
    """One connection. Answers are matched by number; events go to whoever listens for them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._listeners: dict[str, Listener] = {}
        self._numbers = 0
        self._lost: dict[Callable[[], None], None] = {}
        self.alive = True
        self._reading = asyncio.create_task(self._read(), name="signalling-read")

    @classmethod
    async def open(cls, place: SignallingPlace, label: str) -> "Client":
        """Connect and say who we are. Raises `SignallingLost`."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                if place.path is not None:
                    reader, writer = await asyncio.open_unix_connection(place.path, limit=1 << 20)
                else:
                    reader, writer = await asyncio.open_connection(place.host, place.port, limit=1 << 20)
        except (OSError, TimeoutError) as error:
            raise SignallingLost(f"no signalling process: {error}") from error
        client = cls(reader, writer)
        try:
            await client.call("hello", label=label, key=place.key)
        except BaseException:
            await client.close()
            raise
        return client

    async def call(self, op: str, /, *, seconds: float = CALL_SECONDS, **fields: Any) -> dict[str, Any]:
        """Ask and wait for the answer.

        Raises:
            Refusal: what the other side said; `connect.gb_signalling_timeout` after `seconds`.
            SignallingLost: the connection is gone.
        """
        if not self.alive:
            raise SignallingLost("the signalling process is gone")
        self._numbers += 1
        number = self._numbers
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self._writer.write(wire.encode({"id": number, "op": op, **fields}))
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError:
            raise Refusal(
                "connect.gb_signalling_timeout", status=504, operand="op", actual=op, expected=seconds
            ) from None
        finally:
            self._waiting.pop(number, None)

    def listen(self, dialog: str, listener: Listener | None) -> None:
        """Call `listener` with every event of this dialog; None: no more."""
        if listener is None:
            self._listeners.pop(dialog, None)
        else:
            self._listeners[dialog] = listener

    def on_lost(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` once when the connection is gone."""
        self._lost[watcher] = None

    def off_lost(self, watcher: Callable[[], None]) -> None:
        """Do not call `watcher` any more."""
        self._lost.pop(watcher, None)

    async def close(self) -> None:
        """Hang up: the other side lets go of everything it held for us."""
        self._reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reading
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _read(self) -> None:
        try:
            while True:
                self._take(await wire.receive(self._reader))
        except (asyncio.IncompleteReadError, OSError):
            pass
        except wire.SignallingError as error:
            log.warning("signalling_broken", error=str(error))
        finally:
            self.alive = False
            self._writer.close()
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(SignallingLost("the signalling process is gone"))
            lost, self._lost = self._lost, {}
            for watcher in lost:
                watcher()

    def _take(self, document: dict[str, Any]) -> None:
        if "event" in document:
            listener = self._listeners.get(str(document.get("dialog")))
            if listener is not None:
                listener(document)
            return
        answer = self._waiting.get(document.get("id", 0))
        if answer is None or answer.done():
            return
        if "ok" in document:
            answer.set_result(document["ok"])
        else:
            answer.set_exception(wire.refusal_of(document.get("problem")))


async def place_of(database: Database) -> SignallingPlace:
    """Where the living signalling process is.

    Raises:
        Refusal: `connect.gb_no_signalling` when none is alive.
    """
    async with database.read() as session:
        for node in await nodes.alive(session, "sip"):
            said = str(node.detail.get("signalling", ""))
            if said.startswith("unix:") and await asyncio.to_thread(os.path.exists, said[5:]):
                return SignallingPlace(path=said[5:])
            remote = str(node.detail.get("signalling_tcp", ""))
            if remote.startswith("tcp:"):
                host, _, port = remote[4:].rpartition(":")
                return SignallingPlace(None, host, int(port), await dialogs_store.signalling_key(session, node.name))
    raise Refusal("connect.gb_no_signalling", status=503)


@asynccontextmanager
async def connect(database: Database, label: str = "") -> AsyncIterator[Client]:
    """A connection for the length of the block. What it holds is let go behind the block.

    Raises:
        Refusal: `connect.gb_no_signalling`.
    """
    try:
        client = await Client.open(await place_of(database), label or f"pid-{os.getpid()}")
    except SignallingLost as error:
        raise Refusal("connect.gb_no_signalling", status=503) from error
    try:
        yield client
    except SignallingLost as error:
        raise Refusal("connect.gb_no_signalling", status=503) from error
    finally:
        await client.close()
