"""A second database, for the platform above."""

from collections.abc import AsyncIterator, Iterator

import pytest

from commonsight.records.database import Database
from tests.conftest import fresh_database


@pytest.fixture
def above_url(postgres_url: str) -> Iterator[str]:
    with fresh_database(postgres_url) as url:
        yield url


@pytest.fixture
async def above(above_url: str) -> AsyncIterator[Database]:
    """The database of the platform above."""
    made = Database(above_url)
    try:
        yield made
    finally:
        await made.close()
