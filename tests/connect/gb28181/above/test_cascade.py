"""Two platforms, one above the other, over real SIP and RTP: the tree, a live picture, and what is left of them."""

import asyncio

from commonsight.clock import SystemClock
from commonsight.connect.gb28181 import queries
from commonsight.connect.gb28181.session_open import Wish, open_wish

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
