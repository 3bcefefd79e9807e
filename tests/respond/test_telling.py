"""Who is told on the page: by rules, by having the case, by the kind's own data; deadlines; what open pages hear."""

import asyncio
from datetime import time, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from commonsight.access.model import Identity
from commonsight.problem import Refusal
from commonsight.respond import tasks, told
from commonsight.respond.feed import CHANGES_MOST, Feed, Pending
from commonsight.respond.kinds import kind_of
from commonsight.respond.model import Action, State
from commonsight.respond.notices import service
from commonsight.respond.notices.model import Event
from commonsight.respond.notices.service import RuleSaid
from commonsight.respond.service import Step, act
from tests.respond.conftest import NOON, Person, World


def a_rule(**changes: Any) -> RuleSaid:
    plain = {
        "holder": None, "channel_id": None, "kinds": (), "severity": 4, "regions": (), "events": (Event.OPENED,),
        "quiet": None, "enabled": True,
    }  # fmt: skip
    return RuleSaid(**(plain | changes))


async def write_rule(world: World, by: Identity, **changes: Any) -> None:
    async with world.database.write() as session:
        await service.add_rule(session, by, a_rule(**changes), world.clock.now())


async def told_to(world: World) -> list[tuple[str, str]]:
    rows = await world.rows(
        "SELECT p.name, n.type FROM notices AS n JOIN people AS p ON p.id = n.person_id ORDER BY n.id, p.name"
    )
    return sorted((row.name, row.type) for row in rows)


async def step(world: World, by: Identity, action: Action, **more: Any) -> None:
    (case,) = await world.cases()
    async with world.database.write() as session:
        await act(session, case.id, by, Step(action, **more), lambda _: None, world.clock.now())
    await world.hand_on()


async def test_the_kinds_own_data_tells_who_is_there_for_it(world: World, person: Person) -> None:
    await person("here", "operator", regions=("4501",))
    await person("elsewhere", "operator", regions=("4502",))
    await person("gone", "operator", active=False)
    await person("officer", "officer")
    await world.alarm(priority=2)
    await world.alarm(priority=3, type_=8)
    await world.hand_on()
    assert await told_to(world) == [("here", "opened")], "of the urgent one only"


async def test_everybody_adds_their_own_rules(world: World, person: Person) -> None:
    wei = await person("wei", "officer")
    li = await person("li", "officer", regions=("4502",))
    await write_rule(world, wei)
    await write_rule(world, li)
    await world.alarm(priority=4)
    await world.hand_on()
    assert await told_to(world) == [("wei", "opened")]


async def test_a_rule_of_an_organisation_tells_its_people_who_may_see_it(world: World, person: Person) -> None:
    chief = await person("chief", "operator", unit="青秀分局")
    await person("a", "officer", unit="青秀分局")
    await person("b", "officer", unit="青秀分局", regions=("4502",))
    unit = (await world.rows("SELECT id FROM organisations"))[0].id
    await write_rule(world, chief, holder=("organisation", unit), severity=4)
    await world.alarm(priority=4)
    await world.hand_on()
    assert await told_to(world) == [("a", "opened"), ("chief", "opened")]


async def test_nobody_writes_rules_for_others_without_the_right_to(world: World, person: Person) -> None:
    wei, li = await person("wei", "officer"), await person("li", "officer")
    with pytest.raises(Refusal) as refused:
        await write_rule(world, wei, holder=("person", li.id))
    assert refused.value.code == "respond.rule_not_yours"
    with pytest.raises(Refusal) as refused:
        await write_rule(world, wei, regions=("46",))
    assert refused.value.code == "http.region_outside_scope"


async def test_who_gets_a_case_is_told_and_who_gives_it_is_not(world: World, person: Person) -> None:
    chief, wei = await person("chief", "operator"), await person("wei", "officer")
    await write_rule(world, chief, events=(Event.ASSIGNED,))
    await world.alarm(priority=4)
    await world.hand_on()
    await step(world, chief, Action.ASSIGN, assignee=("person", wei.id))
    assert await told_to(world) == [("wei", "assigned")]
    await step(world, wei, Action.HANDLE, words="已到场")
    await step(world, chief, Action.REJECT, words="照片不清")
    assert await told_to(world) == [("wei", "assigned"), ("wei", "rejected")]


async def test_an_entry_handed_on_twice_is_told_once(world: World, person: Person) -> None:
    wei = await person("wei", "officer")
    await write_rule(world, wei)
    await world.alarm()
    await world.hand_on()
    world._handed = 0
    await world.hand_on()
    assert await told_to(world) == [("wei", "opened")]


async def test_quiet_hours_hold_a_channel_back_until_they_end(world: World, person: Person) -> None:
    chief = await person("chief", "operator")
    async with world.database.write() as session:
        said = {"name": "x", "to": ["a@example.org"]}
        row, _ = await service.add_channel(session, chief, "email", said, NOON)
    await write_rule(world, chief, channel_id=row.id, quiet=(time(11), time(13, 30)))
    await world.alarm(priority=2)
    await world.alarm(priority=1, type_=8)
    await world.hand_on()
    rows = await world.rows("SELECT due_at FROM notice_deliveries ORDER BY place")
    assert [one.due_at - NOON for one in rows] == [timedelta(minutes=90), timedelta(0)], "the gravest comes at once"


# --- deadlines ------------------------------------------------------------------------------------------------------


async def test_a_case_nobody_takes_is_told_of_higher_and_higher(world: World, person: Person) -> None:
    await person("op", "operator")
    await person("admin", "administrator")
    await world.alarm(priority=3)
    await world.hand_on()
    await tasks.escalate(0)
    assert await told_to(world) == []
    seen = []
    for minutes in (60, 30, 210, 10_000):
        world.clock.advance(60 * minutes)
        await tasks.escalate(0)
        await world.hand_on()
        (case,) = await world.cases()
        seen.append(case.level)
    assert seen == [1, 2, 3, 3]
    assert case.escalate_at is None
    assert await told_to(world) == [
        ("admin", "escalated"), ("admin", "escalated"), ("op", "escalated"), ("op", "escalated"),
    ]  # fmt: skip
    steps = await world.rows("SELECT action, by_id FROM case_steps ORDER BY id")
    assert [one.action for one in steps] == ["opened", "escalated", "escalated", "escalated"]
    assert {one.by_id for one in steps} == {None}


async def test_a_platform_that_was_down_tells_of_a_late_case_once(world: World, person: Person) -> None:
    await person("op", "operator")
    await world.alarm(priority=3)
    await world.hand_on()
    world.clock.advance(60 * 100_000)
    await tasks.escalate(0)
    await world.hand_on()
    (case,) = await world.cases()
    assert case.level == len(kind_of("alarm").escalate)
    assert await told_to(world) == [("op", "escalated")]


async def test_who_has_a_case_is_left_alone_until_its_deadline(world: World, person: Person) -> None:
    chief, wei = await person("chief", "operator"), await person("wei", "officer")
    await world.alarm(priority=3)
    await world.hand_on()
    await step(world, chief, Action.ASSIGN, assignee=("person", wei.id))
    world.clock.advance(60 * 60 * 23)
    await tasks.escalate(0)
    assert [case.level for case in await world.cases()] == [0]
    world.clock.advance(60 * 70)
    await tasks.escalate(0)
    await world.hand_on()
    assert ("wei", "escalated") in await told_to(world)
    assert [case.level for case in await world.cases(overdue=True)] == [1]


async def test_a_case_that_ended_is_escalated_no_more(world: World, person: Person) -> None:
    wei = await person("wei", "officer")
    await world.alarm()
    await world.hand_on()
    await step(world, wei, Action.FALSE_ALARM, words="树影")
    world.clock.advance(60 * 100_000)
    await tasks.escalate(0)
    (case,) = await world.cases()
    assert (case.state, case.level) == (State.FALSE_ALARM, 0)


# --- what open pages hear -------------------------------------------------------------------------------------------


async def test_open_pages_hear_of_cases_within_their_regions(world: World) -> None:
    feed = Feed(world.database, world.clock, "zh")
    async with feed.follow() as pending:
        await _listening(feed)
        await world.alarm()
        await world.hand_on()
        await _until(lambda: pending.cases)
        other = Pending(cases=dict(pending.cases))
        heard = await feed.cases(pending, ("4501",))
        assert heard is not None
        (change,) = heard["changes"]
        (case,) = await world.cases()
        assert (change["type"], change["case"], change["camera"]) == ("opened", str(case.id), str(world.camera))
        assert (change["severity"], change["title"], change["title_en"]) == (2, "区域入侵", "Intrusion")
        assert heard["summary"]["open"] == 1
        assert await feed.cases(pending, ("4501",)) is None, "told once"
        assert await feed.cases(other, ("4502",)) is None, "nothing of other regions"


async def _listening(feed: Feed) -> None:
    async with asyncio.timeout(20):
        while True:
            async with feed._database.read() as session:
                found = await session.execute(text("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%notices%'"))
                if found.first() is not None:
                    return
            await asyncio.sleep(0.05)


async def _until(what: Any) -> None:
    async with asyncio.timeout(20):
        while not what():  # noqa: ASYNC110 - what is waited for lies outside this loop
            await asyncio.sleep(0.02)


def test_what_a_reader_has_not_told_is_bounded_and_says_so() -> None:
    pending = Pending()
    for number in range(CHANGES_MOST + 1):
        pending.hear(told.CHANNEL, {"case": str(UUID(int=number)), "type": "opened"})
    assert len(pending.cases) == CHANGES_MOST
    assert pending.reload
    pending.hear(told.CHANNEL, {"case": str(UUID(int=50)), "type": "stepped", "state": "assigned"})
    assert pending.cases[str(UUID(int=50))] == {"case": str(UUID(int=50)), "type": "opened", "state": "assigned"}
