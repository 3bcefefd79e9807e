"""Use cases of people with notices: set up channels and rules, test them, send again what was put aside."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Row

from commonsight import network
from commonsight.access.audit import Actor, record
from commonsight.catalog import secrets
from commonsight.http import Caller
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession
from commonsight.respond.kinds import kind_of
from commonsight.respond.notices import settings_store as store
from commonsight.respond.notices.model import Event, new_secret
from commonsight.respond.notices.store import queue
from commonsight.respond.notices.telling import wake
from commonsight.respond.notices.words import test_body

CHANNELS_MOST: Final = 200
RULES_MOST: Final = 2_000
ADDRESSES_MOST: Final = 20
URL_MOST: Final = 1_000
ADDRESS: Final = re.compile(r"[^\s@<>\"(),;:\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
TOPIC: Final = re.compile(r"[^#+\x00$][^#+\x00]{0,199}")
"""A topic one publishes to: no wildcards, not one of the broker's own."""

MANAGE: Final = "notices.write"
Expected = Callable[[Row[Any]], None]


def _actor(caller: Caller) -> Actor:
    return Actor(caller.id, caller.name, getattr(caller, "address", None))


# --- channels -------------------------------------------------------------------------------------------------------


async def channel(session: ReadSession, caller: Caller, channel_id: UUID) -> Row[Any]:
    """A channel within the caller's regions.

    Raises:
        Refusal: `respond.channel_unknown` (404), also for one outside.
    """
    found = await store.channel(session, channel_id, caller.regions)
    if found is None:
        raise Refusal("respond.channel_unknown", status=404, operand="channel", actual=str(channel_id))
    return found


async def add_channel(
    session: WriteSession, caller: Caller, kind: str, said: Mapping[str, Any], now: datetime
) -> tuple[Row[Any], str | None]:
    """Put a channel on file; the secret that signs a webhook is handed out here and never again.

    Raises:
        Refusal: `respond.channel_invalid` (422), `respond.channels_full` (409), `network.…` (422),
            `http.region_outside_scope` (403).
    """
    count = await store.channels_count(session)
    if count >= CHANNELS_MOST:
        raise Refusal(
            "respond.channels_full", status=409, rule="channels", operand="channels", expected=CHANNELS_MOST,
            actual=count,
        )  # fmt: skip
    made, secret = uuid7(), new_secret() if kind == "webhook" else None
    await store.add_channel(
        session,
        {
            "id": made, "kind": kind, "name": _name(said["name"]), "language": said.get("language") or caller.language,
            "regions": _regions(caller, said.get("regions")), "config": _config(kind, said),
            "secret": None if secret is None else secrets.installed().seal(secret), "by": caller.name, "now": now,
        },
    )  # fmt: skip
    await record(
        session, _actor(caller), "respond.channel_added", now, kind="notice_channel", subject_id=made,
        subject_name=said["name"], channel=kind,
    )  # fmt: skip
    return await channel(session, caller, made), secret


async def change_channel(
    session: WriteSession, caller: Caller, channel_id: UUID, said: Mapping[str, Any], expected: Expected, now: datetime
) -> Row[Any]:
    """Change what is said; everything left out stays. Raises like `channel` and `add_channel`."""
    present = await channel(session, caller, channel_id)
    expected(present)
    fields: dict[str, Any] = {}
    if said.get("name") is not None:
        fields["name"] = _name(said["name"])
    if said.get("language") is not None:
        fields["language"] = said["language"]
    if said.get("enabled") is not None:
        fields["enabled"] = said["enabled"]
    if said.get("regions") is not None:
        fields["regions"] = _regions(caller, said["regions"])
    if any(said.get(name) is not None for name in ("to", "url", "topic")):
        fields["config"] = _config(present.kind, said)
    await store.change_channel(session, channel_id, fields, now)
    await record(
        session, _actor(caller), "respond.channel_changed", now, kind="notice_channel", subject_id=channel_id,
        subject_name=present.name, fields=sorted(fields),
    )  # fmt: skip
    await wake(session, channel_id)
    return await channel(session, caller, channel_id)


async def new_channel_secret(session: WriteSession, caller: Caller, channel_id: UUID, now: datetime) -> str:
    """Another signing secret, shown once; the former one goes on signing for a day beside it.

    Raises:
        Refusal: `respond.channel_unknown` (404), `respond.channel_invalid` (422) for what is no webhook.
    """
    present = await channel(session, caller, channel_id)
    if present.kind != "webhook":
        raise _invalid("kind", "only webhooks are signed", present.kind)
    secret = new_secret()
    await store.new_secret(session, channel_id, secrets.installed().seal(secret), now)
    await record(
        session, _actor(caller), "respond.channel_secret_renewed", now, kind="notice_channel", subject_id=channel_id,
        subject_name=present.name,
    )  # fmt: skip
    return secret


async def remove_channel(
    session: WriteSession, caller: Caller, channel_id: UUID, expected: Expected, now: datetime
) -> None:  # fmt: skip
    """Take a channel off the file.

    Raises:
        Refusal: `respond.channel_unknown` (404), `respond.channel_in_use` (409) while rules name it.
    """
    present = await channel(session, caller, channel_id)
    expected(present)
    used = await store.rules_of_channel(session, channel_id)
    if used:
        raise Refusal(
            "respond.channel_in_use", status=409, rule="no rule uses it", operand="channel", expected=0, actual=used
        )
    await store.remove_channel(session, channel_id, now)
    await record(
        session, _actor(caller), "respond.channel_removed", now, kind="notice_channel", subject_id=channel_id,
        subject_name=present.name,
    )  # fmt: skip


async def test_channel(session: WriteSession, caller: Caller, channel_id: UUID, now: datetime) -> UUID:
    """Put a test in line, before what else waits; what becomes of it stands among the deliveries.

    Raises:
        Refusal: `respond.channel_unknown` (404).
    """
    present = await channel(session, caller, channel_id)
    await store.awaken(session, channel_id)
    body = test_body(now, present.language)
    made = await queue(session, channel_id, None, None, "test", body, now, now)
    assert made is not None  # a test has no entry of the outbox, so there is never one already
    await wake(session, channel_id)
    await record(
        session, _actor(caller), "respond.channel_tested", now, kind="notice_channel", subject_id=channel_id,
        subject_name=present.name,
    )  # fmt: skip
    return made


async def send_again(session: WriteSession, caller: Caller, delivery: UUID, now: datetime) -> None:
    """Put what was put aside in line again.

    Raises:
        Refusal: `respond.delivery_unknown` (404).
    """
    channel_id = await store.again(session, delivery, caller.regions, now)
    if channel_id is None:
        raise Refusal("respond.delivery_unknown", status=404, operand="delivery", actual=str(delivery))
    await store.awaken(session, channel_id)
    await wake(session, channel_id)


def _config(kind: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """What a channel of this kind is reached by. Raises `Refusal` naming the field."""
    if kind == "email":
        to = [str(one).strip() for one in said.get("to") or ()]
        if not 1 <= len(to) <= ADDRESSES_MOST:
            raise _invalid("to", f"1..{ADDRESSES_MOST} addresses", len(to))
        for one in to:
            if not ADDRESS.fullmatch(one):
                raise _invalid("to", "an e-mail address", one)
        return {"to": list(dict.fromkeys(to))}
    if kind == "webhook":
        return {"url": _url(str(said.get("url") or ""))}
    topic = str(said.get("topic") or "").strip()
    if not TOPIC.fullmatch(topic):
        raise _invalid("topic", "an MQTT topic without # and +", topic)
    return {"topic": topic}


def _url(given: str) -> str:
    """An address outside, held to the guard as it is written; as it resolves it is held to it when it is called."""
    given = given.strip()
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError:
        raise _invalid("url", "an address", given) from None
    if parts.scheme not in ("https", "http") or not parts.hostname or len(given) > URL_MOST:
        raise _invalid("url", f"https:// or http://, at most {URL_MOST} characters", given)
    if parts.username is not None or parts.password is not None:
        raise _invalid("url", "no account in the address", f"{parts.scheme}://…@{parts.hostname}")
    network.OUTSIDE.check(parts.hostname, port or (443 if parts.scheme == "https" else 80))
    return given


def _name(given: str) -> str:
    name = " ".join(str(given).split())
    if not name or len(name) > 100 or not name.isprintable():
        raise _invalid("name", "1..100 printable characters", name)
    return name


def _regions(caller: Caller, given: Sequence[str] | None) -> list[str]:
    """Regions within the caller's; theirs when none are named."""
    wanted = sorted(set(given or caller.regions))
    for one in wanted:
        if not one.isascii() or not one.isdigit() or not one.startswith(caller.regions or ("-",)):
            raise Refusal(
                "http.region_outside_scope", status=403, rule="scope", operand="regions",
                expected=list(caller.regions), actual=one[:20],
            )  # fmt: skip
    return wanted


def _invalid(operand: str, rule: str, actual: Any) -> Refusal:
    shown = actual if isinstance(actual, int) else str(actual)[:100]
    return Refusal("respond.channel_invalid", status=422, rule=rule, operand=operand, actual=shown)


# --- rules ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RuleSaid:
    """What somebody says a rule is. `holder` None: the caller."""

    holder: tuple[str, UUID] | None
    channel_id: UUID | None
    kinds: tuple[str, ...]
    severity: int
    regions: tuple[str, ...]
    events: tuple[Event, ...]
    quiet: tuple[time, time] | None
    enabled: bool


async def rules(session: ReadSession, caller: Caller) -> list[Row[Any]]:
    """The rules a caller may manage: all within their regions, or those of their own page."""
    return await store.rules(session, caller.regions, None if MANAGE in caller.permissions else caller.id)


async def add_rule(session: WriteSession, caller: Caller, said: RuleSaid, now: datetime) -> Row[Any]:
    """Write a rule.

    Raises:
        Refusal: `respond.rule_not_yours` (403), `respond.rules_full` (409), `respond.holder_unknown`,
            `respond.channel_unknown`, `respond.kind_unknown` (422) …
    """
    count = await store.rules_count(session)
    if count >= RULES_MOST:
        raise Refusal(
            "respond.rules_full", status=409, rule="rules", operand="rules", expected=RULES_MOST, actual=count
        )
    values = await _checked(session, caller, said)
    made = uuid7()
    await store.add_rule(session, made, values, caller.name, now)
    await _noted(session, caller, "added", made, values, now)
    return await rule(session, caller, made)


async def replace_rule(
    session: WriteSession, caller: Caller, rule_id: UUID, said: RuleSaid, expected: Expected, now: datetime
) -> Row[Any]:
    """Write a rule anew. Raises like `add_rule` and `rule`."""
    expected(await rule(session, caller, rule_id, for_update=True))
    values = await _checked(session, caller, said)
    await store.replace_rule(session, rule_id, values, now)
    await _noted(session, caller, "changed", rule_id, values, now)
    return await rule(session, caller, rule_id)


async def remove_rule(session: WriteSession, caller: Caller, rule_id: UUID, now: datetime) -> None:
    """Take a rule back. Raises like `rule`."""
    present = await rule(session, caller, rule_id, for_update=True)
    await store.remove_rule(session, rule_id)
    await _noted(session, caller, "removed", rule_id, {"holder_name": present.holder_name}, now)


async def rule(session: ReadSession, caller: Caller, rule_id: UUID, *, for_update: bool = False) -> Row[Any]:
    """A rule the caller may manage.

    Raises:
        Refusal: `respond.rule_unknown` (404), also for one that is not theirs.
    """
    found = await store.rule(session, rule_id, for_update=for_update)
    if found is not None:
        own = found.holder_kind == "person" and found.holder_id == caller.id and found.channel_id is None
        inside = all(region.startswith(caller.regions or ("-",)) for region in found.regions)
        if inside and (own or MANAGE in caller.permissions):
            return found
    raise Refusal("respond.rule_unknown", status=404, operand="rule", actual=str(rule_id))


async def _checked(session: WriteSession, caller: Caller, said: RuleSaid) -> dict[str, Any]:
    kind, holder = said.holder or ("person", caller.id)
    own = kind == "person" and holder == caller.id and said.channel_id is None
    if not own and MANAGE not in caller.permissions:
        raise Refusal("respond.rule_not_yours", status=403, rule="permission", operand="holder", expected=MANAGE)
    found = await store.holder_name(session, kind, holder)
    if found is None or not any(_meet(region, caller.regions) for region in found[1] or caller.regions):
        raise Refusal("respond.holder_unknown", status=422, operand="holder", actual=str(holder))
    if said.channel_id is not None:
        await channel(session, caller, said.channel_id)
    for one in said.kinds:
        kind_of(one)
    return {
        "holder_kind": kind, "holder_id": holder, "holder_name": found[0], "channel_id": said.channel_id,
        "kinds": list(said.kinds), "severity": said.severity, "regions": _regions(caller, said.regions),
        "events": [event.value for event in said.events], "enabled": said.enabled,
        "quiet_from": None if said.quiet is None else said.quiet[0],
        "quiet_to": None if said.quiet is None else said.quiet[1],
    }  # fmt: skip


def _meet(region: str, scope: Sequence[str]) -> bool:
    return any(region.startswith(prefix) or prefix.startswith(region) for prefix in scope)


async def _noted(
    session: WriteSession, caller: Caller, verb: str, rule_id: UUID, values: Mapping[str, Any], now: datetime
) -> None:
    await record(
        session, _actor(caller), f"respond.rule_{verb}", now, kind="notice_rule", subject_id=rule_id,
        subject_name=values.get("holder_name"),
    )  # fmt: skip
