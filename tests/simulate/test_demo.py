"""The process of the demo world: plays once footage is there, tells what it plays, stops when told."""

import asyncio

import pytest

from commonsight.clock import SystemClock
from commonsight.connect.wire.codec import Codec
from commonsight.problem import Refusal
from commonsight.records.nodes import alive
from commonsight.settings import Settings, Simulate, Sip, Zone
from commonsight.simulate import demo, footage
from commonsight.simulate.gb28181 import film
from commonsight.simulate.gb28181.fleet import identities
from commonsight.simulate.reel import access_units, broken, load


@pytest.fixture
def settings(tmp_path, unused_tcp_port_factory):
    port = unused_tcp_port_factory()
    return Settings(data_dir=tmp_path, simulate=Simulate(port=port, cameras=50), sip=Sip(enabled=False))


async def test_it_serves_until_told_to_stop(settings, database, stream, monkeypatch):
    reel = load("street", stream, Codec.H264, 10)
    twin = broken(reel, access_units(Codec.H264, stream))

    def bring(clip, data_dir, progress):
        if clip.name != "street":
            raise Refusal("simulate.footage_unavailable", operand=clip.name, reason="not here")
        return reel, twin

    monkeypatch.setattr(footage, "bring", bring)
    monkeypatch.setattr(demo, "REPORT_SECONDS", 0.05)
    stop = asyncio.Event()
    serving = asyncio.create_task(demo.serve(settings, database, SystemClock(), "simulate", stop))
    async with asyncio.timeout(20):
        while True:
            async with database.read() as session:
                nodes = await alive(session, "simulate")
            if nodes and nodes[0].detail["clips"]:
                break
            await asyncio.sleep(0.05)
    assert nodes[0].detail["cameras"] == 50
    assert nodes[0].address == f"rtsp://127.0.0.1:{settings.simulate.port}"
    reader, writer = await asyncio.open_connection("127.0.0.1", settings.simulate.port)
    writer.write(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
    assert (await reader.readline()).startswith(b"RTSP/1.0 200")
    stop.set()
    await asyncio.wait_for(serving, 10)
    writer.close()


async def test_without_any_footage_it_says_why(settings, database, monkeypatch):
    def bring(clip, data_dir, progress):
        raise Refusal("simulate.footage_unavailable", operand=clip.name, reason="not here")

    monkeypatch.setattr(footage, "bring", bring)
    with pytest.raises(Refusal) as caught:
        await demo.serve(settings, database, SystemClock(), "simulate", asyncio.Event())
    assert caught.value.code == "simulate.footage_unavailable"


def test_seeding_and_server_agree_on_the_fleet(settings):
    one, two = demo.fleet_of(settings), demo.fleet_of(settings)
    assert [one.address(i) for i in range(50)] == [two.address(i) for i in range(50)]
    assert {one.address(i).split("/")[2] for i in range(50)} == {
        f"127.0.0.1:{settings.simulate.port}",
        f"127.0.0.1:{settings.simulate.port + 1}",
    }


async def test_lower_platforms_register_with_the_sip_process_and_have_pictures(
    settings, database, stream, monkeypatch, above, reel
):
    twin = broken(load("street", stream, Codec.H264, 10), access_units(Codec.H264, stream))
    monkeypatch.setattr(footage, "bring", lambda clip, data_dir, progress: (twin, twin))
    monkeypatch.setattr(film, "bring", lambda clip, data_dir, progress: reel)
    monkeypatch.setattr(demo, "REPORT_SECONDS", 0.05)
    sip = Sip(enabled=True, zones=[Zone(port=above.port)])
    settings = settings.model_copy(update={"sip": sip})
    plan = demo.gb_plan_of(settings)
    assert (plan.platforms, plan.cameras, plan.devices) == (2, 40, 6)
    above.passwords = {who.code: who.password for who in identities(plan)}
    stop = asyncio.Event()
    serving = asyncio.create_task(demo.serve(settings, database, SystemClock(), "simulate", stop))
    async with asyncio.timeout(60):
        while True:
            async with database.read() as session:
                nodes = await alive(session, "simulate")
            if nodes and nodes[0].detail.get("gb28181", {}).get("registered") == 8:
                break
            await asyncio.sleep(0.05)
    assert set(above.contacts) == set(above.passwords)
    stop.set()
    await asyncio.wait_for(serving, 10)


def test_without_sip_there_is_no_lower_platform(settings):
    assert demo.gb_plan_of(settings) is None
