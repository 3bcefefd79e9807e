"""Use cases of grants: which one covers what somebody wants to do, and if none, what the nearest falls short by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from commonsight.gate import grant_store
from commonsight.gate.grant_model import MISSES, Facts, Grant, Holder, Miss
from commonsight.gate.model import Action
from commonsight.http import LANGUAGES, Caller, sees
from commonsight.problem import Refusal
from commonsight.records.database import ReadSession, WriteSession
from commonsight.text import say


@dataclass(frozen=True, slots=True)
class Short:
    """A grant, and the first thing it falls short by."""

    grant: Grant
    miss: Miss
    expected: Any
    actual: Any


def holder_of(caller: Caller) -> Holder:
    """The caller as grants know them."""
    return Holder(caller.id, caller.organisation, caller.roles)


async def known(session: ReadSession, cameras: Sequence[UUID]) -> list[Facts]:
    """What grants look at in these cameras.

    Raises:
        Refusal: `gate.camera_unknown` (404).
    """
    found = await grant_store.facts(session, cameras)
    for camera_id in cameras:
        if camera_id not in found:
            raise _unknown(camera_id)
    return [found[camera_id] for camera_id in cameras]


async def seen(session: ReadSession, caller: Caller, cameras: Sequence[UUID]) -> list[Facts]:
    """The same, for cameras within the caller's regions. Beyond them a camera does not exist for them.

    Raises:
        Refusal: `gate.camera_unknown` (404).
    """
    found = await known(session, cameras)
    for camera in found:
        if not sees(caller, camera.region):
            raise _unknown(camera.id)
    return found


async def cover(
    session: ReadSession,
    caller: Caller,
    cameras: Sequence[Facts],
    action: Action,
    purpose: str | None,
    now: datetime,
) -> Grant:
    """The widest of the caller's grants that covers all of this now.

    Raises:
        Refusal: `gate.no_grant` (403) with what the nearest grant falls short by.
    """
    holder = holder_of(caller)
    held = await grant_store.held_by(session, holder)
    covering, short = weigh(held, holder, cameras, action, purpose, now)
    if covering:
        return max(covering, key=Grant.width)
    raise no_grant(short, cameras, action)


async def hold(session: WriteSession, grant: Grant, cameras: Sequence[Facts], action: Action) -> None:
    """Keep a grant as it is until the transaction ends: a permit and a revocation never pass each other.

    Raises:
        Refusal: `gate.no_grant` (403) when it was revoked since it was read.
    """
    revoked_at = await grant_store.hold(session, grant.id)
    if revoked_at is not None:
        raise no_grant([Short(grant, "revoked_at", None, revoked_at.isoformat())], cameras, action)


def weigh(
    held: Sequence[Grant],
    holder: Holder,
    cameras: Sequence[Facts],
    action: Action,
    purpose: str | None,
    now: datetime,
) -> tuple[list[Grant], list[Short]]:
    """The grants that cover every one of the cameras, and what each other one falls short by."""
    covering, short = [], []
    for grant in held:
        misses = (grant.miss(holder, camera, action, purpose, now) for camera in cameras)
        first = next((miss for miss in misses if miss is not None), None)
        if first is None:
            covering.append(grant)
        else:
            short.append(Short(grant, *first))
    return covering, short


def nearest(short: Sequence[Short]) -> Short | None:
    """Of all grants that fall short the one that came furthest."""
    return max(short, key=lambda one: MISSES.index(one.miss), default=None)


def no_grant(short: Sequence[Short], cameras: Sequence[Facts], action: Action) -> Refusal:
    """The refusal: of all grants the one that came furthest says what is missing."""
    near = nearest(short)
    names = [camera.name for camera in cameras]
    if near is None:
        return Refusal(
            "gate.no_grant",
            status=403,
            rule="grant",
            operand="grant",
            expected=action.value,
            actual="none",
            **_words("none", action, names),
        )
    return Refusal(
        "gate.no_grant",
        status=403,
        rule="grant",
        operand=near.miss,
        expected=near.expected,
        actual=near.actual,
        grant=str(near.grant.id),
        **_words(near.miss, action, names),
    )


def _words(miss: str, action: Action, names: Sequence[str]) -> dict[str, str]:
    """What the message is put together from, in both languages."""
    found = {"camera": "、".join(names[:3])}
    for language in LANGUAGES:
        found[f"action_{language}"] = say(f"gate.action_{action.value}", language)
        found[f"why_{language}"] = say(f"gate.miss_{miss}", language)
    return found


def _unknown(camera_id: UUID) -> Refusal:
    return Refusal("gate.camera_unknown", status=404, rule="scope", operand="camera_id", actual=str(camera_id))
