"""An incident becomes a case that goes to who is competent; what people say of it moves the scene's threshold."""

from uuid import UUID

from sqlalchemy import text

from commonsight.access.model import Identity
from commonsight.analyze.incidents.feedback import model as steps
from commonsight.analyze.incidents.feedback import service as feedback
from commonsight.analyze.incidents.feedback import store as tunings
from commonsight.analyze.incidents.routing import service as routing
from commonsight.analyze.incidents.routing.model import Said
from commonsight.analyze.model import Hours
from commonsight.analyze.scenes.model import Phase
from commonsight.records.base import uuid7
from commonsight.respond.model import Action, State
from commonsight.respond.service import Step, act
from commonsight.respond.titles import in_language, title_of
from tests.access import people
from tests.analyze.incidents.world import World

ELSEWHERE = (0.7, 0.7, 0.9, 0.9)


async def officer(world: World, unit: UUID | None = None, name: str = "wei") -> Identity:
    made = await people.add(world.database, name, roles=("operator",), regions=("45",))
    if unit is not None:
        async with world.database.write() as session:
            await session.execute(
                text("INSERT INTO organisations (id, name, region, created_at) VALUES (:id, '城管局', '45', now())"),
                {"id": unit},
            )
            await session.execute(
                text("UPDATE people SET organisation_id = :unit WHERE id = :id"), {"unit": unit, "id": made.id}
            )
    return made


async def take(world: World, case: UUID, who: Identity, action: Action, **more: object) -> None:
    async with world.database.write() as session:
        step = Step(action, "看过了", **more)  # type: ignore[arg-type]
        await act(session, case, who, step, lambda _: None, world.clock.now())
    await world.hand_on()


async def add_rule(world: World, who: Identity, **said: object) -> None:
    plain = {
        "scene": "", "incident": "", "region": "45", "hours": None, "quiet": False, "organisation": None,
        "acknowledge": None, "close": None, "note": "",
    }  # fmt: skip
    async with world.database.write() as session:
        await routing.add(session, who, Said(**(plain | said)), world.clock.now())  # type: ignore[arg-type]


async def test_an_incident_goes_to_the_competent_regulator_with_its_times(world: World) -> None:
    unit = uuid7()
    wei = await officer(world, unit)
    await add_rule(world, wei, scene="standing", organisation=unit, acknowledge=10, close=90, note="市容")
    await world.see("bag-1")
    await world.hand_on()
    [incident] = await world.incidents()
    case = await world.case_of(incident)
    assert (case.kind, case.severity, case.state, case.source) == ("incident", 2, State.ASSIGNED, "scene")
    assert (title_of(case.subject, "zh"), title_of(case.subject, "en")) == ("物品久停", "Something stands")
    assert in_language(case.words, "zh") == "东门：持续时间 130 秒，把握 80%"
    assert in_language(case.words, "en") == "东门: Lasting 130 s, certainty 80%"
    assert case.assignee is not None
    assert case.assignee.name == "城管局"
    assert case.deadline_at is not None
    assert case.escalate_at is not None
    assert (case.deadline_at - world.clock.now()).total_seconds() == 90 * 60
    assert (case.escalate_at - world.clock.now()).total_seconds() == 10 * 60

    # "Ours" is said by giving it to a person: from then on only the deadline counts.
    await take(world, case.id, wei, Action.ASSIGN, assignee=("person", wei.id))
    taken = await world.case_of(incident)
    assert taken.escalate_at is not None
    assert (taken.escalate_at - world.clock.now()).total_seconds() == 90 * 60

    await world.see("bag-1", Phase.ENDED)
    await world.hand_on()
    said = await world.rows("SELECT detail->>'say' AS say FROM case_steps WHERE action = 'seen_no_more'")
    assert [row.say for row in said] == ["analyze.incident_over"]
    wanted = await world.rows("SELECT kind, state FROM incident_evidence ORDER BY kind")
    assert [(row.kind, row.state) for row in wanted] == [("clip", "wanted"), ("still", "wanted")]


async def test_in_quiet_hours_nobody_is_called_and_a_storm_is_one_case_more(world: World) -> None:
    wei = await officer(world)
    await add_rule(world, wei, scene="standing", hours=Hours(11 * 60, 13 * 60), quiet=True)
    await world.see("bag-1")
    await world.hand_on()
    world.later(120)
    for number in range(1, 9):
        left = number / 10
        await world.see(f"bag-{number}", box=(left, left, left + 0.05, left + 0.05))
    await world.hand_on()
    noon, *afternoon = await world.incidents()
    assert (noon.held, noon.case_id) == ("quiet", None)
    assert [one.held for one in afternoon] == [""] * 5 + ["storm"] * 2
    assert len({one.case_id for one in afternoon}) == 6


async def test_false_alarm_moves_the_threshold_within_what_is_known_to_be_real(world: World) -> None:
    wei = await officer(world)
    await world.see("real-1", box=ELSEWHERE, seconds=140.0)
    await world.hand_on()
    [real] = await world.incidents()
    assert real.case_id is not None
    await take(world, real.case_id, wei, Action.ASSIGN, assignee=("person", wei.id))
    await take(world, real.case_id, wei, Action.HANDLE)
    lin = await officer(world, name="lin")
    await take(world, real.case_id, lin, Action.VERIFY)

    world.later(15)
    await world.see("leaf-1")
    await world.hand_on()
    leaf = (await world.incidents())[-1]
    assert leaf.case_id is not None
    await take(world, leaf.case_id, wei, Action.FALSE_ALARM)
    labels = [one.label for one in await world.incidents()]
    assert labels == [True, False]
    assert await world.setting() == 132.0, "a tenth of what it was"

    # Soon after, the same spot calls nobody.
    await world.see("leaf-1", Phase.ENDED)
    world.later(20)
    await world.see("leaf-9", box=(0.12, 0.1, 0.3, 0.3))
    await world.hand_on()
    assert [one.held for one in await world.incidents()] == ["", "", "cool_down"]
    await world.see("leaf-9", Phase.ENDED)

    # The next false alarm stops before what the true one reached.
    world.later(61)
    await world.see("leaf-2", box=(0.4, 0.4, 0.6, 0.6))
    await world.hand_on()
    second = (await world.incidents())[-1]
    assert second.case_id is not None
    await take(world, second.case_id, wei, Action.FALSE_ALARM)
    assert await world.setting() == 133.0, "140 s was real: 5 % below it is as far as it goes"

    # Reopened: the label goes and the step is taken back.
    await take(world, second.case_id, wei, Action.REOPEN)
    assert await world.setting() == 132.0
    async with world.database.write() as session:
        before = await tunings.of_incident(session, leaf.id)
        assert before is not None
        assert before.reason == steps.MOVED
        await feedback.take_back(session, before, "wei", world.clock.now())
    assert await world.setting() == 120.0
