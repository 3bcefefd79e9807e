import pytest
from sqlalchemy import select, text

from commonsight.access import service, sessions, tokens
from commonsight.access.passwords import hash_password, verify_password
from commonsight.access.tables import AuditRow, PersonRow
from commonsight.clock import ManualClock
from commonsight.problem import Refusal
from commonsight.settings import Settings
from tests.access import people


@pytest.fixture
def clock():
    return ManualClock(people.START)


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path)


async def made(database, clock, granter=None, **more):
    asked = {
        "name": "wei.li",
        "display_name": "李伟",
        "organisation": "南宁市公安局",
        "roles": ["officer"],
        "regions": ["4501"],
        "language": "zh",
    }
    return await service.add_person(database, clock, granter=granter, **(asked | more))


async def test_a_new_person_has_a_one_time_password_stored_as_a_hash(database, clock):
    new = await made(database, clock)
    assert new.person.must_change_password
    assert new.password not in new.person.password_hash
    assert new.person.password_hash.startswith("$argon2id$")
    assert await verify_password(new.person.password_hash, new.password)


async def test_names_are_taken_once(database, clock):
    await made(database, clock)
    with pytest.raises(Refusal, match=r"access.name_taken") as refused:
        await made(database, clock, name="WEI.LI")
    assert refused.value.status == 409


async def test_every_change_leaves_an_audit_entry_and_an_outbox_entry_without_names(database, clock):
    new = await made(database, clock)
    await service.reset_password(database, clock, granter=None, person_id=new.person.id)
    async with database.read() as session:
        actions = list(await session.scalars(select(AuditRow.action).order_by(AuditRow.id)))
        told = (await session.execute(text("SELECT topic, payload::text FROM outbox ORDER BY id"))).all()
    assert actions == ["access.person_added", "access.password_reset"] == [row.topic for row in told]
    assert "wei" not in str(told)


async def test_nobody_adds_or_changes_people_beyond_their_own_reach(database, clock):
    city = await people.add(database, "city", regions=("4501",))
    province = await people.add(database, "province")
    with pytest.raises(Refusal, match=r"access.grant_exceeds"):
        await made(database, clock, granter=city, regions=["4502"])
    async with database.write() as session:
        with pytest.raises(Refusal, match=r"access.person_unknown"):
            await service.change_person(
                session, clock, granter=city, person_id=province.id, change=service.Change(active=False)
            )


async def test_somebody_with_fewer_permissions_cannot_reset_an_administrators_password(database, clock):
    boss = await people.add(database, "boss")
    clerk = await people.add(database, "clerk", roles=("operator",))
    with pytest.raises(Refusal, match=r"access.grant_exceeds"):
        await service.reset_password(database, clock, granter=clerk, person_id=boss.id)


async def test_the_last_administrator_stays(database, clock):
    only = await people.add(database, "only")
    for change in (service.Change(active=False), service.Change(roles=["officer"])):
        with pytest.raises(Refusal, match=r"access.last_administrator"):
            async with database.write() as session:
                await service.change_person(session, clock, granter=None, person_id=only.id, change=change)
    await people.add(database, "second")
    async with database.write() as session:
        await service.change_person(session, clock, granter=None, person_id=only.id, change=change)


async def test_nobody_deactivates_themselves(database, clock):
    me = await people.add(database, "me")
    await people.add(database, "second")
    async with database.write() as session:
        with pytest.raises(Refusal, match=r"access.own_account"):
            await service.change_person(
                session, clock, granter=me, person_id=me.id, change=service.Change(active=False)
            )


async def test_changing_ones_password_ends_the_other_sessions_only(database, clock, settings):
    me = await people.add(database, "me", password_hash=await hash_password("old password 1"), must_change=True)
    here, there = await people.sign_in(database, me), await people.sign_in(database, me)
    caller = await sessions.by_session(database, clock, settings, here, None)
    with pytest.raises(Refusal, match=r"access.password_wrong"):
        await service.change_own_password(database, clock, caller, "guess", "new password 1")
    with pytest.raises(Refusal, match=r"access.password_same"):
        await service.change_own_password(database, clock, caller, "old password 1", "old password 1")
    await service.change_own_password(database, clock, caller, "old password 1", "new password 1")
    after = await sessions.by_session(database, clock, settings, here, None)
    assert after is not None
    assert not after.must_change_password
    assert await sessions.by_session(database, clock, settings, there, None) is None


async def test_a_reset_ends_sessions_and_tokens(database, clock, settings):
    me = await people.add(database, "me")
    secret = await people.sign_in(database, me)
    async with database.write() as session:
        token = await tokens.add(
            session, clock, me, name="t", permissions=["counts.read"], expires_at=clock.now().replace(year=2027)
        )
    await service.reset_password(database, clock, granter=None, person_id=me.id)
    assert await sessions.by_session(database, clock, settings, secret, None) is None
    assert await sessions.by_token(database, clock, token.secret, None) is None


async def test_a_change_keeps_what_it_does_not_name(database, clock):
    new = await made(database, clock)
    async with database.write() as session:
        await service.change_person(
            session, clock, granter=None, person_id=new.person.id, change=service.Change(display_name="李 伟")
        )
    async with database.read() as session:
        person = await session.get(PersonRow, new.person.id)
    assert (person.display_name, person.roles, person.regions) == ("李 伟", ["officer"], ["4501"])
    assert person.revision == 2
    assert person.organisation_id is not None
