"""Inviting, against a device the test plays: what it may answer, and what must be left behind then (nothing)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from commonsight.connect.gb28181 import dialogs_store, invite_ask
from commonsight.connect.gb28181.model import Device
from commonsight.connect.gb28181.signalling import Client, SignallingPlace
from commonsight.connect.sip.dialog import Dialog
from commonsight.connect.sip.peer import Peer
from commonsight.connect.wire import gb_sdp, manscdp, mansrtsp
from commonsight.connect.wire.sip import Headers, Request, Response
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from commonsight.settings import Sip, Zone

from .conftest import CODE, Running, Start, file_device, until
from .device import TestDevice

CHANNEL = "45010300001320000001"
ASK = {"device": CODE, "channel": CHANNEL, "kind": "play", "transport": "udp", "zone": "local", "host": "127.0.0.1"}


class Camera(TestDevice):
    """Answers INVITE as it is told to; a status of 0 is silence."""

    status = 200
    body: bytes | None = None

    def take(self, message: Request | Response) -> None:
        if isinstance(message, Response) or message.method not in ("INVITE", "ACK"):
            super().take(message)
            return
        self.heard.append(message)
        if message.method == "ACK" or not self.status:
            return
        headers = Headers([(n, v) for n, v in message.headers if n in ("Via", "From", "Call-ID", "CSeq")])
        headers.add("To", f"{message.headers.get('To')};tag=cam")
        headers.add("Contact", f"<sip:{self.code}@127.0.0.1:{self.local}>")
        body = self.body
        if body is None:
            offer = gb_sdp.parse(message.body)
            answer = gb_sdp.Description(CHANNEL, "127.0.0.1", 15_000, ssrc=offer.ssrc, direction="sendonly")
            body = gb_sdp.build(answer)
        self.send(Response(self.status, "", headers, body if self.status == 200 else b""))

    def methods(self) -> list[str]:
        return [request.method for request in self.heard]

    async def goodbye(self) -> Response:
        """BYE from our side."""
        invite = next(request for request in self.heard if request.method == "INVITE")
        request = self.request("BYE", "sip:x")
        for name, value in (
            ("Call-ID", invite.headers.get("Call-ID")),
            ("From", f"{invite.headers.get('To')};tag=cam"),
            ("To", invite.headers.get("From")),
        ):
            request.headers.set(name, str(value))
        return await self.ask(request)


async def camera_of(running: Running, **how: Any) -> Camera:
    made = Camera(CODE, running.port, **how)
    await made.open()
    running.devices.append(made)
    assert (await made.register()).status == 200
    return made


@asynccontextmanager
async def lined(running: Running) -> AsyncIterator[Client]:
    client = await Client.open(SignallingPlace(path=str(running.house.line.path)), "media-1")
    try:
        yield client
    finally:
        await client.close()


async def rows(database: Database) -> int:
    async with database.read() as session:
        return int((await session.execute(text("SELECT count(*) FROM gb_dialogs"))).scalar_one())


async def empty(database: Database) -> bool:
    return await rows(database) == 0


async def test_an_invitation_from_ask_to_goodbye(start: Start, database: Database, key: None) -> None:
    await file_device(database)
    running = await start()
    camera = await camera_of(running)
    async with lined(running) as client:
        answer = await client.call("invite", **ASK, port=30_000)
        invite = next(request for request in camera.heard if request.method == "INVITE")
        offer = gb_sdp.parse(invite.body)
        assert (offer.port, offer.purpose, offer.ssrc) == (30_000, "Play", answer["ssrc"])
        assert invite.headers.get("Subject") == f"{CHANNEL}:{answer['ssrc']},{running.house.settings.sip.id}:0"
        assert answer["remote"] == {"host": "127.0.0.1", "port": 15_000}
        assert await rows(database) == 1
        await until(lambda: "ACK" in camera.methods())
        await client.call("report", dialog=answer["dialog"], counters={"packets": 7})
        shown = await client.call("dialogs", device=CODE, channel=CHANNEL)
        assert shown["dialogs"][0]["report"] == {"packets": 7}
        await client.call("bye", dialog=answer["dialog"])
        assert camera.methods()[-1] == "BYE"
        assert await rows(database) == 0
        last = (await client.call("dialogs", device=CODE, channel=CHANNEL))["last"]
        assert last["reason"] == "asked"
        assert "m=video 30000" in last["offer"]
        with pytest.raises(Refusal, match="gb_dialog_unknown"):
            await client.call("bye", dialog=answer["dialog"])


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (486, b"", "connect.gb_invite_refused"),
        (0, b"", "connect.gb_silent"),
        (200, b"v=0\r\n", "connect.gb_invite_answer"),
    ],
)
async def test_what_a_device_may_answer_leaves_nothing(
    start: Start, database: Database, key: None, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, code: str
) -> None:
    monkeypatch.setattr("commonsight.connect.gb28181.invite.INVITE_SECONDS", 1.0)
    await file_device(database)
    running = await start()
    camera = await camera_of(running)
    camera.status, camera.body = status, body
    async with lined(running) as client:
        with pytest.raises(Refusal) as caught:
            await client.call("invite", **ASK, port=30_000)
        assert caught.value.code == code
        await until(lambda: empty(database))
        assert ("BYE" in camera.methods()) == (status == 200)


async def test_a_device_that_says_goodbye_is_heard(start: Start, database: Database, key: None) -> None:
    await file_device(database)
    running = await start()
    camera = await camera_of(running)
    async with lined(running) as client:
        answer = await client.call("invite", **ASK, port=30_000)
        told: list[dict[str, Any]] = []
        client.listen(answer["dialog"], told.append)
        assert (await camera.goodbye()).status == 200
        await until(lambda: told)
        assert told[0]["reason"] == "device_bye"
        await until(lambda: empty(database))
        assert "BYE" not in camera.methods()


async def test_the_end_of_a_recording_ends_its_dialog(start: Start, database: Database, key: None) -> None:
    await file_device(database)
    running = await start()
    camera = await camera_of(running)
    async with lined(running) as client:
        ask = ASK | {"kind": "playback", "start": 1_700_000_000, "end": 1_700_000_060}
        answer = await client.call("invite", **ask, port=30_000)
        assert answer["ssrc"].startswith("1")
        told: list[dict[str, Any]] = []
        client.listen(answer["dialog"], told.append)
        for action, fields in (("pause", {}), ("seek", {"position": 30}), ("speed", {"speed": 4.0}), ("play", {})):
            await client.call("control", dialog=answer["dialog"], action=action, **fields)
        steps = [mansrtsp.parse(request.body) for request in camera.heard if request.method == "INFO"]
        assert [(step.action, step.position, step.scale) for step in steps] == [
            ("PAUSE", None, None), ("PLAY", 30.0, None), ("PLAY", None, 4.0), ("PLAY", None, None),
        ]  # fmt: skip
        await camera.say(manscdp.build("Notify", "MediaStatus", 9, CHANNEL, ("NotifyType", "121")))
        await until(lambda: told)
        assert told[0]["reason"] == "end_of_file"
        await until(lambda: "BYE" in camera.methods())
        await until(lambda: empty(database))


async def test_nobody_ends_what_another_one_holds(start: Start, database: Database, key: None) -> None:
    await file_device(database)
    running = await start()
    await camera_of(running)
    async with lined(running) as holder, lined(running) as other:
        answer = await holder.call("invite", **ASK, port=30_000)
        for op in ("bye", "control", "report"):
            with pytest.raises(Refusal, match="gb_dialog_unknown"):
                await other.call(op, dialog=answer["dialog"], action="pause", counters={})
        assert await rows(database) == 1
    await until(lambda: empty(database))


async def test_without_the_database_nothing_is_begun(
    start: Start, database: Database, key: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row comes before INVITE: a dialog nobody could end after a crash is not opened at all."""
    await file_device(database)
    running = await start()
    camera = await camera_of(running)

    async def away(*_: Any, **__: Any) -> None:
        raise OperationalError("away", None, Exception("away"))

    insert = dialogs_store.insert
    monkeypatch.setattr(dialogs_store, "insert", away)
    async with lined(running) as client:
        with pytest.raises(Refusal, match="gb_signalling_failed"):
            await client.call("invite", **ASK, port=30_000)
        assert "INVITE" not in camera.methods()
        monkeypatch.setattr(dialogs_store, "insert", insert)
        assert (await client.call("invite", **ASK, port=30_000))["ssrc"]
    await until(lambda: empty(database))


async def leave(database: Database, camera: Camera, call: str, ssrc: str, *, answered: bool) -> None:
    """Write down a dialog as a killed process leaves it."""
    peer = Peer("local", camera.transport, "127.0.0.1", camera.local)  # type: ignore[arg-type]
    dialog = Dialog(call, "<sip:us@h>;tag=us", "<sip:them@h>", f"sip:{CHANNEL}@127.0.0.1", peer, cseq=4)
    async with database.write() as session:
        await dialogs_store.insert(
            session, call_id=call, device=CODE, channel=CHANNEL, purpose="play", ssrc=ssrc, holder="media-1",
            invite=dialog.to_json(),
        )  # fmt: skip
        if answered:
            dialog.remote += ";tag=cam"
            await dialogs_store.answered(session, call, dialog.to_json())


@pytest.mark.parametrize("answered", [True, False])
async def test_what_a_killed_process_left_is_ended_before_anything_begins(
    start: Start, database: Database, key: None, answered: bool
) -> None:
    """Also a call that had not been answered yet: most devices know a call by its Call-ID."""
    await file_device(database)
    first = await start()
    camera = await camera_of(first)
    await until(lambda: is_online(database))
    await stopped(first)
    await leave(database, camera, "left", "0000000001", answered=answered)
    second = await start(zones=[Zone(port=first.port)])
    assert camera.methods()[-1] == "BYE"
    assert camera.heard[-1].headers.get("Call-ID") == "left"
    assert await rows(database) == 0
    async with lined(second) as client:
        assert (await client.call("invite", **ASK, port=30_000))["ssrc"] != "0000000001"


async def test_a_device_behind_a_connection_is_told_once_it_is_back(
    start: Start, database: Database, key: None
) -> None:
    await file_device(database)
    first = await start()
    camera = await camera_of(first, transport="tcp")
    await until(lambda: is_online(database))
    await stopped(first)
    await leave(database, camera, "left", "0000000001", answered=True)
    second = await start(zones=[Zone(port=first.port)])
    assert await rows(database) == 1  # no way to it yet
    back = await camera_of(second, transport="tcp")
    await until(lambda: "BYE" in back.methods())
    await until(lambda: empty(database))


async def stopped(running: Running) -> None:
    """The process ends; its devices do not."""
    running.stop.set()
    await running.task


async def is_online(database: Database) -> bool:
    async with database.read() as session:
        found = await session.execute(text("SELECT online FROM gb_devices WHERE code = :code"), {"code": CODE})
        return bool(found.scalar_one())


# --- what may be asked ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "operand"),
    [
        ({"device": "1"}, "device"),
        ({"channel": None}, "channel"),
        ({"kind": "talk"}, "kind"),
        ({"transport": "sctp"}, "transport"),
        ({"host": "a b"}, "host"),
        ({"port": 0}, "port"),
        ({"port": True}, "port"),
        ({"kind": "playback"}, "start"),
        ({"kind": "playback", "start": 5, "end": 5}, "end"),
        ({"kind": "download", "start": 5, "end": 9, "speed": 3}, "speed"),
    ],
)
def test_an_ask_that_makes_no_sense_is_refused(change: dict[str, Any], operand: str) -> None:
    with pytest.raises(Refusal) as caught:
        invite_ask.read(ASK | {"port": 30_000} | change)
    assert caught.value.code == "connect.gb_field_invalid"
    assert caught.value.operand == operand


@pytest.mark.parametrize(
    "fields", [{"action": "stop"}, {"action": "seek", "position": -1}, {"action": "speed", "speed": 3.3}]
)
def test_steering_that_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(Refusal, match="gb_field_invalid"):
        invite_ask.control(fields, 1)


def test_an_address_is_offered_only_where_its_zone_reaches() -> None:
    settings = Sip(zones=[Zone(name="police", reaches=["internet"]), Zone(name="internet"), Zone(name="government")])
    ask = invite_ask.read(ASK | {"port": 30_000, "zone": "police"})
    for zone, allowed in (("police", True), ("internet", True), ("government", False)):
        device = Device(uuid7(), CODE, "d", zone=zone)
        if allowed:
            invite_ask.check_zone(settings, ask, device)
            continue
        with pytest.raises(Refusal) as caught:
            invite_ask.check_zone(settings, ask, device)
        assert (caught.value.expected, caught.value.actual) == ("police", "government")
