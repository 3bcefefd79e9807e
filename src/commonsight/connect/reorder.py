"""Putting datagrams back in order: bounded, without input or output of its own, so that any arrival can be tried.

A packet that is missing is waited for only while less than `DEPTH` packets and `WAIT_SECONDS` lie behind the gap; then
the packets behind it are handed on and the gap is the depacketiser's business, which counts the loss.
"""

from collections.abc import Callable

from commonsight.connect.wire.rtp import MAX_MISORDER

DEPTH = 128
"""Packets held behind a gap. A keyframe of 180 kB is as many."""
WAIT_SECONDS = 0.1
"""Longest wait for a missing packet: reordering in networks spans milliseconds, and a live picture must not wait."""
MAX_JUMP = 3_000
"""A packet further ahead than this comes from a restarted sender (RFC 3550, appendix A.1)."""

_HEAD = 12


class Reorder:
    """Takes RTP packets as they come and hands them to `emit` in the order of their sequence numbers.

    `reordered`: came late and were put in their place. `dropped`: repeated, or later than anybody waited.
    """

    def __init__(
        self, emit: Callable[[bytes], None], *, depth: int = DEPTH, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        self.reordered = 0
        self.dropped = 0
        self._emit = emit
        self._depth = depth
        self._wait = wait_seconds
        self._held: dict[int, bytes] = {}
        self._next = -1
        self._source = b""
        self._since = 0.0  # when the present gap was seen

    @property
    def waiting(self) -> int:
        """Packets held behind a gap."""
        return len(self._held)

    def push(self, packet: bytes, now: float) -> None:
        """Take a packet that came at monotonic second `now`. What is too short to be RTP is handed on as it is."""
        if len(packet) < _HEAD:
            self._emit(packet)
            return
        number = packet[2] << 8 | packet[3]
        step = (number - self._next + 0x8000 & 0xFFFF) - 0x8000
        if packet[8:12] != self._source or not -MAX_MISORDER <= step <= MAX_JUMP:
            self._restart(packet, number)
        elif step == 0:
            self.reordered += bool(self._held)
            self._hand_on(packet)
        elif step < 0 or number in self._held:
            self.dropped += 1
            return
        else:
            if not self._held:
                self._since = now
            elif any(self._is_before(number, other) for other in self._held):
                self.reordered += 1
            self._held[number] = packet
        self._drain()
        if self._held and (len(self._held) >= self._depth or now - self._since >= self._wait):
            self._give_up(now)

    def expire(self, now: float) -> float | None:
        """Give up gaps that have been waited for long enough; seconds until this must be asked again, None: not."""
        while self._held and now - self._since >= self._wait:
            self._give_up(now)
        return self._since + self._wait - now if self._held else None

    def flush(self) -> None:
        """Hand on what is held, gaps or not."""
        while self._held:
            self._give_up(0.0)

    def _is_before(self, number: int, other: int) -> bool:
        return (other - number & 0xFFFF) < 0x8000

    def _restart(self, packet: bytes, number: int) -> None:
        self.flush()
        self._source = packet[8:12]
        self._next = number
        self._hand_on(packet)

    def _give_up(self, now: float) -> None:
        """Stop waiting for what is missing before the first packet held."""
        self._next = min(self._held, key=lambda number: number - self._next & 0xFFFF)
        self._since = now
        self._drain()

    def _drain(self) -> None:
        while (packet := self._held.pop(self._next, None)) is not None:
            self._hand_on(packet)

    def _hand_on(self, packet: bytes) -> None:
        self._next = self._next + 1 & 0xFFFF
        self._emit(packet)
