"""What holds in any order of events: requests are worked on once, and no call outlives its caller."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any

import pytest
import structlog.testing
from hypothesis import example, given
from hypothesis import strategies as st

from commonsight.clock import ManualClock
from commonsight.connect.sip.errors import SipError
from commonsight.connect.sip.incoming import Incoming
from commonsight.connect.sip.outgoing import Outgoing
from commonsight.connect.sip.peer import Peer
from commonsight.connect.wire.sip import Headers, Request, Response

from .world import DOMAIN, OURS, THEIRS, Recorder, reply

PEER = Peer("local", "udp", "127.0.0.1", 5060)


@pytest.fixture(autouse=True, scope="module")
def quiet():
    """Every example would log how it ended."""
    with structlog.testing.capture_logs():
        yield


class Wire:
    """Stands where the endpoint stands: writes down what is sent."""

    def __init__(self) -> None:
        self.sent: list[Request | Response] = []
        self.tasks: list[asyncio.Task[Any]] = []

    async def reach(self, peer: Peer) -> None: ...

    def transmit(self, peer: Peer, message: Request | Response) -> None:
        self.sent.append(message)

    again = transmit

    def contact(self, user: str, peer: Peer) -> str:
        return f"<sip:{user}@127.0.0.1>"

    def stamp(self, request: Request, peer: Peer, branch: str) -> None:
        kept = [(name, value) for name, value in request.headers.items() if name != "Via"]
        request.headers = Headers([("Via", f"SIP/2.0/UDP 127.0.0.1:5060;branch={branch}"), *kept])

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        self.tasks.append(asyncio.create_task(work))

    def count(self, method: str) -> int:
        return sum(isinstance(m, Request) and m.method == method for m in self.sent)

    def distinct(self, method: str) -> int:
        """Without repeats of the same request."""
        return len({m.encode() for m in self.sent if isinstance(m, Request) and m.method == method})


async def settle() -> None:
    for _ in range(8):
        await asyncio.sleep(0)


def call() -> Request:
    fields = [
        ("From", f"<sip:{OURS}@{DOMAIN}>;tag=ours"), ("To", f"<sip:{THEIRS}@{DOMAIN}>"), ("Call-ID", "c"),
        ("CSeq", "7 INVITE"), ("Contact", f"<sip:{OURS}@127.0.0.1>"),
    ]  # fmt: skip
    return Request("INVITE", f"sip:{THEIRS}@{DOMAIN}", Headers(fields))


events = st.lists(
    st.one_of(
        st.sampled_from([100, 180, 200, 200, 486, 404]),
        st.sampled_from(["give up", "half a second", "five seconds"]),
    ),
    max_size=7,
)


@given(events)
@example([180, "give up", 200])
@example(["five seconds", "five seconds", 200, 200])
@example(["five seconds", "five seconds", 180, 486])
@example([200, "give up"])
def test_no_call_outlives_its_caller(steps):
    asyncio.run(_no_call_outlives_its_caller(steps))


async def _no_call_outlives_its_caller(steps: list[Any]) -> None:
    wire, clock, request = Wire(), ManualClock(), call()
    outgoing = Outgoing(wire, clock)
    asking = asyncio.create_task(outgoing.ask(request, PEER, 8))
    await settle()
    shown = False  # they have it, and no final answer came before
    accepted = refused = 0
    for step in steps:
        if isinstance(step, int):
            outgoing.answered(reply(request, step, contact=f"<sip:{THEIRS}@10.0.0.9>"))
            shown = shown or (step < 200 and not accepted and not refused)
            accepted += step == 200
            refused += step >= 300
        elif step == "give up":
            asking.cancel()
        else:
            clock.advance(0.5 if step == "half a second" else 5)
        await settle()
    if not asking.done():
        asking.cancel()  # an end for every example: the caller goes away
        await settle()
    theirs = not asking.cancelled() and asking.exception() is None and asking.result().status == 200
    assert wire.distinct("BYE") == (1 if accepted and not theirs else 0)
    assert wire.count("ACK") == refused + (0 if theirs else accepted)
    assert wire.distinct("CANCEL") <= 1
    if not shown:
        assert wire.count("CANCEL") == 0  # nobody has shown that there is something to take back
    elif not accepted and not refused:
        assert wire.distinct("CANCEL") == 1
    for task in wire.tasks:
        task.cancel()
    await asyncio.gather(asking, *wire.tasks, return_exceptions=True)
    assert not outgoing._asking
    assert not outgoing._by_peer
    clock.advance(100)
    outgoing.sweep(clock.monotonic())
    assert not outgoing._lingering
    assert not outgoing._calls


arrivals = st.lists(
    st.tuples(
        st.sampled_from(["MESSAGE", "REGISTER", "INVITE", "ACK", "CANCEL"]),
        st.integers(1, 2),
        st.sampled_from(["a", "b"]),
        st.sampled_from(["one", "two"]),
    ),
    max_size=12,
)


@given(arrivals, st.booleans())
def test_a_request_is_worked_on_once_and_answered_the_same(asked, slow):
    asyncio.run(_a_request_is_worked_on_once(asked, slow))


async def _a_request_is_worked_on_once(asked: list[tuple[str, int, str, str]], slow: bool) -> None:
    free = asyncio.Event()

    async def answering(request: Request, transaction: Any) -> None:
        if slow:
            await free.wait()
        await transaction.respond(200)

    wire, clock, handler = Wire(), ManualClock(), Recorder(answering)
    incoming = Incoming(wire, handler, clock, "Commonsight")
    seen: Counter[tuple[str, int, str, str]] = Counter()
    for method, number, branch, call_id in asked:
        fields = [
            ("Via", f"SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK{branch}"), ("From", f"<sip:{THEIRS}@{DOMAIN}>;tag=t"),
            ("To", f"<sip:{OURS}@{DOMAIN}>"), ("Call-ID", call_id), ("CSeq", f"{number} {method}"),
        ]  # fmt: skip
        incoming.take(Request(method, f"sip:{OURS}@{DOMAIN}", Headers(fields)), PEER)
        seen[method, number, branch, call_id] += 1
        await settle()
    free.set()
    await settle()
    work = {key for key in seen if key[0] not in ("ACK", "CANCEL")}
    assert len(handler.requests) == len(work)
    answers: dict[tuple[str, str, str], set[bytes]] = {}
    for message in wire.sent:
        assert isinstance(message, Response)
        headers = message.headers
        if "CANCEL" not in (headers.get("CSeq") or ""):
            key = (headers.get("CSeq") or "", headers.get("Via") or "", headers.get("Call-ID") or "")
            answers.setdefault(key, set()).add(message.encode())
    assert len(answers) == len(work)
    assert all(len(found) == 1 for found in answers.values())
    for task in wire.tasks:
        task.cancel()
    await asyncio.gather(*wire.tasks, return_exceptions=True)
    clock.advance(100)
    incoming.sweep(clock.monotonic())
    assert not incoming._served
    assert not incoming._invites
    assert incoming._pending_total == 0


def test_errors_name_the_peer():
    assert "local/udp:127.0.0.1:5060" in str(SipError("no answer", PEER))
