"""Probes of virtual cameras with every fault there is."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from commonsight.connect.model import AccessUnit, Address, Codec
from commonsight.gate.model import Door, Limits, Permit
from commonsight.media.probe import decoded_size, probe
from commonsight.problem import Refusal
from commonsight.simulate.fleet import Fault
from commonsight.simulate.reel import access_units, broken

from .conftest import FPS, GROUP, Footage
from .world import Cameras, camera_id, footage

CAMERA = UUID(int=5)
NOW = datetime.now(UTC)


def permit(cameras: frozenset[UUID] = frozenset(), *, hours: float = 1) -> Permit:
    return Permit(
        id=UUID(int=1),
        door=Door.RETRIEVAL,
        holder_kind="system" if not cameras else "person",
        holder_id=None,
        holder_name="inspect",
        organisation="",
        purpose_code="health_check",
        purpose_text="",
        cameras=cameras,
        limits=Limits(),
        issued_at=NOW,
        expires_at=NOW + timedelta(hours=hours),
    )


@pytest.fixture
async def cameras() -> AsyncIterator[Cameras]:
    made = Cameras()
    for path in ("h264", "silent", "hung", "slow"):
        fault = {"silent": Fault.NO_VIDEO, "hung": Fault.HUNG, "slow": Fault.SLOW}.get(path, Fault.NONE)
        made.add(path, footage(), fault)
    made.add("h265", footage(Codec.H265))
    made.add("broken", footage())
    reel = made.players["broken"].reel
    made.players["broken"].reel = broken(reel, access_units(Codec.H264, b"".join(data for data, _ in footage().units)))
    await made.start()
    yield made
    await made.stop()


def at(cameras: Cameras, path: str) -> Address:
    return Address("rtsp", f"rtsp://127.0.0.1:{cameras.port}/{path}")


@pytest.mark.parametrize("path", ["h264", "h265"])
async def test_playing_camera(cameras: Cameras, path: str) -> None:
    result = await probe(permit(), CAMERA, at(cameras, path), timeout=5)
    assert (result.reachable, result.answered, result.first_frame, result.error) == (True, True, True, None)
    assert (result.codec, result.width, result.height) == (path, 320, 240)
    assert 0 < result.milliseconds < 5_000
    assert result.connect_ms is not None
    assert result.answer_ms is not None
    assert result.first_frame_ms is not None
    assert 0 <= result.connect_ms <= result.answer_ms <= result.first_frame_ms <= result.milliseconds
    assert result.picture is None


@pytest.mark.parametrize("path", ["h264", "h265"])
async def test_a_camera_is_measured_when_there_is_time(cameras: Cameras, path: str) -> None:
    """Distance of keyframes and rate by the stream's own times; the picture is the one whoever looks at it gets."""
    result = await probe(permit(), CAMERA, at(cameras, path), timeout=5, measure=10, keep_picture=True)
    assert result.first_frame
    assert result.keyframe_seconds == pytest.approx(GROUP / FPS, abs=0.05)
    assert result.fps == pytest.approx(FPS, rel=0.01)
    assert result.received > 0
    assert result.picture is not None
    assert result.picture.luma.shape == (240, 320)
    assert result.picture.blue.shape == result.picture.red.shape == (120, 160)
    assert result.picture.luma.std() > 5


@pytest.mark.parametrize(
    ("path", "error", "answered"),
    [
        ("nowhere", "not_found", True),
        ("silent", "no_video", True),
        ("hung", "timeout", False),
        ("broken", "undecodable", True),
    ],
)
async def test_camera_with_a_fault(cameras: Cameras, path: str, error: str, answered: bool) -> None:
    result = await probe(permit(), CAMERA, at(cameras, path), timeout=1)
    assert (result.error, result.answered, result.first_frame) == (error, answered, False)
    assert result.reachable


async def test_refused_connection() -> None:
    result = await probe(permit(), CAMERA, Address("rtsp", "rtsp://127.0.0.1:1/x"), timeout=1)
    assert (result.error, result.reachable, result.answered, result.first_frame) == ("refused", False, False, False)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (permit(frozenset({camera_id("other")})), "gate.camera_not_covered"),
        (permit(hours=-1), "gate.ticket_expired"),
    ],
)
async def test_without_a_permit_nothing_is_opened(cameras: Cameras, given: Permit, code: str) -> None:
    with pytest.raises(Refusal, match=code.replace(".", r"\.")):
        await probe(given, CAMERA, at(cameras, "h264"), timeout=1)
    assert not cameras.opened


async def test_camera_is_let_go(cameras: Cameras) -> None:
    await probe(permit(), CAMERA, at(cameras, "h264"), timeout=5)
    async with asyncio.timeout(5):
        while cameras.connections:  # noqa: ASYNC110  the other side has no event for us
            await asyncio.sleep(0.02)


def test_keyframe_with_a_hole_is_no_picture(h264: Footage) -> None:
    data, _ = h264.units[0]
    assert decoded_size(Codec.H264, h264.unit(0)) == (320, 240)
    assert decoded_size(Codec.H264, AccessUnit(data[: len(data) // 3], 0, True, 0.0)) is None
    assert decoded_size(Codec.H264, AccessUnit(b"", 0, True, 0.0)) is None


async def test_what_we_lack_ourselves_is_no_finding_about_the_camera() -> None:
    """Nobody has let this process ask the signalling process, as when that one does not run."""
    address = Address.at("gb28181://45010300001110000001/45010300001320000001")
    with pytest.raises(Refusal) as refused:
        await probe(permit(), CAMERA, address, timeout=5)
    assert refused.value.code == "media.probe_not_possible"
