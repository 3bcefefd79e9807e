"""sipp as the platform above: it registers us, asks, watches; tshark reads the wire, ffmpeg the pictures."""

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from commonsight.connect.wire import rtp
from commonsight.simulate.gb28181.fleet import Fleet, FleetPlan
from tests.ports import free_port

from ..conftest import until
from ..world import PASSWORD, film
from .world import LOWER, SECRET, UPPER, Platform, file_cameras, file_share, file_upper, node, platform

pytestmark = pytest.mark.skipif(
    any(shutil.which(program) is None for program in ("sipp", "tshark", "ffprobe")),
    reason="needs sipp, tshark and ffprobe (Debian: sip-tester, tshark, ffmpeg)",
)
SCENARIOS = Path(__file__).parents[4] / "bench" / "conformance_gb28181" / "scenarios"
SECONDS = 60


def command(scenario: str, to: int, port: int, directory: Path, **keys: str) -> list[str]:
    named = {"device": LOWER, "above": UPPER, "above_domain": UPPER[:10], "secret": SECRET} | keys
    return [
        "sipp", f"127.0.0.1:{to}", "-sf", str(SCENARIOS / f"{scenario}.xml"), "-i", "127.0.0.1", "-p", str(port),
        "-t", "u1", "-nostdin", "-timeout", f"{SECONDS}s", "-timeout_error", "-trace_err", "-error_file",
        str(directory / f"{scenario}.log"), *(part for name, value in named.items() for part in ("-key", name, value)),
    ]  # fmt: skip


async def ran(scenario: str, to: int, directory: Path, **keys: str) -> None:
    """Run a scenario once; sipp itself says whether every answer was the expected one."""
    child = await asyncio.create_subprocess_exec(
        *command(scenario, to, free_port(), directory, **keys), "-m", "1", cwd=directory,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, errors = await asyncio.wait_for(child.communicate(), SECONDS + 30)
    log = directory / f"{scenario}.log"
    words = await asyncio.to_thread(log.read_text, errors="replace") if log.exists() else ""
    assert child.returncode == 0, f"{errors.decode(errors='replace')[-800:]}\n{words[-2000:]}"


@asynccontextmanager
async def staying(command: list[str], ready: bytes | None = None) -> AsyncIterator[None]:
    """A program that runs beside; ended with the block."""
    child = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        if ready is not None:
            assert child.stderr is not None
            async with asyncio.timeout(30):
                async for line in child.stderr:
                    if ready in line:
                        break
                else:
                    pytest.skip("capturing on the loopback interface is not permitted here")
            await asyncio.sleep(1)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        await asyncio.wait_for(child.wait(), 30)


async def dissected(capture: Path, port: int, media: int, shown: str, *names: str) -> list[list[str]]:
    """What tshark reads in the capture."""
    wanted = [part for name in names for part in ("-e", name)]
    child = await asyncio.create_subprocess_exec(
        "tshark", "-r", str(capture), "-d", f"udp.port=={port},sip", "-d", f"udp.port=={media},rtp", "-Y", shown,
        "-T", "fields", "-E", "separator=\x1f", *wanted,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, words = await asyncio.wait_for(child.communicate(), SECONDS)
    assert child.returncode == 0, words.decode(errors="replace")[-400:]
    return [line.split("\x1f") for line in out.decode("utf-8", "replace").split("\n") if line]


class Receiver(asyncio.DatagramProtocol):
    """Takes RTP and keeps the program stream."""

    def __init__(self) -> None:
        self.stream = b""
        self.numbers: set[int] = set()

    def datagram_received(self, data: bytes, addr: object) -> None:
        packet = rtp.parse(data)
        assert packet is not None
        self.numbers.add(packet.ssrc)
        self.stream += bytes(packet.payload)


async def counted(path: Path) -> tuple[str, int]:
    """Codec and pictures, as ffprobe reads them."""
    child = await asyncio.create_subprocess_exec(
        "ffprobe", "-v", "error", "-f", "mpeg", "-count_frames", "-select_streams", "v:0", "-show_entries",
        "stream=codec_name,nb_read_frames", "-of", "csv=p=0", str(path),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(child.communicate(), SECONDS)
    codec, _, pictures = out.decode().strip().partition(",")
    return codec, int(pictures)


async def code_of(low: Platform) -> str:
    async def look() -> str | None:
        async with low.database.read() as session:
            found = await session.execute(
                text("SELECT min(code) FROM cascade_ids WHERE kind = 'camera' AND rights <> 0")
            )
            return found.scalar_one_or_none()

    return str(await until(look))


async def state_of(low: Platform) -> tuple[str, str | None]:
    async with low.database.read() as session:
        row = (await session.execute(text("SELECT state, problem FROM cascade_uppers"))).one()
        return row.state, row.problem


async def test_sipp_registers_asks_and_watches(database, key, tmp_path, monkeypatch):
    low = await platform(database, tmp_path / "below", LOWER, monkeypatch)
    plan = FleetPlan(seed=45, platforms=1, cameras=8, transport="udp", password=PASSWORD, spread=0)
    fleet = Fleet(plan, server=LOWER, to=("127.0.0.1", low.port), films=[film()])
    media = await node(low)
    above, take, capture = free_port(), free_port(), tmp_path / "wire.pcapng"
    os.chmod(tmp_path, 0o755)  # noqa: PTH101  the capturing program may run as somebody else
    what = f"port {low.port} or port {take}"
    try:
        async with (
            fleet,
            staying(["tshark", "-i", "lo", "-q", "-f", what, "-w", str(capture)], b"Capturing on"),
            staying(command("above", low.port, above, tmp_path)),
        ):
            assert await fleet.all_registered(30)
            await file_cameras(database, fleet, 2)
            await file_share(database, await file_upper(database, above))
            channel = await code_of(low)
            await until(lambda: _is(low, "registered"))
            await ran("above_ask", low.port, tmp_path, channel=channel)
            await ran("above_refused", low.port, tmp_path, channel="45010200001320999999")
            receiver = Receiver()
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: receiver, local_addr=("127.0.0.1", take), family=socket.AF_INET
            )
            await ran(
                "above_watch", low.port, tmp_path, channel=channel, ssrc="0100004321", session="Play", span="0 0",
                media_to=str(take),
            )  # fmt: skip
            await until(lambda: not media.bridges.open and fleet.streams == 0)
            transport.close()
            await asyncio.sleep(1)
        recorded = tmp_path / "taken.ps"
        await asyncio.to_thread(recorded.write_bytes, receiver.stream)
        codec, pictures = await counted(recorded)
        assert codec == "h264"
        assert pictures >= 25
        assert receiver.numbers == {100_004_321}
    finally:
        await media.end()
        await low.end()
    ours = f"sip && udp.srcport == {low.port}"

    async def read(shown: str, *names: str) -> list[list[str]]:
        return await dissected(capture, low.port, take, shown, *names)

    assert not await read(f"({ours}) && (_ws.malformed || _ws.expert.severity >= 0x800000)", "_ws.expert.message")
    assert await read(f'({ours}) && sip.Method == "REGISTER" && sip.auth.digest.response', "frame.number")
    for said in ("<SumNum>5</SumNum>", f"<DeviceID>{channel}</DeviceID>", "<Online>ONLINE</Online>", "<SN>7002</SN>"):
        assert await read(f'({ours}) && sip.Method == "MESSAGE" && frame contains "{said}"', "frame.number"), said
    lower = fleet.parties[0].catalogue.code(0)
    towards = f"udp.srcport == {low.port} && udp.dstport == {above}"
    assert not await read(f'({towards}) && frame contains "{lower}"', "frame.number")
    sdp = await read(f"({ours}) && sip.Status-Code == 200 && sdp", "sdp.media", "sdp.media_attr")
    assert sdp[0][0].startswith("video ")
    packets = await read("rtp", "rtp.ssrc", "rtp.p_type")
    assert {(int(row[0], 16), row[1]) for row in packets} == {(100_004_321, "96")}


async def _is(low: Platform, state: str) -> bool:
    return (await state_of(low))[0] == state


async def test_sipp_checks_the_proof_itself(database, key, tmp_path, monkeypatch):
    low = await platform(database, tmp_path / "below", LOWER, monkeypatch)
    above = free_port()
    try:
        async with staying(command("above", low.port, above, tmp_path, secret="another")):
            await file_upper(database, above)
            await until(lambda: _is(low, "refused"))
            assert (await state_of(low))[1] == "password_wrong"
    finally:
        await low.end()
