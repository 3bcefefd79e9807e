"""Reports over HTTP: asked for, made from what a database knows, downloaded, made anew."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from commonsight.clock import ManualClock
from commonsight.inspect.indicators import day_store
from commonsight.inspect.indicators.day_store import Day
from commonsight.inspect.indicators.model import ScopeKind
from commonsight.inspect.reports import routes, service, store
from commonsight.inspect.reports.service import Files
from commonsight.jobs import House
from tests.catalog.conftest import Client, Somebody, speaking

NOW = ManualClock().now()
FIRST = date(2025, 12, 1)


@pytest.fixture
async def reporting(house: House) -> AsyncIterator[Client]:
    """Ten days of December counted for the region and two of its cities; online only."""
    rows = []
    for number in range(10):
        day = FIRST + timedelta(days=number)
        for scope, over, under in (("45", 570, 600), ("4501", 95, 100), ("4502", 88, 100)):
            rows.append(Day(day, ScopeKind.REGION, scope, scope, "online", over, under, 3, 1))
    async with house.database.write() as session:
        await day_store.put(session, rows)
    async for made in speaking(house.database, routes.router):
        yield made


async def test_a_report_is_made_from_what_is_known(
    reporting: Client, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[dict[str, Any]] = []

    def drawing(figures: dict[str, Any], asked: store.Report, given: object) -> Files:
        document = service.document_of(figures, asked)  # every section is composed; drawing has tests of its own
        drawn.append(figures)
        return Files(b"%PDF-" + document.title.encode(), b"PK")

    monkeypatch.setattr(service, "drawn", drawing)
    asked = await reporting.post("/reports", json={"month": "2025-12", "unit": "某中心"})
    assert asked.status_code == 202
    path = f"/reports/{asked.json()['id']}"
    assert (await reporting.get(f"{path}/file")).json()["code"] == "inspect.report_not_made"
    await service.make(house, UUID(asked.json()["id"]))
    done = (await reporting.get(path)).json()
    assert (done["state"], done["version"], done["unit"]) == ("done", 1, "某中心")
    assert (await reporting.get(f"{path}/file", params={"format": "pdf"})).content.startswith(b"%PDF-")

    (figures,) = drawn
    by_code = {one["code"]: one for one in figures["indicators"]}
    assert by_code["online"]["value"] == pytest.approx(0.95)
    assert (by_code["online"]["days"], by_code["online"]["unknown"]) == (10, 30)
    assert (by_code["playable"]["value"], by_code["playable"]["numerator"]) == (None, None)
    ranks = {row["code"]: row["rank"] for row in figures["league"]}
    assert (ranks["4501"], ranks["4503"]) == (1, None)
    assert figures["trend"]["values"]["online"][:11] == [0.95] * 10 + [None]
    assert len(figures["league"]) == 14

    # Anew: the next version, the same figures, the same digest.
    again = (await reporting.post("/reports", json={"month": "2025-12", "note": "更正"})).json()
    assert again["version"] == 2
    await service.make(house, UUID(again["id"]))
    listed = (await reporting.get("/reports", params={"month": "2025-12"})).json()["items"]
    assert [one["version"] for one in listed] == [2, 1]
    async with house.database.read() as session:
        topics = list(await session.scalars(text("SELECT topic FROM outbox")))
    assert topics.count("inspect.report_made") == 2


async def test_what_cannot_be_reported_is_refused(reporting: Client) -> None:
    for said, status, code in (
        ({"month": "2025-13"}, 422, "inspect.report_month_invalid"),
        ({"month": "2030-01"}, 422, "inspect.report_future"),
        ({"month": "2025-12", "region": "4"}, 403, "http.region_outside_scope"),
    ):
        answer = await reporting.post("/reports", json=said)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    made = (await reporting.post("/reports", json={"month": "2025-12"})).json()
    reporting.caller = Somebody(regions=("4599",))
    assert (await reporting.get(f"/reports/{made['id']}")).status_code == 404
    assert (await reporting.get("/reports")).json()["items"] == []
