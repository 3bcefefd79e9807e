"""What the two halves of the endpoint need of the whole."""

from collections.abc import Coroutine
from typing import Any, Protocol

from commonsight.connect.sip.peer import Peer
from commonsight.connect.wire.sip import Request, Response


class Sender(Protocol):
    """Sends, and runs work beside."""

    async def reach(self, peer: Peer) -> None:
        """Opens a connection where `peer` needs one. Raises `SipUnreachable`."""
        ...

    def transmit(self, peer: Peer, message: Request | Response) -> None:
        """Sends a message as it stands. Raises `SipUnreachable`."""
        ...

    def again(self, peer: Peer, message: Request | Response) -> None:
        """Sends a message that will be asked for again if it is lost: nothing is raised."""
        ...

    def contact(self, user: str, peer: Peer) -> str:
        """Our Contact towards `peer`."""
        ...

    def stamp(self, request: Request, peer: Peer, branch: str) -> None:
        """Writes our Via."""
        ...

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Runs `work` beside; ended with the endpoint."""
        ...
