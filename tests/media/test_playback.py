"""Playing recordings over the node's WebSocket: where pictures lie in time, commands, gaps, and who may."""

import asyncio
import io
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import pytest

from commonsight.gate import service as gate
from commonsight.gate.model import Action
from commonsight.media.fmp4 import read_head
from commonsight.records.database import Database

from .recorded import Region, hour_around, recorded_region, until
from .world import Browser, browser, camera_id


def address(region: Region, ticket: str, at: datetime, path: str = "h264", more: str = "") -> str:
    when = at.isoformat().replace("+", "%2B")
    return f"ws://127.0.0.1:{region.port}/playback?ticket={ticket}&camera={camera_id(path)}&from={when}{more}"


async def say(viewer: Browser, **said: Any) -> None:
    await viewer.socket.send_str(json.dumps(said))


def pictures(viewer: Browser) -> list[bytes]:
    return [each for each in viewer.binaries if (head := read_head(each)) is not None and not head.sound]


def positions(viewer: Browser) -> list[dict[str, Any]]:
    return [said for said in viewer.texts if said["type"] == "position"]


async def recorded(region: Region, count: int = 3) -> list[Any]:
    """Some segments; then the camera is recorded no more."""
    plan = await region.plan("h264")
    await region.recorded(count)
    async with region.database.write() as session:
        from commonsight.media.recordings import plan_store

        await plan_store.drop_plan(session, plan.id, plan.created_at)

    async def idle() -> bool:
        return await region.state("h264") is None

    await until(idle)
    return await region.rows()


async def test_a_recording_plays_from_a_moment_to_its_end(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with recorded_region(database, database_url, tmp_path) as region:
        rows = await recorded(region)
        begin, end = rows[0]["starts_at"], rows[-1]["ends_at"]
        issued = await region.permit("h264", (begin, end))
        at = begin + timedelta(seconds=1.5)
        async with browser(address(region, issued.ticket, at)) as viewer:
            await viewer.read(lambda b: any(said["type"] == "end" for said in b.texts), 60)
            assert viewer.texts[-1]["code"] == "recording_end"
            [stream] = [said for said in viewer.texts if said["type"] == "stream"]
            assert (stream["codec"], stream["width"], stream["height"]) == ("h264", 320, 240)
            first = positions(viewer)[0]
            assert abs((datetime.fromisoformat(first["at"]) - at).total_seconds()) < 0.05
            shown = (end - at).total_seconds() * 25
            # And what leads up to the first one; a busy machine records a few more or fewer a second.
            assert shown - 15 <= len(pictures(viewer)) <= shown + 12 + 15
            with av.open(io.BytesIO(b"".join(viewer.binaries)), format="mp4") as played:
                assert sum(1 for _ in played.decode(video=0)) == len(pictures(viewer))

        async def over() -> bool:
            return any(line["closed_at"] for line in await region.lines() if line["permit_id"] == issued.permit.id)

        await until(over)
        [line] = [line for line in await region.lines() if line["permit_id"] == issued.permit.id]
        assert (line["action"], line["footage_from"], line["footage_to"]) == ("playback", begin, end)
        assert line["close_reason"] == "recording_end"
        assert line["first_frame_at"] is not None
        assert line["bytes"] > 0


async def test_a_viewer_pauses_steps_seeks_and_speeds_up(database: Database, database_url: str, tmp_path: Path) -> None:
    async with recorded_region(database, database_url, tmp_path) as region:
        rows = await recorded(region, 4)
        begin, end = rows[0]["starts_at"], rows[-1]["ends_at"]
        issued = await region.permit("h264", (begin, end))
        async with browser(address(region, issued.ticket, begin)) as viewer:
            await viewer.read(lambda b: len(pictures(b)) > 5)
            await say(viewer, type="pause")
            await asyncio.sleep(0.5)
            with pytest.raises(TimeoutError):
                await viewer.read(lambda b: len(pictures(b)) > 10_000, 0.5)
            paused = len(pictures(viewer))
            await say(viewer, type="step")
            await viewer.read(lambda b: len(pictures(b)) == paused + 1)
            with pytest.raises(TimeoutError):
                await viewer.read(lambda b: len(pictures(b)) > paused + 1, 0.5)

            target = begin + timedelta(seconds=4.2)
            viewer.texts.clear()
            viewer.binaries.clear()
            await say(viewer, type="seek", at=target.isoformat())
            await say(viewer, type="play")
            await viewer.read(lambda b: positions(b) and len(pictures(b)) > 20)
            at = datetime.fromisoformat(positions(viewer)[0]["at"])
            assert abs((at - target).total_seconds()) < 0.05
            assert viewer.texts[0]["type"] == "stream"
            assert read_head(pictures(viewer)[0]).keyframe  # type: ignore[union-attr]

            await say(viewer, type="speed", speed=4)
            await viewer.read(lambda b: any(said.get("speed") == 4 for said in positions(b)))
            await viewer.read(lambda b: any(said["type"] == "end" for said in b.texts), 30)
            quick = [said for said in positions(viewer) if said["speed"] == 4]
            heads = [head for each in pictures(viewer) if (head := read_head(each)) is not None]
            assert min(head.duration for head in heads[-20:]) <= 90_000 // 25 // 4 + 2
            assert quick
            times = [head.decode_time for head in heads]
            assert times == sorted(times)


async def test_what_a_viewer_may_not_or_cannot_say_is_refused_and_playback_goes_on(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with recorded_region(database, database_url, tmp_path) as region:
        rows = await recorded(region, 3)
        begin, end = rows[0]["starts_at"], rows[-1]["ends_at"]
        issued = await region.permit("h264", (begin, end))
        async with browser(address(region, issued.ticket, begin)) as viewer:
            await viewer.pictures(2)
            for wrong in (
                "x", "[]", '{"type": "dance"}', '{"type": "speed", "speed": 3}', '{"type": "seek", "at": "now"}',
                json.dumps({"type": "seek", "at": (end + timedelta(hours=1)).isoformat()}),
            ):  # fmt: skip
                viewer.texts.clear()
                await viewer.socket.send_str(wrong)
                said = await viewer.said("refused")
                assert said["code"] in ("media.playback_command", "media.playback_outside")
                assert said["zh"]
            before = len(pictures(viewer))
            await viewer.read(lambda b: len(pictures(b)) > before + 5)
        for at, code in ((begin - timedelta(seconds=5), "playback_outside"), (end, "playback_outside")):
            async with browser(address(region, issued.ticket, at)) as viewer:
                assert await viewer.ended() == code


async def test_a_live_permit_opens_no_recording_and_a_revoked_one_is_cut(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with recorded_region(database, database_url, tmp_path) as region:
        rows = await recorded(region, 3)
        begin, end = rows[0]["starts_at"], rows[-1]["ends_at"]
        live = await region.permit("h264", hour_around(begin), Action.LIVE)
        async with browser(address(region, live.ticket, begin)) as viewer:
            assert await viewer.ended() == "permit_refused"
        async with browser(address(region, "nothing", begin)) as viewer:
            assert await viewer.ended() == "permit_refused"

        issued = await region.permit("h264", (begin, end))
        async with browser(address(region, issued.ticket, begin)) as viewer:
            await viewer.pictures(3)
            await say(viewer, type="pause")
            await revoke(database, issued.permit.id)
            assert await viewer.ended() == "permit_revoked"
        async with browser(address(region, issued.ticket, begin)) as viewer:
            assert await viewer.ended() == "permit_revoked"


async def revoke(database: Database, permit: UUID) -> None:
    async with database.write() as session:
        await gate.revoke(session, permit, "test")


async def test_a_gap_is_said_and_passed_over(database: Database, database_url: str, tmp_path: Path) -> None:
    async with recorded_region(database, database_url, tmp_path) as region:
        rows = await recorded(region, 5)
        hole = rows[1]
        for lost in rows[1:3]:
            await asyncio.to_thread(region.file(lost).unlink)
        begin, end = rows[0]["starts_at"], rows[-1]["ends_at"]
        issued = await region.permit("h264", (begin, end))
        async with browser(address(region, issued.ticket, begin)) as viewer:
            await say(viewer, type="speed", speed=8)
            said = await viewer.said("gap")
            assert abs((datetime.fromisoformat(said["from"]) - hole["starts_at"]).total_seconds()) < 0.5
            assert abs((datetime.fromisoformat(said["to"]) - rows[3]["starts_at"]).total_seconds()) < 0.5
            await viewer.read(lambda b: any(said["type"] == "end" for said in b.texts), 60)
