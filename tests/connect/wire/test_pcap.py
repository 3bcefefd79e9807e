"""Captures are read by tshark, whose SIP dissector must find every message again, whole streams included."""

import shutil
import struct
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.wire.pcap import LINKTYPE_RAW, MAGIC_MICROSECONDS, Packet, write
from commonsight.connect.wire.sip import Headers, Request, Response

AT = datetime(2026, 11, 22, 20, 0, 0, 250_000, tzinfo=UTC)
FIELDS = [("Via", "SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK1"), ("From", "<sip:a@b>;tag=1"), ("To", "<sip:c@d>")]


def message(method: str, number: int, body: bytes = b"") -> bytes:
    headers = Headers([*FIELDS, ("Call-ID", "c1"), ("CSeq", f"{number} {method}"), ("Max-Forwards", "70")])
    return Request(method, "sip:c@d", headers, body).encode()


def answer(number: int, method: str) -> bytes:
    return Response(200, "OK", Headers([*FIELDS, ("Call-ID", "c1"), ("CSeq", f"{number} {method}")])).encode()


def packet(data: bytes, second: int, *, transport: str = "udp", back: bool = False, host: str = "10.0.0.9") -> Packet:
    there, here = (host, 5060), ("10.0.0.1" if ":" not in host else "::1", 5060)
    source, target = (here, there) if back else (there, here)
    return Packet(AT + timedelta(seconds=second), transport, source, target, data, len(data))


def dissect(data: bytes, path: Path, *fields: str) -> list[list[str]]:
    path.write_bytes(data)
    wanted = [part for field in fields for part in ("-e", field)]
    ran = subprocess.run(
        ["tshark", "-r", str(path), "-Y", "sip", "-T", "fields", "-E", "separator=|", *wanted],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return [line.split("|") for line in ran.stdout.splitlines()]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed (Debian package tshark)")
def test_tshark_finds_every_message(tmp_path):
    packets = [
        packet(message("REGISTER", 1), 0),
        packet(answer(1, "REGISTER"), 1, back=True),
        packet(message("MESSAGE", 2, b"x" * 3000), 2, transport="tcp"),
        packet(answer(2, "MESSAGE"), 3, transport="tcp", back=True),
        packet(message("MESSAGE", 3, b"y" * 100), 4, transport="tcp"),
        packet(message("NOTIFY", 4), 5, host="2001:db8::9"),
    ]
    found = dissect(write(packets), tmp_path / "c.pcap", "sip.CSeq", "frame.time_epoch", "ip.src", "sip.Content-Length")
    assert [row[0] for row in found] == [
        "1 REGISTER", "1 REGISTER", "2 MESSAGE", "2 MESSAGE", "3 MESSAGE", "4 NOTIFY",
    ]  # fmt: skip
    assert [row[2] for row in found][:2] == ["10.0.0.9", "10.0.0.1"]
    assert float(found[0][1]) == pytest.approx(AT.timestamp())
    assert found[2][3] == "3000"


@given(
    st.lists(
        st.tuples(st.sampled_from(["udp", "tcp"]), st.binary(max_size=300), st.integers(0, 100_000), st.booleans()),
        max_size=8,
    )
)
def test_the_file_is_framed_whatever_is_in_it(messages):
    packets = [
        Packet(AT, transport, ("10.0.0.9", 5060), ("nobody" if odd else "10.0.0.1", 1), data, size)
        for transport, data, size, odd in messages
    ]
    written = write(packets)
    magic, *_, link = struct.unpack("<IHHiIII", written[:24])
    assert (magic, link) == (MAGIC_MICROSECONDS, LINKTYPE_RAW)
    at = 24
    for one in packets:
        _, _, kept, whole = struct.unpack("<IIII", written[at : at + 16])
        head = 40 if one.transport == "tcp" else 28
        assert kept == head + min(len(one.data), 65_000)
        assert kept <= whole <= 65_040
        assert written[at + 16 + head : at + 16 + kept] == one.data
        total = struct.unpack(">H", written[at + 18 : at + 20])[0]
        assert total == whole
        at += 16 + kept
    assert at == len(written)
