"""A second database, for the platform above."""

import secrets
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from psycopg import sql

from commonsight.records.database import Database
from tests.conftest import TEMPLATE, place_of


@pytest.fixture
def above_url(postgres_url: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE)
            )
        )
        yield place_of(postgres_url, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
async def above(above_url: str) -> AsyncIterator[Database]:
    """The database of the platform above."""
    made = Database(above_url)
    try:
        yield made
    finally:
        await made.close()
