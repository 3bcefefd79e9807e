"""Registering with a platform above that shares no code with our registrar: proof, redirects, patience, good-bye."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from commonsight.clock import ManualClock, SystemClock
from commonsight.connect.gb28181.above.link import Link
from commonsight.connect.gb28181.above.model import Problem, Upper
from commonsight.connect.gb28181.above.registering import Registration
from commonsight.connect.sip.endpoint import SipEndpoint
from commonsight.connect.sip.peer import Listen
from commonsight.gate.model import Limits
from commonsight.records.base import uuid7
from tests.simulate.gb28181.above import Above

from ..conftest import until
from .world import LOWER, UPPER

PASSWORD = "between-us"


class Nothing:
    async def on_request(self, request: Any, transaction: Any) -> None:
        await transaction.respond(200)

    async def on_connection_lost(self, peer: Any) -> None:
        self.lost = peer


def upper_at(port: int, **more: Any) -> Upper:
    values = {
        "id": uuid7(), "code": UPPER, "name": "上级", "organisation": "", "domain": UPPER[:10], "host": "127.0.0.1",
        "port": port, "transport": "udp", "zone": "local", "own_code": None, "version": "2.0", "charset": "GB18030",
        "expires_seconds": 3_600, "keepalive_seconds": 60, "streams_most": 0, "kbits_most": 0, "media_networks": (),
        "limits": Limits(), "enabled": True,
    } | more  # fmt: skip
    return Upper(**values)


class Case:
    """A registration with a clock of its own; `lost` counts how often it came to an end."""

    def __init__(self, endpoint: SipEndpoint, **more: Any) -> None:
        self.clock = ManualClock()
        self.link = Link(upper_at(**more), endpoint, LOWER, LOWER[:10])
        self.lost = 0
        self.password: str | None = PASSWORD
        self.registration = Registration(
            self.link, self.clock, password=lambda: self.password, changed=lambda: None, lost=self._lost,
        )  # fmt: skip
        self.task = asyncio.create_task(self.registration.run())

    def _lost(self) -> None:
        self.lost += 1

    @property
    def state(self) -> str:
        return self.registration.standing.state

    async def becomes(self, state: str) -> None:
        await until(lambda: self.state == state)

    async def passes(self, seconds: float, step: float = 1.0) -> None:
        """Let the clock run while the loop keeps up."""
        gone = 0.0
        while gone < seconds:
            self.clock.advance(step)
            gone += step
            await asyncio.sleep(0.003)


@asynccontextmanager
async def case(above: Above, **more: Any) -> AsyncIterator[Case]:
    handler = Nothing()
    endpoint = SipEndpoint([Listen("local", "127.0.0.1", 0)], handler, SystemClock(), user_agent="test")
    await endpoint.start()
    made = Case(endpoint, **{"port": above.port} | more)
    handler.on_connection_lost = _passing(made)  # type: ignore[method-assign]
    try:
        yield made
    finally:
        made.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await made.task
        await endpoint.close()


def _passing(made: Case) -> Any:
    async def lost(peer: Any) -> None:
        made.registration.connection_lost(peer)

    return lost


@pytest.fixture
async def above() -> AsyncIterator[Above]:
    made = Above({LOWER: PASSWORD})
    await made.start()
    yield made
    await made.close()


@pytest.mark.parametrize("algorithm", ["MD5", "SM3"])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_registers_with_the_proof_that_is_asked_for_and_keeps_alive(above, algorithm, transport):
    above.algorithms = (algorithm,)
    async with case(above, transport=transport, version="3.0") as made:
        await made.becomes("registered")
        proven = above.registers[-1]
        assert algorithm == "MD5" or "algorithm=SM3" in proven.headers.get("Authorization")
        assert proven.headers.get("X-GB-Ver") == "3.0"
        await made.passes(125, 5)
        await until(lambda: len(above.of("Keepalive")) == 2)
        assert above.of("Keepalive")[0].device == LOWER
        await until(lambda: made.registration.standing.keepalive_at is not None)


async def test_of_several_proofs_the_strongest_is_given(above):
    above.algorithms = ("MD5", "SM3")
    async with case(above) as made:
        await made.becomes("registered")
        assert "SM3" in above.registers[-1].headers.get("Authorization")


async def test_a_registration_is_renewed_before_it_runs_out(above):
    async with case(above, expires_seconds=600, keepalive_seconds=3_600) as made:
        await made.becomes("registered")
        before = len(above.registers)
        await made.passes(460, 10)
        await until(lambda: len(above.registers) > before)
        assert made.lost == 0
        assert len({one.headers.get("Call-ID") for one in above.registers}) == 1


async def test_a_wrong_password_is_told_and_not_tried_again_within_a_minute(above):
    above.passwords = {LOWER: "another"}
    async with case(above) as made:
        await made.becomes("refused")
        assert made.registration.standing.problem == Problem.PASSWORD
        tries = len(above.registers)
        await made.passes(59)
        assert len(above.registers) == tries
        above.passwords = {LOWER: PASSWORD}
        await made.passes(12)
        await made.becomes("registered")
        assert made.registration.standing.problem is None


async def test_waits_grow_with_every_failure(above):
    above.passwords = {}
    async with case(above) as made:
        await made.becomes("refused")
        await made.passes(70)
        await until(lambda: len(above.registers) == 4)  # each try is a question and a proof
        await made.becomes("refused")
        await made.passes(100)
        assert len(above.registers) == 4


async def test_without_a_password_it_says_that_one_is_asked_for(above):
    async with case(above) as made:
        made.password = None
        await made.becomes("refused")
        assert made.registration.standing.problem == Problem.PASSWORD


async def test_goes_where_it_is_sent_and_speaks_to_that_server(above):
    other = Above({LOWER: PASSWORD})
    await other.start()
    above.redirect = f"<sip:{UPPER}@127.0.0.1:{other.port}>"
    try:
        async with case(above) as made:
            await made.becomes("registered")
            assert made.link.peer.port == other.port
            await made.passes(61)
            await until(lambda: other.of("Keepalive"))
            assert not above.messages
    finally:
        await other.close()


async def test_servers_that_send_it_round_in_a_circle_are_given_up(above):
    above.redirect = f"<sip:{UPPER}@127.0.0.1:{above.port}>"
    async with case(above) as made:
        await made.becomes("silent")
        assert made.registration.standing.problem == Problem.REDIRECTED
        assert len(above.registers) <= 4


async def test_a_platform_that_has_forgotten_it_is_registered_with_anew(above):
    async with case(above) as made:
        await made.becomes("registered")
        await made.passes(62)  # one that lives shorter is not chased
        before = len(above.registers)
        above.says = 403
        await made.passes(60)
        await until(lambda: made.lost == 1)
        above.says = 200
        await until(lambda: len(above.registers) > before)
        await made.becomes("registered")


async def test_a_broken_connection_is_registered_over_anew(above):
    async with case(above, transport="tcp") as made:
        await made.becomes("registered")
        await made.passes(70, 5)
        above.drop_connections()
        await until(lambda: made.lost == 1)
        await made.passes(1)
        await made.becomes("registered")


async def test_good_bye_is_said(above):
    async with case(above) as made:
        await made.becomes("registered")
        made.task.cancel()
        await asyncio.gather(made.task, return_exceptions=True)
        await made.registration.unregister()
        assert above.registers[-1].headers.get("Expires") == "0"
        assert made.state == "off"


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"host": "no-such-host.invalid"}, Problem.NAME),
        ({"zone": "police"}, Problem.ZONE),
        ({"port": 1, "transport": "tcp"}, Problem.UNREACHABLE),
    ],
)
async def test_what_is_in_the_way_is_named(above, more, problem):
    async with case(above, **more) as made:
        await until(lambda: made.registration.standing.problem)
        assert made.registration.standing.problem == problem
