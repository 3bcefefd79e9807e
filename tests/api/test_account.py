"""Signing in, one's own account, tokens and people, over HTTP."""

import io
import re
from datetime import UTC, datetime, timedelta

import pytest

from commonsight.access import first
from commonsight.access.routes import COOKIE
from commonsight.clock import SystemClock

from .conftest import client_of

NEW = "a better password 7"


@pytest.fixture
async def one_time(database, settings):
    await first.ensure_first_administrator(database, SystemClock(), settings, terminal=io.StringIO())
    return first.password_file(settings).read_text().split()[1]


async def test_from_the_one_time_password_to_a_working_account(anybody, one_time, settings):
    answer = await anybody.post("/api/v1/sessions", json={"name": "admin", "password": one_time})
    assert answer.status_code == 201
    assert answer.json()["person"]["must_change_password"] is True
    cookie = answer.headers["set-cookie"]
    assert re.search(r"HttpOnly", cookie)
    assert re.search(r"SameSite=strict", cookie, re.IGNORECASE)

    refused = await anybody.get("/api/v1/people")
    assert (refused.status_code, refused.json()["code"]) == (403, "access.password_must_change")
    assert (await anybody.get("/api/v1/me")).status_code == 200

    answer = await anybody.put("/api/v1/me/password", json={"old": one_time, "new": NEW})
    assert answer.status_code == 204
    assert not first.password_file(settings).exists()
    assert (await anybody.get("/api/v1/people")).status_code == 200
    me = (await anybody.get("/api/v1/me")).json()
    assert me["must_change_password"] is False
    assert me["roles"] == ["administrator"]
    assert [region["code"] for region in me["regions"]] == ["45"]

    assert (await anybody.delete("/api/v1/sessions/current")).status_code == 204
    anybody.cookies.clear()
    assert (await anybody.get("/api/v1/me")).status_code == 401


async def test_a_wrong_password_is_a_problem_in_the_language_asked_for(anybody, one_time):
    body = {"name": "admin", "password": "wrong"}
    answer = await anybody.post("/api/v1/sessions", json=body, headers={"Accept-Language": "en"})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "The name or the password is wrong."
    answer = await anybody.post("/api/v1/sessions", json=body, headers={"Accept-Language": "zh-CN,en;q=0.5"})
    assert answer.json()["detail"] == "用户名或密码不正确。"


async def test_too_many_failures_say_when_to_come_back(anybody, one_time, settings):
    for _ in range(settings.access.login_attempts):
        await anybody.post("/api/v1/sessions", json={"name": "admin", "password": "wrong"})
    answer = await anybody.post("/api/v1/sessions", json={"name": "admin", "password": one_time})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 600


async def test_a_person_chooses_their_language_and_is_answered_in_it(sign_in):
    client = await sign_in("officer")
    assert (await client.patch("/api/v1/me", json={"language": "en"})).json()["language"] == "en"
    refused = await client.get("/api/v1/people")
    assert refused.json()["detail"].startswith("You may not do this")


async def test_sessions_are_listed_and_ended_one_by_one(app, sign_in):
    client = await sign_in("officer")
    listed = (await client.get("/api/v1/sessions")).json()["items"]
    assert [one["current"] for one in listed] == [True]
    stranger = await sign_in("administrator")
    assert (await stranger.delete(f"/api/v1/sessions/{listed[0]['id']}")).status_code == 404
    assert (await client.delete(f"/api/v1/sessions/{listed[0]['id']}")).status_code == 204
    assert (await client.get("/api/v1/me")).status_code == 401


async def test_a_token_works_without_a_cookie_and_never_beyond_its_permissions(app, sign_in):
    client = await sign_in("operator")
    expires = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    body = {"name": "report", "permissions": ["places.read"], "expires_at": expires}
    made = (await client.post("/api/v1/tokens", json=body)).json()
    assert made["token"].endswith(made["hint"])
    async with client_of(app, Authorization=f"Bearer {made['token']}") as program:
        assert (await program.get("/api/v1/regions")).status_code == 200
        assert (await program.get("/api/v1/system")).status_code == 403
        assert (await program.post("/api/v1/tokens", json=body)).status_code == 403
    listed = (await client.get("/api/v1/tokens")).json()["items"]
    assert [one["id"] for one in listed] == [made["id"]]
    assert made["token"] not in str(listed)
    assert (await client.delete(f"/api/v1/tokens/{made['id']}")).status_code == 204
    async with client_of(app, Authorization=f"Bearer {made['token']}") as program:
        assert (await program.get("/api/v1/regions")).status_code == 401


async def test_a_bad_token_is_nobody_even_beside_a_good_cookie(sign_in):
    client = await sign_in("administrator")
    for wrong in ("Bearer cst_wrong", "Bearer", "Basic YTpi", "Bearer " + "x" * 5000):
        assert (await client.get("/api/v1/me", headers={"Authorization": wrong})).status_code == 401


async def test_people_are_added_changed_under_etag_and_paged(sign_in, anybody):
    boss = await sign_in("administrator", name="boss")
    for number in range(3):
        body = {"name": f"person{number}", "organisation": "南宁市公安局", "roles": ["officer"], "regions": ["4501"]}
        made = await boss.post("/api/v1/people", json=body)
        assert made.status_code == 201
    login = {"name": "person2", "password": made.json()["password"]}
    assert (await anybody.post("/api/v1/sessions", json=login)).status_code == 201

    first_page = (await boss.get("/api/v1/people?limit=2")).json()
    assert [one["name"] for one in first_page["items"]] == ["boss", "person0"]
    rest = (await boss.get("/api/v1/people", params={"limit": 2, "after": first_page["next"]})).json()
    assert [one["name"] for one in rest["items"]] == ["person1", "person2"]
    assert rest["next"] is None
    assert (await boss.get("/api/v1/people?after=nonsense")).json()["code"] == "http.cursor_invalid"
    assert (await boss.get("/api/v1/people", params={"q": "on1"})).json()["items"][0]["name"] == "person1"

    at = f"/api/v1/people/{made.json()['person']['id']}"
    etag = (await boss.get(at)).headers["etag"]
    assert (await boss.patch(at, json={"active": False})).status_code == 428
    assert (await boss.patch(at, json={"active": False}, headers={"If-Match": '"other"'})).status_code == 412
    changed = await boss.patch(at, json={"active": False}, headers={"If-Match": etag})
    assert changed.json()["active"] is False
    assert changed.json()["organisation"] == "南宁市公安局"
    assert changed.headers["etag"] != etag
    assert (await anybody.get("/api/v1/me")).status_code == 401

    entries = (await boss.get("/api/v1/audit", params={"action": "access.person"})).json()["items"]
    assert [one["action"] for one in entries][:2] == ["access.person_changed", "access.person_added"]
    assert entries[0]["actor_name"] == "boss"


async def test_a_city_administrator_sees_and_manages_their_city_only(sign_in):
    province, city = (
        await sign_in("administrator", name="province"),
        await sign_in("administrator", name="city", regions=("4501",)),
    )
    seen = [one["name"] for one in (await city.get("/api/v1/people")).json()["items"]]
    assert seen == ["city"]
    other = province.person.id
    assert (await city.get(f"/api/v1/people/{other}")).status_code == 404
    assert (await city.post(f"/api/v1/people/{other}/password")).status_code == 404
    body = {"name": "neighbour", "roles": ["officer"], "regions": ["4502"]}
    refused = await city.post("/api/v1/people", json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "access.grant_exceeds")
    assert refused.json()["expected"] == ["4501"]


async def test_a_cookie_is_cleared_by_the_name_it_was_set_with(anybody, one_time):
    await anybody.post("/api/v1/sessions", json={"name": "admin", "password": one_time})
    answer = await anybody.delete("/api/v1/sessions/current")
    assert answer.headers["set-cookie"].startswith(f"{COOKIE}=")
    assert "Max-Age=0" in answer.headers["set-cookie"]
