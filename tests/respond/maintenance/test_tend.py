"""From faults to orders and back: grouped, given to the firm, believed only when a check confirms it."""

from datetime import datetime, timedelta

from sqlalchemy import text

from commonsight.respond import service as cases
from commonsight.respond import store
from commonsight.respond.model import Action, State
from tests.catalog.conftest import Somebody


async def test_a_switch_is_one_order_that_goes_to_the_firm_under_contract(yard):
    await yard.contract()
    cameras = [await yard.camera(f"民族大道{n}", switch="QX-SW-017") for n in range(4)]
    lonely = await yard.camera("桂春路口")
    await yard.faulty(*cameras[:3], lonely)
    await yard.tend(30)
    assert await yard.orders() == []
    await yard.tend(40)
    single, group = sorted(await yard.orders(), key=lambda case: case.occurrences)
    assert (single.place, single.camera_id, single.severity) == ("桂春路口", lonely, 2)
    assert (group.place, group.occurrences, group.camera_id) == ("QX-SW-017 (3)", 3, None)
    assert "4 路中的 3 路" in group.words
    assert group.assignee.name == "南宁安维"
    assert group.deadline_at == yard.world.clock.now() + timedelta(hours=8)
    # Nobody has said that they are coming: that is what is escalated first.
    assert group.escalate_at == yard.world.clock.now() + timedelta(hours=4)
    await yard.faulty(cameras[3])
    await yard.tend(5)
    assert sorted(case.occurrences for case in await yard.orders()) == [1, 4]
    assert await yard.history(group) == ["opened", "assign", "grown"]


async def handled(yard, case):
    """Somebody of the firm says it is repaired."""
    person = Somebody(id=yard.world.camera, organisation="南宁安维")
    async with yard.world.database.write() as session:
        await session.execute(
            text("""
                INSERT INTO people (id, name, display_name, organisation_id, password_hash, must_change_password,
                    language, active, roles, regions, created_at, updated_at, revision)
                VALUES (:id, 'wei', '韦师傅', :firm, '-', false, 'zh', true, '{maintainer}', '{45}', now(), now(), 1)
                ON CONFLICT DO NOTHING"""),
            {"id": person.id, "firm": yard.firm},
        )
        step = cases.Step(Action.HANDLE, "更换光模块")
        await cases.act(session, case.id, person, step, lambda _: None, yard.world.clock.now())
    await yard.hand_on()


async def test_a_repair_is_checked_given_back_in_part_and_closed_when_all_is_well(yard):
    await yard.contract()
    cameras = [await yard.camera(f"民族大道{n}", switch="QX-SW-017") for n in range(3)]
    await yard.faulty(*cameras)
    await yard.tend(90)
    [case] = await yard.orders()
    await handled(yard, case)
    asked = [entry.payload for entry in yard.told if entry.topic == "respond.fault_handled"]
    assert asked == [{"case": str(case.id), "number": case.number, "cameras": sorted(map(str, cameras))}]
    yard.world.clock.advance(5)
    await yard.well(*cameras[:2])
    await yard.tend(1)
    [waiting] = await yard.orders()
    assert waiting.state is State.HANDLED
    await yard.faulty(cameras[2])
    await yard.tend(1)
    [back] = await yard.orders()
    assert (back.state, back.occurrences) == (State.ASSIGNED, 1)
    [order] = await yard.world.rows("SELECT recheck, rejected, said FROM maintenance_orders")
    assert (order.recheck, order.rejected) == ("faulty", 1)
    assert (order.said["well"], order.said["of"], order.said["still"][0]["name"]) == (2, 3, "民族大道2")
    await handled(yard, case)
    await yard.well(cameras[2])
    await yard.tend(1)
    assert await yard.orders() == []
    assert (await yard.history(case))[-4:] == ["reject", "handle", "verify", "close"]


async def test_a_repair_nobody_could_check_is_said_to_be_so(yard):
    camera = await yard.camera("桂春路口")
    await yard.contract()
    await yard.faulty(camera)
    await yard.tend(90)
    [case] = await yard.orders()
    await handled(yard, case)
    await yard.tend(601)
    [still] = await yard.orders()
    assert still.state is State.HANDLED
    assert (await yard.history(case))[-1] == "recheck_late"
    await yard.well(camera)
    await yard.tend(1)
    assert await yard.orders() == []


async def test_what_recovers_by_itself_needs_nobody(yard):
    camera, other = await yard.camera("桂春路口"), await yard.camera("古城路口")
    await yard.faulty(camera)
    yard.world.clock.advance(20)
    await yard.well(camera)
    await yard.tend(90)
    assert await yard.orders() == []
    await yard.faulty(other)
    await yard.tend(90)
    [case] = await yard.orders()
    assert (case.state, case.assignee) == (State.OPEN, None)  # no contract: an operator's
    await yard.well(other)
    await yard.tend(1)
    assert await yard.orders() == []
    assert (await yard.history(case)) == ["opened", "unplaced", "recovered"]


async def test_a_group_that_was_several_things_comes_apart(yard):
    await yard.contract()
    every = [await yard.camera(f"东葛路{n}", switch="SW-A", network_line=f"L{n // 6}") for n in range(12)]
    for n in range(8):
        await yard.camera(f"东葛路 B{n}", switch="SW-B", network_line=f"L{n // 4}")
    await yard.faulty(*every)
    await yard.tend(90)
    [case] = await yard.orders()
    assert case.place == "SW-A (12)"
    await yard.well(*every[:3], *every[6:9])  # three of each line stay away
    await yard.tend(5)
    await yard.tend(70)
    found = await yard.orders()
    assert sorted(case.place for case in found) == ["L0 (3)", "L1 (3)"]
    assert "split" in await yard.history(case)
    await yard.tend(70)
    assert len(await yard.orders()) == 2  # once is enough
    members = await yard.world.rows("SELECT count(*) AS n FROM maintenance_faults WHERE state = 'ordered'")
    assert members[0].n == 6


async def test_people_merge_take_back_and_dismiss(yard):
    one, two = await yard.camera("桂春路口"), await yard.camera("古城路口")
    await yard.faulty(one)
    await yard.faulty(two, code="clock")
    await yard.tend(90)
    first, second = sorted(await yard.orders(), key=lambda case: case.place)
    desk = Somebody()

    async def act(case, action, **more):
        async with yard.world.database.write() as session:
            step = cases.Step(action, "同一杆", **more)
            await cases.act(session, case.id, desk, step, lambda _: None, yard.world.clock.now())
        await yard.tend(1)
        await yard.tend(1)

    await act(second, Action.MERGE, into=first.id)
    assert [case.occurrences for case in await yard.orders()] == [2]
    await act(second, Action.UNMERGE)
    assert [case.occurrences for case in await yard.orders()] == [1, 1]
    await act(first, Action.FALSE_ALARM)
    await yard.faulty(two if first.camera_id == two else one, code="clock" if first.camera_id == two else "offline")
    await yard.tend(90)
    assert [case.id for case in await yard.orders()] == [second.id]  # said to be none: quiet until it was well once
    async with yard.world.database.read() as session:
        kept = await store.one(session, first.id)
    assert kept.state is State.FALSE_ALARM


async def test_a_service_level_counts_working_hours(yard):
    calendar = {"days": [1, 2, 3, 4, 5], "from": "08:30", "to": "17:30", "zone": "Asia/Shanghai", "closed": [],
                "opened": []}  # fmt: skip
    await yard.contract(calendar=calendar)
    camera = await yard.camera("桂春路口")
    await yard.faulty(camera)
    await yard.tend(60)  # Monday 12:01: five and a half hours are left of the day
    [case] = await yard.orders()
    assert case.deadline_at == datetime.fromisoformat("2026-11-24T11:01:00+08:00")
