"""Pictures and sound out of the payloads of a program stream's packets: where each begins, ends, and is whole."""

from typing import NamedTuple

from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.ps_divide import Divider
from commonsight.connect.wire.ps_format import AudioCodec
from commonsight.connect.wire.ps_picture import PictureBuilder, guess_codec

MAX_UNIT = 8 * 1024 * 1024
"""Largest access unit, bytes."""
_MARK = b"\x00\x00\x01"


class Picture(NamedTuple):
    """One whole access unit: Annex B with 4-byte start codes, no delimiters; a keyframe carries its parameter sets.

    `pts`: 33-bit 90 kHz presentation time, None when the stream has none.
    """

    data: bytes
    pts: int | None
    keyframe: bool


class Sound(NamedTuple):
    """One piece of sound as it was sent: G.711 samples, or AAC in ADTS frames. `pts` as for pictures."""

    codec: AudioCodec
    data: bytes
    pts: int | None


class Assembly:
    """The half of a demultiplexer that knows pictures; the other half feeds `_video` and `_sound` and says when.

    `codec`, `parameter_sets`: None and () until known. `sets_version` rises when they change. `broken`: access units
    dropped because part of them is missing or makes no sense.
    """

    def __init__(self) -> None:
        self.broken = 0
        self.audio: AudioCodec | None = None
        self._mapped: Codec | None = None
        self._audio_ids: dict[int, AudioCodec] = {}
        self._builder: PictureBuilder | None = None
        self._versions = 0  # of the builders that were replaced
        self._video = bytearray()
        self._pts: int | None = None
        self._began = False  # whether a picture is being collected
        self._damaged = False
        self._last_pts: int | None = None
        self._after_cut = False  # whether a marker ended the picture before this one
        self._cuts_lie = False
        self._divider: Divider | None = None  # once packets have shown to be cut anywhere
        self._next_pts: int | None = None
        self._sound = bytearray()
        self._sound_pts: int | None = None
        self._sound_codec: AudioCodec | None = None

    @property
    def codec(self) -> Codec | None:
        return self._builder.codec if self._builder else self._mapped

    @property
    def parameter_sets(self) -> tuple[bytes, ...]:
        return self._builder.parameter_sets if self._builder else ()

    @property
    def sets_version(self) -> int:
        return self._versions + (self._builder.sets_version if self._builder else 0)

    def _begin_video(self, data: bytes, start: int, pts: int | None, found: list[Picture | Sound]) -> None:
        self._finish_sound(found)
        if self._divider is None and self._began and pts not in (None, self._pts) and not _first_unit(data, start):
            self._divide_from_here()
        if self._divider is not None:
            self._next_pts = pts
            return
        if self._began and ((pts is not None and pts != self._pts) or (pts is None and self._new_head(data, start))):
            self._finish(found)
            if self._began and pts is not None:
                self._pts = pts  # parameter sets came alone; their time is not the picture's
        if not self._began:
            if self._after_cut and pts == self._last_pts and self._goes_on(data, start):
                self._cuts_lie = True  # the picture that a marker ended is not over
                self._damaged = True
            self._began, self._pts = True, pts

    def _divide_from_here(self) -> None:
        """A packet with a new time begins in the middle of a unit: its packets are cut anywhere."""
        codec = guess_codec(self._video) or self._mapped
        if codec is None:
            return
        self._divider = Divider(self._builder_of(codec))
        self._divider.feed(self._video, self._pts)
        self._reset()

    def _divided(self, found: list[Picture | Sound]) -> None:
        """A packet of such a stream is whole."""
        divider = self._divider
        assert divider is not None
        for picture, pts in divider.feed(self._video, self._next_pts):
            self._build(picture, pts, found)
        self._video.clear()
        self._next_pts = None
        if divider.size > MAX_UNIT:
            self._abandon()

    def _goes_on(self, data: bytes, start: int) -> bool:
        """Whether a packet begins in the middle of a picture."""
        builder, head = self._builder, _first_unit(data, start)
        return builder is not None and (not head or builder.continues_picture(head))

    def _new_head(self, data: bytes, start: int) -> bool:
        """Whether a packet without a time begins a picture although one is open."""
        if self._pts is not None and self._builder is not None:
            return False  # the stream has times: this one goes on with the picture
        codec, head = self.codec, _first_unit(data, start)
        if codec is None or not head:
            return False
        builder = self._builder or PictureBuilder(codec)
        return builder.starts_picture(head) and builder.has_picture(self._video)

    def _begin_sound(self, kind: int, pts: int | None, found: list[Picture | Sound]) -> None:
        self._finish_sound(found)
        self._sound_codec = self._audio_ids.get(kind)  # None: a coding we do not know, or no map has named it yet
        if self._sound_codec is not None:
            self.audio = self._sound_codec
        self._sound_pts = pts

    def _finish_sound(self, found: list[Picture | Sound]) -> None:
        if self._sound and self._sound_codec is not None:
            found.append(Sound(self._sound_codec, bytes(self._sound), self._sound_pts))
        self._sound.clear()

    def _finish(self, found: list[Picture | Sound]) -> None:
        """Close what is open: sound first, then the picture, if it is one."""
        self._finish_sound(found)
        if self._divider is not None:
            last = self._divider.rest()
            if last is not None:
                self._build(*last, found)
            return
        if not self._began:
            return
        if self._damaged:
            self.broken += 1
            self._reset()
            return
        codec = guess_codec(self._video) or self._mapped
        if codec is None:
            self.broken += 1
            self._reset()
            return
        if not self._builder_of(codec).has_picture(self._video):
            return  # parameter sets alone belong in front of the picture that follows
        if not self._build(self._video, self._pts, found):
            self._cuts_lie = self._cuts_lie or self._after_cut  # its head went with the picture the marker ended
        self._after_cut = False
        self._reset()

    def _build(self, data: bytes | bytearray, pts: int | None, found: list[Picture | Sound]) -> bool:
        """Hand a picture on; False when it is broken."""
        assert self._builder is not None
        made = self._builder.build(data)
        if made is None:
            self.broken += 1
            return False
        found.append(Picture(made[0], pts, made[1]))
        self._last_pts = pts
        return True

    def _builder_of(self, codec: Codec) -> PictureBuilder:
        self._mapped = codec  # a map that lies is overruled until it says so again, which is before a keyframe
        builder = self._builder
        if builder is None or builder.codec is not codec:
            if builder is not None:
                self._versions += builder.sets_version + 1
            builder = self._builder = PictureBuilder(codec)
        return builder

    def _reset(self) -> None:
        self._video.clear()
        self._began = self._damaged = False
        self._pts = None

    def _abandon(self) -> None:
        """The open picture cannot be saved."""
        if self._began or self._video or self._divider is not None:
            self.broken += 1
        self._divider = None
        self._reset()
        self._sound.clear()


def _first_unit(data: bytes, start: int) -> bytes:
    """The beginning of the NAL unit that a packet begins with; b"" when it does not begin with one."""
    head = data[start : start + 8]
    at = 4 if head.startswith(b"\x00\x00\x00\x01") else 3 if head.startswith(_MARK) else 0
    return head[at:] if at else b""
