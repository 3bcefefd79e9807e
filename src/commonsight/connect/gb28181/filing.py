"""What people do with devices: put them on file, change them, take them out of use."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from commonsight import outbox
from commonsight.access.audit import Actor, record
from commonsight.catalog import codes, secrets
from commonsight.catalog import service as catalog
from commonsight.catalog import store as cameras
from commonsight.connect.gb28181 import store, subscriptions
from commonsight.connect.gb28181.model import Channel, Device, Kind, Quirks, kind_of, region_of
from commonsight.connect.gb28181.store import Kept
from commonsight.connect.gb28181.subscriptions import Event
from commonsight.places import service as places
from commonsight.places.model import covers
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession

NAME_MOST: Final = 200
PASSWORD_SHORTEST, PASSWORD_LONGEST = 6, 128
"""Devices take short passwords only, some no more than eight characters."""


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody says about a device; a field that is not in `said` is to stay as it is."""

    said: frozenset[str]
    values: dict[str, Any]

    @classmethod
    def of(cls, **values: Any) -> "Given":
        """From keyword arguments: all of them are meant."""
        return cls(frozenset(values), values)

    def __contains__(self, name: str) -> bool:
        return name in self.said

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)


@dataclass(frozen=True, slots=True)
class Changer:
    """Who writes, and the regions in which they may."""

    actor: Actor
    regions: tuple[str, ...]


Expected = Callable[[Kept], None]
"""Asked with the present device before a change; raises a Refusal when the change was made from another one."""


async def add(session: WriteSession, code: str, given: Given, by: Changer, default_region: str, now: datetime) -> Kept:
    """Put a device on file under its 20-digit code.

    Without a kind it is what its type digits say; without a region it is filed where its code says, or at
    `default_region` where that is no known place.

    Raises:
        Refusal: `catalog.code_invalid`, `connect.gb_device_taken` (409), and others naming the field.
    """
    code = str(codes.parse(code.strip()))
    fields = await _checked(session, given, by)
    fields.setdefault("name", code)
    fields.setdefault("kind", kind_of(code).value)
    fields.setdefault("quirks", "{}")
    if "region" not in fields:
        said = region_of(code)
        known = said if said and await store.region_exists(session, said) else default_region
        fields["region"] = _within(known, by)
    kept = await store.insert(session, uuid7(), code, fields)
    if kept is None:
        raise Refusal("connect.gb_device_taken", status=409, rule="one device a code", operand="code", actual=code)
    events = _events(given) if "subscriptions" in given else _usual(kept.device)
    await subscriptions.want(session, kept.device.id, events)
    await _tell(session, by, "added", kept, now, fields)
    return kept


async def device(session: ReadSession, device_id: UUID, regions: Sequence[str]) -> Kept:
    """The device, if it lies within `regions`.

    Raises:
        Refusal: `connect.gb_device_unknown` (404), also for one outside.
    """
    return _visible(await store.one(session, device_id), device_id, regions)


async def change(
    session: WriteSession, device_id: UUID, given: Given, by: Changer, expected: Expected, now: datetime
) -> Kept:
    """Change what is said in `given`. A new password counts from the next registration on.

    Raises:
        Refusal: like `add` and `device`, and what `expected` refuses.
    """
    present = _visible(await store.one(session, device_id, for_update=True), device_id, by.regions)
    expected(present)
    fields = await _checked(session, given, by)
    if "subscriptions" in given:
        await subscriptions.want(session, device_id, _events(given))
    if fields:
        await store.update(session, present.device, fields)
    if fields or "subscriptions" in given:
        await _tell(session, by, "changed", present, now, fields)
    return _visible(await store.one(session, device_id), device_id, by.regions)


async def remove(session: WriteSession, device_id: UUID, by: Changer, expected: Expected, now: datetime) -> None:
    """Take a device out of use. Its cameras and its history stay; putting its code on file again brings it back."""
    present = _visible(await store.one(session, device_id, for_update=True), device_id, by.regions)
    expected(present)
    await store.remove(session, present.device)
    await _tell(session, by, "removed", present, now, {})


async def channel_of(session: ReadSession, camera_id: UUID, regions: Sequence[str]) -> Channel:
    """Behind which device a camera is.

    Raises:
        Refusal: `catalog.camera_unknown` (404), `connect.not_gb28181` (409).
    """
    found = await catalog.camera(session, camera_id, regions)
    try:
        if found.protocol == "gb28181" and found.url is not None:
            return Channel.of_url(found.url)
    except ValueError:
        pass
    raise Refusal(
        "connect.not_gb28181", status=409, rule="a camera reached over GB/T 28181", operand="camera",
        actual=found.protocol or "none",
    )  # fmt: skip


async def _checked(session: WriteSession, given: Given, by: Changer) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if given["name"] is not None:
        fields["name"] = _name(given["name"])
    if given["kind"] is not None:
        fields["kind"] = Kind(given["kind"]).value
    if given["region"] is not None:
        fields["region"] = _within(await places.existing(session, given["region"]), by)
    if "platform_id" in given:
        platform_id = given["platform_id"]
        if platform_id is not None and not await cameras.platform_exists(session, platform_id):
            raise Refusal(
                "catalog.platform_unknown", status=422, rule="a known platform", operand="platform_id",
                actual=str(platform_id),
            )  # fmt: skip
        fields["platform_id"] = platform_id
    if given["quirks"] is not None:
        fields["quirks"] = json.dumps(Quirks.of(given["quirks"]).as_json(), ensure_ascii=False)
    if "password" in given:
        fields["secret"] = None if given["password"] is None else _sealed(given["password"])
    return fields


def _sealed(password: str) -> bytes:
    if not PASSWORD_SHORTEST <= len(password) <= PASSWORD_LONGEST or not password.isprintable():
        raise Refusal(
            "connect.gb_password_length", status=422, rule="length", operand="password",
            expected=f"{PASSWORD_SHORTEST}..{PASSWORD_LONGEST}", actual=len(password),
        )  # fmt: skip
    return secrets.installed().seal(password)


def _name(value: str) -> str:
    value = " ".join(value.split())
    if value and len(value) <= NAME_MOST and value.isprintable():
        return value
    raise Refusal(
        "catalog.text_invalid", status=422, rule="printable text", operand="name",
        expected=f"1..{NAME_MOST} characters", actual=len(value),
    )  # fmt: skip


def _events(given: Given) -> set[Event]:
    return {Event(event) for event in given["subscriptions"] or ()}


def _usual(device: Device) -> set[Event]:
    """A platform tells of its catalogue; single devices are many, and theirs hardly changes. What moves says where."""
    events = {Event.ALARM}
    if device.kind is Kind.PLATFORM:
        events.add(Event.CATALOG)
    if codes.parse(device.code).type == codes.DeviceType.MOBILE:
        events.add(Event.POSITION)
    return events


def _within(region: str, by: Changer) -> str:
    if covers(by.regions, region):
        return region
    raise Refusal(
        "catalog.region_outside", status=403, rule="within the caller's regions", operand="region",
        expected=list(by.regions), actual=region,
    )  # fmt: skip


def _visible(found: Kept | None, device_id: UUID, regions: Sequence[str]) -> Kept:
    if found is None or found.removed or not covers(regions, found.device.region):
        raise Refusal("connect.gb_device_unknown", status=404, operand="device", actual=str(device_id))
    return found


async def _tell(
    session: WriteSession, by: Changer, verb: str, kept: Kept, now: datetime, fields: dict[str, Any]
) -> None:
    told = sorted(fields.keys() - {"secret"})
    await record(
        session, by.actor, f"connect.device_{verb}", now, kind="gb_device", subject_id=kept.device.id,
        subject_name=kept.device.name, code=kept.device.code, fields=told, password_changed="secret" in fields,
    )  # fmt: skip
    await outbox.append(session, f"connect.device_{verb}", {"device": str(kept.device.id), "fields": told})
