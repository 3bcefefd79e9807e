"""A raw UDP peer under the test's control, and a handler that can be told what to answer."""

import asyncio
from collections.abc import Awaitable, Callable

from commonsight.clock import SystemClock
from commonsight.connect.sip.endpoint import SipEndpoint
from commonsight.connect.sip.peer import Listen, Peer
from commonsight.connect.sip.transactions import ServerTransaction
from commonsight.connect.wire.sip import Headers, Request, Response, parse, parse_name_addr

OURS, THEIRS = "45000000002000000001", "45010000001320000001"
DOMAIN = "4500000000"
PATIENCE = 20.0

Answering = Callable[[Request, ServerTransaction], Awaitable[object]]


class Recorder:
    """Answers 200, or as told, and writes down what it saw."""

    def __init__(self, answering: Answering | None = None) -> None:
        self.requests: list[Request] = []
        self.transactions: list[ServerTransaction] = []
        self.lost: list[Peer] = []
        self.changed = asyncio.Event()
        self.answering = answering

    async def on_request(self, request: Request, transaction: ServerTransaction) -> None:
        self.requests.append(request)
        self.transactions.append(transaction)
        self.changed.set()
        if self.answering is not None:
            await self.answering(request, transaction)
        else:
            await transaction.respond(200)

    async def on_connection_lost(self, peer: Peer) -> None:
        self.lost.append(peer)
        self.changed.set()


async def until(condition: Callable[[], object]) -> None:
    """Waits for something to become true; the limit is only there so that a defect does not hang the run."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.005)


def endpoint(handler: Recorder | None = None, **changes: object) -> SipEndpoint:
    listen = Listen("local", "127.0.0.1", 0)
    return SipEndpoint([listen], handler or Recorder(), SystemClock(), user_agent="Commonsight", **changes)


class RawPeer(asyncio.DatagramProtocol):
    """Another side on UDP that does exactly what it is told."""

    def __init__(self) -> None:
        self.messages: list[Request | Response] = []
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self) -> "RawPeer":
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, ("127.0.0.1", 0))
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]
        return self

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.messages.append(parse(data))

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()

    @property
    def peer(self) -> Peer:
        return Peer("local", "udp", "127.0.0.1", self.port)

    def send(self, port: int, message: Request | Response | bytes) -> None:
        assert self._transport is not None
        data = message if isinstance(message, bytes) else message.encode()
        self._transport.sendto(data, ("127.0.0.1", port))

    def requests(self, method: str) -> list[Request]:
        return [m for m in self.messages if isinstance(m, Request) and m.method == method]

    def responses(self) -> list[Response]:
        return [m for m in self.messages if isinstance(m, Response)]

    def ask(
        self, method: str, *, branch: str = "z9hG4bKa", call: str = "call-1", cseq: int = 1, **extra: str
    ) -> Request:
        headers = Headers(
            [
                ("Via", f"SIP/2.0/UDP 10.9.8.7:5060;rport;branch={branch}"),
                ("From", f"<sip:{THEIRS}@{DOMAIN}>;tag=their1"),
                ("To", f"<sip:{OURS}@{DOMAIN}>"),
                ("Call-ID", call),
                ("CSeq", f"{cseq} {extra.pop('cseq_method', method)}"),
                ("Contact", f"<sip:{THEIRS}@127.0.0.1:{self.port}>"),
                *extra.items(),
            ]
        )
        return Request(method, f"sip:{OURS}@{DOMAIN}", headers)


def reply(request: Request, status: int, *, tag: str = "their2", contact: str = "") -> Response:
    headers = Headers([(name, value) for name in ("Via", "From") for value in request.headers.all(name)])
    to = request.headers.get("To") or ""
    headers.add("To", to if parse_name_addr(to).tag or status == 100 else f"{to};tag={tag}")
    for name in ("Call-ID", "CSeq"):
        headers.add(name, request.headers.get(name) or "")
    if contact:
        headers.add("Contact", contact)
    return Response(status, "", headers)


def invite(sip: SipEndpoint, peer: Peer) -> Request:
    return sip.new_request("INVITE", None, peer, from_id=OURS, to_id=THEIRS, domain=DOMAIN)


def message(sip: SipEndpoint, peer: Peer, body: bytes = b"<Notify/>") -> Request:
    return sip.new_request(
        "MESSAGE", None, peer, from_id=OURS, to_id=THEIRS, domain=DOMAIN, body=body,
        content_type="Application/MANSCDP+xml",
    )  # fmt: skip
