"""Every route names who may call it, and the roles may do exactly what the table says."""

import re
from uuid import uuid4

import pytest

from commonsight.access.model import ROLE_NAMES, permissions, roles
from commonsight.api.docs import walk
from commonsight.http import _once, _read_session, _write_session

PUBLIC = {
    ("/api/v1/sessions", "POST"),
    # Signing in with a provider: by whoever is not signed in yet, and by the provider itself.
    ("/api/v1/sign-in/providers", "GET"),
    ("/api/v1/sign-in/{provider}", "POST"),
    ("/api/v1/sign-in/{provider}/callback", "GET"),
    ("/api/v1/sign-in/{provider}/logout", "POST"),
    ("/api/v1/purposes", "GET"),
    # Whoever holds a certificate checks it with these.
    ("/api/v1/exports/keys", "GET"),
    # Asked by a media server, which shows `media.server_key`.
    ("/api/v1/media/authorize", "POST"),
    ("/api/v1/openapi.json", "GET"),
    ("/healthz", "GET"),
    ("/readyz", "GET"),
    ("/metrics", "GET"),
    ("/docs", "GET"),
    ("/docs/problems", "GET"),
    ("/docs/style.css", "GET"),
    ("/{path:path}", "GET"),
    # Devices hold no account: the address they post a picture to is itself the key, and is used up.
    ("/api/v1/gb28181/uploads/{session_name}/{key}", "POST"),
    ("/api/v1/gb28181/uploads/{session_name}/{key}", "PUT"),
}
"""All that anybody may call. Adding to it is a decision, so it is written down here too."""


def guards_of(calls):
    return [call for call in calls if hasattr(call, "permission")]


def test_every_route_names_who_may_call_it(app):
    found = walk(app)
    assert len(found) > 25
    for path, methods, calls in found:
        assert guards_of(calls), f"{methods} {path} names nobody: use requires(...) or public()"


def test_only_these_routes_are_public(app):
    found = {
        (path, method)
        for path, methods, calls in walk(app)
        if all(guard.permission is None for guard in guards_of(calls))
        for method in methods
    }
    assert found == PUBLIC


def test_every_permission_asked_for_exists_and_every_one_that_exists_is_asked_for(app):
    asked = {guard.permission for _, _, calls in walk(app) for guard in guards_of(calls)} - {None}
    assert asked <= set(permissions())


def test_the_guard_runs_before_a_session_takes_a_connection(app):
    for path, methods, calls in walk(app):
        places = [place for place, call in enumerate(calls) if hasattr(call, "permission")]
        taking = [n for n, call in enumerate(calls) if call in (_read_session, _write_session, _once)]
        assert not taking or min(places) < min(taking), f"{methods} {path}: declare the caller before the session"


def test_lists_and_paths_keep_to_the_interface_language(app):
    for path, methods, _ in walk(app):
        if path.startswith("/api/v1/"):
            assert re.fullmatch(r"/api/v1(/([a-z0-9.-]+|\{[a-z_]+\}))+", path), path
            assert "WS" in methods or set(methods) <= {"GET", "POST", "PUT", "PATCH", "DELETE"}


async def test_nobody_gets_past_a_guard(app, anybody):
    for path, methods, calls in walk(app):
        if "WS" in methods or all(guard.permission is None for guard in guards_of(calls)):
            continue
        for method in methods:
            answer = await anybody.request(method, filled(path), json={})
            assert answer.status_code == 401, f"{method} {path} answered {answer.status_code}"
            assert answer.json()["code"] == "access.signed_out"
            assert "www-authenticate" in answer.headers


@pytest.mark.parametrize("role", ROLE_NAMES)
async def test_each_role_passes_exactly_the_guards_of_its_permissions(app, sign_in, role):
    client = await sign_in(role)
    held = roles()[role].permissions
    for path, methods, calls in walk(app):
        guards = guards_of(calls)
        if "WS" in methods or all(guard.permission is None for guard in guards) or path == "/api/v1/sessions/current":
            continue
        allowed = all(guard.permission in held for guard in guards if guard.permission)
        for method in methods:
            answer = await client.request(method, filled(path), json={})
            code = answer.json().get("code") if "problem" in answer.headers.get("content-type", "") else None
            assert (code == "access.forbidden") is not allowed, (
                f"{role}: {method} {path} -> {answer.status_code} {code}"
            )
            # No signalling process runs here; who asks for devices is told so.
            known = answer.status_code < 500 or code == "connect.gb_no_signalling"
            assert known, f"{method} {path} -> {answer.text}"


async def test_a_person_with_no_role_may_only_look_after_themselves(app, sign_in):
    client = await sign_in()
    assert (await client.get("/api/v1/me")).json()["roles"] == []
    assert (await client.get("/api/v1/regions")).status_code == 403


def filled(path: str) -> str:
    """A path whose parameters name nothing that exists."""
    return re.sub(r"\{([a-z_]+)\}", lambda found: "4599" if found[1] == "code" else str(uuid4()), path)
