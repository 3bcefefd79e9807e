"""RTP packets over TCP: two bytes of length before each (RFC 4571)."""

from commonsight.connect.wire.rtsp_message import WireError

MAX_PACKET = 65_535
_INTERLEAVED = 0x24
""""$": some devices frame as RTSP does, with a channel between the mark and the length."""


def frame(packet: bytes) -> bytes:
    """A packet with its length in front. Raises ValueError beyond 65,535 bytes."""
    if len(packet) > MAX_PACKET:
        raise ValueError(f"packet: at most {MAX_PACKET} bytes, is {len(packet)}")
    return len(packet).to_bytes(2, "big") + packet


class Deframer:
    """Takes a connection's bytes as they come; holds at most one packet that is not whole."""

    def __init__(self) -> None:
        self._rest = b""
        self._head = 0  # bytes before a packet: 0 until the first frame has shown, then 2 or 4

    def feed(self, data: bytes) -> list[memoryview]:
        """The packets these bytes completed, as views of the received bytes.

        Raises `WireError` when what follows a length is not RTP version 2 (or RTCP, which shares its mark): the
        stream is out of step and cannot be brought back.
        """
        if self._rest:
            data = self._rest + data
        whole = memoryview(data)
        end, at = len(data), 0
        packets: list[memoryview] = []
        if not self._head:
            if end < 5:
                self._rest = bytes(data)
                return packets
            interleaved = data[0] == _INTERLEAVED and data[2] & 0xC0 != 0x80 and data[4] & 0xC0 == 0x80
            self._head = 4 if interleaved else 2
        head = self._head
        while at + head < end:
            size = data[at + head - 2] << 8 | data[at + head - 1]
            if size and data[at + head] & 0xC0 != 0x80:
                raise WireError(f"no RTP behind a length of {size}")
            stop = at + head + size
            if stop > end:
                break
            if size:
                packets.append(whole[at + head : stop])
            at = stop
        self._rest = bytes(whole[at:])
        return packets
