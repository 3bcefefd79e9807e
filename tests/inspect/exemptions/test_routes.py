"""Exemptions over HTTP: from the request through four eyes to the denominators, and back."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from commonsight.clock import ManualClock
from commonsight.inspect.exemptions import routes, store
from commonsight.jobs import House
from tests.catalog.conftest import Client, Somebody, speaking

NOW = ManualClock().now()

ASKER = Somebody(
    name="asker", permissions=frozenset({"health.read", "cameras.read", "exemptions.write"}), display_name="甲"
)
OTHER = Somebody(name="other", permissions=ASKER.permissions | {"exemptions.approve"}, display_name="乙")
ELSEWHERE = Somebody(name="far", regions=("4599",), permissions=OTHER.permissions)


@pytest.fixture
async def asking(house: House) -> AsyncIterator[Client]:
    """A client, with 20 cameras of Nanning checked: 12 work, 8 are offline."""
    async with house.database.write() as session:
        await session.execute(
            text("""
                WITH few AS (SELECT id, row_number() OVER (ORDER BY code) AS n FROM cameras WHERE region >= '4501'
                    AND region < '4502' ORDER BY code LIMIT 20)
                UPDATE cameras AS c SET health = CASE WHEN n <= 12 THEN 1 ELSE 3 END, health_at = now()
                FROM few WHERE few.id = c.id
            """)
        )
    async for made in speaking(house.database, routes.router):
        made.caller = ASKER
        yield made


async def broken(house: House, count: int) -> list[str]:
    async with house.database.read() as session:
        found = await session.scalars(
            text("SELECT CAST(id AS text) FROM cameras WHERE health = 3 ORDER BY code LIMIT :n"), {"n": count}
        )
        return list(found)


async def test_from_the_request_to_the_denominator_and_back(asking: Client, house: House) -> None:
    five = await broken(house, 5)
    now = NOW
    said = {
        "kind": "construction", "words": "地铁三号线施工，十月底完工", "cameras": {"cameras": five},
        "starts_at": (now - timedelta(hours=1)).isoformat(), "ends_at": (now + timedelta(days=10)).isoformat(),
    }  # fmt: skip

    seen = (await asking.post("/exemptions/preview", json=said["cameras"])).json()
    online = seen["indicators"][0]
    assert (seen["total"], seen["leaving"]) == (5, 5)
    assert (online["before"]["numerator"], online["before"]["denominator"]) == (12, 20)
    assert (online["after"]["numerator"], online["after"]["denominator"]) == (12, 15)

    made = (await asking.post("/exemptions", json=said)).json()
    path = f"/exemptions/{made['id']}"
    assert (made["phase"], made["total"], made["mine"]) == ("asked", 5, True)
    held = await asking.put(f"{path}/file", params={"name": "批文.pdf"}, content=b"%PDF-1.7 x")
    assert held.json()["file_type"] == "application/pdf"
    assert await exempt(house) == set()

    # Four eyes: not oneself, also with the right to; not somebody of elsewhere; then a second person.
    tag = {"If-Match": "*"}
    asking.caller = Somebody(id=ASKER.id, permissions=OTHER.permissions)
    assert (await asking.post(f"{path}/approve", json={}, headers=tag)).json()["code"] == "inspect.exemption_own"
    asking.caller = ELSEWHERE
    assert (await asking.post(f"{path}/approve", json={}, headers=tag)).status_code == 404
    asking.caller = OTHER
    assert (await asking.get("/exemptions/waiting")).json()["waiting"] == 1
    approved = await asking.post(f"{path}/approve", json={"words": "同意"}, headers=tag)
    assert approved.json()["phase"] == "running"
    assert await exempt(house) == {UUID(one) for one in five}
    assert (await asking.post(f"{path}/refuse", json={"words": "不同意了"}, headers=tag)).status_code == 409

    # An extension waits for a second person, too; then the works end early.
    later = (now + timedelta(days=20)).isoformat()
    asked = await asking.post(f"{path}/extend", json={"to": later, "words": "工期延长"}, headers=tag)
    assert asked.json()["extension"]["mine"] is True
    assert (await asking.post(f"{path}/approve", json={}, headers=tag)).json()["code"] == "inspect.exemption_own"
    asking.caller = Somebody(permissions=OTHER.permissions)
    extended = (await asking.post(f"{path}/approve", json={}, headers=tag)).json()
    assert extended["ends_at"][:10] == later[:10]
    assert extended["extension"] is None
    ended = await asking.post(f"{path}/end", json={"words": "提前完工"}, headers=tag)
    assert ended.json()["phase"] == "over"
    assert await exempt(house) == set()
    # What was exempt then stays so: past figures do not change because the works are over.
    async with house.database.read() as session:
        assert len(await store.exempt(session, now - timedelta(minutes=1))) == 5
        assert len(await store.exempt_among(session, [UUID(five[0])], now - timedelta(minutes=1))) == 1

    whats = [one["what"] for one in (await asking.get(f"{path}/history")).json()["items"]]
    assert whats == ["asked", "attached", "approved", "extension_asked", "extended", "ended"]
    assert len((await asking.get(f"{path}/cameras")).json()["items"]) == 5
    assert (await asking.get(f"{path}/file")).content == b"%PDF-1.7 x"
    async with house.database.read() as session:
        topics = list(await session.scalars(text("SELECT topic FROM outbox ORDER BY id")))
    assert topics.count("inspect.exemption_asked") == 2
    assert topics.count("inspect.exemption_decided") == 3


async def exempt(house: House) -> set[UUID]:
    async with house.database.read() as session:
        return set(await store.exempt(session, NOW))


async def test_what_cannot_be_asked_for_names_the_rule(asking: Client, house: House) -> None:
    now = NOW
    said = {
        "kind": "power_cut", "words": "青秀区停电检修", "cameras": {"region": "450103"},
        "starts_at": now.isoformat(), "ends_at": (now + timedelta(days=1)).isoformat(),
    }  # fmt: skip
    for change, operand in (
        ({"kind": "x"}, "kind"),
        ({"words": "停"}, "words"),
        ({"ends_at": said["starts_at"]}, "ends_at"),
        ({"cameras": {}}, "cameras"),
        ({"cameras": {"codes": ["45000000000000000000"]}}, "cameras"),
    ):
        answer = await asking.post("/exemptions", json=said | change)
        assert (answer.status_code, answer.json()["operand"]) == (422, operand)
    # Two asked for, one withdrawn: the list tells them apart, newest first.
    first = (await asking.post("/exemptions", json=said)).json()
    second = (await asking.post("/exemptions", json=said)).json()
    assert (await asking.post(f"/exemptions/{first['id']}/withdraw")).json()["phase"] == "withdrawn"
    listed = (await asking.get("/exemptions", params={"phase": "waiting"})).json()["items"]
    assert [one["id"] for one in listed] == [second["id"]]
    page = (await asking.get("/exemptions", params={"limit": 1})).json()
    rest = (await asking.get("/exemptions", params={"limit": 1, "after": page["next"]})).json()
    assert {page["items"][0]["id"], rest["items"][0]["id"]} == {first["id"], second["id"]}
