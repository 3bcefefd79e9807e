"""How each kind of door is tried: somebody stands before it with a ticket, and what comes out is looked at."""

import asyncio
import contextlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import httpx

from commonsight.clock import SystemClock
from commonsight.connect.gb28181.line import Line
from commonsight.gate import service as gate
from commonsight.gate.model import OF_FOOTAGE, Action
from commonsight.media import packets as wire
from commonsight.media.bridge.service import Bridges
from commonsight.media.doors import HEADER
from commonsight.media.gate_admission import GateAdmission
from commonsight.media.hub import Hub
from commonsight.media.rtsp_out.server import RtspOut
from commonsight.problem import Refusal
from tests.media.test_node import Platform, camera_id

SECONDS = 8.0
"""Longest wait for a picture. A door that has refused says so at once; one that opens shows something soon."""

_TICKET = re.compile(r"ticket=[\w-]{43}")

HEADS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG": "PNG",
    b"GIF8": "GIF",
    b"\x00\x00\x00\x01": "Annex B",
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket and the secret its viewer keeps."""

    text: str
    secret: str | None
    permit: UUID | None = None


async def ticket(platform: Platform, caller: Any, action: Action) -> Ticket:
    """A good ticket for the camera `h264`, bound to a viewer."""
    secret = secrets.token_urlsafe(32)
    now = SystemClock().now()
    footage = (now - timedelta(hours=2), now - timedelta(hours=1)) if action in OF_FOOTAGE else None
    async with platform.database.write() as session:
        made = await gate.issue(
            session, caller=caller, cameras=[camera_id("h264")], purpose_code="training", purpose_text="",
            action=action, footage=footage, viewer=secret,
        )  # fmt: skip
    return Ticket(made.ticket, secret, made.permit.id)


def looks_like_pictures(data: bytes, kind: str = "") -> str:
    """What a body is, when it is a picture; else nothing."""
    if kind.startswith(("image/", "video/", "multipart/")):
        return kind
    for head, name in HEADS.items():
        if data.startswith(head):
            return name
    return "fragmented MP4" if data[4:8] in (b"ftyp", b"moof", b"styp", b"moov") else ""


def pictures_in(answer: httpx.Response) -> str:
    """What of an answer of the API is a picture, or opens one."""
    found = looks_like_pictures(answer.content[:64], answer.headers.get("content-type", ""))
    return found or ("a ticket" if answer.status_code < 400 and _TICKET.search(answer.text) else "")


# --- the API: requests made from its own description ----------------------------------------------------------------


def filled(
    schema: dict[str, Any], method: str, path: str, camera: UUID, action: Action
) -> tuple[str, Any, dict[str, Any]]:
    """A request that means this camera: path, body, query, from what the OpenAPI document says is asked for."""
    operation = schema["paths"].get(path, {}).get(method.lower(), {})
    said: dict[str, Any] = _words(camera, action)
    at = path
    query = {}
    for parameter in operation.get("parameters", []):
        name = parameter["name"]
        value = said.get(name, str(uuid4()) if parameter["in"] == "path" else None)
        if parameter["in"] == "path":
            kind = parameter.get("schema", {}).get("type")
            at = at.replace("{" + name + "}", "1" if kind == "integer" else str(value))
        elif parameter["in"] == "query" and (parameter.get("required") or name in ("from", "to", "camera")):
            query[name] = value if value is not None else "1"
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return at, None if content is None else _body(schema, content, said), query


def _words(camera: UUID, action: Action) -> dict[str, Any]:
    now = SystemClock().now()
    begin, end = (now - timedelta(hours=2)).isoformat(), (now - timedelta(hours=1)).isoformat()
    return {
        "camera_id": str(camera), "camera": str(camera), "cameras": [str(camera)], "camera_ids": [str(camera)],
        "purpose_code": "training", "purpose_text": "看一看这扇门", "reason": "看一看这扇门",
        "from": begin, "to": end, "starts_at": begin, "ends_at": end, "footage": {"from": begin, "to": end},
        "minutes": 5, "emergency": False, "action": {"control": "stop"}.get(action.value, action.value),
    }  # fmt: skip


def _body(schema: dict[str, Any], asked: dict[str, Any], said: dict[str, Any], depth: int = 0) -> Any:
    """A body with the words we have for its fields, and for what else is required what the description proposes."""
    asked = _resolved(schema, asked)
    made = {}
    for name, field in asked.get("properties", {}).items():
        if name in said:
            made[name] = said[name]
        elif name in asked.get("required", []) and depth < 4:
            made[name] = _value(schema, field, said, depth)
    return made


def _value(schema: dict[str, Any], field: dict[str, Any], said: dict[str, Any], depth: int) -> Any:
    field = _resolved(schema, field)
    for known in ("default", "const"):
        if field.get(known) is not None:
            return field[known]
    if field.get("examples"):
        return field["examples"][0]
    if field.get("enum"):
        return field["enum"][0]
    if field.get("anyOf"):
        return _value(schema, field["anyOf"][0], said, depth)
    match field.get("type"):
        case "object":
            return _body(schema, field, said, depth + 1)
        case "array":
            return [_value(schema, field.get("items", {}), said, depth + 1)]
        case "integer" | "number":
            return field.get("minimum", 1)
        case "boolean":
            return False
    return str(uuid4()) if field.get("format") == "uuid" else "text"


def _resolved(schema: dict[str, Any], field: dict[str, Any]) -> dict[str, Any]:
    reference = field.get("$ref")
    if reference is None:
        return field
    found: dict[str, Any] = schema["components"]["schemas"][reference.rpartition("/")[2]]
    return found


# --- the media node -------------------------------------------------------------------------------------------------


async def by_http(
    web: aiohttp.ClientSession, platform: Platform, method: str, path: str, shown: Ticket, action: Action
) -> str:
    """What a route of the node shows, asked plainly and as a WebSocket; for a list of parts, by its first part."""
    camera = camera_id("h264")
    at = path.replace("{camera}", str(camera)).replace("{camera_id}", str(camera))
    headers = {} if shown.secret is None else {HEADER: shown.secret}
    query = {"ticket": shown.text, "camera": str(camera)}
    if action in OF_FOOTAGE:
        now = SystemClock().now()
        query |= {"from": (now - timedelta(hours=2)).isoformat(), "to": (now - timedelta(hours=1)).isoformat()}
    base = f"http://127.0.0.1:{platform.settings.media.port}"
    if at == f"/hls/{camera}/{{name}}":
        return await _first_part(web, f"{base}/hls/{camera}", query, headers)
    at = at.replace("{name}", "x")
    with contextlib.suppress(TimeoutError, aiohttp.ClientError):
        async with asyncio.timeout(SECONDS), web.request(method, base + at, params=query, headers=headers) as answer:
            found = looks_like_pictures(await answer.content.read(64), answer.headers.get("Content-Type", ""))
            if found or (answer.status == 200 and answer.headers.get("Content-Type", "").endswith("mpegurl")):
                return found or "a list of pictures"
            if answer.status not in (400, 426):
                return ""
    return await _by_socket(web, base + at, query, headers)


async def _by_socket(web: aiohttp.ClientSession, url: str, query: dict[str, str], headers: dict[str, str]) -> str:
    with contextlib.suppress(TimeoutError, aiohttp.ClientError):
        async with asyncio.timeout(SECONDS), web.ws_connect(url, params=query, headers=headers) as socket:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.BINARY:
                    return f"{len(message.data)} bytes"
    return ""


async def _first_part(web: aiohttp.ClientSession, url: str, query: dict[str, str], headers: dict[str, str]) -> str:
    with contextlib.suppress(TimeoutError, aiohttp.ClientError):
        async with asyncio.timeout(SECONDS):
            async with web.get(f"{url}/live.m3u8", params=query, headers=headers) as answer:
                listed = await answer.text()
            names = [line.partition('URI="')[2].partition('"')[0] for line in listed.splitlines() if "URI=" in line]
            for name in [*names, f"init1.mp4?s={query['ticket']}", f"init1.mp4?ticket={query['ticket']}"]:
                async with web.get(f"{url}/{name}", headers=headers) as answer:
                    found = looks_like_pictures(await answer.content.read(64), answer.headers.get("Content-Type", ""))
                    if found and answer.status == 200:
                        return found
    return ""


# --- doors that are no routes ---------------------------------------------------------------------------------------


async def good_for(platform: Platform, door: str, caller: Any, action: Action) -> Ticket:
    """A ticket this door opens for: none of them shows a viewer's secret."""
    async with platform.database.write() as session:
        match door:
            case "packets":  # for our own processes
                made = await gate.issue_system(session, name="test", purpose_code="analysis")
            case "bridge":  # for upper platforms
                made = await gate.issue_platform(
                    session, platform_id=uuid4(), name="upper", organisation="O", cameras=[camera_id("h264")],
                    action=action, hours=1,
                )  # fmt: skip
            case _:  # for programs, whose address is remembered
                made = await gate.issue(
                    session, caller=caller, cameras=[camera_id("h264")], purpose_code="training", purpose_text="",
                    action=action,
                )  # fmt: skip
    return Ticket(made.ticket, None, made.permit.id)


def hub_of(platform: Platform) -> Hub:
    """What all doors of a node stand before."""
    clock = SystemClock()
    return Hub(platform.settings.media, GateAdmission(platform.database, clock, "doors"), clock)


async def by_packets(platform: Platform, shown: Ticket) -> str:
    """The socket of analysis and recorders."""
    reader, writer = await asyncio.open_unix_connection(str(platform.settings.runtime_dir / "media-1.sock"))
    try:
        async with asyncio.timeout(SECONDS):
            writer.write(wire.control(wire.HELLO, {"ticket": shown.text, "camera": str(camera_id("h264"))}))
            kind = b""
            while kind not in (wire.UNIT, wire.END):
                kind, _ = await wire.receive(reader)
            return "an access unit" if kind == wire.UNIT else ""
    except (TimeoutError, OSError, asyncio.IncompleteReadError):
        return ""
    finally:
        writer.close()


async def by_rtsp(platform: Platform, shown: Ticket) -> str:
    """The RTSP port of a node."""
    hub = hub_of(platform)
    out = RtspOut(hub, platform.settings.media, SystemClock())
    port = await out.start("127.0.0.1", 0)
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            url = f"rtsp://127.0.0.1:{port}/{camera_id('h264')}?ticket={shown.text}"
            writer.write(f"DESCRIBE {url} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            writer.close()
            return "a description" if head.startswith(b"RTSP/1.0 200") else ""
    except (TimeoutError, OSError, asyncio.IncompleteReadError):
        return ""
    finally:
        await hub.stop()
        await out.stop()


async def by_bridge(platform: Platform, shown: Ticket) -> str:
    """A stream to an upper platform, as the signalling process orders it."""
    hub, line = hub_of(platform), Line(platform.database, platform.settings.sip, "doors")
    bridges = Bridges(
        hub, line, SystemClock(), "doors", limit=platform.settings.media.viewer_bytes, database=platform.database,
        folder=platform.settings.data_dir,
    )  # fmt: skip
    order = {
        "bridge": "1", "ticket": shown.text, "camera": str(camera_id("h264")), "action": "live",
        "zone": platform.settings.sip.zones[0].name, "transport": "udp", "host": "127.0.0.1", "port": 9, "ssrc": 1,
        "payload_type": 96,
    }  # fmt: skip
    try:
        async with asyncio.timeout(SECONDS):
            return str((await bridges._do("open", order))["codec"])
    except (Refusal, TimeoutError):
        return ""
    finally:
        await bridges._do("close", order)
        await hub.stop()
        await line.close()
