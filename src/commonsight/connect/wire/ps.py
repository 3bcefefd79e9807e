"""MPEG program streams of GB/T 28181: into access units and sound (`Demuxer`), and back (`Muxer`).

Bytes come as RTP payloads, in order, with gaps told. Devices bend the format: maps that come late or never or name the
wrong coding, several packs a picture, packets without a time, private streams in between. What says where a picture
ends is taken in this order: a new presentation time, the sender's RTP timestamp or marker (`cut`), and for a stream
that has none of these the first slice of the next picture. Streams of general muxers (ffmpeg's), whose packets are cut
anywhere, are recognised and divided by slices alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.ps_assembly import MAX_UNIT, Assembly, Picture, Sound
from commonsight.connect.wire.ps_format import (
    AUDIO,
    CODINGS,
    END,
    MAP,
    PACK,
    VIDEO,
    AudioCodec,
    decode_clock,
)
from commonsight.connect.wire.ps_mux import Muxer, payloads

__all__ = ["AudioCodec", "Demuxer", "Muxer", "Picture", "Sound", "payloads"]

MAX_SOUND = 65_535
MAX_MAP = 2_048
_MARK = b"\x00\x00\x01"
_NO_BYTES = b""


@dataclass(slots=True)
class _Open:
    """A PES packet whose payload is still coming. `left` is -1 when its length is not said (until the next packet)."""

    kind: int
    left: int


class Demuxer(Assembly):
    """Takes a program stream piece by piece. Memory is bounded by one access unit. `garbage`: bytes passed over."""

    def __init__(self) -> None:
        super().__init__()
        self.garbage = 0
        self._rest = _NO_BYTES
        self._open: _Open | None = None
        self._seeking = True  # for the next pack: nothing before it can be trusted

    def feed(self, data: bytes | memoryview) -> Sequence[Picture | Sound]:
        """The next bytes in order. Returns what they completed."""
        opened = self._open
        if opened is not None and opened.kind in VIDEO and opened.left > len(data):  # the common case, kept short
            self._video += data
            opened.left -= len(data)
            if len(self._video) > MAX_UNIT:
                self._give_up()
            return ()
        return self._parse(self._rest + bytes(data) if self._rest else bytes(data))

    def gap(self) -> None:
        """Bytes are missing here: what is open cannot be completed, and nothing is read before the next pack."""
        if self._began or self._open is not None or self._divider is not None:
            self._give_up()
        self._resync()

    def cut(self, *, sure: bool) -> Sequence[Picture | Sound]:
        """The sender says that a picture ends here.

        `sure`: by a new RTP timestamp, else by a marker, which some devices set on every packet or slice.
        """
        if self._open is not None and self._open.left < 0 and not self._cuts_lie:
            self._video += self._rest  # held back in case it were the start of the next packet
            self._rest, self._open = _NO_BYTES, None
        if not sure and (
            self._divider is not None
            or self._cuts_lie
            or self._rest
            or (self._open is not None and self._open.left > 0)
        ):
            return ()
        if sure and self._open is not None:
            self._open = None  # its length was wrong; no bytes are missing, so what came is whole
        found: list[Picture | Sound] = []
        self._finish(found)
        self._after_cut = not sure and not self._began
        return found

    def _parse(self, data: bytes) -> Sequence[Picture | Sound]:
        found: list[Picture | Sound] = []
        at, end = 0, len(data)
        self._rest = _NO_BYTES
        while at < end:
            if self._seeking:
                start = data.find(b"\x00\x00\x01\xba", at)
                if start < 0:
                    keep = max(at, end - 3)
                    self.garbage += keep - at
                    self._rest = data[keep:]
                    break
                self.garbage += start - at
                at, self._seeking = start, False
            if self._open is not None:
                at = self._payload(data, at)
                if self._open is not None and self._open.left < 0:
                    break  # what is kept in _rest may hold the next start code
                if self._open is None:
                    self._finish_sound(found)
                    if self._divider is not None and self._video:
                        self._divided(found)
                continue
            stop = self._packet(data, at, found)
            if stop < 0:
                self._rest = data[at:]
                if len(self._rest) > MAX_MAP:
                    self._resync()
                break
            at = stop
        return found

    def _payload(self, data: bytes, at: int) -> int:
        """Take the open packet's payload from `at` on. Returns where it stops."""
        opened = self._open
        assert opened is not None
        end = len(data)
        if opened.left >= 0:
            stop = min(at + opened.left, end)
            opened.left -= stop - at
            if opened.left == 0:
                self._open = None
        else:
            stop = _next_packet(data, at)
            if stop < 0:
                stop = max(at, end - 3)
                self._rest = data[stop:]
            else:
                self._open = None
        if opened.kind in VIDEO:
            self._video += data[at:stop]
            if len(self._video) > MAX_UNIT:
                self._give_up()
        elif opened.kind in AUDIO and len(self._sound) + stop - at <= MAX_SOUND:
            self._sound += data[at:stop]
        return stop

    def _packet(self, data: bytes, at: int, found: list[Picture | Sound]) -> int:
        """Read the head of the packet at `at`. Returns where its payload or the next packet begins, -1: more bytes."""
        end = len(data)
        if end - at < 6:
            return end if at + 4 == end and data[at : at + 4] == b"\x00\x00\x01\xb9" else -1
        if data[at : at + 3] != _MARK:
            self.garbage += 1
            if data[at]:
                self._resync()  # only zeros may stand between packets
            return at + 1
        kind = data[at + 3]
        if kind == PACK:
            return self._pack(data, at)
        if kind == END:
            return at + 4
        if kind < END:
            self._resync()
            return at + 4
        length = data[at + 4] << 8 | data[at + 5]
        if kind == MAP:
            return self._read_map(data, at, length)
        if kind in VIDEO or kind in AUDIO:
            return self._pes(data, at, length, found)
        self._open = _Open(kind, length) if length else None
        return at + 6

    def _pack(self, data: bytes, at: int) -> int:
        if data[at + 4] & 0xC0 != 0x40:
            return at + 12 if len(data) - at >= 12 else -1  # MPEG-1: no stuffing
        if len(data) - at < 14:
            return -1
        stop = at + 14 + (data[at + 13] & 7)
        return stop if stop <= len(data) else -1

    def _read_map(self, data: bytes, at: int, length: int) -> int:
        stop = at + 6 + length
        if length > MAX_MAP - 6:
            self._resync()
            return at + 4
        if stop > len(data):
            return -1
        body = data[at + 6 : stop]
        if len(body) < 6:
            return stop
        here = 4 + (body[2] << 8 | body[3])
        last = min(here + 2 + (int.from_bytes(body[here : here + 2], "big")), len(body))
        here += 2
        while here + 4 <= last:
            coding, stream = CODINGS.get(body[here]), body[here + 1]
            if isinstance(coding, Codec) and stream in VIDEO:
                self._mapped = coding
            elif isinstance(coding, AudioCodec) and stream in AUDIO:
                self._audio_ids[stream] = coding
                self.audio = coding
            here += 4 + (body[here + 2] << 8 | body[here + 3])
        return stop

    def _pes(self, data: bytes, at: int, length: int, found: list[Picture | Sound]) -> int:
        if len(data) - at < 9:
            return -1
        if data[at + 6] & 0xC0 != 0x80:
            self._give_up()
            self._resync()
            return at + 4
        start = at + 9 + data[at + 8]
        # The bytes behind the head tell whether a picture begins here.
        if start + min(8, max(length - (start - at - 6), 0) if length else 8) > len(data):
            return -1
        pts = decode_clock(data, at + 9) if data[at + 7] & 0x80 and data[at + 8] >= 5 else None
        kind = data[at + 3]
        left = length - (start - at - 6) if length else -1
        if left < -1 or (left == -1 and length):
            self._give_up()
            self._resync()
            return at + 4
        if kind in VIDEO:
            self._begin_video(data, start, pts, found)
        else:
            self._begin_sound(kind, pts, found)
        self._open = _Open(kind, left) if left else None
        return start

    def _give_up(self) -> None:
        """The open picture cannot be saved; the next pack is looked for."""
        self._abandon()
        self._resync()

    def _resync(self) -> None:
        self._seeking = True
        self._open = None
        self._rest = _NO_BYTES


def _next_packet(data: bytes, at: int) -> int:
    """Where the next packet begins: a start code that no NAL unit has (its forbidden bit would be set)."""
    while (at := data.find(_MARK, at)) >= 0 and at + 3 < len(data):
        if data[at + 3] >= END:
            return at
        at += 3
    return -1
