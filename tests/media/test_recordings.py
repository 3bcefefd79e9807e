"""Recording in a real media process: what is on file can be read by others, whatever happens to the node."""

import asyncio
import hashlib
import itertools
import signal
from datetime import timedelta
from pathlib import Path

from commonsight.media.recordings.segment import PART
from commonsight.records.database import Database

from .recorded import gone, probed, recorded_region, until, video
from .world import camera_id, footage


async def test_a_planned_camera_is_recorded_in_segments_that_others_can_read(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with recorded_region(database, database_url, tmp_path) as region:
        plan = await region.plan("h264")
        rows = await region.recorded(3)
        for row in rows:
            assert row["plan_id"] == plan.id
            assert row["camera_id"] == camera_id("h264")
            data = region.file(row).read_bytes()
            assert (row["bytes"], bytes(row["sha256"])) == (len(data), hashlib.sha256(data).digest())
            found = video(await probed(region.file(row)))
            assert (found["codec_name"], found["width"], found["height"]) == ("h264", 320, 240)
            seconds = (row["ends_at"] - row["starts_at"]).total_seconds()
            assert abs(int(found["nb_read_frames"]) - seconds * 25) <= 2
            assert float(found["start_time"]) < 0.2
        for before, after in itertools.pairwise(rows):
            assert abs((after["starts_at"] - before["ends_at"]).total_seconds()) < 1
        [line] = [line for line in await region.lines() if line["purpose_code"] == "recording"]
        assert (line["holder_kind"], line["node"]) == ("system", "media-1")
        assert await region.state("h264") == ("recording", None)


async def test_a_killed_node_leaves_nothing_unreadable_and_goes_on(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with recorded_region(database, database_url, tmp_path) as region:
        region.cameras.add("second", footage())
        await region.file_camera("second", 1)
        await region.plan("h264", "second")
        for _ in range(3):
            await region.recorded(len(await region.rows()) + 4)
            await until(lambda: growing(region.root))
            await region.end(signal.SIGKILL)
            for row in await region.rows():
                found = video(await probed(region.file(row)))
                assert int(found["nb_read_frames"]) > 0
                assert hashlib.sha256(region.file(row).read_bytes()).digest() == bytes(row["sha256"])
            left = parts_of(region.root)
            assert left, "nothing was being written when the node was killed"
            await region.start()

            async def none_left(left: list[Path] = left) -> bool:
                return not any(part.exists() for part in left)

            await until(none_left)
        await region.recorded(len(await region.rows()) + 2)
        assert "segment_recovered" in region.log()
        await region.end()
        filed = {region.file(row) for row in await region.rows()}
        assert wholes_of(region.root) == filed, "what is on the disk is on file after a stop on purpose"
        assert not parts_of(region.root)


def parts_of(root: Path) -> list[Path]:
    return list(root.rglob(f"*{PART}"))


def wholes_of(root: Path) -> set[Path]:
    return set(root.rglob("*.mp4"))


async def growing(root: Path) -> bool:
    """Whether some file holds pictures already and is not whole yet."""
    parts = await asyncio.to_thread(lambda: [part.stat().st_size for part in root.rglob(f"*{PART}")])
    return any(size > 8_000 for size in parts)


async def test_a_camera_that_goes_away_leaves_a_gap_and_is_recorded_again(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with recorded_region(database, database_url, tmp_path, segment_seconds=60) as region:
        await region.plan("h264")

        async def plays() -> bool:
            return await region.state("h264") == ("recording", None)

        await until(plays)
        async with gone(region):

            async def waits() -> bool:
                state = await region.state("h264")
                return state is not None and state[0] == "waiting"

            await until(waits)
            [before] = await region.recorded(1)
        await until(plays)
        await region.end()
        rows = await region.rows()
        assert len(rows) >= 2
        assert rows[1]["starts_at"] - before["ends_at"] > timedelta(seconds=0.5)
        for row in rows:
            assert int(video(await probed(region.file(row)))["nb_read_frames"]) > 0


async def test_nothing_is_recorded_outside_its_hours_or_when_switched_off(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with recorded_region(database, database_url, tmp_path) as region:
        await region.plan("h264", enabled=False)
        await region.plan("h264", hours=((),) * 7)
        region.cameras.add("other", footage())
        await region.file_camera("other", 2)
        await region.plan("other")
        await region.recorded(2)
        assert {row["camera_id"] for row in await region.rows()} == {camera_id("other")}
        assert await region.state("h264") is None
