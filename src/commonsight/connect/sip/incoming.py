"""Requests of theirs: each is worked on once, however often it comes; over the bounds it is answered 503."""

import zlib
from collections import Counter, OrderedDict
from typing import Final, Protocol

import structlog

from commonsight.clock import Clock
from commonsight.connect.sip import metrics
from commonsight.connect.sip.dialog import new_tag
from commonsight.connect.sip.peer import Peer
from commonsight.connect.sip.sending import Sender
from commonsight.connect.sip.transactions import LIFETIME, T1, T2, Key, ServerTransaction, answer, key_of
from commonsight.connect.wire.sip import Request, Response, SipSyntaxError, parse_name_addr

log = structlog.get_logger(__name__)

PENDING_MOST: Final = 4_000
"""Requests being worked on at once."""
PENDING_PER_PEER: Final = 64
REMEMBERED_MOST: Final = 60_000
"""Answered requests remembered for copies of them; beyond it the oldest are forgotten before their time."""
RETRY_LEAST: Final = 5
RETRY_SPREAD: Final = 55
"""Retry-After of a 503 is at least so many seconds, spread by the Call-ID over so many more."""


class Handler(Protocol):
    """What is done with requests. ACK, CANCEL and copies never reach it."""

    async def on_request(self, request: Request, transaction: ServerTransaction) -> None: ...

    async def on_connection_lost(self, peer: Peer) -> None: ...


class Incoming:
    """Server transactions."""

    def __init__(self, sender: Sender, handler: Handler, clock: Clock, user_agent: str) -> None:
        self._sender = sender
        self._handler = handler
        self._clock = clock
        self._user_agent = user_agent
        self._served: OrderedDict[Key, tuple[float, ServerTransaction]] = OrderedDict()
        self._invites: dict[tuple[Peer, str, int], ServerTransaction] = {}
        self._pending: Counter[tuple[str, str, int]] = Counter()
        self._pending_total = 0

    def take(self, request: Request, peer: Peer) -> None:
        """A request came. Raises `SipSyntaxError` when it lacks what an answer needs."""
        key = key_of(request, peer)
        for name in ("From", "To"):
            parse_name_addr(request.headers.get(name) or "")
        if key[4] != request.method:
            raise SipSyntaxError(f"CSeq names {key[4]}, the request is {request.method}")
        if request.method == "ACK":
            self._acknowledged(peer, key)
            return
        known = self._served.get(key)
        if known is not None:
            metrics.COPIES.inc()
            if known[1].last is not None:
                self._sender.again(peer, known[1].last)
            return
        if request.method == "CANCEL":
            self._cancelled(request, peer)
            return
        source = (peer.zone, peer.host, peer.port)
        if self._pending_total >= PENDING_MOST or self._pending[source] >= PENDING_PER_PEER:
            self._overloaded(request, peer)
            return
        extra = [("User-Agent", self._user_agent)]
        if request.method in ("INVITE", "SUBSCRIBE"):
            own = parse_name_addr(request.headers.get("To") or "").uri.user
            extra.append(("Contact", self._sender.contact(own, peer)))
        transaction = ServerTransaction(request, peer, self._respond, extra)
        self._served[key] = (self._clock.monotonic() + LIFETIME, transaction)
        if request.method == "INVITE":
            self._invites[peer, key[2], key[3]] = transaction
        if len(self._served) > REMEMBERED_MOST:
            self._forget_oldest()
        self._pending_total += 1
        self._pending[source] += 1
        self._sender.spawn(self._handle(transaction, source))

    def sweep(self, now: float) -> None:
        """Forgets transactions whose time is over. All live equally long, so the oldest stand in front."""
        while self._served and next(iter(self._served.values()))[0] <= now:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        key, _ = self._served.popitem(last=False)
        if key[4] == "INVITE":
            self._invites.pop((key[0], key[2], key[3]), None)

    async def _handle(self, transaction: ServerTransaction, source: tuple[str, str, int]) -> None:
        try:
            await self._handler.on_request(transaction.request, transaction)
        except Exception:
            log.exception("sip_handler_failed", method=transaction.request.method, peer=str(transaction.peer))
            transaction.finish(500)
        finally:
            self._pending_total -= 1
            self._pending[source] -= 1
            if self._pending[source] <= 0:
                del self._pending[source]

    def _respond(self, transaction: ServerTransaction, response: Response) -> None:
        metrics.MESSAGES.labels("out", f"{response.status // 100}xx").inc()
        self._sender.again(transaction.peer, response)
        invite = transaction.request.method == "INVITE"
        if invite and response.status >= 200 and transaction.peer.transport == "udp":
            self._sender.spawn(self._until_acknowledged(transaction, response))

    async def _until_acknowledged(self, transaction: ServerTransaction, response: Response) -> None:
        """A final answer to an INVITE is sent again until it is acknowledged."""
        pause, waited = T1, 0.0
        while waited < LIFETIME:
            await self._clock.sleep(pause)
            waited, pause = waited + pause, min(pause * 2, T2)
            if transaction.acknowledged.is_set():
                return
            self._sender.again(transaction.peer, response)

    def _acknowledged(self, peer: Peer, key: Key) -> None:
        """The ACK of a 2xx has a branch of its own, so it is found by call and number."""
        found = self._invites.get((peer, key[2], key[3]))
        if found is not None:
            found.acknowledged.set()

    def _cancelled(self, request: Request, peer: Peer) -> None:
        found = self._served.get(key_of(request, peer, "INVITE"))
        tag = found[1].tag if found else new_tag()
        self._sender.again(peer, answer(request, 200 if found else 481, peer=peer, tag=tag))
        if found:
            found[1].cancel()

    def _overloaded(self, request: Request, peer: Peer) -> None:
        metrics.REFUSED.labels("overload").inc()
        call = (request.headers.get("Call-ID") or "").encode()
        wait = RETRY_LEAST + zlib.crc32(call) % RETRY_SPREAD
        self._sender.again(peer, answer(request, 503, peer=peer, tag=new_tag(), headers=[("Retry-After", str(wait))]))
