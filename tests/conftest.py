"""Fixtures every room uses: one real PostgreSQL a session, one fresh migrated database a test."""

import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg import sql

from commonsight.records.database import Database
from commonsight.records.migrate import migrate
from commonsight.records.postgres import EmbeddedPostgres

# How long an example takes is the machine's affair; timings are measured in bench/, never asserted.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

TEMPLATE = "template_commonsight"


def place_of(url: str, database: str) -> str:
    """The same server, another database."""
    head, _, query = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{database}?{query}"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of one embedded server, without fsync (only tests of durability need it), with a migrated template."""
    with tempfile.TemporaryDirectory(prefix="commonsight-test-") as scratch:
        # Passable, so that as root the server's account gets in.
        Path(scratch).chmod(0o711)
        server = EmbeddedPostgres(
            Path(scratch) / "data", Path(scratch) / "run", options={"max_connections": "100"}, durable=False
        )
        url = server.start()
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
            migrate(place_of(url, TEMPLATE))
            yield url
        finally:
            server.stop()


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
