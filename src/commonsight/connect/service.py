"""Opening cameras: once, or again and again with patience."""

import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

import structlog

from commonsight.clock import Clock, SystemClock
from commonsight.connect.conversation import Conversation
from commonsight.connect.gb28181.session_open import open_gb28181
from commonsight.connect.http_snapshot import INTERVAL, open_http
from commonsight.connect.model import (
    TICKS_PER_SECOND,
    AccessUnit,
    Address,
    Audible,
    Session,
    Sound,
    SourceCode,
    SourceError,
    StreamInfo,
)
from commonsight.connect.rtsp_open import open_rtsp
from commonsight.connect.rtsp_udp import UDP_PORTS, PortRange
from commonsight.connect.survey import Survey

FIRST_WAIT = 1.0
"""Seconds before the first new attempt."""
LONGEST_WAIT = 60.0
STABLE_SECONDS = 30.0
"""A session that lived so long has earned a quick new attempt."""

_HOPELESS = {SourceCode.UNAUTHORIZED, SourceCode.NOT_FOUND, SourceCode.UNSUPPORTED_CODEC}
"""Trying again soon cannot help, and devices lock accounts after a few wrong passwords: wait longest at once."""

log = structlog.get_logger(__name__)


async def open(
    address: Address, *, timeout: float = 10, clock: Clock | None = None, udp_ports: PortRange = UDP_PORTS,
    snapshot_seconds: float = INTERVAL, conversation: Conversation | None = None,
    survey: Survey | None = None,
) -> Session:  # fmt: skip
    """Open a camera and return once its first whole unit has come.

    Args:
        timeout: seconds for everything up to that unit.
        udp_ports: where pictures of RTSP cameras may come in by UDP.
        snapshot_seconds: least time between two pictures asked of a camera over HTTP.
        conversation: takes down what is said over RTSP or HTTP; what is said over SIP, the signalling process keeps.
        survey: nobody wants to watch: only the first keyframe comes out, and measures are taken on the way. Returns as
            soon as anything of the stream has come.

    Raises `SourceError`; nothing is left open then.
    """
    clock = clock or SystemClock()
    if address.protocol == "gb28181":
        return await open_gb28181(address, timeout=timeout, clock=clock, survey=survey)
    if address.protocol == "http":
        return await open_http(
            address, timeout=timeout, clock=clock, interval=snapshot_seconds, conversation=conversation, survey=survey
        )
    return await open_rtsp(
        address, timeout=timeout, clock=clock, udp_ports=udp_ports, conversation=conversation, survey=survey
    )


@dataclass(frozen=True, slots=True)
class Opened:
    """The camera plays. `attempt` counts from 1, and afresh once a session has lasted `STABLE_SECONDS`."""

    info: StreamInfo
    attempt: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """The camera does not play; the next attempt comes in `seconds`."""

    error: SourceError
    attempt: int
    seconds: float


class Reopening:
    """A camera that is opened again whenever it goes away.

    Iterating gives `Opened`, then units, then `Waiting`, then `Opened` again …, with one `pts` timeline that goes on
    through the pauses by the time that really passed. It ends by raising the last `SourceError` after `attempts`
    failures in a row, or quietly after `close`. Cancel the reading task to end a wait at once.

    Args:
        attempts: failures in a row before giving up; None: never.
        seed: of the jitter that keeps thousands of cameras from coming back in the same instant.
    """

    def __init__(
        self, address: Address, *, timeout: float = 10, clock: Clock | None = None, attempts: int | None = None,
        seed: int | None = None, udp_ports: PortRange = UDP_PORTS, snapshot_seconds: float = INTERVAL,
    ) -> None:  # fmt: skip
        self._address = address
        self._udp_ports = udp_ports
        self._snapshot_seconds = snapshot_seconds
        self._timeout = timeout
        self._clock = clock or SystemClock()
        self._attempts = attempts
        self._random = random.Random(seed)  # noqa: S311  jitter, no secret
        self._session: Session | None = None
        self._closed = False
        self._offset: int | None = None  # added to the session's own ticks; None until its first unit
        self._last: AccessUnit | None = None
        self._listener: Callable[[Sound], None] | None = None

    @property
    def session(self) -> Session | None:
        """The session that plays now; None while waiting."""
        return self._session

    def listen(self, listener: Callable[[Sound], None] | None) -> None:
        """Call `listener` with each piece of sound, on the same timeline as the units; it must not wait."""
        self._listener = listener

    def _hear(self, sound: Sound) -> None:
        if self._listener is not None and self._offset is not None:
            self._listener(replace(sound, pts=sound.pts + self._offset))

    async def close(self) -> None:
        """End the iteration and free the connection."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    async def __aiter__(self) -> AsyncIterator[Opened | AccessUnit | Waiting]:
        attempt = 0
        while not self._closed:
            attempt += 1
            try:
                self._session = await open(
                    self._address, timeout=self._timeout, clock=self._clock, udp_ports=self._udp_ports,
                    snapshot_seconds=self._snapshot_seconds,
                )  # fmt: skip
            except SourceError as failure:
                error = failure
            else:
                opened_at = self._clock.monotonic()
                if isinstance(self._session, Audible):
                    self._session.listen(self._hear)
                try:
                    yield Opened(self._session.info, attempt)
                    async for unit in self._session:
                        yield self._on_timeline(unit)
                    return  # closed on purpose
                except SourceError as failure:
                    error = failure
                finally:
                    await self._session.close()
                    self._session = None
                    self._offset = None
                if self._clock.monotonic() - opened_at > STABLE_SECONDS:
                    attempt = 0
            if self._attempts is not None and attempt >= self._attempts:
                raise error
            seconds = self._wait(error, attempt)
            log.info("source_waits", url=self._address.url, code=error.code, attempt=attempt, seconds=seconds)
            yield Waiting(error, attempt, seconds)
            await self._clock.sleep(seconds)

    def _wait(self, error: SourceError, attempt: int) -> float:
        longest = LONGEST_WAIT if error.code in _HOPELESS else min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempt, 10))
        return round(longest * self._random.uniform(0.5, 1.0), 3)

    def _on_timeline(self, unit: AccessUnit) -> AccessUnit:
        if self._offset is None:
            last = self._last
            passed = 0 if last is None else round((unit.received - last.received) * TICKS_PER_SECOND)
            self._offset = (0 if last is None else last.pts + max(1, passed)) - unit.pts
        self._last = unit if self._offset == 0 else replace(unit, pts=unit.pts + self._offset)
        return self._last
