"""Plans, orders and timelines over HTTP: what is refused, who sees what, and what the figures say."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from commonsight.media.recordings import plan_store, store
from commonsight.records.base import uuid7
from commonsight.records.database import Database
from tests.api.conftest import SignIn, anybody, app, cheap_hashes, client_of, log, settings, sign_in

__all__ = ["anybody", "app", "cheap_hashes", "client_of", "log", "settings", "sign_in"]

API = "/api/v1"
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.fixture
async def cameras(database: Database) -> dict[str, UUID]:
    """Two cameras in Nanning, one in Liuzhou, one without an address."""
    made = {}
    for number, (name, region, url) in enumerate(
        (("a", "450103", "rtsp://10.0.0.1/a"), ("b", "450102", "rtsp://10.0.0.2/b"), ("liuzhou", "450202", "rtsp://c/"),
         ("bare", "450103", None))
    ):  # fmt: skip
        made[name] = uuid7()
        async with database.write() as session:
            await session.execute(
                text(
                    "INSERT INTO cameras (id, code, name, region, grams, protocol, url)"
                    " VALUES (:id, :code, :name, :region, '{}', 'rtsp', :url)"
                ),
                {"id": made[name], "code": f"4501030000132000000{number}", "name": name, "region": region, "url": url},
            )
    return made


def plan(**changes: Any) -> dict[str, Any]:
    return {"name": "重点路口", "cameras": {"regions": ["4501"]}, "retention_days": 60} | changes


async def file(database: Database, camera: UUID, begin: datetime, seconds: float, **changes: Any) -> UUID:
    made = uuid7()
    ends = begin + timedelta(seconds=seconds)
    row: dict[str, Any] = {
        "id": made, "camera_id": camera, "plan_id": None, "kind": "continuous", "node": "media-1",
        "path": f"{uuid4()}.mp4", "starts_at": begin, "ends_at": ends, "bytes": int(seconds * 250_000),
        "sha256": bytes(32), "mime": "video/mp4", "width": 1, "height": 1, "sound": False,
        "least_until": ends + timedelta(days=30), "keep_until": None,
    } | changes  # fmt: skip
    async with database.write() as session:
        await store.insert(session, [row])
    return made


async def test_a_plan_is_made_changed_and_dropped(
    sign_in: SignIn, cameras: dict[str, UUID], database: Database
) -> None:
    operator = await sign_in("operator")
    made = await operator.post(f"{API}/recordings/plans", json=plan(hours=[[[480, 1080]]] * 5 + [[], []]))
    assert made.status_code == 201, made.text
    body = made.json()
    assert (body["retention_days"], body["priority"], body["enabled"]) == (60, 5, True)
    where = made.headers["Location"]

    assert (await operator.patch(where, json={"priority": 2})).status_code == 428
    changed = await operator.patch(where, json={"priority": 2}, headers={"If-Match": made.headers["ETag"]})
    assert changed.json() | {"updated_at": ""} == body | {"priority": 2, "version": 2, "updated_at": ""}
    stale = await operator.patch(where, json={"priority": 3}, headers={"If-Match": made.headers["ETag"]})
    assert stale.status_code == 412

    listed = (await operator.get(f"{API}/recordings/plans")).json()
    assert [one["id"] for one in listed["items"]] == [body["id"]]
    dropped = await operator.delete(where, headers={"If-Match": changed.headers["ETag"]})
    assert dropped.status_code == 204
    assert (await operator.get(where)).status_code == 404
    async with database.read() as session:
        kept = await session.scalar(text("SELECT retention_days FROM recording_plans"))
    assert kept == 60, "what it recorded is still kept as long as it said"


@pytest.mark.parametrize(
    ("changes", "code", "operand"),
    [
        ({"retention_days": 29}, "media.retention_short", "retention_days"),
        ({"retention_days": 4_000}, "media.retention_long", "retention_days"),
        ({"hours": [[]] * 7}, "media.plan_hours_invalid", "hours"),
        ({"hours": [[[0, 1440]]] * 6}, "media.plan_hours_invalid", "hours"),
        ({"hours": [[[60, 30]]] + [[]] * 6}, "media.plan_hours_invalid", "hours[0]"),
        ({"hours": [[[0, 60], [30, 90]]] + [[]] * 6}, "media.plan_hours_invalid", "hours[0]"),
        ({"cameras": {}}, "gate.grant_invalid", "cameras"),
    ],
)
async def test_what_a_plan_may_not_be_is_named(
    sign_in: SignIn, changes: dict[str, Any], code: str, operand: str
) -> None:
    operator = await sign_in("operator")
    said = await operator.post(f"{API}/recordings/plans", json=plan(**changes))
    assert said.status_code == 422
    problem = said.json()
    assert (problem["code"], problem["operand"]) == (code, operand)
    assert "media." not in problem["title"]


async def test_regions_bound_what_is_seen_and_changed(sign_in: SignIn, cameras: dict[str, UUID]) -> None:
    all_of_it, liuzhou = await sign_in("operator"), await sign_in("operator", regions=("4502",))
    made = await all_of_it.post(f"{API}/recordings/plans", json=plan(cameras={"regions": ["45"]}))
    where = made.headers["Location"]
    seen = await liuzhou.get(where)
    assert seen.status_code == 200, "it records cameras of theirs"
    refused = await liuzhou.patch(where, json={"enabled": False}, headers={"If-Match": seen.headers["ETag"]})
    assert (refused.status_code, refused.json()["code"]) == (403, "media.plan_wider")
    beyond = await liuzhou.post(f"{API}/recordings/plans", json=plan(cameras={"regions": ["4501"]}))
    assert beyond.status_code == 403
    hidden = await liuzhou.post(f"{API}/recordings/plans", json=plan(cameras={"cameras": [str(cameras["a"])]}))
    assert hidden.status_code == 404
    for role, status in (("officer", 200), ("regulator", 200), ("analyst", 200)):
        other = await sign_in(role)
        assert (await other.get(f"{API}/recordings/plans")).status_code == status
        assert (await other.post(f"{API}/recordings/plans", json=plan())).status_code == 403


async def test_a_plan_means_the_cameras_a_grant_of_the_same_words_means(
    database: Database, cameras: dict[str, UUID]
) -> None:
    async with database.read() as session:
        by_region = await plan_store.meant(session, {"regions": ["4501"]}, ("45",))
        assert set(by_region) == {cameras["a"], cameras["b"]}, "one without an address cannot be recorded"
        within = await plan_store.meant(session, {"everything": True}, ("4502",))
        assert within == [cameras["liuzhou"]]
        named = await plan_store.meant(session, {"cameras": [str(cameras["a"])]}, ("4502",))
        assert named == []
        assert await plan_store.meant(session, {}, ("45",)) == []


async def test_the_cost_of_a_plan_is_measured_or_unknown(
    sign_in: SignIn, database: Database, cameras: dict[str, UUID]
) -> None:
    operator = await sign_in("operator")
    unknown = (await operator.post(f"{API}/recordings/plans/cost", json=plan())).json()
    assert unknown == {
        "cameras": 2, "measured": 0, "bytes_per_second": None, "bytes_per_day": None, "bytes_kept": None
    }  # fmt: skip
    now = datetime.now(UTC)
    await file(database, cameras["liuzhou"], now - timedelta(hours=2), 60, bytes=60 * 100_000)
    assumed = (await operator.post(f"{API}/recordings/plans/cost", json=plan())).json()
    assert (assumed["measured"], assumed["bytes_per_second"]) == (0, 100_000)
    await file(database, cameras["a"], now - timedelta(hours=1), 60)
    half = [[[0, 720]]] * 7
    found = (await operator.post(f"{API}/recordings/plans/cost", json=plan(hours=half))).json()
    assert found == {
        "cameras": 2, "measured": 1, "bytes_per_second": 250_000, "bytes_per_day": 250_000 * 43_200 * 2,
        "bytes_kept": 250_000 * 43_200 * 2 * 60,
    }  # fmt: skip


async def test_a_timeline_joins_segments_and_names_gaps(
    sign_in: SignIn, database: Database, cameras: dict[str, UUID]
) -> None:
    officer, camera = await sign_in("officer"), cameras["a"]
    for begin in (0, 60, 120, 400):
        await file(database, camera, NOON + timedelta(seconds=begin), 60.5)
    await file(database, cameras["b"], NOON, 60)
    asked = {"from": (NOON - timedelta(seconds=30)).isoformat(), "to": (NOON + timedelta(seconds=600)).isoformat()}
    found = (await officer.get(f"{API}/cameras/{camera}/timeline", params=asked)).json()

    def seconds(said: str) -> float:
        return (datetime.fromisoformat(said) - NOON).total_seconds()

    assert [(one["source"], seconds(one["from"]), seconds(one["to"])) for one in found["spans"]] == [
        ("own", 0, 180.5), ("own", 400, 460.5)
    ]  # fmt: skip
    assert [(seconds(one["from"]), seconds(one["to"])) for one in found["gaps"]] == [
        (-30, 0), (180.5, 400), (460.5, 600)
    ]  # fmt: skip
    assert found["device"] is None
    far = await sign_in("officer", regions=("4502",))
    assert (await far.get(f"{API}/cameras/{camera}/timeline", params=asked)).status_code == 404
    long = asked | {"to": (NOON + timedelta(days=8)).isoformat()}
    assert (await officer.get(f"{API}/cameras/{camera}/timeline", params=long)).json()["code"] == "media.span_invalid"


async def test_a_camera_is_recorded_on_order(sign_in: SignIn, database: Database, cameras: dict[str, UUID]) -> None:
    operator, camera = await sign_in("operator"), cameras["a"]
    said = await operator.post(f"{API}/cameras/{camera}/recording", json={"minutes": 30, "reason": "活动保障"})
    assert said.status_code == 201
    now = datetime.now(UTC)
    async with database.read() as session:
        [wanted] = await plan_store.ordered(session, now, 30)
    assert (wanted.camera_id, wanted.kind, wanted.priority) == (camera, "manual", 0)
    assert (await operator.delete(f"{API}/cameras/{camera}/recording")).status_code == 204
    async with database.read() as session:
        assert await plan_store.ordered(session, datetime.now(UTC) + timedelta(seconds=1), 30) == []
    bare = await operator.post(f"{API}/cameras/{cameras['bare']}/recording", json={"minutes": 30})
    assert (bare.status_code, bare.json()["code"]) == (409, "media.camera_without_source")
    officer = await sign_in("officer")
    assert (await officer.post(f"{API}/cameras/{camera}/recording", json={"minutes": 5})).status_code == 403
