"""Where a camera looks, as its platform reports it, until a person says otherwise."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from commonsight.records.database import Database
from tests.catalog.conftest import Client

COLUMNS = ("direction", "field_angle", "view_distance", "place")


class Reports:
    """One camera whose platform reports it again and again."""

    def __init__(self, client: Client, database: Database, path: str) -> None:
        self.client, self.database, self.path = client, database, path

    async def say(self, **fields: str) -> tuple[Any, ...]:
        record = {name.replace("__", "/"): value for name, value in fields.items()}
        async with self.database.write() as session:
            await session.execute(
                text("UPDATE cameras SET record = CAST(:record AS jsonb)"), {"record": json.dumps(record)}
            )
        return await self.now()

    async def edit(self, **fields: Any) -> None:
        changed = await self.client.patch(self.path, json=fields, headers={"If-Match": "*"})
        assert changed.status_code == 200, changed.text

    async def now(self) -> tuple[Any, ...]:
        found = (await self.client.get(self.path)).json()
        return tuple(found[column] for column in COLUMNS)


@pytest.fixture
async def reports(empty_client: Client, filed: Database) -> Reports:
    made = await empty_client.post("/cameras", json={"name": "甲", "region": "450103"})
    return Reports(empty_client, filed, made.headers["Location"])


async def test_reports_of_either_version_are_in_force_and_move_with_the_report(reports: Reports) -> None:
    old = await reports.say(Info__DirectionType="5", Info__PositionType="8")
    assert old == (135, None, None, "school")
    new = await reports.say(Info__DirectionType="4", Info__HorizontalFieldAngle="62.5", Info__MaxViewDistance="80")
    assert new == (0, 62.5, 80, "unknown")
    assert await reports.say(DirectionType="1") == (90, None, None, "unknown")


async def test_what_a_person_says_stays(reports: Reports) -> None:
    await reports.say(Info__DirectionType="1", Info__MaxViewDistance="80")
    await reports.edit(direction=100, place="stadium")
    assert await reports.say(Info__DirectionType="2", Info__MaxViewDistance="90", Info__PositionType="8") == (
        100,
        None,
        90,
        "stadium",
    )


@pytest.mark.parametrize("wild", ["", "0", "9", "-1", "x", "1e9", "99999999", "NaN", "1 "])
async def test_wild_reports_are_left_out(reports: Reports, wild: str) -> None:
    await reports.say(Info__DirectionType="1")
    found = await reports.say(Info__DirectionType=wild, Info__HorizontalFieldAngle=f"-{wild}", Info__PositionType=wild)
    assert found[0] in (None, 90)
    assert found[1] is None
