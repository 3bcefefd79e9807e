"""Use cases of onvif/: look around, look at a device, join it as a camera, turn it.

No database session is held while a device makes up its mind.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from commonsight.catalog import service as catalog
from commonsight.catalog import source
from commonsight.catalog.model import Camera
from commonsight.connect.model import SourceCode, SourceError
from commonsight.connect.onvif import client, store
from commonsight.connect.onvif.model import Device, Profile
from commonsight.connect.onvif.soap import Soap
from commonsight.http import Caller, sees
from commonsight.problem import Refusal
from commonsight.records.database import ReadSession, WriteSession

TIMEOUT: Final = 8.0
"""Longest wait for each answer of a device, s."""

_STATUS: Final = {
    SourceCode.UNAUTHORIZED: 422,
    SourceCode.TIMEOUT: 504,
    SourceCode.UNREACHABLE: 502,
    SourceCode.REFUSED: 502,
}


def refused(error: SourceError) -> Refusal:
    """What a device did, as an answer to whoever asked."""
    return Refusal(f"connect.{error.code}", status=_STATUS.get(error.code, 502), operand="address", actual=error.detail)


def checked(address: str, username: str | None, password: str | None, *, loopback: bool) -> source.Source:
    """The address of a device service as an operator gives it, held to the same rules as a camera's.

    Raises:
        Refusal: `catalog.address_invalid` (422).
    """
    given = source.parse(address, username=username, password=password, loopback=loopback)
    if given.protocol != "http":
        raise Refusal(
            "catalog.address_invalid", status=422, rule="scheme", operand="address", expected="http, https",
            actual=given.protocol,
        )  # fmt: skip
    return given


async def look(at: source.Source) -> Device:
    """Ask a device what it is and shows.

    Raises:
        Refusal: `connect.…`, what went wrong in words.
    """
    try:
        return await client.describe(at.url, at.username, at.password, timeout=TIMEOUT)
    except SourceError as error:
        raise refused(error) from None


def chosen(device: Device, token: str | None) -> Profile:
    """The profile of a device that was named, or its best.

    Raises:
        Refusal: `connect.onvif_profile` (422) when there is none that can be played.
    """
    profile = device.best() if token is None else next((p for p in device.profiles if p.token == token), None)
    if profile is None or profile.stream_url is None:
        raise Refusal(
            "connect.onvif_profile", status=422, rule="a profile with a stream", operand="profile",
            expected=[p.token for p in device.profiles if p.stream_url], actual=token,
        )  # fmt: skip
    return profile


async def join(
    session: WriteSession, device: Device, profile: Profile, at: source.Source, said: catalog.Given,
    by: catalog.Changer, default_region: str, now: datetime,
) -> Camera:  # fmt: skip
    """File a device's profile as a camera.

    Raises:
        Refusal: as `catalog.service.add`; `connect.onvif_known` (409) when this profile is a camera already.
    """
    if (known := await store.profile(session, device.address, profile.token)) is not None:
        raise Refusal("connect.onvif_known", status=409, operand="profile", actual=profile.token, camera=str(known))
    values = {name: said[name] for name in said.said} | {
        "url": profile.stream_url, "username": at.username, "password": at.password,
    }  # fmt: skip
    if not values.get("name"):
        values["name"] = " ".join(filter(None, (device.manufacturer, device.model))) or at.url
    camera = await catalog.add(session, catalog.Given.of(**values), by, default_region, now)
    await store.add(session, camera.row.id, device, profile, now)
    return await catalog.camera(session, camera.row.id, by.regions)


async def joined(session: ReadSession, caller: Caller, addresses: Sequence[str]) -> dict[str, UUID]:
    """Which of these devices are cameras already, as far as the caller may see them."""
    return {
        address: camera
        for address, (camera, region) in (await store.known(session, addresses)).items()
        if sees(caller, region)
    }


async def way(session: ReadSession, caller: Caller, camera_id: UUID) -> tuple[store.Kept, source.Source]:
    """How a camera's device is asked, with its password.

    Raises:
        Refusal: `catalog.camera_unknown` (404), `connect.not_onvif` (409), `connect.onvif_no_ptz` (409).
    """
    await catalog.camera(session, camera_id, caller.regions)
    found = await store.kept(session, camera_id)
    sealed = await catalog.camera_source(session, camera_id)
    if found is None or sealed is None:
        raise Refusal("connect.not_onvif", status=409, operand="camera", actual=str(camera_id))
    if not found.ptz:
        raise Refusal("connect.onvif_no_ptz", status=409, operand="camera", actual=str(camera_id))
    return found, source.Source("http", found.address, sealed.username, sealed.password)


def soap(at: source.Source) -> Soap:
    """A device's services, ready to be asked."""
    return Soap(at.url, at.username, at.password, timeout=TIMEOUT)
