"""JPEG into RTP payloads: what comes back is the picture, what has no form is refused, any bytes may come."""

import shutil
import subprocess

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.wire.jpeg_rtp import packetise_jpeg


def jpegs(count: int, size: str, huffman: str) -> list[bytes]:
    """Different real pictures; `huffman`: `default` tables or `optimal` ones."""
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size={size}:rate=5", "-frames:v", str(count)]
    command += ["-c:v", "mjpeg", "-huffman", huffman, "-pix_fmt", "yuvj420p", "-q:v", "5", "-f", "image2pipe", "-"]
    stream = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    return [b"\xff\xd8" + part for part in stream.split(b"\xff\xd8")[1:]]


def encoded(width: int = 320, height: int = 240, **options: int) -> bytes:
    noise = np.random.default_rng(45).integers(0, 255, (height, width, 3), np.uint8)
    flags = [value for name, given in options.items() for value in (getattr(cv2, name), given)]
    return cv2.imencode(".jpg", cv2.GaussianBlur(noise, (5, 5), 0), flags)[1].tobytes()


def test_payloads_are_the_scan_in_order_under_the_head_of_rfc_2435() -> None:
    data = encoded()
    payloads = packetise_jpeg(data, limit=1_000)
    assert len(payloads) > 3
    assert all(len(each) <= 1_000 for each in payloads)
    first = payloads[0]
    assert first[:8] == bytes((0, 0, 0, 0, 1, 255, 320 // 8, 240 // 8))
    assert first[8:12] == b"\0\0\0\x80"  # two tables of 64 bytes
    at, scan = 0, b""
    for number, each in enumerate(payloads):
        assert int.from_bytes(each[1:4], "big") == at
        body = each[12 + 128 :] if number == 0 else each[8:]
        scan += body
        at += len(body)
    assert data.endswith(scan + b"\xff\xd9")


def test_restart_intervals_travel_with_every_packet() -> None:
    payloads = packetise_jpeg(encoded(IMWRITE_JPEG_RST_INTERVAL=10))
    assert {each[4] for each in payloads} == {65}
    assert {each[8:12] for each in payloads} == {b"\0\x0a\xff\xff"}


def test_colour_at_half_width_only_is_type_0() -> None:
    factor = getattr(cv2, "IMWRITE_JPEG_SAMPLING_FACTOR_422", 0x211111)
    assert packetise_jpeg(encoded(IMWRITE_JPEG_SAMPLING_FACTOR=factor))[0][4] == 0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff\xd9",
        encoded(IMWRITE_JPEG_PROGRESSIVE=1),
        encoded(IMWRITE_JPEG_OPTIMIZE=1),
        encoded(2_048, 16),
        encoded()[:400],
    ],
    ids=["nothing", "begin", "empty", "progressive", "own tables", "too wide", "cut"],
)
def test_what_has_no_form_in_rtp_is_refused(data: bytes) -> None:
    assert packetise_jpeg(data) == []


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs the Debian package ffmpeg")
def test_own_huffman_tables_cannot_travel() -> None:
    assert packetise_jpeg(jpegs(1, "320x180", "optimal")[0]) == []
    assert packetise_jpeg(jpegs(1, "320x180", "default")[0])


@given(st.binary(max_size=600), st.integers(0, 600))
def test_any_bytes_may_come(noise: bytes, at: int) -> None:
    data = encoded(64, 64)
    packetise_jpeg(noise)
    packetise_jpeg(data[:at] + noise + data[at:])
