"""Nobody gets a picture by any door without a permit, and a new door that asks nobody fails the build.

The doors are found, not listed: every route of the API and of a media node, and every module that listens or reads a
camera. Each is then tried over a real PostgreSQL, a real media node and a camera that really sends; and each is tried
with a good ticket too, so that "no picture" never means "the door was shut anyway". docs/design/gate.md says how a door
is declared.
"""

import ast
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import httpx
import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import text

import commonsight
from commonsight.access.model import ROLE_NAMES, Identity
from commonsight.access.routes import COOKIE
from commonsight.api.app import create_app
from commonsight.clock import SystemClock
from commonsight.gate import service as gate
from commonsight.gate.model import OF_FOOTAGE, Action
from commonsight.media import doors
from commonsight.media.web import make_app
from commonsight.records.database import Database
from tests.access import people
from tests.gate.given import give
from tests.media.test_node import Platform, camera_id, running

from . import doors_tried
from .doors_tried import Ticket, filled, pictures_in

API = "/api/v1"
SOURCE = Path(commonsight.__file__).parent

LISTENERS = {"start_server", "start_unix_server", "create_server", "create_datagram_endpoint", "TCPSite", "UnixSite"}
"""What opens a way in."""

NO_PICTURES = {
    # Listening for signalling, cameras' own media, other platforms' figures; and what pretends to be cameras.
    "connect", "simulate", "processes", "api",
}  # fmt: skip


@pytest.fixture
async def platform(database: Database, tmp_path: Path) -> AsyncIterator[Platform]:
    async with running(database, tmp_path) as made:
        async with database.write() as session:
            # The grants that came with the platform would let operators in; here nobody holds any.
            await session.execute(text("UPDATE grants SET revoked_at = now(), revoked_reason = 'test'"))
        yield made


@pytest.fixture
def app(platform: Platform) -> Any:
    return create_app(platform.settings, platform.database, SystemClock())


class Person(httpx.AsyncClient):
    """Somebody at a browser, signed in."""

    person: Identity


async def person(platform: Platform, app: Any, role: str) -> Person:
    """Somebody with this role in all regions, who holds no grant."""
    now = SystemClock().now()
    identity = await people.add(platform.database, f"{role}.door", roles=(role,), regions=("45",), now=now)
    client = Person(transport=httpx.ASGITransport(app), base_url="http://commonsight.test")
    client.cookies.set(COOKIE, await people.sign_in(platform.database, identity, now=now))
    client.person = identity
    return client


# --- the API --------------------------------------------------------------------------------------------------------


def routes_of(app: Any) -> list[tuple[str, str, str | None, Any]]:
    """Every route: method, path, what it does with pictures, and the route."""
    found = []
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        calls = [part.call for part in dependant.dependencies] if dependant is not None else []
        marks = [call.pictures for call in calls if getattr(call, "pictures", None)]
        for method in route.methods or ["WS"]:
            if method not in ("HEAD", "OPTIONS"):
                found.append((method, route.path or "", marks[0] if marks else None, route))
    return found


def test_the_doors_of_the_api_are_found(app: Any) -> None:
    declared = {(method, path): mark for method, path, mark, _ in routes_of(app) if mark}
    assert declared[("POST", f"{API}/views")] == "live"
    assert declared[("POST", f"{API}/cameras/{{camera_id}}/ptz")] == "control"
    assert set(declared.values()) <= {action.value for action in Action}


def test_a_route_that_says_it_answers_with_pictures_is_declared_a_door(app: Any) -> None:
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            kinds = [kind for answer in operation["responses"].values() for kind in answer.get("content", {})]
            if any(kind.startswith(("image/", "video/", "multipart/")) for kind in kinds):
                mark = next(mark for verb, at, mark, _ in routes_of(app) if (verb, at) == (method.upper(), path))
                assert mark, f"{method.upper()} {path} answers with {kinds}: declare it with requires(…, pictures=…)"


@pytest.mark.parametrize("role", ROLE_NAMES)
async def test_no_door_of_the_api_opens_without_a_grant(platform: Platform, app: Any, role: str) -> None:
    client = await person(platform, app, role)
    schema = app.openapi()
    asked = set()
    async with client:
        for method, path, mark, _ in routes_of(app):
            if mark is None:
                continue
            at, body, query = filled(schema, method, path, camera_id("h264"), Action(mark))
            answer = await client.request(method, at, json=body, params=query)
            code = answer.json().get("code") if "json" in answer.headers.get("content-type", "") else None
            assert not pictures_in(answer), f"{role}: {method} {path} handed out a picture without a grant"
            assert answer.status_code >= 400, f"{role}: {method} {path} -> {answer.status_code} {answer.text[:300]}"
            if code == "gate.no_grant":
                asked.add((method, path))
            else:
                # Whoever may not even ask, and what needs something never made (a picture of a series, a file).
                known = code == "access.forbidden" or answer.status_code == 404
                assert known, f"{role}: {method} {path} -> {answer.status_code} {answer.text[:300]}: asks no grant"
    if role in ("administrator", "operator"):
        assert ("POST", f"{API}/views") in asked
        assert ("POST", f"{API}/cameras/{{camera_id}}/ptz") in asked


async def test_no_undeclared_route_of_the_api_answers_with_pictures(platform: Platform, app: Any) -> None:
    """Even for who may do everything: asked with all that exists, no such route says a ticket or shows a picture."""
    client = await person(platform, app, "administrator")
    await give(platform.database, client.person)
    schema = app.openapi()
    async with client:
        for method, path, mark, _ in routes_of(app):
            if mark is not None or method in ("WS", "DELETE") or path.endswith("/sessions/current"):
                continue
            at, body, query = filled(schema, method, path, camera_id("h264"), Action.LIVE)
            if method == "GET" and "{" not in at:
                answer = await client.get(at, params=query)
                found = pictures_in(answer)
                assert not found, f"{method} {path} answers with {found}: declare it with requires(…, pictures=…)"
            elif method == "POST" and body is not None and "camera" in str(body):
                answer = await client.request(method, at, json=body, params=query)
                found = pictures_in(answer)
                assert not found, f"{method} {path} answers with {found}: declare it with requires(…, pictures=…)"


# --- the media node -------------------------------------------------------------------------------------------------


def routes_of_node(platform: Platform) -> set[tuple[str, str]]:
    made = make_app(doors_tried.hub_of(platform), platform.settings, SystemClock())
    return {
        (route.method, route.resource.canonical)
        for route in made.router.routes()
        if route.method != "HEAD" and route.resource is not None
    }


async def test_every_route_of_a_media_node_is_declared(platform: Platform) -> None:
    found = routes_of_node(platform)
    assert found - set(doors.ROUTES) == set(), "name them in media/doors.py, with what they do with pictures"
    assert set(doors.ROUTES) - found == set(), "there are no such routes any more"


@pytest.fixture
async def holder(platform: Platform, app: Any) -> AsyncIterator[Person]:
    """An officer with a grant for one camera, who asks for tickets by the API as the page does."""
    client = await person(platform, app, "officer")
    await give(platform.database, client.person, cameras={"cameras": [str(camera_id("h264"))]})
    async with client:
        yield client


async def bad_tickets(platform: Platform, holder: Person, action: Action) -> dict[str, Ticket]:
    """Every way a ticket can be wrong, each in itself."""
    database = platform.database

    async def made(**more: Any) -> Ticket:
        return await doors_tried.ticket(platform, holder.person, action, **more)

    async def changed(column: str) -> Ticket:
        one = await made()
        async with database.write() as session:
            await session.execute(
                text(f"UPDATE permits SET {column} = now() - interval '1 second' WHERE id = :id"),
                {"id": one.permit},
            )
        return one

    revoked = await made()
    async with database.write() as session:
        await gate.revoke(session, revoked.permit, "test")
    other = Action.CONTROL if action is not Action.LIVE else Action.DOWNLOAD
    mine, theirs = await made(), await made()
    return {
        "none": Ticket("", None),
        "made up": Ticket("x" * 43, None),
        "of another action": await doors_tried.ticket(platform, holder.person, other),
        "expired": await changed("expires_at"),
        "never used in time": await changed("open_by"),
        "revoked": revoked,
        "somebody else's": Ticket(mine.text, theirs.secret, mine.permit),
        "without its secret": Ticket(theirs.text, None, theirs.permit),
    }


async def test_no_route_of_a_media_node_shows_a_picture_for_a_bad_ticket(platform: Platform, holder: Person) -> None:
    async with aiohttp.ClientSession() as web:
        for (method, path), action in doors.ROUTES.items():
            bad = await bad_tickets(platform, holder, action or Action.LIVE)
            for why, ticket in bad.items():
                got = await doors_tried.by_http(web, platform, method, path, ticket, action or Action.LIVE)
                assert not got, f"{method} {path} showed {got} for a ticket that is {why}"


@pytest.mark.parametrize("route", sorted(doors.ROUTES, key=str))
async def test_every_declared_route_of_a_media_node_opens_for_a_good_ticket(
    platform: Platform, holder: Person, route: tuple[str, str]
) -> None:
    action = doors.ROUTES[route]
    async with aiohttp.ClientSession() as web:
        if action is None:
            ticket = await doors_tried.ticket(platform, holder.person, Action.LIVE)
            assert not await doors_tried.by_http(web, platform, *route, ticket, Action.LIVE)
            return
        if action in OF_FOOTAGE:
            return  # without recordings there is nothing behind them; tests/media/recordings opens them
        ticket = await doors_tried.ticket(platform, holder.person, action)
        assert await doors_tried.by_http(web, platform, *route, ticket, action), (
            f"{route} shows nothing to who may look"
        )


@pytest.mark.parametrize("door", doors.OTHERS, ids=lambda door: door.name)
async def test_doors_that_are_no_routes_show_nothing_for_a_bad_ticket(
    platform: Platform, holder: Person, door: doors.Door
) -> None:
    tried = getattr(doors_tried, f"by_{door.name}", None)
    assert tried is not None, f"say in tests/house/doors_tried.py how {door.name} is tried"
    for why, ticket in (await bad_tickets(platform, holder, door.action)).items():
        got = await tried(platform, ticket)
        assert not got, f"{door.name} showed {got} for a ticket that is {why}"
    good = await doors_tried.good_for(platform, door.name, holder.person, door.action)
    assert await tried(platform, good), f"{door.name} shows nothing to who may look"


# --- what nobody declared -------------------------------------------------------------------------------------------


def calls_in(path: Path) -> set[str]:
    """Names of everything a module calls: `f(…)` and `….f(…)`."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            named = node.func
            names.add(named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", ""))
    return names


def test_whoever_listens_is_a_door() -> None:
    named = {door.socket.rpartition(".")[0] for door in doors.OTHERS}
    for path in sorted(SOURCE.rglob("*.py")):
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        if module.split(".")[0] in NO_PICTURES or not LISTENERS & calls_in(path):
            continue
        if module in ("media.node", "jobs"):  # serves the routes of make_app; answers health checks
            continue
        assert module in named, f"{module} opens a way in: name it in media/doors.py OTHERS"


def test_whoever_reads_a_camera_enters_by_the_hub_with_the_viewer_in_hand() -> None:
    """A module that calls `hub.enter` or `admit` hands on who stands at the door, or says that nobody does."""
    for path in sorted((SOURCE / "media").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "enter"):
                continue
            said = {keyword.arg for keyword in node.keywords}
            of_hub = "hub" in ast.unparse(node.func.value)
            # System permits and platforms' need no viewer: check() refuses a person's ticket that shows none.
            assert not of_hub or said <= {"action", "viewer", "footage"}, f"{path.name}:{node.lineno}"


async def test_a_revoked_grant_shuts_every_door_at_once(platform: Platform, holder: Person) -> None:
    ticket = await doors_tried.ticket(platform, holder.person, Action.LIVE)
    async with platform.database.write() as session:
        found = await session.execute(text("SELECT id FROM grants WHERE revoked_at IS NULL"))
        for grant in list(found.scalars()):
            assert await gate.revoke_under(session, grant, "test") == 1
    async with aiohttp.ClientSession() as web:
        assert not await doors_tried.by_http(web, platform, "GET", "/live", ticket, Action.LIVE)


def test_the_trial_itself_sees_pictures() -> None:
    """Were `pictures_in` blind, everything above would pass."""
    jpeg = httpx.Response(200, content=b"\xff\xd8\xff\xe0", headers={"Content-Type": "application/octet-stream"})
    named = httpx.Response(200, json={"url": "ws://127.0.0.1/live?ticket=" + "x" * 43})
    quiet = httpx.Response(200, json={"camera": str(UUID(int=1)), "until": str(timedelta(1))})
    with contextlib.closing(jpeg):
        assert pictures_in(jpeg)
    assert pictures_in(named)
    assert not pictures_in(quiet)
