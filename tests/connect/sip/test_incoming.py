"""Requests of a peer that repeats, cancels, floods and sends nonsense."""

import asyncio

import pytest

from commonsight.connect.sip import incoming
from commonsight.connect.wire.sip import parse_name_addr, parse_via

from .world import Recorder, until


async def test_a_copy_is_answered_again_and_worked_on_once(start, raw):
    handler = Recorder()
    sip = await start(handler)
    for number in (1, 2, 3):
        raw.send(sip.ports["local"], raw.ask("MESSAGE"))
        await until(lambda wanted=number: len(raw.responses()) == wanted)
    assert len(handler.requests) == 1
    assert len({response.encode() for response in raw.responses()}) == 1
    first = raw.responses()[0]
    assert first.status == 200
    assert parse_name_addr(first.headers.get("To") or "").tag
    via = parse_via(first.headers.get("Via") or "")
    assert (via.params["received"], via.params["rport"]) == ("127.0.0.1", str(raw.port))


async def test_devices_that_keep_one_branch_for_different_requests_are_understood(start, raw):
    handler = Recorder()
    sip = await start(handler)
    for number in (1, 2, 3):
        raw.send(sip.ports["local"], raw.ask("REGISTER", branch="z9hG4bKsame", cseq=number))
    await until(lambda: len(raw.responses()) == 3)
    assert len(handler.requests) == 3


async def test_a_copy_that_comes_while_we_work_waits_for_the_one_answer(start, raw):
    free = asyncio.Event()

    async def slowly(request, transaction):
        await free.wait()
        await transaction.respond(200)

    handler = Recorder(slowly)
    sip = await start(handler)
    raw.send(sip.ports["local"], raw.ask("MESSAGE"))
    await until(lambda: handler.requests)
    raw.send(sip.ports["local"], raw.ask("MESSAGE"))
    raw.send(sip.ports["local"], raw.ask("MESSAGE", branch="z9hG4bKb", call="call-2"))
    await until(lambda: len(handler.requests) == 2)
    assert not raw.responses()
    free.set()
    await until(lambda: len(raw.responses()) == 2)
    assert {r.headers.get("Call-ID") for r in raw.responses()} == {"call-1", "call-2"}


async def test_a_handler_that_fails_answers_500(start, raw):
    async def fails(request, transaction):
        raise RuntimeError("defect")

    sip = await start(Recorder(fails))
    raw.send(sip.ports["local"], raw.ask("MESSAGE"))
    await until(raw.responses)
    assert raw.responses()[0].status == 500


async def test_cancel_ends_an_invite_that_has_no_answer_yet(start, raw):
    async def rings(request, transaction):
        await transaction.respond(180)
        await transaction.cancelled.wait()
        assert await transaction.respond(200) is False

    handler = Recorder(rings)
    sip = await start(handler)
    raw.send(sip.ports["local"], raw.ask("INVITE"))
    await until(raw.responses)
    raw.send(sip.ports["local"], raw.ask("CANCEL"))
    await until(lambda: len(raw.responses()) >= 3)
    assert [(r.status, r.headers.get("CSeq")) for r in raw.responses()[:3]] == [
        (180, "1 INVITE"),
        (200, "1 CANCEL"),
        (487, "1 INVITE"),
    ]
    raw.send(sip.ports["local"], raw.ask("ACK"))
    await until(handler.transactions[0].acknowledged.is_set)


async def test_cancel_of_nothing_is_481(start, raw):
    sip = await start()
    raw.send(sip.ports["local"], raw.ask("CANCEL"))
    await until(raw.responses)
    assert raw.responses()[0].status == 481


async def test_the_answer_to_an_invite_is_repeated_until_acknowledged(start, raw):
    handler = Recorder()
    sip = await start(handler)
    raw.send(sip.ports["local"], raw.ask("INVITE"))
    await until(lambda: len(raw.responses()) >= 2)
    assert {r.status for r in raw.responses()} == {200}
    assert f"@127.0.0.1:{sip.ports['local']}" in (raw.responses()[0].headers.get("Contact") or "")
    raw.send(sip.ports["local"], raw.ask("ACK", branch="z9hG4bKack"))
    await until(handler.transactions[0].acknowledged.is_set)


async def test_more_than_a_peer_may_have_open_is_put_off(start, raw, monkeypatch):
    monkeypatch.setattr(incoming, "PENDING_PER_PEER", 3)
    free = asyncio.Event()

    async def slowly(request, transaction):
        await free.wait()
        await transaction.respond(200)

    handler = Recorder(slowly)
    sip = await start(handler)
    for number in range(6):
        raw.send(sip.ports["local"], raw.ask("MESSAGE", branch=f"z9hG4bK{number}", call=f"c{number}"))
    await until(lambda: len(raw.responses()) == 3)
    assert {r.status for r in raw.responses()} == {503}
    waits = [int(r.headers.get("Retry-After") or 0) for r in raw.responses()]
    assert all(5 <= wait < 60 for wait in waits)
    free.set()
    await until(lambda: len(raw.responses()) == 6)
    assert len(handler.requests) == 3


async def test_the_memory_of_answered_requests_is_bounded(start, raw, monkeypatch):
    monkeypatch.setattr(incoming, "REMEMBERED_MOST", 4)
    handler = Recorder()
    sip = await start(handler)
    for number in range(10):
        raw.send(sip.ports["local"], raw.ask("INVITE" if number % 2 else "MESSAGE", call=f"c{number}"))
    await until(lambda: len(handler.requests) == 10)
    assert len(sip._incoming._served) == 4
    assert len(sip._incoming._invites) == 2


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n\r\n",
        b"\x00\x01\x02",
        b"MESSAGE sip:a@b SIP/2.0\r\n\r\n",
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=x\r\nCSeq: 1 INVITE\r\n\r\n",
        b"MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=x\r\nCSeq: 1 INVITE\r\nFrom: <sip:a@b>\r\n\r\n",
        b"MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=x\r\nCSeq: 1 MESSAGE\r\nTo: nobody\r\n\r\n",
    ],
)
async def test_nonsense_is_dropped_and_the_next_request_is_answered(start, raw, data):
    sip = await start()
    raw.send(sip.ports["local"], data)
    raw.send(sip.ports["local"], raw.ask("MESSAGE"))
    await until(raw.responses)
    assert [r.status for r in raw.responses()] == [200]
