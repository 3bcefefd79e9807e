from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from commonsight.connect.sip.endpoint import SipEndpoint

from .world import RawPeer, Recorder, endpoint

Starts = Callable[..., Awaitable[SipEndpoint]]


@pytest.fixture
async def start() -> AsyncIterator[Starts]:
    """Starts endpoints on free loopback ports; closed at the end of the test."""
    made: list[SipEndpoint] = []

    async def begin(handler: Recorder | None = None, **changes: object) -> SipEndpoint:
        sip = endpoint(handler, **changes)
        made.append(sip)
        await sip.start()
        return sip

    yield begin
    for sip in made:
        await sip.close()


@pytest.fixture
async def raw() -> AsyncIterator[RawPeer]:
    """A UDP peer that does what it is told."""
    peer = await RawPeer().open()
    yield peer
    peer.close()
