"""The SIP endpoint: listens in every zone, takes requests once however often they come, asks and waits for answers.

It knows nothing of GB/T 28181. Everything it holds is bounded; beyond the bounds a request is answered 503 with a
Retry-After that spreads devices out, so that a storm of registrations settles instead of feeding itself.
"""

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

import structlog

from commonsight.clock import Clock
from commonsight.connect.sip import metrics
from commonsight.connect.sip.dialog import new_tag
from commonsight.connect.sip.errors import SipUnreachable
from commonsight.connect.sip.incoming import Handler, Incoming
from commonsight.connect.sip.outgoing import Outgoing
from commonsight.connect.sip.peer import Listen, Peer, host_text
from commonsight.connect.sip.trace import Trace
from commonsight.connect.sip.transport import Lines
from commonsight.connect.wire.sip import CSeq, Headers, Request, Response, SipSyntaxError, Via

log = structlog.get_logger(__name__)


class SipEndpoint:
    """Sockets, transactions and the trace.

    Args:
        listens: our addresses, one for each zone.
        handler: hears of requests and lost connections.
        clock: time of retransmissions and of the trace.
        user_agent: stands in every message.
        trace: remembers what was said; a new one without own ids when not given.
    """

    def __init__(
        self,
        listens: Sequence[Listen],
        handler: Handler,
        clock: Clock,
        *,
        user_agent: str,
        trace: Trace | None = None,
    ) -> None:
        self.trace = trace if trace is not None else Trace()
        self.ports: dict[str, int] = {}
        """Zone -> the port that was bound."""
        self._listens = {listen.zone: listen for listen in listens}
        self._handler = handler
        self._clock = clock
        self._user_agent = user_agent
        self._lines = Lines(self, clock)
        self._incoming = Incoming(self, handler, clock, user_agent)
        self._outgoing = Outgoing(self, clock)
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        """Opens every address. Raises `Refusal` naming the one that cannot be had; none stays open then."""
        try:
            for listen in self._listens.values():
                self.ports[listen.zone] = await self._lines.open(listen)
        except BaseException:
            await self.close()
            raise
        self.spawn(self._sweep())
        log.info("sip_listening", ports=self.ports)

    async def close(self) -> None:
        """Closes the sockets; whoever waits for an answer gets `SipUnreachable`."""
        self._outgoing.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*list(self._tasks), return_exceptions=True)
        await self._lines.close()

    @property
    def zones(self) -> list[str]:
        return list(self._listens)

    def advertised(self, zone: str) -> str:
        """`host:port` that devices of `zone` are told. Raises `KeyError` for a zone we are not in."""
        listen = self._listens[zone]
        told = listen.advertised or host_text(listen.host)
        has_port = ":" in told.rpartition("]")[2]
        return told if has_port else f"{told}:{self.ports.get(zone, listen.port)}"

    def has(self, peer: Peer) -> bool:
        """Whether `send` would have a way to `peer` without opening a connection."""
        return self._lines.has(peer)

    def contact(self, user: str, peer: Peer) -> str:
        """Our Contact towards `peer`."""
        transport = ";transport=tcp" if peer.transport == "tcp" else ""
        return f"<sip:{user}@{self.advertised(peer.zone)}{transport}>"

    def new_request(
        self,
        method: str,
        uri: str | None,
        peer: Peer,
        *,
        from_id: str,
        to_id: str,
        domain: str,
        to_domain: str | None = None,
        call_id: str | None = None,
        cseq: int | None = None,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        content_type: str | None = None,
    ) -> Request:
        """A request outside any dialog; Via is added when it is sent.

        Args:
            uri: where it goes; None: `sip:to_id@` and the peer's address.
            from_id, domain: ours.
            to_id, to_domain: theirs; without a domain the peer's address stands there, which every device accepts.
        """
        place = f"{host_text(peer.host)}:{peer.port}"
        made = Headers([("From", f"<sip:{from_id}@{domain}>;tag={new_tag()}")])
        made.add("To", f"<sip:{to_id}@{to_domain or place}>")
        made.add("Call-ID", call_id or f"{new_tag()}{new_tag()}@{self.advertised(peer.zone).rpartition(':')[0]}")
        made.add("CSeq", str(CSeq(cseq if cseq is not None else next(self._numbers) & 0x7FFFFFFF, method)))
        made.add("Max-Forwards", "70")
        if method in ("INVITE", "SUBSCRIBE", "REGISTER"):
            made.add("Contact", self.contact(from_id, peer))
        for name, value in headers:
            made.add(name, value)
        if content_type:
            made.add("Content-Type", content_type)
        return Request(method, uri or f"sip:{to_id}@{place}", made, body)

    async def request(
        self,
        request: Request,
        peer: Peer,
        *,
        timeout: float = 8.0,
        on_provisional: Callable[[Response], None] | None = None,
    ) -> Response:
        """Sends `request` and waits for the final answer; datagrams are sent again until one comes.

        An INVITE that is given up (timeout, or the caller is cancelled) is taken back, and should the other side
        have accepted meanwhile, ended: no call outlives its caller.

        Raises:
            SipTimeout, SipUnreachable, SipOverloaded.
        """
        return await self._outgoing.ask(request, peer, timeout, on_provisional)

    async def send(self, request: Request, peer: Peer) -> None:
        """Sends without waiting: the ACK of a 2xx. It is sent again for every copy of that 2xx. Raises SipError."""
        await self._outgoing.send(request, peer)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Runs `work` beside; ended with the endpoint. What it raises is logged."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    # What the sockets bring.

    def message(self, peer: Peer, local: tuple[str, int], message: Request | Response, data: bytes) -> None:
        self.trace.add(self._clock.now(), "in", peer, local, message, data)
        try:
            if isinstance(message, Response):
                metrics.MESSAGES.labels("in", f"{message.status // 100}xx").inc()
                self._outgoing.answered(message)
            else:
                metrics.MESSAGES.labels("in", message.method).inc()
                self._incoming.take(message, peer)
        except SipSyntaxError as error:
            self.unreadable(peer, error)

    def lost(self, peer: Peer) -> None:
        self._outgoing.lost(peer)
        self.spawn(self._handler.on_connection_lost(peer))

    def unreadable(self, peer: Peer, error: SipSyntaxError) -> None:
        metrics.REFUSED.labels("syntax").inc()
        log.debug("sip_unreadable", peer=str(peer), error=str(error))

    # What its halves need (`sending.Sender`).

    async def reach(self, peer: Peer) -> None:
        await self._lines.reach(peer)

    def transmit(self, peer: Peer, message: Request | Response) -> None:
        data = message.encode()
        local = self._lines.send(peer, data)
        self.trace.add(self._clock.now(), "out", peer, local, message, data)

    def again(self, peer: Peer, message: Request | Response) -> None:
        try:
            self.transmit(peer, message)
        except SipUnreachable as error:
            log.debug("sip_not_sent", error=str(error))

    def stamp(self, request: Request, peer: Peer, branch: str) -> None:
        host, _, port = self.advertised(peer.zone).rpartition(":")
        via = Via(peer.transport.upper(), host, int(port), {"rport": "", "branch": branch})
        request.headers.remove("Via")
        request.headers = Headers([("Via", str(via)), *request.headers.items()])
        if request.headers.get("User-Agent") is None:
            request.headers.add("User-Agent", self._user_agent)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("sip_task_failed", error=repr(error))

    async def _sweep(self) -> None:
        while True:
            await self._clock.sleep(1.0)
            now = self._clock.monotonic()
            self._incoming.sweep(now)
            self._outgoing.sweep(now)
            self._lines.sweep()
