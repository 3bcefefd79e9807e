"""The whole way: a camera that speaks RTSP, a media node's packets under a permit, frames, figures in the database."""

import asyncio
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import text

from commonsight.analyze import figure_store, store
from commonsight.analyze.see import Permit, Worker
from commonsight.analyze.watch import Tools
from commonsight.clock import SystemClock
from commonsight.connect.model import Codec
from commonsight.records import nodes
from commonsight.records.database import Database
from commonsight.settings import Media
from tests.analyze.stage import Lapping, settings, until
from tests.analyze.world import add_camera
from tests.media.conftest import make_footage
from tests.media.world import World, camera_id


async def test_crossings_of_a_camera_reach_the_database(database: Database) -> None:
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        world = World(Path(directory), Media())
        world.gate.system = True
        world.cameras.add("h264", make_footage(Codec.H264))
        camera = await add_camera(database, camera=camera_id("h264"))
        chosen = settings()
        permit = Permit(database, clock, "see-1")
        tools = Tools(database, clock, chosen.see, permit.stream, lambda _: Lapping(), one, other)
        stop = asyncio.Event()

        async def written() -> bool:
            await nodes.beat(database, "media-1", "media", None, {"packets": str(world.socket)})
            async with database.read() as session:
                totals, _ = await figure_store.totals(session, ["45"])
                stored = await store.read(session, camera)
            assert stored is not None
            return totals.get("car", (0, 0))[0] >= 2 and stored.state.running

        async with world.running():
            await nodes.beat(database, "media-1", "media", None, {"packets": str(world.socket)})
            working = asyncio.create_task(Worker("see-1", tools, chosen).run(stop))
            try:
                await until(written, 30)
            finally:
                stop.set()
                await working
        async with database.read() as session:
            purposes = await session.scalars(text("SELECT purpose_code FROM permits"))
            assert purposes.all() == ["analysis"]
    # One connection to the camera, whoever watches; its ticket was the worker's.
    assert world.cameras.opened["h264"] == 1
    assert world.gate.admitted


async def test_without_a_media_node_the_state_says_so(database: Database) -> None:
    clock = SystemClock()
    camera = await add_camera(database)
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        chosen = settings()
        permit = Permit(database, clock, "see-1")
        tools = Tools(database, clock, chosen.see, permit.stream, lambda _: Lapping(), one, other)
        stop = asyncio.Event()

        async def said() -> bool:
            async with database.read() as session:
                stored = await store.read(session, camera)
            return stored is not None and stored.state.reason == "media.no_node"

        working = asyncio.create_task(Worker("see-1", tools, chosen).run(stop))
        try:
            await until(said)
        finally:
            stop.set()
            await working
