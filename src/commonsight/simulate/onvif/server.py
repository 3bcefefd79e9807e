"""A virtual ONVIF camera on aiohttp: answers by the service descriptions, checks passwords, turns in real time."""

import asyncio
import base64
import hashlib
import hmac
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast
from xml.etree.ElementTree import Element, ParseError

from aiohttp import web
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from commonsight.clock import Clock
from commonsight.simulate.onvif import answers
from commonsight.simulate.onvif.answers import Shown

SKEW = timedelta(seconds=30)
"""A proof of the password older or younger than this, by the camera's own clock, is refused."""
PRESETS_MOST = 64
SPEED = 0.5
"""Of full speed, in positions a second."""

_ENVELOPE = "{http://www.w3.org/2003/05/soap-envelope}"
_PUBLIC = frozenset({"GetSystemDateAndTime", "GetServices", "GetCapabilities"})


@dataclass
class Camera:
    """What the camera is. `ahead`: seconds its clock is ahead of ours; `services`: which it has."""

    shown: Sequence[Shown]
    username: str | None = None
    password: str = ""
    ahead: float = 0.0
    manufacturer: str = "Commonsight"
    model: str = "virtual"
    serial: str = "0001"
    name: str = "virtual camera"
    services: tuple[str, ...] = ("device", "media", "media2", "ptz")
    advertised: str | None = None
    """Base URL it names in its answers; None: the one it is asked by."""
    endpoint: str = field(default_factory=lambda: f"urn:uuid:{uuid.uuid4()}")


class Mount:
    """Where the camera looks, moved by time and not by a task."""

    def __init__(self, clock: Clock) -> None:
        self.presets: dict[str, tuple[str, tuple[float, float, float]]] = {}
        self._clock = clock
        self._place = (0.0, 0.0, 0.0)
        self._speed = (0.0, 0.0, 0.0)
        self._since = 0.0
        self._until = 0.0

    @property
    def moving(self) -> bool:
        return any(self._speed) and self._clock.monotonic() < self._until

    def place(self) -> tuple[float, float, float]:
        passed = max(0.0, min(self._clock.monotonic(), self._until) - self._since)
        pan, tilt, zoom = (p + s * SPEED * passed for p, s in zip(self._place, self._speed, strict=True))
        return max(-1.0, min(pan, 1.0)), max(-1.0, min(tilt, 1.0)), max(0.0, min(zoom, 1.0))

    def move(self, speed: tuple[float, float, float], seconds: float) -> None:
        self._place = self.place()
        self._speed, self._since = speed, self._clock.monotonic()
        self._until = self._since + seconds

    def go(self, place: tuple[float, float, float]) -> None:
        self._place, self._speed = place, (0.0, 0.0, 0.0)


class OnvifServer:
    """Serves one camera over HTTP and answers probes."""

    def __init__(self, camera: Camera, clock: Clock) -> None:
        self.camera = camera
        self.mount = Mount(clock)
        self.asked: list[str] = []
        """Operations in the order they came, the last thousand."""
        self._clock = clock
        self._nonces: set[str] = set()
        self._runner: web.AppRunner | None = None
        self._probes: asyncio.DatagramTransport | None = None
        self.url = ""

    async def start(self, host: str, port: int = 0) -> int:
        """Listen; returns the port. Raises OSError."""
        app = web.Application(client_max_size=262_144)
        app.router.add_post("/onvif/{service}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        bound = int(self._runner.addresses[0][1])
        self.url = f"http://{host}:{bound}/onvif/device_service"
        return bound

    async def answer_probes(self, host: str, port: int) -> int:
        """Answer WS-Discovery probes that are sent to `host`; returns the port."""
        loop = asyncio.get_running_loop()
        self._probes, _ = await loop.create_datagram_endpoint(lambda: _Prober(self), local_addr=(host, port))
        return int(self._probes.get_extra_info("sockname")[1])

    async def close(self) -> None:
        if self._probes is not None:
            self._probes.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def now(self) -> datetime:
        """The camera's own clock."""
        return self._clock.now() + timedelta(seconds=self.camera.ahead)

    def match(self, data: bytes) -> bytes | None:
        """The answer to a probe; None to anything else."""
        try:
            root = fromstring(data, forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError):
            return None
        message = root.findtext(".//{http://schemas.xmlsoap.org/ws/2004/08/addressing}MessageID")
        if root.find(".//{http://schemas.xmlsoap.org/ws/2005/04/discovery}Probe") is None or not message:
            return None
        scopes = f"onvif://www.onvif.org/name/{self.camera.name.replace(' ', '%20')} onvif://www.onvif.org/hardware/v1"
        address = self.url if self.camera.advertised is None else f"{self.camera.advertised}/onvif/device_service"
        return answers.PROBE_MATCH.format(
            message=f"urn:uuid:{uuid.uuid4()}", relates=message, endpoint=self.camera.endpoint, scopes=scopes,
            xaddrs=address,
        ).encode()  # fmt: skip

    async def _handle(self, request: web.Request) -> web.Response:
        try:
            root = fromstring(await request.read(), forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError):
            return web.Response(status=400)
        body = root.find(f"{_ENVELOPE}Body")
        if body is None or len(body) != 1:
            return web.Response(status=400)
        asked = body[0]
        operation = asked.tag.rpartition("}")[2]
        self.asked = [*self.asked[-999:], operation]
        if operation not in _PUBLIC and not self._proven(root):
            return _answer(answers.fault("ter:NotAuthorized", "Sender not authorized"), 400)
        said = self._said(operation, asked, f"http://{request.host}")
        if said is None:
            return _answer(answers.fault("ter:ActionNotSupported", f"no {operation}"), 400)
        return _answer(said, 200)

    def _said(self, operation: str, asked: Element, base: str) -> str | None:
        camera = self.camera
        second = "ver20/media" in asked.tag
        shown = {each.token: each for each in camera.shown}.get(_child(asked, "ProfileToken"))
        if operation == "GetSystemDateAndTime":
            return answers.date_and_time(self.now())
        if operation == "GetServices":
            return answers.services(camera.advertised or base, camera.services)
        if operation == "GetDeviceInformation":
            return answers.information(camera.manufacturer, camera.model, "1.0", camera.serial)
        if operation == "GetProfiles":
            # The older service has no word for H.265.
            older = [each for each in camera.shown if each.encoding != "H265"]
            return answers.profiles2(camera.shown) if second else answers.profiles(older)
        if operation in {"GetStreamUri", "GetSnapshotUri"} and shown is not None:
            uri = shown.rtsp if operation == "GetStreamUri" else shown.snapshot
            return (answers.media2_uri if second else answers.media_uri)(operation, uri)
        return self._turned(operation, asked) if shown is not None else None

    def _turned(self, operation: str, asked: Element) -> str | None:
        mount = self.mount
        preset = _child(asked, "PresetToken")
        if operation == "GetStatus":
            return answers.ptz_status(mount.place(), mount.moving, self.now())
        if operation == "GetPresets":
            return answers.ptz_presets((token, name, place) for token, (name, place) in mount.presets.items())
        if operation == "ContinuousMove":
            mount.move(_velocity(asked), _seconds(_child(asked, "Timeout")))
        elif operation == "Stop":
            mount.move((0.0, 0.0, 0.0), 0.0)
        elif operation == "GotoHomePosition":
            mount.go((0.0, 0.0, 0.0))
        elif operation == "SetPreset" and len(mount.presets) < PRESETS_MOST:
            token = preset or f"p{len(mount.presets) + 1}"
            mount.presets[token] = (_child(asked, "PresetName") or token, mount.place())
            return answers.ptz_done(operation, f"<tptz:PresetToken>{token}</tptz:PresetToken>")
        elif operation == "GotoPreset" and preset in mount.presets:
            mount.go(mount.presets[preset][1])
        elif operation == "RemovePreset" and preset in mount.presets:
            del mount.presets[preset]
        else:
            return None
        return answers.ptz_done(operation)

    def _proven(self, root: Element) -> bool:
        """A UsernameToken with a digest, fresh by the camera's clock, never the same nonce twice."""
        camera = self.camera
        if camera.username is None:
            return True
        told = {each.tag.rpartition("}")[2]: (each.text or "").strip() for each in root.iter()}
        try:
            nonce = base64.b64decode(told["Nonce"], validate=True)
            created = datetime.fromisoformat(told["Created"].replace("Z", "+00:00"))
            if abs(created - self.now()) > SKEW or told["Nonce"] in self._nonces:
                return False
        except (KeyError, ValueError, TypeError):
            return False
        made = hashlib.sha1(nonce + told["Created"].encode() + camera.password.encode()).digest()  # noqa: S324
        proof = base64.b64encode(made).decode()
        self._nonces = {told["Nonce"], *list(self._nonces)[:999]}
        return told.get("Username") == camera.username and hmac.compare_digest(
            proof.encode(), told.get("Password", "").encode()
        )


class _Prober(asyncio.DatagramProtocol):
    def __init__(self, server: OnvifServer) -> None:
        self._server = server
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._server.match(data)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)


def _answer(said: str, status: int) -> web.Response:
    return web.Response(body=said.encode(), content_type="application/soap+xml", status=status)


def _child(element: Element, name: str) -> str:
    return next((each.text or "" for each in element if each.tag.rpartition("}")[2] == name), "").strip()


def _velocity(asked: Element) -> tuple[float, float, float]:
    found = {"PanTilt": (0.0, 0.0), "Zoom": (0.0, 0.0)}
    for each in asked.iter():
        name = each.tag.rpartition("}")[2]
        if name in found:
            found[name] = (float(each.get("x", "0")), float(each.get("y", "0")))
    return (*found["PanTilt"], found["Zoom"][0])


def _seconds(duration: str) -> float:
    digits = duration.removeprefix("PT").removesuffix("S")
    return float(digits) if digits.replace(".", "", 1).isdigit() else 10.0
