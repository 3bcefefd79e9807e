"""Use cases of places/."""

import asyncio
from collections.abc import Sequence

import structlog

from commonsight.places import packaged, store
from commonsight.places.model import Region, checked
from commonsight.problem import Refusal
from commonsight.records.database import Database, ReadSession

log = structlog.get_logger(__name__)

SEARCH_MOST = 50


async def load_packaged(database: Database, province: str) -> int:
    """Bring the packaged region tree in, once per version of the file; returns the rows written (0 = nothing to do).

    Called at every start. Safe from several processes at once: the last one writes the same rows again.

    Raises:
        Refusal: `places.data_missing` when the package was built without places data.
    """
    packed, digest = packaged.regions_file(province)
    source = f"regions-{province}"
    async with database.read() as session:
        if await store.loaded_digest(session, source) == digest:
            return 0
    regions = await asyncio.to_thread(packaged.parse_regions, packed)
    async with database.write() as session:
        await store.load(session, source, digest, regions)
    log.info("regions_loaded", source=source, rows=len(regions))
    return len(regions)


async def region(session: ReadSession, code: str) -> Region:
    """The region with this code.

    Raises:
        Refusal: `places.code_malformed`, `places.region_unknown` (404).
    """
    found = await store.one(session, checked(code))
    if found is None:
        raise Refusal("places.region_unknown", status=404, operand="region", actual=code)
    return found


async def existing(session: ReadSession, code: str) -> str:
    """`code`, once it is known to name a region. Same refusals as `region`, with status 422: it stands in a body."""
    try:
        return (await region(session, code)).code
    except Refusal as refusal:
        refusal.status = 422
        raise


async def search(session: ReadSession, words: str, scope: Sequence[str], limit: int = 20) -> list[Region]:
    """Regions by part of their name, inside the prefixes of `scope`."""
    words = words.strip()
    return await store.search(session, words, scope, min(limit, SEARCH_MOST)) if words else []
