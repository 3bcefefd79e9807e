"""Mapped ids: stable, never given twice, never a lower id; what changes is told once; loops are cut."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from commonsight.connect.gb28181.above import ids_store, store
from commonsight.connect.gb28181.above.model import Right, Share, mark
from commonsight.gate.grant_model import Selection
from commonsight.records.base import uuid7
from commonsight.records.database import Database

from .world import LOWER, UPPER, file_share, file_upper

COUNTY, OTHER = "450102", "450103"


async def file(database: Database, count: int, region: str = COUNTY, first: int = 1, **more: Any) -> list[UUID]:
    made = []
    async with database.write() as session:
        await session.execute(
            text(
                "INSERT INTO regions (code, name, level, parent) VALUES ('45', '广西', 1, NULL),"
                " ('4501', '南宁', 2, '45'),"
                " ('450102', '兴宁', 3, '4501'), ('450103', '青秀', 3, '4501') ON CONFLICT DO NOTHING"
            )
        )
        for number in range(first, first + count):
            camera = uuid7()
            made.append(camera)
            await session.execute(
                text(
                    "INSERT INTO cameras (id, code, name, region, grams, protocol, url, health, sector, location)"
                    " VALUES (:id, :code, :name, :region, '{}', 'rtsp', 'rtsp://10.1.1.1/a', 1, :sector,"
                    " point(108.3, 22.8))"
                ),
                {
                    "id": camera, "code": f"{region}0000132000{number:04d}", "name": f"路口{number}",
                    "region": region, "sector": more.get("sector", "traffic"),
                },
            )  # fmt: skip
    return made


async def refreshed(database: Database, upper_id: UUID, own: str = LOWER) -> ids_store.Refreshed:
    async with database.write() as session:
        upper = next(one for one in await store.everything(session) if one.id == upper_id)
        return await ids_store.refresh(session, upper, await store.shares(session, upper_id), own)


async def shown(database: Database, upper_id: UUID) -> dict[UUID, str]:
    async with database.read() as session:
        rows = await ids_store.page(session, upper_id, "", 1_000)
    return {row.camera_id: row.code for row in rows if row.camera_id is not None}


async def test_ids_stay_through_every_change_and_are_given_once(database, key):
    cameras = await file(database, 5)
    upper = await file_upper(database, 5060)
    share = await file_share(database, upper)
    found = await refreshed(database, upper)
    assert (found.shown, found.changed, found.looped) == (5 + 3, 8, 0)
    first = await shown(database, upper)
    assert set(first) == set(cameras)
    assert all(len(code) == 20 and code.startswith(COUNTY) for code in first.values())
    assert (await refreshed(database, upper)).changed == 0

    async with database.write() as session:
        await store.remove_share(session, share.id)
    assert (await refreshed(database, upper)).shown == 0
    more = await file(database, 2, first=6)
    await file_share(database, upper)
    await refreshed(database, upper)
    second = await shown(database, upper)
    assert {camera: second[camera] for camera in cameras} == first
    assert not {second[camera] for camera in more} & set(first.values())


async def test_an_upper_platform_that_comes_back_finds_the_same_ids(database, key):
    await file(database, 3)
    upper = await file_upper(database, 5060)
    await file_share(database, upper)
    await refreshed(database, upper)
    before = await shown(database, upper)
    async with database.write() as session:
        await store.remove(session, upper)
        assert await store.revive(session, UPPER) == upper
    await file_share(database, upper)
    await refreshed(database, upper)
    assert await shown(database, upper) == before


async def test_no_mapped_id_is_the_id_of_anything_below(database, key):
    """A camera that bears the number that would come next is gone round."""
    await file(database, 2)
    async with database.write() as session:
        await session.execute(text("UPDATE cameras SET code = substr(code, 1, 14) || '500001' WHERE name = '路口2'"))
    upper = await file_upper(database, 5060)
    await file_share(database, upper)
    await refreshed(database, upper)
    async with database.read() as session:
        own = {row.code for row in await session.execute(text("SELECT code FROM cameras"))}
    codes = (await shown(database, upper)).values()
    assert len(set(codes)) == 2
    assert not own & set(codes)


async def test_two_upper_platforms_know_a_camera_by_ids_of_their_own(database, key):
    (camera,) = await file(database, 1)
    uppers = [await file_upper(database, 5060, UPPER), await file_upper(database, 5061, "44000000002000000001")]
    for upper in uppers:
        await file_share(database, upper)
        await refreshed(database, upper)
    async with database.read() as session:
        behind = [await ids_store.behind(session, upper, (await shown(database, upper))[camera]) for upper in uppers]
    assert [one.camera_id for one in behind if one] == [camera, camera]


@pytest.mark.parametrize(
    ("choice", "count"),
    [
        (Selection(everything=True), 5),
        (Selection(regions=(OTHER,)), 2),
        (Selection(regions=("4501",), tags=("sector:water",)), 2),
        (Selection(tags=("sector:traffic", "sector:water")), 5),
        (Selection(everything=True, tags=("colour:red",)), 0),
        (Selection(), 0),
        (
            Selection(
                polygon={"type": "Polygon", "coordinates": [[[108, 22], [109, 22], [109, 23], [108, 23], [108, 22]]]}
            ),
            5,
        ),
        (Selection(polygon={"type": "Polygon", "coordinates": [[[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]]}), 0),
    ],
)
async def test_a_choice_holds_what_it_says(database, key, choice, count):
    await file(database, 3)
    await file(database, 2, region=OTHER, sector="water")
    upper = await file_upper(database, 5060)
    await file_share(database, upper, choice)
    await refreshed(database, upper)
    assert len(await shown(database, upper)) == count


async def test_shares_that_overlap_add_their_rights_up(database, key):
    cameras = await file(database, 2)
    upper = await file_upper(database, 5060)
    await file_share(database, upper, rights=Right.LIVE)
    await file_share(database, upper, Selection(cameras=frozenset(cameras[:1])), rights=Right.CONTROL)
    await refreshed(database, upper)
    async with database.read() as session:
        rows = {row.camera_id: row.rights for row in await ids_store.page(session, upper, "", 100)}
    assert rows[cameras[0]] == Right.LIVE | Right.CONTROL
    assert rows[cameras[1]] == Right.LIVE


async def test_what_changed_is_told_once_by_its_last_word(database, key):
    cameras = await file(database, 3)
    upper = await file_upper(database, 5060)
    await file_share(database, upper)
    await refreshed(database, upper)
    async with database.write() as session:
        told = await ids_store.newest(session, upper)
        for sql, camera in (
            ("UPDATE cameras SET health = 3 WHERE id = :id", cameras[0]),
            ("UPDATE cameras SET name = '改名' WHERE id = :id", cameras[1]),
            ("UPDATE cameras SET archived_at = now() WHERE id = :id", cameras[2]),
        ):
            await session.execute(text(sql), {"id": camera})
    await file(database, 1, first=9)
    await refreshed(database, upper)
    async with database.read() as session:
        changes = await ids_store.since(session, upper, told, 100)
    assert sorted(one.event for one in changes) == ["ADD", "DEL", "OFF", "UPDATE"]
    assert next(one.name for one in changes if one.event == "UPDATE") == "改名"
    async with database.read() as session:
        assert not await ids_store.since(session, upper, changes[-1].version, 100)


async def test_what_came_from_above_is_not_offered_to_it(database, key):
    """By the device it is behind, by the route it says it came, by an id that we gave away: each cuts the loop."""
    cameras = await file(database, 5)
    upper = await file_upper(database, 5060)
    share = await file_share(database, upper)
    await refreshed(database, upper)
    codes = await shown(database, upper)
    async with database.write() as session:
        for number, (device, channel, record) in enumerate((
            (UPPER, "45010200001320009001", "{}"),
            ("45010000002000000055", "45010200001320009002", f'{{"Info/CascadeRoute": "{mark("1")} {mark(UPPER)}"}}'),
            ("45010000002000000056", "45010200001320009003", f'{{"Info/CascadeRoute": "{mark(LOWER)}"}}'),
            ("45010000002000000057", codes[cameras[4]], "{}"),
        )):  # fmt: skip
            made = uuid7()
            values = {"id": made, "code": device, "channel": channel, "camera": cameras[number], "record": record}
            for sql in (
                "INSERT INTO gb_devices (id, code, name, kind, region) VALUES (:id, :code, 'x', 'platform', '45')",
                "INSERT INTO intake_sources (id, code, name, region, protocol, url_prefix)"
                " VALUES (:id, :code, 'x', '45', 'gb28181', 'gb28181://')",
                "INSERT INTO gb_channels (device_id, code, kind, camera_id) VALUES (:id, :channel, 'camera', :camera)",
                "UPDATE cameras SET record = CAST(:record AS jsonb) WHERE id = :camera",
            ):
                await session.execute(text(sql), values)
    found = await refreshed(database, upper)
    assert found.looped == 4
    assert set(await shown(database, upper)) == {cameras[4]}
    async with database.read() as session:
        kept = await store.kept(session, upper)
    assert kept is not None
    assert kept.standing.loops == 4
    assert share.rights == kept.shares * share.rights


def test_a_right_that_is_none_is_refused():
    assert Right.of(["live", "control"]).words == ["live", "control"]
    for said in ([], ["fly"]):
        with pytest.raises(Exception, match="cascade_field_invalid"):
            Right.of(said)


def test_a_share_names_no_rights_it_does_not_have():
    share = Share(uuid7(), uuid7(), "x", Selection(everything=True), Right.LIVE, "own", True)
    assert replace(share, rights=Right.LIVE | Right.ALARMS).rights.words == ["live", "alarms"]
