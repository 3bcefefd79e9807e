"""Signing in with a real identity provider, run beside the test: who gets in, as whom, and who does not."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn

from commonsight.access.passwords import hash_password
from commonsight.api.app import create_app
from commonsight.clock import SystemClock
from commonsight.settings import Access, Oidc, OidcProvider, OidcRule
from tests.access import people, provider_process
from tests.ports import free_port

from .conftest import BASE, client_of

CALLBACK = f"{BASE}/api/v1/sign-in/city/callback"
PEOPLE = {
    "u-1": {"name": "李娜", "preferred_username": "Li.Na", "groups": ["police", "video"], "division": "4501"},
    "u-2": {"name": "王伟", "preferred_username": "wang", "groups": ["gardening"]},
    "u-3": {"name": "?", "preferred_username": "not a name!", "groups": ["police"]},
    "u-4": {"name": "冒名", "preferred_username": "admin", "groups": ["police"]},
}
RULES = [
    OidcRule(claim="groups", value="police", roles=["officer"], regions=["4501"], organisation="南宁市公安局"),
    OidcRule(claim="groups", value="video", roles=["operator"]),
]


@pytest.fixture(scope="module")
def callbacks():
    """The addresses the provider may send browsers back to; a test that listens for real adds its own port."""
    return free_port()


@pytest.fixture(scope="module")
def issuer(callbacks):
    real = f"http://127.0.0.1:{callbacks}"
    common = {"redirect_uris": [CALLBACK, f"{real}/api/v1/sign-in/city/callback"], "response_types": ["code"]}
    clients = [
        {
            "client_id": "commonsight",
            "client_secret": "s3cret/with+signs",
            "post_logout_redirect_uris": [f"{BASE}/login"],
            "backchannel_logout_uri": f"{real}/api/v1/sign-in/city/logout",
            "backchannel_logout_session_required": True,
            **common,
        },
        {"client_id": "open", "token_endpoint_auth_method": "none", **common},
    ]
    with provider_process.running(clients, PEOPLE) as found:
        yield found


class Desk:
    """A platform that trusts the provider."""

    def __init__(self, settings, database, issuer: str, **more: object) -> None:
        about = {
            "name": "city",
            "title": "统一身份认证",
            "issuer": issuer,
            "client_id": "commonsight",
            "client_secret": "s3cret/with+signs",
            "create": True,
            "rules": RULES,
        }
        access = more.pop("access", Access())
        provider = OidcProvider(**(about | more))
        self.settings = settings.model_copy(update={"oidc": Oidc(providers=[provider]), "access": access})
        self.database = database
        self.app = create_app(self.settings, database, SystemClock())

    async def begin(self, client: httpx.AsyncClient, return_to: str | None = "/cameras") -> str:
        answer = await client.post("/api/v1/sign-in/city", json={"return_to": return_to})
        assert answer.status_code == 200, answer.text
        return answer.json()["url"]

    async def sign_in(self, client: httpx.AsyncClient, account: str, **more) -> httpx.Response:
        """The whole way there and back; gives our answer to the browser that comes back."""
        url = await self.begin(client, **more)
        async with httpx.AsyncClient(timeout=30) as browser:
            back = await provider_process.visit(browser, url, account=account, ours=CALLBACK)
        return await client.get(back)


@pytest.fixture
def desk(settings, database, issuer):
    return Desk(settings, database, issuer)


def refused(answer: httpx.Response) -> str:
    assert answer.status_code == 303
    where = urlsplit(answer.headers["location"])
    assert where.path == "/login"
    assert "commonsight_session" not in answer.headers.get("set-cookie", "")
    return parse_qs(where.query)["refused"][0]


async def test_the_first_sign_in_makes_an_account_with_what_the_rules_give(desk):
    async with client_of(desk.app) as client:
        assert (await client.get("/api/v1/sign-in/providers")).json()["items"] == [
            {"name": "city", "title": "统一身份认证"}
        ]
        answer = await desk.sign_in(client, "u-1")
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"] == "/cameras"
        cookie = next(each for each in answer.headers.get_list("set-cookie") if each.startswith("commonsight_session"))
        assert "httponly" in cookie.lower()
        assert "samesite=strict" in cookie.lower()
        me = (await client.get("/api/v1/me")).json()
        assert (me["name"], me["display_name"], me["organisation"]) == ("li.na", "李娜", "南宁市公安局")
        assert me["roles"] == ["operator", "officer"]
        assert [region["code"] for region in me["regions"]] == ["4501"]
        assert me["must_change_password"] is False
        # The same subject is the same person the second time, and the password login knows no password of theirs.
        await desk.sign_in(client, "u-1")
        assert (await client.get("/api/v1/me")).json()["id"] == me["id"]
        for password in ("!", "any"):
            login = await client.post("/api/v1/sessions", json={"name": "li.na", "password": password})
            assert login.json()["code"] == "access.login_failed"


async def test_nobody_gets_in_whom_the_rules_do_not_know(desk, database):
    await people.add(database, "admin")
    async with client_of(desk.app) as client:
        assert refused(await desk.sign_in(client, "u-2")) == "access.oidc_no_role"
        assert refused(await desk.sign_in(client, "u-3")) == "access.oidc_name"
        # Whoever may choose a name at the provider must not become the administrator of that name.
        assert refused(await desk.sign_in(client, "u-4")) == "access.oidc_name_taken"
        assert (await client.get("/api/v1/me")).status_code == 401


async def test_without_leave_to_make_accounts_people_join_theirs(settings, database, issuer):
    desk = Desk(settings, database, issuer, create=False, client_id="open", client_secret=None)
    person = await people.add(database, "li", roles=("analyst",), password_hash=await hash_password("a long password"))
    async with client_of(desk.app) as client, client_of(desk.app) as other:
        assert refused(await desk.sign_in(client, "u-1")) == "access.oidc_unknown_person"
        login = await client.post("/api/v1/sessions", json={"name": "li", "password": "a long password"})
        assert login.status_code == 201
        url = (await client.post("/api/v1/me/identities/city")).json()["url"]
        async with httpx.AsyncClient(timeout=30) as browser:
            back = await provider_process.visit(browser, url, account="u-1", ours=CALLBACK)
        assert (await client.get(back)).headers["location"] == "/system/account"
        [joined] = (await client.get("/api/v1/me/identities")).json()["items"]
        assert (joined["provider"], joined["subject"]) == ("city", "u-1")

        await desk.sign_in(other, "u-1")
        me = (await other.get("/api/v1/me")).json()
        # Their roles stay what the administrator gave: the rules speak of accounts the provider keeps.
        assert (me["id"], me["roles"]) == (str(person.id), ["analyst"])
        assert (await other.delete("/api/v1/me/identities/city")).status_code == 204
        assert refused(await desk.sign_in(client, "u-1")) == "access.oidc_unknown_person"


async def test_roles_follow_the_provider(settings, database, issuer):
    desk = Desk(settings, database, issuer)
    async with client_of(desk.app) as client:
        await desk.sign_in(client, "u-1")
        fewer = Desk(settings, database, issuer, rules=[RULES[0]])
        async with client_of(fewer.app) as again:
            await fewer.sign_in(again, "u-1")
            assert (await again.get("/api/v1/me")).json()["roles"] == ["officer"]
        none = Desk(settings, database, issuer, rules=[OidcRule(claim="groups", value="nobody", roles=["officer"])])
        async with client_of(none.app) as again:
            assert refused(await none.sign_in(again, "u-1")) == "access.oidc_no_role"
        # The session that is still open may do nothing either.
        assert (await client.get("/api/v1/me")).json()["roles"] == []


async def test_a_sign_in_belongs_to_the_browser_that_began_it(desk):
    async with client_of(desk.app) as victim, client_of(desk.app) as attacker:
        url = await desk.begin(attacker)
        async with httpx.AsyncClient(timeout=30) as browser:
            back = await provider_process.visit(browser, url, account="u-1", ours=CALLBACK)
        assert refused(await victim.get(back)) == "access.oidc_state"
        assert (await attacker.get(back)).headers["location"] == "/cameras"
        assert refused(await attacker.get(back)) == "access.oidc_state"  # used up


@pytest.mark.parametrize(
    "change",
    [
        {"state": "another"},
        {"state": ""},
        {"code": "another"},
        {"code": ""},
        {"iss": "https://another.example"},
        {"error": "access_denied"},
    ],
)
async def test_what_was_tampered_with_on_the_way_back_is_refused(desk, change):
    async with client_of(desk.app) as client:
        url = await desk.begin(client)
        async with httpx.AsyncClient(timeout=30) as browser:
            back = httpx.URL(await provider_process.visit(browser, url, account="u-1", ours=CALLBACK))
        answer = await client.get(back.copy_merge_params(change))
        assert refused(answer) in {
            "access.oidc_state",
            "access.oidc_token",
            "access.oidc_answer",
            "access.oidc_refused",
        }
        assert (await client.get("/api/v1/me")).status_code == 401


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example", "/\\evil.example", "/a\nb", "/api/v1/me", ""]
)
async def test_the_way_back_never_leaves_our_page(desk, path):
    async with client_of(desk.app) as client:
        assert (await desk.sign_in(client, "u-1", return_to=path)).headers["location"] == "/"


async def test_an_inactive_account_stays_outside(desk, database):
    from sqlalchemy import text

    async with client_of(desk.app) as client:
        await desk.sign_in(client, "u-1")
        async with database.write() as session:
            await session.execute(text("UPDATE people SET active = false"))
        assert refused(await desk.sign_in(client, "u-1")) == "access.oidc_inactive"


async def test_the_second_factor_is_asked_here_unless_the_provider_is_trusted_with_it(settings, database, issuer):
    access = Access(second_factor=["officer"])
    here = Desk(settings, database, issuer, access=access)
    async with client_of(here.app) as client:
        await here.sign_in(client, "u-1")
        assert (await client.get("/api/v1/me")).json()["factor_owed"] == "enrol"
        assert (await client.get("/api/v1/regions")).json()["code"] == "access.factor_enrol"
    there = Desk(settings, database, issuer, access=access, second_factor="provider")
    async with client_of(there.app) as client:
        await there.sign_in(client, "u-1")
        assert (await client.get("/api/v1/me")).json()["factor_owed"] is None


async def test_signing_out_leads_to_the_providers_own_page(desk):
    async with client_of(desk.app) as client:
        await desk.sign_in(client, "u-1")
        answer = await client.delete("/api/v1/sessions/current")
        assert answer.status_code == 200
        where = urlsplit(answer.json()["url"])
        assert parse_qs(where.query)["post_logout_redirect_uri"] == [f"{BASE}/login"]
        assert (await client.get("/api/v1/me")).status_code == 401
        async with httpx.AsyncClient(timeout=30) as browser:
            assert (await browser.get(answer.json()["url"])).status_code == 200


async def test_a_provider_that_is_away_is_said_so(settings, database, unused_tcp_port):
    desk = Desk(settings, database, f"http://127.0.0.1:{unused_tcp_port}")
    async with client_of(desk.app) as client:
        answer = await client.post("/api/v1/sign-in/city", json={})
        assert (answer.status_code, answer.json()["code"]) == (502, "access.oidc_unreachable")
        unknown = await client.post("/api/v1/sign-in/nobody", json={})
        assert (unknown.status_code, unknown.json()["code"]) == (404, "access.oidc_unknown_provider")


@contextlib.asynccontextmanager
async def served(app, port: int) -> AsyncIterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    running = asyncio.create_task(server._serve())
    async with asyncio.timeout(20):
        while not server.started:  # noqa: ASYNC110 - the server says it by this mark only
            await asyncio.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        async with asyncio.timeout(20):
            await running


async def test_signing_out_at_the_provider_ends_the_session_here(desk, callbacks):
    """Back-channel logout, from the real provider to a real server of ours."""
    async with served(desk.app, callbacks) as ours, httpx.AsyncClient(base_url=ours, timeout=30) as client:
        url = await desk.begin(client)
        async with httpx.AsyncClient(timeout=30) as browser:
            back = await provider_process.visit(browser, url, account="u-1", ours=ours)
            assert (await client.get(back)).status_code == 303
            assert (await client.get("/api/v1/me")).status_code == 200
            leaving = await browser.get(f"{desk.settings.oidc.providers[0].issuer}/session/end")
            xsrf = leaving.text.partition('name="xsrf" value="')[2].partition('"')[0]
            said = await browser.post(
                f"{desk.settings.oidc.providers[0].issuer}/session/end/confirm", data={"xsrf": xsrf, "logout": "yes"}
            )
            assert said.is_redirect, said.text[:300]
        async with asyncio.timeout(20):
            while (await client.get("/api/v1/me")).status_code != 401:  # noqa: ASYNC110 - another process works on it
                await asyncio.sleep(0.1)


async def test_a_logout_nobody_signed_is_refused(desk):
    async with client_of(desk.app) as client:
        for token in ("", "a.b.c", "x" * 5_000):
            answer = await client.post("/api/v1/sign-in/city/logout", data={"logout_token": token})
            assert (answer.status_code, answer.json()["code"]) == (403, "access.oidc_token")
