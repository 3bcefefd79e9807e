"""What people do with upper platforms and shares. The signalling process hears of each change when it is committed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from commonsight import network, outbox
from commonsight.access.audit import Actor, record
from commonsight.catalog import secrets
from commonsight.connect.gb28181.above import choosing, store
from commonsight.connect.gb28181.above.model import NAME_MOST, SHARES_MOST, UPPERS_MOST, Share, check, invalid
from commonsight.connect.gb28181.above.store import Kept
from commonsight.gate import grant_rules
from commonsight.gate.grant_model import Selection
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession
from commonsight.settings import Settings

DEFAULTS: Final[dict[str, Any]] = {
    "organisation": "", "transport": "udp", "zone": "local", "own_code": None, "version": "2.0", "charset": "GB18030",
    "expires_seconds": 3_600, "keepalive_seconds": 60, "streams_most": 16, "kbits_most": 0, "media_networks": [],
    "limits": {}, "enabled": True,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Changer:
    """Who writes, when, and the regions in which they may."""

    actor: Actor
    regions: tuple[str, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class Counted:
    """How many cameras a choice holds; `outside`: beyond the regions of who asks."""

    cameras: int
    online: int
    outside: int


async def upper(session: ReadSession, upper_id: UUID) -> Kept:
    """An upper platform in use. Raises Refusal `connect.cascade_upper_unknown` (404)."""
    found = await store.kept(session, upper_id)
    if found is None:
        raise Refusal("connect.cascade_upper_unknown", status=404, operand="upper", actual=str(upper_id))
    return found


async def add(session: WriteSession, values: Mapping[str, Any], by: Changer, settings: Settings) -> Kept:
    """Put an upper platform on file. One that was removed comes back with the ids it knew.

    Raises:
        Refusal: `connect.cascade_field_invalid`, `connect.cascade_upper_is_self`, `connect.cascade_most`,
            `connect.cascade_upper_taken` (409), `network.…` for an address that may not be reached.
    """
    if len(await store.everything(session)) >= UPPERS_MOST:
        raise Refusal("connect.cascade_most", status=409, operand="upper platforms", expected=UPPERS_MOST)
    fields = DEFAULTS | {name: value for name, value in values.items() if value is not None}
    fields.setdefault("domain", str(fields["code"])[:10])
    fields.setdefault("name", str(fields["code"]))
    fields = _checked(fields, settings, fields)
    upper_id = await store.revive(session, fields["code"])
    if upper_id is not None:
        await store.update(session, upper_id, fields)
    else:
        upper_id = uuid7()
        if not await store.insert(session, upper_id, fields):
            raise Refusal("connect.cascade_upper_taken", status=409, operand="code", actual=fields["code"])
    await _told(session, upper_id, by, "connect.upper_added", fields)
    return await upper(session, upper_id)


async def change(
    session: WriteSession, upper_id: UUID, values: Mapping[str, Any], by: Changer, settings: Settings, present: Kept
) -> Kept:
    """Change what is said; the rest stays. Raises Refusal like `add`."""
    before = present.upper
    whole = {
        "code": before.code, "own_code": before.own_code, "host": before.host, "port": before.port,
    } | dict(values)  # fmt: skip
    fields = {name: value for name, value in _checked(values, settings, whole).items() if name != "code"}
    await store.update(session, upper_id, fields)
    await _told(session, upper_id, by, "connect.upper_changed", fields)
    return await upper(session, upper_id)


async def remove(session: WriteSession, upper_id: UUID, by: Changer) -> None:
    """Take an upper platform and its shares out of use: it is unregistered, what it watches ends, its ids stay kept."""
    await store.remove(session, upper_id)
    await store.drop_subscription(session, upper_id)
    await _told(session, upper_id, by, "connect.upper_removed", {})


async def put_share(session: WriteSession, given: Share, by: Changer, *, new: bool) -> Share:
    """Write a share; what it holds is shown from the next refresh on, within seconds.

    Raises:
        Refusal: `gate.grant_invalid` and what else `check_selection` refuses, `connect.cascade_regions` (403) when it
            holds cameras beyond the regions of who writes, `connect.cascade_most`.
    """
    grant_rules.check_selection(given.selection, by.regions)
    if not given.name.strip() or len(given.name) > NAME_MOST:
        raise invalid("name", "length", f"1..{NAME_MOST}", len(given.name))
    if new and len(await store.shares(session, given.upper_id)) >= SHARES_MOST:
        raise Refusal("connect.cascade_most", status=409, operand="shares", expected=SHARES_MOST)
    counted = await count(session, given.selection, by.regions)
    if counted.outside:
        raise Refusal(
            "connect.cascade_regions", status=403, rule="no wider than the giver", operand="selection",
            expected=list(by.regions), actual=counted.outside,
        )  # fmt: skip
    await store.put_share(session, given)
    await _told(
        session, given.upper_id, by, "connect.share_added" if new else "connect.share_changed",
        {"share": str(given.id), "rights": given.rights.words, "selection": given.selection.as_json(),
         "enabled": given.enabled},
    )  # fmt: skip
    found = await store.share(session, given.id)
    assert found is not None
    return found


async def share(session: ReadSession, share_id: UUID) -> Share:
    """A share in use. Raises Refusal `connect.cascade_share_unknown` (404)."""
    found = await store.share(session, share_id)
    if found is None:
        raise Refusal("connect.cascade_share_unknown", status=404, operand="share", actual=str(share_id))
    return found


async def remove_share(session: WriteSession, given: Share, by: Changer) -> None:
    """Take a share out of use: its cameras are shown no more, and streams of them end."""
    await store.remove_share(session, given.id)
    await _told(session, given.upper_id, by, "connect.share_removed", {"share": str(given.id)})


async def count(session: ReadSession, selection: Selection, regions: tuple[str, ...]) -> Counted:
    """How many cameras a choice holds. Raises Refusal `catalog.shape_invalid`."""
    condition, values = choosing.condition(selection, "s")
    return Counted(*await store.counted(session, condition, values, regions))


def changed_share(before: Share, values: Mapping[str, Any]) -> Share:
    """A share with what was said about it."""
    return replace(before, **dict(values))


def _checked(values: Mapping[str, Any], settings: Settings, whole: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as they are stored. `whole`: with those that are not changed."""
    fields = check(values, settings.sip.id, [zone.name for zone in settings.sip.zones])
    check({"code": whole["code"], "own_code": whole.get("own_code")}, settings.sip.id, ())
    if "host" in fields or "port" in fields:
        guard = network.CAMERAS.with_loopback(settings.inspect.loopback)
        guard.check(str(whole["host"]), int(whole["port"]), operand="host")
    if "limits" in fields:
        fields["limits"] = grant_rules.check_limits(fields["limits"]).as_json()
    if "password" in fields:
        password = fields.pop("password")
        secrets.install(settings.data_dir)
        fields["secret"] = None if password is None else secrets.installed().seal(password)
    return fields


async def _told(session: WriteSession, upper_id: UUID, by: Changer, action: str, fields: Mapping[str, Any]) -> None:
    said = {name: value for name, value in fields.items() if name != "secret"}
    if "secret" in fields:
        said["password"] = "set" if fields["secret"] else "none"
    await record(session, by.actor, action, by.now, kind="upper_platform", subject_id=upper_id, **said)
    await outbox.append(session, action, {"upper": str(upper_id)})
    await store.tell(session, upper_id)
