"""The SIP process for real: it waits for a port that another program holds, and takes it when it is free."""

import asyncio
import json
import os
import re
import socket
import sys
from pathlib import Path

from commonsight.connect.wire.sip import Headers, Request, Response, parse

DEVICE = "45010000001320000001"


def options() -> bytes:
    fields = [
        ("Via", "SIP/2.0/UDP 127.0.0.1:1;rport;branch=z9hG4bK1"),
        ("From", f"<sip:{DEVICE}@4500000000>;tag=1"),
        ("To", "<sip:45000000002000000001@4500000000>"),
        ("Call-ID", "1"),
        ("CSeq", "1 OPTIONS"),
    ]
    return Request("OPTIONS", "sip:45000000002000000001@4500000000", Headers(fields)).encode()


async def test_a_taken_port_is_named_waited_for_and_then_used(database_url: str, tmp_path: Path) -> None:
    taken = await asyncio.to_thread(occupied)
    port = taken.getsockname()[1]
    environment = {
        **os.environ,
        "COMMONSIGHT_DATABASE__URL": database_url,
        "COMMONSIGHT_DATA_DIR": str(tmp_path),
        "COMMONSIGHT_LOG__FORMAT": "json",
        "COMMONSIGHT_SIP__ZONES": json.dumps([{"name": "police", "port": port}]),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "commonsight.processes.sip", "--name", "sip",
        env=environment, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        async with asyncio.timeout(90):
            line = b""
            while b"sip_cannot_listen" not in line:
                line = await process.stderr.readline()
                assert line, "the process ended"
            said = json.loads(line)
            assert said["reason"] == "Address already in use"
            assert (said["operand"], said["actual"]) == ("sip.zones.police", f"udp:127.0.0.1:{port}")
            taken.close()
            while b"sip_listening" not in line:
                line = await process.stderr.readline()
                assert line, "the process ended"
            assert re.search(rf"police.{{1,6}}{port}", line.decode())
        assert isinstance(parse(await asyncio.to_thread(exchange, port)), Response)
    finally:
        taken.close()
        process.terminate()
        await process.communicate()
    assert process.returncode == 0


def occupied() -> socket.socket:
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other.bind(("127.0.0.1", 0))
    return other


def exchange(port: int) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        device.settimeout(20)
        device.sendto(options(), ("127.0.0.1", port))
        return device.recv(65_535)
