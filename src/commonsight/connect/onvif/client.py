"""Asking one ONVIF device: what it is, what it shows, where it looks; and turning it."""

from typing import Any

import structlog

from commonsight.connect.model import SourceCode, SourceError
from commonsight.connect.onvif import media2
from commonsight.connect.onvif.model import CODECS, Device, Preset, Profile, Status, pinned, text
from commonsight.connect.onvif.soap import Soap

PROFILES_MOST = 64
PRESETS_MOST = 256
MOVE_SECONDS = 10.0
"""A camera told to move stops by itself after this: a browser that vanishes must not leave it turning."""

PTZ_NAMESPACE = "http://www.onvif.org/ver20/ptz/wsdl"

log = structlog.get_logger(__name__)


async def describe(address: str, username: str | None, password: str | None, *, timeout: float) -> Device:
    """What the device says of itself, with the URLs of its pictures.

    Profiles come from Media2 (profile T, which knows H.265) where the device has it, and from Media (profile S).

    Args:
        address: URL of its device service.
        timeout: seconds for each question.

    Raises `SourceError`.
    """
    async with Soap(address, username, password, timeout=timeout) as soap:
        told = await soap.call("devicemgmt", "GetDeviceInformation")
        profiles: list[Profile] = []
        where = soap.service_url(media2.NAMESPACE)
        if where is not None:
            try:
                profiles = await media2.profiles(soap, where)
            except SourceError as error:
                log.info("onvif_media2_failed", address=address, code=error.code, detail=error.detail)
        if not any(profile.stream_url for profile in profiles):
            profiles = await _profiles(soap)
        return Device(
            address, text(told.Manufacturer), text(told.Model), text(told.FirmwareVersion), text(told.SerialNumber),
            soap.clock_difference, tuple(profiles),
        )  # fmt: skip


async def _profiles(soap: Soap) -> list[Profile]:
    found = []
    for given in (await soap.call("media", "GetProfiles") or [])[:PROFILES_MOST]:
        encoder = getattr(given, "VideoEncoderConfiguration", None)
        source = getattr(given, "VideoSourceConfiguration", None)
        resolution = getattr(encoder, "Resolution", None)
        rate = getattr(encoder, "RateControl", None)
        token = str(given.token)
        stream = await _offered(
            soap, "GetStreamUri", ProfileToken=token,
            StreamSetup={"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}},
        )  # fmt: skip
        found.append(
            Profile(
                token=token,
                name=text(given.Name),
                service=1,
                codec=CODECS.get(str(getattr(encoder, "Encoding", ""))),
                width=_whole(getattr(resolution, "Width", 0)),
                height=_whole(getattr(resolution, "Height", 0)),
                fps=float(_whole(getattr(rate, "FrameRateLimit", 0))),
                source=text(getattr(source, "SourceToken", "")),
                ptz=getattr(given, "PTZConfiguration", None) is not None,
                stream_url=stream,
                snapshot_url=await _offered(soap, "GetSnapshotUri", ProfileToken=token),
            )
        )
    return found


async def _offered(soap: Soap, operation: str, **values: Any) -> str | None:
    """A URL the device names, moved to its host; None when it has none to offer."""
    try:
        answer = await soap.call("media", operation, **values)
    except SourceError as error:
        if error.code in {SourceCode.PROTOCOL, SourceCode.NOT_FOUND}:
            return None
        raise
    return pinned(str(getattr(answer, "Uri", "") or ""), soap.host, soap.port)


class Ptz:
    """Turning a camera by one of its profiles. Use within `async with Soap(…)`; every call raises `SourceError`."""

    def __init__(self, soap: Soap, profile: str) -> None:
        self._soap = soap
        self._profile = profile

    async def move(self, pan: float, tilt: float, zoom: float, *, seconds: float = MOVE_SECONDS) -> None:
        """Turn until told to stop, `seconds` at most. Speeds are -1 to 1; 0 leaves that axis alone."""
        velocity: dict[str, Any] = {}
        if pan or tilt:
            velocity["PanTilt"] = {"x": pan, "y": tilt}
        if zoom:
            velocity["Zoom"] = {"x": zoom}
        if not velocity:
            await self.stop()
            return
        await self._ask("ContinuousMove", Velocity=velocity, Timeout=f"PT{min(seconds, MOVE_SECONDS):g}S")

    async def stop(self) -> None:
        """Stop turning and zooming."""
        await self._ask("Stop", PanTilt=True, Zoom=True)

    async def home(self) -> None:
        """Go to the home position."""
        await self._ask("GotoHomePosition")

    async def presets(self) -> list[Preset]:
        """The places the device knows."""
        found = (await self._ask("GetPresets") or [])[:PRESETS_MOST]
        return [Preset(text(each.token), text(each.Name)) for each in found]

    async def go_to(self, token: str) -> None:
        """Go to a preset."""
        await self._ask("GotoPreset", PresetToken=token)

    async def keep(self, name: str) -> str:
        """Keep the present place as a preset; returns its token."""
        return text(await self._ask("SetPreset", PresetName=name))

    async def forget(self, token: str) -> None:
        """Remove a preset."""
        await self._ask("RemovePreset", PresetToken=token)

    async def status(self) -> Status:
        """Where the camera looks."""
        told = await self._ask("GetStatus")
        position = getattr(told, "Position", None)
        turned, zoomed = getattr(position, "PanTilt", None), getattr(position, "Zoom", None)
        moving = getattr(getattr(told, "MoveStatus", None), "PanTilt", None)
        return Status(
            None if turned is None else float(turned.x),
            None if turned is None else float(turned.y),
            None if zoomed is None else float(zoomed.x),
            None if moving is None else str(moving) == "MOVING",
        )

    async def _ask(self, operation: str, **values: Any) -> Any:
        return await self._soap.call("ptz", operation, ProfileToken=self._profile, **values)


def _whole(value: Any) -> int:
    try:
        return max(0, min(int(value or 0), 65_535))
    except (TypeError, ValueError):
        return 0
