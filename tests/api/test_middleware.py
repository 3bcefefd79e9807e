"""What every request goes through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from commonsight.api.middleware import OriginCheck, page_policy

from .conftest import BASE, client_of

LOGIN = {"name": "nobody", "password": "x"}


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"Origin": BASE}, True),
        ({"Origin": BASE.upper()}, True),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": BASE + ":99"}, False),
        ({"Origin": BASE + ".evil.example"}, False),
        ({"Origin": "http://[bad"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "https://evil.example", "Authorization": "Bearer cst_x"}, True),
    ],
)
async def test_unsafe_requests_of_other_sites_are_refused(anybody, headers, allowed):
    answer = await anybody.post("/api/v1/sessions", json=LOGIN, headers=headers)
    assert (answer.json()["code"] != "http.origin_refused") is allowed
    assert answer.status_code == (401 if allowed else 403)


async def test_a_page_behind_a_proxy_is_known_by_its_public_address(settings, database):
    from commonsight.api.app import create_app
    from commonsight.clock import SystemClock

    behind = settings.model_copy(
        update={"api": settings.api.model_copy(update={"public_url": "https://video.example/"})}
    )
    async with client_of(create_app(behind, database, SystemClock())) as client:
        answer = await client.post("/api/v1/sessions", json=LOGIN, headers={"Origin": "https://video.example"})
    assert answer.status_code == 401


@given(st.binary(max_size=60))
def test_no_origin_crashes_the_check(origin):
    check = OriginCheck(None, [])
    headers = Headers(raw=[(b"origin", origin), (b"host", b"commonsight.test")])
    assert check._allowed(headers) in (True, False)


async def test_reading_is_open_to_pages_elsewhere_but_tells_them_nothing(anybody):
    answer = await anybody.get("/api/v1/me", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 401
    assert "access-control-allow-origin" not in answer.headers


async def test_bodies_beyond_the_limit_are_refused_declared_or_not(settings, database):
    from commonsight.api.app import create_app
    from commonsight.clock import SystemClock

    small = settings.model_copy(update={"api": settings.api.model_copy(update={"body_limit": 1000})})

    async def endless():
        for _ in range(100):
            yield b"x" * 100

    async with client_of(create_app(small, database, SystemClock())) as client:
        declared = await client.post("/api/v1/sessions", content=b"x" * 1001)
        streamed = await client.post(
            "/api/v1/sessions", content=endless(), headers={"Content-Type": "application/json"}
        )
    for answer in (declared, streamed):
        assert (answer.status_code, answer.json()["code"]) == (413, "http.body_too_large")


async def test_answers_carry_headers_that_keep_browsers_in_check(anybody):
    answer = await anybody.get("/api/v1/purposes")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"


def test_the_pages_policy_lets_no_foreign_script_in():
    policy = dict(part.split(" ", 1) for part in page_policy(["ws://127.0.0.1:8620"]).split("; "))
    assert policy["script-src"] == "'self'"
    assert policy["worker-src"] == "'self'"
    assert policy["connect-src"] == "'self' ws://127.0.0.1:8620"
    assert "*" not in str(policy)


async def test_the_log_has_no_query_and_metrics_have_routes_not_paths(anybody, sign_in, log):
    client = await sign_in("administrator")
    await client.get("/api/v1/people?q=ticket-secret")
    await client.get("/api/v1/regions/450103")
    await client.get("/some/odd/path")
    told = (await anybody.get("/metrics")).text
    assert any(entry["event"] == "request" and entry["path"] == "/api/v1/people" for entry in log)
    assert "ticket-secret" not in str(log)
    assert 'route="/api/v1/regions/{code}"' in told
    assert "450103" not in told
    assert "odd" not in told
    assert "process_resident_memory_bytes" in told
    assert "commonsight_live_clients" in told
