"""What Chromium's Media Source makes of the fragments: the last word on whether a browser plays them."""

import asyncio
import io
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import av
import pytest
from aiohttp import web

from commonsight.connect.model import AudioCodec, Sound
from commonsight.media.fmp4 import fragment, init_segment
from commonsight.media.sound import RATE, SoundTrack
from commonsight.media.timeline import Timeline
from commonsight.settings import Media
from tests.connect.wire.streams import sounds

from .conftest import TICKS, Footage
from .world import World, footage

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian package chromium)"),
]

LIVE_PAGE = """<!doctype html><video muted></video><script>
const tell = body => fetch("/result", {method: "POST", body: JSON.stringify(body)});
const video = document.querySelector("video"), source = new MediaSource(), queue = [];
let buffer, opening, skipped = 0;
video.src = URL.createObjectURL(source);
video.onerror = () => tell({error: video.error.message});
const next = () => {
  if (!buffer || buffer.updating || !queue.length) return;
  buffer.appendBuffer(queue.shift());
};
source.onsourceopen = () => {
  const socket = new WebSocket(LIVE_URL);
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({data}) => {
    if (typeof data !== "string") { queue.push(data); next(); return; }
    const said = JSON.parse(data);
    if (said.type === "end") tell({error: said.code});
    if (said.type !== "stream") return;
    opening = said;
    buffer = source.addSourceBuffer(said.mime);
    buffer.onerror = () => tell({error: "buffer"});
    buffer.onupdateend = () => {
      if (video.paused && buffer.buffered.length) { video.currentTime = said.start; video.play(); }
      next();
    };
  };
};
setInterval(() => {
  const seen = video.getVideoPlaybackQuality();
  if (seen.totalVideoFrames >= 30)
    tell({frames: seen.totalVideoFrames, time: video.currentTime, start: opening.start,
          ranges: buffer.buffered.length, size: [video.videoWidth, video.videoHeight]});
}, 200);
</script>"""

FILE_PAGE = """<!doctype html><video muted></video><script>
const tell = body => fetch("/result", {method: "POST", body: JSON.stringify(body)});
const video = document.querySelector("video"), source = new MediaSource();
video.src = URL.createObjectURL(source);
source.onsourceopen = async () => {
  const buffer = source.addSourceBuffer(MIME);
  for (let part = 0; part < PARTS; part++) {
    const data = await (await fetch("/part/" + part)).arrayBuffer();
    const done = new Promise((yes, no) => { buffer.onupdateend = yes; buffer.onerror = no; });
    buffer.appendBuffer(data);
    await done;
  }
  const ranges = [];
  for (let i = 0; i < buffer.buffered.length; i++) ranges.push([buffer.buffered.start(i), buffer.buffered.end(i)]);
  video.currentTime = ranges[0][0];
  video.playbackRate = 4;
  video.play();
  const end = ranges.at(-1)[1];
  setInterval(() => { if (video.currentTime > end - 0.5)
    tell({ranges, frames: video.getVideoPlaybackQuality().totalVideoFrames}); }, 100);
};
</script>"""


@asynccontextmanager
async def page(text: str, directory: Path, parts: Sequence[bytes] = ()) -> AsyncIterator["asyncio.Future[Any]"]:
    """Show a page in Chromium; the future gets what the page tells first."""
    told: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def result(request: web.Request) -> web.Response:
        body = await request.json()
        if not told.done():
            told.set_result(body)
        return web.Response()

    async def part(request: web.Request) -> web.Response:
        return web.Response(body=parts[int(request.match_info["number"])])

    async def shown(_: web.Request) -> web.Response:
        return web.Response(text=text, content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/", shown), web.post("/result", result), web.get("/part/{number}", part)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    assert CHROMIUM is not None
    process = await asyncio.create_subprocess_exec(
        *(CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
        *("--autoplay-policy=no-user-gesture-required", f"--user-data-dir={directory / 'chromium'}"),
        f"http://127.0.0.1:{runner.addresses[0][1]}/",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield told
    finally:
        process.kill()
        await process.wait()
        await runner.cleanup()


async def test_live_stream_plays(tmp_path: Path) -> None:
    world = World(tmp_path, Media(idle_seconds=0.3))
    world.cameras.add("h264", footage())
    async with world.running(), page(LIVE_PAGE.replace("LIVE_URL", f"{world.url('h264')!r}"), tmp_path) as told:
        result = await asyncio.wait_for(told, 60)
    assert "error" not in result, result
    assert result["frames"] >= 30
    assert result["size"] == [320, 240]
    assert result["ranges"] == 1
    assert result["time"] > result["start"]


def irregular(h264: Footage) -> list[tuple[int, int]]:
    """(unit, pts): 25 fps, then 6 fps, then 25 fps again, with two lost units in a row now and then."""
    times, pts = [], 0
    for index in range(200):
        pts += TICKS * 4 if 60 <= index < 100 else TICKS
        if index % 17 in (5, 6) and not h264.units[index % 50][1]:
            continue
        times.append((index, pts))
    return times


async def test_irregular_camera_leaves_no_hole(tmp_path: Path, h264: Footage) -> None:
    init = init_segment(h264.codec, h264.info.parameter_sets, h264.width, h264.height)
    timeline, parts = Timeline(), [init.segment]
    for index, pts in irregular(h264):
        data, keyframe = h264.units[index % 50]
        slot = timeline.place(pts, keyframe=keyframe)
        parts.append(
            fragment(
                h264.codec,
                data,
                sequence=index,
                decode_time=slot.dts,
                duration=slot.duration,
                offset=slot.pts - slot.dts,
                keyframe=keyframe,
            )
        )
    with av.open(io.BytesIO(b"".join(parts)), format="mp4") as played:
        whole = len(list(played.decode(video=0)))
    text = FILE_PAGE.replace("MIME", repr(init.mime)).replace("PARTS", str(len(parts)))
    async with page(text, tmp_path, parts) as told:
        result = await asyncio.wait_for(told, 90)
    assert "error" not in result, result
    assert len(result["ranges"]) == 1
    assert result["frames"] >= 0.95 * whole


async def test_sound_plays_beside_the_picture(tmp_path: Path, h264: Footage) -> None:
    """Also while the camera says nothing for half a second: the picture must not wait for it."""
    init = init_segment(h264.codec, h264.info.parameter_sets, h264.width, h264.height, sound=RATE)
    timeline, parts, sound = Timeline(), [init.segment], None
    heard = sounds(AudioCodec.G711A)
    for index in range(100):
        data, keyframe = h264.units[index % 50]
        slot = timeline.place(index * TICKS, keyframe=keyframe)
        place = {"decode_time": slot.dts, "duration": slot.duration, "offset": slot.pts - slot.dts}
        parts.append(fragment(h264.codec, data, sequence=index, keyframe=keyframe, **place))
        sound = sound or SoundTrack(slot.pts)
        messages = sound.keep_up(slot.pts)
        if not 40 <= index < 55:
            messages += sound.feed(Sound(AudioCodec.G711A, heard[index % 50][0], 0, 0.0), slot.pts)
        parts += [message[message.index(b"moof") - 4 :] for message in messages]
    counted = "video.getVideoPlaybackQuality().totalVideoFrames, sound: video.webkitAudioDecodedByteCount"
    text = FILE_PAGE.replace("MIME", repr(init.mime)).replace("PARTS", str(len(parts)))
    text = text.replace("video.getVideoPlaybackQuality().totalVideoFrames", counted)
    async with page(text, tmp_path, parts) as told:
        result = await asyncio.wait_for(told, 90)
    assert len(result["ranges"]) == 1
    assert result["ranges"][0][1] - result["ranges"][0][0] > 3.3
    assert result["frames"] >= 80
    assert result["sound"] > 1_000
