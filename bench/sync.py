"""How long 250,000 cameras of 20 lower platforms take to come in, and whether faults on the way change what came.

    python -m bench.sync [--platforms 20] [--cameras 12500]

Runs a real embedded PostgreSQL, a real signalling process and a real job process; 20 virtual platforms in a process of
their own register with digest over loopback, half of them over UDP (one item a message, as datagrams want it) and half
over TCP (ten items a message). The clock runs from the first REGISTER until every camera is in the camera file with its
region, place, groups and search index, and every catalogue is known to be complete.

Three times from an empty file: undisturbed; with 5 % of the messages lost and 5 % doubled; with every platform falling
silent in the middle of its answer and registering anew. The contents of the file are compared by a digest. Then, on the
undisturbed file, the same catalogues once more, as every night. The main figure is the undisturbed run.
"""

import argparse
import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import structlog
from psycopg import sql
from sqlalchemy import text

from commonsight.catalog import secrets
from commonsight.clock import SystemClock
from commonsight.connect.gb28181 import store, sync_store
from commonsight.connect.gb28181.model import kind_of
from commonsight.places.service import load_packaged
from commonsight.processes.plan import process
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from commonsight.records.migrate import migrate
from commonsight.records.postgres import EmbeddedPostgres
from commonsight.settings import Settings
from commonsight.simulate.gb28181 import faults
from commonsight.simulate.gb28181.fleet import Fleet, FleetPlan, identities

SEED = 45
GIVE_UP_SECONDS = 3_600
NO_PEER = "no other open GB/T 28181 platform is installable from a package registry"
CASES = {"clean": "none", "broken_off": "break_off_at=0.5,away_seconds=5", "lossy": "loss=0.05,doubling=0.05"}

# Everything a sync leaves in the file, without the ids and times of one run.
DIGEST = """
    SELECT md5(string_agg(line, E'\\n' ORDER BY line COLLATE "C")) FROM (
        SELECT md5(concat_ws('|', s.code, ch.code, ch.kind, ch.name, ch.parent, ch.record_hash, ch.status, ch.record,
            ch.filed, ch.deleted_at IS NOT NULL, ch.vanished_at IS NOT NULL, c.code, c.name, c.region, c.address,
            c.kind, c.sector, c.location, c.cell, c.grams, c.record, c.protocol, c.url, c.health, p.code, u.name,
            c.archived_at IS NOT NULL, c.vanished_at IS NOT NULL,
            (SELECT string_agg(m.code, ',' ORDER BY m.code) FROM camera_group_members AS m WHERE m.camera_id = c.id),
            (SELECT concat_ws(',', g.kind, g.name, g.parent) FROM camera_groups AS g
                WHERE g.source_id = ch.device_id AND g.code = ch.code)
        )) AS line
        FROM gb_channels AS ch JOIN intake_sources AS s ON s.id = ch.device_id
            LEFT JOIN cameras AS c ON c.id = ch.camera_id LEFT JOIN platforms AS p ON p.id = c.platform_id
            LEFT JOIN units AS u ON u.id = c.unit_id
    ) AS lines
"""
COUNTS = (
    "SELECT coalesce(md5(string_agg(n::text, ',' ORDER BY region, cell)), '') FROM camera_counts AS n WHERE total > 0"
)


@dataclass(frozen=True)
class Case:
    """One run."""

    seconds: float
    digest: str
    cameras: int
    items: int
    attempts: int
    pages: int
    repeated: int
    states: dict[str, int]
    peak_mb: dict[str, float]


def told(*words: object) -> None:
    print(*words, file=sys.stderr, flush=True)


def free_port() -> int:
    """A port that is free for UDP and TCP."""
    while True:
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            port = int(tcp.getsockname()[1])
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


@contextmanager
def running(kind: str, settings: Settings, url: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """One process of ours, its log beside the data."""
    plan = process(f"{kind}-bench", kind, settings, None, url)
    with (settings.data_dir / f"{kind}.log").open("ab") as log:
        made = subprocess.Popen(
            plan.command, env=os.environ | dict(plan.environment) | environment, stdout=log, stderr=log
        )
        try:
            yield made
        finally:
            made.terminate()
            try:
                made.wait(30)
            except subprocess.TimeoutExpired:
                made.kill()


def peak_mb(child: subprocess.Popen[bytes]) -> float:
    """Largest resident size so far; our processes are the children of a small one that ties them to us."""
    pids = [child.pid]
    for entry in Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split():
        pids.append(int(entry))
    sizes = []
    for pid in pids:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        sizes.append(int(found[1]) / 1024 if found else 0.0)
    return round(max(sizes), 1)


async def fleet(port: int, platforms: int, cameras: int, plan: str) -> None:
    """The virtual platforms, until we are ended."""
    made = FleetPlan(seed=SEED, platforms=platforms, cameras=cameras, faults=faults.parse(plan), transport="mixed")
    async with Fleet(made, server=Settings().sip.id, to=("127.0.0.1", port)):
        await asyncio.Event().wait()


@contextmanager
def fleet_process(port: int, given: argparse.Namespace, plan: str, log: Path) -> Iterator[None]:
    """The virtual platforms as a process of their own."""
    command = [sys.executable, "-m", "bench.sync", "--platforms", str(given.platforms), "--cameras"]
    with log.open("ab") as out:
        child = subprocess.Popen(
            [*command, str(given.cameras), "--fleet", str(port), "--faults", plan], stdout=out, stderr=out
        )
        try:
            yield
        finally:
            child.kill()
            child.wait()


async def file_platforms(database: Database, given: argparse.Namespace) -> None:
    """Put the platforms on file with their passwords, as a person does."""
    plan = FleetPlan(seed=SEED, platforms=given.platforms, cameras=given.cameras)
    async with database.write() as session:
        for who in identities(plan):
            sealed = secrets.installed().seal(who.password)
            fields = {"name": who.name, "kind": kind_of(who.code).value, "region": who.region, "quirks": "{}"}
            await store.insert(session, uuid7(), who.code, fields | {"secret": sealed})


async def ended(url: str, count: int, name: str) -> float:
    """Wait until so many syncs are over; returns the moment."""
    began = shown = time.monotonic()
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while True:
            rows = await connection.execute(
                "SELECT count(*) FILTER (WHERE ended_at IS NOT NULL), coalesce(sum(received), 0), "
                "coalesce(sum(added), 0), coalesce(sum(expected), 0) FROM syncs"
            )
            row = await rows.fetchone()
            assert row is not None
            now = time.monotonic()
            if row[0] >= count:
                return now
            if now - shown > 15:
                shown = now
                told(f"  {name}: {row[1]:,} of {row[3]:,} received, {row[2]:,} filed, {now - began:.0f} s")
            if now - began > GIVE_UP_SECONDS:
                raise RuntimeError(f"{name}: {row[0]} of {count} syncs ended within {GIVE_UP_SECONDS} s")
            await asyncio.sleep(0.2)


async def run(settings: Settings, url: str, given: argparse.Namespace, name: str, *, again: bool) -> list[Case]:
    """One case from an empty file; with `again` the same catalogues once more."""
    port = free_port()
    zones = {"COMMONSIGHT_SIP__ZONES": f'[{{"port": {port}}}]', "COMMONSIGHT_INSPECT__ENABLED": "false"}
    database = Database(url, pool_size=2)
    cases = []
    try:
        await file_platforms(database, given)
        log = settings.data_dir / "fleet.log"
        with running("sip", settings, url, **zones) as sip, running("work", settings, url, **zones) as work:
            await listening(port)
            with fleet_process(port, given, CASES[name], log):
                began = await registered(url)
                finish = await ended(url, given.platforms, name)
                cases.append(await case(url, finish - began, {"sip": peak_mb(sip), "work": peak_mb(work)}))
                if again:
                    began = time.monotonic()
                    await ask_all(database)
                    finish = await ended(url, 2 * given.platforms, f"{name} again")
                    cases.append(await case(url, finish - began, {"sip": peak_mb(sip), "work": peak_mb(work)}))
    finally:
        await database.close()
    return cases


async def ask_all(database: Database) -> None:
    async with database.write() as session:
        ids = (await session.execute(text("SELECT id FROM gb_devices"))).scalars().all()
        for device_id in ids:
            await sync_store.ask(session, device_id, "bench", SystemClock().now(), "45")


async def listening(port: int) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return


async def registered(url: str) -> float:
    """The moment the first platform registered, on our clock."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        async with asyncio.timeout(60):
            while True:
                rows = await connection.execute(
                    "SELECT extract(epoch FROM clock_timestamp() - min(registered_at)) FROM gb_devices"
                )
                row = await rows.fetchone()
                if row is not None and row[0] is not None:
                    return time.monotonic() - float(row[0])
                await asyncio.sleep(0.05)


async def case(url: str, seconds: float, peaks: dict[str, float]) -> Case:
    """What a run left behind."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:

        async def value(query: str) -> Any:
            row = await (await connection.execute(query)).fetchone()
            return None if row is None else row[0]

        states = await (
            await connection.execute("SELECT state, count(*) FROM syncs GROUP BY state ORDER BY state")
        ).fetchall()
        latest = "FROM syncs AS s WHERE NOT EXISTS (SELECT 1 FROM syncs AS t WHERE t.source_id = s.source_id"
        latest += " AND t.asked_at > s.asked_at)"
        return Case(
            round(seconds, 1),
            f"{await value(DIGEST)} {await value(COUNTS)}",
            int(await value("SELECT count(*) FROM cameras WHERE archived_at IS NULL AND vanished_at IS NULL")),
            int(await value(f"SELECT sum(received) {latest}")),
            int(await value(f"SELECT sum(attempt) {latest}")),
            int(await value(f"SELECT sum(pages) {latest}")),
            int(await value(f"SELECT sum(repeated) {latest}")),
            dict(states),
            peaks,
        )


async def bench(given: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="commonsight-bench-") as scratch:
        root = Path(scratch)
        root.chmod(0o711)  # noqa: ASYNC240 - nothing else runs yet
        secrets.install(root)
        settings = Settings(data_dir=root)
        server = EmbeddedPostgres(root / "data", root / "run")
        url = server.start()
        try:
            template = await empty(url)
            cases: dict[str, Case] = {}
            wanted = given.cases.split(",")
            for name in (name for name in CASES if name in wanted):
                told(f"{name} …")
                place = copy(url, template, name)
                found = await run(settings, place, given, name, again=name == "clean" and "again" in wanted)
                cases |= dict(zip((name, "again"), found, strict=False))
                for label, one in list(cases.items())[-len(found) :]:
                    told(f"  {label}: {one.seconds} s, {one.cameras:,} cameras, {one.states}, digest {one.digest[:12]}")
        finally:
            server.stop()
    return figure(cases)


async def empty(url: str) -> str:
    """A database with the region tree and nothing else, to be copied for each case."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE bench_empty")
    place = place_of(url, "bench_empty")
    migrate(place)
    database = Database(place)
    await load_packaged(database, "45")
    await database.close()
    return "bench_empty"


def copy(url: str, template: str, name: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(statement.format(sql.Identifier(f"bench_{name}"), sql.Identifier(template)))
    return place_of(url, f"bench_{name}")


def place_of(url: str, database: str) -> str:
    head, _, query = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{database}?{query}"


def figure(cases: dict[str, Case]) -> dict[str, Any]:
    clean = cases["clean"]
    same = {name: one.digest == clean.digest for name, one in cases.items() if name != "clean"}
    return {
        "figure": "bench-sync",
        "ours": clean.seconds,
        "peer": None,
        "ratio": None,
        "unit": "s",
        "context": {
            "peer_missing": NO_PEER,
            "cameras_a_second": round(clean.cameras / clean.seconds),
            "identical_to_clean": same,
            "complete": {name: one.states.get("complete", 0) for name, one in cases.items()},
            "runs": {
                name: {
                    "seconds": one.seconds,
                    "cameras": one.cameras,
                    "items": one.items,
                    "queries": one.attempts,
                    "messages": one.pages,
                    "items_again": one.repeated,
                    "states": one.states,
                    "peak_mb": one.peak_mb,
                }
                for name, one in cases.items()
            },
            "faults": CASES,
            "page": "one item a message over UDP (half of the platforms), ten over TCP",
            "peak_memory_mb": max(sum(one.peak_mb.values()) for one in cases.values()),
            "cores": os.cpu_count(),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.sync", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("--platforms", type=int, default=20)
    parser.add_argument("--cameras", type=int, default=12_500, help="cameras of each platform")
    parser.add_argument("--cases", default="clean,again,broken_off,lossy", help="clean is always needed")
    parser.add_argument("--fleet", type=int, metavar="PORT", help=argparse.SUPPRESS)
    parser.add_argument("--faults", default="none", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.fleet is not None:
        asyncio.run(fleet(given.fleet, given.platforms, given.cameras, given.faults))
        return
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # the figure alone on standard output
    made = asyncio.run(bench(given))
    print(json.dumps(made, ensure_ascii=False))
    if not all(made["context"]["identical_to_clean"].values()):
        sys.exit("the file differs between runs")


if __name__ == "__main__":
    main()
