"""A camera behind a GB/T 28181 device that plays to us: pictures, sound, figures, steering, and its end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any, Final, Literal

import structlog

from commonsight.clock import Clock
from commonsight.connect.gb28181.intake import Intake
from commonsight.connect.gb28181.ps_receiver import PsReceiver
from commonsight.connect.gb28181.signalling_client import Client, SignallingLost
from commonsight.connect.model import AccessUnit, AudioCodec, Counters, Sound, SourceCode, SourceError, StreamInfo
from commonsight.problem import Refusal

TEND_SECONDS: Final = 2.0
REPORT_SECONDS: Final = 4.0
SILENCE_SECONDS: Final = 10.0
"""Without one whole unit for so long the camera is lost."""
BYE_SECONDS: Final = 6.0

log = structlog.get_logger(__name__)


class GbSession:
    """A playing camera or recording; made by `session_open`. Its dialog is on file with the signalling process, which
    ends it when our connection goes, however that happens."""

    def __init__(
        self, client: Client, dialog: str, intake: Intake, receiver: PsReceiver, clock: Clock, *, patient: bool
    ) -> None:
        self.dialog = dialog
        self._client = client
        self._intake = intake
        self._receiver = receiver
        self._clock = clock
        self._patient = patient
        self._paused = False
        self._closed = False
        self._tending: asyncio.Task[None] | None = None
        client.listen(dialog, self._told)
        client.on_lost(self._signalling_lost)

    @property
    def info(self) -> StreamInfo:
        return self._receiver.offered

    @property
    def counters(self) -> Counters:
        found = self._receiver.counters
        found.stray_frames += self._intake.strangers
        self._intake.strangers = 0
        return found

    @property
    def audio(self) -> AudioCodec | None:
        return self._receiver.audio

    def listen(self, listener: Callable[[Sound], None] | None) -> None:
        self._receiver.listener = listener

    def start(self) -> None:
        """Begin to watch for silence and to report."""
        self._tending = asyncio.create_task(self._tend(), name="gb28181-tend")

    def __aiter__(self) -> AsyncIterator[AccessUnit]:
        return self._units()

    async def _units(self) -> AsyncIterator[AccessUnit]:
        while (unit := await self._receiver.queue.get()) is not None:
            yield unit

    async def pause(self) -> None:
        """Hold a recording. Raises Refusal."""
        await self._steer("pause")
        self._paused = True

    async def play(self) -> None:
        """Go on with a recording. Raises Refusal."""
        await self._steer("play")
        self._resume()

    async def seek(self, position: float) -> None:
        """Go on at `position`, seconds from the recording's start. Raises Refusal."""
        await self._steer("seek", position=position)
        self._resume()

    async def speed(self, times: float) -> None:
        """Play a recording at so many times real time (`mansrtsp.SPEEDS`). Raises Refusal."""
        await self._steer("speed", speed=times)
        self._resume()

    async def close(self) -> None:
        """Say BYE and free the port. May be called twice."""
        if self._closed:
            return
        self._closed = True
        if self._tending is not None:
            self._tending.cancel()
            with suppress(asyncio.CancelledError):
                await self._tending
        self._receiver.queue.clear()
        self._receiver.queue.end(None)
        self._intake.close()
        self._client.off_lost(self._signalling_lost)
        await hang_up(self._client, self.dialog)

    async def _steer(self, action: Literal["play", "pause", "seek", "speed"], **fields: Any) -> None:
        try:
            await self._client.call("control", dialog=self.dialog, action=action, **fields)
        except SignallingLost as error:
            raise Refusal("connect.gb_no_signalling", status=503) from error

    def _resume(self) -> None:
        self._paused = False
        self._receiver.last_unit = self._clock.monotonic()

    def _told(self, event: dict[str, Any]) -> None:
        reason = str(event.get("reason", ""))
        finished = reason == "end_of_file" or (reason == "device_bye" and self._patient)
        self.fail(None if finished else SourceError(SourceCode.LOST, f"the device ended the dialog ({reason})"))

    def _signalling_lost(self) -> None:
        if not self._closed:
            self.fail(SourceError(SourceCode.LOST, "the signalling process is gone"))

    def fail(self, error: SourceError | None) -> None:
        """No more units: `error`, or the recording's plain end. What is held is freed by `close`."""
        self._receiver.queue.end(error)

    async def _tend(self) -> None:
        reported = self._clock.monotonic()
        while True:
            await self._clock.sleep(TEND_SECONDS)
            now = self._clock.monotonic()
            if not self._paused and now - self._receiver.last_unit > SILENCE_SECONDS:
                self.fail(SourceError(SourceCode.LOST, f"no picture for {SILENCE_SECONDS:g} s"))
                return
            if now - reported >= REPORT_SECONDS:
                reported = now
                await report(self._client, self.dialog, self.counters)


async def report(client: Client, dialog: str, counters: Counters) -> None:
    """Tell the signalling process what came so far; nobody waits for it to hear."""
    with suppress(Refusal, SignallingLost):
        await client.call("report", seconds=2.0, dialog=dialog, counters=asdict(counters))


async def hang_up(client: Client, dialog: str, *, ref: str = "") -> None:
    """End a dialog, patiently enough that the camera is free afterwards. It also ends with the connection.

    `ref`: what the invitation was called, when it has not been answered yet.
    """
    client.listen(dialog, None)
    if client.alive:
        try:
            await client.call("bye", seconds=BYE_SECONDS, dialog=dialog, ref=ref)
        except (Refusal, SignallingLost) as error:
            log.info("bye_not_confirmed", dialog=dialog, error=str(error))
