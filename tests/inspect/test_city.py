"""The job itself on virtual cameras over real RTSP: what it measures is what is wrong with them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from commonsight import jobs
from commonsight.catalog import lists, seed
from commonsight.catalog.model import Filters, Health, Sort
from commonsight.clock import SystemClock
from commonsight.connect.model import Codec
from commonsight.inspect import tasks
from commonsight.jobs import House
from commonsight.records.database import Database
from commonsight.settings import Inspect, Settings
from commonsight.simulate import rtsp_server
from commonsight.simulate.city import City
from commonsight.simulate.fleet import Fault, Fleet, Mix
from commonsight.simulate.reel import access_units, broken, load
from tests.catalog.conftest import filed, filed_url, key
from tests.simulate.conftest import stream

__all__ = ["filed", "filed_url", "key", "stream"]

COUNT = 80
SETTINGS = Inspect(rate=200, concurrency=40, timeout_seconds=3, retry_seconds=0.1, offline_after=2)
STATES = {
    Fault.NONE: Health.WORKS,
    Fault.SLOW: Health.WORKS,
    Fault.REFUSED: Health.OFFLINE,
    Fault.HUNG: Health.OFFLINE,
    Fault.MISSING: Health.BAD,
    Fault.UNAUTHORIZED: Health.BAD,
    Fault.NO_VIDEO: Health.BAD,
    Fault.BROKEN: Health.BAD,
}


@pytest.fixture
async def city(stream: bytes, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[City]:
    """A fleet with every fault there is."""
    monkeypatch.setattr(rtsp_server, "SLOW_SECONDS", 0.05)
    mix = Mix(refused=0.1, hung=0.05, missing=0.05, unauthorized=0.05, no_video=0.05, broken=0.1, slow=0.05)
    made = City(Fleet(7, COUNT, port=0, dead_port=0, mix=mix), SystemClock())
    reel = load("street", stream, Codec.H264, 10)
    made.show(reel, broken(load("street", stream, Codec.H264, 10), access_units(Codec.H264, stream)))
    await made.start()
    yield made
    await made.close()


@pytest.fixture
async def house(city: City, filed: Database, tmp_path: Path) -> AsyncIterator[House]:
    """A worker process's house over the city's camera file."""
    await seed.seed(filed, COUNT, city.fleet.address)
    made = House(Settings(data_dir=tmp_path, inspect=SETTINGS), filed, SystemClock())
    jobs.furnish(made)
    yield made
    jobs.furnish(None)


@pytest.fixture(autouse=True)
def _no_house_left() -> Iterator[None]:
    yield
    jobs.furnish(None)


async def test_a_sweep_finds_out_what_is_wrong_with_each_camera(house: House, city: City) -> None:
    await tasks.plan(0)
    await tasks.shard()
    async with house.database.read() as session:
        rows = (await lists.page(session, Filters(("45",)), Sort.CODE, None, COUNT)).rows
        measured = {int(row.code[-6:]): row.health for row in rows}
        permits = await session.execute(text("SELECT holder_name, purpose_code FROM permits"))
        assert [tuple(row) for row in permits] == [("inspect", "health_check")]
    assert measured == {number: STATES[city.fleet.fault(number)] for number in range(COUNT)}
    assert set(measured.values()) == {Health.WORKS, Health.BAD, Health.OFFLINE}
