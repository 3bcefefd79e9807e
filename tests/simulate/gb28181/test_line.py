"""The virtual side's own transactions: sent again until answered, answered again when repeated, bounded."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.wire.sip import Headers, Request, Response, SipSyntaxError, parse
from commonsight.simulate.gb28181 import line as lines
from commonsight.simulate.gb28181.line import Line, LineError, Target
from commonsight.simulate.gb28181.views import View
from commonsight.simulate.gb28181.views import parse as parse_ptz
from tests.simulate.gb28181.above import until


class Wire(asyncio.DatagramProtocol):
    """The other end: keeps what comes, answers when told to."""

    def __init__(self):
        self.came = []
        self.answer = True

    def datagram_received(self, data, addr):
        message = parse(data)
        self.came.append(message)
        self.addr = addr
        if self.answer and isinstance(message, Request):
            names = ("Via", "From", "To", "Call-ID", "CSeq")
            headers = Headers([(name, message.headers.get(name)) for name in names])
            self.transport.sendto(Response(200, "OK", headers).encode(), addr)

    def connection_made(self, transport):
        self.transport = transport


@pytest.fixture
async def wire():
    loop = asyncio.get_running_loop()
    _, made = await loop.create_datagram_endpoint(Wire, ("127.0.0.1", 0))
    made.port = made.transport.get_extra_info("sockname")[1]
    yield made
    made.transport.close()


@pytest.fixture
async def line(wire):
    asked = []
    made = Line(Target("127.0.0.1", wire.port), asked.append, lambda: None)
    made.asked = asked
    await made.start()
    yield made
    made.close()


def request(line, method="MESSAGE", via=None, call="c1"):
    headers = Headers([("Via", via or line.via), ("From", "<sip:a@b>;tag=1"), ("To", "<sip:c@d>"), ("Call-ID", call)])
    headers.add("CSeq", f"1 {method}")
    return Request(method, "sip:c@d", headers)


async def test_an_unanswered_request_is_sent_again_and_given_up(wire, line, monkeypatch):
    monkeypatch.setattr(lines, "T1", 0.05)
    wire.answer = False
    with pytest.raises(LineError):
        await line.request(request(line), 0.5)
    await until(lambda: len(wire.came) >= 3)
    assert len({message.headers.get("Via") for message in wire.came}) == 1


async def test_a_repeated_request_is_answered_again_and_done_once(wire, line):
    repeated = request(line, via=f"SIP/2.0/UDP 127.0.0.1:{wire.port};branch=z9hG4bKsame")
    to = ("127.0.0.1", line.port)
    wire.transport.sendto(repeated.encode(), to)
    await until(lambda: line.asked)
    wire.transport.sendto(repeated.encode(), to)  # not answered yet: absorbed
    line.respond(line.asked[0], 200, "OK")
    await until(lambda: wire.came)
    wire.transport.sendto(repeated.encode(), to)
    await until(lambda: len(wire.came) >= 2)
    assert len(line.asked) == 1
    assert {message.headers.get("To") for message in wire.came} == {wire.came[0].headers.get("To")}


async def test_the_answer_to_an_invitation_is_repeated_until_its_ack(wire, line, monkeypatch):
    monkeypatch.setattr(lines, "T1", 0.05)
    invite = request(line, "INVITE", via=f"SIP/2.0/UDP 127.0.0.1:{wire.port};branch=z9hG4bKinvite")
    to = ("127.0.0.1", line.port)
    wire.transport.sendto(invite.encode(), to)
    await until(lambda: line.asked)
    line.respond(line.asked[0], 200, "OK")
    await until(lambda: len(wire.came) >= 3)
    ack = request(line, "ACK", via=f"SIP/2.0/UDP 127.0.0.1:{wire.port};branch=z9hG4bKack")
    wire.transport.sendto(ack.encode(), to)
    await until(lambda: len(line.asked) == 2)
    count = len(wire.came)
    await asyncio.sleep(0.3)
    assert len(wire.came) <= count + 1
    assert line.asked[1].method == "ACK"


async def test_answers_remembered_are_bounded(wire, line):
    for number in range(3 * lines.MAX_ANSWERED):
        via = f"SIP/2.0/UDP 127.0.0.1:{wire.port};branch=z9hG4bK{number}"
        line.received(request(line, via=via))
        line.respond(line.asked[-1], 200, "OK")
    assert len(line._answered) == lines.MAX_ANSWERED


async def test_requests_nobody_answers_to_are_bounded_too(wire, line):
    for number in range(3 * lines.MAX_ANSWERED):
        line.received(request(line, via=f"SIP/2.0/UDP 127.0.0.1:{wire.port};branch=z9hG4bK{number}"))
    assert len(line._answered) <= lines.MAX_ANSWERED


async def test_a_closed_line_ends_what_waits(wire, line):
    wire.answer = False
    waiting = asyncio.create_task(line.request(request(line)))
    await until(lambda: wire.came)
    line.close()
    with pytest.raises(LineError):
        await waiting
    with pytest.raises(LineError):
        await line.request(request(line))


async def test_nobody_there_is_an_error_and_not_a_crash(unused_tcp_port):
    line = Line(Target("127.0.0.1", unused_tcp_port, "tcp"), lambda request: None, lambda: None)
    with pytest.raises(LineError):
        await line.start()


@given(st.binary(max_size=200))
def test_hostile_datagrams_are_ignored(data):
    heard = []
    line = Line(Target("127.0.0.1", 5060), heard.append, lambda: None)
    line.datagram(data)
    assert not heard or isinstance(heard[0], Request)


@given(st.text(max_size=24))
def test_a_ptz_command_is_whole_or_refused(text):
    try:
        command = parse_ptz(text)
    except SipSyntaxError:
        return
    view = View()
    view.obey(command, 1.0)
    view.rest(1_000.0)
    assert 0 <= view.pan < 360
    assert -30 <= view.tilt <= 90
    assert 1 <= view.zoom <= 30


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))))
def test_whatever_is_commanded_the_view_stays_possible(commands):
    view = View()
    for moment, (code, *data) in enumerate(commands):
        raw = bytes([0xA5, 0x0F, 0x01, code, *data])
        view.obey(parse_ptz((raw + bytes([sum(raw) % 256])).hex()), float(moment))
    assert 0 <= view.pan <= 360
    assert -30 <= view.tilt <= 90
    assert 1 <= view.zoom <= 30
    assert len(view.presets) <= 255
