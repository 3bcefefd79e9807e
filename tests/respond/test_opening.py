"""Alarms become cases: once for each trouble, bounded in a storm, graver when they turn out to be."""

import json
from datetime import timedelta

from sqlalchemy import text

from commonsight import outbox
from commonsight.records.base import uuid7
from commonsight.respond import told
from commonsight.respond.model import EVIDENCE_MOST, State
from tests.respond.conftest import CHANNEL, DEVICE, NOON, World


async def test_an_alarm_becomes_a_case_at_its_camera(world: World) -> None:
    alarm = await world.alarm(priority=1)
    await world.hand_on()
    (case,) = await world.cases()
    assert (case.kind, case.severity, case.state) == ("alarm", 1, State.OPEN)
    assert (case.subject, case.words) == ("respond.alarm_5_6", "东门有人翻越")
    assert (case.camera_id, case.place, case.region) == (world.camera, "民族广场东", "450103")
    assert case.point == (108.33, 22.82)
    assert case.deadline_at == NOON + timedelta(minutes=60)
    assert [each["id"] for each in case.evidence] == [str(alarm)]


async def test_an_alarm_that_is_handed_on_of_a_device_gone_is_nobodys(world: World) -> None:
    async with world.database.write() as session:
        await outbox.append(session, "connect.alarm", {"alarm": str(uuid7())})
    await world.hand_on()
    assert await world.cases() == []


async def test_the_same_trouble_again_is_counted_not_opened_anew(world: World) -> None:
    for _ in range(3):
        await world.alarm()
        world.clock.advance(60)
    await world.hand_on()
    (case,) = await world.cases()
    assert (case.occurrences, len(case.evidence)) == (3, 3)
    await world.alarm(type_=8)
    await world.hand_on()
    assert [each.subject for each in await world.cases()] == ["respond.alarm_5_6", "respond.alarm_5_8"]


async def test_the_same_trouble_after_the_window_is_a_case_of_its_own(world: World) -> None:
    await world.alarm()
    await world.hand_on()
    world.clock.advance(31 * 60)
    await world.alarm()
    await world.hand_on()
    assert [case.occurrences for case in await world.cases()] == [1, 1]


async def test_counting_leaves_the_version_so_that_people_can_go_on_handling(world: World) -> None:
    await world.alarm()
    await world.hand_on()
    (before,) = await world.cases()
    for _ in range(30):
        await world.alarm()
    await world.hand_on()
    (after,) = await world.cases()
    assert (after.occurrences, after.version) == (31, before.version)
    assert len(after.evidence) == EVIDENCE_MOST
    assert after.evidence[0] == before.evidence[0]


async def test_a_graver_alarm_makes_its_case_graver_and_shortens_its_time(world: World) -> None:
    await world.alarm(priority=3)
    await world.hand_on()
    world.clock.advance(60)
    await world.alarm(priority=1)
    entries = await world.hand_on()
    (case,) = await world.cases()
    assert (case.severity, case.deadline_at) == (1, NOON + timedelta(minutes=60))
    grown = [entry.payload for entry in entries if entry.topic == told.GROWN]
    assert [one["graver"] for one in grown] == [True]


async def test_a_storm_of_one_camera_opens_a_handful_and_counts_the_rest(world: World) -> None:
    for number in range(417):
        await world.alarm(type_=number, priority=4)
    entries = await world.hand_on()
    found = await world.cases()
    assert len(found) == 6
    storm = found[-1]
    assert (storm.subject, storm.occurrences) == ("respond.subject_storm", 412)
    assert sum(case.occurrences for case in found) == 417
    about = [entry for entry in entries if entry.topic.startswith("respond.")]
    assert len(about) <= 10, "a storm is told of by orders of magnitude, not alarm by alarm"
    world.clock.advance(11 * 60)
    await world.alarm(type_=50)
    await world.hand_on()
    assert len(await world.cases()) == 7, "when it is over, cases are opened again"


async def test_a_storm_of_one_device_is_bounded_however_many_cameras_it_names(world: World) -> None:
    for number in range(230):
        await world.alarm(f"4501030000132{number:07d}", priority=3)
    await world.hand_on()
    found = await world.cases()
    assert len(found) == 201
    assert (found[-1].scope, found[-1].occurrences) == (f"device:{DEVICE}", 30)
    assert found[-1].camera_id is None


async def test_an_alarm_handed_on_twice_does_no_harm(world: World) -> None:
    await world.alarm()
    await world.alarm()
    await world.hand_on()
    world._handed = 0
    await world.hand_on()
    (case,) = await world.cases()
    assert case.occurrences == 2


async def test_what_a_library_recognised_becomes_a_case_for_each_search(world: World) -> None:
    async with world.database.write() as session:
        for title in ("布控车辆 桂A·12345", "布控车辆 桂A·12345", "走失老人"):
            alarm = uuid7()
            await session.execute(
                text("""
                    INSERT INTO viid_alarms (id, device, alarm, camera_id, region, title, raised_at, received_at,
                                             record)
                    VALUES (:id, 'lib', :id, :camera, '450103', :title, now(), now(), CAST(:record AS jsonb))"""),
                {"id": alarm, "camera": world.camera, "title": title, "record": json.dumps({})},
            )
            await outbox.append(session, "viid.alarm_raised", {"alarm": str(alarm), "region": "450103"})
    await world.hand_on()
    found = await world.cases()
    assert [(case.words, case.occurrences, case.severity) for case in found] == [
        ("布控车辆 桂A·12345", 2, 2), ("走失老人", 1, 2),
    ]  # fmt: skip
    assert {case.camera_id for case in found} == {world.camera}


async def test_a_case_outlives_what_it_is_about(world: World) -> None:
    await world.alarm(CHANNEL)
    await world.hand_on()
    async with world.database.write() as session:
        await session.execute(text("DELETE FROM gb_alarms"))
    (case,) = await world.cases()
    assert case.place == "民族广场东"
