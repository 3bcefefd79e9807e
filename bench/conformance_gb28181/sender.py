"""The media half of the foreign device: a PS file sent as RTP by UDP, or framed over TCP (RFC 4571).

    python -m bench.conformance_gb28181.sender --file film.ps --how udp --port 30000 --ssrc 0100000001

Shares no code with the platform: packets are made here with `struct`.
"""

import argparse
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

PAYLOAD = 1_300
PACE_SECONDS = 0.0015
TICKS = 3_600
"""Between two pictures, at 25 a second."""
PACK, END, VIDEO = 0xBA, 0xB9, 0xE0


def pictures(data: bytes) -> Iterator[bytes]:
    """The bytes of each picture: from the headers in front of its first PES packet up to those of the next one."""
    at = begin = head = 0
    while at + 6 <= len(data) and data[at : at + 3] == b"\x00\x00\x01":
        code = data[at + 3]
        if code == END:
            break
        length = 14 + (data[at + 13] & 7) if code == PACK else 6 + (data[at + 4] << 8 | data[at + 5])
        if code & 0xF0 == VIDEO:
            if data[at + 7] & 0x80 and head > begin:
                yield data[begin:head]
                begin = head
            head = at + length
        at += length
    yield data[begin:at]


def packets(data: bytes, ssrc: int) -> Iterator[bytes]:
    """RTP packets: one timestamp a picture, the marker on its last packet."""
    sequence = 0
    for number, picture in enumerate(pictures(data)):
        for cut in range(0, len(picture), PAYLOAD):
            marker = 0x80 if cut + PAYLOAD >= len(picture) else 0
            head = struct.pack(">BBHII", 0x80, marker | 96, sequence & 0xFFFF, number * TICKS & 0xFFFFFFFF, ssrc)
            yield head + picture[cut : cut + PAYLOAD]
            sequence += 1


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--how", choices=("udp", "connect", "listen"), required=True)
    parser.add_argument("--own", type=int, default=0, help="port we listen on")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ssrc", type=int, required=True)
    given = parser.parse_args()
    sending = packets(given.file.read_bytes(), given.ssrc)
    try:
        if given.how == "udp":
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
                for packet in sending:
                    line.sendto(packet, ("127.0.0.1", given.port))
                    time.sleep(PACE_SECONDS)
            return
        with _stream(given.how, given.own, given.port) as line:
            for packet in sending:
                line.sendall(struct.pack(">H", len(packet)) + packet)
                time.sleep(PACE_SECONDS)
    except OSError:
        return  # the other side has seen enough


def _stream(how: str, own: int, port: int) -> socket.socket:
    if how == "connect":
        return socket.create_connection(("127.0.0.1", port), timeout=10)
    with socket.create_server(("127.0.0.1", own)) as server:
        server.settimeout(15)
        return server.accept()[0]


if __name__ == "__main__":
    main()
