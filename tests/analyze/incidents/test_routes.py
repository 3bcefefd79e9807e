"""Incidents over HTTP: the list, labels, rules with their history, who would get it, and pictures behind the door."""

from collections.abc import AsyncIterator

import pytest

from commonsight.analyze.incidents import routes
from commonsight.analyze.scenes.model import Phase
from tests.access import people
from tests.analyze.incidents.world import World
from tests.catalog.conftest import Client, speaking


@pytest.fixture
async def http(world: World) -> AsyncIterator[Client]:
    """A client of the real routes as an operator of all Guangxi."""
    async for made in speaking(world.database, routes.router):
        made.caller = await people.add(world.database, "chief", roles=("operator",), regions=("45",))  # type: ignore[assignment]
        made._transport.app.state.clock = world.clock  # type: ignore[attr-defined]
        made._transport.app.state.settings = world.house.settings  # type: ignore[attr-defined]
        yield made


async def test_incidents_rules_and_labels_over_http(world: World, http: Client) -> None:
    for number in range(3):
        left = number * 0.3
        await world.see(f"bag-{number}", box=(left, 0.1, left + 0.1, 0.2))
        world.later(11)
    await world.see("bag-0", Phase.ENDED)
    await world.hand_on()
    listed = await http.all("/incidents", limit=2)
    assert [one["state"] for one in listed] == ["open", "open", "over"]
    assert (listed[0]["title"], listed[0]["camera"], listed[0]["case_number"] is None) == ("物品久停", "camera", False)
    assert [one["kind"] for one in listed[0]["evidence"]] == ["still", "clip"]
    assert await http.all("/incidents", scene="other") == []
    assert len(await http.all("/incidents", case=listed[0]["case_id"])) == 1

    # Nobody gets a picture that is not there, and nobody elsewhere even learns of the incident.
    one = f"/incidents/{listed[0]['id']}"
    gone = await http.post(f"{one}/still", json={"purpose_code": "traffic"})
    assert (gone.status_code, gone.json()["code"]) == (404, "analyze.evidence_gone")
    chief = http.caller
    http.caller = await people.add(world.database, "elsewhere", roles=("operator",), regions=("44",))  # type: ignore[assignment]
    assert (await http.get(one)).status_code == 404
    assert await http.all("/incidents") == []
    refused = await http.post("/incidents/rules", json={"quiet": True})
    assert refused.json()["code"] == "http.region_outside_scope"
    http.caller = chief

    said = await http.post(f"{one}/label", json={"real": False})
    assert (said.json()["label"], said.json()["tuning"]["after"]) == (False, 132)
    assert "120" in said.json()["tuning"]["why"]
    [moved] = await http.all("/incidents/tunings", camera=str(world.camera))
    undone = await http.post(f"/incidents/tunings/{moved['id']}/undo")
    assert undone.json()["undone_by"] == "Chief"
    assert await world.setting() == 120
    assert (await http.post(f"/incidents/tunings/{moved['id']}/undo")).json()["code"] == "analyze.tuning_gone"

    body = {"scene": "standing", "acknowledge_minutes": 5, "close_minutes": 60, "note": "先到先办"}
    added = (await http.post("/incidents/rules", json=body)).json()
    assert added["region"] == "45"
    quiet = {"incident": "stands", "quiet": True, "hours": {"begin": "22:00", "end": "06:00"}}
    assert (await http.post("/incidents/rules", json=quiet)).status_code == 201
    wrong = await http.post("/incidents/rules", json={"scene": "nothing", "close_minutes": 5})
    assert (wrong.status_code, wrong.json()["operand"]) == (422, "scene")

    asked = {"scene": "standing", "incident": "stands", "region": "450102"}
    noon = (await http.get("/incidents/rules/who", params=asked)).json()
    assert (noon["quiet"], noon["acknowledge_minutes"], noon["close_minutes"]) == (False, 5, 60)
    night = (await http.get("/incidents/rules/who", params=asked | {"at": "2026-11-23T23:30:00+08:00"})).json()
    assert (night["quiet"], night["others"][0]["note"]) == (True, "先到先办")

    rule = f"/incidents/rules/{added['id']}"
    tag = (await http.get(rule)).headers["etag"]
    changed = await http.put(rule, json=body | {"close_minutes": 90}, headers={"If-Match": tag})
    assert changed.json()["close_minutes"] == 90
    assert (await http.put(rule, json=body, headers={"If-Match": tag})).status_code == 412
    tag = (await http.get(rule)).headers["etag"]
    assert (await http.delete(rule, headers={"If-Match": tag})).status_code == 204
    dropped, changes = (await http.all("/incidents/rules/changes"))[:2]
    assert (dropped["after"], changes["after"]["close_minutes"]) == (None, 90)
    assert (await http.post(f"/incidents/rules/changes/{changes['id']}/undo")).status_code == 409
    assert (await http.post(f"/incidents/rules/changes/{dropped['id']}/undo")).status_code == 204
    assert (await http.get(rule)).json()["close_minutes"] == 90
