"""One paced reader a reel, shared by all who watch it: each picture is built once and written to everybody."""

import asyncio
import math
from typing import Protocol

from commonsight.clock import Clock
from commonsight.simulate.reel import Reel

MAX_BEHIND = 1024 * 1024
"""Unsent bytes after which a viewer is left without pictures until it has caught up and a keyframe comes."""


class Sink(Protocol):
    """Where bytes for a viewer go (an asyncio transport)."""

    def write(self, data: bytes) -> None: ...
    def get_write_buffer_size(self) -> int: ...
    def is_closing(self) -> bool: ...


class Viewer:
    """One reader of a reel."""

    __slots__ = ("channel", "sink", "waits_for_keyframe")

    def __init__(self, sink: Sink, channel: int) -> None:
        self.sink = sink
        self.channel = channel
        self.waits_for_keyframe = False


class Player:
    """Plays a reel in real time from the moment it was made, whether or not anybody watches.

    A newcomer gets the current group of pictures at once, from its keyframe, as if the camera had been asked for one;
    then it shares the pace of all others. Without `prompt` it begins with the next picture, whichever that is, as most
    cameras do.

    Args:
        ahead: seconds of the reel that have passed already, so that players of one reel need not keep step.

    `sent`: bytes given to viewers so far.
    """

    def __init__(self, reel: Reel, clock: Clock, *, prompt: bool = True, ahead: float = 0.0) -> None:
        self.reel = reel
        self.sent = 0
        self._clock = clock
        self._prompt = prompt
        self._began = clock.monotonic() - ahead
        self._viewers: set[Viewer] = set()
        self._last_sent = -1
        self._task: asyncio.Task[None] | None = None

    def position(self) -> tuple[int, int]:
        """Sequence number and timestamp of the first packet that `join` would send now (for `RTP-Info`)."""
        n = self._first(self._current())
        return self.reel.sequence(n), self.reel.timestamp(n)

    def join(self, sink: Sink, channel: int) -> Viewer:
        """Begin to send to `sink` on RTP channel `channel`; RTCP goes to the next one."""
        n = self._current()
        self._last_sent = n
        start = self._first(n)
        burst = [self.reel.report(start, channel + 1, self._clock.now().timestamp())]
        burst += [self.reel.frames(each, channel) for each in range(start, n + 1)]
        self._give(sink, b"".join(burst))
        viewer = Viewer(sink, channel)
        self._viewers.add(viewer)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._play(), name=f"play-{self.reel.name}")
        return viewer

    def leave(self, viewer: Viewer) -> None:
        self._viewers.discard(viewer)

    async def close(self) -> None:
        self._viewers.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _current(self) -> int:
        """Number of the picture shown now: what has been sent to the others, if there are others."""
        if self._viewers:
            return self._last_sent
        return math.floor((self._clock.monotonic() - self._began) * self.reel.frame_rate)

    async def _play(self) -> None:
        """Ends when the last viewer has left."""
        while self._viewers:
            due = self._began + (self._last_sent + 1) / self.reel.frame_rate
            wait = due - self._clock.monotonic()
            if wait > 0:
                await self._clock.sleep(wait)
                continue
            self._send(self._last_sent + 1)
            self._last_sent += 1

    def _send(self, n: int) -> None:
        keyframe = self.reel.keyframe(n)
        built: dict[int, bytes] = {}
        for viewer in tuple(self._viewers):
            if viewer.sink.is_closing():
                self._viewers.discard(viewer)
                continue
            if viewer.sink.get_write_buffer_size() > MAX_BEHIND:
                viewer.waits_for_keyframe = True
                continue
            if viewer.waits_for_keyframe and not keyframe:
                continue
            viewer.waits_for_keyframe = False
            data = built.get(viewer.channel)
            if data is None:
                data = self.reel.frames(n, viewer.channel)
                if keyframe:
                    data += self.reel.report(n, viewer.channel + 1, self._clock.now().timestamp())
                built[viewer.channel] = data
            self._give(viewer.sink, data)

    def _first(self, n: int) -> int:
        """The picture a newcomer begins with while `n` is shown."""
        return self.reel.group_start(n) if self._prompt else n + 1

    def _give(self, sink: Sink, data: bytes) -> None:
        self.sent += len(data)
        sink.write(data)
