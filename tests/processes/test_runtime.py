"""A process of ours, started alone."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.request import urlopen

from commonsight.records import nodes
from commonsight.records.database import Database


@asynccontextmanager
async def alone(kind: str, name: str, tmp_path: Path, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"commonsight.processes.{kind}",
        "--name",
        name,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "COMMONSIGHT_DATA_DIR": str(tmp_path), **environment},
        cwd=tmp_path,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def seen(database: Database, name: str) -> nodes.Node:
    async with asyncio.timeout(60):
        while True:
            async with database.read() as session:
                for node in await nodes.alive(session):
                    if node.name == name and "metrics" in node.detail:
                        return node
            await asyncio.sleep(0.1)


async def test_a_worker_beats_offers_metrics_and_leaves_when_asked(database: Database, tmp_path: Path) -> None:
    async with alone("work", "work-7", tmp_path, COMMONSIGHT_DATABASE__URL=database.dsn) as process:
        node = await seen(database, "work-7")
        assert (node.kind, node.pid) == ("work", process.pid)
        figures = await asyncio.to_thread(lambda: urlopen(node.detail["metrics"], timeout=10).read().decode())
        assert "commonsight_jobs_rescued_total" in figures
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 20) == 0
        assert process.stdout is not None
        lines = [json.loads(line) for line in (await process.stdout.read()).splitlines()]
        events = [line["event"] for line in lines]
        assert events.index("process_started") < events.index("process_stopped")
        assert all({"at", "level", "process"} <= line.keys() for line in lines)
    async with database.read() as session:
        assert [node.name for node, _ in await nodes.known(session)] == []


async def test_without_a_database_it_refuses_and_says_which_setting(tmp_path: Path) -> None:
    async with alone("work", "work-7", tmp_path) as process:
        out, _ = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 3
        said = json.loads(out.splitlines()[-1])
        assert (said["event"], said["code"], said["operand"]) == (
            "refused",
            "processes.database_url_missing",
            "database.url",
        )


async def test_a_secret_is_never_logged(database_url: str, tmp_path: Path) -> None:
    wrong = database_url.replace("commonsight:", "commonsight:Secret-", 1)
    async with alone("work", "work-7", tmp_path, COMMONSIGHT_DATABASE__URL=wrong) as process:
        out, _ = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 1
        assert b"password authentication failed" in out
        assert b"Secret-" not in out
