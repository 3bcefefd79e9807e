"""Requests, emergencies and the register over HTTP, as the page uses them."""

from datetime import timedelta

import pytest
from fastapi import FastAPI

from commonsight.clock import SystemClock
from commonsight.gate import emergency, service, store
from commonsight.gate.model import Standing
from commonsight.gate.routes import router
from tests.access import people
from tests.api.conftest import client_of, settings  # noqa: F401 - a fixture

from .given import give


@pytest.fixture
def app(settings, database):  # noqa: F811
    """The application with a media node that is said to be on another host."""
    from commonsight.api.app import create_app

    made: FastAPI = create_app(settings, database, SystemClock())

    async def locate(session, camera_id, request):
        return "ws://media.test:8620"

    made.state.locate = locate
    assert router.routes
    return made


@pytest.fixture
async def as_(app, database):
    """`await as_("officer", "li.na")`: a client of that person, made when new."""
    clients = []

    async def enter(role, name=None, regions=("45",)):
        from commonsight.access.routes import COOKIE

        now = SystemClock().now()
        person = await people.add(database, name or role, roles=(role,), regions=regions, now=now)
        client = client_of(app)
        client.cookies.set(COOKIE, await people.sign_in(database, person, now=now))
        client.person = person
        clients.append(client)
        return client

    yield enter
    for client in clients:
        await client.aclose()


def wish(**more):
    end = (SystemClock().now() + timedelta(days=7)).isoformat()
    return {
        "cameras": {"regions": ["4501"]}, "actions": ["live", "playback"], "purposes": ["public_order"],
        "expires_at": end, "reason": "三月三民族广场活动保障",
    } | more  # fmt: skip


def code_of(answer):
    return answer.status_code, answer.json().get("code")


async def asked(client, **more):
    answer = await client.post("/api/v1/grant-requests", json=wish(**more))
    assert answer.status_code == 201, answer.text
    return answer


def view(camera, **more):
    return {"camera_id": str(camera), "purpose_code": "public_order", "purpose_text": "广场"} | more


async def test_from_request_to_picture_to_revocation(as_, camera, database):
    seen = await camera()
    officer, boss = await as_("officer", "li.na"), await as_("administrator", "boss")
    assert code_of(await officer.post("/api/v1/views", json=view(seen))) == (403, "gate.no_grant")
    access = (await officer.get(f"/api/v1/cameras/{seen}/access")).json()
    live = access["actions"][0]
    assert (live["action"], live["allowed"], live["operand"], access["emergency"]) == ("live", False, "none", True)
    made = await asked(officer)
    where = f"/api/v1/grant-requests/{made.json()['id']}"
    assert (await boss.get("/api/v1/grant-requests/waiting")).json() == {"requests": 1, "emergencies": 0, "overdue": 0}
    preview = await boss.get(f"{where}/preview")
    assert preview.json()["asked"] == {"cameras": 1, "names": ["民族广场"]}
    assert preview.json()["overlaps"] == []
    tag = {"If-Match": preview.headers["etag"]}

    assert (await boss.post(f"{where}/approve", json={})).status_code == 428
    wider = await boss.post(f"{where}/approve", json={"actions": ["live", "download"]}, headers=tag)
    assert code_of(wider) == (422, "gate.approval_wider")
    approved = await boss.post(
        f"{where}/approve", json={"actions": ["live"], "limits": {"minutes": 20}, "words": "限活动期间"}, headers=tag
    )
    assert approved.status_code == 200, approved.text
    assert approved.json()["state"] == "approved"
    assert code_of(await boss.post(f"{where}/refuse", json={"reason": "又想了想"}, headers={"If-Match": "*"})) == (
        409, "gate.request_decided",
    )  # fmt: skip

    (grant,) = (await officer.get("/api/v1/grants/mine")).json()["items"]
    assert (grant["actions"], grant["limits"], grant["basis"]) == (["live"], {"minutes": 20}, "三月三民族广场活动保障")
    shown = await officer.post("/api/v1/views", json=view(seen))
    assert shown.status_code == 201, shown.text
    assert (shown.json()["grant_id"], shown.json()["limits"]) == (grant["id"], {"minutes": 20})
    access = (await officer.get(f"/api/v1/cameras/{seen}/access")).json()["actions"]
    assert [one["allowed"] for one in access] == [True, False, False, False, False]
    assert access[1]["operand"] == "action"

    detail = await boss.get(f"/api/v1/grants/{grant['id']}")
    assert (detail.json()["running_permits"], detail.json()["counted"]) == (1, 1)
    revoked = await boss.post(
        f"/api/v1/grants/{grant['id']}/revoke",
        json={"reason": "活动结束"},
        headers={"If-Match": detail.headers["etag"]},
    )
    assert (revoked.status_code, revoked.json()["permits_cut"]) == (200, 1)
    async with database.read() as session:
        assert await service.standing(session, shown.json()["permit_id"]) is Standing.REVOKED
    assert code_of(await officer.post("/api/v1/views", json=view(seen))) == (403, "gate.no_grant")
    actions = [entry["action"] for entry in (await boss.get("/api/v1/audit")).json()["items"]]
    assert {"gate.request_approved", "gate.grant_revoked"} <= set(actions)


async def test_an_approver_sees_what_the_asker_holds_already(as_, camera, database):
    await camera()
    officer, boss = await as_("officer"), await as_("administrator")
    await give(database, officer.person, cameras={"regions": ["450103"]})
    await give(database, officer.person, cameras={"regions": ["4502"]})
    made = (await asked(officer)).json()
    (overlap,) = (await boss.get(f"/api/v1/grant-requests/{made['id']}/preview")).json()["overlaps"]
    assert (overlap["cameras"], overlap["grant"]["cameras"]) == (1, {"regions": ["450103"]})


async def test_nobody_decides_their_own_request_or_beyond_their_regions(as_, camera):
    await camera()
    boss, local = await as_("administrator", "boss"), await as_("administrator", "local", regions=("4502",))
    mine = (await asked(boss)).json()["id"]
    any_tag = {"If-Match": "*"}
    assert code_of(await boss.post(f"/api/v1/grant-requests/{mine}/approve", json={}, headers=any_tag)) == (
        403, "gate.request_own",
    )  # fmt: skip
    officer = await as_("officer", "far", regions=("4501",))
    theirs = (await asked(officer)).json()["id"]
    for verb in ("approve", "refuse"):
        answer = await local.post(
            f"/api/v1/grant-requests/{theirs}/{verb}",
            json={"reason": "不在辖区"} if verb == "refuse" else {},
            headers=any_tag,
        )
        assert code_of(answer) == (404, "gate.request_unknown")
    assert theirs not in [one["id"] for one in (await local.get("/api/v1/grant-requests")).json()["items"]]


async def test_a_request_is_withdrawn_by_who_made_it_and_refused_with_a_reason(as_, camera):
    await camera()
    officer, other, boss = await as_("officer", "a1"), await as_("officer", "b2"), await as_("administrator")
    made = (await asked(officer)).json()["id"]
    assert code_of(await other.post(f"/api/v1/grant-requests/{made}/withdraw")) == (404, "gate.request_unknown")
    assert code_of(await other.get(f"/api/v1/grant-requests/{made}")) == (404, "gate.request_unknown")
    assert (await officer.post(f"/api/v1/grant-requests/{made}/withdraw")).json()["state"] == "withdrawn"
    second = (await asked(officer)).json()["id"]
    refused = await boss.post(
        f"/api/v1/grant-requests/{second}/refuse", json={"reason": "  "}, headers={"If-Match": "*"}
    )
    assert code_of(refused) == (422, "gate.grant_invalid")
    refused = await boss.post(
        f"/api/v1/grant-requests/{second}/refuse", json={"reason": "理由不充分"}, headers={"If-Match": "*"}
    )
    assert refused.json()["state"] == "refused"
    states = [
        (one["state"], one["decided_words"])
        for one in (await officer.get("/api/v1/grant-requests/mine")).json()["items"]
    ]
    assert states == [("refused", "理由不充分"), ("withdrawn", "")]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"cameras": {}}, 422, "gate.grant_invalid"),
        ({"cameras": {"regions": ["44"]}}, 403, "gate.grant_exceeds"),
        ({"cameras": {"polygon": {"type": "Polygon", "coordinates": [[[1, 2]]]}}}, 422, "catalog.shape_invalid"),
        ({"cameras": {"tags": ["kind:spaceship"]}}, 422, "catalog.word_unknown"),
        ({"actions": []}, 422, "gate.grant_invalid"),
        ({"purposes": []}, 422, "gate.grant_invalid"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 422, "gate.grant_invalid"),
        ({"hours": {"from": "25:00", "to": "26:00"}}, 422, "gate.grant_invalid"),
        ({"surprise": 1}, 422, "http.invalid"),
    ],
)  # fmt: skip
async def test_a_request_that_makes_no_sense_is_refused_by_field(as_, change, status, code):
    officer = await as_("officer")
    assert code_of(await officer.post("/api/v1/grant-requests", json=wish(**change))) == (status, code)


async def test_requests_of_one_person_are_bounded(as_, camera):
    await camera()
    officer = await as_("officer")
    for _ in range(20):
        await asked(officer)
    assert code_of(await officer.post("/api/v1/grant-requests", json=wish())) == (409, "gate.requests_many")


async def test_an_emergency_is_seen_at_once_reviewed_by_another_and_cut_when_it_was_none(as_, camera, database):
    seen = await camera()
    officer, boss = await as_("officer"), await as_("administrator")
    short = await officer.post("/api/v1/views", json=view(seen, emergency=True, purpose_text="有事"))
    assert code_of(short)[1] in ("gate.emergency_reason", "gate.purpose_text_missing")
    kept = await officer.post(
        "/api/v1/views", json=view(seen, emergency=True, action="snapshot", purpose_text="民族广场有人受伤")
    )
    assert code_of(kept) == (422, "gate.emergency_action")
    shown = await officer.post(
        "/api/v1/views", json=view(seen, emergency=True, purpose_text="民族广场有人受伤", minutes=240)
    )
    assert shown.status_code == 201, shown.text
    assert (shown.json()["grant_id"], shown.json()["limits"]) == (None, {"minutes": 30})
    (one,) = (await boss.get("/api/v1/emergencies?state=pending")).json()["items"]
    assert (one["camera_names"], one["reason"]) == (["民族广场"], "民族广场有人受伤")
    where, tag = f"/api/v1/emergencies/{one['id']}", {"If-Match": "*"}
    said = {"state": "unjustified", "words": "当时并无警情"}
    assert (await officer.post(f"{where}/review", json=said, headers=tag)).status_code == 403
    reviewed = await boss.post(f"{where}/review", json=said, headers=tag)
    assert (reviewed.status_code, reviewed.json()["state"]) == (200, "unjustified")
    async with database.read() as session:
        assert await service.standing(session, shown.json()["permit_id"]) is Standing.REVOKED
    assert code_of(await boss.post(f"{where}/review", json=said, headers=tag)) == (409, "gate.review_done")
    line = (await boss.get("/api/v1/retrievals?emergency=true")).json()["items"][0]
    assert (line["emergency"], line["purpose_text"]) == (True, "民族广场有人受伤")


async def test_nobody_reviews_their_own_emergency_and_too_many_wait_first(as_, camera):
    seen = await camera()
    boss = await as_("administrator")
    urgent = view(seen, emergency=True, purpose_text="民族广场有人受伤")
    for _ in range(emergency.UNREVIEWED_MOST):
        assert (await boss.post("/api/v1/views", json=urgent)).status_code == 201
    assert code_of(await boss.post("/api/v1/views", json=urgent)) == (409, "gate.emergency_many")
    one = (await boss.get("/api/v1/emergencies")).json()["items"][0]
    answer = await boss.post(
        f"/api/v1/emergencies/{one['id']}/review",
        json={"state": "justified", "words": "我认为有理"},
        headers={"If-Match": "*"},
    )
    assert code_of(answer) == (403, "gate.review_own")


async def test_what_nobody_reviews_in_time_escalates_once(as_, camera, database):
    seen = await camera()
    officer, boss = await as_("officer"), await as_("administrator")
    await officer.post("/api/v1/views", json=view(seen, emergency=True, purpose_text="民族广场有人受伤"))
    async with database.write() as session:
        now = await store.moment(session)
        assert await emergency.escalate(session, now) == 0
        late = now + emergency.REVIEW_WITHIN + timedelta(seconds=1)
        assert [await emergency.escalate(session, late) for _ in range(2)] == [1, 0]
    (one,) = (await boss.get("/api/v1/emergencies")).json()["items"]
    assert one["escalated_at"] is not None


async def test_the_register_is_found_by_words_unit_action_grant_and_emergency(as_, camera, database):
    square, river = await camera("民族广场东", "450103"), await camera("江北大道", "450103")
    boss = await as_("administrator")
    grant = await give(database, boss.person)
    for camera_id, words in ((square, "三月三活动保障"), (river, "积水排查")):
        answer = await boss.post("/api/v1/views", json=view(camera_id, purpose_text=words))
        assert answer.status_code == 201, answer.text

    async def names(query):
        answer = await boss.get(f"/api/v1/retrievals?{query}")
        assert answer.status_code == 200, answer.text
        return [one["camera_name"] for one in answer.json()["items"]]

    assert await names("q=积水") == ["江北大道"]
    assert await names("q=广场 保障") == ["民族广场东"]
    assert await names("q=administrator 江") == ["江北大道"]
    assert await names("q=没有的") == []
    assert await names("action=playback") == []
    assert await names("emergency=true") == []
    assert len(await names(f"grant={grant}")) == 2
    assert await names("unit=别的单位") == []
    # Lines from before the index are found too.
    from sqlalchemy import text

    async with database.write() as session:
        await session.execute(text("UPDATE retrievals SET grams = NULL"))
    assert await names("q=积水") == ["江北大道"]
    table = (await boss.get("/api/v1/retrievals/export.csv?q=积水", headers={"Accept-Language": "zh"})).text
    assert "使用方式" in table
    assert "实时观看" in table
    assert "民族广场东" not in table


async def test_counts_and_candidates_keep_to_who_asks(as_, camera):
    await camera("in", "450103")
    await camera("out", "4502")
    officer = await as_("officer", regions=("4501",))
    counted = await officer.post("/api/v1/grants/count", json={"everything": True})
    assert counted.json() == {"cameras": 1, "names": ["in"]}
    boss = await as_("administrator")
    found = (await boss.get("/api/v1/grants/candidates?q=off")).json()["items"]
    assert (found[0]["kind"], found[0]["holder"]) == ("role", "officer")
    assert (await officer.get("/api/v1/grants/candidates")).status_code == 403
