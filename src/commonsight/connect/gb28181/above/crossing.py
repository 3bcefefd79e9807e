"""Where requests part: what comes from an upper platform goes up the house, everything else to the devices' side."""

from typing import Protocol

from commonsight.connect.sip.incoming import Handler
from commonsight.connect.sip.peer import Peer
from commonsight.connect.sip.transactions import ServerTransaction
from commonsight.connect.wire.sip import Request


class Above(Protocol):
    """What takes the requests of upper platforms."""

    async def takes(self, request: Request, transaction: ServerTransaction) -> bool:
        """Answer a request if it is from above; False: it is not."""
        ...

    def connection_lost(self, peer: Peer) -> None: ...


class Crossing:
    """The endpoint's handler. `above` is set by whoever composes the process; None: there is nothing above us."""

    def __init__(self, below: Handler) -> None:
        self.above: Above | None = None
        self._below = below

    async def on_request(self, request: Request, transaction: ServerTransaction) -> None:
        """The endpoint hands over a request."""
        if self.above is None or not await self.above.takes(request, transaction):
            await self._below.on_request(request, transaction)

    async def on_connection_lost(self, peer: Peer) -> None:
        """The endpoint lost a TCP connection."""
        if self.above is not None:
            self.above.connection_lost(peer)
        await self._below.on_connection_lost(peer)
