"""Use cases of viid/ for people: file devices, say whose a code is, subscribe, look at what came."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from commonsight.access.audit import Actor, record
from commonsight.catalog import secrets
from commonsight.catalog import service as catalog
from commonsight.catalog.source import parse as parse_address
from commonsight.connect.model import SourceError
from commonsight.connect.viid import ask, model, objects_store, store
from commonsight.connect.viid.store import Device, Subscribed
from commonsight.http import Caller, sees
from commonsight.places import service as places
from commonsight.problem import Refusal
from commonsight.records.database import Database, ReadSession, WriteSession
from commonsight.settings import Settings

NAME_MOST: Final = 100


def _actor(caller: Caller) -> Actor:
    return Actor(caller.id, caller.name, getattr(caller, "address", None))


async def device(session: ReadSession, caller: Caller, code: str, *, for_update: bool = False) -> Device:
    """The device, if it lies within the caller's regions.

    Raises:
        Refusal: `connect.viid_device_unknown` (404), also for one outside.
    """
    found = await store.device(session, code, for_update=for_update)
    if found is None or not sees(caller, found.region):
        raise Refusal("connect.viid_device_unknown", status=404, operand="code", actual=code[: model.CODE_MOST])
    return found


async def add(
    session: WriteSession, caller: Caller, code: str, said: Mapping[str, Any], settings: Settings, now: datetime
) -> Device:
    """File a device under its code.

    Raises:
        Refusal: `connect.viid_code` (422), `connect.viid_device_taken` (409), `catalog.region_outside` (403) …
    """
    try:
        code = model.code(code, "code")
    except model.Malformed as error:
        raise Refusal("connect.viid_code", status=422, operand="code", expected=str(error), actual=code[:80]) from None
    fields = await _checked(session, caller, {"region": settings.region.code, **said}, settings)
    if not await store.insert(session, {"name": code, **fields, "code": code}, now):
        raise Refusal("connect.viid_device_taken", status=409, operand="code", actual=code)
    await record(session, _actor(caller), "connect.viid_device_added", now, kind="viid_device", subject_name=code)
    return await device(session, caller, code)


async def change(
    session: WriteSession, caller: Caller, present: Device, said: Mapping[str, Any], settings: Settings, now: datetime
) -> Device:
    """Change what is said. A new password counts from the next registration on."""
    fields = await _checked(session, caller, said, settings)
    if fields:
        await store.update(session, present.code, fields, now)
        await record(
            session, _actor(caller), "connect.viid_device_changed", now, kind="viid_device",
            subject_name=present.code, fields=sorted(fields.keys() - {"secret"}), password_changed="secret" in fields,
        )  # fmt: skip
    return await device(session, caller, present.code)


async def remove(session: WriteSession, caller: Caller, present: Device, now: datetime) -> None:
    """Take a device off the file; the listener hears no more of it once it has to register again."""
    await store.delete(session, present.code)
    await record(
        session, _actor(caller), "connect.viid_device_removed", now, kind="viid_device", subject_name=present.code
    )


async def _checked(
    session: WriteSession, caller: Caller, said: Mapping[str, Any], settings: Settings
) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if said.get("name"):
        fields["name"] = " ".join(str(said["name"]).split())[:NAME_MOST]
    if said.get("region"):
        region = await places.existing(session, str(said["region"]))
        if not sees(caller, region):
            raise Refusal(
                "catalog.region_outside", status=403, rule="within the caller's regions", operand="region",
                expected=list(caller.regions), actual=region,
            )  # fmt: skip
        fields["region"] = region
    if "url" in said:
        fields["url"] = None if said["url"] is None else _address(said["url"], settings)
    if "password" in said:
        password = said["password"]
        fields["secret"] = None if password is None else secrets.installed().seal(password)
    return fields


def _address(url: str, settings: Settings) -> str:
    """A platform's base address, held to the same rules as a camera's."""
    found = parse_address(url, loopback=settings.inspect.loopback)
    if found.protocol == "http":
        return found.url
    raise Refusal(
        "catalog.address_invalid", status=422, rule="scheme", operand="url", expected="http, https",
        actual=found.protocol,
    )  # fmt: skip


async def recognised(
    session: WriteSession, caller: Caller, camera_id: UUID, kind: model.Kind | None,
    after: tuple[datetime, UUID] | None, limit: int, now: datetime,
) -> list[objects_store.KeptObject]:  # fmt: skip
    """What a camera recognised, the newest first. Who looks is written down: people and vehicles were seen here.

    Raises:
        Refusal: `catalog.camera_unknown` (404).
    """
    camera = await catalog.camera(session, camera_id, caller.regions)
    await record(
        session, _actor(caller), "connect.recognised_read", now, kind="camera", subject_id=camera_id,
        subject_name=camera.row.name, objects=None if kind is None else kind.value,
    )  # fmt: skip
    return await objects_store.objects(session, camera_id, kind, after, limit)


async def name_channel(session: WriteSession, caller: Caller, code: str, camera_id: UUID, now: datetime) -> None:
    """Say that a code devices use is this camera's.

    Raises:
        Refusal: `connect.viid_code` (422), `catalog.camera_unknown` (404), also when the code is another region's.
    """
    try:
        code = model.code(code, "code")
    except model.Malformed as error:
        raise Refusal("connect.viid_code", status=422, operand="code", expected=str(error), actual=code[:80]) from None
    await catalog.camera(session, camera_id, caller.regions)
    await _own_channel(session, caller, code)
    await store.name_channel(session, code, camera_id)
    await record(
        session, _actor(caller), "connect.viid_channel_named", now, kind="camera", subject_id=camera_id, code=code
    )


async def forget_channel(session: WriteSession, caller: Caller, code: str, now: datetime) -> None:
    """Take that back; twice changes nothing. Raises like `name_channel`."""
    await _own_channel(session, caller, code)
    await store.forget_channel(session, code)
    await record(session, _actor(caller), "connect.viid_channel_forgotten", now, kind="viid_channel", subject_name=code)


async def _own_channel(session: WriteSession, caller: Caller, code: str) -> None:
    """A code that is a camera's already may only be touched by who sees that camera."""
    present = await store.channel(session, code)
    if present is not None:
        await catalog.camera(session, present, caller.regions)


def us(settings: Settings) -> str:
    """Our identifier as a view library."""
    return settings.viid.id or settings.sip.id


def wanted(code: str, kinds: Sequence[model.Kind], until: datetime, settings: Settings, now: datetime) -> Subscribed:
    """A subscription that nobody has been asked for yet."""
    name = ask.identifier(us(settings), now, ZoneInfo(settings.region.timezone))
    return Subscribed(name, code, tuple(dict.fromkeys(kinds)), now, until, "wanted", "")


async def subscribe(
    database: Database, caller: Caller, code: str, given: Subscribed, settings: Settings, now: datetime
) -> Subscribed:
    """Ask a lower platform to send us what it recognises until `given.ends_at`.

    Raises:
        Refusal: `connect.viid_device_unknown` (404), `connect.viid_no_url` (409), `connect.viid_not_reachable` (409),
            and what went wrong at the platform (`connect.…`).
    """
    async with database.write() as session:
        present = await device(session, caller, code)
        if present.url is None:
            raise Refusal("connect.viid_no_url", status=409, operand="url")
        if settings.viid.public_url is None:
            raise Refusal("connect.viid_not_reachable", status=409, operand="viid.public_url")
        # Kept before it is asked for: the first notification may come before the answer.
        await store.subscribe(session, given)
        await record(
            session, _actor(caller), "connect.viid_subscribed", now, kind="viid_device", subject_name=code,
            kinds=[kind.value for kind in given.kinds], until=given.ends_at.isoformat(),
        )  # fmt: skip
    return await _asked(database, present, given, settings, now, cancel=False)


async def unsubscribe(
    database: Database, caller: Caller, code: str, identifier: str, settings: Settings, now: datetime
) -> Subscribed:
    """Cancel a subscription: from now on its notifications are refused, and the platform is asked to stop.

    Raises like `subscribe`; the refusal of notifications holds even when the platform cannot be reached.
    """
    async with database.write() as session:
        present = await device(session, caller, code)
        found = next((one for one in await store.subscriptions(session, code) if one.id == identifier), None)
        if found is None or present.url is None:
            raise Refusal("connect.viid_device_unknown", status=404, operand="subscription", actual=identifier[:64])
        await store.settle(session, identifier, "cancelled", "", now)
        await store.keep_renewing(session, identifier, False)
    return await _asked(database, present, found, settings, now, cancel=True)


async def _asked(
    database: Database, present: Device, given: Subscribed, settings: Settings, now: datetime, *, cancel: bool
) -> Subscribed:
    password = None if present.secret is None else secrets.installed().open(present.secret)
    done = "cancelled" if cancel else "active"
    try:
        await ask.subscribe(
            present.url or "", given, us=us(settings), receive=settings.viid.public_url or "",
            password=password, zone=ZoneInfo(settings.region.timezone), now=now, cancel=cancel,
        )  # fmt: skip
    except SourceError as error:
        async with database.write() as session:
            await store.settle(session, given.id, "cancelled" if cancel else "failed", str(error), now)
        raise Refusal(f"connect.{error.code}", status=502, operand="url", actual=error.detail) from None
    async with database.write() as session:
        await store.settle(session, given.id, done, "", now)
    return replace(given, state=done, reason="")
