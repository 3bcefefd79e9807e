"""Recordings under a permit with limits: everything a viewer gets has passed through the process that keeps them."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from commonsight.records.database import Database
from commonsight.settings import load
from commonsight.vision.mask_policy import Policy, lacking
from commonsight.vision.store import ModelStore

from .recorded import Region, recorded_region, until
from .test_playback import address, pictures, positions, recorded, say
from .world import browser

PATIENCE = 60.0


async def limited(region: Region, limits: str) -> tuple[str, datetime, datetime]:
    """Some recordings, and a ticket that opens them under limits."""
    rows = await recorded(region)
    begin, end = rows[0]["starts_at"], rows[-1]["ends_at"]
    issued = await region.permit("h264", (begin, end))
    async with region.database.write() as session:
        await session.execute(
            text("UPDATE permits SET limits = CAST(:limits AS jsonb) WHERE id = :id"),
            {"limits": limits, "id": issued.permit.id},
        )
    return issued.ticket, begin, end


async def test_a_recording_leaves_smaller_and_slower_and_goes_where_it_is_sent(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with recorded_region(database, database_url, tmp_path) as region:
        ticket, begin, end = await limited(region, '{"resolution": 120, "fps": 5}')
        async with browser(address(region, ticket, begin, more="&sound=1")) as viewer:
            await viewer.read(lambda b: len(pictures(b)) > 4, PATIENCE)
            [stream] = [said for said in viewer.texts if said["type"] == "stream"]
            assert (stream["codec"], stream["width"], stream["height"], stream["sound"]) == ("h264", 160, 120, False)
            assert all((frame.width, frame.height) == (160, 120) for frame in viewer.decoded())
            first = datetime.fromisoformat(positions(viewer)[0]["at"])
            assert timedelta(0) <= first - begin < timedelta(seconds=1)

            target = begin + timedelta(seconds=3)
            viewer.texts.clear()
            viewer.binaries.clear()
            await say(viewer, type="seek", at=target.isoformat())
            await viewer.read(lambda b: [said["type"] for said in b.texts[-2:]] == ["stream", "position"], PATIENCE)
            # What was inside the process before the jump does not come behind the message that marks it.
            reached = datetime.fromisoformat(positions(viewer)[-1]["at"])
            assert timedelta(seconds=-0.25) < reached - target < timedelta(seconds=1)
            await viewer.read(lambda b: any(said["type"] == "end" for said in b.texts), PATIENCE)
            assert viewer.texts[-1]["code"] == "recording_end"
            shown = (end - target).total_seconds()
            assert shown * 5 * 0.6 < len(pictures(viewer)) <= shown * 5 + 4

        async def over() -> bool:
            return all(line["closed_at"] is not None for line in await region.lines() if line["action"] == "playback")

        await until(over)


async def test_a_mask_nobody_knows_opens_nothing(database: Database, database_url: str, tmp_path: Path) -> None:
    async with recorded_region(database, database_url, tmp_path) as region:
        ticket, begin, _ = await limited(region, '{"mask": "hats"}')
        async with browser(address(region, ticket, begin)) as viewer:
            assert await viewer.ended() == "limit_unsupported"
            assert viewer.binaries == []


async def test_a_masked_recording_plays(database: Database, database_url: str, tmp_path: Path) -> None:
    models = load().models_dir
    if absent := lacking(Policy.FACES_PLATES, ModelStore(models)):
        pytest.skip(f"no weights: run `commonsight models install {absent[0]}`")
    more = f'[vision]\nmodels_dir = "{models}"'
    async with recorded_region(database, database_url, tmp_path, more=more) as region:
        ticket, begin, _ = await limited(region, '{"mask": "faces_plates"}')
        async with browser(address(region, ticket, begin)) as viewer:
            await viewer.read(lambda b: len(pictures(b)) > 3 and len(positions(b)) > 0, PATIENCE)
            assert viewer.decoded()
            # The models take seconds to load; the recording does not run away meanwhile.
            assert datetime.fromisoformat(positions(viewer)[0]["at"]) - begin < timedelta(seconds=2)
