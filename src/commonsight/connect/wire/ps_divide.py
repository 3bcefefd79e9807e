"""Pictures out of a bare elementary stream, for program streams whose packets are cut anywhere (ffmpeg's, DVD's).

Cameras begin a packet with each picture; general muxers fill packets of one size. There only the next picture's first
unit tells where one ends, so each comes one picture late.
"""

from commonsight.connect.wire.ps_picture import PictureBuilder

_MARK = b"\x00\x00\x01"
_LOOK = 6
"""Bytes behind a start code's beginning that tell what the unit is."""
TIMES_MOST = 1_000


class Divider:
    """Takes packets' payloads with their times. Whoever feeds it bounds what it holds (`size`)."""

    def __init__(self, builder: PictureBuilder) -> None:
        self._builder = builder
        self._held = bytearray()
        self._scanned = 0
        self._times: list[tuple[int, int]] = []  # where a packet with a time begins
        self._pts: int | None = None  # of the picture that is being collected
        self._picture = False

    @property
    def size(self) -> int:
        return len(self._held)

    def feed(self, payload: bytes | bytearray, pts: int | None) -> list[tuple[bytes, int | None]]:
        """The next payload. Returns the pictures it completed, each with the time of the packet it began in."""
        if pts is not None and len(self._times) < TIMES_MOST:
            self._times.append((len(self._held), pts))
        self._held += payload
        done: list[tuple[bytes, int | None]] = []
        while (at := self._held.find(_MARK, self._scanned)) >= 0 and at + _LOOK <= len(self._held):
            head = bytes(self._held[at + 3 : at + _LOOK])
            if self._picture and self._builder.starts_picture(head):
                cut = at - 1 if at and not self._held[at - 1] else at
                done.append((bytes(self._held[:cut]), self._pts))
                self._drop(cut)
                at -= cut
            if self._builder.is_picture(head):
                self._picture = True
            self._scanned = at + 3
        if at < 0:
            self._scanned = max(self._scanned, len(self._held) - 2)
        return done

    def rest(self) -> tuple[bytes, int | None] | None:
        """The last picture: nothing follows. None when there is none."""
        if not self._picture:
            return None
        last = bytes(self._held), self._pts
        self._drop(len(self._held))
        return last

    def _drop(self, size: int) -> None:
        """Begin the next picture at `size`."""
        del self._held[:size]
        self._picture = False
        self._scanned = 0
        begun = [pts for at, pts in self._times if at <= size]
        self._times = [(at - size, pts) for at, pts in self._times if at > size]
        self._pts = begun[-1] if begun else None
