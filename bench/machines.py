"""Two machines watch cameras, one is lost: how long until all are watched again, and what becomes of the counts.

    python -m bench.machines [--cameras 6] [--ways processes,ray] [--settle 40]

Two network namespaces are the machines; each runs a media node and an analysis worker. Database and virtual cameras
stand at the centre and are reached by TCP. Then the second machine's cable is cut and everything on it killed. The
same again with the workers as actors of a two-node Ray cluster (`commonsight cluster run`), where a rolling upgrade is
tried first. Needs root.

Recovery ends when every camera's lease is held by a living worker that gets pictures again. Counts are right when the
rows of minutes add up to the totals of the day, no camera claims to have watched more time than passed, and nothing
that was counted before is missing after. There is no peer: no counting software we know of that installs from the
registries runs on several machines.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bench.machines_world import Machine, cameras, database, machines, seed
from commonsight.records.database import Database
from commonsight.records.migrate import migrate
from commonsight.settings import load

WAIT_SECONDS = 240.0
LOOK_SECONDS = 0.1
RAY_PORT = 6399
RAY_SECONDS = 8.0
"""A node's start."""
RAY_CPUS = 4
"""What each node says it has; the two cores are shared by all in any case."""


@dataclass(frozen=True)
class Books:
    """What the database says at one moment. `watched`: seconds over all cameras."""

    at: float
    crossings: int
    crossings_of_days: int
    watched: float
    too_long: int


_HELD = text("""
    SELECT count(*) FROM analysis_leases
     WHERE until > now() AND (state->>'running')::boolean AND (state->>'fps')::real > 0
       AND NOT worker = ANY (:without)""")
_BOOKS = text("""
    SELECT (SELECT coalesce(sum(value), 0) FROM observations WHERE measure LIKE 'crossings_%') AS crossings,
           (SELECT coalesce(sum(crossings_in + crossings_out), 0) FROM observation_days) AS days,
           (SELECT coalesce(sum(60 * coverage), 0) FROM
               (SELECT camera_id, start, max(coverage) AS coverage FROM observations GROUP BY 1, 2) AS m) AS watched,
           (SELECT count(*) FROM observations WHERE coverage > 1.0001) AS too_long""")


class Watcher:
    """Asks the database how things stand."""

    def __init__(self, db: Database, count: int) -> None:
        self._db, self._count = db, count

    async def held(self, without: list[str] | None = None) -> int:
        """Cameras that are watched and give pictures, those of workers in `without` left out."""
        async with self._db.read() as session:
            return int(await session.scalar(_HELD, {"without": without or []}) or 0)

    async def workers(self) -> list[str]:
        """Workers that hold cameras now."""
        async with self._db.read() as session:
            rows = await session.execute(text("SELECT DISTINCT worker FROM analysis_leases WHERE until > now()"))
            return sorted(row.worker for row in rows)

    async def books(self) -> Books:
        """Counts and times."""
        async with self._db.read() as session:
            row = (await session.execute(_BOOKS)).one()
        return Books(time.monotonic(), int(row.crossings), int(row.days), float(row.watched), int(row.too_long))

    async def all_held(self, without: list[str] | None = None) -> float:
        """Wait until every camera is watched; the seconds it took."""
        began = time.monotonic()
        while (held := await self.held(without)) < self._count:
            if time.monotonic() - began > WAIT_SECONDS:
                raise SystemExit(f"after {WAIT_SECONDS:.0f} s only {held} of {self._count} cameras are watched")
            await asyncio.sleep(LOOK_SECONDS)
        return time.monotonic() - began


@dataclass(frozen=True)
class World:
    """What a way of running workers is given. `remote`: the database's URL as machines reach it."""

    both: list[Machine]
    watcher: Watcher
    remote: str
    models: str
    settle: float

    def environment(self, machine: Machine) -> dict[str, str]:
        """Settings of a machine's processes."""
        return {
            "COMMONSIGHT_DATABASE__URL": self.remote,
            "COMMONSIGHT_VISION__MODELS_DIR": self.models,
            "COMMONSIGHT_MEDIA__PACKETS_HOST": machine.address,
            "COMMONSIGHT_SEE__FPS": "2",
            "COMMONSIGHT_SIP__ENABLED": "false",
            "RAY_USAGE_STATS_ENABLED": "0",
        }

    def start_media(self) -> None:
        """A media node on each machine."""
        for number, machine in enumerate(self.both, 1):
            machine.start(
                sys.executable, "-m", "commonsight.processes.media", "--name", f"media-{number}",
                **self.environment(machine),
            )  # fmt: skip

    async def lose_second(self, gone: list[str]) -> dict[str, Any]:
        """Let both machines work, cut the second off, wait, and go through the books. `gone`: workers it had, if their
        names tell."""
        await asyncio.sleep(self.settle)
        before = await self.watcher.books()
        began = time.monotonic()
        self.both[1].cut()
        # Leases of the lost machine still stand for a while: wait for that before waiting for all to be held again.
        await asyncio.sleep(1.0 if gone else load().see.lease_seconds + 1)
        await self.watcher.all_held(gone)
        recovered = time.monotonic() - began
        await asyncio.sleep(self.settle)
        after = await self.watcher.books()
        return {
            "seconds_to_recover": round(recovered, 1),
            "crossings_before": before.crossings,
            "crossings_after": after.crossings,
            "rows_agree_with_days": after.crossings == after.crossings_of_days,
            "rows_watched_too_long": after.too_long,
            "cameras_watched_meanwhile": round((after.watched - before.watched) / (after.at - before.at), 2),
        }


async def by_processes(world: World) -> dict[str, Any]:
    """Plain processes."""
    world.start_media()
    for number, machine in enumerate(world.both, 1):
        machine.start(
            sys.executable, "-m", "commonsight.processes.see", "--name", f"see-m{number}", **world.environment(machine)
        )
    started = await world.watcher.all_held()
    return {"seconds_to_start": round(started, 1)} | await world.lose_second(["see-m2"])


async def by_ray(world: World) -> dict[str, Any]:
    """Workers as actors: a head on the first machine, a node on the second, upgraded one by one before the loss."""
    ray = str(Path(sys.executable).with_name("ray"))
    first, second = world.both
    head = f"{first.address}:{RAY_PORT}"
    world.start_media()
    roles = {
        first: ("--head", f"--port={RAY_PORT}", "--include-dashboard=false", f"--temp-dir={first.home / 'ray'}"),
        second: (f"--address={head}",),
    }
    for machine, role in roles.items():
        machine.start(
            ray, "start", *role, f"--node-ip-address={machine.address}", f"--num-cpus={RAY_CPUS}", "--block",
            **world.environment(machine),
        )  # fmt: skip
        await asyncio.sleep(RAY_SECONDS)
    cluster = (sys.executable, "-m", "commonsight", "cluster", "run", "--workers", "2", "--address", head)
    keeper = first.start(*cluster, **world.environment(first))
    started = await world.watcher.all_held()
    old = await world.watcher.workers()
    keeper.terminate()
    keeper.wait(20)
    before = await world.watcher.books()
    first.start(*cluster, "--roll", **world.environment(first))
    while set(old) & set(await world.watcher.workers()):
        if time.monotonic() - before.at > WAIT_SECONDS:
            raise SystemExit(f"workers of before are still there: {old}")
        await asyncio.sleep(LOOK_SECONDS)
    await world.watcher.all_held()
    after = await world.watcher.books()
    upgrade = {
        "seconds": round(after.at - before.at, 1),
        "cameras_watched_meanwhile": round((after.watched - before.watched) / (after.at - before.at), 2),
    }
    return {"seconds_to_start": round(started, 1), "rolling_upgrade": upgrade} | await world.lose_second([])


WAYS = {"processes": by_processes, "ray": by_ray}


async def run(way: str, url: str, count: int, both: list[Machine], remote: str, settle: float) -> dict[str, Any]:
    """One way, on fresh machines and an empty database."""
    db = Database(url)
    try:
        await seed(db, count)
        world = World(both, Watcher(db, count), remote, str(load().models_dir), settle)
        return {"cameras": count} | await WAYS[way](world)
    finally:
        await db.close()


def main() -> None:
    """Run and print the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cameras", type=int, default=6)
    parser.add_argument("--ways", default="processes,ray", help="of: " + ", ".join(WAYS))
    parser.add_argument("--settle", type=float, default=60.0, help="seconds of work before and after the loss")
    given = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("network namespaces need root")
    results: dict[str, Any] = {}
    for way in given.ways.split(","):
        with tempfile.TemporaryDirectory(prefix="csb-") as folder:
            home = Path(folder)
            home.chmod(0o711)
            with machines(2, home) as both, database(home) as (url, remote), cameras(home):
                migrate(url)
                results[way] = asyncio.run(run(way, url, given.cameras, both, remote, given.settle))
        print(json.dumps({way: results[way]}), file=sys.stderr)
    figure = {
        "figure": "machines",
        "ours": next(iter(results.values()))["seconds_to_recover"],
        "peer": None,
        "ratio": None,
        "unit": "seconds until every camera is watched again after one of two machines was lost",
        "context": {"why_no_peer": "no counter from the registries runs on several machines", **results},
    }
    print(json.dumps(figure))


if __name__ == "__main__":
    main()
