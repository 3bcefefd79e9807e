"""The demo region: plausible camera records, the same for the same seed, each marked demo.

Row `i` is the same however many are asked for, so a seeding that was interrupted, or a larger one later, goes on where
the file ends. Rows are made in blocks of `BLOCK`; a block is one COPY in one transaction.
"""

import asyncio
import hashlib
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from psycopg import AsyncConnection
from sqlalchemy import text

from commonsight.catalog import codes, seed_file, vocabulary
from commonsight.catalog.imports.rows import COMPASS
from commonsight.catalog.model import View
from commonsight.catalog.search import grams
from commonsight.catalog.seed_world import City, World, world
from commonsight.places.grid import DENSITY_RESOLUTION, cell
from commonsight.problem import Refusal
from commonsight.records.database import Database, WriteSession

BLOCK = 5_000
COUNT_MOST = codes.SERIAL_MOST
SERIALS = codes.SERIAL_MOST + 1
# Ids are UUIDv7 with a made-up time, so that they sort like the rows and are the same in every run.
_EPOCH_MILLISECONDS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
_COLUMNS = (
    "id, code, name, region, address, platform_id, unit_id, kind, sector, location, original, cell, protocol, url, "
    "demo, grams, place, direction, field_angle, view_distance, file"
)
_PLACES = {"education": "school", "traffic": "artery"}

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class SeedRow:
    """One invented camera."""

    number: int
    id: UUID
    code: str
    name: str
    region: str
    address: str
    platform: UUID
    unit: UUID
    kind: str
    sector: str
    point: tuple[float, float]
    place: str
    view: View
    file: dict[str, str]


def seeded_id(kind: int, number: int, seed: int) -> UUID:
    """A UUIDv7 of the demo world: `kind` keeps cameras, platforms and units apart."""
    value = (_EPOCH_MILLISECONDS + number) << 80 | (kind & 0xFFF) << 64 | (seed & 0xFFFF_FFFF) << 28
    value |= number & 0xFFF_FFFF
    return UUID(int=(value & ~(0xF << 76) & ~(0x3 << 62)) | 0x7 << 76 | 0x2 << 62)


def rows(made: World, first: int, last: int) -> Iterator[SeedRow]:
    """Rows `first` (inside a block: its beginning) to `last`, exclusive."""
    for block in range(first // BLOCK, math.ceil(last / BLOCK)):
        for row in _block(made, block):
            if first <= row.number < last:
                yield row


def _block(made: World, block: int) -> Iterator[SeedRow]:
    rng = np.random.default_rng([made.seed, block])
    cities = rng.choice(len(made.cities), BLOCK, p=made.weights)
    sectors = rng.choice(len(made.sectors), BLOCK, p=made.sector_weights)
    kinds = rng.choice(len(made.kinds), BLOCK, p=made.kind_weights)
    picks = rng.random((BLOCK, 8))
    spread = rng.normal(0.0, 1.0, (BLOCK, 2))
    filed = np.random.default_rng([made.seed, block, 0xF11E]).random((BLOCK, 24))
    for offset in range(BLOCK):
        number = block * BLOCK + offset
        city = made.cities[cities[offset]]
        pick = picks[offset]
        town = city.town(pick[0])
        sector = made.sectors[sectors[offset]]
        words = vocabulary.sectors()[sector]
        name = made.name(city, town, sector, pick)
        point = _inside(city, town.lon, town.lat, town.spread, spread[offset])
        code = codes.build(town.county, words.industry, codes.DeviceType.IP_CAMERA, words.network, number)
        yield SeedRow(
            number,
            seeded_id(1, number, made.seed),
            str(code),
            name,
            town.code,
            f"{city.name}{town.county_name}{town.name}",
            seeded_id(2, int(city.code), made.seed),
            seeded_id(3, int(town.county) * 16 + int(sectors[offset]), made.seed),
            made.kinds[kinds[offset]],
            sector,
            point,
            _PLACES.get(sector, "unknown"),
            _view(name, pick),
            seed_file.as_found(seed_file.whole(number, town.code, city.name, filed[offset]), filed[offset][8:]),
        )


def _view(name: str, pick: np.ndarray) -> View:
    """Where a camera looks that is called after it (`…-东`); of the others the file does not know, as in the field."""
    direction = COMPASS.get(name.rpartition("-")[2])
    if direction is None:
        return View()
    return View(direction, 40 + round(50 * float(pick[4])), 30 + round(90 * float(pick[6])))


def _inside(city: City, lon: float, lat: float, spread: float, step: np.ndarray) -> tuple[float, float]:
    """A point around the town's centre; drawn towards the centre until it lies inside the city."""
    for _ in range(6):
        x, y = lon + spread * float(step[0]), lat + spread * float(step[1])
        if city.holds(x, y):
            return round(x, 6), round(y, 6)
        step = step / 2
    return round(lon, 6), round(lat, 6)


async def seed(
    database: Database,
    count: int,
    address_of: Callable[[int], str | None],
    *,
    seed: int = 45,
    progress: Progress | None = None,
) -> int:
    """Bring the demo region up to `count` cameras; returns how many were added (0 when they are there already).

    Args:
        address_of: RTSP address of camera `i` without userinfo, None for a camera without a source.
        progress: called with (done, count) after each block.

    Raises:
        Refusal: `catalog.seed_too_many`; `places.data_missing` when the region tree is not packaged.
    """
    if count > COUNT_MOST:
        raise Refusal("catalog.seed_too_many", operand="count", expected=f"<= {COUNT_MOST}", actual=count)
    async with database.read() as session:
        # Watched cameras are demo cameras too, but not rows of the seeding: theirs are the addresses of type 132.
        counted = "SELECT count(*) FROM cameras WHERE demo AND substr(code, 11, 3) = '132'"
        done = int((await session.execute(text(counted))).scalar_one())
    if done >= count:
        return 0
    made = world(seed)
    async with database.write() as session:
        await _platforms_and_units(session, made)
    start = done
    # The next block is made while the database takes the one before.
    coming = asyncio.create_task(asyncio.to_thread(_lines, made, done, count, address_of))
    while done < count:
        last, lines = await coming
        coming = asyncio.create_task(asyncio.to_thread(_lines, made, last, count, address_of))
        async with database.write() as session:
            await _copy(session, lines)
        done = last
        if progress is not None:
            progress(done, count)
    await coming
    await settle(database)
    return count - start


async def settle(database: Database) -> None:
    """Give the planner fresh statistics and the index-only scans a clean visibility map after much was written."""
    async with await AsyncConnection.connect(database.dsn, autocommit=True) as connection:
        await connection.execute("VACUUM (ANALYZE) cameras")
        await connection.execute("VACUUM (ANALYZE) camera_counts")


async def _platforms_and_units(session: WriteSession, made: World) -> None:
    await session.execute(
        text(
            "INSERT INTO units (id, name, region, contact) VALUES (:id, :name, :region, :contact) "
            "ON CONFLICT DO NOTHING"
        ),
        [
            {
                "id": seeded_id(5, int(city.code) * 16 + number, made.seed),
                "name": seed_file.firm(city.name, number),
                "region": city.code,
                "contact": seed_file.telephone(city.code, number),
            }
            for city in made.cities
            for number in range(seed_file.FIRMS)
        ],
    )
    await session.execute(
        text(
            "INSERT INTO platforms (id, code, name, region) VALUES (:id, :code, :name, :region) ON CONFLICT DO NOTHING"
        ),
        [
            {
                "id": seeded_id(2, int(city.code), made.seed),
                "code": str(codes.build(city.code, "00", codes.DeviceType.PLATFORM, 0, 1)),
                "name": f"{city.name}公共视频共享平台",
                "region": city.code,
            }
            for city in made.cities
        ],
    )
    await session.execute(
        text("INSERT INTO units (id, name, region) VALUES (:id, :name, :region) ON CONFLICT DO NOTHING"),
        [
            {
                "id": seeded_id(3, int(county) * 16 + index, made.seed),
                "name": made.unit_name(city, name, sector),
                "region": county,
            }
            for city in made.cities
            for county, name in city.counties.items()
            for index, sector in enumerate(made.sectors)
        ],
    )


def _lines(made: World, first: int, count: int, address_of: Callable[[int], str | None]) -> tuple[int, str]:
    """COPY's text for the rows from `first` to the end of its block, and where that end is."""
    last = min(count, (first // BLOCK + 1) * BLOCK)
    lines = []
    for row in rows(made, first, last):
        url = address_of(row.number)
        lon, lat = row.point
        place = f"({lon},{lat})"
        found = ",".join(map(str, grams(row.name, row.address)))
        lines.append(
            f"{row.id}\t{row.code}\t{row.name}\t{row.region}\t{row.address}\t{row.platform}\t{row.unit}\t{row.kind}\t"
            f"{row.sector}\t{place}\t{place}\t{cell(lon, lat, DENSITY_RESOLUTION)}\t"
            + ("\\N\t\\N" if url is None else f"rtsp\t{url}")
            + f"\tt\t{{{found}}}\t{row.place}\t{_said(row.view.direction)}\t{_said(row.view.field_angle)}\t"
            f"{_said(row.view.distance)}\t{json.dumps(row.file, ensure_ascii=False)}\n"
        )
    return last, "".join(lines)


def _said(number: float | None) -> str:
    return "\\N" if number is None else f"{number:g}"


async def _copy(session: WriteSession, lines: str) -> None:
    raw = await (await session.connection()).get_raw_connection()
    driver = raw.driver_connection
    assert isinstance(driver, AsyncConnection)
    async with driver.cursor() as cursor, cursor.copy(f"COPY cameras ({_COLUMNS}) FROM STDIN") as copy:
        await copy.write(lines)


@dataclass(frozen=True, slots=True)
class Watched:
    """One of the few demo cameras with real footage. `key` names it in every run."""

    key: str
    name: str
    region: str
    point: tuple[float, float]
    url: str
    sector: str = "traffic"
    kind: str = "fixed"
    address: str = ""


async def add_watched(session: WriteSession, cameras: Sequence[Watched], *, seed: int = 45) -> list[UUID]:
    """File the watched cameras, or bring what is filed up to date; returns their ids in the order given."""
    ids = []
    for camera in cameras:
        number = int.from_bytes(hashlib.sha256(camera.key.encode()).digest()[:3])
        camera_id = seeded_id(4, number, seed)
        words = vocabulary.sectors()[camera.sector]
        code = codes.build(camera.region, words.industry, codes.DeviceType.CAMERA, words.network, number % SERIALS)
        lon, lat = camera.point
        values = {
            "id": camera_id,
            "code": str(code),
            "name": camera.name,
            "region": camera.region,
            "address": camera.address,
            "kind": camera.kind,
            "sector": camera.sector,
            "lon": lon,
            "lat": lat,
            "cell": cell(lon, lat, DENSITY_RESOLUTION),
            "url": camera.url,
            "grams": grams(camera.name, camera.address),
            "platform": seeded_id(2, int(camera.region[:4]), seed),
        }
        await session.execute(_WATCH, values)
        ids.append(camera_id)
    return ids


_WATCH = text("""
    INSERT INTO cameras (id, code, name, region, address, kind, sector, location, original, cell, protocol, url, demo,
        grams, platform_id)
    VALUES (:id, :code, :name, :region, :address, :kind, :sector, point(:lon, :lat), point(:lon, :lat), :cell, 'rtsp',
        :url, true, CAST(:grams AS integer[]), (SELECT id FROM platforms WHERE id = :platform))
    ON CONFLICT (id) DO UPDATE SET url = excluded.url, name = excluded.name, grams = excluded.grams
""")
