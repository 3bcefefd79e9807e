"""A device as the tests play it: one socket, registering, keeping alive, answering what a test tells it to."""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

from commonsight.connect.wire import manscdp
from commonsight.connect.wire.digest import Credentials, parse_challenges
from commonsight.connect.wire.manscdp import Manscdp
from commonsight.connect.wire.sip import Headers, Request, Response, StreamReader, parse

PLATFORM = "45000000002000000001"
Answer = Callable[[Manscdp, Request], list[Any]]


class TestDevice:
    """Speaks to `port` on loopback. `answers`: by CmdType, what to send back (elements) after the 200."""

    __test__ = False

    def __init__(self, code: str, port: int, *, transport: str = "udp", password: str = "secret-1", version: str = ""):
        self.code, self.port, self.transport, self.password, self.version = code, port, transport, password, version
        self.heard: list[Request] = []
        self.answers: dict[str, Answer] = {}
        self.refuse: dict[str, int] = {}
        self.encoding = "GB2312"
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Response]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._datagrams: asyncio.DatagramTransport | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.local = 0

    async def open(self) -> "TestDevice":
        if self.transport == "udp":
            device = self

            class Protocol(asyncio.DatagramProtocol):
                def datagram_received(self, data: bytes, addr: Any) -> None:
                    device.take(parse(data))

            loop = asyncio.get_running_loop()
            self._datagrams, _ = await loop.create_datagram_endpoint(
                Protocol, local_addr=("127.0.0.1", 0), remote_addr=("127.0.0.1", self.port)
            )
            self.local = self._datagrams.get_extra_info("sockname")[1]
        else:
            reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
            self.local = self._writer.get_extra_info("sockname")[1]
            self._spawn(self._read(reader))
        return self

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._datagrams is not None:
            self._datagrams.close()
        if self._writer is not None:
            self._writer.close()
            await asyncio.gather(self._writer.wait_closed(), return_exceptions=True)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        stream = StreamReader()
        while data := await reader.read(65_536):
            for message in stream.feed(data):
                self.take(message)

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def send(self, message: Request | Response) -> None:
        data = message.encode()
        if self._datagrams is not None:
            self._datagrams.sendto(data)
        elif self._writer is not None:
            self._writer.write(data)

    def take(self, message: Request | Response) -> None:
        if isinstance(message, Response):
            waiting = self._waiting.get(message.headers.get("CSeq") or "")
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
            return
        self.heard.append(message)
        headers = Headers([(n, v) for n, v in message.headers if n in ("Via", "From", "Call-ID", "CSeq")])
        headers.add("To", f"{message.headers.get('To')};tag=d{self.code[-4:]}")
        if message.headers.get("Expires"):
            headers.add("Expires", message.headers.get("Expires") or "")
        status = self.refuse.get(message.method, 200)
        self.send(Response(status, "", headers))
        if status == 200 and message.body:
            body = manscdp.decode(message.body)
            answer = self.answers.get(body.command)
            if answer is not None:
                self._spawn(self._say_all(answer(body, message)))

    async def _say_all(self, roots: list[Any]) -> None:
        for root in roots:
            await self.say(root)

    def request(self, method: str, uri: str, **headers: str) -> Request:
        number = next(self._numbers)
        made = Headers([
            ("Via", f"SIP/2.0/{self.transport.upper()} 127.0.0.1:{self.local};rport;branch=z9hG4bK{self.code}{number}"),
            ("From", f"<sip:{self.code}@{self.code[:10]}>;tag=f{self.code}"),
            ("To", f"<sip:{self.code if method == 'REGISTER' else PLATFORM}@{PLATFORM[:10]}>"),
            ("Call-ID", f"c{self.code}{number}"),
            ("CSeq", f"{number} {method}"),
            ("Max-Forwards", "70"),
        ])  # fmt: skip
        for name, value in headers.items():
            made.add(name.replace("_", "-"), value)
        return Request(method, uri, made)

    async def ask(self, request: Request, seconds: float = 20) -> Response:
        """Send, again every half second over UDP, until an answer comes."""
        key = request.headers.get("CSeq") or ""
        future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._waiting[key] = future
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self.send(request)
                    done, _ = await asyncio.wait([future], timeout=0.5 if self.transport == "udp" else seconds)
                    if done:
                        return future.result()
        finally:
            del self._waiting[key]

    async def register(self, expires: int = 3600, password: str | None = None) -> Response:
        """REGISTER, answering one challenge."""
        uri = f"sip:{PLATFORM}@{PLATFORM[:10]}"
        more = {"Contact": f"<sip:{self.code}@127.0.0.1:{self.local}>", "Expires": str(expires)}
        if self.version:
            more["X-GB-Ver"] = self.version
        first = await self.ask(self.request("REGISTER", uri, **more))
        if first.status != 401:
            return first
        challenge = parse_challenges(first.headers.all("WWW-Authenticate"))[0]
        answer = Credentials(self.code, password or self.password, challenge).authorization("REGISTER", uri)
        return await self.ask(self.request("REGISTER", uri, Authorization=answer, **more))

    async def say(self, root: Any, method: str = "MESSAGE", **headers: str) -> Response:
        """A MANSCDP document to the platform."""
        request = self.request(method, f"sip:{PLATFORM}@{PLATFORM[:10]}", **headers)
        request.headers.set("Content-Type", manscdp.CONTENT_TYPE)
        request.body = manscdp.encode(root, encoding=self.encoding)  # type: ignore[arg-type]
        return await self.ask(request)

    async def keepalive(self) -> Response:
        return await self.say(manscdp.build("Notify", "Keepalive", 1, self.code, ("Status", "OK")))
