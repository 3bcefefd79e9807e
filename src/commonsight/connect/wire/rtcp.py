"""RTCP (RFC 3550, section 6): sender reports in, receiver reports out, and the other way round for virtual cameras."""

import struct
from typing import NamedTuple

_SENDER_REPORT = 200
_RECEIVER_REPORT = 201
_SOURCE_DESCRIPTION = 202
_CNAME = 1
_EPOCH_1900 = 2_208_988_800


class SenderReport(NamedTuple):
    """`ntp`: 32.32 fixed point seconds since 1900; `timestamp`: the same moment on the RTP clock."""

    ssrc: int
    ntp: int
    timestamp: int


def sender_report(data: memoryview | bytes) -> SenderReport | None:
    """The first sender report of a compound packet, None when there is none or the bytes are not RTCP."""
    at = 0
    while at + 8 <= len(data):
        if data[at] & 0xC0 != 0x80:
            return None
        if data[at + 1] == _SENDER_REPORT and at + 20 <= len(data):
            return SenderReport(*struct.unpack_from(">IQI", data, at + 4))
        at += 4 + (data[at + 2] << 8 | data[at + 3]) * 4
    return None


def build_sender_report(*, ssrc: int, unix_time: float, timestamp: int, packets: int, octets: int, cname: str) -> bytes:
    """A sender report without report blocks, then the source description."""
    ntp = int((unix_time + _EPOCH_1900) * (1 << 32)) & 0xFFFFFFFFFFFFFFFF
    counts = (timestamp & 0xFFFFFFFF, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)
    return struct.pack(">BBHIQIII", 0x80, _SENDER_REPORT, 6, ssrc, ntp, *counts) + _description(ssrc, cname)


def build_receiver_report(
    *, ssrc: int, source: int, fraction_lost: int, lost: int, highest: int, jitter: int,
    last_report: int, delay: int, cname: str,
) -> bytes:  # fmt: skip
    """A receiver report with one block, then the source description.

    `last_report`: middle 32 bits of the last sender report's NTP time, 0 if none; `delay`: since then, in 1/65,536 s.
    """
    lost24 = max(-0x800000, min(0x7FFFFF, lost)) & 0xFFFFFF
    block = (source, fraction_lost << 24 | lost24, highest, jitter, last_report, min(delay, 0xFFFFFFFF))
    return struct.pack(">BBHI6I", 0x81, _RECEIVER_REPORT, 7, ssrc, *block) + _description(ssrc, cname)


def build_empty_report(ssrc: int) -> bytes:
    """A receiver report without blocks: what a receiver that has heard nothing yet may send."""
    return struct.pack(">BBHI", 0x80, _RECEIVER_REPORT, 1, ssrc)


def _description(ssrc: int, cname: str) -> bytes:
    name = cname.encode()[:255]
    items = struct.pack(">IBB", ssrc, _CNAME, len(name)) + name + b"\0"
    items += b"\0" * (-len(items) % 4)
    return struct.pack(">BBH", 0x81, _SOURCE_DESCRIPTION, len(items) // 4) + items
