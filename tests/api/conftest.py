from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
import structlog.testing
from argon2 import PasswordHasher
from fastapi import FastAPI

from commonsight.access import passwords
from commonsight.access.model import Identity
from commonsight.access.routes import COOKIE
from commonsight.api.app import create_app
from commonsight.clock import SystemClock
from commonsight.records.database import Database
from commonsight.settings import Settings
from tests.access import people

BASE = "http://commonsight.test"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch):
    """The same argon2id at a cost that suits a test."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    passwords._nobody.cache_clear()
    yield
    passwords._nobody.cache_clear()


@pytest.fixture(autouse=True)
def log() -> Iterator[list[Any]]:
    """What is logged, instead of on the terminal (where tracebacks with local values take seconds each)."""
    with structlog.testing.capture_logs() as entries:
        yield entries


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
def app(settings: Settings, database: Database) -> FastAPI:
    return create_app(settings, database, SystemClock())


@pytest.fixture
async def anybody(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client that is not signed in."""
    async with client_of(app) as client:
        yield client


def client_of(app: FastAPI, **headers: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE, headers=headers)


SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def sign_in(app: FastAPI, database: Database) -> AsyncIterator[SignIn]:
    """`await sign_in("operator", regions=("4501",))`: a client of a person with that role; `client.person` says who."""
    made: list[httpx.AsyncClient] = []

    async def enter(
        *roles: str, name: str = "", regions: tuple[str, ...] = ("45",), **more: object
    ) -> httpx.AsyncClient:
        name = name or f"{'-'.join(roles) or 'nobody'}{len(made)}"
        now = SystemClock().now()
        identity: Identity = await people.add(database, name, roles=roles, regions=regions, now=now, **more)
        secret = await people.sign_in(database, identity, now=now)
        client = client_of(app)
        client.cookies.set(COOKIE, secret)
        client.person = identity  # type: ignore[attr-defined]
        made.append(client)
        return client

    yield enter
    for client in made:
        await client.aclose()
