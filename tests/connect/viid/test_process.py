"""The view library inside the process that devices speak to, started for real."""

import asyncio
import json
import os
import sys
from pathlib import Path

import aiohttp

from commonsight.records.database import Database

from .conftest import CAMERA, PASSWORD, Device


async def test_a_device_registers_at_the_running_process_and_it_stops_in_order(
    database: Database, filed_url: str, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "COMMONSIGHT_DATABASE__URL": filed_url,
        "COMMONSIGHT_DATA_DIR": str(tmp_path),
        "COMMONSIGHT_LOG__FORMAT": "json",
        "COMMONSIGHT_VIID__ENABLED": "true",
        "COMMONSIGHT_VIID__PORT": "0",
        "COMMONSIGHT_SIP__ENABLED": "false",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "commonsight.processes.sip", "--name", "sip",
        env=environment, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        async with asyncio.timeout(120):
            line = b""
            while b"viid_listening" not in line:
                line = await process.stderr.readline()
                assert line, "the process ended"
            port = json.loads(line)["port"]
            async with aiohttp.ClientSession() as session:
                device = Device(session, f"http://127.0.0.1:{port}", CAMERA)
                await device.register(PASSWORD)
                assert device.status == 200
            process.terminate()
            _, rest = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
    assert process.returncode == 0
    assert b"process_failed" not in rest
