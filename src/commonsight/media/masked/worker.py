"""The process that turns one camera's pictures into what a permit's limits leave of them.

Standard input and output carry the packet protocol (`packets`): info and units come in as a relay hands them to any
reader; info and units go out. Every unit is decoded, and of what is decoded only the newest picture is looked at: when
looking takes longer than the camera's interval, the frame rate falls and nothing leaves that was not looked at. A
picture is covered before it is coded, the first like all others. Ends when either side goes away.
"""

from __future__ import annotations

import argparse
import json
import os
import struct
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import structlog

from commonsight.connect.model import TICKS_PER_SECOND, Codec
from commonsight.media import packets
from commonsight.media.fmp4 import parameter_sets
from commonsight.problem import Refusal
from commonsight.vision.decode import Decoder, Frame
from commonsight.vision.mask_cover import Boxes, cover_yuv420
from commonsight.vision.mask_encode import Encoder, encoder
from commonsight.vision.mask_policy import policy
from commonsight.vision.masking import Masker
from commonsight.vision.store import ModelStore

log = structlog.get_logger(__name__)

NICENESS: Final = 5
"""The node that relays, and the analysis that counts, go before."""
EARLY: Final = 0.1
"""A picture may come so much of an interval early, because cameras' clocks are not even; the next one is due as if it
had not, so the limit is kept over several."""
_HEAD = struct.Struct(">Ic")


@dataclass(frozen=True, slots=True)
class Task:
    """What to make of the pictures. `height`: most lines; `fps`: most pictures a second; None: as they come."""

    mask: str | None
    height: int | None
    fps: float | None
    models: Path
    jpeg: bool = False
    ready: bool = False
    """Say so (state `ready`) when the models are loaded: what is played back need not run away meanwhile."""


class _Newest:
    """Room for one picture: a newer one takes the place of an older."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._frame: tuple[Frame, float] | None = None
        self._over = False

    def put(self, frame: Frame, received: float) -> None:
        with self._changed:
            self._frame = (frame, received)
            self._changed.notify()

    def end(self) -> None:
        with self._changed:
            self._over = True
            self._changed.notify()

    def get(self) -> tuple[Frame, float] | None:
        """The newest picture, waited for; None when no more come."""
        with self._changed:
            while self._frame is None and not self._over:
                self._changed.wait()
            frame, self._frame = self._frame, None
            return frame


class Worker:
    """The work of this process, apart from its streams so that it can be tested."""

    def __init__(self, task: Task, source: BinaryIO, target: BinaryIO) -> None:
        self._task = task
        self._source = source
        self._target = target
        self._newest = _Newest()
        self._masker = None if task.mask is None else Masker(policy(task.mask), ModelStore(task.models))
        self._encoder: Encoder | None = None
        self._size = (0, 0)
        self._sent: tuple[int, int] | None = None
        self._received: dict[int, float] = {}
        self._due = float("-inf")
        self._anew = False  # the camera is back or plays otherwise: whoever reads us begins anew, with a keyframe

    def run(self) -> None:
        """Work until the source ends."""
        if self._task.ready:
            self._target.write(packets.control(packets.STATE, {"code": "ready"}))
            self._target.flush()
        feeding = threading.Thread(target=self._feed, daemon=True)
        feeding.start()
        try:
            while (next_one := self._newest.get()) is not None:
                self._take(*next_one)
        finally:
            if self._encoder is not None:
                self._encoder.close()

    def _feed(self) -> None:
        """Read and decode. In a thread of its own, so that the pipe is always being emptied."""
        decoder: Decoder | None = None
        codec = ""
        try:
            while (message := _read(self._source)) is not None:
                kind, payload = message
                if kind == packets.INFO:
                    codec = packets.decode_info(payload).codec.value
                    self._anew = True
                    decoder = Decoder(codec)  # type: ignore[arg-type]  # Codec's values are those
                elif kind == packets.UNIT and decoder is not None:
                    unit = packets.decode_unit(payload)
                    for frame in decoder.feed(unit.data, unit.pts):
                        self._newest.put(frame, unit.received)
        except (OSError, packets.PacketError) as error:
            log.warning("masked_input_lost", error=str(error))
        finally:
            self._newest.end()

    def _take(self, frame: Frame, received: float) -> None:
        at = frame.pts / TICKS_PER_SECOND
        if not self._due_at(at):
            return
        # A picture the decoder had to guess is no picture to find faces in: nobody can say what it shows.
        if frame.corrupt and self._masker is not None:
            return
        width, height = _fitted(frame.width, frame.height, self._task.height)
        planes = frame.yuv420(width, height)
        if self._masker is not None:
            cover_yuv420(*planes, _scaled(self._masker.boxes(frame, at), width / frame.width, height / frame.height))
        if self._encoder is None or self._size != (width, height) or self._anew:
            self._anew = False
            self._restart(width, height)
        assert self._encoder is not None
        self._received[frame.pts] = received
        self._encoder.write(planes, frame.pts)

    def _due_at(self, at: float) -> bool:
        """Whether the limit on pictures a second lets one go at `at` seconds. A clock that falls back begins anew."""
        if self._task.fps is None:
            return True
        period = 1 / self._task.fps
        soonest = self._due - EARLY * period
        if self._due - 2 * period <= at < soonest:
            return False
        self._due = (self._due if soonest <= at <= self._due else at) + period
        return True

    def _restart(self, width: int, height: int) -> None:
        if self._encoder is not None:
            self._encoder.close()
        self._size = (width, height)
        self._sent = None
        self._encoder = encoder(width, height, self._coded, jpeg=self._task.jpeg)

    def _coded(self, data: bytes, pts: int, keyframe: bool) -> None:
        received = self._received.pop(pts, time.monotonic())
        parts = []
        if keyframe and self._sent != self._size:
            self._sent = self._size
            codec = Codec.H264 if data.startswith(b"\x00\x00\x00\x01") else Codec.JPEG
            parts.append(packets.info(codec, *self._size, parameter_sets(codec, data)))
        parts.append(packets.unit(data, pts, received, keyframe=keyframe))
        self._target.write(b"".join(parts))
        self._target.flush()


def _fitted(width: int, height: int, most: int | None) -> tuple[int, int]:
    """The size a picture leaves at, even and in its own proportions."""
    lines = height if most is None else min(height, most)
    return max(2, round(width * lines / height) // 2 * 2), max(2, lines // 2 * 2)


def _scaled(boxes: Boxes, across: float, down: float) -> Boxes:
    scaled: Boxes = (boxes * [across, down, across, down]).astype("float32")
    return scaled


def _read(source: BinaryIO) -> tuple[bytes, bytes] | None:
    """The next message; None at the end."""
    head = source.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    length, kind = _HEAD.unpack(head)
    if not 1 <= length <= packets.UNIT_MAX:
        raise packets.PacketError(f"length: 1 to {packets.UNIT_MAX}, is {length}")
    payload = source.read(length - 1)
    return None if len(payload) < length - 1 else (kind, payload)


def main() -> int:
    """Read what to do from the command line. A refusal goes out as the protocol's `end`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("task")
    given = json.loads(parser.parse_args().task)
    task = Task(given["mask"], given["height"], given["fps"], Path(given["models"]), given["jpeg"], given["ready"])
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    os.nice(NICENESS)
    target = sys.stdout.buffer
    try:
        Worker(task, sys.stdin.buffer, target).run()
    except Refusal as refusal:
        log.error("masked_refused", code=refusal.code)
        target.write(packets.control(packets.END, {"code": "mask_model_missing"}))
        target.flush()
        return 1
    return 0


if __name__ == "__main__":
    # The feeding thread may sit in a read that never ends, holding the lock of standard input: the interpreter must not
    # wait for it on any way out.
    code = 1
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        code = 0
    except Exception as error:
        log.error("masked_failed", error=f"{type(error).__name__}: {error}")
    finally:
        os._exit(code)
