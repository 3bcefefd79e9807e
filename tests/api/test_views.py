"""Asking for a picture over HTTP, giving it back, reading the register."""

import re
from uuid import uuid4

import pytest

from commonsight.access.audit import LOCAL
from commonsight.catalog import service as catalog
from commonsight.clock import SystemClock
from commonsight.gate import service as gate
from commonsight.gate.model import Standing, Viewer
from commonsight.places import store as places
from commonsight.places.model import Level, Region
from commonsight.problem import Refusal
from commonsight.records import nodes
from commonsight.records.placement import node_for
from tests.gate.given import give


@pytest.fixture
async def cameras(database):
    """One camera in Nanning and one in Liuzhou."""
    tree = [
        Region("45", "广西壮族自治区", Level.PROVINCE, None),
        Region("4501", "南宁市", Level.CITY, "45"),
        Region("4502", "柳州市", Level.CITY, "45"),
    ]
    found = {}
    async with database.write() as session:
        await places.load(session, "test", b"\0" * 32, tree)
        for region in ("4501", "4502"):
            given = catalog.Given.of(name=region, region=region, url="rtsp://192.0.2.1/1")
            changer = catalog.Changer(LOCAL, ("45",))
            found[region] = (await catalog.add(session, given, changer, "45", SystemClock().now())).row.id
    return found


@pytest.fixture
async def media(database):
    for name, port in (("media-1", 8620), ("media-2", 8621)):
        await nodes.beat(database, name, "media", f"127.0.0.1:{port}")


def why(camera, **more):
    return {"camera_id": str(camera), "purpose_code": "emergency", "purpose_text": "积水"} | more


async def test_a_picture_is_asked_for_shown_and_given_back(sign_in, cameras, media, database):
    client = await sign_in("officer", regions=("4501",))
    await give(database, client.person)
    answer = await client.post("/api/v1/views", json=why(cameras["4501"]))
    assert answer.status_code == 201, answer.text
    view = answer.json()
    node = node_for(cameras["4501"], ["media-1", "media-2"])
    port = {"media-1": 8620, "media-2": 8621}[node]
    assert re.fullmatch(rf"ws://127\.0\.0\.1:{port}/live\?ticket=[\w-]{{43}}&camera={cameras['4501']}", view["url"])
    assert view["watermark"]["viewer"] == "Officer0"
    ticket = view["url"].split("ticket=")[1].split("&")[0]
    # The node is on another host than this page: no cookie reaches it, so the page offers a proof.
    async with database.read() as session:
        permit = await gate.check(session, ticket, cameras["4501"], viewer=Viewer((view["proof"],)))
        with pytest.raises(Refusal, match=r"gate.viewer_other"):
            await gate.check(session, ticket, cameras["4501"], viewer=Viewer(("somebody else's",), "127.0.0.1"))
    assert str(permit.id) == view["permit_id"]
    assert (await client.delete(f"/api/v1/views/{permit.id}")).status_code == 204
    async with database.read() as session:
        assert await gate.standing(session, permit.id) is Standing.REVOKED


async def test_beside_the_page_a_ticket_is_bound_to_a_cookie_no_script_can_read(sign_in, cameras, database):
    await nodes.beat(database, "media-1", "media", "commonsight.test:8620")
    client = await sign_in("operator")
    answer = await client.post("/api/v1/views", json=why(cameras["4501"]))
    view = answer.json()
    assert view["proof"] is None
    assert re.search(r"commonsight_viewer=[\w-]{43}; HttpOnly;.*Path=/; SameSite=strict", answer.headers["set-cookie"])
    ticket, secret = view["url"].split("ticket=")[1].split("&")[0], client.cookies["commonsight_viewer"]
    assert secret not in answer.text
    async with database.read() as session:
        await gate.check(session, ticket, cameras["4501"], viewer=Viewer((secret,)))
        with pytest.raises(Refusal, match=r"gate.viewer_other"):
            await gate.check(session, ticket, cameras["4501"])
    again = await client.post("/api/v1/views", json=why(cameras["4501"]))
    assert client.cookies["commonsight_viewer"] == secret, again.headers


async def test_who_has_no_grant_is_told_what_to_do_and_may_call_an_emergency(sign_in, cameras, media, database):
    client = await sign_in("officer")
    refused = await client.post("/api/v1/views", json=why(cameras["4501"]))
    assert (refused.status_code, refused.json()["code"], refused.json()["operand"]) == (403, "gate.no_grant", "grant")
    assert "申请" in refused.json()["detail"]
    asked = why(cameras["4501"], emergency=True, purpose_text="民族大道有人落水")
    answer = await client.post("/api/v1/views", json=asked)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["emergency"], answer.json()["grant_id"], answer.json()["limits"]) == (
        True, None, {"minutes": 30},
    )  # fmt: skip
    (review,) = (await client.get("/api/v1/emergencies/mine")).json()["items"]
    assert (review["state"], review["reason"]) == ("pending", "民族大道有人落水")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"purpose_code": None}, 422, "gate.purpose_missing"),
        ({"purpose_code": "other", "purpose_text": None}, 422, "gate.purpose_text_missing"),
        ({"purpose_code": "analysis"}, 422, "gate.purpose_unknown"),
        ({"camera_id": str(uuid4())}, 404, "gate.camera_unknown"),
        ({"minutes": 100_000}, 422, "http.invalid"),
        ({"surprise": 1}, 422, "http.invalid"),
    ],
)
async def test_no_reason_no_picture(sign_in, cameras, media, change, status, code):
    client = await sign_in("administrator")
    answer = await client.post("/api/v1/views", json=why(cameras["4501"], **change))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await client.get("/api/v1/retrievals")).json()["items"] == []


async def test_without_a_media_node_nothing_is_registered_and_the_person_is_told(sign_in, cameras):
    client = await sign_in("administrator")
    answer = await client.post("/api/v1/views", json=why(cameras["4501"]))
    assert (answer.status_code, answer.json()["code"]) == (503, "gate.media_unavailable")
    assert (await client.get("/api/v1/retrievals")).json()["items"] == []


async def test_a_camera_of_another_city_does_not_exist(sign_in, cameras, media):
    client = await sign_in("officer", regions=("4501",))
    answer = await client.post("/api/v1/views", json=why(cameras["4502"]))
    assert answer.status_code == 404


async def test_the_register_shows_each_supervisor_their_region_and_says_who(sign_in, cameras, media):
    boss = await sign_in("administrator", name="boss")
    for camera in cameras.values():
        await boss.post("/api/v1/views", json=why(camera))
    everywhere, city = await sign_in("regulator"), await sign_in("regulator", regions=("4502",))
    assert len((await everywhere.get("/api/v1/retrievals")).json()["items"]) == 2
    (line,) = (await city.get("/api/v1/retrievals")).json()["items"]
    assert (line["holder_name"], line["purpose_code"], line["region"]) == ("Boss", "emergency", "4502")
    page = (await everywhere.get("/api/v1/retrievals?limit=1")).json()
    rest = await everywhere.get("/api/v1/retrievals", params={"limit": 1, "after": page["next"]})
    assert page["items"][0]["id"] != rest.json()["items"][0]["id"]
    narrowed = await everywhere.get("/api/v1/retrievals", params={"camera": str(cameras["4501"])})
    assert len(narrowed.json()["items"]) == 1


async def test_a_supervisor_ends_a_picture_within_their_region_only(sign_in, cameras, media, database):
    boss = await sign_in("administrator")
    permit = (await boss.post("/api/v1/views", json=why(cameras["4501"]))).json()["permit_id"]
    elsewhere = await sign_in("regulator", regions=("4502",))
    colleague = await sign_in("officer")
    for client in (elsewhere, colleague):
        assert (await client.delete(f"/api/v1/views/{permit}")).status_code == 404
    here = await sign_in("regulator", regions=("4501",))
    assert (await here.delete(f"/api/v1/views/{permit}")).status_code == 204
    (entry,) = (await boss.get("/api/v1/audit?action=gate.permit_revoked")).json()["items"]
    assert entry["subject_id"] == permit


async def test_an_export_is_a_file_and_leaves_an_audit_entry(sign_in, cameras, media):
    boss = await sign_in("administrator", name="boss")
    await boss.post("/api/v1/views", json=why(cameras["4501"]))
    answer = await boss.get("/api/v1/retrievals/export.csv?purpose=emergency", headers={"Accept-Language": "en"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    text = answer.content.decode("utf-8-sig")
    assert "Boss (boss)" in text
    assert "purpose=emergency" in text
    assert "积水" in text
    (entry,) = (await boss.get("/api/v1/audit?action=gate.register_exported")).json()["items"]
    assert entry["detail"] == {"conditions": {"purpose": "emergency"}}


async def test_the_purposes_asked_for_are_those_of_people(anybody):
    items = (await anybody.get("/api/v1/purposes")).json()["items"]
    assert {"code": "other", "zh": "其他", "en": "Other", "needs_text": True} in items
    assert "analysis" not in {item["code"] for item in items}
