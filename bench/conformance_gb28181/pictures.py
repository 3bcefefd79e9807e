"""Pictures: PS of a foreign muxer comes in by every transport and is decoded; PS of ours is read by ffmpeg."""

import asyncio
import shutil
import sys
from pathlib import Path

import av

from bench.conformance_gb28181 import sipp
from bench.conformance_gb28181.capture import Capture
from bench.conformance_gb28181.house import House, free_port
from bench.conformance_gb28181.table import Table
from commonsight.clock import SystemClock
from commonsight.connect.gb28181.invite_ask import Transport
from commonsight.connect.gb28181.line import Line
from commonsight.connect.gb28181.session_open import Wish, open_wish
from commonsight.connect.model import SourceError
from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.ps_mux import Muxer
from commonsight.vision.decode import Decoder

SECONDS = 8
RATE = 25
UNITS = 50
"""Pictures waited for: two seconds."""
ENCODERS = {Codec.H264: "libx264", Codec.H265: "libx265"}
MUXER = """
import sys, gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
Gst.init(None)
line = Gst.parse_launch(f"filesrc location={sys.argv[1]} ! h264parse ! mpegpsmux ! filesink location={sys.argv[2]}")
line.set_state(Gst.State.PLAYING)
message = line.get_bus().timed_pop_filtered(30 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
line.set_state(Gst.State.NULL)
sys.exit(0 if message is not None and message.type == Gst.MessageType.EOS else 1)
"""
"""GStreamer's muxer, in the system's Python, which has its bindings. It knows H.264 only."""
SYSTEM_PYTHON = "/usr/bin/python3"
CASES: tuple[tuple[Transport, Codec, str], ...] = (
    ("udp", Codec.H264, "45010000001320000041"),
    ("udp", Codec.H265, "45010000001320000042"),
    ("tcp-passive", Codec.H264, "45010000001320000043"),
    ("tcp-active", Codec.H264, "45010000001320000044"),
)
HOW: dict[Transport, tuple[str, str, str]] = {
    "udp": ("udp", "RTP/AVP", "a=x-none:1"),
    "tcp-passive": ("connect", "TCP/RTP/AVP", "a=setup:active"),
    "tcp-active": ("listen", "TCP/RTP/AVP", "a=setup:passive"),
}


async def check(house: House, table: Table) -> None:
    """All of it."""
    films = {codec: await _read_by_ffmpeg(house, table, codec) for codec in ENCODERS}
    foreign = await _foreign(house.home)
    if foreign is None:
        table.skip("PS", "pictures of a foreign muxer", "picture", "GStreamer's Python bindings are not installed")
    line = Line(house.database, house.settings.sip, "conformance")
    for transport, codec, device in CASES:
        theirs = codec is Codec.H264 and foreign is not None
        film, muxer = (foreign, "GStreamer") if theirs and foreign else (films[codec], "us")
        await _plays(house, table, line, transport, film, muxer, codec, device)
    await line.close()


async def dissected(house: House, capture: Capture, table: Table) -> None:
    """The stream number we asked for is the one on the wire."""
    if capture.why_not:
        table.skip("RTP", "stream numbers on the wire", "tshark", capture.why_not)
        return
    first, last = house.settings.sip.zones[0].media_ports
    asked = await capture.fields('sip.Method == "INVITE" && sdp', "sip.Subject")
    wanted = {int(row[0].split(":")[1].split(",")[0]) for row in asked}
    rows = await capture.fields("rtp", "rtp.ssrc", "rtp.p_type", more=("-d", f"udp.port=={first}-{last},rtp"))
    seen = {int(row[0], 16) for row in rows if row[0]}
    table.note(
        "RTP", "udp", "packets carry the stream number of the Subject", "tshark", bool(seen) and seen <= wanted, seen
    )
    kinds = {row[1] for row in rows if row[0]}
    table.note("RTP", "udp", "payload type 96, as offered", "tshark", kinds == {"96"}, kinds)


async def _plays(
    house: House,
    table: Table,
    line: Line,
    transport: Transport,
    film: Path,
    muxer: str,
    codec: Codec,
    device: str,
) -> None:
    own = free_port()
    how, profile, setup = HOW[transport]
    sender = f"{sys.executable} -m bench.conformance_gb28181.sender --file {film} --how {how} --own {own}"
    keys = ("-key", "sender", sender, "-key", "profile", profile, "-key", "setup", setup, "-key", "film_port", str(own))
    name, words = codec.value.upper().replace("H26", "H.26"), ""
    decoder, decoded, units = Decoder(codec.value), 0, 0
    async with sipp.staying(house, device, "invite_film", more=keys):
        try:
            session = await open_wish(
                Wish(device, device, transport=transport), timeout=20, clock=SystemClock(), line=line
            )
            try:
                async with asyncio.timeout(20):
                    async for unit in session:
                        decoded += len(decoder.feed(unit.data, unit.pts))
                        units += 1
                        if units >= UNITS:
                            break
                lost = session.counters.packets_lost + session.counters.units_broken
            finally:
                await session.close()
            good = decoded >= UNITS - 5 and not lost
            words = f"{units} units, {decoded} pictures, {lost} lost or broken"
        except (SourceError, TimeoutError) as error:
            good, words = False, f"{error!r} after {units} units"
        table.note("PS", transport, f"{name} muxed by {muxer} is received and decoded", "picture", good, words)
        free = await house.until("SELECT count(*) FROM gb_dialogs WHERE device = :code", 0, code=device)
        table.note("PS", transport, f"{name}: after closing nothing is left", "state", free)


async def _foreign(home: Path) -> Path | None:
    """H.264 as PS by GStreamer; None where it is not installed."""
    raw, path = await _film(home, Codec.H264, "h264"), home / "foreign.ps"
    if shutil.which(SYSTEM_PYTHON) is None:
        return None
    await _run(SYSTEM_PYTHON, "-c", MUXER, str(raw), str(path))
    return path if await asyncio.to_thread(_filled, path) else None


def _filled(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


async def _read_by_ffmpeg(house: House, table: Table, codec: Codec) -> Path:
    raw = await _film(house.home, codec, "h264" if codec is Codec.H264 else "hevc")
    path = house.home / f"ours-{codec.value}.ps"
    written = await asyncio.to_thread(_mux, raw, path, codec)
    counted = await _run(
        "ffprobe", "-v", "error", "-f", "mpeg", "-count_frames", "-select_streams", "v:0",
        "-show_entries", "stream=codec_name,width,nb_read_frames", "-of", "csv=p=0", str(path),
    )  # fmt: skip
    name = codec.value.upper().replace("H26", "H.26")
    table.note("PS", "", f"{name} muxed by us: ffmpeg finds every picture", "ffmpeg", f",{written}" in counted, counted)
    return path


def _mux(raw: Path, path: Path, codec: Codec) -> int:
    """Writes our own PS of a raw stream; how many pictures it has."""
    muxer, count = Muxer(codec), 0
    with av.open(str(raw)) as source, path.open("wb") as target:
        for packet in source.demux(video=0):
            if packet.size:
                target.write(muxer.video(bytes(packet), count * 90_000 // RATE, keyframe=packet.is_keyframe))
                count += 1
        target.write(muxer.end())
    return count


async def _film(home: Path, codec: Codec, form: str) -> Path:
    path = home / f"film-{codec.value}.{form}"
    extra = ("-x265-params", "log-level=none:bframes=0:keyint=25") if codec is Codec.H265 else ("-bf", "0", "-g", "25")
    await _run(
        "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", f"testsrc2=size=320x240:rate={RATE}", "-t", str(SECONDS),
        "-pix_fmt", "yuv420p", "-c:v", ENCODERS[codec], "-preset", "ultrafast", *extra, "-f", form, str(path),
    )  # fmt: skip
    return path


async def _run(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    return out.decode("utf-8", "replace").strip()
