"""The camera file of bench-records before anything is wrong with it: the demo region's records, each complete and
right, and the kinds of records that look wrong at first sight and are not.

Noise that must not be flagged: roads called after other cities, signs to other cities, borders between two counties,
several cameras on one pole with a few metres between their places, channels of one recorder with one MAC address and
host, telephone numbers in every form there is, dates with a time of day as platforms report them, units of neighbouring
counties and numbered units with nearly the same name, coordinates that end in a zero, places up to 2 km beyond an
outline, platforms that rightly declare GCJ-02, labels in the picture that leave out city and county.
"""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import numpy as np

from commonsight.catalog import codes, seed, vocabulary
from commonsight.catalog.seed import SeedRow, seeded_id
from commonsight.catalog.seed_file import FIRMS, firm, telephone, whole
from commonsight.catalog.seed_world import World, world
from commonsight.places.coordinates import wgs84_to_gcj02

SEED: Final = 45
DIRECTIONS: Final = ("东", "南", "西", "北", "东南", "东北", "西南", "西北")
POLE_SHARE: Final = 0.08
"""Records that stand on the pole of the record before."""


@dataclass(slots=True)
class Record:
    """One record as it is to be written. `channel`: which kind of source reports it."""

    number: int
    id: UUID
    code: str
    name: str
    region: str
    city: str
    county: str
    address: str
    platform: UUID
    unit: str
    sector: str
    kind: str
    x: float | None
    y: float | None
    url: str | None
    file: dict[str, str]
    system: str = "WGS-84"
    record: dict[str, str] | None = None
    channel: str | None = None
    shared: bool = False
    """On a pole with others, or a channel of a recorder: left alone by most injections."""


@dataclass(slots=True)
class Made:
    """The whole file, with the table of units: name to (contact, closed on)."""

    records: list[Record] = field(default_factory=list)
    units: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    platforms: dict[UUID, tuple[str, str]] = field(default_factory=dict)
    """Id to (name, region): each city has its own and the traffic police's."""

    stage: World | None = None
    total: int = 0


def traffic(city: str) -> UUID:
    """The second platform of a city."""
    return seeded_id(6, int(city), SEED)


def made(count: int) -> Made:
    """The file: `count` records, the same each time."""
    stage = world(SEED)
    file = Made(stage=stage, total=count)
    city_of = {city.code: city for city in stage.cities}
    for city in stage.cities:
        file.platforms[seeded_id(2, int(city.code), SEED)] = (f"{city.name}公共视频共享平台", city.code)
        file.platforms[traffic(city.code)] = (f"{city.name}交警视频平台", city.code)
        for number in range(FIRMS):
            file.units[firm(city.name, number)] = (telephone(city.code, number), None)
    before: Record | None = None
    block = -1
    picks = np.zeros((0, 0))
    for row in seed.rows(stage, 0, count):
        if row.number // seed.BLOCK != block:
            block = row.number // seed.BLOCK
            picks = np.random.default_rng([SEED, block, 0xF11E]).random((seed.BLOCK, 12))
        pick = picks[row.number % seed.BLOCK]
        city = city_of[row.region[:4]]
        record = _record(file, row, city.name, city.counties[row.region[:6]], pick)
        if before is not None and pick[8] < POLE_SHARE and before.channel is None and "pole" in before.file:
            _beside(record, before, pick)
        elif pick[8] < POLE_SHARE + 0.04 and before is not None and before.url is not None and not before.shared:
            _channel_of(record, before)
        else:
            _odd(record, pick)
        file.units.setdefault(record.unit, ("", None))
        file.records.append(record)
        before = record
    return file


def _record(file: Made, row: SeedRow, city: str, county: str, pick: np.ndarray) -> Record:
    assert file.stage is not None
    town = next(each for each in file.stage.cities if each.code == row.region[:4])
    unit = file.stage.unit_name(town, county, row.sector)
    if row.number % 7 == 0:
        unit += "一二三"[row.number % 3] + "中队"
    platform = traffic(row.region[:4]) if row.sector == "traffic" else row.platform
    lon, lat = row.point
    if pick[9] < 0.02:
        lon, lat = round(lon, 5), round(lat, 4)
    number = row.number
    host = f"rtsp://10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    filed = whole(number, row.region, city, pick)
    return Record(
        number, row.id, row.code, row.name, row.region, city, county, f"{row.address}{number % 300 + 1}号", platform,
        unit, row.sector, row.kind, lon, lat, f"{host}/ch1", filed,
    )  # fmt: skip


def _beside(record: Record, pole: Record, pick: np.ndarray) -> None:
    """On the same pole: the same town, another direction, its own idea of the place within a few metres."""
    assert pole.x is not None
    assert pole.y is not None
    record.region, record.city, record.county, record.address = pole.region, pole.city, pole.county, pole.address
    words = vocabulary.sectors()[record.sector]
    record.code = str(
        codes.build(pole.region, words.industry, codes.DeviceType.IP_CAMERA, words.network, record.number)
    )
    stem, _, seen = pole.name.rpartition("-")
    direction = DIRECTIONS[(DIRECTIONS.index(seen) + 1 + int(pick[9] * 6)) % 8] if seen in DIRECTIONS else "东"
    record.name = f"{stem if seen in DIRECTIONS else pole.name}-{direction}"
    record.x = round(float(pole.x + (pick[10] - 0.5) * 8e-5), 6)
    record.y = round(float(pole.y + (pick[11] - 0.5) * 8e-5), 6)
    record.file["grassroots_code"] = pole.file["grassroots_code"]
    for code in ("pole", "switch", "network_line", "maintenance_unit", "maintenance_phone"):
        record.file[code] = pole.file[code]
    record.unit = pole.unit
    record.platform = (
        traffic(pole.region[:4]) if record.sector == "traffic" else seeded_id(2, int(pole.region[:4]), SEED)
    )
    record.shared = pole.shared = True


def _channel_of(record: Record, recorder: Record) -> None:
    """Another channel of the recorder before: its address and MAC, a path and a picture of its own."""
    assert recorder.url is not None
    record.url = f"{recorder.url.rpartition('/')[0]}/ch{record.number % 100 + 2}"
    record.file["mac"] = recorder.file["mac"]
    record.shared = recorder.shared = True


def _odd(record: Record, pick: np.ndarray) -> None:
    """What looks wrong and is not."""
    kind = int(pick[10] * 60)
    others = ("桂林市", "北海市", "柳州市", "梧州市", "百色市")
    other = next(name for name in others if name != record.city)
    stem = f"{record.city}{record.county}"
    if kind == 0:
        record.name = f"{stem}{other.removesuffix('市')}路{record.number % 300}号-东"
    elif kind == 1:
        record.name = f"{stem}收费站往{other}方向-南"
    elif kind == 2:
        record.name = f"{stem}{other}大厦停车场-北"
    elif kind == 3:
        record.file["contact"] = ("13800138000", "110", "400-810-0000", "0771-5551234-801", "5551234")[
            record.number % 5
        ]
    elif kind == 4:
        record.file["install_time"] += "T00:00:00.000"
    elif kind == 5:
        record.name = f"{stem}国道K{record.number % 900}+{record.number % 1000} 卡口（双向）-西"
    elif kind == 6:
        record.file["osd_label"] = record.name.removeprefix(record.city).removeprefix(record.county)
    elif kind == 7 and record.x is not None and record.y is not None:
        record.x, record.y = wgs84_to_gcj02(record.x, record.y)
        record.system, record.channel = "GCJ-02", "gcj"
    elif kind == 8:
        record.name = f"{stem}ABC商场门口 2 号机"
    elif kind == 9:
        for code in ("warranty_until", "pole", "network_line"):
            record.file.pop(code, None)
    elif kind == 10:
        record.address = f"{record.city}{record.county}建政路（东段）{record.number % 99 + 1}号"
