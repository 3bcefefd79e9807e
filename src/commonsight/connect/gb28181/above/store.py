"""SQL of upper platforms and shares: what people keep about them, and how the signalling process says it stands."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from commonsight.connect.gb28181.above.model import Naming, Right, Share, Standing, State, Upper
from commonsight.gate.grant_model import Selection
from commonsight.gate.model import Limits
from commonsight.records.database import ReadSession, WriteSession, notify

CHANGED: Final = "cascade_uppers"
"""Channel on which the signalling process hears that people changed an upper platform or a share: `{"upper": …}`."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An upper platform as the database holds it."""

    upper: Upper
    standing: Standing
    shares: int
    shown: int
    calls: int
    created_at: datetime
    updated_at: datetime
    mutual: bool
    """Whether it is a lower platform of ours at the same time."""


_FIELDS: Final = """
    u.*, (SELECT count(*) FROM cascade_shares AS s WHERE s.upper_id = u.id AND s.removed_at IS NULL) AS shares,
    (SELECT count(*) FROM cascade_ids AS i WHERE i.upper_id = u.id AND i.kind = 'camera' AND i.rights <> 0) AS shown,
    (SELECT count(*) FROM cascade_calls AS k WHERE k.upper_id = u.id) AS calls,
    EXISTS (SELECT 1 FROM gb_devices AS d WHERE d.code = u.code AND d.removed_at IS NULL) AS mutual
"""


def _kept(row: Any) -> Kept:
    return Kept(
        upper_of(row),
        Standing(
            row.state, row.problem, row.problem_detail, row.state_since, row.registered_at, row.expires_at,
            row.keepalive_at, row.loops,
        ),
        row.shares, row.shown, row.calls, row.created_at, row.updated_at, row.mutual,
    )  # fmt: skip


def upper_of(row: Any) -> Upper:
    """From a row of `cascade_uppers`."""
    return Upper(
        id=row.id, code=row.code, name=row.name, organisation=row.organisation, domain=row.domain, host=row.host,
        port=row.port, transport=row.transport, zone=row.zone, own_code=row.own_code, version=row.version,
        charset=row.charset, expires_seconds=row.expires_seconds, keepalive_seconds=row.keepalive_seconds,
        streams_most=row.streams_most, kbits_most=row.kbits_most, media_networks=tuple(row.media_networks),
        limits=Limits(**row.limits), enabled=row.enabled, revision=row.revision,
        secret=None if row.secret is None else bytes(row.secret),
    )  # fmt: skip


async def all_kept(session: ReadSession) -> list[Kept]:
    """All upper platforms in use, by name. They are few (`model.UPPERS_MOST`)."""
    found = await session.execute(
        text(f"SELECT {_FIELDS} FROM cascade_uppers AS u WHERE u.removed_at IS NULL ORDER BY u.name, u.id")  # noqa: S608
    )
    return [_kept(row) for row in found]


async def kept(session: ReadSession, upper_id: UUID) -> Kept | None:
    """One of them; None when it is unknown or removed."""
    found = await session.execute(
        text(f"SELECT {_FIELDS} FROM cascade_uppers AS u WHERE u.id = :id AND u.removed_at IS NULL"),  # noqa: S608
        {"id": upper_id},
    )
    row = found.first()
    return None if row is None else _kept(row)


async def everything(session: ReadSession) -> list[Upper]:
    """All upper platforms in use, for the signalling process."""
    found = await session.execute(text("SELECT * FROM cascade_uppers WHERE removed_at IS NULL ORDER BY code"))
    return [upper_of(row) for row in found]


_COLUMNS: Final = (
    "code", "name", "organisation", "domain", "host", "port", "transport", "zone", "own_code", "secret", "version",
    "charset", "expires_seconds", "keepalive_seconds", "streams_most", "kbits_most", "media_networks", "limits",
    "enabled",
)  # fmt: skip
_DOCUMENTS: Final = ("media_networks", "limits")


def _bound(values: Mapping[str, Any]) -> dict[str, Any]:
    bound = {name: value for name, value in values.items() if name in _COLUMNS}
    return {name: json.dumps(value) if name in _DOCUMENTS else value for name, value in bound.items()}


def _place(name: str) -> str:
    return f"CAST(:{name} AS jsonb)" if name in _DOCUMENTS else f":{name}"


async def insert(session: WriteSession, upper_id: UUID, values: Mapping[str, Any]) -> bool:
    """Put an upper platform on file; False when its id is taken by one in use."""
    bound = _bound(values)
    names = ", ".join(bound)
    places = ", ".join(map(_place, bound))
    found = await session.execute(
        text(
            f"INSERT INTO cascade_uppers (id, {names}) VALUES (:id, {places}) "  # noqa: S608
            "ON CONFLICT (code) WHERE removed_at IS NULL DO NOTHING RETURNING id"
        ),
        bound | {"id": upper_id},
    )
    return found.first() is not None


async def revive(session: WriteSession, code: str) -> UUID | None:
    """Take an upper platform back that was removed, newest first: its ids are on file and mean what they meant."""
    found = await session.execute(
        text(
            "UPDATE cascade_uppers SET removed_at = NULL, state = 'off', problem = NULL, problem_detail = NULL "
            "WHERE id = (SELECT id FROM cascade_uppers WHERE code = :code AND removed_at IS NOT NULL "
            "ORDER BY removed_at DESC LIMIT 1) "
            "AND NOT EXISTS (SELECT 1 FROM cascade_uppers WHERE code = :code AND removed_at IS NULL) RETURNING id"
        ),
        {"code": code},
    )
    row = found.first()
    return None if row is None else row.id


async def update(session: WriteSession, upper_id: UUID, values: Mapping[str, Any]) -> None:
    """Change what is given."""
    bound = _bound(values)
    sets = "".join(f"{name} = {_place(name)}, " for name in bound)
    await session.execute(
        text(
            f"UPDATE cascade_uppers SET {sets}revision = revision + 1, updated_at = now() WHERE id = :id"  # noqa: S608
        ),
        bound | {"id": upper_id},
    )


async def remove(session: WriteSession, upper_id: UUID) -> None:
    """Take it out of use. Its ids stay on file, so that none is ever given again."""
    for statement in (
        "UPDATE cascade_uppers SET removed_at = now(), secret = NULL, enabled = false WHERE id = :id",
        "UPDATE cascade_shares SET removed_at = now() WHERE upper_id = :id AND removed_at IS NULL",
    ):
        await session.execute(text(statement), {"id": upper_id})


async def lock(session: WriteSession, upper_id: UUID) -> None:
    """Let nobody else change it until the transaction ends."""
    await session.execute(text("SELECT 1 FROM cascade_uppers WHERE id = :id FOR UPDATE"), {"id": upper_id})


async def tell(session: WriteSession, upper_id: UUID) -> None:
    """The signalling process hears of the change when it is committed."""
    await notify(session, CHANGED, {"upper": str(upper_id)})


async def stand(
    session: WriteSession, upper_id: UUID, state: State, problem: str | None, detail: str | None, now: datetime,
    *, registered_at: datetime | None, expires_at: datetime | None, keepalive_at: datetime | None,
) -> None:  # fmt: skip
    """How it stands with an upper platform."""
    await session.execute(
        text(
            "UPDATE cascade_uppers SET state_since = CASE WHEN state = :state "
            "AND problem IS NOT DISTINCT FROM CAST(:problem AS text) THEN state_since ELSE :now END, "
            "state = :state, problem = :problem, problem_detail = :detail, "
            "registered_at = :registered, expires_at = :expires, keepalive_at = :keepalive WHERE id = :id"
        ),
        {
            "id": upper_id, "state": state, "problem": problem, "detail": detail, "now": now,
            "registered": registered_at, "expires": expires_at, "keepalive": keepalive_at,
        },
    )  # fmt: skip


# --- shares -----------------------------------------------------------------------------------------------------------


def _share(row: Any) -> Share:
    naming: Naming = row.naming
    return Share(
        row.id, row.upper_id, row.name, Selection.of(row.selection), Right(row.rights), naming, row.enabled,
        row.revision,
    )  # fmt: skip


async def shares(session: ReadSession, upper_id: UUID) -> list[Share]:
    """The shares of an upper platform, by name."""
    found = await session.execute(
        text("SELECT * FROM cascade_shares WHERE upper_id = :upper AND removed_at IS NULL ORDER BY name, id"),
        {"upper": upper_id},
    )
    return [_share(row) for row in found]


async def counted(
    session: ReadSession, condition: str, values: Mapping[str, Any], regions: Sequence[str]
) -> tuple[int, int, int]:
    """Cameras a condition on `cameras AS c` holds: all, those with pictures now, those outside `regions`."""
    found = await session.execute(
        text(
            "SELECT count(*) AS total, count(*) FILTER (WHERE c.has_source AND c.health <> 3) AS online, "  # noqa: S608
            "count(*) FILTER (WHERE NOT c.region LIKE ANY(CAST(:within AS text[]))) AS outside "
            f"FROM cameras AS c WHERE {condition}"
        ),
        {**values, "within": [f"{prefix}%" for prefix in regions]},
    )
    row = found.one()
    return row.total, row.online, row.outside


async def share(session: ReadSession, share_id: UUID) -> Share | None:
    """One share; None when it is unknown or removed."""
    found = await session.execute(
        text("SELECT * FROM cascade_shares WHERE id = :id AND removed_at IS NULL"), {"id": share_id}
    )
    row = found.first()
    return None if row is None else _share(row)


async def put_share(session: WriteSession, given: Share) -> None:
    """Write a share, new or changed."""
    await session.execute(
        text(
            "INSERT INTO cascade_shares AS s (id, upper_id, name, selection, rights, naming, enabled) "
            "VALUES (:id, :upper, :name, CAST(:selection AS jsonb), :rights, :naming, :enabled) "
            "ON CONFLICT (id) DO UPDATE SET name = excluded.name, selection = excluded.selection, "
            "rights = excluded.rights, naming = excluded.naming, enabled = excluded.enabled, "
            "revision = s.revision + 1, updated_at = now()"
        ),
        {
            "id": given.id, "upper": given.upper_id, "name": given.name,
            "selection": json.dumps(given.selection.as_json()), "rights": int(given.rights), "naming": given.naming,
            "enabled": given.enabled,
        },
    )  # fmt: skip


async def remove_share(session: WriteSession, share_id: UUID) -> None:
    """Take a share out of use."""
    await session.execute(
        text("UPDATE cascade_shares SET removed_at = now(), revision = revision + 1 WHERE id = :id"), {"id": share_id}
    )


# --- calls from above -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """A bridged stream on file. `dialog`: what `sip.dialog.Dialog.to_json` gave."""

    call_id: str
    upper_id: UUID
    camera_id: UUID
    code: str
    action: str
    node: str
    permit_id: UUID | None
    dialog: dict[str, Any]
    began_at: datetime


async def put_call(session: WriteSession, call: Call) -> None:
    """Write a call down before its 200 leaves, so that a process that starts anew can end it."""
    await session.execute(
        text(
            "INSERT INTO cascade_calls (call_id, upper_id, camera_id, code, action, node, permit_id, dialog, began_at) "
            "VALUES (:call, :upper, :camera, :code, :action, :node, :permit, CAST(:dialog AS jsonb), :at)"
        ),
        {
            "call": call.call_id, "upper": call.upper_id, "camera": call.camera_id, "code": call.code,
            "action": call.action, "node": call.node, "permit": call.permit_id, "dialog": json.dumps(call.dialog),
            "at": call.began_at,
        },
    )  # fmt: skip


async def delete_calls(session: WriteSession, call_ids: list[str]) -> None:
    """These calls are over."""
    await session.execute(
        text("DELETE FROM cascade_calls WHERE call_id = ANY(CAST(:ids AS text[]))"), {"ids": call_ids}
    )


async def calls(session: ReadSession, upper_id: UUID | None = None) -> list[Call]:
    """What is open, oldest first; of one upper platform, or of all."""
    where = "" if upper_id is None else "WHERE upper_id = :upper"
    found = await session.execute(
        text(f"SELECT * FROM cascade_calls {where} ORDER BY began_at, call_id"),  # noqa: S608
        {} if upper_id is None else {"upper": upper_id},
    )
    return [
        Call(
            row.call_id, row.upper_id, row.camera_id, row.code, row.action, row.node, row.permit_id, row.dialog,
            row.began_at,
        )
        for row in found
    ]  # fmt: skip


async def watched(session: ReadSession, upper_id: UUID) -> list[Any]:
    """The calls of an upper platform with their cameras' names, oldest first."""
    found = await session.execute(
        text(
            "SELECT k.code, k.camera_id, c.name, c.region, k.action, k.node, k.began_at FROM cascade_calls AS k "
            "JOIN cameras AS c ON c.id = k.camera_id WHERE k.upper_id = :upper ORDER BY k.began_at, k.call_id"
        ),
        {"upper": upper_id},
    )
    return list(found)


# --- subscriptions of theirs ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subscription:
    """What an upper platform wants to be told. `version`: what it has been told of the catalogue so far."""

    upper_id: UUID
    event: str
    target: str
    serial: str
    package: str
    dialog: dict[str, Any]
    version: int
    interval_seconds: int | None
    expires_at: datetime


async def put_subscription(session: WriteSession, wish: Subscription) -> None:
    """Write a subscription; one of the same kind is replaced, and what it was told stays told."""
    await session.execute(
        text(
            "INSERT INTO cascade_subscriptions AS s (upper_id, event, target, serial, package, dialog, version, "
            "interval_seconds, expires_at) VALUES (:upper, :event, :target, :serial, :package, "
            "CAST(:dialog AS jsonb), :version, :interval, :expires) ON CONFLICT (upper_id, event) DO UPDATE SET "
            "target = excluded.target, serial = excluded.serial, package = excluded.package, "
            "dialog = excluded.dialog, interval_seconds = excluded.interval_seconds, expires_at = excluded.expires_at, "
            "version = CASE WHEN s.expires_at > now() THEN s.version ELSE excluded.version END"
        ),
        {
            "upper": wish.upper_id, "event": wish.event, "target": wish.target, "serial": wish.serial,
            "package": wish.package, "dialog": json.dumps(wish.dialog), "version": wish.version,
            "interval": wish.interval_seconds, "expires": wish.expires_at,
        },
    )  # fmt: skip


async def told(session: WriteSession, wish: Subscription, version: int, dialog: dict[str, Any]) -> None:
    """It has been told of everything up to `version`."""
    await session.execute(
        text(
            "UPDATE cascade_subscriptions SET version = greatest(version, :version), dialog = CAST(:dialog AS jsonb) "
            "WHERE upper_id = :upper AND event = :event"
        ),
        {"version": version, "dialog": json.dumps(dialog), "upper": wish.upper_id, "event": wish.event},
    )


async def drop_subscription(session: WriteSession, upper_id: UUID, event: str | None = None) -> None:
    """It wants to be told no more, of this or (None) of anything."""
    await session.execute(
        text(
            "DELETE FROM cascade_subscriptions WHERE upper_id = :upper "
            "AND (CAST(:event AS text) IS NULL OR event = :event)"
        ),
        {"upper": upper_id, "event": event},
    )


async def subscriptions(session: ReadSession, now: datetime) -> list[Subscription]:
    """All that have not run out."""
    found = await session.execute(
        text("SELECT * FROM cascade_subscriptions WHERE expires_at > :now ORDER BY upper_id, event"), {"now": now}
    )
    return [
        Subscription(
            row.upper_id, row.event, row.target, row.serial, row.package, row.dialog, row.version,
            row.interval_seconds, row.expires_at,
        )
        for row in found
    ]  # fmt: skip
