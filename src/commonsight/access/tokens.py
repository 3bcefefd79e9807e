"""API tokens: a program calls for a person, with a part of their permissions, until a date."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from commonsight.access import audit, endings, store
from commonsight.access.audit import Actor
from commonsight.access.model import (
    TOKEN_DAYS_MOST,
    TOKEN_PREFIX,
    TOKENS_MOST,
    Identity,
    check_token_permissions,
    digest,
    new_secret,
)
from commonsight.access.tables import TokenRow
from commonsight.clock import Clock
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import WriteSession


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token's row and its secret, which is shown once and stored as a hash only."""

    row: TokenRow
    secret: str


async def add(
    session: WriteSession,
    clock: Clock,
    caller: Identity,
    *,
    name: str,
    permissions: Iterable[str],
    expires_at: datetime,
) -> NewToken:
    """Make a token for the caller.

    Raises:
        Refusal: `access.grant_exceeds` (403), `access.token_expiry` (422), `access.tokens_full` (409).
    """
    now = clock.now()
    granted = check_token_permissions(permissions, caller)
    latest = now + timedelta(days=TOKEN_DAYS_MOST)
    if not now < expires_at <= latest:
        raise Refusal(
            "access.token_expiry",
            status=422,
            rule=f"in the future, at most {TOKEN_DAYS_MOST} days ahead",
            operand="expires_at",
            expected=latest.isoformat(),
            actual=expires_at.isoformat(),
            days=TOKEN_DAYS_MOST,
        )
    await store.person_for_update(session, caller.id)  # two requests at once must not both take the last place
    if len(await store.tokens_of(session, caller.id, now)) >= TOKENS_MOST:
        raise Refusal("access.tokens_full", status=409, rule="tokens a person may hold", expected=TOKENS_MOST)
    secret = new_secret(TOKEN_PREFIX)
    row = TokenRow(
        id=uuid7(),
        person_id=caller.id,
        name=name,
        hint=secret[-4:],
        secret_sha256=digest(secret),
        permissions=list(granted),
        created_at=now,
        expires_at=expires_at,
    )
    session.add(row)
    await session.flush()
    await audit.record(
        session,
        Actor.of(caller),
        "access.token_added",
        now,
        kind="token",
        subject_id=row.id,
        subject_name=name,
        permissions=list(granted),
        expires_at=expires_at.isoformat(),
    )
    return NewToken(row, secret)


async def revoke(session: WriteSession, clock: Clock, caller: Identity, token_id: UUID) -> None:
    """Revoke one of the caller's tokens; it stops working at once.

    Raises:
        Refusal: `access.token_unknown` (404).
    """
    now = clock.now()
    gone = await endings.revoke_tokens(session, caller.id, now, only=token_id)
    if not gone:
        raise Refusal("access.token_unknown", status=404, operand="id", actual=str(token_id))
    actor = Actor.of(caller)
    await audit.record(
        session, actor, "access.token_revoked", now, kind="token", subject_id=token_id, subject_name=gone[0].name
    )
