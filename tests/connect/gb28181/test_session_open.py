"""Opening against a device the test plays: other transports, numbers of its own, breaks in the middle."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from commonsight.clock import SystemClock
from commonsight.connect.gb28181 import session as session_module
from commonsight.connect.gb28181.line import Line, install
from commonsight.connect.gb28181.session_open import Wish, open_wish, read_url
from commonsight.connect.model import Address, OwnFailure, SourceCode, SourceError
from commonsight.connect.service import open as open_camera
from commonsight.connect.wire import gb_sdp
from commonsight.connect.wire.rfc4571 import frame
from commonsight.connect.wire.sip import Request, Response
from commonsight.records import nodes
from commonsight.records.database import Database
from commonsight.settings import Sip, Zone

from .conftest import CODE, Running, Start, file_device, until
from .test_intake import packets
from .test_invite import CHANNEL, Camera, camera_of, empty

CLOCK = SystemClock()
WISH = Wish(CODE, CHANNEL)


class Sender(Camera):
    """A camera that also sends, under the number `ssrc` (None: the one it was told)."""

    ssrc: int | None = None
    without_tcp = False
    offers: list[gb_sdp.Description]

    def take(self, message: Request | Response) -> None:
        if isinstance(message, Request) and message.method == "INVITE":
            offer = gb_sdp.parse(message.body)
            self.offers = [*getattr(self, "offers", []), offer]
            self.status = 488 if self.without_tcp and offer.tcp else 200
            if self.status == 200:
                self._spawn(self.send_media(offer))
        super().take(message)

    async def send_media(self, offer: gb_sdp.Description) -> None:
        sent = packets(ssrc=int(offer.ssrc) if self.ssrc is None else self.ssrc, count=40)
        if offer.tcp:
            await asyncio.sleep(0.05)
            _, writer = await asyncio.open_connection(offer.address, offer.port)
            writer.write(b"".join(frame(packet) for packet in sent))
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            return
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for packet in sent:
                out.sendto(packet, (offer.address, offer.port))
                await asyncio.sleep(0.001)


async def sender_of(running: Running) -> Sender:
    made = Sender(CODE, running.port)
    await made.open()
    running.devices.append(made)
    assert (await made.register()).status == 200
    return made


@asynccontextmanager
async def lined(running: Running, database: Database) -> AsyncIterator[Line]:
    await nodes.beat(database, running.house.name, "sip", None, running.house.line.detail)
    line = Line(database, Sip(zones=[Zone(port=0, media_ports=(47_000, 47_999))]), "test")
    try:
        yield line
    finally:
        await line.close()


async def test_a_device_without_media_over_tcp_is_asked_again_by_udp(
    start: Start, database: Database, key: None
) -> None:
    await file_device(database)
    running = await start()
    sender = await sender_of(running)
    sender.without_tcp = True
    async with lined(running, database) as line:
        session = await open_wish(WISH, timeout=15, clock=CLOCK, line=line)
        assert [offer.tcp for offer in sender.offers] == [True, False]
        assert (await anext(aiter(session))).keyframe
        await session.close()
        assert line.ports_taken == 0
        await until(lambda: empty(database))


async def test_a_device_with_a_number_of_its_own_plays_and_is_told_of(
    start: Start, database: Database, key: None
) -> None:
    await file_device(database)
    running = await start()
    sender = await sender_of(running)
    sender.ssrc = 4_711
    async with lined(running, database) as line:
        wish = Wish(CODE, CHANNEL, transport="udp")
        session = await open_wish(wish, timeout=15, clock=CLOCK, line=line)
        counters = session.counters
        assert counters.ssrc_seen == 4_711
        assert counters.ssrc_expected == int(sender.offers[0].ssrc)
        await session.close()


async def test_a_connection_that_breaks_is_a_camera_that_is_lost(start: Start, database: Database, key: None) -> None:
    await file_device(database)
    running = await start()
    await sender_of(running)
    async with lined(running, database) as line:
        session = await open_wish(WISH, timeout=15, clock=CLOCK, line=line)
        with pytest.raises(SourceError) as lost:
            async for _ in session:
                pass
        assert lost.value.code is SourceCode.LOST
        await session.close()
        await until(lambda: empty(database))


async def test_silence_is_a_camera_that_is_lost(
    start: Start, database: Database, key: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "SILENCE_SECONDS", 0.5)
    monkeypatch.setattr(session_module, "TEND_SECONDS", 0.1)
    await file_device(database)
    running = await start()
    await sender_of(running)
    async with lined(running, database) as line:
        session = await open_wish(Wish(CODE, CHANNEL, transport="udp"), timeout=15, clock=CLOCK, line=line)
        with pytest.raises(SourceError, match="no picture"):
            async for _ in session:
                pass
        await session.close()


async def test_an_offline_device_is_named(start: Start, database: Database, key: None) -> None:
    await file_device(database)
    running = await start()
    async with lined(running, database) as line:
        with pytest.raises(SourceError) as failure:
            await open_wish(WISH, timeout=15, clock=CLOCK, line=line)
        assert failure.value.code is SourceCode.UNREACHABLE
        assert not isinstance(failure.value, OwnFailure)
        assert line.ports_taken == 0


async def test_an_invitation_nobody_answers_is_a_timeout(
    start: Start, database: Database, key: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    await file_device(database)
    running = await start()
    camera = await camera_of(running)
    camera.status = 0
    async with lined(running, database) as line:
        with pytest.raises(SourceError) as failure:
            await open_wish(WISH, timeout=1, clock=CLOCK, line=line)
        assert failure.value.code is SourceCode.TIMEOUT
        assert line.ports_taken == 0
        assert camera.methods()[0] == "INVITE"
        await until(lambda: empty(database))


async def test_what_we_lack_ourselves_is_told_apart(database: Database) -> None:
    address = Address.at(f"gb28181://{CODE}/{CHANNEL}")
    with pytest.raises(OwnFailure):
        await open_camera(address, timeout=5)
    line = Line(database, Sip(), "test")
    install(line)
    try:
        with pytest.raises(OwnFailure):
            await open_camera(address, timeout=10)
    finally:
        install(None)
        await line.close()


@pytest.mark.parametrize(
    ("url", "channel", "transport"),
    [
        (f"gb28181://{CODE}/{CHANNEL}", CHANNEL, None),
        (f"gb28181://{CODE}", CODE, None),
        (f"gb28181://{CODE}/{CHANNEL}?transport=tcp-active", CHANNEL, "tcp-active"),
    ],
)
def test_addresses_are_read(url: str, channel: str, transport: str | None) -> None:
    assert read_url(url) == Wish(CODE, channel, transport=transport)  # type: ignore[arg-type]


@pytest.mark.parametrize("url", ["gb28181://1/2", f"gb28181://{CODE}/x", f"gb28181://{CODE}/{CHANNEL}?transport=quic"])
async def test_addresses_that_make_no_sense_are_refused(url: str) -> None:
    with pytest.raises(SourceError) as failure:
        await open_camera(Address.at(url))
    assert failure.value.code is SourceCode.PROTOCOL
