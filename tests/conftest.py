"""Fixtures every room uses: one real PostgreSQL a session, one fresh migrated database a test."""

import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import psycopg
import pytest
import structlog
from psycopg import sql

from commonsight.records.database import Database
from commonsight.records.migrate import migrate
from commonsight.records.postgres import EmbeddedPostgres

# How long an example takes is the machine's affair; timings are measured in bench/, never asserted. The same change is
# judged by the same examples wherever it is tested; `--hypothesis-profile=explore` looks for new ones.
hypothesis.settings.register_profile("house", deadline=None, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.load_profile("house")

TEMPLATE = "template_commonsight"
MEMORY = Path("/dev/shm")
ROOM = 2_000_000_000
"""Bytes that must be free in memory before the server's files go there."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The walks through a whole platform take minutes each. Left to the end they keep one worker busy and the others
    idle, all at the start they fight for two cores: they stand between the other files, the last one well before the
    end."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    walks = [path for path in files if path.parent.name == "house"]
    others = [path for path in files if path.parent.name != "house"]
    every = max(int(len(others) * 0.7 / max(len(walks), 1)), 1)
    order = list(others)
    for number, walk in enumerate(walks):
        order.insert(number * (every + 1), walk)
    items[:] = [item for path in order for item in files[path]]


def scratch_place() -> Path | None:
    """Where the server lies: in memory, where a database is copied in a tenth of the time; None: where others do."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM else None


def place_of(url: str, database: str) -> str:
    """The same server, another database."""
    head, _, query = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{database}?{query}"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of one embedded server, without fsync (only tests of durability need it), with a migrated template."""
    with tempfile.TemporaryDirectory(prefix="commonsight-test-", dir=scratch_place()) as scratch:
        # Passable, so that as root the server's account gets in.
        Path(scratch).chmod(0o711)
        options = {"max_connections": "100", "max_wal_size": "256MB"}
        server = EmbeddedPostgres(Path(scratch) / "data", Path(scratch) / "run", options=options, durable=False)
        url = server.start()
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
            migrate(place_of(url, TEMPLATE))
            yield url
        finally:
            server.stop()


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A command run in process sets up logging for all of it; the next test shares the process."""
    yield
    structlog.reset_defaults()


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """URL of a fresh migrated database on the server, dropped afterwards."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE)
            )
        )
        yield place_of(server, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """URL of a fresh migrated database, dropped afterwards."""
    with fresh_database(postgres_url) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh migrated database as `Database`."""
    made = Database(database_url)
    try:
        yield made
    finally:
        await made.close()
