"""So many requests a minute of one address and of one caller; memory is bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.api.app import create_app
from commonsight.api.limits import Meter, address_key, caller_key
from commonsight.clock import ManualClock
from commonsight.settings import Access

from .conftest import client_of


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def limited(settings, database, clock):
    access = Access(address_rate=20, caller_rate=10)
    return create_app(settings.model_copy(update={"access": access}), database, clock)


async def test_a_caller_who_comes_too_fast_is_asked_to_wait(limited, clock):
    async with client_of(limited, Authorization="Bearer cst_x") as client, client_of(limited) as other:
        answers = [await client.get("/api/v1/me") for _ in range(11)]
        assert [answer.status_code for answer in answers] == [401] * 10 + [429]
        refused = answers[-1]
        assert refused.headers["content-type"] == "application/problem+json"
        body = refused.json()
        assert (body["code"], body["expected"], body["status"]) == ("http.rate_limited", 10, 429)
        assert body["detail"]
        assert body["instance"].startswith("urn:uuid:")
        wait = int(refused.headers["retry-after"])
        assert 1 <= wait <= 10
        # Somebody else at the same address goes on; health checks are never counted.
        assert (await other.get("/api/v1/me")).status_code == 401
        assert {(await client.get("/healthz")).status_code for _ in range(30)} == {200}
        clock.advance(wait)
        assert (await client.get("/api/v1/me")).status_code == 401
        assert (await client.get("/api/v1/me")).status_code == 429


async def test_an_address_has_a_limit_whoever_it_says_it_is(limited):
    """Made-up tokens, a new one each time, do not help."""
    async with client_of(limited) as client:
        codes = [
            (await client.get("/api/v1/me", headers={"Authorization": f"Bearer cst_{n}"})).status_code
            for n in range(21)
        ]
    assert codes == [401] * 20 + [429]


async def test_a_refused_request_reaches_nothing(limited, database):
    from sqlalchemy import text

    async with client_of(limited) as client:
        for _ in range(25):
            await client.post("/api/v1/sessions", json={"name": "li", "password": "x"})
    async with database.read() as session:
        assert await session.scalar(text("SELECT max(failures) FROM login_failures")) <= 20


@given(st.lists(st.floats(0, 5), max_size=60), st.integers(1, 30))
def test_no_more_pass_in_a_minute_than_twice_the_rate(pauses, rate):
    """A full allowance at once, and what fills up meanwhile: never more, whatever the rhythm."""
    meter, now, passed = Meter(rate), 0.0, []
    for pause in pauses:
        now += pause
        if meter.wait(b"k", now) == 0:
            passed.append(now)
    for moment in passed:
        assert len([each for each in passed if moment <= each < moment + 60]) <= 2 * rate


@given(st.integers(1, 100))
def test_who_waits_as_told_passes(rate):
    meter = Meter(rate)
    while (wait := meter.wait(b"k", 0.0)) == 0:
        pass
    assert 0 < wait <= 60 / rate + 1e-6
    assert meter.wait(b"k", wait + 1e-6) == 0


def test_the_memory_is_bounded_and_the_busiest_are_remembered():
    meter = Meter(1, most=100)
    for number in range(10_000):
        meter.wait(b"busy", 0.0)
        meter.wait(str(number).encode(), 0.0)
    assert len(meter) == 100
    assert meter.wait(b"busy", 0.0) > 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("10.0.0.1", "::ffff:10.0.0.1", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("odd", "odd", True),
        ("", "", True),
    ],
)
def test_an_office_of_ipv6_is_one_address(one, other, same):
    keys = [address_key({"client": (host, 1)}) for host in (one, other)]
    assert (keys[0] == keys[1]) is same


def test_what_is_kept_of_a_token_is_a_hash():
    key = caller_key({"type": "http", "headers": [(b"authorization", b"Bearer cst_secret")]})
    assert b"secret" not in key
    assert caller_key({"type": "http", "headers": []}) is None
    assert caller_key({"type": "http", "headers": [(b"cookie", b"a=b; commonsight_session=s")]}) is not None
