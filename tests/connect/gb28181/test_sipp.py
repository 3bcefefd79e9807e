"""The registrar against sipp, which shares no code with us: register, wrong password, keepalive, unregister."""

import asyncio
import shutil
from pathlib import Path

import pytest

from .conftest import CODE, file_device, until
from .device import PLATFORM

pytestmark = pytest.mark.skipif(shutil.which("sipp") is None, reason="needs sipp (Debian: sip-tester)")

SECONDS = 60

REGISTER = """
REGISTER sip:{platform}@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch=[branch]
From: <sip:{code}@{domain}>;tag=[pid]r
To: <sip:{code}@{domain}>
Call-ID: [call_id]
CSeq: {number} REGISTER
Contact: <sip:{code}@[local_ip]:[local_port]>{more}
Max-Forwards: 70
Expires: {expires}
X-GB-Ver: 2.0
Content-Length: 0

"""
KEEPALIVE = """
MESSAGE sip:{platform}@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch=[branch]
From: <sip:{code}@{domain}>;tag=[pid]k
To: <sip:{platform}@{domain}>
Call-ID: [call_id]
CSeq: {number} MESSAGE
Max-Forwards: 70
Content-Type: Application/MANSCDP+xml
Content-Length: [len]

<?xml version="1.0" encoding="GB2312"?>
<Notify>
<CmdType>Keepalive</CmdType>
<SN>{number}</SN>
<DeviceID>{code}</DeviceID>
<Status>OK</Status>
</Notify>
"""
DATE = (
    '<ereg regexp="[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}" search_in="hdr" header="Date:" '
    'check_it="true" assign_to="date"/>'
)


def said(template: str, number: int, *, expires: int = 3600, proven: bool = False) -> str:
    more = "\n[authentication]" if proven else ""
    words = template.format(
        platform=PLATFORM, code=CODE, domain=PLATFORM[:10], number=number, expires=expires, more=more
    )
    return f'<send retrans="500"><![CDATA[{words}]]></send>'


def registering(number: int, outcome: int, *, expires: int = 3600) -> list[str]:
    dated = f"<action>{DATE}</action>" if outcome == 200 else ""
    return [
        said(REGISTER, number, expires=expires),
        '<recv response="401" auth="true"/>',
        said(REGISTER, number + 1, expires=expires, proven=True),
        f'<recv response="{outcome}">{dated}</recv>',
    ]


def errors_of(folder: Path) -> str:
    return "".join(file.read_text(errors="replace") for file in folder.glob("*_errors.log"))


async def sipp(folder: Path, port: int, steps: list[str], *, password: str = "secret-1", transport: str = "u1") -> None:
    """Run a scenario once; sipp itself says whether every answer was the expected one."""
    scenario = folder / "scenario.xml"
    reference = '<Reference variables="date"/>' if any("date" in step for step in steps) else ""
    scenario.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="device">{"".join(steps)}{reference}</scenario>\n'
    )
    child = await asyncio.create_subprocess_exec(
        "sipp", f"127.0.0.1:{port}", "-sf", str(scenario), "-m", "1", "-i", "127.0.0.1", "-t", transport, "-au", CODE,
        "-ap", password, "-nostdin", "-timeout", f"{SECONDS}s", "-timeout_error", "-trace_err",
        cwd=folder, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, errors = await asyncio.wait_for(child.communicate(), SECONDS + 30)
    traced = await asyncio.to_thread(errors_of, folder)
    assert child.returncode == 0, f"{errors.decode(errors='replace')[-800:]}\n{traced[-3000:]}"


@pytest.mark.parametrize("transport", ["u1", "t1"])
async def test_register_keepalive_unregister(database, start, tmp_path, transport):
    await file_device(database)
    platform = await start()
    await sipp(tmp_path, platform.port, [*registering(1, 200), said(KEEPALIVE, 3), '<recv response="200"/>'],
               transport=transport)  # fmt: skip
    known = platform.known()
    assert (known.version, known.transport) == ("2.0", "udp" if transport == "u1" else "tcp")
    if transport == "t1":  # sipp hangs up with its last call
        await until(lambda: platform.known().offline_reason == "connection_lost")
    else:
        assert known.online
    await sipp(tmp_path, platform.port, [*registering(5, 200, expires=0), said(KEEPALIVE, 8), '<recv response="403"/>'],
               transport=transport)  # fmt: skip
    assert platform.known().offline_reason == "unregistered"


async def test_a_wrong_password_gets_403_and_nothing_else(database, start, tmp_path):
    await file_device(database)
    platform = await start()
    await sipp(tmp_path, platform.port, registering(1, 403), password="wrong-one")
    assert not platform.known().online
    assert [one.why for one in platform.house.registrar.refused] == ["password_wrong"]


async def test_who_is_not_on_file_gets_403(database, start, tmp_path):
    platform = await start()
    await sipp(tmp_path, platform.port, registering(1, 403))
    assert len(platform.house.devices) == 0
