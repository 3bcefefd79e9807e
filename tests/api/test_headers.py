"""Every answer of every route carries the headers that keep browsers in check; cookies and requests of other sites."""

import asyncio
import re
from uuid import uuid4

import pytest
from aiohttp.test_utils import TestClient, TestServer

from commonsight.api.app import create_app
from commonsight.api.docs import walk
from commonsight.clock import SystemClock
from commonsight.media import headers as media_headers
from commonsight.media.web import make_app
from commonsight.settings import Media, Settings, Tls
from tests.media.world import World

from .conftest import client_of

EXPECTED = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def filled(path: str) -> str:
    return re.sub(r"\{([a-z_]+)(:path)?\}", lambda _: str(uuid4()), path)


def unsafe(policy: str) -> list[str]:
    """What a policy lets in that it must not."""
    parts = {part.split()[0]: part.split()[1:] for part in policy.split(";") if part.strip()}
    wrong = [
        f"{name} is missing"
        for name in ("default-src", "base-uri", "form-action", "frame-ancestors")
        if name not in parts
    ]
    if parts.get("frame-ancestors") != ["'none'"]:
        wrong.append("frame-ancestors")
    for name, values in parts.items():
        open_to = {"*", "http:", "https:", "data:"} & set(values) - (
            {"data:"} if name in ("img-src", "font-src") else set()
        )
        inline = {"'unsafe-inline'", "'unsafe-eval'"} & set(values) - (
            {"'unsafe-inline'"} if name == "style-src" else set()
        )
        wrong += [f"{name} {value}" for value in open_to | inline]
    return wrong


def judged(answer) -> list[str]:
    wrong = [
        f"{name}: {answer.headers.get(name)}" for name, value in EXPECTED.items() if answer.headers.get(name) != value
    ]
    return wrong + unsafe(answer.headers.get("content-security-policy", ""))


async def test_every_route_answers_with_them_to_anybody(app, anybody):
    walked = walk(app)
    assert len(walked) > 100
    for path, methods, _ in walked:
        for method in methods:
            answer = await anybody.request("GET" if method == "WS" else method, filled(path), json={})
            assert judged(answer) == [], f"{method} {path} ({answer.status_code})"
            if path.startswith("/api/"):
                assert answer.headers["cache-control"] in ("no-store", "no-cache"), path


async def test_every_route_answers_with_them_to_somebody_who_may(app, sign_in):
    client = await sign_in("administrator")
    for path, methods, _ in walk(app):
        if "GET" in methods:
            answer = await client.get(filled(path))
            assert judged(answer) == [], f"{path} ({answer.status_code})"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/assets/nothing.js", 404),
        ("PUT", "/api/v1/me", 405),
        ("POST", "/api/v1/sessions", 422),
        ("OPTIONS", "/api/v1/me", 405),
        ("HEAD", "/healthz", 405),
    ],
)
async def test_refusals_carry_them_too(anybody, method, path, status):
    answer = await anybody.request(method, path)
    assert answer.status_code == status
    assert judged(answer) == []


async def test_so_does_an_answer_to_a_crash(app, anybody, monkeypatch):
    async def broken(*_: object) -> None:
        raise RuntimeError("broken on purpose")

    app.state.authorize = broken
    answer = await anybody.get("/api/v1/me")
    assert answer.status_code == 500
    assert judged(answer) == []


async def test_the_page_loads_nothing_from_elsewhere(anybody):
    policy = (await anybody.get("/")).headers["content-security-policy"]
    assert unsafe(policy) == []
    assert "script-src 'self';" in policy


@pytest.mark.parametrize("secure", [False, True])
async def test_over_tls_browsers_are_told_to_stay_there(settings, database, secure, tmp_path):
    tls = Tls(certificate=tmp_path / "c", key=tmp_path / "k") if secure else Tls()
    app = create_app(settings.model_copy(update={"tls": tls}), database, SystemClock())
    async with client_of(app) as client:
        assert ("strict-transport-security" in (await client.get("/healthz")).headers) is secure


async def test_every_route_of_a_media_node_answers_with_them(tmp_path):
    made = make_app(World(tmp_path, Media()).hub, Settings(data_dir=tmp_path), SystemClock())
    paths = {(route.method, route.resource.canonical) for route in made.router.routes() if route.resource}
    assert {each for each in paths if each[0] == "GET"} >= {("GET", "/live"), ("GET", "/healthz")}
    async with asyncio.timeout(60), TestClient(TestServer(made)) as client:
        for method, path in sorted(paths | {("GET", "/nothing"), ("POST", "/live")}):
            async with client.request(method, filled(path)) as answer:
                for name, value in media_headers.ALWAYS.items():
                    assert name in answer.headers, f"{method} {path} ({answer.status}): {name}"
                    if name != "Cache-Control":
                        assert answer.headers[name] == value, f"{method} {path}: {name}"


async def test_the_session_cookie_is_for_us_alone(settings, database):
    from commonsight.access.passwords import hash_password
    from tests.access import people

    await people.add(database, "li", password_hash=await hash_password("a long password"))
    for public, secure in ((None, False), ("https://video.example", True)):
        api = settings.api.model_copy(update={"public_url": public})
        app = create_app(settings.model_copy(update={"api": api}), database, SystemClock())
        async with client_of(app) as client:
            answer = await client.post("/api/v1/sessions", json={"name": "li", "password": "a long password"})
            parts = [part.strip().lower() for part in answer.headers["set-cookie"].split(";")]
            assert {"httponly", "samesite=strict", "path=/"} <= set(parts)
            assert ("secure" in parts) is secure
            assert not any(part.startswith("domain") for part in parts)


async def test_no_unsafe_request_passes_in_somebodys_name_from_another_site(app, sign_in):
    """CSRF: whatever the route, a browser that says it comes from elsewhere is refused before anything is done."""
    client = await sign_in("administrator")
    seen = 0
    for path, methods, _ in walk(app):
        for method in set(methods) - {"GET", "HEAD", "OPTIONS", "WS"}:
            for sent in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
                answer = await client.request(method, filled(path), json={}, headers=sent)
                assert (answer.status_code, answer.json()["code"]) == (403, "http.origin_refused"), f"{method} {path}"
                seen += 1
    assert seen > 100
    assert (await client.get("/api/v1/me")).status_code == 200


async def test_nothing_is_changed_by_reading(app, sign_in):
    """What another site can make a browser do is a GET: none of ours changes anything, so none has a body either."""
    for path, methods, _ in walk(app):
        assert not ({"GET"} < set(methods)), f"{path} reads and writes by one handler"


async def test_no_answer_lets_other_sites_read(anybody):
    for sent in ({"Origin": "https://evil.example"}, {"Origin": "null"}):
        for method in ("GET", "OPTIONS"):
            answer = await anybody.request(method, "/api/v1/sign-in/providers", headers=sent)
            assert not [name for name in answer.headers if name.startswith("access-control-")]
