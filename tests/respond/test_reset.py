"""A closed case ends the alarm at its device: by the queue, over real SIP, and what the device says is written down."""

from typing import Any

import pytest
from sqlalchemy import text

from commonsight.catalog import secrets
from commonsight.connect.wire import manscdp
from commonsight.problem import Refusal
from commonsight.records import nodes
from commonsight.records.database import Database
from commonsight.respond import reset, tasks
from commonsight.respond.model import Action
from commonsight.respond.service import Step, act
from commonsight.settings import Settings, Sip, Zone
from tests.connect.gb28181.conftest import Start, start, until
from tests.respond.conftest import CHANNEL, DEVICE, Person, World

__all__ = ["start"]


@pytest.fixture
def settings(world: World) -> Settings:
    return world.house.settings.model_copy(update={"sip": Sip(zones=[Zone(port=0)])})


@pytest.fixture
async def database(world: World) -> Database:
    async with world.database.write() as session:
        await session.execute(
            text("UPDATE gb_devices SET secret = :secret WHERE code = :code"),
            {"secret": secrets.installed().seal("secret-1"), "code": DEVICE},
        )
    return world.database


async def ended(world: World, person: Person, action: Action = Action.FALSE_ALARM) -> str:
    """A case that somebody ended; its id."""
    wei = await person("wei", "officer")
    await world.alarm(method=5, type_=6)
    await world.hand_on()
    (case,) = await world.cases()
    async with world.database.write() as session:
        await act(session, case.id, wei, Step(action, words="树影"), lambda _: None, world.clock.now())
    await world.hand_on()
    assert await world.jobs("respond:reset_alarm") == [{"case_id": str(case.id)}]
    (case,) = await world.cases()
    assert case.reset == reset.ASKED
    return str(case.id)


async def alive(world: World, running: Any) -> None:
    """The signalling process beats, so that it is found."""
    detail = {"signalling": f"unix:{running.house.line.path}"}
    await nodes.beat(world.database, "sip-test", "sip", None, detail)


async def test_the_device_is_told_and_its_answer_written_down(world: World, person: Person, start: Start) -> None:
    running = await start()
    device = await running.device(DEVICE)
    device.answers["DeviceControl"] = lambda body, _: [
        manscdp.build("Response", "DeviceControl", body.serial, body.device, ("Result", "OK"))
    ]
    assert (await device.register()).status == 200
    await until(lambda: running.known(DEVICE).online)
    await alive(world, running)
    await ended(world, person)
    (case,) = await world.cases()
    await reset.ask(world.house, case.id)
    bodies = [manscdp.decode(one.body) for one in device.heard if one.method == "MESSAGE" and one.body]
    (told,) = [body for body in bodies if body.root.findtext("AlarmCmd") is not None]
    assert (told.device, told.root.findtext("AlarmCmd")) == (CHANNEL, "ResetAlarm")
    assert (told.root.findtext("Info/AlarmMethod"), told.root.findtext("Info/AlarmType")) == ("5", "6")
    (case,) = await world.cases()
    assert case.reset == reset.DONE
    steps = await world.rows("SELECT action FROM case_steps ORDER BY id")
    assert [one.action for one in steps] == ["opened", "false_alarm", "reset_done"]


async def test_a_device_that_is_away_is_named_and_the_case_stays_ended(
    world: World, person: Person, start: Start
) -> None:
    running = await start()
    await alive(world, running)
    await ended(world, person)
    (case,) = await world.cases()
    await reset.ask(world.house, case.id)
    (case,) = await world.cases()
    assert case.state == "false_alarm"
    assert case.reset.startswith("connect.")
    (step,) = await world.rows("SELECT detail FROM case_steps WHERE action = 'reset_failed'")
    assert step.detail == {"code": case.reset}


async def test_without_a_signalling_process_the_job_is_tried_again(world: World, person: Person) -> None:
    await ended(world, person)
    (case,) = await world.cases()
    with pytest.raises(Refusal) as refused:
        await reset.ask(world.house, case.id)
    assert refused.value.code == "connect.gb_no_signalling"
    assert (await world.cases())[0].reset == reset.ASKED
    world.clock.advance(31 * 60)
    await tasks.escalate(0)
    assert (await world.cases())[0].reset == "connect.gb_no_signalling"


async def test_what_people_filed_has_no_device_to_be_told(world: World, person: Person) -> None:
    wei = await person("wei", "officer")
    await world.alarm()
    await world.hand_on()
    async with world.database.write() as session:
        await session.execute(text("UPDATE cases SET source = 'person'"))
    (case,) = await world.cases()
    async with world.database.write() as session:
        await act(session, case.id, wei, Step(Action.FALSE_ALARM, words="x"), lambda _: None, world.clock.now())
    await world.hand_on()
    assert await world.jobs("respond:reset_alarm") == []
