"""Who hears of exemptions on the page."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from commonsight.clock import ManualClock
from commonsight.inspect.exemptions import service, tasks
from commonsight.inspect.exemptions.service import Choice, Wish
from commonsight.jobs import House
from commonsight.outbox import deliver, number
from commonsight.respond.notices import store as notices
from commonsight.respond.notices.views import NoticeOut
from tests.access import people

NOW = ManualClock().now()


async def test_those_who_may_decide_are_told_and_then_who_asked(house: House) -> None:
    db = house.database
    asker: Any = await people.add(db, "asker", roles=("operator",), regions=("4501",), now=NOW)
    other: Any = await people.add(db, "other", roles=("administrator",), regions=("45",), now=NOW)
    far: Any = await people.add(db, "far", roles=("administrator",), regions=("4599",), now=NOW)
    (subscription,) = tasks.subscriptions
    await deliver(db, subscription)  # it begins at the present end
    wish = Wish("power_cut", "青秀区停电检修", Choice(region="450103"), NOW, NOW + timedelta(days=1))
    async with db.write() as session:
        made = await service.ask(session, asker, wish, house.settings.exemptions, NOW)
    await number(db)
    await deliver(db, subscription)
    async with db.write() as session:
        await service.decide(session, other, made.id, approve=True, words="", expected=lambda held: None, now=NOW)
    await number(db)
    await deliver(db, subscription)
    assert await shown(house, other.id) == ["报备待审批"]
    assert await shown(house, asker.id) == ["报备已批准"]
    assert await shown(house, far.id) == []
    async with db.read() as session:
        (row,) = await notices.page(session, asker.id, unread=True, after=None, limit=10)
        assert NoticeOut.of(row, "en").path == f"/health/exemptions?id={made.id}"
        assert await session.scalar(text("SELECT count(*) FROM notices")) == 2


async def shown(house: House, person: UUID) -> list[str]:
    async with house.database.read() as session:
        rows = await notices.page(session, person, unread=True, after=None, limit=10)
    return [NoticeOut.of(row, "zh").event for row in rows]
