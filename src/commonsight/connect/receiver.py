"""Interleaved frames of one stream to access units: no input or output of its own, so that any bytes can be tried."""

import secrets
from collections.abc import Sequence

from commonsight.clock import Clock
from commonsight.connect.model import TICKS_PER_SECOND, AccessUnit, Codec, Counters, StreamInfo
from commonsight.connect.skim import Skim
from commonsight.connect.survey import Survey
from commonsight.connect.unit_queue import UnitQueue
from commonsight.connect.wire import rtcp, rtp
from commonsight.connect.wire.depacketise import Depacketiser, RawUnit
from commonsight.connect.wire.nal import PARAMETER_SETS, nal_type
from commonsight.connect.wire.parameter_sets import picture_size


class Receiver:
    """Takes the frames of a connection, fills a `UnitQueue`, and knows what a receiver report must say.

    Args:
        payload_type: as agreed in the description; needed only to recognise video on a channel nobody agreed.
        parameter_sets: those of the description, () when they come in band.
        survey: nobody wants to watch; see there.
    """

    def __init__(
        self, codec: Codec, clock: Clock, *, payload_type: int, clock_rate: int, parameter_sets: tuple[bytes, ...],
        survey: Survey | None = None,
    ) -> None:  # fmt: skip
        self.queue = UnitQueue()
        self.info: StreamInfo | None = None
        self.last_unit = clock.monotonic()
        self.rtp_channel = 0
        self.rtcp_channel = 1
        self._clock = clock
        self._payload_type = payload_type
        self._depacketiser = Depacketiser(codec, parameter_sets)
        self._skim = None
        if survey is not None:
            self._skim = Skim(self._depacketiser, survey, clock, clocked=clock_rate == TICKS_PER_SECOND)
        self._timeline = rtp.Timeline(clock_rate)
        self._reception = rtp.Reception()
        self._counters = Counters()
        self._sets_version = -1
        self._ssrc = secrets.randbits(32)
        self._cname = secrets.token_hex(8)
        self._last_report = (0, 0.0)  # middle NTP bits of the last sender report, when it came

    @property
    def counters(self) -> Counters:
        found = self._counters
        found.units_broken = self._depacketiser.broken
        found.units_skipped = self.queue.skipped
        found.timestamp_jumps = self._timeline.jumps
        if self._skim is not None:
            found.packets, found.bytes, found.packets_lost = self._skim.packets, self._skim.bytes, self._skim.lost
        return found

    @property
    def patience(self) -> int:
        """Bytes that may gather before frames are handed over again."""
        return 1 if self._skim is None else self._skim.patience

    def pass_over(self, data: bytes, at: int, end: int) -> int:
        """As `rtsp_message.Reader.pass_over` has it."""
        return at if self._skim is None else self._skim.pass_over(data, at, end, self.rtp_channel)

    def frame(self, channel: int, payload: memoryview) -> None:
        """One interleaved frame."""
        if channel == self.rtp_channel:
            if self._skim is not None:
                self._skim.counted(len(payload))
                self.queue.begin()
                self._hand_on(self._skim.frame(payload))
                return
            packet = rtp.parse(payload)
            if packet is None:
                self._counters.stray_frames += 1
            else:
                self._packet(packet)
        elif channel == self.rtcp_channel:
            report = rtcp.sender_report(payload)
            if report is not None:
                self._last_report = (report.ntp >> 16 & 0xFFFFFFFF, self._clock.monotonic())
        else:
            self._stray(channel, payload)

    @property
    def offered(self) -> StreamInfo:
        """What is known of the stream: before its first picture, the coding that was agreed."""
        return self.info or StreamInfo(self._depacketiser.codec, (), 0, 0)

    def receiver_report(self) -> bytes | None:
        """The report to send now, None before the first packet."""
        seen = self._reception
        if not self._counters.packets:
            return None
        middle, at = self._last_report
        delay = int((self._clock.monotonic() - at) * 65_536) if middle else 0
        return rtcp.build_receiver_report(
            ssrc=self._ssrc, source=seen.ssrc, fraction_lost=seen.fraction_lost(), lost=seen.lost,
            highest=seen.highest, jitter=seen.jitter, last_report=middle, delay=delay, cname=self._cname,
        )  # fmt: skip

    def _packet(self, packet: rtp.RtpPacket) -> None:
        counters = self._counters
        counters.packets += 1
        counters.bytes += len(packet.payload)
        step = self._reception.note(packet)
        gap = False
        if step != 1:
            if step > 1:
                counters.packets_lost += step - 1
                gap = True
            elif step == 0 and self._reception.received == 1:
                gap = counters.packets > 1  # the stream restarted under a new SSRC or sequence
            else:
                return  # late or repeated: its unit has been given up already
        self._hand_on(self._depacketiser.push(packet, gap))

    def _hand_on(self, units: Sequence[RawUnit]) -> None:
        counters = self._counters
        for unit in units:
            now = self._clock.monotonic()
            self.last_unit = now
            self._reception.arrived(unit.timestamp, now)
            if self._depacketiser.sets_version != self._sets_version:
                self._describe()
            pts = self._timeline.advance(unit.timestamp, now)
            if self.info is None or pts < 0:
                self.queue.skipped += 1
                continue
            counters.units += 1
            self.queue.put(AccessUnit(unit.data, pts, unit.keyframe, now))

    def _describe(self) -> None:
        sets = self._depacketiser.parameter_sets
        if not sets:
            return
        codec = self._depacketiser.codec
        self._sets_version = self._depacketiser.sets_version
        sps_kind = PARAMETER_SETS[codec][-2]
        sps = next(each for each in sets if nal_type(codec, each[0]) == sps_kind)
        self.info = StreamInfo(codec, sets, *picture_size(codec, sps))

    def _stray(self, channel: int, payload: memoryview) -> None:
        """Some devices agree on one channel and send on another: the first video seen there is taken at its word."""
        self._counters.stray_frames += 1
        if self._counters.packets or channel & 1:
            return
        packet = rtp.parse(payload)
        if packet is not None and packet.payload_type == self._payload_type:
            self.rtp_channel, self.rtcp_channel = channel, channel + 1
            self.frame(channel, payload)
