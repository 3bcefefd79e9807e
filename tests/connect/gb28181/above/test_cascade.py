"""Two platforms, one above the other, over real SIP and RTP: the tree, a live picture, and what is left of them."""

import asyncio
import contextlib
import time
from datetime import timedelta

from commonsight.clock import SystemClock
from commonsight.connect.gb28181 import queries
from commonsight.connect.gb28181.session_open import Wish, open_wish
from commonsight.connect.model import SourceError

from ..conftest import until
from .world import LOWER, cascade

CLOCK = SystemClock()


async def test_a_live_picture_comes_through_both_and_nothing_is_left(above, database, key, tmp_path, monkeypatch):
    async with cascade(above, database, tmp_path, monkeypatch) as world:
        code = await world.code(world.cameras[0])
        for transport in ("udp", "tcp-passive", "tcp-active"):
            wish = Wish(LOWER, code, transport=transport)
            session = await open_wish(wish, timeout=20, clock=CLOCK, line=world.line)
            pictures = 0
            async with asyncio.timeout(30):
                async for unit in session:
                    pictures += 1
                    assert pictures > 1 or unit.keyframe
                    if pictures == 30:
                        break
            assert await world.rows("cascade_calls") == 1
            assert session.counters.units_broken == 0
            await session.close()
            await world.nothing_left()
        info = await queries.device_info(world.above.house.server, world.device())
        assert info.name == "Commonsight"
        assert info.channels == len(world.cameras) + 3
        await until(lambda: world.below.house.above.calls is not None)


async def recording(world, **how):
    """A recording of the first camera that plays; devices keep some hours of a day only."""
    code = await world.code(world.cameras[0])
    now = int(time.time())
    for back in range(600, 86_400, 600):
        wish = Wish(LOWER, code, **{"purpose": "playback", "start": now - back, "end": now - back + 12} | how)
        with contextlib.suppress(SourceError):
            return await open_wish(wish, timeout=20, clock=CLOCK, line=world.line)
    raise AssertionError("the camera has kept nothing")


async def test_a_recording_is_found_played_held_moved_and_ends_by_itself(above, database, key, tmp_path, monkeypatch):
    async with cascade(above, database, tmp_path, monkeypatch) as world:
        code = await world.code(world.cameras[0])
        now = CLOCK.now()
        found = await queries.records(
            world.above.house.server, world.device(), code, now - timedelta(days=1), now, "Asia/Shanghai"
        )
        assert found.complete
        assert found.items
        assert not any(one.path or one.address for one in found.items)
        session = await recording(world)
        pictures = aiter(session)
        assert (await anext(pictures)).keyframe
        await session.pause()
        await session.play()
        await session.seek(6.0)
        await session.speed(4.0)
        count = 0
        async with asyncio.timeout(60):
            async for _ in pictures:  # ends by itself: MediaStatus from the device, and from us to the upper platform
                count += 1
        assert count > 20
        await session.close()
        await world.nothing_left()


async def test_a_download_comes_faster_than_it_was_recorded(above, database, key, tmp_path, monkeypatch):
    async with cascade(above, database, tmp_path, monkeypatch) as world:
        session = await recording(world, purpose="download", speed=4.0)
        last = 0
        async with asyncio.timeout(60):
            async for unit in session:
                last = max(last, unit.pts)
        assert last > 10 * 90_000
        await session.close()
        await world.nothing_left()
