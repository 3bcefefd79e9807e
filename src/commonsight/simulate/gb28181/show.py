"""One stream of one camera: pictures and sound as a program stream in RTP, live or from a recording, at any speed."""

import asyncio
from dataclasses import dataclass
from typing import Final

from commonsight.clock import Clock
from commonsight.connect.wire.ps import AudioCodec, payloads
from commonsight.connect.wire.rtp import build
from commonsight.simulate.gb28181.chance import draw
from commonsight.simulate.gb28181.film import Film, muxer
from commonsight.simulate.gb28181.pipes import Pipe
from commonsight.simulate.gb28181.tally import Tally

PAYLOAD_TYPE: Final = 96
PACKET_HEAD: Final = 12
BEHIND: Final = 1 << 20
"""Unsent bytes after which a live stream leaves pictures out until the next keyframe, and a recording waits."""
STEP: Final = 0.02
"""Pause before looking again at a receiver that does not take its bytes, or at a show that is paused, s."""
SPEED_MOST: Final = 16.0


@dataclass(frozen=True, slots=True)
class Script:
    """What is shown.

    Args:
        begin: second of the film the first picture is taken from.
        length: seconds until the end; None: live, without end.
        speed: times real time.
        loss, reorder: shares of packets that are lost or change places with the next, drawn from `seed`.
        silent: everything is agreed and nothing is sent.
        prompt: begin with a keyframe; else with whatever picture is next, as most cameras do.
    """

    ssrc: int
    begin: float = 0.0
    length: float | None = None
    speed: float = 1.0
    sound: AudioCodec | None = AudioCodec.G711A
    loss: float = 0.0
    reorder: float = 0.0
    silent: bool = False
    seed: int = 0
    prompt: bool = True


class Show:
    """`run` until the end or cancelled; `pause`, `resume`, `seek` and `keyframe` meanwhile."""

    def __init__(self, film: Film, script: Script, pipe: Pipe, clock: Clock, tally: Tally) -> None:
        self._film = film
        self._script = script
        self._pipe = pipe
        self._clock = clock
        self._tally = tally
        self._muxer = muxer(film, script.sound)
        self._sequence = int(draw(script.seed, "sequence", script.ssrc) * 65_536)
        self._speed = script.speed
        self._paused = False
        self._first = film.at(script.begin)
        if script.prompt:
            self._first = film.group_start(self._first)
        self._next = self._first
        self._due = clock.monotonic()
        self._waits = False
        self._packets = 0

    async def run(self) -> bool:
        """True when the end was reached, False when the receiver went away."""
        last = None if self._script.length is None else self._film.at(self._script.begin + self._script.length)
        self._due = self._clock.monotonic()
        while last is None or self._next <= last:
            if self._pipe.broken():
                return False
            behind = self._pipe.backlog() > BEHIND
            if self._paused or (behind and self._script.length is not None):
                await self._clock.sleep(STEP)
                self._due = self._clock.monotonic()
                continue
            wait = self._due - self._clock.monotonic()
            if wait > 0:
                await self._clock.sleep(wait)
                continue
            if wait < -1:  # the machine was busy: catching up in a burst would only lose packets
                self._due = self._clock.monotonic()
            self._picture(behind)
            self._next += 1
            self._due += 1 / (self._film.frame_rate * self._speed)
            if self._speed > 4:
                await asyncio.sleep(0)
        return True

    def pause(self) -> None:
        self._paused = True

    def resume(self, *, speed: float | None = None, at: float | None = None) -> None:
        """Go on, at another speed or from another second of what is shown."""
        if speed is not None and 0 < speed <= SPEED_MOST:
            self._speed = speed
        if at is not None:
            self._next = self._film.group_start(self._film.at(self._script.begin + max(0.0, at)))
        self._paused = False
        self._due = self._clock.monotonic()

    def keyframe(self) -> None:
        """Show from the last keyframe again, as near as footage comes to making one."""
        self._next = self._film.group_start(self._next)

    def _picture(self, behind: bool) -> None:
        n = self._next
        if behind:
            self._waits = True
        if self._waits and not (self._film.keyframe(n) and not behind):
            return
        self._waits = False
        if self._script.silent:
            return
        base = -self._film.time(self._first)
        data = self._film.packs(self._muxer, n, base, self._script.sound)
        pieces = payloads(data)
        ticks = base + self._film.time(n)
        packets = [
            build(
                piece, payload_type=PAYLOAD_TYPE, sequence=self._sequence + index, timestamp=ticks,
                ssrc=self._script.ssrc, marker=index == len(pieces) - 1,
            )
            for index, piece in enumerate(pieces)
        ]  # fmt: skip
        self._sequence += len(pieces)
        self._tally.packets += len(packets)
        self._tally.octets += len(data) + PACKET_HEAD * len(packets)
        self._pipe.send(self._spoiled(packets) if self._script.loss or self._script.reorder else packets)

    def _spoiled(self, packets: list[bytes]) -> list[bytes]:
        kept = []
        for packet in packets:
            self._packets += 1
            if draw(self._script.seed, "rtp", self._packets) >= self._script.loss:
                kept.append(packet)
        for at in range(len(kept) - 1):
            if draw(self._script.seed, "turn", self._packets, at) < self._script.reorder:
                kept[at], kept[at + 1] = kept[at + 1], kept[at]
        return kept
