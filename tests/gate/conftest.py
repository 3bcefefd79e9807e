from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from commonsight.access.audit import LOCAL
from commonsight.catalog import service as catalog
from commonsight.clock import SystemClock
from commonsight.places import store as places
from commonsight.places.model import Level, Region
from commonsight.records.database import Database

MakeCamera = Callable[..., Awaitable[UUID]]


@pytest.fixture
async def camera(database: Database) -> MakeCamera:
    """`await camera("民族广场", "450103")` files a camera and returns its id."""
    tree = [
        Region("45", "广西壮族自治区", Level.PROVINCE, None),
        Region("4501", "南宁市", Level.CITY, "45"),
        Region("450103", "青秀区", Level.COUNTY, "4501"),
        Region("4502", "柳州市", Level.CITY, "45"),
    ]
    async with database.write() as session:
        await places.load(session, "test", b"\0" * 32, tree)

    async def file(name: str = "民族广场", region: str = "450103") -> UUID:
        async with database.write() as session:
            given = catalog.Given.of(name=name, region=region, url="rtsp://192.0.2.1/1")
            made = await catalog.add(session, given, catalog.Changer(LOCAL, ("45",)), "45", SystemClock().now())
        return made.row.id

    return file
