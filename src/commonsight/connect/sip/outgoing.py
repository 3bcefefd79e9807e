"""Requests of ours: sent, sent again over UDP, answered or given up; and what may still come of a given-up INVITE.

No call outlives its caller: an INVITE that is given up is taken back, and if the other side had accepted meanwhile,
the call is acknowledged and ended.
"""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any, Final

import structlog

from commonsight.clock import Clock
from commonsight.connect.sip import metrics
from commonsight.connect.sip.dialog import Dialog, new_tag
from commonsight.connect.sip.errors import SipOverloaded, SipTimeout, SipUnreachable
from commonsight.connect.sip.peer import Peer
from commonsight.connect.sip.sending import Sender
from commonsight.connect.sip.transactions import LIFETIME, T1, T2, ClientTransaction
from commonsight.connect.wire.sip import Request, Response, SipSyntaxError, parse_cseq, parse_via

log = structlog.get_logger(__name__)

ASKING_MOST: Final = 8_000
"""Requests of ours under way at once."""
LINGERING_MOST: Final = 20_000
"""INVITEs remembered after their answer, for what comes late."""


class Outgoing:
    """Client transactions."""

    def __init__(self, sender: Sender, clock: Clock) -> None:
        self._sender = sender
        self._clock = clock
        self._asking: dict[tuple[str, str], ClientTransaction] = {}
        self._by_peer: defaultdict[Peer, set[tuple[str, str]]] = defaultdict(set)
        self._lingering: OrderedDict[str, ClientTransaction] = OrderedDict()
        self._calls: dict[tuple[str, int], ClientTransaction] = {}

    async def ask(
        self, request: Request, peer: Peer, timeout: float, on_provisional: Callable[[Response], None] | None = None
    ) -> Response:
        """Sends and waits for the final answer. Raises SipTimeout, SipUnreachable, SipOverloaded."""
        return await self._exchange(self._new(request, peer, on_provisional), timeout)

    async def send(self, request: Request, peer: Peer) -> None:
        """Sends without waiting; an ACK is sent again for every copy of the answer it is for. Raises SipError."""
        await self._sender.reach(peer)
        self._sender.stamp(request, peer, _branch())
        if request.method == "ACK" and (call := self._calls.get(_call(request))) is not None:
            call.ack = request
        self._sender.transmit(peer, request)

    def answered(self, response: Response) -> None:
        """A response came. Raises `SipSyntaxError`."""
        method = parse_cseq(response.headers.get("CSeq") or "").method
        branch = parse_via(response.headers.get("Via") or "").branch
        transaction = self._asking.get((branch, method))
        if transaction is None:
            if method == "INVITE" and (late := self._lingering.get(branch)) is not None:
                self._late(late, response)
            return
        if response.status < 200:
            transaction.provisional = True
            if transaction.on_provisional is not None:
                transaction.on_provisional(response)
            return
        if transaction.invite and response.status >= 300:
            self._sender.again(transaction.peer, transaction.follow_up("ACK", response))
        if not transaction.reply.done():
            transaction.reply.set_result(response)

    def lost(self, peer: Peer) -> None:
        """The connection to `peer` broke: nobody waits on it for an answer."""
        for key in self._by_peer.get(peer, ()):
            self._fail(self._asking[key], "the connection was lost")

    def close(self) -> None:
        for transaction in self._asking.values():
            self._fail(transaction, "the endpoint is closing")

    def sweep(self, now: float) -> None:
        """Forgets calls whose time is over, oldest first."""
        while self._lingering and next(iter(self._lingering.values())).until <= now:
            self._forget()

    def _new(
        self,
        request: Request,
        peer: Peer,
        on_provisional: Callable[[Response], None] | None = None,
        branch: str | None = None,
    ) -> ClientTransaction:
        reply: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        return ClientTransaction(request, peer, branch or _branch(), reply, on_provisional)

    async def _exchange(self, transaction: ClientTransaction, timeout: float) -> Response:
        peer, key = transaction.peer, (transaction.branch, transaction.request.method)
        if len(self._asking) >= ASKING_MOST:
            raise SipOverloaded(f"{ASKING_MOST} requests wait for answers", peer)
        self._asking[key] = transaction
        self._by_peer[peer].add(key)
        try:
            await self._sender.reach(peer)
            self._sender.stamp(transaction.request, peer, transaction.branch)
            metrics.MESSAGES.labels("out", transaction.request.method).inc()
            self._sender.transmit(peer, transaction.request)
            return await self._final(transaction, timeout)
        except (SipTimeout, asyncio.CancelledError):
            if transaction.invite:
                self._abandon(transaction)
            raise
        finally:
            del self._asking[key]
            self._by_peer[peer].discard(key)
            if not self._by_peer[peer]:
                del self._by_peer[peer]
            if transaction.invite:
                self._linger(transaction)

    async def _final(self, transaction: ClientTransaction, timeout: float) -> Response:
        begun, pause = self._clock.monotonic(), T1
        while True:
            left = begun + timeout - self._clock.monotonic()
            if left <= 0:
                raise SipTimeout(f"no answer to {transaction.request.method} within {timeout:g} s", transaction.peer)
            pausing = min(left, pause) if _repeats(transaction) else left
            sleeping = asyncio.ensure_future(self._clock.sleep(pausing))
            waited: set[asyncio.Future[Any]] = {transaction.reply, sleeping}
            try:
                await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            finally:
                sleeping.cancel()
            if transaction.reply.done():
                return transaction.reply.result()
            if left > pause and _repeats(transaction):  # a provisional answer may have come meanwhile
                metrics.REPEATS.inc()
                self._sender.transmit(transaction.peer, transaction.request)
                pause = pause * 2 if transaction.invite else min(pause * 2, T2)

    # What comes after an INVITE was answered or given up.

    def _linger(self, transaction: ClientTransaction) -> None:
        transaction.until = self._clock.monotonic() + LIFETIME
        self._lingering[transaction.branch] = transaction
        self._calls[_call(transaction.request)] = transaction
        if len(self._lingering) > LINGERING_MOST:
            self._forget()

    def _forget(self) -> None:
        _, transaction = self._lingering.popitem(last=False)
        call = _call(transaction.request)
        if self._calls.get(call) is transaction:
            del self._calls[call]

    def _abandon(self, transaction: ClientTransaction) -> None:
        """Nobody waits any more. It may be taken back only once the other side has shown that it has it."""
        reply = transaction.reply
        transaction.abandoned = True
        if reply.done() and not reply.cancelled() and reply.exception() is None:
            self._end(transaction, reply.result())
        elif transaction.provisional:
            self._take_back(transaction)

    def _late(self, transaction: ClientTransaction, response: Response) -> None:
        if response.status < 200:
            if transaction.abandoned and not transaction.ended:
                self._take_back(transaction)
        elif response.status >= 300:
            transaction.ended = transaction.ended or transaction.abandoned
            self._sender.again(transaction.peer, transaction.follow_up("ACK", response))
        elif transaction.ack is not None:
            self._sender.again(transaction.peer, transaction.ack)
        elif transaction.abandoned or not transaction.accepted:
            self._end(transaction, response)

    def _take_back(self, transaction: ClientTransaction) -> None:
        if not transaction.cancelling:
            transaction.cancelling = True
            cancel = self._new(transaction.follow_up("CANCEL"), transaction.peer, branch=transaction.branch)
            self._sender.spawn(self._aside(cancel))

    def _end(self, transaction: ClientTransaction, response: Response) -> None:
        """They accepted after we had given up: the call exists for them, so it is acknowledged and ended."""
        if response.status >= 300 or transaction.ending:
            return
        transaction.ended = transaction.ending = True
        try:
            dialog = Dialog.from_invite_response(transaction.request, response, transaction.peer)
        except SipSyntaxError as error:
            log.warning("sip_late_call", error=str(error))
            return
        log.info("sip_late_call_ended", peer=str(transaction.peer), call_id=dialog.call_id)
        transaction.ack = dialog.ack()
        self._sender.stamp(transaction.ack, transaction.peer, _branch())
        self._sender.again(transaction.peer, transaction.ack)
        self._sender.spawn(self._aside(self._new(dialog.request("BYE"), transaction.peer)))

    async def _aside(self, transaction: ClientTransaction) -> None:
        try:
            await self._exchange(transaction, LIFETIME)
        except (SipTimeout, SipUnreachable, SipOverloaded) as error:
            log.info("sip_not_ended", method=transaction.request.method, error=str(error))

    def _fail(self, transaction: ClientTransaction, words: str) -> None:
        if not transaction.reply.done():
            transaction.reply.set_exception(SipUnreachable(words, transaction.peer))
            transaction.reply.exception()  # seen: nobody may be waiting any more


def _repeats(transaction: ClientTransaction) -> bool:
    """Whether it is sent again when no answer comes: over UDP, an INVITE only until the other side has shown itself."""
    return transaction.peer.transport == "udp" and not (transaction.invite and transaction.provisional)


def _branch() -> str:
    return f"z9hG4bK{new_tag()}{new_tag()}"


def _call(request: Request) -> tuple[str, int]:
    headers = request.headers
    return headers.get("Call-ID") or "", parse_cseq(headers.get("CSeq") or "").number
