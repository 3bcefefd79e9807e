"""A small application around the camera file: real routes, real database, callers as the test says."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from commonsight.api import problem
from commonsight.catalog import routes, secrets, seed
from commonsight.clock import ManualClock
from commonsight.places import service as places
from commonsight.records.database import Database
from commonsight.settings import Settings

SEEDED = 600


@dataclass
class Somebody:
    """A caller."""

    regions: tuple[str, ...] = ("45",)
    permissions: frozenset[str] = frozenset({"cameras.read", "cameras.write", "health.read", "health.write"})
    id: UUID = field(default_factory=uuid4)
    name: str = "wei"
    display_name: str = "韦警官"
    organisation: str = "南宁市公安局"
    language: str = "zh"


@pytest.fixture
def key(tmp_path: Path) -> Iterator[None]:
    """This process has an installation's key."""
    secrets.install(tmp_path)
    yield
    secrets._installed = None


@pytest.fixture
async def filed(database: Database, key: None) -> Database:
    """A database with the region tree."""
    await places.load_packaged(database, "45")
    return database


@pytest.fixture
async def seeded(filed: Database) -> Database:
    """A database with some demo cameras."""
    assert await seed.seed(filed, SEEDED, lambda i: f"rtsp://127.0.0.1:8654/fleet/{i}") == SEEDED
    return filed


class Client(httpx.AsyncClient):
    """Speaks to the application as `caller`."""

    caller: Somebody

    async def all(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Every item of a list, page by page."""
        items: list[dict[str, Any]] = []
        after = None
        while True:
            found = await self.get(path, params=params | ({"after": after} if after else {}))
            assert found.status_code == 200, found.text
            items += found.json()["items"]
            after = found.json()["next"]
            if after is None:
                return items


def application(database: Database, caller: Any, *routers: Any) -> FastAPI:
    """An application of some routers; `caller()` says who calls."""
    app = FastAPI()
    app.state.database, app.state.settings, app.state.clock = database, Settings(), ManualClock()

    async def authorize(request: Any, permission: str) -> Any:
        assert permission in caller().permissions
        return caller()

    app.state.authorize = authorize
    for router in routers:
        app.include_router(router)
    problem.install(app)
    return app


@pytest.fixture
async def client(filed: Database) -> AsyncIterator[Client]:
    """An HTTP client of somebody who may see all of Guangxi."""
    made: Client
    app = application(filed, lambda: made.caller, routes.router)
    async with Client(transport=httpx.ASGITransport(app), base_url="http://test") as made:
        made.caller = Somebody()
        yield made
