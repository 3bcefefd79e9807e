"""A house with a watched camera and a scene of our own."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from commonsight import jobs
from commonsight.analyze.incidents import cases, store, views
from commonsight.analyze.incidents.feedback import service as feedback
from commonsight.analyze.incidents.routing import service as routing
from commonsight.clock import ManualClock
from commonsight.jobs import House
from commonsight.records.database import Database
from commonsight.settings import Settings
from tests.analyze.incidents.world import NOON, REGISTRY, World


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """One scene is installed: ours."""
    for module in (cases, store, views, feedback, routing):
        monkeypatch.setattr(module, "installed", lambda: REGISTRY)
    return lambda: None


@pytest.fixture
async def world(database: Database, tmp_path: Path, registry: None) -> AsyncIterator[World]:
    clock = ManualClock(NOON)
    house = House(Settings(data_dir=tmp_path), database, clock)
    jobs.furnish(house)
    yield await World.made(database, house, clock)
    jobs.furnish(None)
