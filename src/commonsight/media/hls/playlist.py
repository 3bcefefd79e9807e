"""What a low-latency HLS playlist is made of: parts, segments, and a shelf that holds the newest of them.

RFC 8216 and what its second edition (draft-pantos-hls-rfc8216bis) adds for low latency: partial segments, preload
hints, blocking reload. Nothing here reads or writes; `muxer` fills a shelf, `web` serves it.

A segment begins with a keyframe unless a group of pictures is longer than `TARGET_SECONDS`: then it is cut inside, and
its first part says so by not being INDEPENDENT. Parts are numbered through, across segments, so that the part that is
announced next has its address before it is known which segment it will belong to.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from commonsight.connect.model import TICKS_PER_SECOND

TARGET_SECONDS: Final = 4
"""No segment is longer (EXT-X-TARGETDURATION)."""
SEGMENT_LEAST: Final = 1.9
"""A keyframe begins a new segment once the running one is so long, s; the very first one at once, so players start."""
PART_SECONDS: Final = 0.5
"""PART-TARGET: no part is longer, unless one picture is shown longer than that."""
LISTED_SECONDS: Final = 3 * TARGET_SECONDS
"""Whole segments listed: a player needs three target durations (RFC 8216, 6.2.2)."""
FADING: Final = 2
"""Segments still served after they have left the list, for players that read it just before."""

QUERY: Final = "\x00"
"""Stands in a rendered playlist where each viewer's own query goes."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some pictures. `duration`: 90 kHz ticks. `independent`: the first one is a keyframe."""

    number: int
    duration: int
    independent: bool
    data: bytes


@dataclass(slots=True)
class Segment:
    """Parts in a row under one init segment. `shown`: when its first picture came (UTC)."""

    number: int
    init: int
    discontinuity: bool
    shown: datetime
    parts: list[Part] = field(default_factory=list)
    closed: bool = False

    @property
    def duration(self) -> int:
        return sum(part.duration for part in self.parts)

    @property
    def size(self) -> int:
        return sum(len(part.data) for part in self.parts)

    def body(self) -> bytes:
        """The whole segment, as players without low latency fetch it."""
        return b"".join(part.data for part in self.parts)


class Shelf:
    """The newest segments of one camera, the running one included; bounded in time and in bytes.

    Args:
        most: bytes held. When they are passed, the oldest segments go earlier than players would like.
    """

    def __init__(self, most: int) -> None:
        self.segments: list[Segment] = []
        self.discontinuities = 0
        self._most = most
        self._faded: deque[Segment] = deque(maxlen=FADING)
        self._inits: dict[int, bytes] = {}
        self._next_init = 0
        self._next_segment = 0
        self._next_part = 0
        self._fresh = False  # the next segment begins under a new init segment or after a hole
        self._target = round(PART_SECONDS * TICKS_PER_SECOND)
        self._rendered = ""

    @property
    def running(self) -> Segment | None:
        """The segment that still grows."""
        return self.segments[-1] if self.segments and not self.segments[-1].closed else None

    @property
    def ready(self) -> bool:
        """Whether there is one whole segment: some players take a list without any for the end of the stream."""
        return any(segment.closed for segment in self.segments)

    @property
    def size(self) -> int:
        """Bytes held."""
        return sum(segment.size for segment in (*self._faded, *self.segments)) + sum(map(len, self._inits.values()))

    def begin(self, init: bytes) -> None:
        """Pictures that follow belong to `init`, and do not go on where the last ones ended."""
        self.cut()
        self._fresh = True
        if self._inits.get(self._next_init - 1) != init:
            self._inits[self._next_init] = init
            self._next_init += 1

    def append(self, data: bytes, duration: int, *, independent: bool, shown: datetime) -> Part:
        """Put the next part on the shelf; it opens a segment when none is running.

        Raises:
            ValueError: before the first `begin`.
        """
        if not self._next_init:
            raise ValueError("init: a part needs an init segment before it")
        segment = self.running
        if segment is None:
            new = bool(self._next_segment) and self._fresh
            segment = Segment(self._next_segment, self._next_init - 1, new, shown)
            self.segments.append(segment)
            self._next_segment += 1
            self._fresh = False
        part = Part(self._next_part, duration, independent, data)
        self._next_part += 1
        self._target = max(self._target, duration)
        segment.parts.append(part)
        self._drop()
        self._rendered = ""
        return part

    def cut(self) -> None:
        """Close the running segment."""
        segment = self.running
        if segment is not None:
            segment.closed = True
            self._rendered = ""

    def has(self, number: int, part: int | None) -> bool:
        """Whether the list has come to this segment (closed, if no part is named) and this part of it."""
        if number < self._next_segment - 1:
            return True
        last = self.segments[-1] if self.segments else None
        if last is None or number != last.number:
            return False
        return last.closed or (part is not None and part < len(last.parts))

    def ahead(self, number: int) -> bool:
        """Whether a request for this segment is further in the future than a player may ask (it would wait long)."""
        return number > self._next_segment + 1

    def init(self, number: int) -> bytes | None:
        return self._inits.get(number)

    def segment(self, number: int) -> Segment | None:
        """A closed segment that is still held."""
        held = (*self._faded, *self.segments)
        return next((each for each in held if each.number == number and each.closed), None)

    def part(self, number: int) -> Part | None:
        for segment in (*self._faded, *self.segments):
            first = segment.parts[0].number
            if first <= number < first + len(segment.parts):
                return segment.parts[number - first]
        return None

    def coming(self, number: int) -> bool:
        """Whether this is the part announced as the next one."""
        return number == self._next_part

    def playlist(self, query: str) -> str:
        """The media playlist for a viewer whose addresses end in `query` (without the question mark)."""
        if not self._rendered:
            self._rendered = self._render()
        return self._rendered.replace(QUERY, query)

    def _render(self) -> str:
        target = _seconds(self._target)
        first = self.segments[0].number if self.segments else self._next_segment
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:9",
            f"#EXT-X-TARGETDURATION:{TARGET_SECONDS}",
            f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={_seconds(3 * self._target)},"
            f"HOLD-BACK={3 * TARGET_SECONDS}",
            f"#EXT-X-PART-INF:PART-TARGET={target}",
            f"#EXT-X-MEDIA-SEQUENCE:{first}",
            f"#EXT-X-DISCONTINUITY-SEQUENCE:{self.discontinuities}",
        ]
        init = -1
        for segment in self.segments:
            if segment.discontinuity:
                lines.append("#EXT-X-DISCONTINUITY")
            if segment.init != init:
                init = segment.init
                lines.append(f'#EXT-X-MAP:URI="init{init}.mp4?{QUERY}"')
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{segment.shown:%Y-%m-%dT%H:%M:%S}.{segment.shown:%f}"[:-3] + "Z")
            lines += [_part(part) for part in segment.parts]
            if segment.closed:
                lines += [f"#EXTINF:{_seconds(segment.duration)},", f"seg{segment.number}.m4s?{QUERY}"]
        lines.append(f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part{self._next_part}.m4s?{QUERY}"')
        return "\n".join(lines) + "\n"

    def _drop(self) -> None:
        """Let the oldest segments go, as far as players can spare them or the bytes demand it."""
        listed = sum(segment.duration for segment in self.segments)
        while len(self.segments) > 1:
            oldest = self.segments[0]
            spared = listed - oldest.duration >= LISTED_SECONDS * TICKS_PER_SECOND
            if not spared and self.size <= self._most:
                break
            listed -= oldest.duration
            self.discontinuities += oldest.discontinuity
            self._faded.append(self.segments.pop(0))
            while self._faded and self.size > self._most:
                self._faded.popleft()
        needed = {segment.init for segment in (*self._faded, *self.segments)} | {self._next_init - 1}
        for number in [number for number in self._inits if number not in needed]:
            del self._inits[number]


def _part(part: Part) -> str:
    independent = ",INDEPENDENT=YES" if part.independent else ""
    return f'#EXT-X-PART:DURATION={_seconds(part.duration)},URI="part{part.number}.m4s?{QUERY}"{independent}'


def _seconds(ticks: int) -> str:
    return f"{ticks / TICKS_PER_SECOND:.5f}"
