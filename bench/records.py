"""How well the camera file's rules find what is wrong, and how fast: 250,000 records with known errors of every rule.

    python -m bench.records [--records 250000] [--each 400] [--small]

A right file is made from a seed, with what looks wrong and is not (`records_world`); errors of every rule are put into
it (`records_errors`); it is written into a real embedded PostgreSQL, checked by the job's own code in a process of its
own, and the findings are held against what was put in. Then every repair that is called certain is applied as one
batch, each repaired value compared with what stood there before the error, and the batch taken back again.

The main figure is the share of injected errors that are found. There is no peer: schema checkers that can be installed
(pandera, great expectations) know types and ranges of single columns; no rule here that compares records, places or
names is in them, and to write these rules for them would compare our rules with our rules.
"""

import argparse
import asyncio
import json
import os
import resource
import sys
import time
from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bench.database import empty_database
from bench.records_errors import Injector, Truth
from bench.records_world import Made, Record, made, traffic
from commonsight.access.audit import Actor
from commonsight.catalog import secrets
from commonsight.catalog.intake_store import copy
from commonsight.catalog.repair import service as repair
from commonsight.catalog.repair import store as repairs
from commonsight.catalog.repair.apply import stands
from commonsight.catalog.repair.model import State
from commonsight.catalog.repair.store import Chosen
from commonsight.catalog.rules import run
from commonsight.catalog.rules.model import rule_set
from commonsight.catalog.search import grams
from commonsight.catalog.seed import settle
from commonsight.clock import ManualClock
from commonsight.places.coordinates import System, to_wgs84
from commonsight.places.grid import DENSITY_RESOLUTION, cell
from commonsight.places.service import load_packaged
from commonsight.records.base import uuid7
from commonsight.records.database import Database

TODAY = "2026-11-20T02:00:00+00:00"
"""The day of the check stands still, or errors of dates would heal."""

_COLUMNS = (
    "id, code, name, region, address, platform_id, unit_id, kind, sector, location, original, cell, system, protocol, "
    "url, grams, file, record, demo"
)
CHUNK = 10_000


def told(*words: object) -> None:
    print(*words, file=sys.stderr, flush=True)


def clock() -> ManualClock:
    """Stands at the day of the check."""
    return ManualClock(datetime.fromisoformat(TODAY))


def _line(record: Record, units: dict[str, UUID]) -> tuple[Any, ...]:
    location = original = None
    where = 0
    if record.x is not None and record.y is not None:
        lon, lat = to_wgs84(record.x, record.y, System(record.system))
        location, original = f"({lon:.6f},{lat:.6f})", f"({record.x!r},{record.y!r})"
        where = cell(lon, lat, DENSITY_RESOLUTION) if -90 <= lat <= 90 else 0
    return (
        record.id, record.code, record.name, record.region, record.address, record.platform, units[record.unit],
        record.kind, record.sector, location, original, where, record.system,
        None if record.url is None else "rtsp", record.url, list(grams(record.name, record.address)),
        record.file, record.record, True,
    )  # fmt: skip


async def write(database: Database, file: Made) -> None:
    """The file into the database, as intake and people would have left it."""
    units = {name: uuid7() for name in file.units}
    async with database.write() as session:
        await copy(session, "platforms (id, name, region)", ((i, n, r) for i, (n, r) in file.platforms.items()))
        await copy(
            session,
            "units (id, name, region, contact, closed_at)",
            ((units[name], name, "45", contact, closed) for name, (contact, closed) in file.units.items()),
        )
        gcj = traffic("4501")
        await session.execute(
            text(
                "INSERT INTO intake_sources (id, code, name, region, protocol, url_prefix, system) "
                "VALUES (:id, '45010000002000000009', 'GCJ', '4501', 'gb28181', 'gb28181://', 'GCJ-02')"
            ),
            {"id": gcj},
        )
    for first in range(0, len(file.records), CHUNK):
        chunk = file.records[first : first + CHUNK]
        async with database.write() as session:
            await copy(session, f"cameras ({_COLUMNS})", (_line(record, units) for record in chunk))
            await copy(
                session,
                "gb_channels (device_id, code, kind, camera_id, name)",
                ((gcj, r.code, "camera", r.id, r.name) for r in chunk if r.channel == "gcj"),
            )
    await settle(database)


async def check(url: str) -> dict[str, float]:
    """The whole check, in this process; what it took."""
    database = Database(url, pool_size=2)
    try:
        before = resource.getrusage(resource.RUSAGE_SELF)
        began = time.monotonic()
        count = await run.check_all(database, clock(), "45", repair.propose)
        after = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "records": count,
            "seconds": round(time.monotonic() - began, 2),
            "cpu_seconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2),
            "memory_before_mb": round(before.ru_maxrss / 1024),
            "memory_peak_mb": round(after.ru_maxrss / 1024),
        }
    finally:
        await database.close()


async def check_apart(url: str) -> dict[str, float]:
    """The whole check in a process of its own, whose memory is nothing else's."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.records", "--check", url, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await child.communicate()
    if child.returncode:
        raise RuntimeError(f"the check ended with {child.returncode}")
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return found


async def judge(database: Database, truth: Truth) -> tuple[dict[str, Any], list[str]]:
    """Found, missed and false for each rule, and some of what was wrong."""
    async with database.read() as session:
        rows = (
            await session.execute(text("SELECT camera_id, rule, field, value, expected FROM record_findings"))
        ).all()
    seen = {(row.camera_id, row.rule, row.field) for row in rows}
    put = Counter(rule for _, rule, _ in truth.expected)
    found = Counter(rule for _, rule, _ in truth.expected & seen)
    false = [
        row for row in rows
        if (row.camera_id, row.rule, row.field) not in truth.expected
        and (row.camera_id, row.rule) not in truth.implied
    ]  # fmt: skip
    wrong = Counter(row.rule for row in false)
    rules = {
        code: {"injected": put[code], "found": found[code], "missed": put[code] - found[code], "false": wrong[code]}
        for code in rule_set().rules
    }
    missed = [camera for camera, _, _ in truth.expected - seen][:40]
    async with database.read() as session:
        asked = text("SELECT id, name || ' ' || address || ' ' || region FROM cameras WHERE id = ANY(:ids)")
        named = {row[0]: row[1] for row in await session.execute(asked, {"ids": missed})}
    odd = [f"false {row.rule} {row.field}: {row.value!r} -> {row.expected!r}" for row in false[:40]]
    odd += [
        f"missed {rule} {field} {camera} {named.get(camera)}"
        for camera, rule, field in sorted(truth.expected - seen, key=str)[:40]
    ]
    return rules, odd


async def _values(database: Database, wanted: set[tuple[UUID, str]]) -> dict[tuple[UUID, str], str]:
    async with database.write() as session:
        held = await repairs.hold(session, sorted({camera for camera, _ in wanted}))
    return {(camera, field): stands(held[camera], field) for camera, field in wanted}


async def mend(database: Database, truth: Truth) -> dict[str, Any]:
    """Apply every certain repair as one batch, compare, and take it back."""
    wanted = set(truth.right)
    wrong = await _values(database, wanted)
    began = time.monotonic()
    async with database.write() as session:
        batch = await repair.begin(
            session, Chosen(("45",), certain=True), Actor(None, "bench", None), "bench", clock().now(), convert=True
        )
    batch = await repair.work(database, clock(), batch.id)
    seconds = time.monotonic() - began
    now = await _values(database, wanted)
    restored = sum(now[key] == right for key, right in truth.right.items())
    for key, right in list(truth.right.items()):
        if now[key] != right:
            told(f"  not restored: {key} {wrong[key]!r} -> {now[key]!r}, was {right!r}")
    async with database.write() as session:
        await repairs.move(session, batch.id, State.UNDOING, clock().now(), "bench")
    began = time.monotonic()
    batch = await repair.work(database, clock(), batch.id)
    back = await _values(database, wanted)
    return {
        "certain_errors": len(wanted),
        "restored_exactly": restored,
        "applied": batch.applied,
        "conflicts": batch.conflicts,
        "seconds": round(seconds, 1),
        "undone": batch.undone,
        "undo_seconds": round(time.monotonic() - began, 1),
        "as_before_after_undo": sum(back[key] == value for key, value in wrong.items()),
    }


async def bench(records: int, each: int) -> dict[str, Any]:
    """Everything; returns the JSON line."""
    began = time.monotonic()
    file = made(records)
    truth = Injector(file, each).inject()
    told(f"{len(file.records):,} records, {len(truth.expected):,} errors, {time.monotonic() - began:.0f} s")
    async with empty_database() as (directory, url):
        secrets.install(directory)
        database = Database(url, pool_size=3)
        try:
            await load_packaged(database, "45")
            await write(database, file)
            count = len(file.records)
            del file
            told(f"written, {time.monotonic() - began:.0f} s")
            first = await check_apart(url)
            told(f"checked: {first}")
            again = await check_apart(url)
            rules, odd = await judge(database, truth)
            for line in odd:
                told(f"  {line}")
            mended = await mend(database, truth)
            told(f"mended: {mended}")
        finally:
            await database.close()
    injected = sum(rule["injected"] for rule in rules.values())
    found = sum(rule["found"] for rule in rules.values())
    false = sum(rule["false"] for rule in rules.values())
    return {
        "figure": "bench-records",
        "ours": round(found / injected, 5),
        "peer": None,
        "ratio": None,
        "unit": "share of injected errors found",
        "context": {
            "peer_reason": "checkers that can be installed know types and ranges of single columns; none compares "
            "records, places or names",
            "records": count,
            "rules": len(rules),
            "injected": injected,
            "found": found,
            "missed": injected - found,
            "false": false,
            "false_share_of_records": round(false / count, 7),
            "by_rule": rules,
            "check": first,
            "check_again": again,
            "repair": mended,
            "rule_set": rule_set().digest,
            "cores": os.cpu_count(),
            "what_is_measured": "the nightly job's own code, database and proposals of repair included",
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.records")
    parser.add_argument("--records", type=int, default=250_000)
    parser.add_argument("--each", type=int, default=400, help="errors of each rule")
    parser.add_argument("--small", action="store_true", help="12,000 records, 40 errors of each rule")
    parser.add_argument("--check", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.check:
        print(json.dumps(asyncio.run(check(given.check))))
        return
    size = (12_000, 40) if given.small else (given.records, given.each)
    print(json.dumps(asyncio.run(bench(*size)), ensure_ascii=False))


if __name__ == "__main__":
    main()
