"""How a storm of registrations is borne: thousands of devices register within a minute, keep alive, and come back.

    python -m bench.register [--devices N] [--within S] [--hold S] [--quick]

The devices are the fleet simulator's, each with a socket, a code and a password of its own, half of them over UDP and
half over TCP. First they come within the given time, then they keep alive for a while, then the power goes and all of
them come back at once. The same load goes to the platform's real signalling process (PostgreSQL behind it) and to
kamailio as a registrar with digest authentication, passwords in a hash table and locations in memory.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import text

from bench import register_peer
from bench.database import empty_database
from commonsight.catalog import secrets
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from commonsight.settings import Settings
from commonsight.simulate.gb28181.fleet import Fleet, FleetPlan, identities
from commonsight.simulate.gb28181.identity import Identity
from commonsight.simulate.gb28181.stage import Pace

SERVER = Settings(data_dir=Path("/nonexistent")).sip.id
KEEPALIVE = 20.0
"""Between two keepalives of a device, s: three times as often as in the field, so that a short hold sees several."""
GIVE_UP = 120.0


def percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]


def say(*words: object) -> None:
    print(*words, file=sys.stderr, flush=True)


def plan(devices: int, within: float) -> FleetPlan:
    pace = Pace(keepalive=KEEPALIVE, retry=2.0, retry_most=10.0)
    return FleetPlan(platforms=0, devices=devices, spread=within, pace=pace)


async def load(made: FleetPlan, port: int, hold: float, process: psutil.Process, online: Any) -> dict[str, Any]:
    """Let the fleet come, stay and come back; what it met.

    `online`: awaited for how many devices the registrar itself holds online, None when it cannot be asked.
    """
    clock = asyncio.get_running_loop()
    cpu, own = sum(_cpu(process)), time.process_time()
    began = clock.time()
    fleet = Fleet(made, server=SERVER, to=("127.0.0.1", port))
    async with fleet:
        await fleet.all_registered(made.spread + GIVE_UP)
        arrived, came = clock.time() - began, fleet.registered
        first = list(fleet.tally.register_seconds)
        failed = fleet.tally.failures, fleet.tally.refusals
        say(f"  {came} registered after {arrived:.1f} s, p99 {percentile(first, 99) * 1e3:.1f} ms; holding {hold:g} s")
        await asyncio.sleep(hold)
        flaps, missed = fleet.tally.flaps, fleet.tally.keepalives_missed
        kept, keepalives = fleet.registered, fleet.tally.keepalives
        held = await online()
        before, storm = fleet.tally.registrations, clock.time()
        fleet.storm()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GIVE_UP):
                while fleet.tally.registrations < before + came:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        back, returned = clock.time() - storm, fleet.registered
        again = list(fleet.tally.register_seconds)[before:]
        say(f"  storm: {returned} back after {back:.1f} s; {flaps} flaps")
        used = sum(_cpu(process)) - cpu
        memory = sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))
        stormed = fleet.tally.failures - failed[0], fleet.tally.refusals - failed[1]
    return {
        "registered": came,
        "seconds_until_all": round(arrived, 2),
        "register_ms": {name: round(percentile(first, q) * 1e3, 2) for name, q in _QUANTILES.items()},
        "unanswered_or_refused": list(failed),
        "keepalives": keepalives,
        "keepalives_missed": missed,
        "flaps": flaps,
        "still_registered": kept,
        "online_at_the_registrar": held,
        "storm": {
            "seconds_until_all": round(back, 2),
            "registered": returned,
            "register_s": {name: round(percentile(again, q), 3) for name, q in _QUANTILES.items()} if again else None,
            "unanswered_or_refused": list(stormed),
        },
        "cpu_s": round(used, 1),
        "cpu_s_of_the_load": round(time.process_time() - own, 1),
        "memory_mb": round(memory / 1e6, 1),
    }


_QUANTILES = {"p50": 50, "p95": 95, "p99": 99}


def _cpu(process: psutil.Process) -> tuple[float, float]:
    """User and system seconds of a process and its children."""
    user = system = 0.0
    for each in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            user, system = user + times.user, system + times.system
    return user, system


# --- ours ------------------------------------------------------------------------------------------------------------


async def ours(made: FleetPlan, hold: float) -> dict[str, Any]:
    """The load on the platform's signalling process."""
    async with empty_database() as (directory, url):
        return await _ours(directory, url, made, hold)


async def _ours(directory: Path, url: str, made: FleetPlan, hold: float) -> dict[str, Any]:
    port = free_port()
    config = directory / "commonsight.toml"
    config.write_text(
        f'data_dir = "{directory / "home"}"\n[[sip.zones]]\nname = "local"\nport = {port}\n[log]\nlevel = "warning"\n'
    )
    database = Database(url)
    await enrol(database, directory / "home", list(identities(made)))
    command = (sys.executable, "-m", "commonsight.processes.sip", "--name", "sip", "--config", str(config))
    log = directory / "sip.log"
    try:
        async with child(*command, log=log, COMMONSIGHT_DATABASE__URL=url) as process:
            await answers(port, process)

            async def online() -> int:
                async with database.read() as session:
                    found = await session.execute(text("SELECT count(*) FROM gb_devices WHERE online"))
                    return int(found.scalar_one())

            return await load(made, port, hold, psutil.Process(process.pid), online)
    finally:
        await database.close()
        if log.exists() and (words := log.read_text("utf-8", "replace").strip()):
            say("  the signalling process said:", *words.splitlines()[-5:])


async def enrol(database: Database, home: Path, who: list[Identity]) -> None:
    """File the devices with their passwords, as people would before they plug them in."""
    box = secrets.secret_box(home)
    rows = [
        {"id": uuid7(), "code": one.code, "name": one.name, "region": one.region, "secret": box.seal(one.password)}
        for one in who
    ]
    insert = (
        "INSERT INTO gb_devices (id, code, name, kind, region, secret)"
        " VALUES (:id, :code, :name, 'device', :region, :secret)"
    )
    async with database.write() as session:
        await session.execute(text(insert), rows)


# --- processes -------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def child(*command: str, log: Path, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that ends with the block; what it says goes to `log`."""
    with log.open("wb") as words:
        made = await asyncio.create_subprocess_exec(
            *command, stdout=words, stderr=words, env={**os.environ, **environment}
        )
        try:
            yield made
        finally:
            with contextlib.suppress(ProcessLookupError):
                made.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(made.wait(), 20)
            except TimeoutError:
                made.kill()
                await made.wait()


async def answers(port: int, process: asyncio.subprocess.Process) -> None:
    """Wait until something listens on the TCP port. Raises RuntimeError when the process ends first."""
    async with asyncio.timeout(GIVE_UP):
        while True:
            if process.returncode is not None:
                raise RuntimeError(f"ended with {process.returncode}")
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.1)


def free_port() -> int:
    """A port free for TCP and UDP."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            port = int(tcp.getsockname()[1])
            with contextlib.suppress(OSError):
                udp.bind(("127.0.0.1", port))
                return port


# --- the peer --------------------------------------------------------------------------------------------------------


async def peer(made: FleetPlan, hold: float) -> dict[str, Any]:
    """The same load on kamailio. Raises RuntimeError naming why it cannot be had."""
    program = register_peer.program()
    with tempfile.TemporaryDirectory(prefix="commonsight-bench-") as scratch:
        directory, port = Path(scratch), free_port()
        config = register_peer.configure(directory, port, SERVER[:10], identities(made))
        command = (program, "-f", str(config), "-DD", "-E", "-m", "256", "-M", "16", "-w", scratch, "-Y", scratch)
        log = directory / "kamailio.log"
        async with child(*command, log=log) as process:
            try:
                await answers(port, process)
            except RuntimeError as error:
                lines = log.read_text("utf-8", "replace").splitlines()
                said = [line for line in lines if "ERROR" in line or "CRITICAL" in line]
                raise RuntimeError(f"kamailio: {error}; {said[0] if said else 'said nothing'}") from None

            async def online() -> None:
                return None

            return await load(made, port, hold, psutil.Process(process.pid), online)


async def bench(devices: int, within: float, hold: float) -> dict[str, Any]:
    """Both sides, one after the other; returns the JSON line."""
    made = plan(devices, within)
    say(f"ours: {devices} devices within {within:g} s ...")
    mine = await ours(made, hold)
    theirs: dict[str, Any] | None
    try:
        say("kamailio ...")
        theirs, reason = await peer(replace(made), hold), ""
    except RuntimeError as error:
        theirs, reason = None, str(error)
    figure = mine["register_ms"]["p99"] / 1e3
    against = theirs["register_ms"]["p99"] / 1e3 if theirs else None
    context = {
        "devices": devices,
        "arriving_within_s": within,
        "keepalive_s": KEEPALIVE,
        "hold_s": hold,
        "transports": "half UDP, half TCP, a socket each",
        "main_figure": "p99 while they arrive; from the first REGISTER to the 200, the challenge between included",
        "ours": mine,
        "kamailio": theirs,
        "peer_is": f"kamailio {register_peer.version()}, registrar, digest MD5, hash table and usrloc in memory, "
        f"{register_peer.WORKERS} UDP and {register_peer.WORKERS} TCP workers"
        if theirs
        else None,
        "the_load": "one process of virtual devices, whose own time is part of both figures",
        "cores": os.cpu_count(),
    }
    if reason:
        context["peer_reason"] = reason
    return {
        "figure": "bench-register",
        "ours": round(figure, 5),
        "peer": None if against is None else round(against, 5),
        "ratio": None if against is None else round(against / figure, 3),
        "unit": "s from REGISTER to 200, p99",
        "context": context,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.register")
    parser.add_argument("--devices", type=int, default=5_000)
    parser.add_argument("--within", type=float, default=50, help="seconds in which they arrive")
    parser.add_argument("--hold", type=float, default=60, help="seconds they keep alive before the storm")
    parser.add_argument("--quick", action="store_true", help="200 devices within 4 s, held for 8 s")
    given = parser.parse_args()
    size = (200, 4.0, 8.0) if given.quick else (given.devices, given.within, given.hold)
    print(json.dumps(asyncio.run(bench(*size)), ensure_ascii=False))


if __name__ == "__main__":
    main()
