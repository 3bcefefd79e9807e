"""A slow reader: bounded, moved on to the next keyframe, told, and let go when it takes nothing at all."""

import asyncio

from commonsight.connect.model import Codec
from commonsight.media.model import Unit
from commonsight.media.outlet import LAG_BYTES_LEAST, STALL_SECONDS, Outlet

LIMIT = 1_000


class Pipe(asyncio.Transport):
    """A connection whose other side takes only what the test lets it take."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = b""

    def get_write_buffer_size(self) -> int:
        return len(self.waiting)

    def write(self, data: object) -> None:
        self.waiting += bytes(data)  # type: ignore[call-overload]

    def is_closing(self) -> bool:
        return False

    def take(self) -> bytes:
        taken, self.waiting = self.waiting, b""
        return taken


class Case:
    def __init__(self, limit: int = LIMIT) -> None:
        self.pipe = Pipe()
        self.now = 0.0
        self.skipped: list[int] = []
        self.stalled = 0
        self.count = 0
        self.outlet = Outlet(
            self.pipe, limit, lambda unit: unit.data, lambda: self.now, self.skipped.append, self._stall
        )

    def _stall(self) -> None:
        self.stalled += 1

    def unit(self, *, keyframe: bool = False, size: int = 100) -> Unit:
        self.count += 1
        data = (b"K" if keyframe else b"d") * size
        return Unit(Codec.H264, data, self.count * 3_600, self.count * 3_600, 3_600, keyframe, 0.0, self.count)

    def take(self, count: int, *, keyframe: bool = False, size: int = 100) -> int:
        return sum(self.outlet.take(self.unit(keyframe=keyframe, size=size)) for _ in range(count))


def test_reader_that_keeps_up_gets_everything() -> None:
    case = Case()
    for _ in range(100):
        assert case.take(1) == 1
        case.pipe.take()
    assert (case.skipped, case.outlet.frames, case.outlet.bytes) == ([], 100, 10_000)


def test_slow_reader_goes_on_at_the_next_keyframe_and_is_told() -> None:
    case = Case()
    assert case.take(20) == 11  # the queue never holds more than the limit and one unit
    assert len(case.pipe.waiting) <= LIMIT + 100
    case.pipe.take()
    assert case.take(5) == 0  # decoding could not go on without what was left out
    assert case.take(1, keyframe=True) == 1
    assert case.skipped == [14]
    assert case.take(3) == 3
    assert (case.outlet.skips, case.outlet.frames_skipped) == (1, 14)


def test_keyframe_does_not_help_while_the_queue_is_full() -> None:
    case = Case()
    case.take(20)
    assert case.take(1, keyframe=True) == 0
    assert not case.outlet.keeps_up


def test_a_late_picture_is_skipped_long_before_the_queue_is_full() -> None:
    case = Case(limit=100_000_000)
    sent = case.take(1_000, size=20_000)  # 500 kB a second at 25 pictures a second
    assert LAG_BYTES_LEAST < len(case.pipe.waiting) < 1_600_000
    assert sent == len(case.pipe.waiting) / 20_000


def test_large_first_group_is_let_through() -> None:
    case = Case()
    case.outlet.begin([case.unit(keyframe=True, size=5_000)])
    assert case.take(5) == 5
    case.pipe.take()
    assert case.take(20) == 11  # from then on the limit counts


def test_reader_that_takes_nothing_is_let_go_once() -> None:
    case = Case()
    case.take(12)
    case.now = STALL_SECONDS + 1
    case.take(5)
    assert case.stalled == 1


def test_long_group_alone_is_no_stall() -> None:
    case = Case()
    case.take(12)
    case.pipe.take()
    case.now = STALL_SECONDS + 1
    case.take(5)
    assert case.stalled == 0
