"""One masking process as a relay's source: the plain relay feeds it, what it makes comes out as a camera would give it.

The process is started anew when it dies, falls silent while pictures go in, or breaks the protocol; after a few such
failures in a row the stream ends with `mask_failed`. Nothing of the plain pictures passes by the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from commonsight.clock import Clock
from commonsight.connect.model import AccessUnit, Counters, SourceCode, SourceError, StreamInfo
from commonsight.connect.service import Opened, Waiting
from commonsight.media import packets
from commonsight.media.model import End, StreamOver
from commonsight.media.relay import Relay
from commonsight.media.viewer import PacketReader

log = structlog.get_logger(__name__)

FAILURES_MOST: Final = 4
STABLE_SECONDS: Final = 60.0
"""A process that lived so long is forgiven its failures."""
SILENT_SECONDS: Final = 30.0
"""Pictures went in for so long and none came out: the process hangs. Loading the models takes a few of these."""
READ_BYTES: Final = 1_048_576

_TAKEN: Final[frozenset[End]] = frozenset({"too_slow"})
"""Ends of our own reading that say something of the process, not of the camera."""


async def started(command: Sequence[str]) -> asyncio.subprocess.Process:
    """The process, with the packet protocol on its standard input and output. Raises OSError."""
    return await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=READ_BYTES
    )


async def killed(process: asyncio.subprocess.Process) -> None:
    """End it at once: it keeps nothing, and its encoder ends when its input does."""
    if process.stdin is not None and not process.stdin.transport.is_closing():
        process.stdin.transport.abort()
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def command(task: str) -> list[str]:
    """How the process is started; `task` is the JSON `worker` takes."""
    return [sys.executable, "-m", "commonsight.media.masked.worker", task]


class _Feed(PacketReader):
    """Our reading of the plain relay: it writes to the process, and tells when the camera is away."""

    def __init__(self, transport: asyncio.WriteTransport, limit: int, clock: Clock, away: Callable[[], None]) -> None:
        super().__init__(transport, limit, clock, on_first=lambda: None)
        self._away = away

    def state(self, code: str) -> None:
        if code == "reconnecting":
            self._away()


@dataclass(slots=True)
class _Session:
    """What the relay asks of the thing that plays now."""

    info: StreamInfo
    counters: Counters = field(default_factory=Counters)

    def __aiter__(self) -> AsyncIterator[AccessUnit]:
        raise TypeError("units come from the source")

    async def close(self) -> None:
        """The source closes the process."""


class MaskedSource:
    """The pictures of `plain` as one process leaves them: `relay.Source`.

    Args:
        command: how to start the process.
        queue_bytes: most that waits to be taken by it; beyond that it goes on at the next keyframe.
    """

    def __init__(self, plain: Relay, command: Sequence[str], clock: Clock, *, queue_bytes: int) -> None:
        self._plain = plain
        self._command = list(command)
        self._clock = clock
        self._queue_bytes = queue_bytes
        self._session: _Session | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._feed: _Feed | None = None
        self._away = asyncio.Event()

    @property
    def session(self) -> _Session | None:
        return self._session

    @property
    def pid(self) -> int | None:
        """The process that works now."""
        return None if self._process is None else self._process.pid

    def listen(self, listener: object) -> None:
        """No sound passes: a voice tells who speaks."""

    async def close(self) -> None:
        """Leave the plain relay and end the process."""
        self._leave()
        await self._kill()

    async def __aiter__(self) -> AsyncIterator[Opened | AccessUnit | Waiting]:
        failures = 0
        while True:
            began = self._clock.monotonic()
            try:
                async for event in self._play():
                    yield event
            finally:
                await self._kill()
            failures = 0 if self._clock.monotonic() - began > STABLE_SECONDS else failures + 1
            log.warning("masking_failed", camera=str(self._plain.camera_id), failures=failures)
            if failures >= FAILURES_MOST:
                raise StreamOver("mask_failed")
            seconds = float(2 ** (failures - 1)) if failures else 1.0
            if self._session is not None:
                yield Waiting(SourceError(SourceCode.LOST, "the masking process ended"), failures, seconds)
            await self._clock.sleep(seconds)
            self._over()

    def _over(self) -> None:
        """Raise StreamOver when the camera's own stream has ended. Our reading stays attached while no process works,
        so that the camera is not closed meanwhile and its end is heard."""
        ended = None if self._feed is None else self._feed.ended
        if ended is not None and ended.done() and ended.result() not in _TAKEN:
            raise StreamOver(ended.result())

    async def _play(self) -> AsyncIterator[Opened | AccessUnit | Waiting]:
        """One life of the process. Returns when it has failed; raises StreamOver when the camera's stream is over."""
        process = self._process = await started(self._command)
        assert process.stdin is not None
        assert process.stdout is not None
        self._away.clear()
        feed = _Feed(process.stdin.transport, self._queue_bytes, self._clock, self._away.set)
        self._plain.attach(feed)
        self._leave()
        self._feed = feed
        waiting: dict[str, asyncio.Future[Any]] = {}
        heard, taken = self._clock.monotonic(), 0
        try:
            while True:
                if "message" not in waiting:
                    waiting["message"] = asyncio.ensure_future(packets.receive(process.stdout))
                if "away" not in waiting:
                    waiting["away"] = asyncio.ensure_future(self._away.wait())
                either: list[asyncio.Future[Any]] = [*waiting.values(), feed.ended]
                await asyncio.wait(either, timeout=SILENT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                if feed.ended.done():
                    self._over()
                    return
                if waiting["away"].done():
                    del waiting["away"]
                    self._away.clear()
                    if self._session is not None:
                        yield Waiting(SourceError(SourceCode.LOST, "the camera is away"), 1, 0)
                if waiting["message"].done():
                    event = self._event(waiting.pop("message"))
                    if event is None:
                        return
                    heard, taken = self._clock.monotonic(), feed.outlet.frames
                    yield event
                elif self._clock.monotonic() - heard > SILENT_SECONDS and feed.outlet.frames > taken:
                    log.warning("masking_silent", camera=str(self._plain.camera_id))
                    return
        finally:
            for future in waiting.values():
                future.cancel()
            await asyncio.gather(*waiting.values(), return_exceptions=True)

    def _event(self, message: asyncio.Future[tuple[bytes, bytes]]) -> Opened | AccessUnit | None:
        """What the process said; None when it says nothing any more, or nonsense."""
        try:
            kind, payload = message.result()
            if kind == packets.INFO:
                self._session = _Session(packets.decode_info(payload))
                return Opened(self._session.info, 1)
            if kind == packets.UNIT and self._session is not None:
                unit = packets.decode_unit(payload)
                self._session.counters.units += 1
                self._session.counters.bytes += len(unit.data)
                return unit
            if kind == packets.END:
                log.warning("masking_ended", code=packets.decode_state(payload)[0])
                raise StreamOver("mask_model_missing")
        except (OSError, asyncio.IncompleteReadError, packets.PacketError) as error:
            log.info("masking_lost", error=str(error))
        return None

    def _leave(self) -> None:
        if self._feed is not None:
            self._plain.detach(self._feed)
            self._feed = None

    async def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await killed(process)
