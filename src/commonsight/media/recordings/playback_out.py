"""What goes to a viewer of recordings: the messages of `/live` (see `media.web`), and where the pictures lie in time.

    text {"type": "position", "time", "at", "speed", "paused"}   the picture at `time` (seconds of the timeline) was
            taken at `at`; from there on the moment of a picture is at + (its time - time) * speed
    text {"type": "gap", "from", "to"}       nothing was recorded between the two moments; it goes on behind them
    text {"type": "refused", "code", "zh", "en"}   what a command could not do; playback goes on as it was

Speed is made here: at twice the speed a picture lasts half as long on the timeline. So a page plays recordings with the
player it has for live pictures, and a pause is only that nothing more comes.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from commonsight.clock import Clock
from commonsight.connect.model import TICKS_PER_SECOND
from commonsight.media.fmp4 import Init, read_head, restamped
from commonsight.media.model import End, spoken, text_message
from commonsight.media.outlet import bound
from commonsight.media.recordings.recorder import Count
from commonsight.media.sound import RATE
from commonsight.media.websocket import BINARY, frame
from commonsight.problem import Refusal
from commonsight.text import say

SPEEDS: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
KEYFRAMES_FROM: Final = 8.0
"""From this speed on only keyframes are shown: nobody sees more, and no line carries more."""
QUICK: Final = TICKS_PER_SECOND // 1_000
"""How long a picture lasts that is sent only because later ones are made from it."""
UNSENT_MOST: Final = 1_000_000
"""Bytes a viewer may be behind before the next picture waits."""
WAIT_SECONDS: Final = 0.02
STALL_SECONDS: Final = 30.0
POSITION_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Show:
    """What the pictures that follow are made of."""

    init: Init
    codec: str
    width: int
    height: int
    audible: bool
    """Whether there is sound, sent or not."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture, as a fragment of ours with any times. `early`: sent only because later ones are made from it."""

    at: datetime
    body: bytes
    keyframe: bool
    early: bool = False


class Player(Protocol):
    """Somebody who plays recordings to one viewer."""

    @property
    def ended(self) -> "asyncio.Future[End]": ...

    async def run(self) -> None:
        """Play until there is nothing more; returns then, or raises Refusal."""
        ...

    async def command(self, said: dict[str, Any]) -> None:
        """Do what the viewer asks for. Raises Refusal."""
        ...


class Through(Protocol):
    """What holds pictures to a permit's limits on their way to the viewer (`playback_limits.Limiter`)."""

    def stream(self, show: Show, *, anew: bool) -> None: ...

    def picture(self, shot: Shot) -> None: ...

    async def drained(self) -> None: ...

    async def finish(self) -> None: ...


class Outgoing:
    """One viewer's connection. Implements what the hub wants to know of a reader.

    `through`: set before the first picture, nothing is sent that has not passed through it.
    """

    browser = True

    def __init__(self, transport: asyncio.WriteTransport, clock: Clock, on_first: Callable[[], None]) -> None:
        self.outlet = Count()
        self.ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self.speed = 1.0
        self.paused = False
        self.at: datetime | None = None
        """When the last picture sent was taken."""
        self._transport, self._clock = transport, clock
        self._on_first: Callable[[], None] | None = on_first
        self._next = TICKS_PER_SECOND  # where the next picture lies on the stream's timeline
        self._sound_shift = 0
        self._sequence = 0
        self._said_at = float("-inf")
        self._show: Show | None = None
        self.through: Through | None = None
        bound(transport)

    def end(self, code: End) -> None:
        """Nothing follows. The first reason counts."""
        if not self.ended.done():
            self.ended.set_result(code)

    async def over(self) -> None:
        """The recording has been played to its end."""
        if self.through is not None:
            await self.through.finish()
        self.end("recording_end")

    def stream(self, show: Show, *, anew: bool = True) -> None:
        """Other pictures follow, or (`anew`) pictures from another time. The same ones going on need no message."""
        if not anew and self._show is not None and self._show.init == show.init:
            return
        self._show = show
        if self.through is None:
            self.send_stream(show)
        else:
            self.through.stream(show, anew=anew)

    def send_stream(self, show: Show) -> None:
        """Say what the pictures that follow are made of."""
        seconds = self._seconds(self._next)
        opening = {
            "type": "stream", "mime": show.init.mime, "sound": show.audible, "codec": show.codec,
            "width": show.width, "height": show.height, "start": seconds, "live": seconds,
        }  # fmt: skip
        self.write(text_message(opening) + frame(BINARY, show.init.segment))
        self._said_at = float("-inf")

    def picture(self, shot: Shot, duration: int | None = None) -> None:
        """A picture follows. `duration`: ticks it lasts in the recording; None: as its fragment says."""
        if self.through is None:
            self.send_picture(shot, duration)
        else:
            self.through.picture(shot)

    def send_picture(self, shot: Shot, duration: int | None) -> None:
        """Send a picture."""
        head = read_head(shot.body)
        assert head is not None
        lasts = QUICK if shot.early else max(round((duration or head.duration) / self.speed), 1)
        now = self._clock.monotonic()
        if not shot.early and now - self._said_at >= POSITION_SECONDS:
            self._position(shot.at)
        at, self._next = self._next, self._next + lasts
        self._sequence += 1
        self._sound_shift = at * RATE // TICKS_PER_SECOND - head.decode_time * RATE // TICKS_PER_SECOND
        body = restamped(shot.body, sequence=self._sequence, decode_time=at, duration=lasts)
        self.write(frame(BINARY, body))
        self.outlet.frames += 1
        if not shot.early:
            self.at = shot.at
        if self._on_first is not None:
            self._on_first()
            self._on_first = None

    def sound(self, body: bytes) -> None:
        """Send a piece of sound that belongs to the pictures around it."""
        if self.through is not None:
            return  # a voice tells who speaks
        head = read_head(body)
        if head is None or head.decode_time + self._sound_shift < 0:
            return
        self._sequence += 1
        at = head.decode_time + self._sound_shift
        made = restamped(body, sequence=self._sequence, decode_time=at, duration=head.duration)
        self.write(frame(BINARY, made))

    def position(self, at: datetime) -> None:
        """Say where the next picture lies in time."""
        if self.through is None:
            self._position(at)
        else:
            self._said_at = float("-inf")  # the next one that comes through says it

    def _position(self, at: datetime) -> None:
        self._said_at = self._clock.monotonic()
        said = {
            "type": "position", "time": self._seconds(self._next), "at": at.isoformat(), "speed": self.speed,
            "paused": self.paused,
        }  # fmt: skip
        self.write(text_message(said))

    def gap(self, begin: datetime, end: datetime) -> None:
        """Say that nothing was recorded for a while."""
        self.write(text_message({"type": "gap", "from": begin.isoformat(), "to": end.isoformat()}))
        self._said_at = float("-inf")

    def say(self, kind: str, code: str) -> None:
        """Something a person should know."""
        self.write(text_message(spoken(kind, code)))

    def refuse(self, refusal: Refusal) -> None:
        """What could not be done, in both languages."""
        facts = refusal.facts()
        words = {language: say(refusal.code, language, **facts) for language in ("zh", "en")}
        self.write(text_message({"type": "refused", "code": refusal.code, **words}))

    def write(self, data: bytes) -> None:
        """Send bytes now."""
        if not self._transport.is_closing():
            self.outlet.bytes += len(data)
            self._transport.write(data)

    async def drained(self) -> None:
        """Wait until the viewer has taken nearly all that was sent. One that takes nothing any more is let go."""
        if self.through is not None:
            await self.through.drained()
        since = self._clock.monotonic()
        while self._transport.get_write_buffer_size() > UNSENT_MOST and not self.ended.done():
            if self._clock.monotonic() - since > STALL_SECONDS:
                self.end("too_slow")
                return
            await self._clock.sleep(WAIT_SECONDS)

    @staticmethod
    def _seconds(ticks: int) -> float:
        return round(ticks / TICKS_PER_SECOND, 6)


def checked_speed(said: Any) -> float:
    """A speed. Raises Refusal `media.playback_command`."""
    if isinstance(said, bool) or not isinstance(said, int | float) or said not in SPEEDS:
        expected = ", ".join(f"{each:g}" for each in SPEEDS)
        raise Refusal("media.playback_command", status=422, operand="speed", expected=expected, actual=str(said)[:20])
    return float(said)


def checked_moment(said: Any, begin: datetime, end: datetime) -> datetime:
    """A moment to go to, inside what may be seen. Raises Refusal `media.playback_command`, `media.playback_outside`."""
    try:
        moment = datetime.fromisoformat(said)
    except (ValueError, TypeError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Refusal("media.playback_command", status=422, operand="at", expected="RFC 3339", actual=str(said)[:40])
    if not begin <= moment < end:
        raise Refusal(
            "media.playback_outside", status=403, operand="at", expected=f"{begin.isoformat()} – {end.isoformat()}",
            actual=moment.isoformat(),
        )  # fmt: skip
    return moment
