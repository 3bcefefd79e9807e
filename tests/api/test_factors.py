"""The second factor: set up, asked for at the login, required by role, lost and taken away."""

import asyncio
import base64
from datetime import timedelta

import httpx
import pytest

from commonsight.access import totp
from commonsight.access.passwords import hash_password
from commonsight.api.app import create_app
from commonsight.clock import ManualClock
from commonsight.settings import Access
from tests.access import people

from .conftest import client_of

PASSWORD = "a long enough password"


class Desk:
    """A platform whose clock stands still, and one person on it."""

    def __init__(self, settings, database, **access: object) -> None:
        self.clock = ManualClock(people.START)
        self.settings = settings.model_copy(update={"access": Access(**access)})
        self.app = create_app(self.settings, database, self.clock)
        self.database = database

    async def add(self, name: str = "li.na", **more: object):
        hashed = await hash_password(PASSWORD)
        return await people.add(self.database, name, password_hash=hashed, now=self.clock.now(), **more)

    def client(self) -> httpx.AsyncClient:
        return client_of(self.app)

    async def log_in(self, client, code=None, *, name="li.na", password=PASSWORD):
        body = {"name": name, "password": password} | ({} if code is None else {"code": code})
        return await client.post("/api/v1/sessions", json=body)

    async def enrol(self, client) -> tuple[bytes, list[str]]:
        begun = await client.post("/api/v1/me/factor")
        assert begun.status_code == 201, begun.text
        shown = begun.json()
        assert shown["secret"] in shown["address"]
        secret = base64.b32decode(shown["secret"] + "=" * (-len(shown["secret"]) % 8))
        done = await client.put("/api/v1/me/factor", json={"code": self.code(secret)})
        assert done.status_code == 200, done.text
        return secret, done.json()["codes"]

    def code(self, secret: bytes) -> str:
        return totp.code_at(secret, self.clock.now())


@pytest.fixture
def desk(settings, database):
    return Desk(settings, database)


async def test_who_has_an_authenticator_logs_in_with_its_code(desk):
    await desk.add()
    async with desk.client() as client, desk.client() as other:
        await desk.log_in(client)
        await desk.log_in(other)
        secret, codes = await desk.enrol(client)
        assert len(codes) == 10
        # The other session was not proved by it and is gone; this one goes on.
        assert (await other.get("/api/v1/me")).status_code == 401
        assert (await client.get("/api/v1/people")).status_code == 200

        desk.clock.advance(60)
        missing = await desk.log_in(other)
        assert (missing.status_code, missing.json()["code"]) == (401, "access.code_missing")
        assert "set-cookie" not in missing.headers
        wrong = await desk.log_in(other, "000000" if desk.code(secret) != "000000" else "000001")
        assert (wrong.status_code, wrong.json()["code"]) == (401, "access.code_wrong")
        assert (await desk.log_in(other, desk.code(secret))).status_code == 201
        assert (await other.get("/api/v1/people")).status_code == 200


async def test_a_code_is_refused_the_second_time(desk):
    await desk.add()
    async with desk.client() as client:
        await desk.log_in(client)
        secret, _ = await desk.enrol(client)
        # The code that confirmed the authenticator is used up, too.
        assert (await desk.log_in(client, desk.code(secret))).json()["code"] == "access.code_wrong"
        desk.clock.advance(30)
        code = desk.code(secret)
        answers = await asyncio.gather(desk.log_in(client, code), desk.log_in(client, code))
        assert sorted(answer.status_code for answer in answers) == [201, 401]


async def test_a_recovery_code_stands_in_once(desk):
    await desk.add()
    async with desk.client() as client:
        await desk.log_in(client)
        _, codes = await desk.enrol(client)
        assert (await desk.log_in(client, codes[0].upper())).status_code == 201
        assert (await client.get("/api/v1/me/factor")).json()["recovery_left"] == 9
        assert (await desk.log_in(client, codes[0])).json()["code"] == "access.code_wrong"
        fresh = await client.post("/api/v1/me/factor/recovery-codes", json={"code": codes[1]})
        assert fresh.status_code == 201
        assert (await desk.log_in(client, codes[2])).status_code == 401
        assert (await desk.log_in(client, fresh.json()["codes"][0])).status_code == 201


async def test_the_right_password_does_not_say_so_to_who_guesses_it(desk):
    await desk.add()
    async with desk.client() as client:
        await desk.log_in(client)
        await desk.enrol(client)
        refused = await desk.log_in(client, "123456", password="another password")
    assert refused.json()["code"] == "access.login_failed"


async def test_codes_cannot_be_guessed_at_leisure(desk):
    await desk.add()
    async with desk.client() as client, desk.client() as signed_in:
        await desk.log_in(signed_in)
        secret, _ = await desk.enrol(signed_in)
        tries = [(await desk.log_in(client, f"{n:06d}")).json()["code"] for n in range(8)]
        assert set(tries) == {"access.code_wrong"}
        limited = await desk.log_in(client, desk.code(secret))
        assert (limited.status_code, limited.json()["code"]) == (429, "access.login_throttled")
        assert int(limited.headers["retry-after"]) > 0
        # Asking for the code again and again costs nothing, but the count of wrong ones stays.
        removals = [await signed_in.post("/api/v1/me/factor/removal", json={"code": f"{n:06d}"}) for n in range(9)]
        assert [answer.status_code for answer in removals] == [403] * 8 + [429]


async def test_a_role_that_asks_for_it_may_do_nothing_before(settings, database):
    desk = Desk(settings, database, second_factor=["administrator"])
    await desk.add()
    await desk.add("wang", roles=("officer",))
    async with desk.client() as client, desk.client() as officer:
        assert (await desk.log_in(client)).json()["person"]["factor_owed"] == "enrol"
        refused = await client.get("/api/v1/people")
        assert (refused.status_code, refused.json()["code"]) == (403, "access.factor_enrol")
        assert (await client.get("/api/v1/me/factor")).json()["required"] is True
        await desk.enrol(client)
        assert (await client.get("/api/v1/people")).status_code == 200
        assert (await desk.log_in(officer, name="wang")).json()["person"]["factor_owed"] is None
        assert (await officer.get("/api/v1/regions")).status_code == 200


async def test_a_code_nobody_asked_for_proves_nothing(settings, database):
    desk = Desk(settings, database, second_factor=["administrator"])
    await desk.add()
    async with desk.client() as client:
        assert (await desk.log_in(client, "123456")).json()["person"]["factor_owed"] == "enrol"


async def test_an_authenticator_counts_only_once_confirmed(desk):
    await desk.add()
    async with desk.client() as client:
        await desk.log_in(client)
        assert (await client.put("/api/v1/me/factor", json={"code": "123456"})).json()["code"] == "access.factor_absent"
        await client.post("/api/v1/me/factor")
        refused = await client.put("/api/v1/me/factor", json={"code": "not it"})
        assert (refused.status_code, refused.json()["code"]) == (422, "access.code_wrong")
        assert (await desk.log_in(client)).status_code == 201
        await desk.enrol(client)
        again = await client.post("/api/v1/me/factor")
        assert (again.status_code, again.json()["code"]) == (409, "access.factor_present")


async def test_a_lost_authenticator_is_taken_away_by_an_administrator(desk):
    person = await desk.add(roles=("officer",))
    await desk.add("admin")
    async with desk.client() as client, desk.client() as admin:
        await desk.log_in(client)
        secret, _ = await desk.enrol(client)
        await desk.log_in(admin, name="admin")
        assert (await admin.delete(f"/api/v1/people/{person.id}/factor")).status_code == 204
        assert (await client.get("/api/v1/me")).status_code == 401
        assert (await desk.log_in(client)).status_code == 201
        again = await admin.delete(f"/api/v1/people/{person.id}/factor")
        assert (again.status_code, again.json()["code"]) == (409, "access.factor_absent")
        told = (await admin.get("/api/v1/audit?action=access.factor")).json()["items"]
        assert [entry["action"] for entry in told] == ["access.factor_removed", "access.factor_added"]
        assert secret.hex() not in str(told)


async def test_it_is_removed_with_a_code(desk):
    await desk.add()
    async with desk.client() as client:
        await desk.log_in(client)
        secret, _ = await desk.enrol(client)
        desk.clock.advance(timedelta(minutes=1).total_seconds())
        assert (await client.post("/api/v1/me/factor/removal", json={"code": desk.code(secret)})).status_code == 204
        assert (await client.get("/api/v1/me/factor")).json()["confirmed_at"] is None
        assert (await desk.log_in(client)).status_code == 201


async def test_the_secret_is_kept_encrypted_and_the_codes_hashed(desk, database, tmp_path):
    from sqlalchemy import text

    await desk.add()
    async with desk.client() as client:
        await desk.log_in(client)
        secret, codes = await desk.enrol(client)
    async with database.read() as session:
        kept = bytes(await session.scalar(text("SELECT secret FROM second_factors")))
        hashes = [bytes(each) for each in await session.scalars(text("SELECT code_sha256 FROM recovery_codes"))]
    assert secret not in kept
    assert totp.spelled(secret).encode() not in kept
    assert len(hashes) == 10
    assert codes[0].encode() not in hashes
    assert (desk.settings.data_dir / "access.key").stat().st_mode & 0o777 == 0o600
