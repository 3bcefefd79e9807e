"""The SIP line of one virtual party: a UDP socket or a TCP connection of its own, and its transactions.

A small state machine of its own: the virtual side must not share one with the platform it is meant to test.
"""

import asyncio
import random
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from commonsight.connect.wire.sip import (
    Headers,
    Request,
    Response,
    SipSyntaxError,
    StreamReader,
    parse,
)

Transport = Literal["udp", "tcp"]

T1: Final = 0.5
"""First pause before a datagram is sent again, s; each further one is twice as long."""
T2: Final = 4.0
TIMEOUT: Final = 8.0
MAX_ANSWERED: Final = 64
"""Answered requests remembered, so that a repeated one gets the same answer again."""
AGENT: Final = "Commonsight virtual device"


class LineError(Exception):
    """No answer came, or there is no line."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a registrar is. `transport` is how the party talks to it."""

    host: str
    port: int
    transport: Transport = "udp"


class Line:
    """Opened before use; closed after. When a TCP connection breaks, `on_lost` is told and the line is of no use.

    Args:
        target: the registrar.
        on_request: gets each new request and each ACK of a 2xx; answers by `respond`.
        on_lost: called once when a connection breaks that nobody closed.
        drop: share of datagrams lost on the way, both directions; drawn from `seed`.
    """

    def __init__(
        self,
        target: Target,
        on_request: Callable[[Request], None],
        on_lost: Callable[[], None],
        *,
        host: str = "127.0.0.1",
        drop: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.target = target
        self.host = host
        self.port = 0
        self._on_request = on_request
        self._on_lost = on_lost
        self._drop = drop
        self._dice = random.Random(seed) if drop else None
        self._transport: asyncio.DatagramTransport | asyncio.Transport | None = None
        self._waiting: dict[tuple[str, str], asyncio.Future[Response]] = {}
        self._answered: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._accepted: dict[str, asyncio.TimerHandle] = {}  # Call-ID -> the 2xx of an INVITE until its ACK
        self._peer = (target.host, target.port)
        self._closed = False

    @property
    def open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    @property
    def via(self) -> str:
        branch = "z9hG4bK" + secrets.token_hex(8)
        return f"SIP/2.0/{self.target.transport.upper()} {self.host}:{self.port};rport;branch={branch}"

    async def start(self) -> None:
        """Bind or connect. Raises `LineError`."""
        loop = asyncio.get_running_loop()
        transport: Any
        try:
            if self.target.transport == "udp":
                transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), (self.host, 0))
            else:
                async with asyncio.timeout(TIMEOUT):
                    making = loop.create_connection(lambda: _Connection(self), *self._peer, local_addr=(self.host, 0))
                    transport, _ = await making
        except (OSError, TimeoutError) as error:
            raise LineError(f"{self.target.transport} {self._peer}: {type(error).__name__}") from error
        self._transport = transport
        self.host, self.port = transport.get_extra_info("sockname")[:2]

    def close(self) -> None:
        self._closed = True
        if self._transport is not None:
            self._transport.abort()
        for handle in self._accepted.values():
            handle.cancel()
        self._accepted.clear()
        self._fail("closed")

    async def request(self, request: Request, timeout: float = TIMEOUT) -> Response:
        """Send and return the final response. Raises `LineError`."""
        key = _branch(request.headers.get("Via")), request.method
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Response] = loop.create_future()
        self._waiting[key] = answer
        data = request.encode()
        over = loop.time() + timeout
        again: asyncio.TimerHandle

        def fire(pause: float) -> None:
            nonlocal again
            if answer.done():
                return
            left = over - loop.time()
            if left <= 0.001:
                answer.set_exception(LineError(f"{request.method}: no answer in {timeout:g} s"))
                return
            if self.open:
                self._send(data)
            again = loop.call_later(min(pause, left), fire, min(2 * pause, T2))

        try:
            self._send(data)
            pause = T1 if self.target.transport == "udp" else timeout
            again = loop.call_later(min(pause, timeout), fire, min(2 * pause, T2))
            try:
                return await answer
            finally:
                again.cancel()
        finally:
            self._waiting.pop(key, None)

    def respond(
        self, request: Request, status: int, reason: str, *fields: tuple[str, str], body: bytes = b"", tag: str = ""
    ) -> None:
        """Answer a request; a repeated one will get the last answer again."""
        headers = Headers([("Via", via) for via in request.headers.all("Via")])
        for name in ("From", "To", "Call-ID", "CSeq"):
            value = request.headers.get(name) or ""
            if name == "To" and status > 100 and "tag=" not in value:
                value += f";tag={tag or secrets.token_hex(4)}"
            headers.add(name, value)
        for name, value in fields:
            headers.add(name, value)
        headers.add("User-Agent", AGENT)
        data = Response(status, reason, headers, body).encode()
        key = _key(request)
        if key is not None:
            self._remember(key, data)
        self._send(data)
        if request.method == "INVITE" and 200 <= status < 300 and self.target.transport == "udp":
            self._again(request.headers.get("Call-ID") or "", data, T1, 0.0)

    # what the protocols call

    def received(self, message: Request | Response) -> None:
        """One message from the other side."""
        if isinstance(message, Response):
            self._response(message)
            return
        if message.method == "ACK":
            handle = self._accepted.pop(message.headers.get("Call-ID") or "", None)
            if handle is not None:
                handle.cancel()
            self._on_request(message)
            return
        key = _key(message)
        if key is None:
            return
        known = self._answered.get(key)
        if known is not None:
            if known and self.open:
                self._send(known)
            return
        self._remember(key, b"")  # seen, not answered yet
        self._on_request(message)

    def datagram(self, data: bytes) -> None:
        if self._lost():
            return
        try:
            self.received(parse(data))
        except SipSyntaxError:
            return  # a virtual device is as indifferent to noise as a real one

    def lost(self) -> None:
        """The connection broke."""
        self._transport = None
        self._fail("connection lost")
        if not self._closed:
            self._closed = True
            self._on_lost()

    def _response(self, response: Response) -> None:
        if response.status < 200:
            return
        method = (response.headers.get("CSeq") or "").rpartition(" ")[2]
        waiting = self._waiting.get((_branch(response.headers.get("Via")), method))
        if waiting is not None and not waiting.done():
            waiting.set_result(response)

    def _remember(self, key: tuple[str, str], data: bytes) -> None:
        self._answered[key] = data
        self._answered.move_to_end(key)
        while len(self._answered) > MAX_ANSWERED:
            self._answered.popitem(last=False)

    def _send(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            raise LineError("no line")
        if self.target.transport == "tcp":
            cast(asyncio.Transport, self._transport).write(data)
        elif not self._lost():
            cast(asyncio.DatagramTransport, self._transport).sendto(data, self._peer)

    def _again(self, call_id: str, data: bytes, pause: float, spent: float) -> None:
        """A 2xx to an INVITE is sent again until its ACK comes: the transaction below it is over."""

        def fire() -> None:
            self._accepted.pop(call_id, None)
            if self.open and spent < 64 * T1:
                self._send(data)
                self._again(call_id, data, min(2 * pause, T2), spent + pause)

        old = self._accepted.pop(call_id, None)
        if old is not None:
            old.cancel()
        self._accepted[call_id] = asyncio.get_running_loop().call_later(pause, fire)

    def _fail(self, why: str) -> None:
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(LineError(why))

    def _lost(self) -> bool:
        return self._dice is not None and self._dice.random() < self._drop


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, line: Line) -> None:
        self._line = line

    def datagram_received(self, data: bytes, addr: Any) -> None:  # noqa: ARG002 - the platform may have many addresses
        self._line.datagram(data)


class _Connection(asyncio.Protocol):
    def __init__(self, line: Line) -> None:
        self._line = line
        self._reader = StreamReader()
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            messages = self._reader.feed(data)
        except SipSyntaxError:
            if self._transport is not None:
                self._transport.close()
            return
        for message in messages:
            self._line.received(message)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._line.lost()


def _key(request: Request) -> tuple[str, str] | None:
    branch = _branch(request.headers.get("Via"))
    return (branch, request.method) if branch else None


def _branch(via: str | None) -> str:
    """The branch of a Via field, "" without one; looked for and not parsed, because it is needed for each message."""
    return (via or "").partition(";branch=")[2].partition(";")[0].strip()
