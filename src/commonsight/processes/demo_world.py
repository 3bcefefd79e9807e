"""The demo region's rows: records on the simulated fleet, the watched cameras, and what these are watched for."""

from typing import Final

from commonsight.analyze import service as analyze
from commonsight.analyze.model import Analysis, parse_lines, parse_zones
from commonsight.catalog import seed
from commonsight.records.database import Database
from commonsight.settings import Settings
from commonsight.simulate.demo import fleet_of
from commonsight.simulate.scenes import scenes
from commonsight.text import Language

WATCHED_AT: Final[dict[str, tuple[str, tuple[float, float]]]] = {
    "plaza": ("450103", (108.3669, 22.8124)),
    "street": ("450107", (108.3141, 22.8311)),
}
"""Where the watched clips stand in the demo region: division code, then WGS-84 longitude and latitude. Invented."""


async def prepare(settings: Settings, database: Database, language: Language, progress: seed.Progress) -> None:
    """Seed what is not there yet. What a person changed since then, the analysis of a camera above all, stays.

    Raises:
        Refusal: `places.data_missing` when the page was not built, because the region tree comes with it.
    """
    fleet = fleet_of(settings)
    await seed.seed(database, fleet.count, fleet.address, seed=settings.simulate.seed, progress=progress)
    found = scenes(language)
    cameras = [
        seed.Watched(
            key=scene["clip"],
            name=scene[f"name_{language}"],
            region=WATCHED_AT[scene["clip"]][0],
            point=WATCHED_AT[scene["clip"]][1],
            url=f"rtsp://{fleet.host}:{fleet.port}/{scene['path']}",
        )
        for scene in found
    ]
    async with database.write() as session:
        ids = await seed.add_watched(session, cameras, seed=settings.simulate.seed)
        for camera_id, scene in zip(ids, found, strict=True):
            document = Analysis(enabled=True, lines=parse_lines(scene["lines"]), zones=parse_zones(scene["zones"]))
            await analyze.set_up(session, camera_id, document)
