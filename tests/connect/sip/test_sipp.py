"""The endpoint against sipp's own scenarios, which share no code with us: as callee and as caller, over UDP and TCP.

With `-lost` sipp as caller throws away a part of the datagrams both ways, so that repeats carry the calls. As callee it
cannot: it takes the copy of an INVITE whose first it threw away for a fault. `test_outgoing` loses those instead.
"""

import asyncio
import shutil
from pathlib import Path

import pytest

from commonsight.connect.sip.dialog import Dialog
from commonsight.connect.sip.peer import Peer
from tests.ports import free_port

from .world import Recorder, invite, until

pytestmark = pytest.mark.skipif(shutil.which("sipp") is None, reason="needs sipp (Debian: sip-tester)")

CALLS = 20
MODES = {"udp": "u1", "tcp": "t1"}


async def sipp(directory: Path, *more: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        "sipp", *more, "-i", "127.0.0.1", "-m", str(CALLS), "-nostdin", "-timeout", "90", "-timeout_error",
        "-trace_err", "-error_file", "errors.log",
        cwd=directory, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def ended(process: asyncio.subprocess.Process, directory: Path) -> None:
    async with asyncio.timeout(120):
        code = await process.wait()
    errors = directory / "errors.log"
    assert code == 0, errors.read_text("utf-8", "replace")[:2000] if errors.exists() else code


@pytest.mark.parametrize(("transport", "lost"), [("udp", 0), ("tcp", 0), ("udp", 15)])
async def test_sipp_calls_us(start, tmp_path, transport, lost):
    async def answering(request, transaction):
        if request.method == "INVITE":
            await transaction.respond(180)
        await transaction.respond(200)

    handler = Recorder(answering)
    sip = await start(handler)
    port = free_port()
    more = ["-lost", str(lost)] if lost else []
    process = await sipp(
        tmp_path, "-sn", "uac", f"127.0.0.1:{sip.ports['local']}", "-s", "45000000002000000001",
        "-p", str(port), "-t", MODES[transport], "-r", "20", "-d", "50", *more,
    )  # fmt: skip
    await ended(process, tmp_path)
    invites = [t for t in handler.transactions if t.request.method == "INVITE"]
    byes = [r for r in handler.requests if r.method == "BYE"]
    assert len(invites) == CALLS  # repeats are not calls
    assert len(byes) <= CALLS
    if not lost:  # with losses sipp takes a copy of our 200 for the one to its BYE, and goes on without
        assert len(byes) == CALLS
        await until(lambda: all(t.acknowledged.is_set() for t in invites))


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_we_call_sipp(start, tmp_path, transport):
    port = free_port()
    process = await sipp(tmp_path, "-sn", "uas", "-p", str(port), "-t", MODES[transport])
    await asyncio.sleep(1)  # sipp says nothing when it listens
    sip = await start()
    peer = Peer("local", transport, "127.0.0.1", port)

    async def call() -> tuple[int, int]:
        request = invite(sip, peer)
        response = await sip.request(request, peer, timeout=30)
        dialog = Dialog.from_invite_response(request, response, peer)
        await sip.send(dialog.ack(), peer)
        await asyncio.sleep(0.2)
        ended = await sip.request(dialog.request("BYE"), peer, timeout=30)
        return response.status, ended.status

    async with asyncio.timeout(100):
        results = await asyncio.gather(*(call() for _ in range(CALLS)))
    assert results == [(200, 200)] * CALLS
    await ended(process, tmp_path)
