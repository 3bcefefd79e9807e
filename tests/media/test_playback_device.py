"""What a GB/T 28181 device recorded, through real signalling and media processes: on the timeline, and played."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from commonsight.catalog import secrets
from commonsight.gate import service as gate
from commonsight.gate.model import Action
from commonsight.media.fmp4 import read_head
from commonsight.media.recordings import service
from commonsight.records.database import Database

from .test_gb28181 import PATIENCE, Region, running
from .test_node import PERSON
from .world import Browser, browser


async def hour_on_device(region: Region, camera: UUID, database: Database) -> tuple[datetime, datetime]:
    """A whole hour of which the device says that it has it."""
    now = datetime.now(UTC)
    begin = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=6)
    found = await service.timeline(database, camera, ("45",), begin, begin + timedelta(hours=5), device=True, now=now)
    assert found.own == ()
    assert found.device is not None
    assert found.device.refused is None, found.device.refused
    assert found.device.complete
    span = found.device.spans[0]
    assert (span.source, span.end - span.begin >= timedelta(hours=1)) == ("device", True)
    recorded = sum((one.end - one.begin for one in found.device.spans), timedelta())
    missing = sum((high - low for low, high in found.gaps), timedelta())
    assert recorded + missing == timedelta(hours=5)
    return span.begin, span.begin + timedelta(hours=1)


async def say(viewer: Browser, **said: Any) -> None:
    await viewer.socket.send_str(json.dumps(said))


def positions(viewer: Browser) -> list[dict[str, Any]]:
    return [said for said in viewer.texts if said["type"] == "position"]


def pictures(viewer: Browser) -> list[bytes]:
    return [each for each in viewer.binaries if read_head(each) is not None]


async def test_a_devices_recording_is_listed_played_steered_and_cut(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with running(database, database_url, tmp_path, frame_rate=10) as region:
        secrets.install(tmp_path)
        [camera] = await region.file_cameras(1)
        begin, end = await hour_on_device(region, camera, database)
        async with database.write() as session:
            issued = await gate.issue(
                session, caller=PERSON, cameras=[camera], purpose_code="training", purpose_text="",
                action=Action.PLAYBACK, footage=(begin, end),
            )  # fmt: skip
        when = (begin + timedelta(minutes=5)).isoformat().replace("+", "%2B")
        url = (
            f"ws://127.0.0.1:{region.media_port}/playback?ticket={issued.ticket}&camera={camera}&from={when}"
            "&source=device"
        )
        async with browser(url) as viewer:
            await viewer.read(lambda b: len(pictures(b)) > 20, PATIENCE)
            first = datetime.fromisoformat(positions(viewer)[0]["at"])
            assert abs((first - begin - timedelta(minutes=5)).total_seconds()) < 3
            assert await region.tight(1)

            await say(viewer, type="pause")
            with_some_on_the_way = len(pictures(viewer)) + 10
            try:
                await viewer.read(lambda b: len(pictures(b)) > with_some_on_the_way + 20, 3)
            except TimeoutError:
                pass
            else:
                raise AssertionError("it went on though it was paused")
            await say(viewer, type="play")
            await viewer.read(lambda b: len(pictures(b)) > with_some_on_the_way + 20, PATIENCE)

            target = begin + timedelta(minutes=20)
            viewer.texts.clear()
            await say(viewer, type="seek", at=target.isoformat())
            await viewer.read(lambda b: positions(b), PATIENCE)
            at = datetime.fromisoformat(positions(viewer)[0]["at"])
            assert abs((at - target).total_seconds()) < 3

            await say(viewer, type="speed", speed=4)
            await viewer.read(lambda b: any(said["speed"] == 4 for said in positions(b)), PATIENCE)
            before = len(pictures(viewer))
            began = asyncio.get_running_loop().time()
            await viewer.read(lambda b: len(pictures(b)) > before + 60, PATIENCE)
            assert asyncio.get_running_loop().time() > began

            await say(viewer, type="step")
            assert (await viewer.said("refused"))["code"] == "media.playback_command"
            async with database.write() as session:
                await gate.revoke(session, issued.permit.id, "test")
            assert await viewer.ended() == "permit_revoked"
        await region.until(lambda: region.tight(0))
