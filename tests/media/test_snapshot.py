"""Snapshots: a real JPEG with a readable mark, registered, polite, and cut by a revocation."""

import asyncio
import io
import re
import subprocess
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import aiohttp
import av
import numpy as np
import pytest

from commonsight.clock import SystemClock
from commonsight.connect.model import Address, Codec
from commonsight.gate.model import Action, Limits
from commonsight.media import snapshot, watermark
from commonsight.problem import Refusal
from commonsight.settings import Media
from tests.connect.peers import jpegs
from tests.connect.test_http_snapshot import PICTURES, picture, serving

from .world import World, camera_id, footage, refusal


def has_font() -> bool:
    try:
        return bool(watermark.font())
    except Refusal:
        return False


pytestmark = pytest.mark.skipif(not has_font(), reason="needs a font with Chinese characters (Debian: fonts-noto-cjk)")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path, Media(idle_seconds=0.3, open_timeout=3))
    made.cameras.add("h264", footage(size="640x360"))
    made.cameras.add("h265", footage(Codec.H265, size="640x360"))
    async with made.running():
        yield made


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(60)) as made:
        yield made


def url(world: World, path: str = "h264", ticket: str = "t") -> str:
    return f"http://127.0.0.1:{world.port}/snapshot?ticket={ticket}&camera={camera_id(path)}"


def pixels(jpeg: bytes) -> np.ndarray:
    with av.open(io.BytesIO(jpeg), format="mjpeg") as opened:
        return next(opened.decode(video=0)).to_ndarray(format="gray")


@pytest.mark.parametrize("path", ["h264", "h265"])
async def test_a_picture_with_its_mark(world: World, session: aiohttp.ClientSession, path: str) -> None:
    async with session.get(url(world, path)) as answer:
        assert answer.status == 200
        assert answer.content_type == "image/jpeg"
        assert answer.headers["Cache-Control"] == "no-store"
        came = parsedate_to_datetime(answer.headers["Last-Modified"])
        body = await answer.read()
    assert pixels(body).shape == (360, 640)
    assert abs((came - SystemClock().now()).total_seconds()) < 5
    assert [grant.action for grant in world.gate.admitted] == [Action.SNAPSHOT]
    assert len(world.gate.first_frames) == 1
    [seen] = world.gate.endings
    assert (seen.frames, seen.bytes, seen.reason) == (1, len(body), "viewer_left")


async def test_the_mark_is_drawn_where_it_can_be_read_and_a_crop_does_not_lose_it() -> None:
    grey = jpegs_of_grey()
    plain = pixels(grey)
    marked = pixels(await watermark.drawn(Codec.JPEG, grey, "李娜 · 南宁市公安局  2026-03-03 16:00:00 CST"))
    changed = np.abs(marked.astype(int) - plain) > 12
    assert changed[300:].sum() > 2_000
    assert changed[40:150].sum() > 300
    assert changed[150:280].sum() > 300


async def test_a_name_is_text_and_nothing_else() -> None:
    grey = jpegs_of_grey()
    for name in ("a':x=0,drawtext=text=b;[in]", "%{pts} %{metadata:x}", "\\n\\", "x" * 4_000, ""):
        assert pixels(await watermark.drawn(Codec.JPEG, grey, name)).shape == (360, 640)


def jpegs_of_grey() -> bytes:
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=gray:size=640x360", "-frames:v", "1"]
    made = subprocess.run([*command, "-f", "mjpeg", "-"], check=True, capture_output=True, timeout=60)
    return made.stdout


async def test_single_pictures_over_http_work_too(
    tmp_path: Path, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    PICTURES[:] = jpegs(2, "640x360")
    made = World(tmp_path, Media(idle_seconds=0.3, open_timeout=3, snapshot_seconds=0.2))
    async with serving(lambda request, n: picture(n)) as camera, made.running():
        monkeypatch.setattr(made.cameras, "address", lambda _: Address.at(camera.url))
        async with session.get(url(made, "snap")) as answer:
            assert answer.status == 200
            assert pixels(await answer.read()).shape == (360, 640)


async def test_one_picture_a_second_under_one_permit(world: World, session: aiohttp.ClientSession) -> None:
    async with session.get(url(world)) as first:
        assert first.status == 200
    async with session.get(url(world)) as second:
        assert (second.status, second.headers["Retry-After"]) == (429, "1")
        assert (await second.json())["code"] == "snapshot_hurry"
    assert len(world.gate.admitted) == 1
    async with session.get(url(world, ticket="other")) as other:
        assert other.status == 200


async def test_no_permit_no_picture(world: World, session: aiohttp.ClientSession) -> None:
    world.gate.refused["bad"] = refusal("gate.action_not_covered")
    async with session.get(url(world, ticket="bad")) as answer:
        assert (answer.status, answer.content_type) == (403, "application/json")
    async with session.get(f"http://127.0.0.1:{world.port}/snapshot?ticket=t&camera=x") as answer:
        assert answer.status == 400
    assert not world.cameras.opened


async def test_a_picture_revoked_while_it_is_drawn_does_not_leave(
    world: World, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(codec: Codec, data: bytes, text: str) -> bytes:
        for reading in world.hub.readings:
            reading.reader.end("permit_revoked")
        return await watermark.drawn(codec, data, text)

    monkeypatch.setattr(snapshot, "drawn", slow)
    async with session.get(url(world)) as answer:
        assert answer.status == 403
    assert [(seen.frames, seen.bytes) for seen in world.gate.endings] == [(0, 0)]


async def test_too_many_at_once_are_told_to_come_back(
    world: World, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "WAITING_MOST", 1)

    async def ask(number: int) -> int:
        async with session.get(url(world, ticket=str(number))) as answer:
            return answer.status

    statuses = await asyncio.gather(*map(ask, range(12)))
    assert set(statuses) == {200, 503}
    assert statuses.count(200) >= 3


async def test_what_cannot_be_decoded_is_said(world: World, session: aiohttp.ClientSession) -> None:
    with pytest.raises(Refusal, match="snapshot_failed"):
        await watermark.drawn(Codec.H264, b"\x00\x00\x00\x01\x65nonsense", "x")


@pytest.mark.parametrize("door", ["snapshot", "hls"])
async def test_a_permits_limits_are_kept(tmp_path: Path, session: aiohttp.ClientSession, door: str) -> None:
    """The reader is attached to the derived relay, whatever the door."""
    made = World(tmp_path, Media(idle_seconds=0.3, open_timeout=60))  # the process that reduces has to start
    made.cameras.add("h264", footage(size="640x360"))
    made.gate.limits = Limits(resolution=120)
    async with made.running():
        if door == "snapshot":
            body = await fetched(session, url(made))
            assert pixels(body).shape[0] == 120
            return
        base = f"http://127.0.0.1:{made.port}/hls/{camera_id('h264')}"
        text = (await fetched(session, f"{base}/live.m3u8?ticket=t")).decode()
        names = re.findall(r'(?:URI="(init\d+.mp4[^"]+)|^(seg\d+.m4s\S+))', text, re.MULTILINE)[:2]
        found = [await fetched(session, f"{base}/{''.join(name)}") for name in names]
    with av.open(io.BytesIO(b"".join(found)), format="mp4") as opened:
        assert next(opened.decode(video=0)).height == 120


async def fetched(session: aiohttp.ClientSession, address: str) -> bytes:
    async with session.get(address, timeout=aiohttp.ClientTimeout(90)) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.read()
