"""Indicators over HTTP, on cameras whose health is known."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from commonsight.catalog import routes as catalog
from commonsight.clock import ManualClock
from commonsight.inspect.indicators import counting, routes
from commonsight.inspect.indicators.service import ZONE
from commonsight.records.database import Database
from tests.catalog.conftest import Client, Somebody, key, seeded, seeded_url, speaking

__all__ = ["key", "seeded", "seeded_url"]

# By the last digit of its number: seven of ten work, one plays badly, one is offline, one was never looked at.
_HEALTH = "(ARRAY[1, 1, 1, 1, 1, 1, 1, 2, 3, 0])[1 + CAST(right(code, 1) AS integer)]"


@pytest.fixture
async def health(seeded: Database) -> AsyncIterator[Client]:
    """A client of 600 cameras: 420 work, 60 play badly, 60 are offline, 60 were never checked."""
    async with seeded.write() as session:
        await session.execute(text(f"UPDATE cameras SET health = {_HEALTH}, health_at = now()"))
    async for made in speaking(seeded, catalog.router, routes.router):
        yield made


async def test_a_figure_says_how_it_is_known(health: Client) -> None:
    found = {
        one["code"]: one for one in (await health.get("/health/indicators", params={"region": "45"})).json()["items"]
    }
    online, playable = found["online"], found["playable"]
    assert (online["numerator"], online["denominator"], online["unknown"], online["exempt"]) == (480, 540, 60, 0)
    assert playable["value"] == pytest.approx(420 / 540)
    assert (online["coverage"], online["standing"], online["down"]) == (0.9, "alert", {"health": "offline"})
    assert online["low"] < online["value"] < online["high"]
    assert online["formula"] == "(works + bad) / (works + bad + offline)"
    assert online["formula_words"]["zh"].startswith("(正常")
    # What nobody measured is unknown, not zero, and says of how much.
    assert (found["intact"]["value"], found["intact"]["unknown"]) == (None, 480)
    assert (found["access"]["value"], found["geo"]["value"]) == (1, 1)
    assert found["recording"]["value"] is None


async def test_a_league_table_is_ranked_and_leaves_as_a_file(health: Client) -> None:
    rows = (await health.get("/health/league", params={"by": "playable"})).json()["items"]
    assert len(rows) == 14
    assert sum(row["total"] for row in rows) == 600
    values = [row["figures"]["playable"]["value"] for row in rows]
    assert values == sorted(values, reverse=True)
    assert rows[0]["rank"] == 1
    params = {"by": "playable", "only": ["playable", "online"]}
    sheet = (await health.get("/health/league.csv", params=params)).text.lstrip("\ufeff").splitlines()
    table = list(csv.reader(io.StringIO("\r\n".join(line for line in sheet if not line.startswith("#")))))
    assert [row[1] for row in table[1:]] == [row["code"] for row in rows]
    assert "接入率" not in "".join(table[0])
    book = load_workbook(io.BytesIO((await health.get("/health/league.xlsx", params=params)).content), read_only=True)
    cells = [[*row] for row in book.worksheets[0].iter_rows(values_only=True)]
    assert cells[-14][2:5] == [rows[0]["name"]["zh"], rows[0]["total"], 0]
    book.close()
    # Nobody is told of more than they may see.
    health.caller = Somebody(regions=("4503",))
    mine = (await health.get("/health/league", params={"kind": "sector"})).json()["items"]
    assert 0 < sum(row["total"] for row in mine) < 100
    assert (await health.get("/health/indicators", params={"region": "4501"})).status_code == 403


async def test_the_day_is_counted_again_and_again_and_compared_with(health: Client, seeded: Database) -> None:
    clock: ManualClock = health._transport.app.state.clock  # type: ignore[attr-defined]
    await counting.count_day(seeded, clock, ZONE, 400)
    await counting.count_hour(seeded, clock.now(), ZONE)
    async with seeded.write() as session:
        await session.execute(text("UPDATE cameras SET health = 1 WHERE health IN (2, 3)"))
    clock.advance(timedelta(days=7).total_seconds())
    await counting.count_day(seeded, clock, ZONE, 400)
    await counting.count_day(seeded, clock, ZONE, 400)
    found = (await health.get("/health/trend", params={"indicator": "playable", "region": "45", "days": 30})).json()
    assert [(one["numerator"], one["denominator"], one["coverage"]) for one in found["items"]] == [
        (420, 540, 0.9), (540, 540, 0.9),
    ]  # fmt: skip
    rows = (await health.get("/health/league", params={"kind": "sector", "only": "playable"})).json()["items"]
    assert sum(row["total"] for row in rows) == 600
    assert all(row["figures"]["playable"]["value"] == 1 for row in rows)
    changes = [row["figures"]["playable"]["changes"] for row in rows]
    assert all(week["days"] == 7 and week["value"] >= 0 and month["value"] is None for week, month in changes)
    async with seeded.read() as session:
        twice = "SELECT count(*) - count(DISTINCT (scope_kind, scope, region, indicator, day)) FROM indicator_days"
        assert await session.scalar(text(twice)) == 0
    sector = rows[0]["code"]
    params = {"kind": "sector", "scope": sector, "region": "45", "only": "playable"}
    one = (await health.get("/health/indicators", params=params)).json()["items"][0]
    assert one["denominator"] == rows[0]["figures"]["playable"]["denominator"]


async def test_an_operator_chooses_how_to_count_and_what_to_hold_it_against(health: Client) -> None:
    before = await health.get("/health/definitions/online")
    assert before.json()["chosen"] == "checked"
    tag = before.headers["ETag"]
    said = {"variant": "connected", "aim": 0.9, "alert": 0.8}
    assert (await health.put("/health/definitions/online", json=said)).status_code == 428
    crossed = await health.put("/health/definitions/online", json=said | {"alert": 0.95}, headers={"If-Match": tag})
    assert (crossed.status_code, crossed.json()["code"]) == (422, "inspect.bars_crossed")
    assert (await health.put("/health/definitions/online", json=said, headers={"If-Match": tag})).status_code == 200
    assert (await health.put("/health/definitions/online", json=said, headers={"If-Match": tag})).status_code == 412
    online = (await health.get("/health/indicators", params={"only": "online"})).json()["items"][0]
    assert (online["variant"], online["numerator"], online["denominator"]) == ("connected", 480, 600)
    assert online["standing"] == "below"
    hours = {"variant": "hours"}
    tag = (await health.get("/health/definitions/online")).headers["ETag"]
    assert (await health.put("/health/definitions/online", json=hours, headers={"If-Match": tag})).status_code == 200
    refused = await health.get("/health/what-if", params={"indicator": "online"})
    assert (refused.status_code, refused.json()["code"]) == (422, "inspect.indicator_not_of_cameras")


async def test_repairs_first_by_switch_then_one_by_one(health: Client, seeded: Database) -> None:
    async with seeded.write() as session:
        # Each failed at a time of its own, but for seven of the 60 that are offline: these hang on one switch.
        own = "now() - interval '2 hours' * CAST(right(code, 3) AS integer)"
        await session.execute(text(f"UPDATE cameras SET health_at = {own}"))
        await session.execute(
            text("""
                UPDATE cameras SET file = file || '{"switch": "QX-SW-017"}', health_at = now() - interval '90 days'
                WHERE id IN (SELECT id FROM cameras WHERE health = 3 ORDER BY id LIMIT 7)
            """)
        )
    found = (await health.get("/health/what-if", params={"indicator": "playable", "orders": 1, "bar": 0.79})).json()
    first = found["items"][0]
    assert (first["kind"], first["by"], first["name"], first["cameras"]) == ("shared", "switch", "QX-SW-017", 7)
    assert found["first"]["gain"] == pytest.approx(7 / 540)
    assert (found["lacking"], found["needed"]["orders"]) == (120, 1)
    assert found["curve"][-1] == pytest.approx(
        {"orders": found["orders"], "cameras": 120, "value": 1, "gain": 120 / 540}
    )
    body = {"indicator": "playable", "which": "repairs", "orders": 1}
    chosen = (await health.post("/health/selections", json=body)).json()
    listed = (await health.get("/cameras", params={"selection": chosen["id"]})).json()["items"]
    assert (chosen["total"], {one["health"] for one in listed}) == (7, {"offline"})
    behind = [
        (await health.post("/health/selections", json={"indicator": "playable", "which": which})).json().get("total")
        for which in ("lacking", "unknown", "exempt")
    ]
    assert behind == [120, 60, None]
