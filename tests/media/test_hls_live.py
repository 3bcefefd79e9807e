"""HLS from a node with real cameras: what players, viewers and revocations see."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from commonsight.connect.model import Codec
from commonsight.media.hls import desk as hls_desk
from commonsight.records.database import Database
from commonsight.settings import Media

from .test_chromium import CHROMIUM, page
from .test_node import running, until
from .test_rtsp_out import PYTHON, gstreamer_or_skip, run
from .world import PERMIT, World, camera_id, footage, refusal

HLS_JS = Path(__file__).parents[2] / "cockpit/node_modules/hls.js/dist/hls.min.js"


@asynccontextmanager
async def started(directory: Path, **media: Any) -> AsyncIterator[World]:
    world = World(directory, Media(idle_seconds=0.3, open_timeout=3, **media))
    world.cameras.add("h264", footage())
    world.cameras.add("h265", footage(Codec.H265))
    async with world.running():
        yield world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with started(tmp_path) as made:
        yield made


def playlist_url(world: World, path: str = "h264", ticket: str = "t", more: str = "") -> str:
    return f"http://127.0.0.1:{world.port}/hls/{camera_id(path)}/live.m3u8?ticket={ticket}{more}"


class Player:
    """Asks as players do."""

    def __init__(self, world: World, session: aiohttp.ClientSession) -> None:
        self.world, self.session = world, session

    async def get(self, url: str, **headers: str) -> tuple[int, bytes]:
        async with asyncio.timeout(20), self.session.get(url, headers=headers) as answer:
            return answer.status, await answer.read()

    async def playlist(self, path: str = "h264", ticket: str = "t", more: str = "") -> str:
        status, body = await self.get(playlist_url(self.world, path, ticket, more))
        assert status == 200, body
        return body.decode()

    def address(self, name: str, path: str = "h264") -> str:
        return f"http://127.0.0.1:{self.world.port}/hls/{camera_id(path)}/{name}"


@pytest.fixture
async def player(world: World) -> AsyncIterator[Player]:
    async with aiohttp.ClientSession() as session:
        yield Player(world, session)


def hint(text: str) -> str:
    found = re.search(r'PRELOAD-HINT:TYPE=PART,URI="([^"]+)"', text)
    assert found
    return found[1]


async def test_one_camera_is_cut_once_for_all_who_watch(world: World, player: Player) -> None:
    first, second = await asyncio.gather(player.playlist(), player.playlist(ticket="u"))
    assert world.cameras.opened == {"h264": 1}
    assert len(world.gate.admitted) == 2
    tokens = {re.search(r"s=([\w-]+)", text)[1] for text in (first, second)}  # type: ignore[index]
    assert len(tokens) == 2
    assert "ticket" not in first + second
    [relay] = world.hub.relays.values()
    assert sum(type(reader).__name__ == "Muxer" for reader in relay.readers) == 1


async def test_a_blocked_reload_answers_when_the_part_is_there(player: Player) -> None:
    text = await player.playlist()
    sequence = int(re.search(r"MEDIA-SEQUENCE:(\d+)", text)[1])  # type: ignore[index]
    number = sequence + text.count("#EXTINF")
    later = await player.playlist(more=f"&_HLS_msn={number + 1}&_HLS_part=0")
    assert later.count("#EXT-X-PART:") > text.count("#EXT-X-PART:") or "SEQUENCE:0" not in later
    assert f"seg{number}.m4s" in later
    status, body = await player.get(playlist_url(player.world, more="&_HLS_msn=999999"))
    assert (status, json.loads(body)["code"]) == (400, "hls_ahead")
    for wrong in ("&_HLS_msn=x", "&_HLS_part=1", "&_HLS_msn=-1"):
        assert (await player.get(playlist_url(player.world, more=wrong)))[0] == 400


async def test_the_hinted_part_is_served_as_soon_as_it_is_whole(world: World, player: Player) -> None:
    text = await player.playlist()
    token = hint(text).partition("?")[2]
    status, init = await player.get(player.address(f"init0.mp4?{token}"))
    assert status == 200
    assert b"avcC" in init
    assert world.gate.first_frames == []  # an init segment is no picture
    status, part = await player.get(player.address(hint(text)))
    assert status == 200
    assert part[4:8] == b"moof"
    assert len(world.gate.first_frames) == 1
    assert (await player.get(player.address(f"part99999.m4s?{token}")))[0] == 404
    assert (await player.get(player.address(f"else.txt?{token}")))[0] == 404
    assert (await player.get(player.address(hint(text).partition("?")[0])))[0] == 403
    assert (await player.get(player.address(hint(text), "h265")))[0] == 403


async def test_revocation_refuses_the_very_next_request(world: World, player: Player) -> None:
    text = await player.playlist()
    other = await player.playlist(ticket="u")
    waiting = asyncio.create_task(player.get(playlist_url(world, more="&_HLS_msn=9")))
    for watch in [reading for reading in world.hub.readings if reading.grant.ticket == "t"]:
        watch.reader.end("permit_revoked")
    world.gate.refused["t"] = refusal("gate.ticket_revoked")
    assert (await player.get(player.address(hint(text))))[0] == 403
    assert (await player.get(playlist_url(world)))[0] == 403
    assert (await waiting)[0] in (400, 403)
    assert (await player.get(player.address(hint(other))))[0] == 200
    assert [seen.reason for seen in world.gate.endings] == ["permit_revoked"]
    assert PERMIT


async def test_a_wrong_ticket_opens_nothing(world: World, player: Player) -> None:
    world.gate.refused["bad"] = refusal("gate.ticket_unknown")
    assert (await player.get(playlist_url(world, ticket="bad")))[0] == 403
    assert (await player.get(f"http://127.0.0.1:{world.port}/hls/nonsense/live.m3u8?ticket=t"))[0] == 400
    assert not world.cameras.opened


async def test_pages_of_other_sites_are_kept_out(world: World, player: Player) -> None:
    assert (await player.get(playlist_url(world), Origin="https://elsewhere.example"))[0] == 403
    async with player.session.get(playlist_url(world), headers={"Origin": "http://127.0.0.1:8600"}) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "http://127.0.0.1:8600"
        assert answer.headers["Cache-Control"] == "no-store"


async def test_nobody_asks_so_the_camera_is_closed(
    world: World, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hls_desk, "IDLE_SECONDS", 0.5)
    text = await player.playlist()
    await player.get(player.address(hint(text)))
    async with asyncio.timeout(10):
        while world.hub.relays or world.cameras.connections:  # noqa: ASYNC110  what is waited for has no event
            await asyncio.sleep(0.05)
    [seen] = world.gate.endings
    assert (seen.reason, seen.frames) == ("viewer_left", 1)
    assert seen.bytes > 1_000
    assert (await player.get(player.address(hint(text))))[0] == 403
    await player.playlist()  # the ticket still opens; it is another retrieval
    assert len(world.gate.admitted) == 2


async def test_a_camera_that_comes_back_goes_on_behind_a_discontinuity(world: World, player: Player) -> None:
    before = await player.playlist()
    await world.cameras.stop()
    await asyncio.sleep(0.3)
    await world.cameras.start()
    async with asyncio.timeout(20):
        while "#EXT-X-DISCONTINUITY\n" not in (text := await player.playlist()):  # noqa: ASYNC110  what is waited for has no event
            await asyncio.sleep(0.2)
    assert before.count("#EXT-X-MAP") == text.count("#EXT-X-MAP")
    assert len(world.gate.admitted) == 1


@pytest.mark.parametrize("path", ["h264", "h265"])
@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="needs ffprobe (Debian package ffmpeg)")
async def test_ffmpeg_reads_it(world: World, path: str) -> None:
    child = await asyncio.create_subprocess_exec(
        *("ffprobe", "-v", "error", "-read_intervals", "%+3", "-show_entries", "packet=pts_time,dts_time,flags"),
        *("-select_streams", "v", "-of", "json", playlist_url(world, path)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, said = await asyncio.wait_for(child.communicate(), 60)
    finally:
        if child.returncode is None:
            child.kill()
    packets = json.loads(out)["packets"]
    assert len(packets) >= 60, said
    times = [float(packet["dts_time"]) for packet in packets]
    steps = [later - earlier for earlier, later in pairwise(times)]
    assert min(steps) > 0.01
    assert max(steps) < 0.2
    assert packets[0]["flags"].startswith("K")


HLS_PAGE = """<!doctype html><video muted></video><script src="HLS_JS"></script><script>
const tell = body => fetch("/result", {method: "POST", body: JSON.stringify(body)});
const video = document.querySelector("video"), hls = new Hls({lowLatencyMode: true});
let parts = 0, errors = [];
hls.on(Hls.Events.ERROR, (_, e) => { errors.push(e.details); if (e.fatal) tell({error: e.details, errors}); });
hls.on(Hls.Events.FRAG_LOADED, (_, e) => { if (e.part) parts++; });
hls.loadSource(PLAYLIST);
hls.attachMedia(video);
video.play();
setInterval(() => {
  const seen = video.getVideoPlaybackQuality();
  if (seen.totalVideoFrames >= 100 && parts >= 8)
    tell({frames: seen.totalVideoFrames, parts, errors, latency: hls.latency, target: hls.targetLatency,
          size: [video.videoWidth, video.videoHeight]});
}, 200);
</script>"""


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian package chromium)")
@pytest.mark.skipif(not HLS_JS.exists(), reason="needs hls.js (npm ci in cockpit)")
async def test_hls_js_plays_it_with_low_latency(world: World, tmp_path: Path) -> None:
    text = HLS_PAGE.replace("PLAYLIST", f"{playlist_url(world)!r}").replace("HLS_JS", "/part/0")
    async with page(text, tmp_path, [HLS_JS.read_bytes()]) as told:
        result = await asyncio.wait_for(told, 60)
    assert "error" not in result, result
    assert result["size"] == [320, 240]
    assert result["parts"] >= 8
    assert result["latency"] < 6, result


async def test_with_the_real_gate_a_revocation_stops_the_player_and_the_register_says_so(
    database: Database, tmp_path: Path
) -> None:
    async with running(database, tmp_path) as platform, aiohttp.ClientSession() as session:
        issued = await platform.issue()
        base = f"http://127.0.0.1:{platform.settings.media.port}/hls/{camera_id('h264')}"
        url = f"{base}/live.m3u8?ticket={issued.ticket}"

        async def status(address: str) -> int:
            async with session.get(address) as answer:
                await answer.read()
                return answer.status

        async with session.get(url) as answer:
            assert answer.status == 200
            part = hint(await answer.text())
        assert await status(f"{base}/{part}") == 200
        assert await status(url) == 200
        async with session.get(f"http://127.0.0.1:{platform.settings.media.port}/metrics") as answer:
            assert 'commonsight_media_readers{kind="hls"} 1.0' in await answer.text()
        await platform.revoke(issued.permit.id)

        async def refused() -> bool:
            return await status(url) == 403

        await until(refused, 5)
        assert await status(f"{base}/{part}") == 403

        async def written() -> bool:
            return all(line["closed_at"] for line in await platform.lines())

        await until(written, 5)
        [line] = await platform.lines()
        assert (line["close_reason"], line["node"]) == ("permit_revoked", "media-1")
        assert line["first_frame_at"]
        assert line["bytes"] > 1_000


@pytest.mark.parametrize("path", ["h264", "h265"])
async def test_gstreamer_plays_it(world: World, path: str) -> None:
    gstreamer_or_skip()
    script = Path(__file__).with_name("gstreamer_reader.py")
    out, said = await run(PYTHON, str(script), playlist_url(world, path), "http", "40")
    seen = json.loads(out)
    assert seen["error"] is None, said
    assert seen["pictures"] >= 40
    assert "width=(int)320" in seen["caps"]
