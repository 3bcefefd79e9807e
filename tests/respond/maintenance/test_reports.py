"""Faults as other rooms report them: known ones are carried on, windows hold them, a well camera ends them."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from commonsight.records.base import uuid7
from commonsight.respond.maintenance import service
from commonsight.respond.maintenance.model import Fault, codes, sort_of

FAULTS = "SELECT code, family, state, times, at, seen_at, ended_how FROM maintenance_faults ORDER BY at, id"


def test_every_code_says_what_it_is_in_both_languages_and_where_to_look():
    for code in codes():
        sort = sort_of(code.replace("*", "blur"))
        assert sort.said("zh") != sort.said("en")
        assert len(sort.first("zh")) == len(sort.first("en")) > 0


@pytest.mark.parametrize("code", ["", "broken", "bad_picture", "bad_picture.", "bad_picture.*", "record." + "x" * 60])
def test_a_code_that_is_none_is_refused(code):
    with pytest.raises(ValueError):
        sort_of(code)


async def test_a_fault_is_carried_on_until_the_camera_is_well(world):
    async with world.database.write() as session:
        await service.report_fault(session, Fault(world.camera, "offline", world.clock.now()))
        later = world.clock.now() + timedelta(minutes=5)
        # Out of reach, then reached but without a picture: one trouble, of which more is known now.
        await service.report_fault(session, Fault(world.camera, "no_video", later))
        await service.report_fault(session, Fault(world.camera, "bad_picture.blur", later))
        await service.report_fault(session, Fault(world.camera, "bad_picture.freeze", later))
    found = await world.rows(FAULTS)
    assert [(row.code, row.state, row.times) for row in found] == [
        ("no_video", "waiting", 2), ("bad_picture.blur", "waiting", 1), ("bad_picture.freeze", "waiting", 1),
    ]  # fmt: skip
    async with world.database.write() as session:
        await service.report_well(session, world.camera, "link", later)
        await service.report_well(session, world.camera, "bad_picture.blur", later)
        await service.report_well(session, world.camera, "clock", later)
    assert [row.state for row in await world.rows(FAULTS)] == ["ended", "ended", "waiting"]


async def test_within_a_window_a_fault_waits_for_its_end(world):
    now = world.clock.now()
    window = uuid7()
    async with world.database.write() as session:
        await session.execute(
            text("""
                INSERT INTO maintenance_windows (id, reason, choice, cameras, starts_at, ends_at, regions, by_id,
                    by_name, created_at) VALUES (:id, '换杆', '{}', 1, :from, :to, '{45}', :id, '韦', :from)"""),
            {"id": window, "from": now, "to": now + timedelta(hours=2)},
        )
        await session.execute(
            text("INSERT INTO maintenance_window_cameras VALUES (:window, :camera)"),
            {"window": window, "camera": world.camera},
        )
        await service.report_fault(session, Fault(world.camera, "offline", now + timedelta(minutes=1)))
        await service.report_fault(session, Fault(world.camera, "clock", now + timedelta(hours=3)))
        assert await service.in_window(session, [world.camera, uuid7()], now) == {world.camera}
        assert await service.in_window(session, [world.camera], now + timedelta(hours=2)) == set()
    assert {row.code: row.state for row in await world.rows(FAULTS)} == {"offline": "held", "clock": "waiting"}
