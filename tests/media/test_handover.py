"""Handing over to another media server: what it asks, what it is told, and how a revocation reaches its viewers."""

import asyncio
import contextlib
import json
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from commonsight.clock import SystemClock
from commonsight.connect import service
from commonsight.connect.model import Address, Session, SourceError
from commonsight.gate import service as gate
from commonsight.gate.model import Action
from commonsight.media.handover import service as handover
from commonsight.media.handover.model import Ask, Call, from_form, from_json
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import Database

from .test_node import Platform, running, until
from .world import camera_id

CAMERA = camera_id("h264")
MTX = {
    "user": "",
    "password": "",
    "token": "",
    "ip": "192.0.2.7",
    "action": "read",
    "path": str(CAMERA),
    "protocol": "rtsp",
    "id": "8b1f",
    "query": "ticket=abc",
}


def test_what_mediamtx_posts_is_read() -> None:
    assert from_json(MTX) == Ask(Call.WATCH, CAMERA, "abc", "192.0.2.7", "8b1f")
    assert from_json(MTX | {"path": f"cameras/{CAMERA}", "query": "", "token": "tok"}).ticket == "tok"
    assert from_json(MTX | {"query": "", "user": "x", "password": "pw"}).ticket == "pw"
    assert from_json(MTX | {"protocol": "hls"}).connection == ""


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"action": "publish"}, "media.handover_action", 403),
        ({"action": "playback"}, "media.handover_action", 403),
        ({"action": "api"}, "media.handover_action", 403),
        ({"path": "all"}, "media.camera_invalid", 404),
        ({"query": ""}, "media.handover_credentials", 401),
        ({"ip": 7}, "media.handover_form", 422),
        ({"query": "x" * 501}, "media.handover_form", 422),
    ],
)
def test_what_mediamtx_may_not_ask(change: dict[str, Any], code: str, status: int) -> None:
    with pytest.raises(Refusal) as refused:
        from_json(MTX | change)
    assert (refused.value.code, refused.value.status) == (code, status)


def test_what_nginx_rtmp_posts_is_read() -> None:
    form = {"call": "play", "addr": "192.0.2.7", "clientid": "5", "name": str(CAMERA), "ticket": "abc"}
    assert from_form(form) == Ask(Call.WATCH, CAMERA, "abc", "192.0.2.7", "5")
    assert from_form(form | {"call": "update_play"}).call is Call.STAY
    assert from_form(form | {"call": "play_done"}).call is Call.GONE
    assert from_form(form | {"call": "update_publish"}).call is Call.FEED
    for call in ("record_done", "connect", ""):
        with pytest.raises(Refusal, match="handover_action"):
            from_form(form | {"call": call})


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.sampled_from(list(MTX)), inner)
    )
)
def test_any_json_may_come(document: Any) -> None:
    for asked in (document, MTX | document if isinstance(document, dict) else document):
        with contextlib.suppress(Refusal):
            assert from_json(asked).ticket


@pytest.fixture
async def platform(database: Database, tmp_path: Path) -> AsyncIterator[Platform]:
    async with running(database, tmp_path) as made:
        yield made


async def ask(platform: Platform, ticket: str, call: Call = Call.WATCH, address: str = "192.0.2.7") -> int:
    """The status the hook answers with."""
    try:
        async with platform.database.write() as session:
            asked = Ask(call, CAMERA, ticket, address, "1")
            await handover.authorise(session, asked, SystemClock().now())
    except Refusal as refusal:
        return refusal.status
    return 204


async def test_a_view_by_another_server_is_a_line_of_the_register(platform: Platform) -> None:
    issued = await platform.issue()
    assert await ask(platform, issued.ticket) == 204
    assert await ask(platform, issued.ticket, Call.STAY) == 204
    assert await ask(platform, issued.ticket) == 204
    [line] = await platform.lines()
    assert (line["node"], line["closed_at"]) == ("media-server", None)
    assert line["opened_at"]
    assert line["first_frame_at"]
    assert await ask(platform, issued.ticket, Call.GONE) == 204
    [line] = await platform.lines()
    assert line["close_reason"] == "viewer_left"


async def test_who_may_not_watch_is_refused(platform: Platform) -> None:
    issued, revoked = await platform.issue(), await platform.issue()
    await platform.revoke(revoked.permit.id)
    assert await ask(platform, "guess") == 404
    assert await ask(platform, revoked.ticket) == 403
    assert await ask(platform, issued.ticket) == 204
    assert await ask(platform, issued.ticket, address="192.0.2.8") == 403  # the ticket is the first address's
    await platform.revoke(issued.permit.id)
    assert await ask(platform, issued.ticket, Call.STAY) == 403
    await until(lambda: ended(platform, "permit_revoked"))


async def ended(platform: Platform, reason: str) -> bool:
    return any(line["close_reason"] == reason for line in await platform.lines())


async def test_a_permit_with_limits_and_a_servers_own_key_show_nothing(platform: Platform) -> None:
    issued = await platform.issue()
    async with platform.database.write() as session:
        await session.execute(text('UPDATE permits SET limits = \'{"mask": "faces"}\''))
    assert await ask(platform, issued.ticket) == 403
    server = await server_ticket(platform)
    assert await ask(platform, server) == 403
    assert await ask(platform, server, Call.FEED) == 204
    assert await ask(platform, issued.ticket, Call.FEED) == 403


async def server_ticket(platform: Platform) -> str:
    async with platform.database.write() as session:
        issued = await gate.issue_platform(
            session, platform_id=uuid7(), name="nginx", organisation="", cameras=[CAMERA], action=Action.LIVE,
            hours=1, holder_kind="server",
        )  # fmt: skip
    return issued.ticket


# --- a real server --------------------------------------------------------------------------------------------------

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
CONFIG = """
daemon off; master_process off; pid {directory}/nginx.pid; error_log {directory}/error.log info;
load_module {module};
events {{ worker_connections 64; }}
rtmp {{
  server {{
    listen 127.0.0.1:{port};
    notify_method post;
    application live {{
      live on; wait_video on;
      allow publish 127.0.0.1; deny publish all;
      on_play {hook}; on_update {hook}; on_play_done {hook};
      notify_update_timeout 1s; notify_update_strict on;
      exec_pull {ffmpeg} -v error -rtsp_transport tcp -i {source} -c copy -f flv rtmp://127.0.0.1:{port}/live/$name?ticket={ticket};
    }}
  }}
}}
"""


@asynccontextmanager
async def hook(platform: Platform) -> AsyncIterator[tuple[str, list[str]]]:
    """The API's hook, alone: what it was asked, in order."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        if request.query.get("key") != "secret":
            return web.Response(status=403)
        fields = dict(await request.post())
        asked.append(str(fields.get("call")))
        try:
            async with platform.database.write() as session:
                words = {key: str(value) for key, value in fields.items()}
                await handover.authorise(session, from_form(words), SystemClock().now())
        except Refusal as refusal:
            return web.Response(status=refusal.status)
        return web.Response(status=204)

    app = web.Application()
    app.add_routes([web.post("/authorize", answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/authorize?key=secret", asked
    finally:
        await runner.cleanup()


@asynccontextmanager
async def nginx(directory: Path, address: str, source: str) -> AsyncIterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = int(taken.getsockname()[1])
    config = directory / "nginx.conf"
    ffmpeg = shutil.which("ffmpeg")
    config.write_text(
        CONFIG.format(
            directory=directory,
            module=MODULE,
            port=port,
            hook=address,
            source=source,
            ffmpeg=ffmpeg,
            ticket=source.partition("ticket=")[2],
        )
    )
    assert NGINX is not None
    child = await asyncio.create_subprocess_exec(
        *(NGINX, "-c", str(config), "-p", str(directory), "-e", str(directory / "error.log")),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield port
    finally:
        child.terminate()
        try:
            await asyncio.wait_for(child.wait(), 10)
        except TimeoutError:
            child.kill()
            await child.wait()


async def probe(port: int, ticket: str, seconds: float) -> tuple[list[dict[str, Any]], asyncio.subprocess.Process]:
    url = f"rtmp://127.0.0.1:{port}/live/{CAMERA}?{urlencode({'ticket': ticket})}"
    child = await asyncio.create_subprocess_exec(
        *("ffprobe", "-v", "error", "-show_entries", "packet=pts_time,flags", "-read_intervals", f"%+{seconds}"),
        *("-of", "json", url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, _ = await asyncio.wait_for(child.communicate(), 40)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return json.loads(out or b"{}").get("packets", []), child


@pytest.mark.skipif(
    NGINX is None or not MODULE.exists() or shutil.which("ffprobe") is None,
    reason="needs the Debian packages nginx-light, libnginx-mod-rtmp and ffmpeg",
)
async def test_nginx_shows_cameras_to_who_has_a_ticket_and_to_nobody_else(platform: Platform, tmp_path: Path) -> None:
    port = platform.settings.media.rtsp_port
    source = f"rtsp://127.0.0.1:{port}/{CAMERA}?ticket={await server_ticket(platform)}"
    issued = await platform.issue()
    async with hook(platform) as (address, asked), nginx(tmp_path, address, source) as rtmp:
        packets, _ = await probe(rtmp, "guess-" + uuid4().hex, 1)
        assert packets == []
        packets, _ = await probe(rtmp, issued.ticket, 2)
        assert len(packets) >= 25
        assert asked[:2] == ["play", "play"]
        assert "update_publish" in asked
        asked.clear()
        other = await platform.issue()
        watching = asyncio.create_task(probe(rtmp, other.ticket, 600))
        await until(lambda: _told(asked, "update_play", 4), 30)
        await platform.revoke(other.permit.id)
        packets, child = await asyncio.wait_for(watching, 20)  # nginx cuts the player, who has pictures until then
        assert packets
        assert child.returncode is not None
    held = {line["holder_kind"]: line for line in await platform.lines()}
    assert held["server"]["node"] == "media-1"
    assert held["person"]["node"] == "media-server"


async def _told(asked: list[str], call: str, times: int) -> bool:
    return asked.count(call) >= times


async def test_a_revocation_cuts_the_servers_own_pull(platform: Platform) -> None:
    port = platform.settings.media.rtsp_port
    pulled = await service.open(
        Address.at(f"rtspt://127.0.0.1:{port}/{CAMERA}?ticket={await server_ticket(platform)}"), timeout=10
    )
    try:
        issued, other = await platform.issue(), await platform.issue()
        assert await ask(platform, issued.ticket) == 204
        await platform.revoke(other.permit.id)  # was handed out by nobody: nothing is cut
        async with asyncio.timeout(5):
            count = 0
            async for _ in pulled:
                count += 1
                if count == 20:
                    break
        await platform.revoke(issued.permit.id)
        with pytest.raises(SourceError):
            await asyncio.wait_for(drain(pulled), 5)
    finally:
        await pulled.close()


async def drain(session: Session) -> None:
    async for _ in session:
        pass
