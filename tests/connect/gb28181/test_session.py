"""The whole way: INVITE, media by every transport, pictures; and nothing that is left behind."""

import asyncio
import contextlib
import itertools
import time
from typing import Any

import pytest

from commonsight.clock import SystemClock
from commonsight.connect.gb28181.invite_ask import TRANSPORTS, Transport
from commonsight.connect.gb28181.line import install
from commonsight.connect.gb28181.session import GbSession
from commonsight.connect.gb28181.session_open import open_wish
from commonsight.connect.model import AccessUnit, Address, AudioCodec, Sound, SourceCode, SourceError
from commonsight.connect.service import Opened, Reopening
from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.nal import split
from commonsight.records.database import Database
from commonsight.simulate.gb28181.faults import Faults
from tests.ports import free_port

from .conftest import Start, until
from .world import World, film, world

CLOCK = SystemClock()


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
async def test_a_camera_plays_by_every_transport(
    start: Start, database: Database, transport: Transport, codec: Codec
) -> None:
    async with world(start, database, codec=codec) as made:
        session = await open_wish(made.wish(transport=transport), timeout=20, clock=CLOCK, line=made.line)
        assert await made.dialogs() == 1
        seen = []
        async for unit in session:
            seen.append(unit)
            if len(seen) == 40:
                break
        assert seen[0].keyframe
        assert (session.info.codec, session.info.width, session.info.height) == (codec, 320, 180)
        originals = {tuple(split(each)) for each in film(codec).pictures}
        assert all(tuple(split(unit.data)) in originals for unit in seen)
        steps = [b.pts - a.pts for a, b in itertools.pairwise(seen)]
        assert set(steps) == {3_600}
        counters = session.counters
        assert counters.ssrc_expected == counters.ssrc_seen != 0
        assert counters.packets_lost == counters.units_broken == 0
        await session.close()
        await made.nothing_left()
        assert made.running.house.devices.get(made.wish().device) is not None


async def test_sound_comes_beside_the_pictures(start: Start, database: Database) -> None:
    async with world(start, database) as made:
        session = await open_wish(made.wish(), timeout=20, clock=CLOCK, line=made.line)
        heard: list[Sound] = []
        session.listen(heard.append)
        seen = 0
        async for _ in session:
            seen += 1
            if seen == 20:
                break
        assert session.audio is AudioCodec.G711A
        steps = [b.pts - a.pts for a, b in itertools.pairwise(heard)]
        assert steps
        assert set(steps) == {3_600}
        assert all(len(each.data) == 320 for each in heard)
        await session.close()
        await made.nothing_left()


async def test_loss_and_disorder_are_counted_and_cost_only_what_they_hit(start: Start, database: Database) -> None:
    faults = Faults(media_loss=0.01, media_reorder=0.02)
    async with world(start, database, faults=faults) as made:
        session = await open_wish(made.wish(transport="udp"), timeout=20, clock=CLOCK, line=made.line)
        originals = {tuple(split(each)) for each in film().pictures}
        seen = []
        async for unit in session:
            seen.append(unit)
            if len(seen) >= 40 and session.counters.packets_lost and session.counters.packets_reordered:
                break
        assert all(tuple(split(unit.data)) in originals for unit in seen)
        await session.close()
        await made.nothing_left()


async def test_a_camera_that_agrees_and_sends_nothing_is_named(start: Start, database: Database) -> None:
    async with world(start, database, faults=Faults(mute=1.0)) as made:
        with pytest.raises(SourceError) as failure:
            await open_wish(made.wish(), timeout=2, clock=CLOCK, line=made.line)
        assert failure.value.code is SourceCode.NO_VIDEO
        await made.nothing_left()


async def test_a_channel_that_does_not_exist_is_named(start: Start, database: Database) -> None:
    async with world(start, database) as made:
        wish = made.wish()
        strange = type(wish)(wish.device, "45010300001310009999")
        with pytest.raises(SourceError) as failure:
            await open_wish(strange, timeout=10, clock=CLOCK, line=made.line)
        assert failure.value.code is SourceCode.NOT_FOUND
        with pytest.raises(SourceError) as failure:
            await open_wish(type(wish)("45010300002000009999", wish.channel), timeout=10, clock=CLOCK, line=made.line)
        assert failure.value.code is SourceCode.NOT_FOUND
        await made.nothing_left()


async def test_an_opening_that_is_cancelled_leaves_nothing(start: Start, database: Database) -> None:
    """At whatever moment: the dialog is ended, the number and the port come back."""
    async with world(start, database) as made:
        for after in (0.0, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08):
            opening = asyncio.create_task(open_wish(made.wish(), timeout=20, clock=CLOCK, line=made.line))
            await asyncio.sleep(after)
            opening.cancel()
            result = (await asyncio.gather(opening, return_exceptions=True))[0]
            if not isinstance(result, BaseException):
                await result.close()
        await made.nothing_left()


async def test_what_a_lost_media_process_held_is_ended(start: Start, database: Database) -> None:
    """Its connection breaks, as kill -9 does it."""
    async with world(start, database) as made:
        sessions = await asyncio.gather(
            *(open_wish(made.wish(n), timeout=20, clock=CLOCK, line=made.line) for n in range(4))
        )
        assert await made.dialogs() == 4
        client = await made.line.client()
        client._writer.transport.abort()
        await until(lambda: made.fleet.streams == 0)
        for session in sessions:
            with pytest.raises(SourceError):
                async for _ in session:
                    pass
            await session.close()
        await made.nothing_left()


async def test_pictures_and_sound_come_back_on_one_timeline(start: Start, database: Database) -> None:
    """The line to the signalling process breaks; the camera is invited again, and nothing jumps."""
    async with world(start, database) as made:
        wish = made.wish()
        install(made.line)
        source = Reopening(Address.at(f"gb28181://{wish.device}/{wish.channel}"), timeout=20, seed=1)
        heard: list[Sound] = []
        source.listen(heard.append)
        units: list[AccessUnit] = []
        opened = 0
        try:
            async for event in source:
                if isinstance(event, Opened):
                    opened += 1
                elif isinstance(event, AccessUnit):
                    units.append(event)
                    if len(units) == 15:
                        (await made.line.client())._writer.transport.abort()
                    if opened == 2 and len(units) > 40 and heard[-1].pts > units[20].pts:
                        break
        finally:
            await source.close()
            install(None)
        times = [unit.pts for unit in units]
        assert times == sorted(set(times))
        assert all(times[0] - 3_600 <= each.pts <= times[-1] + 3_600 for each in heard)
        await made.nothing_left()


async def test_a_recording_is_paused_sought_and_comes_to_its_end(start: Start, database: Database) -> None:
    async with world(start, database) as made:
        session = await recorded(made)
        ssrc = session.counters.ssrc_seen
        assert f"{ssrc:010d}"[0] == "1"
        units = aiter(session)
        await anext(units)
        await session.pause()
        await session.play()
        await session.speed(4.0)
        await session.seek(9.0)
        left = 0
        async for _ in units:
            left += 1
        assert left
        await session.close()
        await made.nothing_left()


async def test_a_recording_is_fetched_faster_than_it_plays(start: Start, database: Database) -> None:
    async with world(start, database) as made:
        session = await recorded(made, purpose="download", speed=4.0)
        began, units = time.monotonic(), [unit async for unit in session]
        assert units[0].keyframe
        played = (units[-1].pts - units[0].pts) / 90_000
        assert played > 10
        assert time.monotonic() - began < played
        await session.close()
        await made.nothing_left()


async def recorded(made: World, **how: Any) -> GbSession:
    """Twelve seconds of whatever the camera has kept of the last day."""
    asked = {"purpose": "playback"} | how
    now = int(time.time())
    for back in range(600, 86_400, 600):
        wish = made.wish(start=now - back, end=now - back + 12, **asked)
        with contextlib.suppress(SourceError):
            return await open_wish(wish, timeout=10, clock=CLOCK, line=made.line)
    pytest.fail("the camera has kept nothing")


async def test_a_media_node_on_another_machine_asks_with_the_key_on_file(start: Start, database: Database) -> None:
    """It finds the address in the heartbeat, and the key where only processes of the platform can read."""
    async with world(start, database, signalling_host="127.0.0.1", signalling_port=free_port()) as made:
        made.running.house.line.path.unlink()  # another machine has no such socket
        session = await open_wish(made.wish(), timeout=20, clock=CLOCK, line=made.line)
        assert (await anext(aiter(session))).keyframe
        await session.close()
        await made.nothing_left()
