"""What an upper platform is told and may do, through two real platforms: tree, changes, alarms, orders, limits."""

import asyncio
import re
from typing import Any

import pytest
from sqlalchemy import text

from commonsight.clock import SystemClock
from commonsight.connect.gb28181 import control, queries, subscriptions
from commonsight.connect.gb28181 import store as devices
from commonsight.connect.gb28181.above import store
from commonsight.connect.gb28181.above.model import ROUTE_FIELD, ROUTE_HEADER, Right, mark
from commonsight.connect.gb28181.control import Order
from commonsight.connect.gb28181.session_open import Wish, open_wish
from commonsight.connect.gb28181.subscriptions import Event
from commonsight.connect.model import SourceError
from commonsight.connect.sip.endpoint import SipEndpoint
from commonsight.connect.sip.peer import Listen, Peer
from commonsight.connect.wire import gb_sdp, manscdp
from commonsight.gate import service as gate
from commonsight.records.database import notify

from ..conftest import file_device, until
from .world import ALL, CLOCK, LOWER, SECRET, UPPER, Cascade, cascade, file_upper

LOWER_ID = re.compile(r"\d{20}")


async def asked(world: Cascade, target: str = LOWER) -> tuple[list[Any], list[dict[str, str]]]:
    """The messages that answer a Catalog query, and their items."""
    server = world.above.house.server
    serial = server.next_serial()
    pages, items = [], []
    async with server.responses(serial, LOWER) as answers:
        await server.command(world.device(), manscdp.build("Query", "Catalog", serial, target))
        while not pages or len(items) < int(pages[0].root.findtext("SumNum")):
            message = await answers.get(20)
            pages.append(message)
            items += [manscdp.item_fields(item) for item in message.root.find("DeviceList")]
    return pages, items


async def bodies(world: Cascade, what: str) -> list[Any]:
    """Messages of a command that the upper platform hears from now on."""
    heard: list[Any] = []

    async def hear(device: Any, message: Any) -> None:
        heard.append(message)

    world.above.house.server.on("Notify", what, hear)
    return heard


async def subscribed(world: Cascade, event: Event) -> None:
    async with world.above.database.write() as session:
        await subscriptions.want(session, world.device().id, {event})
    await until(lambda: world.rows("cascade_subscriptions"))


async def lower(world: Cascade, sql: str, **values: Any) -> None:
    """Change something in the lower platform's file, and let it look."""
    async with world.below.database.write() as session:
        await session.execute(text(sql), values)
        await store.tell(session, world.upper)


@pytest.mark.parametrize("upper", [{}, {"transport": "tcp", "version": "3.0", "charset": "UTF-8"}])
async def test_the_tree_is_told_whole_under_mapped_ids_alone(above, database, key, tmp_path, monkeypatch, upper):
    async with cascade(above, database, tmp_path, monkeypatch, cameras=5, **upper) as world:
        codes = {await world.code(camera) for camera in world.cameras}
        pages, items = await asked(world)
        assert {page.root.findtext("SumNum") for page in pages} == {"8"}
        assert {item["DeviceID"] for item in items} == codes | {"45", "4501", "450102"}
        below = {world.fleet.parties[0].who.code} | {
            world.fleet.parties[0].catalogue.code(number) for number in range(world.fleet.plan.cameras)
        }
        said = {word for item in items for word in LOWER_ID.findall(" ".join(item.values()))}
        assert not said & below
        camera = next(item for item in items if item["DeviceID"] in codes)
        assert camera["ParentID"] == LOWER
        assert camera["CivilCode"] == "450102"
        assert camera["Longitude"] == "108.300000"
        assert camera[ROUTE_FIELD] == mark(LOWER)
        assert ("SafetyWay" in camera) is (not upper)
        assert ("Info/PointType" in camera) is bool(upper)
        _, one = await asked(world, camera["DeviceID"])
        assert [item["DeviceID"] for item in one] == [camera["DeviceID"]]


async def test_what_changes_is_told_to_who_subscribed(above, database, key, tmp_path, monkeypatch):
    async with cascade(above, database, tmp_path, monkeypatch) as world:
        code = await world.code(world.cameras[0])
        gone = await world.code(world.cameras[1])
        heard = await bodies(world, "Catalog")
        await subscribed(world, Event.CATALOG)
        await lower(world, "UPDATE cameras SET health = 3 WHERE id = :id", id=world.cameras[0])
        await until(lambda: heard)
        assert heard[0].root.findtext("DeviceList/Item/Event") == "OFF"
        assert heard[0].root.findtext("DeviceList/Item/DeviceID") == code
        await lower(world, "UPDATE cameras SET archived_at = now() WHERE id = :id", id=world.cameras[1])
        await until(lambda: any(one.root.findtext("DeviceList/Item/Event") == "DEL" for one in heard))
        assert heard[-1].root.findtext("DeviceList/Item/DeviceID") == gone


async def test_an_alarm_goes_up_under_the_mapped_id_where_the_share_allows_it(
    above, database, key, tmp_path, monkeypatch
):
    async with cascade(above, database, tmp_path, monkeypatch) as world:
        code = await world.code(world.cameras[0])
        heard = await bodies(world, "Alarm")
        await subscribed(world, Event.ALARM)
        party = world.fleet.parties[0]
        number = next(n for n in range(world.fleet.plan.cameras) if party.catalogue.status(n) == "ON")
        await party.events.alarm(number, method=5)
        await until(lambda: heard)
        assert (heard[0].device, heard[0].root.findtext("AlarmMethod")) == (code, "5")
        assert heard[0].root.findtext("Info/AlarmType") == "2"
        async with database.write() as session:
            await session.execute(text("UPDATE cascade_shares SET rights = :rights"), {"rights": int(Right.LIVE)})
            await store.tell(session, world.upper)
        await until(lambda: _rights(world, code, Right.LIVE))
        before = len(heard)
        await party.events.alarm(number, method=6)
        await asyncio.sleep(1)
        assert len(heard) == before


async def _rights(world: Cascade, code: str, rights: Right) -> bool:
    async with world.below.database.read() as session:
        found = await session.execute(text("SELECT rights FROM cascade_ids WHERE code = :code"), {"code": code})
        return bool(found.scalar_one() == int(rights))


async def test_the_camera_is_turned_and_nothing_beyond_it(above, database, key, tmp_path, monkeypatch):
    async with cascade(above, database, tmp_path, monkeypatch) as world:
        code = await world.code(world.cameras[0])
        party, server = world.fleet.parties[0], world.above.house.server
        number = next(n for n in range(world.fleet.plan.cameras) if party.catalogue.status(n) == "ON")
        view = party.controls.view(party.catalogue.code(number))
        before = view.pan

        async def order(action: str, **values: Any) -> None:
            told = control.document(world.device(), code, server.next_serial(), Order.of(action, values))
            await server.command(world.device(), told)

        await order("move", pan=0.5)
        await until(lambda: party.controls.view(party.catalogue.code(number)).pan != before)
        await order("stop")
        presets = await queries.presets(server, world.device(), code)
        assert [one.number for one in presets] == [1, 2]
        falls = party.registered
        await order("reboot")  # answered, and not handed on
        await asyncio.sleep(0.5)
        assert party.registered is falls
        async with database.read() as session:
            holder = (await session.execute(text("SELECT holder_name FROM ptz_locks"))).scalar_one()
        assert holder == "省级平台"


async def refused(world: Cascade, code: str, **how: Any) -> str:
    """What the upper platform is answered."""
    with pytest.raises(SourceError) as told:
        await open_wish(Wish(LOWER, code, transport="udp", **how), timeout=20, clock=CLOCK, line=world.line)
    return str(told.value)


async def test_more_streams_than_allowed_are_refused_and_so_is_what_is_not_shared(
    above, database, key, tmp_path, monkeypatch
):
    async with cascade(above, database, tmp_path, monkeypatch, rights=Right.LIVE, streams_most=1) as world:
        first, second = [await world.code(camera) for camera in world.cameras[:2]]
        session = await open_wish(Wish(LOWER, first), timeout=20, clock=CLOCK, line=world.line)
        assert "486" in await refused(world, second)
        await session.close()
        await world.nothing_left()
        now = int(CLOCK.now().timestamp())
        assert "403" in await refused(world, first, purpose="playback", start=now - 60, end=now)
        assert "404" in await refused(world, "45010200001320999999")
        session = await open_wish(Wish(LOWER, second), timeout=20, clock=CLOCK, line=world.line)
        await lower(world, "UPDATE cascade_uppers SET kbits_most = 1, streams_most = 9 WHERE id = :id", id=world.upper)
        calls = world.below.house.above.calls
        await until(lambda: all(call.rate for call in calls._calls.values()) and calls._calls)
        await until(lambda: all(call.link.upper.kbits_most == 1 for call in calls._calls.values()))
        assert "503" in await refused(world, first)
        await session.close()
        await world.nothing_left()


async def _watched(session: Any) -> None:
    async with asyncio.timeout(30):
        async for _ in session:
            pass


async def test_a_withdrawn_share_and_a_revoked_permit_cut_the_stream(above, database, key, tmp_path, monkeypatch):
    async with cascade(above, database, tmp_path, monkeypatch) as world:
        code = await world.code(world.cameras[0])
        for how in ("permit", "share"):
            session = await open_wish(Wish(LOWER, code), timeout=20, clock=CLOCK, line=world.line)
            if how == "permit":
                (call,) = world.below.house.above.calls._calls.values()
                async with database.write() as writing:
                    await gate.revoke(writing, call.permit_id, "no more")
                world.node.hub.revoke(call.permit_id)
            else:
                await lower(world, "UPDATE cascade_shares SET enabled = false")
            with pytest.raises(SourceError):
                await _watched(session)
            await session.close()
            await world.nothing_left()
        async with database.read() as reading:
            reasons = set((await reading.execute(text("SELECT close_reason FROM retrievals"))).scalars())
        assert reasons


async def test_a_call_that_has_been_here_before_and_one_from_elsewhere_are_turned_away(
    above, database, key, tmp_path, monkeypatch
):
    async with cascade(above, database, tmp_path, monkeypatch) as world:
        code = await world.code(world.cameras[0])
        offer = gb_sdp.build(gb_sdp.Description(UPPER, "127.0.0.1", 45_998, ssrc="0100000001"))

        async def invite(endpoint: SipEndpoint, peer: Peer, *headers: tuple[str, str], body: bytes = offer) -> int:
            request = endpoint.new_request(
                "INVITE", f"sip:{code}@{peer.host}:{peer.port}", peer, from_id=UPPER, to_id=code, domain=UPPER[:10],
                headers=headers, body=body, content_type="application/sdp",
            )  # fmt: skip
            return (await endpoint.request(request, peer, timeout=15)).status

        here = world.above.house.server.endpoint
        peer = Peer("local", "udp", "127.0.0.1", world.below.port)
        assert await invite(here, peer, (ROUTE_HEADER, f"{mark('1')} {mark(LOWER)}")) == 482
        other = gb_sdp.build(gb_sdp.Description(UPPER, "169.254.169.254", 80, ssrc="0100000001"))
        assert await invite(here, peer, body=other) == 488
        assert await invite(here, peer, body=b"v=0\r\n") == 488

        class Nobody:
            async def on_request(self, request: Any, transaction: Any) -> None:
                await transaction.respond(405)

            async def on_connection_lost(self, peer: Any) -> None: ...

        stranger = SipEndpoint([Listen("local", "127.0.0.2", 0)], Nobody(), SystemClock(), user_agent="test")
        await stranger.start()
        try:
            assert await invite(stranger, peer) == 403
        finally:
            await stranger.close()
        await world.nothing_left()


async def test_two_platforms_above_each_other_speak_both_ways(above, database, key, tmp_path, monkeypatch):
    """Each is the other's upper platform: questions and keepalives find their way by who asks and who is asked."""
    async with cascade(above, database, tmp_path, monkeypatch, rights=ALL) as world:
        await world.code(world.cameras[0])
        await file_device(database, UPPER, password=SECRET)
        async with database.write() as session:
            await notify(session, devices.CHANGED, {"code": UPPER})
        await until(lambda: world.below.house.devices.get(UPPER))
        back = await file_upper(above, world.below.port, LOWER)
        await until(lambda: world.below.house.devices.get(UPPER).online)
        info = await queries.device_info(world.below.house.server, world.below.house.devices.get(UPPER))
        assert info.name == "Commonsight"
        _, items = await asked(world)
        assert len(items) == len(world.cameras) + 3
        for where, upper in ((database, world.upper), (above, back)):
            async with where.read() as session:
                kept = await store.kept(session, upper)
            assert kept is not None
            assert kept.mutual
