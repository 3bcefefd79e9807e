from datetime import timedelta

import pytest

from commonsight.access import service, sessions, tokens
from commonsight.access.model import TOKENS_MOST
from commonsight.clock import ManualClock
from commonsight.problem import Refusal
from tests.access import people


@pytest.fixture
def clock():
    return ManualClock(people.START)


async def made(database, clock, holder, permissions=("counts.read",), days=30):
    async with database.write() as session:
        return await tokens.add(
            session,
            clock,
            holder,
            name="report",
            permissions=permissions,
            expires_at=clock.now() + timedelta(days=days),
        )


async def test_a_token_carries_its_part_of_the_holders_permissions(database, clock):
    holder = await people.add(database, "holder", roles=("operator",), regions=("4501",))
    token = await made(database, clock, holder)
    assert token.secret.startswith("cst_")
    found = await sessions.by_token(database, clock, token.secret, None)
    assert found is not None
    assert found.permissions == {"me.read", "counts.read"}
    assert found.regions == ("4501",)
    assert found.token_id == token.row.id


async def test_a_role_that_is_taken_away_takes_its_tokens_along(database, clock):
    holder = await people.add(database, "holder", roles=("operator",))
    token = await made(database, clock, holder, permissions=("cameras.write", "cameras.read"))
    async with database.write() as session:
        await service.change_person(
            session, clock, granter=None, person_id=holder.id, change=service.Change(roles=["officer"])
        )
    found = await sessions.by_token(database, clock, token.secret, None)
    assert found is not None
    assert found.permissions == {"me.read", "cameras.read"}


async def test_tokens_end_by_date_and_by_revocation(database, clock):
    holder = await people.add(database, "holder")
    short, long = await made(database, clock, holder, days=1), await made(database, clock, holder)
    clock.advance(86_400)
    assert await sessions.by_token(database, clock, short.secret, None) is None
    assert await sessions.by_token(database, clock, long.secret, None) is not None
    async with database.write() as session:
        await tokens.revoke(session, clock, holder, long.row.id)
    assert await sessions.by_token(database, clock, long.secret, None) is None


async def test_nobody_revokes_somebody_elses_token(database, clock):
    holder, stranger = await people.add(database, "holder"), await people.add(database, "stranger")
    token = await made(database, clock, holder)
    async with database.write() as session:
        with pytest.raises(Refusal, match=r"access.token_unknown"):
            await tokens.revoke(session, clock, stranger, token.row.id)


@pytest.mark.parametrize("days", [0, -1, 367])
async def test_a_token_ends_in_the_future_but_not_too_far(database, clock, days):
    holder = await people.add(database, "holder")
    with pytest.raises(Refusal, match=r"access.token_expiry"):
        await made(database, clock, holder, days=days)


async def test_tokens_of_a_person_are_bounded(database, clock):
    holder = await people.add(database, "holder")
    for _ in range(TOKENS_MOST):
        await made(database, clock, holder)
    with pytest.raises(Refusal, match=r"access.tokens_full"):
        await made(database, clock, holder)


@pytest.mark.parametrize("secret", ["", "cst_", "cst_wrong", "sk_other", "cst_" + "x" * 100, "cst_\x00\udc80"])
async def test_unknown_tokens_are_nobody(database, clock, secret):
    assert await sessions.by_token(database, clock, secret, None) is None
