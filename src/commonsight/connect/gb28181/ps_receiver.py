"""RTP packets of one GB/T 28181 stream to access units and sound: no input or output of its own."""

from collections.abc import Callable, Mapping, Sequence

from commonsight.clock import Clock
from commonsight.connect.gb28181.ps_skim import can_start
from commonsight.connect.model import TICKS_PER_SECOND, AccessUnit, Codec, Counters, Sound, StreamInfo
from commonsight.connect.reorder import Reorder
from commonsight.connect.survey import Survey
from commonsight.connect.unit_queue import UnitQueue
from commonsight.connect.wire import ps, rtp
from commonsight.connect.wire.depacketise import Depacketiser
from commonsight.connect.wire.nal import PARAMETER_SETS, nal_type
from commonsight.connect.wire.parameter_sets import picture_size

_RTCP = range(72, 77)
"""Payload types under which RTCP on the same connection seems to come."""
_HEAD = 12
"""Bytes of an RTP header."""
_PACK = b"\x00\x00\x01\xba"
_MARK = b"\x00\x00\x01"
_LEAST_START = 0xB9
"""Start codes from here on belong to the program stream; lower ones are units of a picture."""
_ELEMENTARY = {"H264": Codec.H264, "H265": Codec.H265, "HEVC": Codec.H265}
_FAR = 10 * 90_000
"""Sound further than this from the picture has a clock of its own."""

Listener = Callable[[Sound], None]


class PsReceiver:
    """Takes packets, fills a `UnitQueue`, counts.

    Args:
        ssrc: the number the device was asked to send under.
        rtpmaps: of the answer, payload type -> "PS/90000"; what begins like a program stream is one all the same.
        survey: nobody wants to watch; see there.
    """

    def __init__(
        self, clock: Clock, *, ssrc: int = 0, rtpmaps: Mapping[int, str] | None = None, survey: Survey | None = None
    ) -> None:
        self.queue = UnitQueue()
        self.info: StreamInfo | None = None
        self.last_unit = clock.monotonic()
        self.listener: Listener | None = None
        self.audio: ps.AudioCodec | None = None
        self._clock = clock
        self._rtpmaps = rtpmaps or {}
        self._survey = survey
        self._passed_over = -1
        """Time of the picture that is being passed over."""
        self._passing: bytes | None = None
        """The same, and its source, as they stand in the packets."""
        self._demuxer = ps.Demuxer()
        self._elementary: Depacketiser | None = None
        self._reception = rtp.Reception()
        self._reorder = Reorder(self.packet)
        self._timeline = rtp.Timeline()
        self._counters = Counters(ssrc_expected=ssrc)
        self._origin = 0  # of the timeline, 90 kHz ticks
        self._jumps = 0  # of the timelines before this one
        self._anew = False
        self._timestamp = -1
        self._sets_version = -1
        self._by_pts = True
        self._last_clock = -1  # the stream's own time of the last picture
        self._last_pts = -1  # and where that is on the timeline

    @property
    def counters(self) -> Counters:
        found = self._counters
        found.units_broken = self._demuxer.broken + (self._elementary.broken if self._elementary else 0)
        found.units_skipped = self.queue.skipped
        found.timestamp_jumps = self._jumps + self._timeline.jumps
        found.packets_reordered = self._reorder.reordered
        return found

    @property
    def offered(self) -> StreamInfo:
        """What is known of the stream; before its first picture, the coding as far as it was named."""
        return self.info or StreamInfo(self._demuxer.codec or Codec.H264, (), 0, 0)

    @property
    def waiting(self) -> bool:
        """Whether packets lie behind a gap: `expire` must be called."""
        return self._reorder.waiting > 0

    def datagram(self, data: bytes) -> None:
        """A packet by UDP, perhaps out of order."""
        self._reorder.push(data, self._clock.monotonic())

    def expire(self) -> float | None:
        """Give up gaps that were waited for; seconds until this must be called again, None: not."""
        return self._reorder.expire(self._clock.monotonic())

    def packet(self, data: bytes | memoryview) -> None:
        """A packet in order."""
        counters = self._counters
        if data[4:12] == self._passing and self._reception.follows(data[2] << 8 | data[3]):
            self._pass(len(data) - _HEAD)
            return
        packet = rtp.parse(data)
        if packet is None:
            counters.stray_frames += 1
            return
        if packet.payload_type in _RTCP and packet.marker:
            return
        counters.packets += 1
        counters.bytes += len(packet.payload)
        counters.ssrc_seen = packet.ssrc
        step = self._reception.note(packet)
        gap = False
        if step > 1:
            counters.packets_lost += step - 1
            gap = True
        elif step < 1:
            if step or self._reception.received != 1:
                return  # repeated
            gap = self._anew = counters.packets > 1  # the stream began anew
        if self._survey is not None and self._passes_over(packet, self._survey):
            return
        if self._elementary is not None or (counters.packets == 1 and self._begins_elementary(packet)):
            self._take_elementary(packet, gap)
        else:
            self._take_program(packet, gap)

    def _pass(self, size: int) -> None:
        """One more packet of a picture that is being passed over: nothing is made of it."""
        assert self._survey is not None
        self._counters.packets += 1
        self._counters.bytes += size
        self._survey.came(size, self._clock.monotonic())

    def _passes_over(self, packet: rtp.RtpPacket, survey: Survey) -> bool:
        """Whether the packet belongs to a picture that nobody wants: one that cannot start a stream, or a second."""
        survey.came(len(packet.payload), self._clock.monotonic())
        self.queue.begin()
        if packet.timestamp == self._passed_over:
            return True
        if packet.timestamp == self._timestamp:
            return False
        key = can_start(packet.payload)
        if key is None:
            return False
        survey.picture(packet.timestamp, key)
        if key and not self._counters.units:
            return False
        # What came before ends here; what comes is no part of it.
        self._hand_on(self._demuxer.cut(sure=True), self._timestamp)
        self._demuxer.gap()
        self._passed_over = self._timestamp = packet.timestamp
        self._passing = packet.timestamp.to_bytes(4, "big") + packet.ssrc.to_bytes(4, "big")
        return True

    def _take_program(self, packet: rtp.RtpPacket, gap: bool) -> None:
        demuxer, payload = self._demuxer, packet.payload
        if gap:
            demuxer.gap()
        if packet.timestamp != self._timestamp:
            # A new time at the head of a packet is a new picture; one in the middle is a device that counts oddly.
            if self._timestamp >= 0 and payload[:3] == _MARK and payload[3] >= _LEAST_START:
                self._hand_on(demuxer.cut(sure=True), self._timestamp)
            self._timestamp = packet.timestamp
        found = demuxer.feed(payload)
        if found:
            self._hand_on(found, packet.timestamp)
        if packet.marker:
            self._hand_on(demuxer.cut(sure=False), packet.timestamp)

    def _begins_elementary(self, packet: rtp.RtpPacket) -> bool:
        if packet.payload[:4] == _PACK:
            return False
        encoding = self._rtpmaps.get(packet.payload_type, "").partition("/")[0].upper()
        codec = _ELEMENTARY.get(encoding)
        if codec is not None:
            self._elementary = Depacketiser(codec)
        return codec is not None

    def _take_elementary(self, packet: rtp.RtpPacket, gap: bool) -> None:
        assert self._elementary is not None
        for unit in self._elementary.push(packet, gap):
            self._picture(self._elementary.codec, self._elementary.parameter_sets, self._elementary.sets_version,
                          unit.data, unit.timestamp, unit.keyframe)  # fmt: skip

    def _hand_on(self, found: Sequence[ps.Picture | ps.Sound], timestamp: int) -> None:
        for each in found:
            if isinstance(each, ps.Sound):
                self._sound(each, timestamp)
                continue
            demuxer = self._demuxer
            codec = demuxer.codec
            assert codec is not None
            clock = self._clock_of(each.pts, timestamp)
            self._picture(codec, demuxer.parameter_sets, demuxer.sets_version, each.data, clock, each.keyframe)

    def _clock_of(self, pts: int | None, timestamp: int) -> int:
        """Which of the two times a picture has counts: its own, unless the device does not keep it."""
        if self._by_pts and (pts is None or (pts & 0xFFFFFFFF) == self._last_clock):
            self._by_pts = False
        return timestamp if pts is None or not self._by_pts else pts & 0xFFFFFFFF

    def _picture(
        self, codec: Codec, sets: tuple[bytes, ...], version: int, data: bytes, clock: int, keyframe: bool
    ) -> None:
        now = self._clock.monotonic()
        self._reception.arrived(clock, now)
        if version != self._sets_version and sets:
            self._sets_version = version
            kind = PARAMETER_SETS[codec][-2]
            sps = next(each for each in sets if nal_type(codec, each[0]) == kind)
            self.info = StreamInfo(codec, sets, *picture_size(codec, sps))
        pts = self._place(clock, now)
        if self.info is None or pts < 0:
            self.queue.skipped += 1
            return
        self._last_clock, self._last_pts, self.last_unit = clock, pts, now
        self._counters.units += 1
        self.queue.put(AccessUnit(data, pts, keyframe, now))

    def _place(self, clock: int, now: float) -> int:
        """Where the picture lies on the timeline. A stream that begins anew or steps far back goes on by real time."""
        pts = self._origin + self._timeline.advance(clock, now)
        if self._last_pts >= 0 and (self._anew or pts < self._last_pts - TICKS_PER_SECOND):
            self._jumps += self._timeline.jumps + 1
            self._timeline = rtp.Timeline()
            self._timeline.advance(clock, now)
            passed = round((now - self.last_unit) * TICKS_PER_SECOND)
            pts = self._origin = self._last_pts + max(1, passed)
        self._anew = False
        return pts

    def _sound(self, sound: ps.Sound, timestamp: int) -> None:
        self.audio = sound.codec
        if self.listener is None or self._last_pts < 0:
            return
        clock = timestamp if sound.pts is None or not self._by_pts else sound.pts & 0xFFFFFFFF
        ahead = (clock - self._last_clock + 0x80000000 & 0xFFFFFFFF) - 0x80000000
        pts = self._last_pts + (ahead if abs(ahead) < _FAR else 0)
        if pts >= 0:
            self.listener(Sound(sound.codec, sound.data, pts, self._clock.monotonic()))
