"""Jobs of recordings: making exports, tidying them up."""

from uuid import UUID

from commonsight import jobs
from commonsight.catalog import secrets
from commonsight.jobs import Blueprint
from commonsight.media.recordings.export_service import Maker

tasks = Blueprint()


def _maker() -> Maker:
    house = jobs.house()
    secrets.install(house.settings.data_dir)
    return Maker(house.database, house.clock, house.settings)


@tasks.task()
async def make_export(export_id: str) -> None:
    """Make one export. Run again after its worker died, it begins anew."""
    await _maker().make(UUID(export_id))


@tasks.periodic(cron="*/5 * * * *")
@tasks.task(queueing_lock="media.tidy_exports")
async def tidy_exports(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Delete exported files that have been kept long enough; go on with exports whose worker was lost."""
    await _maker().tidy()
