"""What one request is to the two sides: the server's answer that is given again, the client's wait for one.

Identity is wider than the branch the standard asks for, because devices reuse branches: sender, branch, Call-ID,
CSeq number and method must all be the same for a request to be a copy.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from commonsight.connect.sip.dialog import new_tag
from commonsight.connect.sip.peer import Peer
from commonsight.connect.wire.sip import CSeq, Headers, Request, Response, Via, parse_cseq, parse_name_addr, parse_via

T1: Final = 0.5
"""First wait before a datagram is sent again, s; doubled each time."""
T2: Final = 4.0
"""Longest such wait, s."""
LIFETIME: Final = 32.0
"""A transaction is remembered this long: copies of a request may arrive until then, s."""

_REASONS: Final = {100: "Trying", 180: "Ringing", 481: "Call/Transaction Does Not Exist", 487: "Request Terminated"}

Key = tuple[Peer, str, str, int, str]


def key_of(request: Request, peer: Peer, method: str | None = None) -> Key:
    """Identity of a request. Raises `SipSyntaxError` when a field it needs is missing or wrong."""
    cseq = parse_cseq(request.headers.get("CSeq") or "")
    branch = parse_via(request.headers.get("Via") or "").branch
    return peer, branch, request.headers.get("Call-ID") or "", cseq.number, method or cseq.method


def answer(
    request: Request,
    status: int,
    reason: str | None = None,
    *,
    peer: Peer,
    tag: str = "",
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    content_type: str | None = None,
) -> Response:
    """A response to `request`, with the fields every response repeats. The top Via tells where we saw it come from."""
    made = Headers()
    for number, value in enumerate(request.headers.all("Via")):
        made.add("Via", _seen_from(value, peer) if number == 0 else value)
    if status // 100 in (1, 2):
        for route in request.headers.all("Record-Route"):
            made.add("Record-Route", route)
    made.add("From", request.headers.get("From") or "")
    to = request.headers.get("To") or ""
    if tag and status > 100 and not parse_name_addr(to).tag:
        to = f"{to};tag={tag}"
    made.add("To", to)
    made.add("Call-ID", request.headers.get("Call-ID") or "")
    made.add("CSeq", request.headers.get("CSeq") or "")
    for name, value in headers:
        made.add(name, value)
    if body and content_type:
        made.add("Content-Type", content_type)
    return Response(status, reason if reason is not None else reason_of(status), made, body)


def reason_of(status: int) -> str:
    """The usual words for a status."""
    if status in _REASONS:
        return _REASONS[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Failure" if status >= 300 else "OK"


class ServerTransaction:
    """One request of theirs and our answer.

    Args:
        request, peer: what came and from where.
        send: sends a response; unreachable peers are its business.
        extra: fields added to every final answer (User-Agent, Contact).
    """

    def __init__(
        self,
        request: Request,
        peer: Peer,
        send: Callable[["ServerTransaction", Response], None],
        extra: Iterable[tuple[str, str]] = (),
    ) -> None:
        self.request = request
        self.peer = peer
        self.tag = new_tag()
        self.status = 0
        self.cancelled = asyncio.Event()
        """Set when they took an INVITE back before our final answer; 487 has been sent then."""
        self.acknowledged = asyncio.Event()
        """Set when the ACK of our final answer to an INVITE came."""
        self.last: Response | None = None
        self._send = send
        self._extra = list(extra)

    @property
    def final(self) -> bool:
        return self.status >= 200

    async def respond(
        self,
        status: int,
        reason: str | None = None,
        *,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        content_type: str | None = None,
    ) -> bool:
        """Answers. False when a final answer has been given already, which holds (they may have cancelled)."""
        return self.finish(status, reason, headers, body, content_type)

    def cancel(self) -> None:
        """They took the request back: 487, unless it has been answered."""
        if self.finish(487):
            self.cancelled.set()

    def finish(
        self,
        status: int,
        reason: str | None = None,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        content_type: str | None = None,
    ) -> bool:
        """`respond`, at once."""
        if self.final:
            return False
        self.status = status
        fields = [*headers, *(self._extra if status > 100 else ())]
        self.last = answer(
            self.request, status, reason, peer=self.peer, tag=self.tag, headers=fields, body=body,
            content_type=content_type,
        )  # fmt: skip
        self._send(self, self.last)
        return True


@dataclass(slots=True)
class ClientTransaction:
    """One request of ours and the wait for its answer.

    `abandoned`: nobody waits any more, but a call may still come of it, which must be ended. `cancelling`, `ending`:
    CANCEL, BYE went out. `ended`: a final answer came after that, so there is nothing to take back.
    """

    request: Request
    peer: Peer
    branch: str
    reply: asyncio.Future[Response]
    on_provisional: Callable[[Response], None] | None = None
    provisional: bool = False
    abandoned: bool = False
    cancelling: bool = False
    ending: bool = False
    ended: bool = False
    ack: Request | None = None
    until: float = 0.0
    data: bytes = field(default=b"", repr=False)

    @property
    def invite(self) -> bool:
        return self.request.method == "INVITE"

    @property
    def accepted(self) -> bool:
        """Whether whoever asked was given a 2xx, so that the call is theirs."""
        reply = self.reply
        given = reply.done() and not reply.cancelled() and reply.exception() is None
        return given and reply.result().status < 300

    def follow_up(self, method: str, response: Response | None = None) -> Request:
        """CANCEL of this request, or ACK of the failure `response`: same branch, same number."""
        headers = Headers()
        for name in ("Via", "Route", "From", "To", "Call-ID"):
            for value in self.request.headers.all(name):
                headers.add(name, value)
        if response is not None:
            headers.set("To", response.headers.get("To") or self.request.headers.get("To") or "")
        number = parse_cseq(self.request.headers.get("CSeq") or "").number
        headers.add("CSeq", str(CSeq(number, method)))
        headers.add("Max-Forwards", "70")
        return Request(method, self.request.uri, headers)


def _seen_from(value: str, peer: Peer) -> str:
    via = parse_via(value)
    params = dict(via.params)
    if "rport" in params:
        params["rport"] = str(peer.port)
    if "rport" in params or via.host.strip("[]") != peer.host:
        params["received"] = peer.host
    return str(Via(via.transport, via.host, via.port, params))
