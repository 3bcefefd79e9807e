"""Clock, label and reference of a camera, from looks to verdicts, in the database."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from commonsight.clock import ManualClock
from commonsight.inspect.diagnosis import looking
from commonsight.inspect.diagnosis import store as diagnoses
from commonsight.inspect.diagnosis.looking import Diagnoser
from commonsight.inspect.osd import store as osd
from commonsight.inspect.osd.reader import OsdReader
from commonsight.inspect.references import store as references
from commonsight.inspect.references.reader import ReferenceReader
from commonsight.jobs import House
from commonsight.vision.ocr.model import Line
from tests.vision.quality.test_reference import look

TOP, BOTTOM = (0.01, 0.01, 0.4, 0.05), (0.6, 0.93, 0.98, 0.98)


class Drawn:
    """Reads what the test says stands in the picture."""

    def __init__(self, lines: dict) -> None:
        self.lines = lines

    def bands(self, luma):
        return [Line(said, 0.9, box) for box, said in self.lines.items()]

    def whole(self, luma):
        return self.bands(luma)

    def at(self, luma, places):
        return [Line(self.lines.get(box, ""), 0.9, box) for box in places]


class Town:
    """One camera that is looked at as often as the test says."""

    def __init__(self, house: House, camera: UUID, clock: ManualClock) -> None:
        self.house, self.camera, self.clock = house, camera, clock
        self.drawn = Drawn({})
        self._osd = OsdReader(house.settings, clock, lambda: self.drawn)
        self._references = ReferenceReader(house.settings)

    async def look(self, right: float = 0.0, *, seed: int = 0) -> None:
        """An hour later."""
        self.clock.advance(3_600)
        async with Diagnoser(
            self.house.database, self.clock, self.house.settings, readers=(self._references, self._osd)
        ) as diagnoser:
            await diagnoser.look(self.camera, look(right=right, seed=seed).planes, self.clock.now())

    def local(self, off: float = 0.0) -> str:
        """The clock of the camera at the next look."""
        shown: datetime = self.clock.now() + timedelta(hours=9, seconds=off)
        return f"{shown:%Y-%m-%d %H:%M:%S}"

    async def states(self) -> dict[str, str]:
        async with self.house.database.read() as session:
            return {item: v.state for (_, item), v in (await diagnoses.verdicts(session, [self.camera])).items()}


@pytest.fixture
async def town(house: House, monkeypatch: pytest.MonkeyPatch) -> Town:
    """What other measures say of drawn pictures is not at stake here."""
    monkeypatch.setattr(looking, "measure", lambda look, previous: {})
    async with house.database.write() as session:
        row = (await session.execute(text("SELECT id FROM cameras ORDER BY id LIMIT 1"))).one()
        await session.execute(
            text("UPDATE cameras SET kind = 'fixed', name = '人民路与建设路口东1号' WHERE id = :id"), {"id": row.id}
        )
    return Town(house, row.id, ManualClock(datetime.fromisoformat("2026-11-23T02:00:00+00:00")))


async def test_clock_and_label_become_verdicts_and_the_last_reading(town: Town) -> None:
    town.drawn.lines = {TOP: town.local(), BOTTOM: "人民路与建设路口东1号"}
    await town.look()
    assert (await town.states())["osd_clock"] == "well"
    assert (await town.states())["osd_label"] == "well"
    town.clock.advance(86_400)
    for _ in range(2):
        town.drawn.lines = {TOP: town.local(off=-75), BOTTOM: "新装摄像机"}
        await town.look()
    assert (await town.states())["osd_clock"] == "fault"
    assert (await town.states())["osd_label"] == "fault"
    async with town.house.database.read() as session:
        reading = await osd.of_camera(session, town.camera)
        counted = await osd.clocks(session, None, 10.0, town.clock.now() - timedelta(days=7))
    assert reading.difference == pytest.approx(-73.7, abs=0.2)
    assert reading.label == "新装摄像机"
    assert counted == osd.Clocks(right=0, read=1, looked=1)
    async with town.house.database.read() as session:
        filed = await session.scalar(
            text("SELECT file ->> 'osd_label' FROM cameras WHERE id = :id"), {"id": town.camera}
        )
    assert filed == "新装摄像机"  # read twice alike, so the rules of the camera file may hold it against the name


async def test_one_look_without_text_forgets_neither_place_nor_clock(town: Town) -> None:
    town.drawn.lines = {TOP: town.local(), BOTTOM: "人民路与建设路口东1号"}
    await town.look()
    town.clock.advance(86_400)
    town.drawn.lines = {}
    await town.look()
    async with town.house.database.read() as session:
        reading = await osd.of_camera(session, town.camera)
        counted = await osd.clocks(session, [town.camera], 10.0, town.clock.now() - timedelta(days=7))
    assert reading.state == "nothing"
    assert [line["part"] for line in reading.lines] == ["clock", "label"]
    assert counted == osd.Clocks(right=1, read=1, looked=1)


async def test_a_turned_camera_is_found_and_a_new_reference_makes_it_well(town: Town) -> None:
    for seed in range(3):
        await town.look(seed=seed)
    assert "scene_change" not in await town.states()
    for seed in range(4):
        await town.look(right=0.1, seed=seed)
    assert (await town.states())["scene_change"] == "fault"
    async with town.house.database.write() as session:
        await references.begin_anew(session, town.camera, town.clock.now(), town.camera, "韦警官", "", 3)
    for seed in range(5):
        await town.look(right=0.1, seed=seed)
    assert (await town.states())["scene_change"] == "well"
    async with town.house.database.write() as session:
        assert await references.put_back(session, town.camera, town.clock.now()) > 0
    for seed in range(4):
        await town.look(right=0.1, seed=seed)
    assert (await town.states())["scene_change"] == "fault"
