"""The way to one upper platform: where it is now, and how a request gets there."""

from dataclasses import replace
from typing import Final
from xml.etree.ElementTree import Element

import structlog

from commonsight.connect.gb28181.above.model import Upper
from commonsight.connect.sip.dialog import Dialog
from commonsight.connect.sip.endpoint import SipEndpoint
from commonsight.connect.sip.errors import SipError, SipUnreachable
from commonsight.connect.sip.peer import Peer
from commonsight.connect.wire import manscdp
from commonsight.connect.wire.sip import Request, Response

log = structlog.get_logger(__name__)

LARGE_BYTES: Final = 1_300
"""Requests above this go by TCP where the upper platform takes it: longer datagrams are cut on the way."""

ANSWER_SECONDS: Final = 8.0


class NoAnswer(Exception):
    """An upper platform did not confirm. `status`: what it answered; 0: nothing."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Link:
    """One upper platform as it is reached now.

    Args:
        own: the id it knows us by, 20 digits.
        domain: our SIP domain.
    """

    def __init__(self, upper: Upper, endpoint: SipEndpoint, own: str, domain: str) -> None:
        self.upper = upper
        self.endpoint = endpoint
        self.own = own
        self.domain = domain
        self.code = upper.code
        """Its id; another one when it sent us on to another server."""
        self.peer: Peer | None = None
        self.hosts: set[str] = set()
        """Addresses it may signal from: what its name was found to mean."""
        self.registered = False
        self._datagrams_only = False

    def owns(self, peer: Peer) -> bool:
        """Whether a request from `peer` can be its."""
        return peer.zone == self.upper.zone and peer.host in self.hosts

    @property
    def encoding(self) -> manscdp.Encoding:
        """What bodies to it declare."""
        return self.upper.charset  # type: ignore[return-value]

    @property
    def large(self) -> bool:
        """Whether long messages can be sent, as far as is known."""
        return not self._datagrams_only

    async def message(self, root: Element, *, seconds: float = ANSWER_SECONDS) -> None:
        """Send a MANSCDP document and return once it was confirmed.

        Raises:
            NoAnswer: it was refused, or not answered, or cannot be sent.
        """
        await self.send(manscdp.encode(root, encoding=self.encoding), seconds=seconds)

    async def send(self, body: bytes, *, seconds: float = ANSWER_SECONDS) -> None:
        """The same for a document that is encoded already."""
        peer = self._peer()
        request = self._message(body, peer)
        if peer.transport == "udp" and not self._datagrams_only and len(request.encode()) > LARGE_BYTES:
            by_tcp = replace(peer, transport="tcp")
            try:
                _confirmed(await self.endpoint.request(self._message(body, by_tcp), by_tcp, timeout=seconds))
            except SipUnreachable:
                self._datagrams_only = True  # for as long as this registration lasts
                log.info("upper_takes_no_tcp", upper=self.code)
            except SipError as error:
                raise NoAnswer(0, str(error)) from error
            else:
                return
        try:
            _confirmed(await self.endpoint.request(request, peer, timeout=seconds))
        except SipError as error:
            raise NoAnswer(0, str(error)) from error

    async def within(self, dialog: Dialog, request: Request, *, seconds: float = ANSWER_SECONDS) -> Response:
        """Send a request of a dialog to where the platform is. Raises like `message`."""
        try:
            return _confirmed(await self.endpoint.request(request, dialog.peer, timeout=seconds))
        except SipError as error:
            raise NoAnswer(0, str(error)) from error

    def expects(self, hosts: set[str]) -> None:
        """It is being asked there: its own first questions may come in the breath of its answer, before `arrived`."""
        self.hosts = self.hosts | hosts

    def arrived(self, peer: Peer, hosts: set[str]) -> None:
        """It was found at `peer`."""
        if self.peer != peer:
            self._datagrams_only = False
        self.peer, self.hosts = peer, hosts | {peer.host}

    def _peer(self) -> Peer:
        if self.peer is None or not self.registered:
            raise NoAnswer(0, "not registered")
        return self.peer

    def _message(self, body: bytes, peer: Peer) -> Request:
        return self.endpoint.new_request(
            "MESSAGE", f"sip:{self.code}@{self.upper.domain}", peer, from_id=self.own, to_id=self.code,
            domain=self.domain, to_domain=self.upper.domain, body=body, content_type=manscdp.CONTENT_TYPE,
        )  # fmt: skip


def _confirmed(response: Response) -> Response:
    if not 200 <= response.status < 300:
        raise NoAnswer(response.status, f"{response.status} {response.reason}".strip())
    return response
