"""A playing RTSP session (RFC 2326): kept alive, watched for silence, read as access units."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Protocol

import structlog

from commonsight.clock import Clock
from commonsight.connect.model import AccessUnit, Counters, SourceCode, SourceError, StreamInfo
from commonsight.connect.receiver import Receiver
from commonsight.connect.rtsp_connection import Connection

REPORT_SECONDS = 5.0
"""Between receiver reports; RFC 3550 recommends at least 5 s."""
KEEPALIVE_MOST = 30.0
"""Longest pause between keepalives, whatever timeout the device names."""
SILENCE_SECONDS = 10.0
"""Without one whole unit for so long the camera is lost, although its connection may still stand."""
log = structlog.get_logger(__name__)


class Carrier(Protocol):
    """What the packets come over: the connection itself, or two UDP ports (`rtsp_udp.Datagrams`)."""

    @property
    def reordered(self) -> int: ...

    def report(self, data: bytes) -> None: ...

    def close(self) -> None: ...


class Interleaved:
    """Packets inside the RTSP connection."""

    reordered = 0

    def __init__(self, connection: Connection, receiver: Receiver) -> None:
        self._connection = connection
        self._receiver = receiver

    def report(self, data: bytes) -> None:
        """Send a receiver report."""
        self._connection.send_frame(self._receiver.rtcp_channel, data)

    def close(self) -> None:
        """The connection is closed by whoever opened it."""


class RtspSession:
    """A playing camera; made by `rtsp_open.open_rtsp`."""

    def __init__(
        self, connection: Connection, carrier: Carrier, receiver: Receiver, clock: Clock, *, play_url: str,
        session: str, timeout: float, keepalive: str,
    ) -> None:  # fmt: skip
        self._connection = connection
        self._carrier = carrier
        self._receiver = receiver
        self._clock = clock
        self._url = play_url
        self._session = session
        self._keepalive_seconds = min(KEEPALIVE_MOST, timeout / 2)
        self._keepalive = keepalive
        self._tending: asyncio.Task[None] | None = None
        connection.lost = receiver.queue.end

    @property
    def info(self) -> StreamInfo:
        return self._receiver.offered

    @property
    def counters(self) -> Counters:
        found = self._receiver.counters
        found.packets_reordered = self._carrier.reordered
        return found

    def start(self) -> None:
        """Begin to keep the session alive and to watch for silence."""
        self._tending = asyncio.create_task(self._tend(), name="rtsp-tend")

    def __aiter__(self) -> AsyncIterator[AccessUnit]:
        return self._units()

    async def _units(self) -> AsyncIterator[AccessUnit]:
        while (unit := await self._receiver.queue.get()) is not None:
            yield unit

    async def close(self) -> None:
        if self._tending is not None:
            self._tending.cancel()
            with suppress(asyncio.CancelledError):
                await self._tending
            self._tending = None
        self._receiver.queue.clear()
        self._receiver.queue.end(None)
        # The answer to TEARDOWN teaches nothing, and a device that hangs must not hold us.
        self._connection.fire("TEARDOWN", self._url, Session=self._session)
        self._connection.close()
        self._carrier.close()

    async def _tend(self) -> None:
        """Receiver reports, keepalive, silence: one task, because a node holds hundreds of sessions."""
        last_keepalive = self._clock.monotonic()
        while True:
            await self._clock.sleep(REPORT_SECONDS)
            now = self._clock.monotonic()
            if now - self._receiver.last_unit > SILENCE_SECONDS:
                self._receiver.queue.end(SourceError(SourceCode.LOST, f"no picture for {SILENCE_SECONDS:g} s"))
                self._connection.close()
                self._carrier.close()
                return
            report = self._receiver.receiver_report()
            if report is not None:
                self._carrier.report(report)
            if now - last_keepalive + REPORT_SECONDS > self._keepalive_seconds:
                last_keepalive = now
                await self._keep_alive()

    async def _keep_alive(self) -> None:
        """An unanswered keepalive is no loss while pictures come; a refused one says the session is gone."""
        try:
            response = await self._connection.request(self._keepalive, self._url, timeout=5.0, Session=self._session)
        except SourceError as error:
            log.debug("rtsp_keepalive_failed", code=error.code, detail=error.detail)
            return
        if response.status == 454:
            self._receiver.queue.end(SourceError(SourceCode.LOST, "the device has forgotten the session (454)"))
            self._connection.close()
        elif response.status >= 400 and self._keepalive != "OPTIONS":
            self._keepalive = "OPTIONS"
