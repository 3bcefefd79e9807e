"""Who is told of requests for grants and of emergency accesses, through the outbox as the work process hands it on."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import text

from commonsight import outbox
from commonsight.access.model import Identity
from commonsight.gate import asking, emergency, giving
from commonsight.gate.grant_model import Selection
from commonsight.gate.model import Action
from commonsight.gate.tables import GrantRequestRow
from commonsight.respond import routes
from commonsight.respond.notices.tasks import subscriptions
from tests.catalog.conftest import Client, speaking
from tests.respond.conftest import Person, World, filed, filed_url, key, person, world

__all__ = ["filed", "filed_url", "key", "person", "world"]

GUANGXI: Final = "45"
REASON: Final = "三月三民族广场活动保障"
(GRANTS,) = (one for one in subscriptions if one.name == "respond.grants")


async def dispatch(world: World) -> None:
    """What the dispatcher does in a round, until nothing is left."""
    await outbox.number(world.database)
    for _ in range(20):
        if not await outbox.deliver(world.database, GRANTS):
            return
    raise AssertionError("entries are handed on without end")


@pytest.fixture(autouse=True)
async def _listening(world: World) -> None:
    await dispatch(world)


async def told_to(world: World) -> list[tuple[str, str]]:
    rows = await world.rows("SELECT p.name, n.type FROM notices AS n JOIN people AS p ON p.id = n.person_id")
    return sorted((row.name, row.type) for row in rows)


async def ask(world: World, by: Identity, **chosen: Any) -> UUID:
    wish = asking.Wish(
        cameras=Selection(**(chosen or {"regions": ("4501",)})), actions=(Action.LIVE,), purposes=("public_order",),
        expires_at=world.clock.now() + timedelta(days=7), reason=REASON,
    )  # fmt: skip
    async with world.database.write() as session:
        row = await asking.ask(session, by, wish, world.clock.now())
    return row.id


def anything(_: object) -> None:
    """Whatever version it is."""


async def refuse(world: World, by: Identity, request: UUID, words: str) -> None:
    async with world.database.write() as session:
        await asking.refuse(session, by, request, words, anything, GUANGXI, world.clock.now())


async def approve(world: World, by: Identity, request: UUID) -> None:
    def wanted(row: GrantRequestRow) -> giving.Wanted:
        return giving.Wanted(
            holder_kind="person", holder=str(row.person_id), cameras=Selection.of(row.cameras), actions=(Action.LIVE,),
            purposes=tuple(row.purposes), expires_at=row.expires_at, basis=row.reason, request_id=row.id,
        )  # fmt: skip

    async with world.database.write() as session:
        await asking.approve(session, by, request, wanted, "", anything, GUANGXI, world.clock.now())


async def look(world: World, by: Identity) -> UUID:
    async with world.database.write() as session:
        await emergency.issue(
            session, caller=by, cameras=[world.camera], reason="有人落水，请立即查看", now=world.clock.now()
        )
    (row,) = await world.rows("SELECT id FROM emergency_reviews ORDER BY id DESC LIMIT 1")
    found: UUID = row.id
    return found


@pytest.fixture
async def http(world: World) -> AsyncIterator[Client]:
    async for made in speaking(world.database, routes.router):
        made._transport.app.state.clock = world.clock  # type: ignore[attr-defined]
        yield made


async def inbox(http: Client, of: Identity, language: str = "zh") -> list[dict[str, Any]]:
    http.caller = of  # type: ignore[assignment]
    answer = await http.get("/notices", headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_request_is_told_to_those_who_could_give_it(world: World, person: Person, http: Client) -> None:
    li = await person("li.na", "officer", unit="青秀分局")
    here = await person("here", "administrator", regions=("4501",))
    await person("district", "administrator", regions=("450103", "4502"))
    await person("elsewhere", "administrator", regions=("4502",))
    await person("gone", "administrator", active=False)
    await person("desk", "operator")
    await person("watching", "regulator")
    await ask(world, li)
    await dispatch(world)
    assert await told_to(world) == [("district", "request_asked"), ("here", "request_asked")]
    (notice,) = await inbox(http, here)
    assert (notice["about"], notice["path"], notice["state"]) == ("request", "/video/grants/desk", "asked")
    assert (notice["event"], notice["title"], notice["words"]) == ("调阅申请待审批", "Li.Na", REASON)
    assert (notice["case_id"], notice["number"], notice["severity"]) == (None, None, None)
    assert (await http.get("/notices/unread")).json()["unread"] == 1


@pytest.mark.parametrize("chosen", [{"cameras": True}, {"polygon": True}])
async def test_whose_regions_reach_it_is_told_by_the_cameras_themselves(
    world: World, person: Person, chosen: dict[str, Any]
) -> None:
    li = await person("li.na", "officer")
    await person("here", "administrator", regions=("4501",))
    await person("elsewhere", "administrator", regions=("4502",))
    square = [[108.3, 22.8], [108.4, 22.8], [108.4, 22.9], [108.3, 22.9], [108.3, 22.8]]
    selected: dict[str, Any] = (
        {"cameras": frozenset({world.camera})} if "cameras" in chosen
        else {"polygon": {"type": "Polygon", "coordinates": [square]}}
    )  # fmt: skip
    await ask(world, li, **selected)
    await dispatch(world)
    assert await told_to(world) == [("here", "request_asked")]


async def test_when_nobody_could_give_a_camera_all_who_may_decide_are_told(world: World, person: Person) -> None:
    li = await person("li.na", "officer")
    await person("here", "administrator", regions=("4501",))
    await person("beyond", "administrator", regions=("46",))
    await ask(world, li, regions=("4507",))
    await dispatch(world)
    assert await told_to(world) == [("here", "request_asked")], "to refuse it; not one of another province"


async def test_an_approver_is_not_told_of_their_own_request(world: World, person: Person) -> None:
    boss = await person("boss", "administrator")
    await person("other", "administrator")
    await ask(world, boss)
    await dispatch(world)
    assert await told_to(world) == [("other", "request_asked")]


async def test_an_entry_handed_on_twice_is_told_once(world: World, person: Person) -> None:
    await person("boss", "administrator")
    await ask(world, await person("li.na", "officer"))
    await dispatch(world)
    async with world.database.write() as session:
        await session.execute(text("UPDATE outbox_cursors SET position = 0 WHERE name = 'respond.grants'"))
    await dispatch(world)
    assert await told_to(world) == [("boss", "request_asked")]


async def test_who_asked_hears_of_a_refusal_and_why(world: World, person: Person, http: Client) -> None:
    li, boss = await person("li.na", "officer"), await person("boss", "administrator")
    await person("colleague", "officer")
    request = await ask(world, li)
    await dispatch(world)
    await refuse(world, boss, request, "请改为仅打码画面")
    await dispatch(world)
    assert await told_to(world) == [("boss", "request_asked"), ("li.na", "request_refused")]
    (notice,) = await inbox(http, li, "en")
    assert (notice["event"], notice["state"]) == ("request refused", "refused")
    assert (notice["title"], notice["words"]) == (f"Your request: {REASON}", "请改为仅打码画面")
    assert notice["path"] == "/video/grants/mine"
    (notice,) = await inbox(http, boss)
    assert notice["state"] == "refused", "an approver sees that it is done"


async def test_who_asked_hears_of_an_approval(world: World, person: Person, http: Client) -> None:
    li, boss = await person("li.na", "officer"), await person("boss", "administrator")
    await approve(world, boss, await ask(world, li))
    await dispatch(world)
    assert await told_to(world) == [("li.na", "request_approved")], "decided before anybody was told to decide"
    (notice,) = await inbox(http, li)
    assert (notice["event"], notice["words"], notice["state"]) == ("申请已批准", "", "approved")


async def test_nobody_is_told_of_what_was_withdrawn(world: World, person: Person) -> None:
    li = await person("li.na", "officer")
    await person("boss", "administrator")
    request = await ask(world, li)
    async with world.database.write() as session:
        await asking.withdraw(session, li, request, world.clock.now())
    await dispatch(world)
    assert await told_to(world) == []


async def test_an_emergency_is_told_to_reviewers_and_again_when_it_is_overdue(
    world: World, person: Person, http: Client
) -> None:
    li = await person("li.na", "officer")
    here = await person("here", "administrator", regions=("4501",))
    await person("elsewhere", "administrator", regions=("4502",))
    await person("chief", "operator")
    await look(world, li)
    await dispatch(world)
    assert await told_to(world) == [("here", "emergency_opened")]
    late = world.clock.now() + emergency.REVIEW_WITHIN
    async with world.database.write() as session:
        assert await emergency.escalate(session, late) == 1
    await dispatch(world)
    assert await told_to(world) == [("here", "emergency_opened"), ("here", "emergency_overdue")]
    notice = next(one for one in await inbox(http, here) if one["type"] == "emergency_overdue")
    assert (notice["about"], notice["event"], notice["state"]) == ("emergency", "紧急调阅超期未审", "pending")
    assert (notice["place"], notice["words"]) == ("1 台摄像机：民族广场东", "有人落水，请立即查看")
    assert notice["path"] == "/video/grants/desk"


async def test_who_has_looked_does_not_review_and_what_is_reviewed_is_no_news(world: World, person: Person) -> None:
    boss, other = await person("boss", "administrator"), await person("other", "administrator")
    await look(world, boss)
    await dispatch(world)
    assert await told_to(world) == [("other", "emergency_opened")]
    review = await look(world, other)
    async with world.database.write() as session:
        await emergency.review(
            session, boss, review, "justified", "确有险情", anything, GUANGXI, world.clock.now()
        )  # fmt: skip
    await dispatch(world)
    assert await told_to(world) == [("other", "emergency_opened")]


async def test_a_notice_is_about_one_thing(world: World, person: Person) -> None:
    boss = await person("boss", "administrator")
    with pytest.raises(Exception, match="ck_notices_about"):
        async with world.database.write() as session:
            await session.execute(
                text("INSERT INTO notices (id, person_id, event, at, type) VALUES (:id, :id, 1, now(), 'opened')"),
                {"id": boss.id},
            )
