"""A worker with scenes and a budget, on a real PostgreSQL."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from types import MappingProxyType

import pytest
from sqlalchemy import text

from commonsight.analyze.model import Analysis, SceneSetup
from commonsight.analyze.scenes.model import (
    Decoding,
    Figure,
    Fold,
    IncidentKind,
    Look,
    Measured,
    Needs,
    Phase,
    SceneCard,
    Seen,
    Setup,
    Sighting,
)
from commonsight.analyze.scenes.registry import Registry
from commonsight.analyze.scenes.runner import Runner
from commonsight.records.database import Database
from tests.analyze.stage import Stage, until
from tests.analyze.world import LINE, ZONE, add_camera


class Light:
    """Tells how bright the picture is, and that something happened once it has seen five of them."""

    card = SceneCard(
        code="light", area="city", zh="亮度", en="Light", what_zh="", what_en="", limits_zh=(), limits_en=(),
        needs=Needs(slowest_seconds=0.2, burst_seconds=0.2, decoding=Decoding.KEYFRAMES),
        targets=("zone",), targets_least=1, parameters=(),
        measures=(Measured("brightness", "", "", "", Fold.MEAN, "", ""),),
        incidents=(IncidentKind("bright", "", "", 3),),
    )  # fmt: skip

    def __init__(self, setup: Setup) -> None:
        self._setup, self._seen = setup, 0

    def see(self, look: Look) -> Seen:
        self._seen += 1
        value = float(look.luma(32, 24).mean())
        figures = (Figure("all", "brightness", "all", value),)
        if self._seen != 5:
            return Seen(figures)
        return Seen(figures, (Sighting("lamp", "bright", "all", Phase.BEGAN, look.at, 0.9),))

    def leave(self, at: datetime) -> Sequence[Sighting]:
        del at
        return ()


REGISTRY = Registry(MappingProxyType({"light": Light}), MappingProxyType({"light": "tests"}))
DOCUMENT = Analysis(
    enabled=True, lines=(LINE,), zones=(ZONE,), scenes=(SceneSetup("lamp", "light", "Lamp", zones=(ZONE.id,)),)
)


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    made = Stage(database)
    made.scenes = lambda analysis: Runner(analysis, REGISTRY)
    yield made
    made.close()


async def test_scenes_are_seen_beside_counting_and_a_patrol_takes_keyframes_only(stage: Stage) -> None:
    camera = await add_camera(stage.database, analysis=DOCUMENT)

    async def rows(query: str) -> list[tuple[object, ...]]:
        async with stage.database.read() as session:
            return [tuple(row) for row in (await session.execute(text(query))).all()]

    async def told() -> bool:
        return bool(await rows("SELECT 1 FROM incidents")) and bool(
            await rows("SELECT 1 FROM observations WHERE measure = 'crossings_in' AND value > 0")
        )

    async def obeyed() -> bool:
        return stage.footage[-1].keyframes

    async with stage.working("see-1"):
        await until(told)
        [(scene, brightness, coverage)] = await rows(
            "SELECT scene, avg(value), max(coverage) FROM observations WHERE measure = 'brightness' GROUP BY scene"
        )
        assert scene == "light"
        assert 20 < brightness < 235
        assert coverage > 0
        assert await rows("SELECT incident, target, key, state FROM incidents") == [("bright", "all", "lamp", "open")]
        [(state,)] = await rows("SELECT state FROM analysis_leases")
        assert state["cost"]["inference"] >= 0
        assert state["decoding"] == "reference"
        assert 0 < state["capacity"]["available"] <= 2
        async with stage.database.write() as session:
            await session.execute(
                text("""INSERT INTO analysis_budget (camera_id, pool, tier, every_seconds, decoding, score, cost, at)
                        VALUES (:camera, '', 'patrol', 10, 'keyframes', 1, 0.1, now())"""),
                {"camera": camera},
            )
        await until(obeyed)
