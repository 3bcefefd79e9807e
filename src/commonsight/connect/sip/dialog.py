"""A SIP dialog: what two sides must remember to speak about one call. Goes to JSON, so that a restart can end it."""

import secrets
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from commonsight.connect.sip.peer import Peer
from commonsight.connect.wire.sip import (
    CSeq,
    Headers,
    Request,
    Response,
    SipSyntaxError,
    parse_cseq,
    parse_name_addr,
)


@dataclass(slots=True)
class Dialog:
    """One call or subscription.

    Args:
        call_id: Call-ID of every request in it.
        local: our From field with tag, when we ask.
        remote: our To field with tag, when we ask.
        target: address requests are written to (the other side's Contact).
        peer: where they are sent. Behind NAT this is not what Contact says.
        contact: our own Contact.
        cseq: number of our last request.
        remote_cseq: number of theirs.
        invite_cseq: number of the INVITE, which ACK repeats.
        routes: Route fields, in order.
    """

    call_id: str
    local: str
    remote: str
    target: str
    peer: Peer
    contact: str = ""
    cseq: int = 0
    remote_cseq: int = 0
    invite_cseq: int = 0
    routes: list[str] = field(default_factory=list)

    @classmethod
    def from_invite_response(cls, request: Request, response: Response, peer: Peer) -> Self:
        """The dialog our INVITE (or SUBSCRIBE) opened, from its 2xx. Raises `SipSyntaxError` when no tag came back."""
        number = parse_cseq(request.headers.get("CSeq") or "").number
        remote = response.headers.get("To") or ""
        if not parse_name_addr(remote).tag:
            raise SipSyntaxError("the answer that opens a dialog has no tag in To")
        return cls(
            call_id=request.headers.get("Call-ID") or "",
            local=request.headers.get("From") or "",
            remote=remote,
            target=_target(response, request.uri),
            peer=peer,
            contact=request.headers.get("Contact") or "",
            cseq=number,
            invite_cseq=number,
            routes=list(reversed(response.headers.all("Record-Route"))),
        )

    from_subscribe_response = from_invite_response

    @classmethod
    def from_request(cls, request: Request, peer: Peer, *, tag: str, contact: str) -> Self:
        """The dialog their INVITE or SUBSCRIBE opens when we accept it under our `tag`."""
        return cls(
            call_id=request.headers.get("Call-ID") or "",
            local=f"{request.headers.get('To') or ''};tag={tag}",
            remote=request.headers.get("From") or "",
            target=_target(request, request.uri),
            peer=peer,
            contact=contact,
            remote_cseq=parse_cseq(request.headers.get("CSeq") or "").number,
            routes=request.headers.all("Record-Route"),
        )

    def request(self, method: str, *, body: bytes = b"", content_type: str | None = None) -> Request:
        """The next request in it; the endpoint adds Via."""
        self.cseq += 1
        return self._request(method, self.cseq, body, content_type)

    def ack(self) -> Request:
        """ACK of the 2xx that opened it."""
        return self._request("ACK", self.invite_cseq, b"", None)

    def owns(self, request: Request) -> bool:
        """Whether their request belongs to it: Call-ID and both tags."""
        try:
            theirs = parse_name_addr(request.headers.get("From") or "").tag
            ours = parse_name_addr(request.headers.get("To") or "").tag
            return (request.headers.get("Call-ID"), ours, theirs) == (
                self.call_id,
                parse_name_addr(self.local).tag,
                parse_name_addr(self.remote).tag,
            )
        except SipSyntaxError:
            return False

    def takes(self, request: Request) -> bool:
        """Notes the number of their request; False when it is not above the last (a late copy)."""
        number = parse_cseq(request.headers.get("CSeq") or "").number
        if number <= self.remote_cseq:
            return False
        self.remote_cseq = number
        return True

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """Raises `KeyError` or `TypeError` for a document that `to_json` did not write."""
        return cls(**{**document, "peer": Peer(**document["peer"])})

    def _request(self, method: str, number: int, body: bytes, content_type: str | None) -> Request:
        headers = Headers([("Route", route) for route in self.routes])
        headers.add("From", self.local)
        headers.add("To", self.remote)
        headers.add("Call-ID", self.call_id)
        headers.add("CSeq", str(CSeq(number, method)))
        headers.add("Max-Forwards", "70")
        if self.contact and method not in ("ACK", "BYE"):
            headers.add("Contact", self.contact)
        if content_type:
            headers.add("Content-Type", content_type)
        return Request(method, self.target, headers, body)


def new_tag() -> str:
    return secrets.token_hex(5)


def _target(message: Request | Response, otherwise: str) -> str:
    """Contact of the other side. Some devices leave it out; then requests go on to where the first one went."""
    for contact in message.headers.all("Contact"):
        try:
            return str(parse_name_addr(contact).uri)
        except SipSyntaxError:
            continue
    if isinstance(message, Request):
        return str(parse_name_addr(message.headers.get("From") or "").uri)
    return otherwise
