"""Messages arrive at real peers: signed, once each, in order, however the other side behaves."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from uuid import UUID

import aiomqtt
import pytest
import standardwebhooks
from sqlalchemy import text

from commonsight import network
from commonsight.access.model import Identity
from commonsight.jobs import House
from commonsight.problem import Refusal
from commonsight.respond.model import Action
from commonsight.respond.notices import deliver, service, settings_store, tasks
from commonsight.respond.notices.model import Event
from commonsight.respond.notices.service import RuleSaid
from commonsight.respond.service import Step, act
from commonsight.settings import Notices
from tests.respond.conftest import Person, World
from tests.respond.notices.peers import Posts, broker, context, mail_server, mosquitto, web_server

MAIL = {"to": ["duty@nanning.example"]}


@pytest.fixture
async def posts() -> AsyncIterator[Posts]:
    async with web_server() as made:
        network.install([f"127.0.0.1:{made.port}"], [])
        yield made
        network.install([], [])


def house_of(world: World, **given: Any) -> House:
    """The same house with other settings of notices."""
    settings = world.house.settings.model_copy(update={"notices": Notices(**given)})
    world.house = House(settings, world.database, world.clock)
    return world.house


@pytest.fixture
async def manager(person: Person) -> Identity:
    return await person("chief", "operator")


async def a_channel(world: World, manager: Identity, kind: str, **said: Any) -> tuple[UUID, str | None]:
    """A channel, and a rule that has everything told over it."""
    async with world.database.write() as session:
        given = {"name": f"{kind} 值班", "language": "zh"} | said
        row, secret = await service.add_channel(session, manager, kind, given, world.clock.now())
        rule = RuleSaid(None, row.id, (), 4, (), tuple(Event), None, True)
        await service.add_rule(session, manager, rule, world.clock.now())
    return row.id, secret


async def state_of(world: World, channel: UUID) -> list[tuple[str, int, str]]:
    rows = await world.rows(
        "SELECT state, attempts, error FROM notice_deliveries WHERE channel_id = :id ORDER BY place", id=channel
    )
    return [(row.state, row.attempts, row.error) for row in rows]


async def test_a_webhook_arrives_signed_by_the_scheme(world: World, manager: Identity, posts: Posts) -> None:
    channel, secret = await a_channel(world, manager, "webhook", url=f"http://127.0.0.1:{posts.port}/hook?x=1")
    await world.alarm(priority=1)
    await world.hand_on()
    assert await world.jobs("respond:deliver") == [{"channel_id": str(channel)}]
    assert posts.taken == [], "nothing leaves before the transaction is committed and a job runs"
    assert await deliver.run(world.house, channel) == 1
    ((headers, body),) = posts.taken
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert secret is not None
    signed = standardwebhooks.Webhook(secret).sign(headers["webhook-id"], at, body.decode())
    assert headers["webhook-signature"] == signed
    told = json.loads(body)
    assert (told["type"], told["data"]["title"], told["data"]["severity"]) == ("case.opened", "区域入侵", 1)
    assert (told["data"]["place"], told["data"]["region_name"]) == ("民族广场东", "青秀区")
    assert await state_of(world, channel) == [("sent", 1, "")]


async def test_a_failed_attempt_is_repeated_under_the_same_id_and_in_order(
    world: World, manager: Identity, posts: Posts
) -> None:
    channel, _ = await a_channel(world, manager, "webhook", url=f"http://127.0.0.1:{posts.port}/")
    await world.alarm()
    await world.hand_on()
    (case,) = await world.cases()
    async with world.database.write() as session:
        said = Step(Action.ASSIGN, assignee=("person", manager.id))
        await act(session, case.id, manager, said, lambda _: None, world.clock.now())
    await world.hand_on()
    posts.say = [(503, {})]
    assert await deliver.run(world.house, channel) == 0
    assert await deliver.run(world.house, channel) == 0, "the channel rests: nothing is spent on a dead line"
    assert len(posts.taken) == 1
    world.clock.advance(5)
    assert await deliver.run(world.house, channel) == 2
    ids = [headers["webhook-id"] for headers, _ in posts.taken]
    assert (ids[0] == ids[1], ids[1] == ids[2]) == (True, False)
    assert [json.loads(body)["type"] for _, body in posts.taken] == ["case.opened", "case.opened", "case.assigned"]
    assert [state for state, _, _ in await state_of(world, channel)] == ["sent", "sent"]


async def test_what_never_arrives_is_put_aside_and_can_be_sent_again(
    world: World, manager: Identity, posts: Posts
) -> None:
    channel, _ = await a_channel(world, manager, "webhook", url=f"http://127.0.0.1:{posts.port}/")
    house_of(world, give_up_hours=720)
    await world.alarm()
    await world.hand_on()
    posts.say = [(500, {})] * 50
    for _ in range(20):
        await deliver.run(world.house, channel)
        world.clock.advance(7 * 3_600)
    ((state, attempts, error),) = await state_of(world, channel)
    assert (state, attempts) == ("dead", 9)
    assert error.startswith("HTTP 500 not now")
    posts.say = []
    async with world.database.write() as session:
        (dead,) = await settings_store.deliveries(session, ("45",), None, "dead", None, 10)
        await service.send_again(session, manager, dead.id, world.clock.now())
    assert await deliver.run(world.house, channel) == 1
    assert posts.taken[-1][0]["webhook-id"] == posts.taken[0][0]["webhook-id"]


@pytest.mark.parametrize(
    ("status", "state", "enabled"), [(400, "dead", True), (410, "dead", False), (301, "dead", True)]
)
async def test_what_is_refused_for_good_is_not_repeated(
    world: World, manager: Identity, posts: Posts, status: int, state: str, enabled: bool
) -> None:
    channel, _ = await a_channel(world, manager, "webhook", url=f"http://127.0.0.1:{posts.port}/")
    await world.alarm()
    await world.hand_on()
    posts.say = [(status, {"Location": "http://127.0.0.1:1/"})]
    assert await deliver.run(world.house, channel) == 0
    assert [one for one, _, _ in await state_of(world, channel)] == [state]
    (row,) = await world.rows("SELECT enabled FROM notice_channels")
    assert row.enabled is enabled


async def test_a_dead_channel_holds_up_no_other(world: World, manager: Identity, posts: Posts) -> None:
    dead, _ = await a_channel(world, manager, "webhook", url="https://example.org/hook")
    well, _ = await a_channel(world, manager, "webhook", url=f"http://127.0.0.1:{posts.port}/")
    async with world.database.write() as session:
        await session.execute(
            text('UPDATE notice_channels SET config = \'{"url": "http://127.0.0.1:9/"}\' WHERE id = :id'), {"id": dead}
        )
    await world.alarm()
    await world.hand_on()
    async with asyncio.timeout(30):
        await asyncio.gather(deliver.run(world.house, dead), deliver.run(world.house, well))
    assert [one for one, _, _ in await state_of(world, well)] == ["sent"]
    ((state, _, error),) = await state_of(world, dead)
    assert state == "dead", "the guard lets nothing reach this machine, whatever was written into the database"
    assert "may not be reached" in error


INSIDE = (
    "http://127.0.0.1/", "http://localhost:8600/", "http://[::1]/", "http://169.254.169.254/", "http://10.1.2.3/",
    "ftp://example.org/", "http://me:secret@example.org/", "http://2130706433/",
)  # fmt: skip


@pytest.mark.parametrize("url", INSIDE)
async def test_an_address_inside_is_refused_when_it_is_written(world: World, manager: Identity, url: str) -> None:
    with pytest.raises(Refusal) as refused:
        await a_channel(world, manager, "webhook", url=url)
    assert refused.value.status == 422
    assert "secret" not in str(refused.value)


async def test_an_e_mail_arrives_over_starttls_with_an_account(world: World, manager: Identity, tmp_path: Path) -> None:
    tls, trusted = context(tmp_path)
    async with mail_server(tls, ("duty", "pässwort")) as mails:
        house = house_of(
            world, smtp_host="127.0.0.1", smtp_port=mails.port, smtp_username="duty", smtp_password="pässwort",
            smtp_from="共视 <cases@video.example>", ca_file=trusted,
        )  # fmt: skip
        channel, secret = await a_channel(world, manager, "email", **MAIL)
        assert secret is None
        await world.alarm(words="东门\r\nBcc: everybody@example.org")
        await world.hand_on()
        assert await deliver.run(house, channel) == 1
        assert mails.accounts == [("duty", "pässwort")]
        (envelope,) = mails.taken
    assert envelope.rcpt_tos == ["duty@nanning.example"]
    assert isinstance(envelope.content, bytes)
    message = message_from_bytes(envelope.content, policy=policy.default)
    assert message["Subject"] == "[紧急] #1 新事件：区域入侵 · 民族广场东"
    assert message["Bcc"] is None
    body = message.get_body()
    assert body is not None
    assert "地点：青秀区 民族广场东" in body.get_content()


async def test_without_tls_nothing_is_sent_when_it_was_asked_for(
    world: World, manager: Identity, tmp_path: Path
) -> None:
    async with mail_server(None, None) as mails:
        house = house_of(world, smtp_host="127.0.0.1", smtp_port=mails.port, smtp_from="cases@video.example")
        channel, _ = await a_channel(world, manager, "email", **MAIL)
        await world.alarm()
        await world.hand_on()
        assert await deliver.run(house, channel) == 0
        assert mails.taken == []
    ((state, attempts, _),) = await state_of(world, channel)
    assert (state, attempts) == ("waiting", 1)


@pytest.mark.parametrize(("said", "state"), [("550 nobody here", "dead"), ("451 later", "waiting")])
async def test_a_mail_server_that_refuses_is_believed(world: World, manager: Identity, said: str, state: str) -> None:
    async with mail_server(None, None) as mails:
        mails.refuse = said
        house = house_of(
            world, smtp_host="127.0.0.1", smtp_port=mails.port, smtp_from="cases@video.example", smtp_security="none"
        )
        channel, _ = await a_channel(world, manager, "email", **MAIL)
        await world.alarm()
        await world.hand_on()
        assert await deliver.run(house, channel) == 0
    assert [one for one, _, _ in await state_of(world, channel)] == [state]


@pytest.mark.skipif(mosquitto() is None, reason="the broker mosquitto is not installed (scripts/debian test)")
@pytest.mark.parametrize("tls", [True, False])
async def test_a_message_arrives_at_a_broker(world: World, manager: Identity, tmp_path: Path, tls: bool) -> None:
    async with broker(tmp_path, account=("cs", "geheim"), tls=tls) as (port, trusted), asyncio.timeout(30):
        given = {"mqtt_host": "127.0.0.1", "mqtt_port": port, "mqtt_tls": tls, "mqtt_username": "cs"}
        house = house_of(world, **given, mqtt_password="geheim", ca_file=trusted)
        channel, _ = await a_channel(world, manager, "mqtt", topic="commonsight/cases")
        await world.alarm()
        await world.hand_on()
        listening = aiomqtt.Client(
            "127.0.0.1", port, username="cs", password="geheim",
            tls_context=ssl.create_default_context(cafile=trusted) if tls else None,
        )  # fmt: skip
        async with listening as subscriber:
            await subscriber.subscribe("commonsight/#", qos=1)
            assert await deliver.run(house, channel) == 1
            message = await anext(aiter(subscriber.messages))
    assert str(message.topic) == "commonsight/cases"
    assert message.qos == 1
    told = json.loads(bytes(message.payload))  # type: ignore[arg-type]
    (row,) = await world.rows("SELECT id FROM notice_deliveries")
    assert (told["id"], told["type"]) == (str(row.id), "case.opened")


@pytest.mark.skipif(mosquitto() is None, reason="the broker mosquitto is not installed (scripts/debian test)")
async def test_a_broker_that_refuses_our_account_is_tried_again(
    world: World, manager: Identity, tmp_path: Path
) -> None:
    async with broker(tmp_path, account=("cs", "geheim"), tls=False) as (port, _), asyncio.timeout(30):
        house = house_of(
            world, mqtt_host="127.0.0.1", mqtt_port=port, mqtt_tls=False, mqtt_username="cs", mqtt_password="falsch"
        )
        channel, _ = await a_channel(world, manager, "mqtt", topic="commonsight/cases")
        await world.alarm()
        await world.hand_on()
        assert await deliver.run(house, channel) == 0
    ((state, attempts, error),) = await state_of(world, channel)
    assert (state, attempts) == ("waiting", 1)
    assert "falsch" not in error


async def test_a_test_goes_before_what_waits_and_wakes_a_resting_channel(
    world: World, manager: Identity, posts: Posts
) -> None:
    channel, _ = await a_channel(world, manager, "webhook", url=f"http://127.0.0.1:{posts.port}/")
    await world.alarm()
    await world.hand_on()
    posts.say = [(503, {})]
    await deliver.run(world.house, channel)
    async with world.database.write() as session:
        made = await service.test_channel(session, manager, channel, world.clock.now())
    await deliver.run(world.house, channel)
    assert posts.taken[1][0]["webhook-id"] == str(made)
    assert json.loads(posts.taken[1][1])["type"] == "test"


async def test_a_secret_renewed_signs_beside_the_former_for_a_day(
    world: World, manager: Identity, posts: Posts
) -> None:
    channel, former = await a_channel(world, manager, "webhook", url=f"http://127.0.0.1:{posts.port}/")
    async with world.database.write() as session:
        present = await service.new_channel_secret(session, manager, channel, world.clock.now())
    await world.alarm()
    await world.hand_on()
    await deliver.run(world.house, channel)
    world.clock.advance(25 * 3_600)
    await world.alarm()
    await world.hand_on()
    await deliver.run(world.house, channel)
    counts = [len(headers["webhook-signature"].split()) for headers, _ in posts.taken]
    assert counts == [2, 1]
    headers, body = posts.taken[1]
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert headers["webhook-signature"] == standardwebhooks.Webhook(present).sign(
        headers["webhook-id"], at, body.decode()
    )
    assert present != former


async def test_no_secret_lies_open_in_the_database(world: World, manager: Identity, posts: Posts) -> None:
    _, secret = await a_channel(world, manager, "webhook", url=f"http://127.0.0.1:{posts.port}/")
    assert secret is not None
    (row,) = await world.rows("SELECT secret, config::text AS config FROM notice_channels")
    assert secret.encode() not in bytes(row.secret)
    assert "whsec" not in row.config
    audited = await world.rows("SELECT detail::text AS detail FROM audit")
    assert all("whsec" not in one.detail for one in audited)


async def test_what_is_due_gets_a_job_whatever_became_of_its_own(world: World, manager: Identity, posts: Posts) -> None:
    channel, _ = await a_channel(world, manager, "webhook", url=f"http://127.0.0.1:{posts.port}/")
    await world.alarm()
    await world.hand_on()
    async with world.database.write() as session:
        await session.execute(text("DELETE FROM procrastinate_jobs"))
    await tasks.due(0)
    assert await world.jobs("respond:deliver") == [{"channel_id": str(channel)}]
    world.clock.advance(25 * 3_600)
    await tasks.tidy(0)
    assert [(state, error) for state, _, error in await state_of(world, channel)] == [("dead", "waited too long")]
