"""How fast a camera file of 250,000 answers: tree, table, search, map, groups and shapes, as an officer asks for them.

    python -m bench.catalog [--cameras 250000] [--rounds 12]

Runs a real embedded PostgreSQL and a real API process, seeds the demo region, gives the cameras states, and asks over
HTTP with a session, one request after another, answers compressed as for a browser. Every query is asked twice before
it counts (warm), then `rounds` times in mixed order. The main figure is the 95th percentile of the slowest kind.

With the page built and a Chromium there, the time to draw the map is measured too (`bench/catalog_map.py`).
"""

import argparse
import asyncio
import json
import math
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from bench.catalog_map import draw
from commonsight.access.service import add_person
from commonsight.catalog import seed
from commonsight.clock import SystemClock
from commonsight.places.service import load_packaged
from commonsight.processes.plan import process
from commonsight.records.database import Database
from commonsight.records.migrate import migrate
from commonsight.records.postgres import EmbeddedPostgres
from commonsight.settings import Api, Settings

SEED = 45
KINDS = ("tree", "table", "search", "map", "groups", "select", "nearest", "along", "planning")
NO_PEER = "no comparable open system offers these queries over HTTP at this size; none is installable from a registry"
PASSWORD = "bench-" + "0" * 12

# Shares of states near the field's starting point: online about 80 %, playable about 70 %.
STATES = """
    UPDATE cameras SET health = CASE WHEN chance < 0.70 THEN 1 WHEN chance < 0.80 THEN 2 WHEN chance < 0.97 THEN 3
        ELSE 0 END, health_at = CASE WHEN chance < 0.97 THEN now() - chance * interval '30 days' END
    FROM (SELECT id, (hashtextextended(id::text, 45) & 65535) / 65536.0 AS chance FROM cameras) AS drawn
    WHERE drawn.id = cameras.id
"""

# A tree of groups over all cameras, as lower platforms report them: sector, county, town.
GROUPS = """
    INSERT INTO intake_sources (id, code, name, region, platform_id, protocol, url_prefix)
    SELECT id, code, name, region, id, 'gb28181', 'gb28181://' || code || '/' FROM platforms;
    INSERT INTO camera_groups (source_id, code, kind, name, parent)
    SELECT DISTINCT platform_id, sector, 'group', sector, NULL FROM cameras WHERE platform_id IS NOT NULL
    UNION ALL SELECT DISTINCT platform_id, sector || left(region, 6), 'organisation', left(region, 6), sector
        FROM cameras WHERE platform_id IS NOT NULL
    UNION ALL SELECT DISTINCT platform_id, sector || region, 'organisation', region, sector || left(region, 6)
        FROM cameras WHERE platform_id IS NOT NULL AND length(region) > 6;
    INSERT INTO camera_group_members (source_id, code, camera_id)
    SELECT platform_id, sector || region, id FROM cameras WHERE platform_id IS NOT NULL;
    ANALYZE camera_groups; ANALYZE camera_group_members
"""

# Where cameras look: four of five have it on file, some look far.
FIELDS = """
    UPDATE cameras SET direction = chance * 359, field_angle = 40 + chance * 60,
        view_distance = CASE WHEN chance < 0.02 THEN 1500 ELSE 40 + chance * 80 END
    FROM (SELECT id, (hashtextextended(id::text, 46) & 65535) / 65536.0 AS chance FROM cameras) AS drawn
    WHERE drawn.id = cameras.id AND chance < 0.8
"""


@dataclass(frozen=True)
class Query:
    """One question of a kind."""

    kind: str
    name: str
    path: str
    params: dict[str, str]
    body: dict[str, Any] | None = None


@dataclass
class Sample:
    """What a query took."""

    milliseconds: float
    wire_bytes: int
    plain_bytes: int


def told(*words: object) -> None:
    print(*words, file=sys.stderr, flush=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def api_process(settings: Settings, url: str) -> Iterator[str]:
    """The API as its own process; yields its address."""
    plan = process("api", "api", settings, None, url)
    environment = os.environ | dict(plan.environment) | {"COMMONSIGHT_API__PORT": str(settings.api.port)}
    base = f"http://127.0.0.1:{settings.api.port}"
    with (settings.data_dir / "api.log").open("wb") as log:
        running = subprocess.Popen(plan.command, env=environment, stdout=log, stderr=log)
        try:
            for _ in range(600):
                try:
                    if httpx.get(f"{base}/healthz").status_code == 200:
                        break
                except httpx.TransportError:
                    pass
                if running.poll() is not None:
                    raise RuntimeError((settings.data_dir / "api.log").read_text()[-4_000:])
                time.sleep(0.1)
            yield base
        finally:
            running.terminate()
            running.wait(20)


async def prepare(url: str, cameras: int) -> tuple[str, dict[str, float]]:
    """Fill the database and make an officer; returns the one-time password and what it took."""
    database = Database(url, pool_size=2)
    took: dict[str, float] = {}
    try:
        await load_packaged(database, "45")
        began = time.monotonic()

        def progress(done: int, count: int) -> None:
            if done % 50_000 == 0 or done == count:
                told(f"  {done:,} of {count:,} records, {time.monotonic() - began:.0f} s")

        await seed.seed(database, cameras, lambda i: f"rtsp://127.0.0.1:1/{i}", seed=SEED, progress=progress)
        took["seed_seconds"] = round(time.monotonic() - began, 1)
        began = time.monotonic()
        async with await psycopg.AsyncConnection.connect(database.dsn, autocommit=True) as connection:
            await connection.execute(STATES)
            await connection.execute(GROUPS)
            await connection.execute(FIELDS)
        await seed.settle(database)
        took["states_seconds"] = round(time.monotonic() - began, 1)
        made = await add_person(
            database,
            SystemClock(),
            granter=None,
            name="officer",
            display_name="Officer",
            organisation="bench",
            roles=("officer",),
            regions=("45",),
            language="zh",
        )
        return made.password, took
    finally:
        await database.close()


def sign_in(base: str, one_time: str) -> httpx.Client:
    """An officer's session, as a browser has it."""
    client = httpx.Client(base_url=f"{base}/api/v1", timeout=60, headers={"Accept-Encoding": "gzip"})
    client.post("/sessions", json={"name": "officer", "password": one_time}).raise_for_status()
    client.put("/me/password", json={"old": one_time, "new": PASSWORD}).raise_for_status()
    client.post("/sessions", json={"name": "officer", "password": PASSWORD}).raise_for_status()
    return client


def queries(client: httpx.Client, rng: random.Random) -> list[Query]:
    """What an officer asks, by kind."""
    cities = [node["code"] for node in client.get("/cameras/tree", params={"parent": "45"}).json()["items"]]
    counties = [
        n["code"] for city in cities for n in client.get("/cameras/tree", params={"parent": city}).json()["items"]
    ]
    towns = [n["code"] for n in client.get("/cameras/tree", params={"parent": "450103"}).json()["items"]]
    platforms = [platform["id"] for platform in client.get("/platforms").json()["items"]]
    found: list[Query] = []

    def ask(what: str, name: str, path: str, /, **params: str) -> None:
        found.append(Query(what, name, path, params))

    for parent in ["45", *cities, *rng.sample(counties, 12)]:
        ask("tree", f"parent {len(parent)} digits", "/cameras/tree", parent=parent)

    def table(name: str, /, what: str = "table", **params: str) -> None:
        ask(what, name, "/cameras", limit="100", **params)

    for sort in ("name", "-name", "code", "-code", "-health_at", "health_at"):
        table(f"all by {sort}", sort=sort)
        for city in ("4501", "4507", "4514"):
            table(f"city by {sort}", sort=sort, region=city)
        table(f"county by {sort}", sort=sort, region="450103")
    for city in cities:
        table("city by name", region=city)
    for town in rng.sample(towns, 4):
        table("town by name", region=town)
    for health in ("works", "bad", "offline", "unknown"):
        table("by health", health=health)
        table("city and health", health=health, region="4501")
        table("city and health, newest", health=health, region="4509", sort="-health_at")
    for kind in ("dome", "split", "panoramic"):
        table("by kind", kind=kind)
        table("by kind, code", kind=kind, sort="code")
    for sector in ("traffic", "agriculture"):
        table("by sector", sector=sector)
        table("city, sector, health", sector=sector, health="offline", region="4503")
    for platform in rng.sample(platforms, 4):
        table("by platform", platform=platform)
    for params in ({"sort": "name"}, {"sort": "code"}, {"region": "4501", "sort": "name"}, {"health": "offline"}):
        for depth, cursor in deep(client, params):
            table(f"page {depth} rows deep", after=cursor, **params)

    def searched(name: str, q: str, /, **params: str) -> None:
        table(name, what="search", q=q, **params)

    for q in "桥路市河校东鱻":
        searched("1 character", q)
    for q in ("南宁", "青秀", "玉林", "贺州", "大桥", "路口", "水库", "鱼峰"):
        searched("2 characters", q)
    for q in ("民族大道", "古城路口", "防城港市", "火车站广场", "第三小学", "没有这里"):
        searched("4 characters", q)
    for q in ("南宁 大桥", "青秀区 民族大道 东"):
        searched("several words", q)
    for q in ("4501", "45010300", "4501030000132", "45090200001320000"):
        searched("code prefix", q)
    for q in ("路", "民族大道", "桥"):
        searched("in a city", q, region="4501")
        searched("by code", q, sort="code")
        searched("offline ones", q, health="offline")

    def shown(name: str, bbox: str, zoom: float, /, **params: str) -> None:
        ask("map", name, "/cameras/map", bbox=bbox, zoom=str(zoom), **params)

    whole = "104.0,20.5,112.5,26.5"
    shown("zoom 6, all", whole, 6)
    shown("zoom 8", "107.0,21.8,110.0,23.6", 8)
    shown("zoom 6, offline", whole, 6, health="offline")
    shown("zoom 6, one kind", whole, 6, kind="dome")
    shown("zoom 6, one sector", whole, 6, sector="traffic")
    shown("zoom 6, search", whole, 6, q="桥")
    for name, bbox, zoom in (
        ("zoom 9", "107.5,22.2,109.5,23.4", 9),
        ("zoom 11", "108.1,22.65,108.6,22.95", 11),
        ("zoom 13", "108.30,22.78,108.43,22.86", 13),
        ("zoom 15", "108.35,22.81,108.38,22.83", 15),
    ):
        shown(name, bbox, zoom)
        shown(f"{name}, offline", bbox, zoom, health="offline")
    for node in client.get("/cameras/groups").json()["items"][:3]:
        ask("groups", "platform", "/cameras/groups", parent=node["id"])
        for group in client.get("/cameras/groups", params={"parent": node["id"]}).json()["items"][:2]:
            ask("groups", "group", "/cameras/groups", parent=group["id"])
            table("in a group", group=group["id"], what="groups")
    ask("groups", "platforms", "/cameras/groups")
    return found + list(shapes(rng))


def ring(lon: float, lat: float, degrees: float, corners: int, rng: random.Random) -> dict[str, Any]:
    """A polygon as a hand draws it around a place: corners now farther out, now nearer."""
    around = []
    for n in range(corners):
        far, angle = degrees * rng.uniform(0.8, 1.0), math.tau * n / corners
        around.append([round(lon + far * math.cos(angle), 6), round(lat + far * math.sin(angle), 6)])
    return {"type": "Polygon", "coordinates": [[*around, around[0]]]}


def shapes(rng: random.Random) -> Iterator[Query]:
    """Cameras by shape: blocks, cities and the whole region, near places, along roads, before building."""
    places = ((108.366, 22.817), (110.29, 25.274), (106.618, 23.902))  # Nanning, Guilin, Baise
    for lon, lat in places:
        for size, degrees, corners in (("block", 0.01, 8), ("city", 0.25, 60), ("region", 3.0, 1_000)):
            body = {"polygon": ring(lon, lat, degrees, corners, rng)}
            yield Query("select", f"{size} of {corners} corners", "/cameras/select", {}, body)
        yield Query("select", "city, traffic", "/cameras/select", {"sector": "traffic"}, body)
        point = {"lon": str(lon), "lat": str(lat)}
        yield Query("nearest", "20 within 5 km", "/cameras/nearest", point)
        yield Query("nearest", "500 within 50 km", "/cameras/nearest", point | {"limit": "500", "within": "50000"})
        yield Query("nearest", "rare, within 100 km", "/cameras/nearest", point | {"kind": "split", "within": "100000"})
        for kilometres, step in ((10, 0.02), (300, 0.1)):
            x, y, line = lon, lat, [[lon, lat]]
            for _ in range(round(kilometres / 111 / step) + 1):
                x, y = x + step * rng.uniform(0.5, 1), y + step * rng.uniform(-0.6, 0.6)
                line.append([round(x, 6), round(y, 6)])
            body = {"line": {"type": "LineString", "coordinates": line}, "metres": 100}
            yield Query("along", f"{kilometres} km", "/cameras/along", {}, body)
        field = {"point": [lon, lat], "direction": 90, "field_angle": 60, "view_distance": 100}
        yield Query("planning", "coverage", "/planning/coverage", {}, field)
        body = {"polygon": ring(lon, lat, 0.02, 12, rng), "cell_metres": 20}
        yield Query("planning", "blind spots of 12 km²", "/planning/blind-spots", {}, body)


def deep(client: httpx.Client, params: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Cursors far down a list, by walking it."""
    after, rows = None, 0
    for _ in range(60):
        answer = client.get("/cameras", params=params | {"limit": "500"} | ({"after": after} if after else {})).json()
        rows, after = rows + len(answer["items"]), answer["next"]
        if after is None:
            return
        if rows in (1_000, 10_000, 30_000):
            yield rows, after


def measure(client: httpx.Client, query: Query) -> Sample:
    began = time.perf_counter()
    method = "GET" if query.body is None else "POST"
    with client.stream(method, query.path, params=query.params, json=query.body) as answer:
        body = answer.read()
    took = (time.perf_counter() - began) * 1_000
    answer.raise_for_status()
    return Sample(took, answer.num_bytes_downloaded, len(body))


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def summary(samples: list[Sample]) -> dict[str, Any]:
    times = [sample.milliseconds for sample in samples]
    return {
        "n": len(samples),
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(percentile(times, 0.95), 1),
        "max_ms": round(max(times), 1),
        "bytes_p50": round(statistics.median(sample.wire_bytes for sample in samples)),
        "bytes_max": max(sample.wire_bytes for sample in samples),
        "plain_bytes_max": max(sample.plain_bytes for sample in samples),
    }


def bench(cameras: int, rounds: int) -> dict[str, Any]:
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="commonsight-bench-") as scratch:
        Path(scratch).chmod(0o711)  # as root, the database's account must get in
        settings = Settings(data_dir=Path(scratch) / "data", api=Api(port=free_port()))
        server = EmbeddedPostgres.of(settings)
        url = server.start()
        try:
            migrate(url)
            one_time, took = asyncio.run(prepare(url, cameras))
            with api_process(settings, url) as base, closing(sign_in(base, one_time)) as client:
                samples = ask_all(client, queries(client, rng), rounds, rng)
                drawn = draw(base, dict(client.cookies))
            with psycopg.connect(url) as connection:
                size = connection.execute("SELECT pg_total_relation_size('cameras')").fetchone()
        finally:
            server.stop()
    return figures(samples, cameras, took | {"cameras_table_bytes": size[0] if size else None, "draw": drawn})


def ask_all(client: httpx.Client, asked: list[Query], rounds: int, rng: random.Random) -> list[tuple[Query, Sample]]:
    for query in asked * 2:
        measure(client, query)
    told(f"  asking {len(asked)} different queries {rounds} times")
    samples = []
    for _ in range(rounds):
        for query in rng.sample(asked, len(asked)):
            samples.append((query, measure(client, query)))
    return samples


def figures(samples: list[tuple[Query, Sample]], cameras: int, context: dict[str, Any]) -> dict[str, Any]:
    by_kind = {kind: summary([s for q, s in samples if q.kind == kind]) for kind in KINDS}
    by_query: dict[str, list[Sample]] = {}
    for query, sample in samples:
        by_query.setdefault(f"{query.kind}: {query.name}", []).append(sample)
    slowest = sorted(((percentile([s.milliseconds for s in many], 0.95), name) for name, many in by_query.items()))[-8:]
    for kind, row in by_kind.items():
        told(
            f"  {kind:<7} p50 {row['p50_ms']:>7.1f} ms  p95 {row['p95_ms']:>7.1f} ms  up to {row['bytes_max']:,} bytes"
        )
    worst = max(KINDS, key=lambda kind: by_kind[kind]["p95_ms"])
    return {
        "figure": "bench-catalog",
        "ours": by_kind[worst]["p95_ms"],
        "peer": None,
        "ratio": None,
        "unit": "ms, p95 of the slowest kind of query",
        "context": {
            "slowest_kind": worst,
            "peer_reason": NO_PEER,
            "cameras": cameras,
            "kinds": by_kind,
            "slowest_queries_p95_ms": {name: round(value, 1) for value, name in reversed(slowest)},
            "cpus": os.cpu_count(),
        }
        | context,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.catalog", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--cameras", type=int, default=250_000)
    parser.add_argument("--rounds", type=int, default=12)
    given = parser.parse_args()
    print(json.dumps(bench(given.cameras, given.rounds), ensure_ascii=False))


if __name__ == "__main__":
    main()
