"""From labels to a filter that runs, and back: on a real PostgreSQL, with real jobs."""

from pathlib import Path
from uuid import UUID

import pytest

from commonsight import jobs
from commonsight.analyze.incidents import tasks as incident_tasks
from commonsight.analyze.incidents.feedback import service as feedback
from commonsight.analyze.training import candidate_store, making, pictures, service, store, views
from commonsight.analyze.training import tasks as training_tasks
from commonsight.analyze.training.making import Workshop
from commonsight.clock import ManualClock
from commonsight.jobs import House
from commonsight.outbox import Subscription
from commonsight.problem import Refusal
from commonsight.records.database import Database
from commonsight.settings import Settings
from tests.access import people
from tests.analyze.incidents.conftest import registry
from tests.analyze.incidents.world import NOON, REGISTRY
from tests.analyze.incidents.world import World as Incidents
from tests.analyze.world import add_camera

__all__ = ["registry"]


class World(Incidents):
    """Both rooms hear of events; while there is much to label, only the one that learns."""

    learning = False

    def subscriptions(self) -> tuple[Subscription, ...]:
        return training_tasks.subscriptions if self.learning else incident_tasks.subscriptions


async def test_labels_become_a_filter_that_runs_until_it_is_rolled_back(
    database: Database, tmp_path: Path, registry: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (making, service, views):
        monkeypatch.setattr(module, "installed", lambda: REGISTRY)
    house = House(Settings(data_dir=tmp_path), database, clock := ManualClock(NOON))
    jobs.furnish(house)
    world = World(database, house, clock, await add_camera(database))
    wei = await people.add(database, "wei", roles=("administrator",), regions=("45",))
    cameras = [world.camera, *[await add_camera(database, number) for number in range(2, 8)]]
    world.learning = True
    for number in range(56):
        # What stands low in the picture is a shadow.
        real = number % 2 == 0
        top = 0.1 + number % 5 / 20 if real else 0.75
        await world.see(f"t-{number}", box=(0.4, top, 0.5, top + 0.1), camera=cameras[number % 7])
        [incident] = (await world.incidents())[-1:]
        async with database.write() as session:
            await feedback.say(session, incident, real, "wei", None, clock.now())
        if number % 7 == 6:
            world.later(24 * 60)
    await world.hand_on()
    async with database.write() as session:
        [row] = await store.tally(session)
        assert (row.scene, row.true, row.false) == ("standing", 28, 28)
        made = await service.freeze(session, wei, "standing", "第一版", clock.now())
    work = Workshop(house)
    await work.make_dataset(made)
    async with database.write() as session:
        of = await service.dataset(session, made)
        assert of.state == "ready"
        assert pictures.dataset_path(pictures.place_of(tmp_path), of.name).stat().st_size == of.bytes
        asked = await service.ask(session, wei, "head", made, "", clock.now())
        with pytest.raises(Refusal, match="candidate_not_measured"):
            await service.promote(session, wei, asked, "太早", clock.now())
    await work.train_head(asked)
    async with database.write() as session:
        found = await candidate_store.one(session, asked)
        assert found is not None
        assert found.metrics is not None
        assert found.metrics["gain"]["false_removed"]["low"] > 0.5
        await service.promote(session, wei, asked, "误报少了", clock.now())

    world.learning = False

    async def begins(key: str, top: float) -> tuple[str, UUID | None]:
        camera = await add_camera(database, 100 + len(key))
        await world.see(key, box=(0.4, top, 0.5, top + 0.1), camera=camera)
        await world.hand_on()
        [last] = [one for one in await world.incidents() if one.key == key]
        return last.held, last.case_id

    world.later(60)
    assert await begins("x", 0.75) == ("filtered", None)
    held, case = await begins("xx", 0.2)
    assert (held, case is None) == ("", False)
    async with database.write() as session:
        await service.roll_back(session, wei, "head", "standing", "漏报一起", clock.now())
    held, case = await begins("xxx", 0.75)
    assert (held, case is None) == ("", False)
    topics = await world.rows("SELECT topic FROM outbox WHERE topic LIKE 'analyze.candidate%' ORDER BY id")
    assert [row.topic for row in topics] == ["analyze.candidate_promoted", "analyze.candidate_rolled_back"]
    kept = await world.rows("SELECT count(*) AS n FROM training_dataset_samples")
    assert kept[0].n == 56
    jobs.furnish(None)
