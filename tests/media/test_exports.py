"""Exports from asking to verifying: what is in the file, what its certificate proves, what keeps it from leaving."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import httpx
import pytest
from sqlalchemy import text

from commonsight.api.app import create_app
from commonsight.clock import SystemClock
from commonsight.gate import service as gate
from commonsight.media.recordings import certificate, export_service, plan_store
from commonsight.media.recordings.export_service import Maker
from commonsight.problem import Refusal
from commonsight.records.database import Database
from commonsight.settings import Settings, load
from tests.access import people
from tests.api.conftest import COOKIE, cheap_hashes, client_of
from tests.gate.given import give

from .recorded import Region, probed, recorded_region, until, video
from .world import camera_id

__all__ = ["cheap_hashes"]

API = "/api/v1"


class Desk:
    """An officer with a grant to download, at the API of a recorded region."""

    def __init__(self, region: Region, settings: Settings, client: httpx.AsyncClient, rows: list[Any]) -> None:
        self.region, self.settings, self.client, self.rows = region, settings, client, rows
        self.maker = Maker(region.database, SystemClock(), settings)

    @property
    def span(self) -> dict[str, str]:
        begin = self.rows[0]["starts_at"] + timedelta(seconds=1.1)
        return {"from": begin.isoformat(), "to": (begin + timedelta(seconds=3)).isoformat()}

    async def ask(self, **changes: Any) -> httpx.Response:
        said = {"cameras": [str(camera_id("h264"))], "purpose_code": "training", **self.span} | changes
        return await self.client.post(f"{API}/exports", json=said)

    async def made(self, **changes: Any) -> dict[str, Any]:
        asked = await self.ask(**changes)
        assert asked.status_code == 202, asked.text
        await self.maker.make(UUID(asked.json()["id"]))
        return (await self.client.get(f"{API}/exports/{asked.json()['id']}")).json()

    async def certificate(self, export: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.client.get(f"{API}/exports/{export}/certificate")).json()
        return found

    def file(self, export: dict[str, Any]) -> Path:
        return export_service.directory(self.settings, UUID(export["id"])) / export["files"][0]["name"]


@asynccontextmanager
async def at_desk(database: Database, url: str, directory: Path, *, segments: int = 3) -> AsyncIterator[Desk]:
    async with recorded_region(database, url, directory) as region:
        plan = await region.plan("h264")
        await region.recorded(segments)
        async with database.write() as session:
            await plan_store.drop_plan(session, plan.id, plan.created_at)

        async def idle() -> bool:
            return await region.state("h264") is None

        await until(idle)
        settings = load(directory / "commonsight.toml")
        now = SystemClock().now()
        officer = await people.add(database, "li", roles=("officer",), regions=("45",), now=now)
        await give(database, officer, actions=("download",))
        secret = await people.sign_in(database, officer, now=now)
        async with client_of(create_app(settings, database, SystemClock())) as client:
            client.cookies.set(COOKIE, secret)
            yield Desk(region, settings, client, await region.rows())


@pytest.fixture
async def desk(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with at_desk(database, database_url, tmp_path) as made:
        yield made


async def test_a_clip_is_what_was_asked_for_and_its_certificate_proves_it(desk: Desk) -> None:
    made = await desk.made()
    assert (made["state"], made["progress"], made["mine"]) == ("done", 1, True), made
    path = desk.file(made)
    found = await probed(path)
    pictures = video(found)
    assert (pictures["codec_name"], pictures["width"], pictures["height"]) == ("h264", 320, 240)
    assert abs(int(pictures["nb_read_frames"]) - 75) <= 1
    assert abs(float(found["format"]["duration"]) - 3) < 0.1

    document = await desk.certificate(made["id"])
    checked = certificate.check(document)
    assert certificate.check_file(checked, path)["camera"]["id"] == str(camera_id("h264"))
    body = document["certificate"]
    assert (body["mask"], body["watermark"]) == (None, True)
    digests = {segment["sha256"] for segment in body["files"][0]["segments"]}
    assert digests <= {bytes(row["sha256"]).hex() for row in desk.rows}
    assert digests
    [line] = [line for line in await desk.region.lines() if line["action"] == "download"]
    assert [str(line["id"])] == body["retrievals"]
    assert (line["close_reason"], line["bytes"]) == ("export_made", path.stat().st_size)
    assert line["footage_from"].isoformat() == desk.span["from"]
    keys = (await desk.client.get(f"{API}/exports/keys")).json()
    assert [one["key"] for one in keys["items"]] == [document["signature"]["key"]]
    kept = desk.settings.data_dir / certificate.KEY_FILE
    assert kept.stat().st_mode & 0o777 == 0o600
    page = (await desk.client.get(f"{API}/exports/{made['id']}/certificate.html")).text
    assert body["files"][0]["sha256"] in page
    assert "录像导出证书" in page


async def test_the_mark_is_burned_into_the_pictures(desk: Desk) -> None:
    """The same picture of the clip and of its source differ where the mark is, and nearly nowhere else."""
    made = await desk.made()
    source = desk.region.file(desk.rows[0])

    def grey(path: Path, at: float) -> bytes:
        command = ["ffmpeg", "-v", "error", "-i", str(path), "-ss", f"{at}", "-frames:v", "1", "-f", "rawvideo",
                   "-pix_fmt", "gray", "-"]  # fmt: skip
        return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout

    marked, plain = await asyncio.to_thread(lambda: (grey(desk.file(made), 0.0), grey(source, 1.1)))
    assert len(marked) == len(plain) == 320 * 240
    changed = sum(abs(a - b) > 40 for a, b in zip(marked, plain, strict=True)) / len(plain)
    assert 0.005 < changed < 0.35


async def test_anybody_can_verify_without_a_server(desk: Desk, tmp_path: Path) -> None:
    made = await desk.made()
    document = await desk.certificate(made["id"])
    path, cert = desk.file(made), tmp_path / "certificate.json"
    cert.write_text(json.dumps(document, ensure_ascii=False, indent=4))

    async def verify(*arguments: str) -> tuple[int, dict[str, Any]]:
        command = [sys.executable, "-m", "commonsight", "exports", "verify", *arguments, "--json"]
        done = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, timeout=60, env={"PATH": os.environ["PATH"]}
        )
        return done.returncode, json.loads(done.stdout)

    code, said = await verify(str(path), str(cert), "--key", document["signature"]["key"])
    assert (code, said["holds"], said["key_given"]) == (0, True, True)
    other = tmp_path / "other.mp4"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    other.write_bytes(data)
    assert await verify(str(other), str(cert)) == (1, {**(await verify(str(other), str(cert)))[1]})
    assert (await verify(str(other), str(cert)))[1]["code"] == "media.certificate_other_file"
    code, said = await verify(str(path), str(cert), "--key", "A" * 43 + "=")
    assert (code, said["code"]) == (1, "media.certificate_other_key")


@pytest.mark.parametrize(
    ("where", "value"),
    [("viewer", "somebody else"), ("from", "2020-01-01T00:00:00+00:00"), ("mask", "faces"), ("files", [])],
)
def test_a_changed_certificate_does_not_hold(tmp_path: Path, where: str, value: Any) -> None:
    signed = certificate.Signer(tmp_path).sign({"viewer": "a", "from": "b", "mask": None, "files": [{"sha256": "c"}]})
    certificate.check(signed)
    signed["certificate"][where] = value
    with pytest.raises(Refusal, match=r"media\.certificate_forged"):
        certificate.check(signed)


@pytest.mark.parametrize("wrong", [None, [], {}, {"certificate": {}}, {"certificate": {}, "signature": {"key": "?"}}])
def test_what_is_no_certificate_is_refused(wrong: Any) -> None:
    with pytest.raises(Refusal, match=r"media\.certificate_invalid"):
        certificate.check(wrong)


async def test_what_cannot_be_exported_is_refused_with_its_reason(desk: Desk) -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    span = {"from": long_ago.isoformat(), "to": (long_ago + timedelta(minutes=1)).isoformat()}
    assert (await desk.ask(**span)).json()["code"] == "media.nothing_recorded"
    assert (await desk.ask(to=desk.span["from"])).json()["code"] == "media.span_invalid"
    assert (await desk.ask(purpose_code="")).json()["code"] == "gate.purpose_missing"
    async with desk.region.database.write() as session:
        await session.execute(text("UPDATE grants SET revoked_at = now(), revoked_reason = 'x' WHERE NOT built_in"))
    refused = await desk.ask()
    assert (refused.status_code, refused.json()["code"]) == (403, "gate.no_grant")
    assert not [line for line in await desk.region.lines() if line["action"] == "download"]


async def test_a_revoked_permit_or_a_change_of_mind_leaves_no_file(desk: Desk) -> None:
    asked = (await desk.ask()).json()
    async with desk.region.database.write() as session:
        permit = await session.scalar(text("SELECT permit_id FROM exports WHERE id = :id"), {"id": asked["id"]})
        await gate.revoke(session, permit, "test")
    await desk.maker.make(UUID(asked["id"]))
    found = (await desk.client.get(f"{API}/exports/{asked['id']}")).json()
    assert (found["state"], found["code"]) == ("cancelled", "media.permit_revoked")
    assert found["words"]

    other = (await desk.ask()).json()
    assert (await desk.client.delete(f"{API}/exports/{other['id']}")).status_code == 204
    await desk.maker.make(UUID(other["id"]))
    assert (await desk.client.get(f"{API}/exports/{other['id']}")).json()["state"] == "cancelled"
    for one in (asked, other):
        assert not export_service.directory(desk.settings, UUID(one["id"])).exists()
        assert (await desk.client.get(f"{API}/exports/{one['id']}/certificate")).status_code == 409


async def test_a_file_is_fetched_with_a_ticket_until_it_expires(desk: Desk) -> None:
    made = await desk.made()
    given = await desk.client.post(f"{API}/exports/{made['id']}/links")
    assert given.status_code == 201, given.text
    [link] = given.json()["files"]
    headers = {"X-Commonsight-Viewer": given.json().get("proof") or ""}
    cookie = given.cookies.get("commonsight_viewer")
    cookies = {"commonsight_viewer": cookie} if cookie else {}
    async with aiohttp.ClientSession(cookies=cookies) as anybody:
        async with anybody.get(link["url"], headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            assert await answer.read() == desk.file(made).read_bytes()
        for url in (
            link["url"].replace("ticket=", "ticket=x"), link["url"].replace(made["id"], str(UUID(int=1))),
        ):  # fmt: skip
            async with anybody.get(url, headers=headers) as answer:
                assert answer.status in (403, 404)
        async with desk.region.database.write() as session:
            await gate.revoke(session, UUID(given.json()["permit_id"]), "test")
        async with anybody.get(link["url"], headers=headers) as answer:
            assert answer.status == 403
    async with desk.region.database.write() as session:
        await session.execute(text("UPDATE exports SET expires_at = now() - interval '1 second'"))
    await desk.maker.tidy()
    assert not desk.file(made).exists()
    assert (await desk.client.get(f"{API}/exports/{made['id']}")).json()["state"] == "expired"
    assert (await desk.client.post(f"{API}/exports/{made['id']}/links")).status_code == 409
    assert certificate.check(await desk.certificate(made["id"])), "the certificate outlives the file"
