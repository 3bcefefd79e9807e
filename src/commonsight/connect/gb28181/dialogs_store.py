"""All SQL of dialogs: what is open with devices, so that a signalling process that starts anew can end it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from commonsight.records.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Left:
    """A dialog on file. `state`: what `sip.dialog.Dialog.to_json` gave; None while the device had not answered.
    `invite`: the INVITE as it was sent, with its peer, so that it can still be cancelled."""

    call_id: str
    device: str
    channel: str
    purpose: str
    ssrc: str
    state: dict[str, Any] | None
    invite: dict[str, Any] | None


async def insert(
    session: WriteSession,
    *,
    call_id: str,
    device: str,
    channel: str,
    purpose: str,
    ssrc: str,
    holder: str,
    invite: dict[str, Any],
) -> None:
    """Write down an INVITE before it is sent."""
    await session.execute(
        text(
            "INSERT INTO gb_dialogs (call_id, device, channel, purpose, ssrc, holder, invite) "
            "VALUES (:call_id, :device, :channel, :purpose, :ssrc, :holder, CAST(:invite AS jsonb))"
        ),
        {
            "call_id": call_id, "device": device, "channel": channel, "purpose": purpose, "ssrc": ssrc,
            "holder": holder, "invite": json.dumps(invite),
        },
    )  # fmt: skip


async def answered(session: WriteSession, call_id: str, state: dict[str, Any]) -> None:
    """The device has agreed: from now on only a BYE ends it."""
    await session.execute(
        text("UPDATE gb_dialogs SET state = CAST(:state AS jsonb), answered_at = now() WHERE call_id = :call_id"),
        {"call_id": call_id, "state": json.dumps(state)},
    )


async def delete(session: WriteSession, call_ids: Sequence[str]) -> None:
    """These dialogs are over."""
    await session.execute(
        text("DELETE FROM gb_dialogs WHERE call_id = ANY (CAST(:call_ids AS text[]))"), {"call_ids": list(call_ids)}
    )


async def left(session: ReadSession) -> list[Left]:
    """All dialogs on file, oldest first."""
    found = await session.execute(
        text("SELECT call_id, device, channel, purpose, ssrc, state, invite FROM gb_dialogs ORDER BY created_at")
    )
    return [Left(*row) for row in found]


async def put_signalling_key(session: WriteSession, node: str, key: str) -> None:
    """Keep the key that callers from other machines must say, where only processes of this platform can read it."""
    await session.execute(
        text(
            "INSERT INTO gb_signalling_keys (node, key) VALUES (:node, :key) "
            "ON CONFLICT (node) DO UPDATE SET key = excluded.key"
        ),
        {"node": node, "key": key},
    )


async def signalling_key(session: ReadSession, node: str) -> str:
    """The key of the signalling process `node`; "" when it has none."""
    found = await session.execute(text("SELECT key FROM gb_signalling_keys WHERE node = :node"), {"node": node})
    return str(found.scalar_one_or_none() or "")
