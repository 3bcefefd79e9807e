"""Ending sessions and tokens so that what runs under them stops at once, not at its next look.

Whoever holds a connection open listens to `ENDED`; gate/ takes the permits of a session back on the outbox's word.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from commonsight import outbox
from commonsight.access import store
from commonsight.access.tables import TokenRow
from commonsight.records.database import WriteSession, notify

ENDED: Final = "access_ended"
"""Channel of notifications `{"person": id, "sessions": [ids], "tokens": [ids]}`."""


async def end_sessions(
    session: WriteSession, person_id: UUID, *, only: UUID | None = None, but: UUID | None = None
) -> int:
    """End a person's sessions (`only` one, or all `but` one) and tell who must know. Returns how many."""
    ended = await store.end_sessions(session, person_id, only=only, but=but)
    await tell_sessions(session, person_id, ended)
    return len(ended)


async def tell_sessions(session: WriteSession, person_id: UUID, ended: list[UUID]) -> None:
    """Tell that these sessions of a person are no more."""
    if not ended:
        return
    payload = {"person": str(person_id), "sessions": [str(each) for each in ended]}
    await outbox.append(session, "access.sessions_ended", payload)
    await notify(session, ENDED, payload)


async def revoke_tokens(
    session: WriteSession, person_id: UUID, now: datetime, *, only: UUID | None = None
) -> list[TokenRow]:
    """Revoke a person's tokens (or `only` one) and tell who must know; returns those that were valid until now."""
    gone = await store.revoke_tokens(session, person_id, now, only=only)
    if gone:
        payload = {"person": str(person_id), "tokens": [str(row.id) for row in gone]}
        await outbox.append(session, "access.tokens_revoked", payload)
        await notify(session, ENDED, payload)
    return gone
