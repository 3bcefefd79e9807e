import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from commonsight.access import service, sessions, store
from commonsight.access.model import digest
from commonsight.access.passwords import hash_password
from commonsight.access.tables import AuditRow, SessionRow
from commonsight.clock import ManualClock
from commonsight.problem import Refusal
from commonsight.settings import Access, Settings
from tests.access import people

PASSWORD = "correct horse battery"


@pytest.fixture
def clock():
    return ManualClock(people.START)


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path, access=Access(login_attempts=3, session_hours=2))


@pytest.fixture
async def person(database):
    return await people.add(database, "li.na", password_hash=await hash_password(PASSWORD))


async def enter(database, clock, settings, name="li.na", password=PASSWORD, address="10.0.0.1", **more):
    return await sessions.login(
        database, clock, settings, name=name, password=password, address=address, agent="test", **more
    )


async def test_the_right_password_opens_a_session_whose_secret_is_stored_nowhere(database, clock, settings, person):
    opened = await enter(database, clock, settings, name=" Li.Na ")
    found = await sessions.by_session(database, clock, settings, opened.secret, "10.0.0.1")
    assert found is not None
    assert found.id == person.id
    assert found.session_id == opened.identity.session_id
    async with database.read() as session:
        row = await session.scalar(select(SessionRow))
    assert row.secret_sha256 == digest(opened.secret)
    assert opened.secret not in str(vars(row))


@pytest.mark.parametrize(
    ("name", "password"), [("li.na", "wrong password"), ("nobody", PASSWORD), ("a\x00b", PASSWORD)]
)
async def test_wrong_passwords_and_unknown_names_are_told_apart_by_nothing(
    database, clock, settings, person, name, password
):
    with pytest.raises(Refusal) as refused:
        await enter(database, clock, settings, name=name, password=password)
    assert (refused.value.code, refused.value.status) == ("access.login_failed", 401)
    assert refused.value.facts() == {"rule": "name and password"}


async def test_failures_are_counted_per_name_and_end_with_the_window(database, clock, settings, person):
    for attempt in range(3):
        with pytest.raises(Refusal, match=r"access.login_failed"):
            await enter(database, clock, settings, password="wrong", address=f"10.0.0.{attempt}")
    with pytest.raises(Refusal, match=r"access.login_throttled") as refused:
        await enter(database, clock, settings)
    assert refused.value.status == 429
    assert refused.value.values["seconds"] == sessions.WINDOW.total_seconds()
    clock.advance(sessions.WINDOW.total_seconds())
    assert (await enter(database, clock, settings)).identity.id == person.id


async def test_failures_are_counted_per_address_over_many_names(database, clock, settings, person):
    for attempt in range(3 * sessions.ADDRESS_SHARE):
        with pytest.raises(Refusal, match=r"access.login_failed"):
            await enter(database, clock, settings, name=f"guess{attempt}", password="x")
    with pytest.raises(Refusal, match=r"access.login_throttled"):
        await enter(database, clock, settings)
    assert (await enter(database, clock, settings, address="10.9.9.9")).identity.id == person.id


async def test_guesses_sent_at_once_do_not_slip_through_together(database, clock, settings, person):
    tried = await asyncio.gather(
        *(enter(database, clock, settings, password=f"guess {n}") for n in range(8)), return_exceptions=True
    )
    codes = [error.code for error in tried]
    assert codes.count("access.login_failed") == 3
    assert codes.count("access.login_throttled") == 5


async def test_a_good_login_forgives_the_failures_before_it(database, clock, settings, person):
    for _ in range(3):
        for _ in range(2):
            with pytest.raises(Refusal, match=r"access.login_failed"):
                await enter(database, clock, settings, password="wrong")
        await enter(database, clock, settings)


async def test_using_a_session_prolongs_it_and_leaving_it_alone_ends_it(database, clock, settings, person):
    secret = (await enter(database, clock, settings)).secret
    for _ in range(3):
        clock.advance(1.5 * 3600)
        assert await sessions.by_session(database, clock, settings, secret, None) is not None
    clock.advance(2 * 3600)
    assert await sessions.by_session(database, clock, settings, secret, None) is None


async def test_logging_out_ends_the_session_at_once(database, clock, settings, person):
    opened = await enter(database, clock, settings)
    assert await sessions.logout(database, clock, opened.identity)
    assert await sessions.by_session(database, clock, settings, opened.secret, None) is None
    assert not await sessions.logout(database, clock, opened.identity)


async def test_nobody_ends_somebody_elses_session(database, clock, settings, person):
    opened = await enter(database, clock, settings)
    stranger = await people.add(database, "stranger")
    assert not await sessions.logout(database, clock, stranger, opened.identity.session_id)
    assert await sessions.by_session(database, clock, settings, opened.secret, None) is not None


async def test_a_new_login_replaces_the_browsers_old_session(database, clock, settings, person):
    first = await enter(database, clock, settings)
    await enter(database, clock, settings, replaces=first.secret)
    assert await sessions.by_session(database, clock, settings, first.secret, None) is None


async def test_sessions_of_a_person_are_bounded(database, clock, settings, person, monkeypatch):
    monkeypatch.setattr(sessions, "SESSIONS_MOST", 2)
    secrets = []
    for _ in range(3):
        secrets.append((await enter(database, clock, settings)).secret)
        clock.advance(1)
    held = [await sessions.by_session(database, clock, settings, secret, None) for secret in secrets]
    assert [found is not None for found in held] == [False, True, True]


async def test_a_deactivated_person_is_out_and_cannot_come_back(database, clock, settings, person):
    await people.add(database, "other")
    secret = (await enter(database, clock, settings)).secret
    async with database.write() as session:
        await service.change_person(
            session, clock, granter=None, person_id=person.id, change=service.Change(active=False)
        )
    assert await sessions.by_session(database, clock, settings, secret, None) is None
    with pytest.raises(Refusal, match=r"access.login_failed"):
        await enter(database, clock, settings)


async def test_logins_leave_an_audit_without_what_was_typed_into_the_wrong_field(database, clock, settings, person):
    await enter(database, clock, settings)
    with pytest.raises(Refusal):
        await enter(database, clock, settings, name="My Secret Passphrase!")
    async with database.read() as session:
        rows = (await session.scalars(select(AuditRow).order_by(AuditRow.id))).all()
    assert [row.action for row in rows] == ["access.session_opened", "access.login_failed"]
    assert "Secret" not in str([vars(row) for row in rows])


async def test_what_has_run_out_is_purged(database, clock, settings, person):
    await enter(database, clock, settings)
    with pytest.raises(Refusal):
        await enter(database, clock, settings, password="wrong")
    async with database.write() as session:
        kept = await store.purge(session, clock.now(), sessions.WINDOW, timedelta(hours=24))
        gone = await store.purge(session, clock.now() + timedelta(days=2), sessions.WINDOW, timedelta(hours=24))
    assert kept["sessions"] == 0
    assert gone["sessions"] == 1
    assert gone["login_failures"] == 2
