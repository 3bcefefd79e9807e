"""The demo region's rows: records on the simulated fleet, the watched cameras and what these are watched for, and the
accounts of the lower platforms and devices that will register."""

import json
from typing import Final

from commonsight.analyze import service as analyze
from commonsight.analyze.model import Analysis, parse_lines, parse_zones
from commonsight.catalog import secrets, seed
from commonsight.connect.gb28181 import store as gb_store
from commonsight.connect.gb28181.model import Kind, Quirks
from commonsight.records.database import Database
from commonsight.settings import Settings
from commonsight.simulate.demo import fleet_of, gb_plan_of
from commonsight.simulate.gb28181.faults import Bend
from commonsight.simulate.gb28181.fleet import identities
from commonsight.simulate.gb28181.identity import Role
from commonsight.simulate.scenes import scenes
from commonsight.text import Language

WATCHED_AT: Final[dict[str, tuple[str, tuple[float, float]]]] = {
    "plaza": ("450103", (108.3669, 22.8124)),
    "street": ("450107", (108.3141, 22.8311)),
}
"""Where the watched clips stand in the demo region: division code, then WGS-84 longitude and latitude. Invented."""


KNOWN_BENDS: Final[dict[Bend, dict[str, str]]] = {
    Bend.OLD_SPELLING: {"iframe": "IFameCmd"},
    Bend.SNAPSHOT_CONTROL: {"snapshot": "DeviceControl"},
}
"""How a person would file what a device bends; the other bends have to be borne without being told."""


def quirks_of(bends: frozenset[Bend]) -> Quirks:
    """The quirks of a device with these bends."""
    said: dict[str, str] = {}
    for bend in sorted(bends & KNOWN_BENDS.keys()):
        said |= KNOWN_BENDS[bend]
    return Quirks.of(said)


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
    await add_accounts(settings, database)


async def add_accounts(settings: Settings, database: Database) -> int:
    """File the demo's lower platforms and devices with their passwords, so that they may register; returns how many.

    Those on file already stay as they are, and what a person removed stays removed.
    """
    plan = gb_plan_of(settings)
    if plan is None:
        return 0
    box = secrets.secret_box(settings.data_dir)
    added = 0
    async with database.write() as session:
        for number, who in enumerate(identities(plan)):
            if await gb_store.by_code(session, who.code) is not None:
                continue
            fields = {
                "name": who.name,
                "kind": Kind.PLATFORM if who.role is Role.PLATFORM else Kind.DEVICE,
                "region": who.region,
                "secret": box.seal(who.password),
                "quirks": json.dumps(quirks_of(plan.faults.bends_of(plan.seed, who.code)).as_json()),
            }
            await gb_store.insert(session, seed.seeded_id(7, number, plan.seed), who.code, fields)
            added += 1
    return added
