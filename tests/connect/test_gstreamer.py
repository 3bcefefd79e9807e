"""Our client against a server written by others: GStreamer's, from Debian, in a process of its own."""

import itertools
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from commonsight.connect import service
from commonsight.connect.model import Address, Codec, SourceCode, SourceError
from commonsight.connect.rtsp_udp import Datagrams
from commonsight.connect.wire.codec import NAL_CODECS
from commonsight.connect.wire.nal import PARAMETER_SETS, nal_type, split

from .peers import ffmpeg

PYTHON = "/usr/bin/python3"
PROBE = """
import gi
gi.require_version("Gst", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer
Gst.init(None)
missing = [n for n in ("x264enc", "rtph265pay", "h265parse", "qtdemux", "alawenc") if not Gst.ElementFactory.find(n)]
raise SystemExit("missing elements: " + " ".join(missing) if missing else 0)
"""
PACKAGES = "python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-{base,good,bad,ugly}"
SECONDS, RATE = 6, 10


@pytest.fixture(scope="module")
def gstreamer() -> None:
    if shutil.which(PYTHON) is None:
        pytest.skip(f"needs Debian's {PYTHON} with {PACKAGES}")
    found = subprocess.run([PYTHON, "-c", PROBE], capture_output=True, text=True, timeout=60)
    if found.returncode:
        last = (found.stderr.strip().splitlines() or ["?"])[-1]
        pytest.skip(f"needs the Debian packages {PACKAGES}: {last}")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, gstreamer: None) -> list[Path]:
    """The same picture in both codecs, as MP4, with one slice a picture and with several."""
    made = []
    for codec, more in (
        ("libx264", ["-slices", "3"]),
        ("libx265", ["-x265-params", "log-level=none:bframes=0", "-tag:v", "hvc1"]),
    ):
        path = tmp_path_factory.mktemp("clip") / f"{codec}.mp4"
        source = f"testsrc2=size=640x360:rate={RATE}:duration={SECONDS}"
        command = [ffmpeg(), "-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", "-c:v", codec]
        command += ["-preset", "ultrafast", "-bf", "0", "-g", str(RATE), *more, str(path)]
        subprocess.run(command, check=True, timeout=60)
        made.append(path)
    return made


def run(*arguments: object) -> Iterator[int]:
    script = Path(__file__).with_name("gstreamer_server.py")
    server = subprocess.Popen([PYTHON, str(script), *map(str, arguments)], stdout=subprocess.PIPE, text=True)
    try:
        yield int(server.stdout.readline())
    finally:
        server.terminate()
        server.wait(10)
        server.stdout.close()


@pytest.fixture(scope="module")
def port(files: list[Path]) -> Iterator[int]:
    yield from run(*files)


@pytest.fixture(scope="module")
def guarded_port(files: list[Path]) -> Iterator[int]:
    yield from run(*files, "operator", "s3cret")


async def take(session, count):
    found = []
    async for unit in session:
        found.append(unit)
        if len(found) == count:
            return found
    return found


def unpacked(codec: Codec, path: Path) -> bytes:
    """The file's video as a byte stream."""
    form = "h264" if codec is Codec.H264 else "hevc"
    command = [ffmpeg(), "-v", "error", "-i", str(path), "-c", "copy", "-f", form, "-"]
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout


@pytest.mark.parametrize("codec", NAL_CODECS)
async def test_what_comes_over_the_wire_is_what_the_encoder_made(port, files, codec):
    """Every picture unit of the file arrives, byte for byte, in order."""
    path = files[NAL_CODECS.index(codec)]
    stream = unpacked(codec, path)
    count = SECONDS * RATE - 5
    session = await service.open(Address.from_url(f"rtsp://127.0.0.1:{port}/{codec}"))
    units = await take(session, count)
    await session.close()

    assert (session.info.codec, session.info.width, session.info.height) == (codec, 640, 360)
    kinds = [nal_type(codec, u[0]) for u in session.info.parameter_sets]
    assert tuple(kinds) == PARAMETER_SETS[codec]
    assert units[0].keyframe
    assert [u.pts for u in units] == [i * 9000 for i in range(count)]
    assert sum(u.keyframe for u in units) == -(-count // RATE)
    sent = [u for u in split(stream) if _picture(codec, u)]
    got = [u for unit in units for u in split(unit.data) if _picture(codec, u)]
    assert got == sent[: len(got)]
    assert len(got) >= count
    assert (session.counters.packets_lost, session.counters.units_broken) == (0, 0)


def _picture(codec, unit):
    kind = nal_type(codec, unit[0])
    return kind in (1, 5) if codec is Codec.H264 else kind < 32


async def test_video_is_taken_where_sound_comes_first(port):
    session = await service.open(Address.from_url(f"rtsp://127.0.0.1:{port}/both"))
    units = await take(session, 30)
    await session.close()
    assert session.info.width == 320
    steps = [b.pts - a.pts for a, b in itertools.pairwise(units)]
    assert all(abs(step - 3600) <= 90 for step in steps)


@pytest.mark.parametrize("codec", NAL_CODECS)
async def test_over_udp_the_same_pictures_come(port, files, codec):
    """The foreign server agrees to datagrams; every picture unit arrives, byte for byte."""
    stream = unpacked(codec, files[NAL_CODECS.index(codec)])
    session = await service.open(Address.from_url(f"rtspu://127.0.0.1:{port}/{codec}"))
    units = await take(session, 3 * RATE)
    counters = session.counters
    await session.close()
    assert isinstance(session._carrier, Datagrams)
    sent = [u for u in split(stream) if _picture(codec, u)]
    got = [u for unit in units for u in split(unit.data) if _picture(codec, u)]
    assert got == sent[: len(got)]
    assert (counters.packets_lost, counters.units_broken) == (0, 0)


async def test_digest(guarded_port):
    url = f"rtsp://127.0.0.1:{guarded_port}/h264"
    session = await service.open(Address("rtsp", url, "operator", "s3cret"))
    assert (await take(session, 1))[0].keyframe
    await session.close()
    for wrong in (Address("rtsp", url, "operator", "guess"), Address("rtsp", url)):
        with pytest.raises(SourceError) as caught:
            await service.open(wrong)
        assert caught.value.code is SourceCode.UNAUTHORIZED


async def test_a_path_that_is_not_there(port):
    with pytest.raises(SourceError) as caught:
        await service.open(Address.from_url(f"rtsp://127.0.0.1:{port}/nothing"))
    assert caught.value.code is SourceCode.NOT_FOUND
