"""Access units to RTP payloads: RFC 6184 for H.264, RFC 7798 for H.265 (single units, aggregation, fragments)."""

from collections.abc import Sequence

from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.rtp import MAX_PAYLOAD

STAP_A = 24
FU_A = 28
AGGREGATION = 48
FRAGMENT = 49


def packetise(codec: Codec, units: Sequence[bytes], *, limit: int = MAX_PAYLOAD, aggregate: bool = True) -> list[bytes]:
    """RTP payloads of one access unit, in order; the last one takes the marker bit.

    Args:
        units: NAL units without start codes, none empty.
        limit: largest payload, bytes, at least 16.
        aggregate: put neighbouring small units into one packet, as most cameras do with their parameter sets.
    """
    payloads: list[bytes] = []
    group: list[bytes] = []
    head = 1 if codec is Codec.H264 else 2
    size = head

    def flush() -> None:
        nonlocal size
        if len(group) == 1:
            payloads.append(group[0])
        elif group:
            payloads.append(_aggregate(codec, group))
        group.clear()
        size = head

    for unit in units:
        if len(unit) > limit:
            flush()
            payloads += _fragment(codec, unit, limit)
            continue
        if not aggregate or size + 2 + len(unit) > limit:
            flush()
        group.append(unit)
        size += 2 + len(unit)
    flush()
    return payloads


def _aggregate(codec: Codec, group: list[bytes]) -> bytes:
    body = b"".join(len(unit).to_bytes(2, "big") + unit for unit in group)
    if codec is Codec.H264:
        importance = max(unit[0] & 0x60 for unit in group)
        return bytes((importance | STAP_A,)) + body
    # RFC 7798, 4.4.2: layer and temporal id of the packet are the lowest of the units inside.
    layer = min((unit[0] & 1) << 5 | unit[1] >> 3 for unit in group)
    temporal = min(unit[1] & 7 for unit in group)
    return bytes((AGGREGATION << 1 | layer >> 5, (layer & 0x1F) << 3 | temporal)) + body


def _fragment(codec: Codec, unit: bytes, limit: int) -> list[bytes]:
    if codec is Codec.H264:
        indicator, kind, skip = bytes((unit[0] & 0xE0 | FU_A,)), unit[0] & 0x1F, 1
    else:
        indicator, kind, skip = bytes((unit[0] & 0x81 | FRAGMENT << 1, unit[1])), unit[0] >> 1 & 0x3F, 2
    step = limit - len(indicator) - 1
    starts = range(skip, len(unit), step)
    payloads = []
    for at in starts:
        flags = (0x80 if at == starts[0] else 0) | (0x40 if at == starts[-1] else 0)
        payloads.append(indicator + bytes((flags | kind,)) + unit[at : at + step])
    return payloads
