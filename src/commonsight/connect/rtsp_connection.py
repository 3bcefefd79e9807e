"""One RTSP connection: requests with authentication, answers matched by number, frames handed on as they come."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress

from commonsight import network
from commonsight.connect.conversation import Conversation
from commonsight.connect.model import Address, SourceCode, SourceError
from commonsight.connect.rtsp_url import Endpoint
from commonsight.connect.wire.digest import Credentials, parse_challenges
from commonsight.connect.wire.rtsp_message import (
    Headers,
    Interleaved,
    Reader,
    Request,
    Response,
    WireError,
    interleave,
    serialise,
)

USER_AGENT = "commonsight"
RECEIVE_BUFFER = 64 * 1024
MAX_UNSENT = 64 * 1024
"""Bytes waiting to be sent above which receiver reports are left out: the device has stopped reading."""

FrameSink = Callable[[int, memoryview], None]


def _ignore(channel: int, payload: memoryview) -> None:
    """Frames before SETUP belong to nobody."""


class Connection(asyncio.BufferedProtocol):
    """`lost` is called once, with the reason, when the connection ends by itself."""

    def __init__(self, address: Address, conversation: Conversation | None = None) -> None:
        self.sink: FrameSink = _ignore
        self._patience: Callable[[], int] | None = None
        self._gathering = 1
        self.lost: Callable[[SourceError], None] | None = None
        self._address = address
        self._conversation = conversation
        self._credentials: Credentials | None = None
        self._basic_allowed = True
        self._reader = Reader()
        self._buffer = memoryview(bytearray(RECEIVE_BUFFER))
        self._transport: asyncio.Transport | None = None
        self._sequence = 0
        self._waiting: dict[int, asyncio.Future[Response]] = {}
        self._error: SourceError | None = None

    async def open(self, where: Endpoint, guard: network.Guard = network.FILED) -> None:
        """Connect to an address that `guard` lets through. Raises `SourceError`: refused, unreachable, protocol
        (certificate), timeout (the system's own)."""
        host, port, secure = where
        context = ssl.create_default_context() if secure else None
        try:
            await guard.connect(lambda: self, host, port, ssl=context)
        except ConnectionRefusedError:
            raise SourceError(SourceCode.REFUSED, f"{host}:{port} refuses connections") from None
        except TimeoutError:
            raise SourceError(SourceCode.TIMEOUT, f"{host}:{port} does not answer") from None
        except ssl.SSLCertVerificationError as error:
            detail = f"{host}:{port}: certificate not trusted, {error.verify_message}"
            raise SourceError(SourceCode.PROTOCOL, detail) from None
        except (OSError, UnicodeError) as error:
            raise SourceError(SourceCode.UNREACHABLE, f"{host}:{port}: {_reason(error)}") from None

    async def request(self, method: str, url: str, *, timeout: float = 10.0, **headers: str) -> Response:
        """Send a request and wait for its answer, proving the password when asked to.

        Returns any answer but 401. Raises `SourceError`: unauthorized, timeout, lost, protocol.
        Header names are given with `_` for `-`.
        """
        fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
        for _ in range(3):
            try:
                async with asyncio.timeout(timeout):
                    response = await self._send(method, url, fields)
            except TimeoutError:
                raise SourceError(SourceCode.TIMEOUT, f"no answer to {method} within {timeout:g} s") from None
            if response.status != 401:
                return response
            self._answer_challenge(response)
        raise SourceError(SourceCode.UNAUTHORIZED, "the device keeps asking for a password")

    @property
    def ends(self) -> tuple[str, str]:
        """Our address on this connection and the device's, as the system writes them."""
        assert self._transport is not None
        return self._transport.get_extra_info("sockname")[0], self._transport.get_extra_info("peername")[0]

    def send_frame(self, channel: int, payload: bytes) -> None:
        """Send an interleaved frame, unless the device has stopped reading."""
        transport = self._transport
        if transport and not transport.is_closing() and transport.get_write_buffer_size() < MAX_UNSENT:
            transport.write(interleave(channel, payload))

    def forbid_basic(self) -> None:
        """Never send the password in clear on this connection: the device was reached by a redirect."""
        self._basic_allowed = False

    def fire(self, method: str, url: str, **headers: str) -> None:
        """Send a request whose answer nobody waits for."""
        with suppress(SourceError, WireError):
            self._write(method, url, [(name.replace("_", "-"), value) for name, value in headers.items()])

    def skim(self, pass_over: Callable[[bytes, int, int], int], patience: Callable[[], int]) -> None:
        """Little of what comes is wanted: `pass_over` steps over frames (`rtsp_message.Reader.pass_over`), `patience`
        says how many bytes may gather before they are read."""
        self._reader.pass_over = pass_over
        self._patience = patience

    def close(self) -> None:
        """Close without waiting; `lost` is not called."""
        self.lost = None
        self._fail(SourceError(SourceCode.LOST, "closed"))

    # asyncio.BufferedProtocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        plain = transport.get_extra_info("socket")
        if plain is not None:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if self._conversation is not None:
            ours, theirs = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
            self._conversation.connected((ours[0], ours[1]), (theirs[0], theirs[1]))

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        try:
            for message in self._reader.feed(bytes(self._buffer[:nbytes])):
                if type(message) is Interleaved:
                    self.sink(message.channel, message.payload)
                elif isinstance(message, Response):
                    self._note_answer(message)
                    self._answered(message)
                elif isinstance(message, Request):
                    self._asked(message)
        except WireError as error:
            self._fail(SourceError(SourceCode.PROTOCOL, str(error)))
        if self._patience is not None:
            self._gather(self._patience())

    def _gather(self, size: int) -> None:
        """Let the system wake us only for so many bytes; a close wakes us all the same."""
        if size == self._gathering or (size > 1 and self._gathering * 3 // 4 < size < self._gathering * 3 // 2):
            return
        self._gathering = size
        plain = None if self._transport is None else self._transport.get_extra_info("socket")
        if plain is not None and self._transport is not None and self._transport.get_extra_info("ssl_object") is None:
            with suppress(OSError):
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, size)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(SourceError(SourceCode.LOST, _reason(exc) if exc else "the device closed the connection"))

    # answers

    def _answered(self, response: Response) -> None:
        number = response.headers.get("cseq")
        key = int(number) if number.isascii() and number.isdigit() and len(number) < 12 else -1
        if key < 0 and self._waiting:
            key = min(self._waiting)  # some firmware leaves the number out; requests are answered in order
        waiter = self._waiting.pop(key, None)
        if waiter is not None and not waiter.done():
            waiter.set_result(response)

    def _note_answer(self, response: Response) -> None:
        if self._conversation is not None:
            with suppress(WireError):
                self._conversation.note("in", serialise(response))

    def _asked(self, request: Request) -> None:
        """The device asks us: it may check that we live, or say goodbye."""
        if request.method in {"TEARDOWN", "REDIRECT"}:
            self._fail(SourceError(SourceCode.LOST, f"the device sent {request.method}"))
            return
        known = request.method in {"OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "ANNOUNCE"}
        headers = Headers([("CSeq", request.headers.get("cseq"))])
        answer = Response(200, "OK", headers) if known else Response(501, "Not Implemented", headers)
        if self._transport and self._transport.get_write_buffer_size() < MAX_UNSENT:
            self._transport.write(serialise(answer))

    # sending

    async def _send(self, method: str, url: str, fields: list[tuple[str, str]]) -> Response:
        waiter: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        number = self._write(method, url, fields, waiter)
        try:
            return await waiter
        finally:
            self._waiting.pop(number, None)

    def _write(
        self, method: str, url: str, fields: list[tuple[str, str]], waiter: asyncio.Future[Response] | None = None
    ) -> int:
        if self._error is not None:
            raise self._error
        assert self._transport is not None
        self._sequence += 1
        headers = Headers([("CSeq", str(self._sequence)), ("User-Agent", USER_AGENT), *fields])
        if self._credentials is not None:
            headers.add("Authorization", self._credentials.authorization(method, url))
        try:
            data = serialise(Request(method, url, headers))
        except WireError as error:
            raise SourceError(SourceCode.PROTOCOL, str(error)) from error
        if waiter is not None:
            self._waiting[self._sequence] = waiter
        if self._conversation is not None:
            self._conversation.note("out", data)
        self._transport.write(data)
        return self._sequence

    def _answer_challenge(self, response: Response) -> None:
        challenges = parse_challenges(response.headers.all("www-authenticate"))
        if not self._basic_allowed:
            challenges = [each for each in challenges if each.scheme != "basic"]
        if not challenges:
            raise SourceError(SourceCode.UNAUTHORIZED, "the device asks for a kind of proof we cannot give")
        if self._address.username is None:
            raise SourceError(SourceCode.UNAUTHORIZED, "the device asks for a name and a password")
        strongest = challenges[0]
        if self._credentials is not None and not strongest.stale and not self._nonce_is_new(strongest.nonce):
            raise SourceError(SourceCode.UNAUTHORIZED, "the device refuses the name or the password")
        self._credentials = Credentials(self._address.username, self._address.password or "", strongest)

    def _nonce_is_new(self, nonce: str) -> bool:
        """Devices that give every request a nonce of their own answer 401 without `stale`; one fresh try is fair."""
        before = self._credentials.challenge.nonce if self._credentials else ""
        return bool(nonce) and nonce != before

    def _fail(self, error: SourceError) -> None:
        if self._error is not None:
            return
        self._error = error
        waiting, self._waiting = self._waiting, {}
        for waiter in waiting.values():
            if not waiter.done():
                waiter.set_exception(error)
        if self._transport is not None:
            self._transport.close()
        if self.lost is not None:
            self.lost(error)


def _reason(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text or type(error).__name__
