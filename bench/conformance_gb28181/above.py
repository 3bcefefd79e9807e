"""The upper direction: sipp is the platform above us; it registers us, asks, watches a camera, is refused."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bench.conformance_gb28181.house import PASSWORD, House, free_port
from bench.conformance_gb28181.pictures import RATE, _film, _run
from bench.conformance_gb28181.sipp import SCENARIOS, SECONDS, Ran
from bench.conformance_gb28181.table import Table
from commonsight.catalog import secrets
from commonsight.connect.gb28181.above import store
from commonsight.connect.gb28181.above.model import Right, Share
from commonsight.connect.gb28181.above.service import DEFAULTS
from commonsight.connect.wire import rtp
from commonsight.connect.wire.codec import Codec
from commonsight.gate.grant_model import Selection
from commonsight.records.base import uuid7
from commonsight.simulate.gb28181.film import load
from commonsight.simulate.gb28181.fleet import Fleet, FleetPlan

UPPER = "44000000002000000001"
SECRET = "between-us"
STATE = "SELECT state FROM cascade_uppers WHERE code = :code"
SHOWN = "SELECT min(code) FROM cascade_ids WHERE kind = 'camera' AND rights <> 0"


async def check(house: House, table: Table) -> None:
    """All of it."""
    secrets.install(house.settings.data_dir)
    film = load("conformance", (await _film(house.home, Codec.H264, "h264")).read_bytes(), Codec.H264, RATE)
    plan = FleetPlan(platforms=1, cameras=6, transport="udp", password=PASSWORD, spread=0)
    fleet = Fleet(plan, server=house.settings.sip.id, to=("127.0.0.1", house.port), films=[film])
    port = free_port()
    async with fleet, _media(house), _staying(house, port, SECRET):
        table.note("REGISTER", "up", "cameras to be shared are there", "state", await fleet.all_registered(30))
        code = await _share(house, fleet, port)
        good = await house.until(STATE, "registered", seconds=30, code=UPPER)
        table.note("REGISTER", "up", "the challenge of the platform above is answered", "sipp", good)
        kept = await house.until(
            "SELECT keepalive_at IS NOT NULL FROM cascade_uppers WHERE code = :code", True, seconds=30, code=UPPER
        )
        table.note("Keepalive", "up", "is sent and confirmed", "sipp", kept)
        ran = await _asked(house, "above_ask", channel=code)
        table.note("Catalog", "up", "queries from above are confirmed", "sipp", ran.good, ran.words)
        ran = await _asked(house, "above_refused", channel="45010200001320999999")
        table.note("INVITE", "up", "what is not shared is answered 404", "sipp", ran.good, ran.words)
        await _watched(house, table, code)
    wrong = free_port()
    async with _staying(house, wrong, "another"):
        await _file(house, wrong, "43000000002000000001")
        refused = await house.until(STATE, "refused", seconds=30, code="43000000002000000001")
        table.note("REGISTER", "up", "a password it does not take is told as that", "sipp", refused)


async def _watched(house: House, table: Table, code: str) -> None:
    taker = _Taker()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: taker, ("127.0.0.1", 0))
    media = str(transport.get_extra_info("sockname")[1])
    ran = await _asked(
        house, "above_watch", channel=code, ssrc="0100004321", session="Play", span="0 0", media_to=media
    )
    table.note(
        "INVITE", "up", "is answered 200 with sendonly, PS and y=; BYE is confirmed", "sipp", ran.good, ran.words
    )
    left = await house.until("SELECT count(*) FROM cascade_calls", 0)
    table.note("BYE", "up", "from above: nothing is left", "state", left)
    transport.close()
    table.note("RTP", "up", "packets carry the stream number of the offer", "state", taker.numbers == {100_004_321},
               taker.numbers)  # fmt: skip
    path = house.home / "upward.ps"
    await asyncio.to_thread(path.write_bytes, taker.stream)
    counted = await _run(
        "ffprobe", "-v", "error", "-f", "mpeg", "-count_frames", "-select_streams", "v:0",
        "-show_entries", "stream=codec_name,nb_read_frames", "-of", "csv=p=0", str(path),
    )  # fmt: skip
    name, _, pictures = counted.partition(",")
    good = name == "h264" and pictures.isdigit() and int(pictures) > RATE
    table.note("PS", "up", "what is sent upward is read by ffmpeg", "ffmpeg", good, counted)


class _Taker(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.stream = b""
        self.numbers: set[int] = set()

    def datagram_received(self, data: bytes, addr: Any) -> None:  # noqa: ARG002
        packet = rtp.parse(data)
        if packet is not None:
            self.numbers.add(packet.ssrc)
            self.stream += bytes(packet.payload)


async def _file(house: House, port: int, code: str) -> Any:
    values = DEFAULTS | {
        "code": code, "name": "sipp", "domain": code[:10], "host": "127.0.0.1", "port": port, "keepalive_seconds": 5,
        "secret": secrets.installed().seal(SECRET),
    }  # fmt: skip
    upper = uuid7()
    async with house.database.write() as session:
        await store.insert(session, upper, values)
        await store.tell(session, upper)
    return upper


async def _share(house: House, fleet: Fleet, port: int) -> str:
    """File a camera and share it; its mapped id."""
    party = fleet.parties[0]
    number = next(each for each in range(fleet.plan.cameras) if party.catalogue.status(each) == "ON")
    camera, channel = uuid7(), party.catalogue.code(number)
    upper = await _file(house, port, UPPER)
    async with house.database.write() as session:
        await session.execute(
            text(
                "INSERT INTO cameras (id, code, name, region, grams, protocol, url, health) VALUES"
                " (:id, :code, '友谊路口', '450102', '{}', 'gb28181', :url, 1) ON CONFLICT DO NOTHING"
            ),
            {"id": camera, "code": channel, "url": f"gb28181://{party.who.code}/{channel}"},
        )
        await store.put_share(
            session, Share(uuid7(), upper, "all", Selection(everything=True), Right.LIVE, "own", True)
        )
        await store.tell(session, upper)
    await house.until(f"SELECT ({SHOWN}) IS NOT NULL", True, seconds=30)
    rows = await house.rows(SHOWN)
    return str(rows[0][0])


def _command(house: House, scenario: str, port: int, **keys: str) -> list[str]:
    named = {"device": house.settings.sip.id, "above": UPPER, "above_domain": UPPER[:10], "secret": SECRET} | keys
    return [
        "sipp", f"127.0.0.1:{house.port}", "-sf", str(SCENARIOS / f"{scenario}.xml"), "-i", "127.0.0.1",
        "-p", str(port), "-t", "u1", "-nostdin", "-trace_err", "-error_file", "errors.log",
        *(part for name, value in named.items() for part in ("-key", name, value)),
    ]  # fmt: skip


async def _asked(house: House, scenario: str, **keys: str) -> Ran:
    directory = house.home / f"sipp-{scenario}-{free_port()}"
    directory.mkdir()
    process = await asyncio.create_subprocess_exec(
        *_command(house, scenario, free_port(), **keys), "-m", "1", "-timeout", str(SECONDS), "-timeout_error",
        cwd=directory, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    code = await asyncio.wait_for(process.wait(), SECONDS + 30)
    log = directory / "errors.log"
    words = await asyncio.to_thread(_words, log)
    return Ran(code, words)


def _words(log: Path) -> str:
    return log.read_text("utf-8", "replace")[:400] if log.is_file() else ""


@asynccontextmanager
async def _staying(house: House, port: int, secret: str) -> AsyncIterator[None]:
    """sipp as a platform above that registers who proves `secret`."""
    directory = house.home / f"sipp-above-{port}"
    directory.mkdir()
    process = await asyncio.create_subprocess_exec(
        *_command(house, "above", port, secret=secret), cwd=directory,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


@asynccontextmanager
async def _media(house: House) -> AsyncIterator[None]:
    """A media process of the platform; without it nothing can be sent."""
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("COMMONSIGHT_")},
        "COMMONSIGHT_DATABASE__URL": house.database.url,
        "COMMONSIGHT_DATA_DIR": str(house.settings.data_dir),
        "COMMONSIGHT_MEDIA__PORT": str(free_port()),
        "COMMONSIGHT_SIP__ZONES": json.dumps([zone.model_dump() for zone in house.settings.sip.zones]),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "commonsight.processes.media", "--name", "media-1", env=environment,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await house.until("SELECT count(*) FROM nodes WHERE kind = 'media'", 1, seconds=60)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
