"""Capture files (the classic pcap format, raw IP) of messages we remember, readable by Wireshark and tshark.

Only the payload crossed the wire as it stands here: IP, UDP and TCP headers are made to fit, without checksums, so
that a dissector finds addresses, ports and whole TCP streams.
"""

import ipaddress
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

MAGIC_MICROSECONDS: Final = 0xA1B2C3D4
LINKTYPE_RAW: Final = 101
SNAP: Final = 65_535
_PAYLOAD_MOST: Final = 65_000
"""Largest payload one made IP packet claims; IPv4 counts its whole length in 16 bits."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One message.

    Args:
        at: when, aware.
        transport: how it went.
        source, target: host (an IP address) and port.
        data: its bytes, perhaps only the first ones.
        size: all its bytes.
    """

    at: datetime
    transport: Literal["udp", "tcp"]
    source: tuple[str, int]
    target: tuple[str, int]
    data: bytes
    size: int


def write(packets: Iterable[Packet]) -> bytes:
    """The capture file. A host that is no IP address is written as 0.0.0.0."""
    out = bytearray(struct.pack("<IHHiIII", MAGIC_MICROSECONDS, 2, 4, 0, 0, SNAP, LINKTYPE_RAW))
    sent: dict[tuple[tuple[str, int], tuple[str, int]], int] = {}
    for packet in packets:
        size = min(max(packet.size, len(packet.data)), _PAYLOAD_MOST)
        data = packet.data[:size]
        way, back = (packet.source, packet.target), (packet.target, packet.source)
        if packet.transport == "tcp":
            begin = sent.get(way, 1)
            sent[way] = (begin + size) & 0xFFFFFFFF
            head = struct.pack(
                ">HHIIBBHHH", packet.source[1], packet.target[1], begin, sent.get(back, 1), 5 << 4, 0x18, 0xFFFF, 0, 0
            )
        else:
            head = struct.pack(">HHHH", packet.source[1], packet.target[1], 8 + size, 0)
        ip = _ip(packet.source[0], packet.target[0], 6 if packet.transport == "tcp" else 17, len(head) + size)
        seconds, micros = int(packet.at.timestamp()), packet.at.microsecond
        written, whole = len(ip) + len(head) + len(data), len(ip) + len(head) + size
        out += struct.pack("<IIII", seconds, micros, written, whole)
        out += ip + head + data
    return bytes(out)


def _ip(source: str, target: str, protocol: int, length: int) -> bytes:
    one, two = _address(source), _address(target)
    if one.version == two.version == 4:
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + length, 0, 0, 64, protocol, 0)
        checksum = _checksum(head + one.packed + two.packed)
        return head[:10] + checksum.to_bytes(2, "big") + one.packed + two.packed
    return struct.pack(">IHBB", 6 << 28, length, protocol, 64) + _six(one) + _six(two)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return ipaddress.IPv4Address(0)


def _six(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bytes:
    if isinstance(address, ipaddress.IPv6Address):
        return address.packed
    return b"\x00" * 10 + b"\xff\xff" + address.packed


def _checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF
