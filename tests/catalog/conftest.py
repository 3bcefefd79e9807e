"""A small application around the camera file: real routes, real database, callers as the test says."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from psycopg import sql

from commonsight.api import problem
from commonsight.catalog import routes, secrets, seed
from commonsight.clock import ManualClock
from commonsight.places import service as places
from commonsight.records.database import Database
from commonsight.settings import Settings
from tests.conftest import TEMPLATE, place_of

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
    roles: tuple[str, ...] = ("operator",)
    language: str = "zh"


@pytest.fixture
def key(tmp_path: Path) -> Iterator[None]:
    """This process has an installation's key."""
    secrets.install(tmp_path)
    yield
    secrets._installed = None


async def _fill(url: str, cameras: int) -> None:
    database = Database(url)
    try:
        await places.load_packaged(database, "45")
        if cameras:
            await seed.seed(database, cameras, lambda i: f"rtsp://127.0.0.1:8654/fleet/{i}")
    finally:
        await database.close()


def _template(postgres_url: str, name: str, cameras: int) -> str:
    """A database that is filled once a session and copied for each test: filling takes seconds, copying does not."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if found is None:
            _copy(connection, TEMPLATE, name)
            asyncio.run(_fill(place_of(postgres_url, name), cameras))
    return name


def _copy(connection: psycopg.Connection[Any], template: str, name: str) -> None:
    copying = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    connection.execute(copying.format(sql.Identifier(name), sql.Identifier(template)))


def _copied(postgres_url: str, template: str) -> Iterator[str]:
    name = f"test_{token_hex(6)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        _copy(connection, template, name)
        yield place_of(postgres_url, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def filed_url(postgres_url: str) -> Iterator[str]:
    """A database with the region tree."""
    yield from _copied(postgres_url, _template(postgres_url, "template_filed", 0))


@pytest.fixture
def seeded_url(postgres_url: str) -> Iterator[str]:
    """A database with the region tree and some demo cameras."""
    yield from _copied(postgres_url, _template(postgres_url, "template_seeded", SEEDED))


@pytest.fixture
async def filed(filed_url: str, key: None) -> AsyncIterator[Database]:
    """A database with the region tree and no camera."""
    made = Database(filed_url)
    yield made
    await made.close()


@pytest.fixture
async def seeded(seeded_url: str, key: None) -> AsyncIterator[Database]:
    """A database with the region tree and some demo cameras."""
    made = Database(seeded_url)
    yield made
    await made.close()


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


async def speaking(database: Database, *routers: Any) -> AsyncIterator[Client]:
    """A client of these routers, of somebody who may see all of Guangxi."""
    made: Client
    app = application(database, lambda: made.caller, *routers)
    async with Client(transport=httpx.ASGITransport(app), base_url="http://test") as made:
        made.caller = Somebody()
        yield made


@pytest.fixture
async def empty_client(filed: Database) -> AsyncIterator[Client]:
    """An HTTP client of a camera file without cameras."""
    async for made in speaking(filed, routes.router):
        yield made


@pytest.fixture
async def client(seeded: Database) -> AsyncIterator[Client]:
    """An HTTP client of the seeded camera file."""
    async for made in speaking(seeded, routes.router):
        yield made
