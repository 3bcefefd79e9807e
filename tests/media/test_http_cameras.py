"""Cameras that are JPEG over HTTP, all the way: proven playable, shown to a browser, handed to analysis."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from commonsight.connect.model import Address, Codec
from commonsight.media.probe import probe
from commonsight.settings import Media
from commonsight.vision.decode import Decoder
from tests.connect.peers import jpegs
from tests.connect.test_http_snapshot import PICTURES, Camera, picture, serving

from .test_packet_server import joined, take
from .test_probe import CAMERA, permit
from .world import World, browser


@pytest.fixture
async def camera() -> AsyncIterator[Camera]:
    PICTURES[:] = jpegs(6, "640x360")
    async with serving(lambda request, n: picture(n)) as made:
        yield made


@pytest.fixture
async def world(tmp_path: Path, camera: Camera, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    made = World(tmp_path, Media(idle_seconds=0.3, open_timeout=3, snapshot_seconds=0.2))

    def address(_: UUID) -> Address:
        return Address.at(camera.url)

    monkeypatch.setattr(made.cameras, "address", address)
    async with made.running():
        yield made


async def test_a_probe_proves_it_playable(camera: Camera) -> None:
    result = await probe(permit(), CAMERA, Address.at(camera.url), timeout=5)
    assert (result.reachable, result.answered, result.first_frame, result.error) == (True, True, True, None)
    assert (result.codec, result.width, result.height) == ("jpeg", 640, 360)


async def test_what_is_no_picture_inside_is_found_out(camera: Camera) -> None:
    """The markers are whole, the coded samples are not: only a decoder sees it."""
    body = PICTURES[0]
    PICTURES[:] = [body[: len(body) // 3] + b"\xff\xd9"]
    result = await probe(permit(), CAMERA, Address.at(camera.url), timeout=5)
    assert (result.first_frame, result.error) == (False, "undecodable")


async def test_a_browser_gets_the_pictures_as_they_are(world: World) -> None:
    async with browser(world.url("snap")) as viewer:
        await viewer.read(lambda seen: len(seen.binaries) >= 4)
    opening, *times = viewer.texts
    assert (opening["type"], opening["codec"], opening["mime"]) == ("stream", "jpeg", "image/jpeg")
    assert (opening["width"], opening["height"]) == (640, 360)
    assert all(body in PICTURES for body in viewer.binaries)
    assert [text["type"] for text in times[:4]] == ["picture"] * 4
    assert times[0]["time"] == opening["start"]
    assert [t["time"] for t in times] == sorted({t["time"] for t in times})


async def test_one_camera_is_asked_once_for_all(world: World, camera: Camera) -> None:
    async with browser(world.url("snap")) as first, browser(world.url("snap")) as second:
        await first.read(lambda seen: len(seen.binaries) >= 3)
        await second.read(lambda seen: len(seen.binaries) >= 3)
        assert len(camera.requests) <= 6
    assert second.binaries[0] in PICTURES


async def test_analysis_takes_and_decodes_them(world: World) -> None:
    async with joined(world, "snap") as stream:
        units = await take(stream, 3)
    info = stream.info
    assert (info.codec, info.parameter_sets, info.width, info.height) == (Codec.JPEG, (), 640, 360)
    decoder = Decoder(info.codec.value)
    frames = [frame for unit in units for frame in decoder.feed(unit.data, unit.pts)]
    assert [(f.width, f.height, f.pts) for f in frames] == [(640, 360, unit.pts) for unit in units]
    assert decoder.errors == 0
    assert frames[0].bgr().shape == (360, 640, 3)
    assert frames[0].luma(2).shape == (180, 320)
    assert all(unit.keyframe for unit in units)
