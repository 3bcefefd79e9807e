"""Requests of ours to a peer that is slow, deaf, late, or gone; and calls that must not outlive their caller."""

import asyncio

import pytest

from commonsight.clock import ManualClock
from commonsight.connect.sip.dialog import Dialog
from commonsight.connect.sip.endpoint import SipEndpoint
from commonsight.connect.sip.errors import SipTimeout, SipUnreachable
from commonsight.connect.sip.peer import Listen, Peer
from commonsight.connect.wire.sip import parse_name_addr, parse_via

from .world import DOMAIN, OURS, THEIRS, Recorder, invite, message, reply, until


async def answers(raw, method, status=200, number=0, **extra):
    await until(lambda: len(raw.requests(method)) > number)
    request = raw.requests(method)[number]
    return request, reply(request, status, **extra)


async def test_a_message_is_sent_again_until_answered(start, raw):
    sip = await start()
    asking = asyncio.create_task(sip.request(message(sip, raw.peer), raw.peer))
    await until(lambda: len(raw.requests("MESSAGE")) >= 2)
    first, second = raw.requests("MESSAGE")[:2]
    assert first.encode() == second.encode()
    raw.send(sip.ports["local"], reply(first, 200))
    assert (await asking).status == 200
    via = parse_via(first.headers.get("Via") or "")
    assert (via.transport, via.host, via.port) == ("UDP", "127.0.0.1", sip.ports["local"])
    assert "rport" in via.params
    assert via.branch.startswith("z9hG4bK")
    assert first.uri == f"sip:{THEIRS}@127.0.0.1:{raw.port}"
    sender = parse_name_addr(first.headers.get("From") or "")
    assert (sender.uri.user, sender.uri.host) == (OURS, DOMAIN)


async def test_silence_ends_in_a_timeout_that_names_the_peer(start, raw):
    sip = await start()
    with pytest.raises(SipTimeout, match=f"MESSAGE.*{raw.port}"):
        await sip.request(message(sip, raw.peer), raw.peer, timeout=0.05)
    assert not sip._outgoing._asking


async def test_answers_that_belong_to_nothing_are_dropped(start, raw):
    sip = await start()
    asking = asyncio.create_task(sip.request(message(sip, raw.peer), raw.peer))
    request, right = await answers(raw, "MESSAGE")
    wrong = reply(request, 500)
    wrong.headers.set("Via", "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKother")
    raw.send(sip.ports["local"], wrong)
    raw.send(sip.ports["local"], right)
    assert (await asking).status == 200


async def test_a_refused_invite_is_acknowledged_for_every_copy(start, raw):
    sip = await start()
    asking = asyncio.create_task(sip.request(invite(sip, raw.peer), raw.peer))
    request, busy = await answers(raw, "INVITE", 486)
    raw.send(sip.ports["local"], busy)
    assert (await asking).status == 486
    await until(lambda: len(raw.requests("ACK")) == 1)
    raw.send(sip.ports["local"], busy)
    await until(lambda: len(raw.requests("ACK")) == 2)
    ack = raw.requests("ACK")[0]
    assert ack.headers.get("Via") == request.headers.get("Via")
    assert ack.headers.get("To") == busy.headers.get("To")


async def test_a_call_is_acknowledged_again_when_the_answer_is_repeated_and_ends_by_bye(start, raw):
    sip = await start()
    ringing = []
    asking = asyncio.create_task(sip.request(invite(sip, raw.peer), raw.peer, on_provisional=ringing.append))
    request, trying = await answers(raw, "INVITE", 100)
    raw.send(sip.ports["local"], trying)
    accepted = reply(request, 200, contact=f"<sip:{THEIRS}@10.1.1.1:5060>")
    raw.send(sip.ports["local"], accepted)
    response = await asking
    assert [r.status for r in ringing] == [100]
    dialog = Dialog.from_invite_response(request, response, raw.peer)
    await sip.send(dialog.ack(), raw.peer)
    await until(lambda: len(raw.requests("ACK")) == 1)
    raw.send(sip.ports["local"], accepted)
    await until(lambda: len(raw.requests("ACK")) == 2)
    assert raw.requests("ACK")[0].encode() == raw.requests("ACK")[1].encode()
    again = Dialog.from_json(dialog.to_json())
    ending = asyncio.create_task(sip.request(again.request("BYE"), again.peer))
    bye, done = await answers(raw, "BYE")
    raw.send(sip.ports["local"], done)
    assert (await ending).status == 200
    assert bye.uri == f"sip:{THEIRS}@10.1.1.1:5060"
    assert parse_name_addr(bye.headers.get("To") or "").tag == "their2"
    numbers = [int((r.headers.get("CSeq") or "").split()[0]) for r in (request, raw.requests("ACK")[0], bye)]
    assert numbers[0] == numbers[1] == numbers[2] - 1


async def test_an_invite_is_not_repeated_once_it_rings(raw):
    clock = ManualClock()
    sip = SipEndpoint([Listen("local", "127.0.0.1", 0)], Recorder(), clock, user_agent="x")
    await sip.start()
    asking = asyncio.create_task(sip.request(invite(sip, raw.peer), raw.peer, timeout=30))
    await until(lambda: len(raw.requests("INVITE")) == 1)
    await asyncio.sleep(0)
    clock.advance(0.5)
    await until(lambda: len(raw.requests("INVITE")) == 2)
    _, ringing = await answers(raw, "INVITE", 180)
    raw.send(sip.ports["local"], ringing)
    await until(lambda: any(t.provisional for t in sip._outgoing._asking.values()))
    for _ in range(20):
        clock.advance(1)
        await asyncio.sleep(0.001)
    raw.send(sip.ports["local"], reply(raw.requests("INVITE")[0], 200))
    assert (await asking).status == 200
    assert len(raw.requests("INVITE")) == 2
    await sip.close()


async def test_an_invite_given_up_while_it_rings_is_taken_back(start, raw):
    sip = await start()
    asking = asyncio.create_task(sip.request(invite(sip, raw.peer), raw.peer))
    request, ringing = await answers(raw, "INVITE", 180)
    raw.send(sip.ports["local"], ringing)
    await until(lambda: any(t.provisional for t in sip._outgoing._asking.values()))
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    cancel, done = await answers(raw, "CANCEL")
    assert cancel.headers.get("Via") == request.headers.get("Via")
    raw.send(sip.ports["local"], done)
    raw.send(sip.ports["local"], reply(request, 487))
    await until(lambda: raw.requests("ACK"))
    assert not raw.requests("BYE")


async def test_an_invite_accepted_after_we_gave_up_is_ended(start, raw):
    sip = await start()
    with pytest.raises(SipTimeout):
        await sip.request(invite(sip, raw.peer), raw.peer, timeout=0.05)
    _, accepted = await answers(raw, "INVITE", 200)
    for _ in range(3):
        raw.send(sip.ports["local"], accepted)
    bye, done = await answers(raw, "BYE")
    raw.send(sip.ports["local"], done)
    await until(lambda: len(raw.requests("ACK")) == 3)
    assert len({b.headers.get("CSeq") for b in raw.requests("BYE")}) == 1
    assert parse_name_addr(bye.headers.get("To") or "").tag == "their2"


async def test_a_silent_device_that_wakes_up_late_is_cancelled_then(start, raw):
    sip = await start()
    with pytest.raises(SipTimeout):
        await sip.request(invite(sip, raw.peer), raw.peer, timeout=0.05)
    assert not raw.requests("CANCEL")
    _, ringing = await answers(raw, "INVITE", 180)
    raw.send(sip.ports["local"], ringing)
    await until(lambda: raw.requests("CANCEL"))


async def test_what_cannot_be_reached_says_so(start):
    sip = await start()
    for peer, words in (
        (Peer("local", "tcp", "127.0.0.1", 1), "no connection"),
        (Peer("elsewhere", "tcp", "127.0.0.1", 1), "no zone is named elsewhere"),
    ):
        with pytest.raises((SipUnreachable, KeyError), match=words):
            await sip.request(message(sip, Peer("local", "tcp", peer.host, peer.port)), peer)


async def test_closing_ends_every_wait(start, raw):
    sip = await start()
    asking = asyncio.create_task(sip.request(message(sip, raw.peer), raw.peer))
    await until(lambda: raw.requests("MESSAGE"))
    await sip.close()
    with pytest.raises(SipUnreachable, match="closing"):
        await asking


async def test_two_endpoints_speak_over_tcp_and_a_lost_connection_is_told_at_once(start):
    free = asyncio.Event()

    async def never(request, transaction):
        if request.body == b"wait":
            await free.wait()
        await transaction.respond(200, headers=[("Date", "2026-11-22T20:00:00.000")], body=request.body)

    device_side, platform_side = Recorder(never), Recorder(never)
    platform, device = await start(platform_side), await start(device_side)
    there = Peer("local", "tcp", "127.0.0.1", platform.ports["local"])
    large = bytes(range(256)) * 800
    response = await device.request(message(device, there, large), there)
    assert (response.status, response.body) == (200, large)
    assert platform.has(platform_side.transactions[0].peer)
    # The platform answers by the connection the device opened: nothing listens at that port.
    back = platform_side.transactions[0].peer
    assert (await platform.request(message(platform, back, b"hello"), back)).body == b"hello"
    waiting = asyncio.create_task(platform.request(message(platform, back, b"wait"), back))
    await until(lambda: len(device_side.requests) == 2)
    await device.close()
    with pytest.raises(SipUnreachable, match="lost"):
        await waiting
    await until(lambda: platform_side.lost == [back])
    with pytest.raises(SipUnreachable):
        await platform.request(message(platform, back, b"x"), back)
