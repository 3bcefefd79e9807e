"""Where people are signed in, and signing them out: of one place, of all but here, somebody else of everything."""

import pytest

from tests.access import people

from .conftest import client_of


async def _another(app, database, client):
    """A second browser of the same person."""
    from commonsight.access.cookies import COOKIE
    from commonsight.clock import SystemClock

    other = client_of(app)
    other.cookies.set(COOKIE, await people.sign_in(database, client.person, now=SystemClock().now()))
    return other


async def test_a_person_sees_their_own_sessions_and_ends_the_others(app, database, sign_in):
    client = await sign_in("officer")
    async with await _another(app, database, client) as other:
        listed = (await client.get("/api/v1/sessions")).json()["items"]
        assert sorted(each["current"] for each in listed) == [False, True]
        assert {each["agent"] for each in listed} == {"test"}
        assert (await client.delete("/api/v1/sessions")).json() == {"ended": 1}
        assert (await other.get("/api/v1/me")).status_code == 401
        assert (await client.get("/api/v1/me")).status_code == 200
        assert (await client.delete("/api/v1/sessions")).json() == {"ended": 0}


async def test_an_administrator_ends_somebody_elses(app, database, sign_in):
    client, admin = await sign_in("officer"), await sign_in("administrator")
    where = f"/api/v1/people/{client.person.id}/sessions"
    async with await _another(app, database, client) as other:
        listed = (await admin.get(where)).json()["items"]
        assert len(listed) == 2
        assert not any(each["current"] for each in listed)
        assert (await admin.delete(where)).json() == {"ended": 2}
        assert [(await each.get("/api/v1/me")).status_code for each in (client, other)] == [401, 401]
    told = (await admin.get("/api/v1/audit?action=access.sessions_ended")).json()["items"]
    assert [(each["subject_name"], each["detail"]["ended"]) for each in told] == [(client.person.name, 2)]


@pytest.mark.parametrize("method", ["get", "delete"])
async def test_nobody_reaches_people_beyond_their_regions(sign_in, method):
    far = await sign_in("officer", regions=("4502",))
    admin = await sign_in("administrator", regions=("4501",))
    answer = await getattr(admin, method)(f"/api/v1/people/{far.person.id}/sessions")
    assert (answer.status_code, answer.json()["code"]) == (404, "access.person_unknown")
    assert (await far.get("/api/v1/me")).status_code == 200


async def test_a_session_that_is_not_theirs_is_not_ended_under_their_name(sign_in):
    client, stranger, admin = await sign_in("officer"), await sign_in("officer"), await sign_in("administrator")
    [mine] = (await client.get("/api/v1/sessions")).json()["items"]
    answer = await admin.delete(f"/api/v1/people/{stranger.person.id}/sessions/{mine['id']}")
    assert (answer.status_code, answer.json()["code"]) == (404, "access.session_unknown")
    answer = await stranger.delete(f"/api/v1/sessions/{mine['id']}")
    assert answer.status_code == 404
    assert (await client.get("/api/v1/me")).status_code == 200


async def test_a_token_ends_no_sessions(sign_in, app):
    from datetime import timedelta

    from commonsight.clock import SystemClock

    client = await sign_in("administrator")
    soon = (SystemClock().now() + timedelta(days=1)).isoformat()
    made = await client.post("/api/v1/tokens", json={"name": "t", "permissions": ["people.read"], "expires_at": soon})
    async with client_of(app, Authorization=f"Bearer {made.json()['token']}") as program:
        assert (await program.delete("/api/v1/sessions")).status_code == 403
        assert (await program.get("/api/v1/me/factor")).status_code == 403
