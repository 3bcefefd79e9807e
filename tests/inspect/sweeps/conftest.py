"""The house and the client of the rooms above."""

from collections.abc import AsyncIterator

import pytest

from commonsight.catalog import routes as catalog
from commonsight.inspect.sweeps import routes
from commonsight.jobs import House
from tests.catalog.conftest import Client, key, seeded, seeded_url, speaking
from tests.inspect.conftest import house

__all__ = ["house", "key", "seeded", "seeded_url"]


@pytest.fixture
async def health(house: House) -> AsyncIterator[Client]:
    """A client of the routes of rounds."""
    async for made in speaking(house.database, catalog.router, routes.router):
        yield made
