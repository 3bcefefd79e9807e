"""What a refusal looks like, whoever it comes from."""

from typing import Annotated

import pytest
from sqlalchemy import text

from commonsight.http import Caller, Writes, requires
from commonsight.problem import Refusal

from .conftest import client_of


def problem(answer, status, code):
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert answer.status_code == status == body["status"]
    assert body["code"] == code
    assert body["type"] == f"/docs/problems#{code}"
    assert body["title"]
    assert body["instance"] == f"urn:uuid:{answer.headers['x-request-id']}"
    return body


async def test_input_of_the_wrong_shape_names_field_value_and_rule(sign_in):
    client = await sign_in("administrator")
    answer = await client.get("/api/v1/people?limit=9000")
    body = problem(answer, 422, "http.invalid")
    assert (body["operand"], body["actual"]) == ("limit", "9000")
    assert "500" in body["rule"]
    assert body["errors"][0]["in"] == "query"


@pytest.mark.parametrize(
    "sent",
    [
        {"name": "admin", "password": {"a": "topsecret"}},
        {"name": "admin", "password": "topsecret" * 100},
        {"name": 5, "password": "topsecret"},
        {"password": "topsecret"},
    ],
)
async def test_a_password_is_never_repeated(anybody, sent):
    answer = await anybody.post("/api/v1/sessions", json=sent)
    problem(answer, 422, "http.invalid")
    assert "topsecret" not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'{"name": "\\ud800", "password": "x"}', b"1e999"])
async def test_unreadable_bodies_are_the_callers_mistake(anybody, body):
    answer = await anybody.post("/api/v1/sessions", content=body, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"


async def test_unknown_addresses_and_methods_are_problems_too(anybody):
    problem(await anybody.get("/api/v1/nothing"), 404, "http.not_found")
    body = problem(await anybody.delete("/api/v1/people"), 405, "http.method_not_allowed")
    assert body["actual"] == "DELETE"


async def test_text_that_cannot_be_stored_is_refused_not_crashed_on(sign_in):
    client = await sign_in("administrator")
    problem(await client.get("/api/v1/people?q=%00"), 422, "http.value_unstorable")


async def test_a_crash_is_answered_without_telling_what_happened(app, sign_in):
    async def crash() -> None:
        raise RuntimeError("the secret is swordfish")

    app.router.add_api_route("/crash", crash, methods=["POST"])
    async with client_of(app) as client:
        answer = await client.post("/crash")
    problem(answer, 500, "http.crashed")
    assert "swordfish" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_refused_write_leaves_nothing_behind(app, sign_in, database):
    async def half(session: Writes, caller: Annotated[Caller, requires("me.read")]) -> None:
        await session.execute(text("INSERT INTO organisations VALUES (gen_random_uuid(), 'half', NULL, now())"))
        raise Refusal("http.refused", status=409)

    app.router.add_api_route("/half", half, methods=["POST"])
    client = await sign_in("administrator")
    assert (await client.post("/half")).status_code == 409
    async with database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM organisations")) == 0


async def test_a_database_that_is_away_is_said_to_be_away(app, database, monkeypatch):
    await database.close()
    monkeypatch.setattr(database, "read", broken)
    monkeypatch.setattr(database, "write", broken)
    async with client_of(app) as client:
        client.cookies.set("commonsight_session", "whatever")
        answer = await client.get("/api/v1/me")
        problem(answer, 503, "http.database_unavailable")
        assert answer.headers["retry-after"] == "2"
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/healthz")).status_code == 200


def broken():
    import psycopg
    from sqlalchemy.exc import OperationalError

    raise OperationalError("SELECT 1", {}, psycopg.OperationalError("server closed the connection"))
