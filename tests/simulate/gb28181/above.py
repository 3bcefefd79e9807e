"""The platform above, as far as these tests need one: a registrar on loopback that writes down what it hears."""

import asyncio
import secrets
from datetime import timedelta

from commonsight.clock import SystemClock
from commonsight.connect.wire.digest_server import Challenger, Verdict, parse_answer
from commonsight.connect.wire.manscdp import Manscdp, build, decode, encode
from commonsight.connect.wire.sip import Headers, Request, Response, StreamReader, parse, parse_name_addr
from commonsight.simulate.gb28181.stage import LOCAL

SERVER = "45000000002000000001"
DOMAIN = SERVER[:10]


class Above(asyncio.DatagramProtocol):
    """Registers whoever knows its password; keeps every message; asks what it is told to ask."""

    def __init__(self, passwords):
        self.passwords = passwords
        self.challenger = Challenger(DOMAIN)
        self.algorithms = ("MD5",)
        self.contacts = {}
        self.registers = []
        self.messages: list[Manscdp] = []
        self.requests: list[Request] = []
        self.bodies: list[bytes] = []
        self.answers = {}
        self.deaf = False
        self.redirect = None
        self.busy = 0
        self.says = 200
        self.ahead = 0
        self.host, self.port = "127.0.0.1", 0
        self._transports = []

    async def start(self):
        loop = asyncio.get_running_loop()
        while True:  # one port for both, which another program may hold for TCP
            self.udp, _ = await loop.create_datagram_endpoint(lambda: self, ("127.0.0.1", 0))
            self.port = self.udp.get_extra_info("sockname")[1]
            try:
                self.tcp = await loop.create_server(lambda: _Stream(self), "127.0.0.1", self.port)
            except OSError:
                self.udp.close()
                continue
            return

    async def close(self):
        self.udp.close()
        self.tcp.close()
        for each in self._transports:
            each.abort()
        for _ in range(5):  # what was accepted a moment ago is made and ended, too
            await asyncio.sleep(0)
            for each in self._transports:
                each.abort()

    def datagram_received(self, data, addr):
        self.received(parse(data), lambda out: self.udp.sendto(out, addr))

    def received(self, message, send):
        if self.deaf:
            return
        if isinstance(message, Response):
            branch = message.headers.get("Via").partition("branch=")[2].partition(";")[0]
            waiting = self.answers.get(branch)
            if waiting is not None and not waiting.done() and message.status >= 200:
                waiting.set_result(message)
            return
        self.requests.append(message)
        if message.method == "REGISTER":
            self._register(message, send)
            return
        if message.method == "MESSAGE":
            self.messages.append(decode(message.body))
            self.bodies.append(message.body)
        elif message.method == "NOTIFY":
            self.messages.append(decode(message.body))
        self._respond(message, send, self.says)

    def _register(self, request, send):
        self.registers.append(request)
        code = parse_name_addr(request.headers.get("From")).uri.user
        if self.busy:
            self.busy -= 1
            self._respond(request, send, 503, ("Retry-After", "1"))
            return
        if self.redirect:
            self._respond(request, send, 302, ("Contact", self.redirect))
            return
        given = request.headers.get("Authorization")
        if given is None:
            challenges = self.challenger.challenges(0, self.algorithms)
            self._respond(request, send, 401, *(("WWW-Authenticate", each) for each in challenges))
            return
        verdict = self.challenger.verify("REGISTER", parse_answer(given), self.passwords.get(code, ""), 0)
        if verdict is not Verdict.OK:
            self._respond(request, send, 403)
            return
        expires = request.headers.get("Expires")
        if expires == "0":
            self.contacts.pop(code, None)
        else:
            self.contacts[code] = send
        self._respond(request, send, 200, ("Expires", expires), ("Date", self.date()))

    def drop_connections(self):
        for each in self._transports:
            each.abort()
        self._transports.clear()

    def date(self):
        now = SystemClock().now() + timedelta(seconds=self.ahead)
        return now.astimezone(LOCAL).replace(tzinfo=None).isoformat(timespec="milliseconds")

    def _respond(self, request, send, status, *fields):
        headers = Headers([(n, request.headers.get(n)) for n in ("Via", "From", "To", "Call-ID", "CSeq")])
        for name, value in fields:
            headers.add(name, value)
        send(Response(status, "", headers).encode())

    async def request(self, code, method, body=b"", *, call=None, to_tag="", cseq=1, fields=()):
        branch = "z9hG4bK" + secrets.token_hex(6)
        headers = Headers([
            ("Via", f"SIP/2.0/UDP 127.0.0.1:{self.port};branch={branch}"),
            ("From", f"<sip:{SERVER}@{DOMAIN}>;tag=above"),
            ("To", f"<sip:{code}@{DOMAIN}>{to_tag}"),
            ("Call-ID", call or secrets.token_hex(8)), ("CSeq", f"{cseq} {method}"),
            ("Contact", f"<sip:{SERVER}@127.0.0.1:{self.port}>"), *fields,
        ])  # fmt: skip
        waiting = self.answers[branch] = asyncio.get_running_loop().create_future()
        data = Request(method, f"sip:{code}@127.0.0.1", headers, body).encode()
        owner = fields and dict(fields).get("X-Owner")
        send = self.contacts[owner or code]
        send(data)
        if method == "ACK":
            return None
        async with asyncio.timeout(20):
            return await waiting

    async def ask(self, code, command, *children, kind="Query", device=None, serial="7"):
        body = encode(build(kind, command, serial, device or code, *children))
        fields = (("Content-Type", "Application/MANSCDP+xml"),)
        return await self.request(code, "MESSAGE", body, fields=fields)

    def of(self, command, kind=None):
        return [m for m in self.messages if m.command == command and (kind is None or m.kind == kind)]


class _Stream(asyncio.Protocol):
    def __init__(self, above):
        self.above, self.reader = above, StreamReader()

    def connection_made(self, transport):
        self.transport = transport
        self.above._transports.append(transport)

    def data_received(self, data):
        for message in self.reader.feed(data):
            self.above.received(message, self.transport.write)


async def until(condition, seconds=30.0):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - conditions of many kinds, none with an event
            await asyncio.sleep(0.01)
