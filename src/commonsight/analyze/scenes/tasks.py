"""Jobs of scenes: try a setup on live pictures."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from commonsight import jobs
from commonsight.analyze.scenes import store, trying
from commonsight.jobs import Blueprint

TRY_PRIORITY: Final = 10
"""A person waits for it."""
KEPT: Final = timedelta(hours=6)

tasks = Blueprint()


@tasks.task(retry=False)
async def try_scene(try_id: str) -> None:
    """Run a setup on a camera's live pictures for some seconds."""
    house = jobs.house()
    async with house.database.write() as session:
        await store.forget_tries(session, house.clock.now() - KEPT)
    await trying.run(house, UUID(try_id))
