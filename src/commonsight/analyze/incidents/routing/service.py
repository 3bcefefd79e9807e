"""Use cases of the rules: read, change, undo, and who would get an incident."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from commonsight.access.audit import Actor, record
from commonsight.access.model import Identity
from commonsight.analyze.incidents.routing import store
from commonsight.analyze.incidents.routing.model import RULES_MOST, Asked, Rule, Said, check, order
from commonsight.analyze.scenes.registry import installed
from commonsight.http import within
from commonsight.places import service as places
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession


def kinds() -> dict[str, frozenset[str]]:
    """Codes of incidents by scene, as installed here."""
    return {code: frozenset(kind.code for kind in card.incidents) for code, card in installed().cards.items()}


async def rules(session: ReadSession, caller: Identity) -> list[Rule]:
    """The rules that touch the caller's regions: those within, and those of the wider region that hold there, too."""
    return [rule for rule in await store.every(session) if touches(caller, rule.said.region)]


def touches(caller: Identity, region: str) -> bool:
    """Whether a region and the caller's own have anything in common."""
    return within(caller.regions, region) or any(mine.startswith(region) for mine in caller.regions)


async def add(session: WriteSession, caller: Identity, said: Said, now: datetime) -> Rule:
    """Add a rule.

    Raises:
        Refusal: `analyze.rule_invalid` (422), `http.region_outside_scope` (403), `analyze.rules_most` (409).
    """
    await _checked(session, caller, said)
    if len(await store.every(session)) >= RULES_MOST:
        raise Refusal("analyze.rules_most", status=409, rule="number of rules", operand="rules", expected=RULES_MOST)
    rule_id = uuid7()
    return await _put(session, caller, rule_id, None, said, now)


async def change(
    session: WriteSession, caller: Identity, rule_id: UUID, said: Said, expected: Callable[[Rule], None], now: datetime
) -> Rule:
    """Change a rule.

    Raises:
        Refusal: as `add`, `analyze.rule_unknown` (404), and what `expected` refuses.
    """
    present = await _known(session, caller, rule_id)
    expected(present)
    await _checked(session, caller, said)
    return await _put(session, caller, rule_id, present.said, said, now)


async def drop(
    session: WriteSession, caller: Identity, rule_id: UUID, expected: Callable[[Rule], None], now: datetime
) -> None:
    """Take a rule away; `undo` brings it back.

    Raises:
        Refusal: `analyze.rule_unknown` (404), `http.region_outside_scope` (403).
    """
    present = await _known(session, caller, rule_id)
    expected(present)
    await store.drop(session, rule_id)
    await _kept(session, caller, rule_id, present.said, None, now)


async def undo(session: WriteSession, caller: Identity, change_id: UUID, now: datetime) -> None:
    """Put a rule back to what it was before a change, once, if nobody has changed it since.

    Raises:
        Refusal: `analyze.rule_change_gone` (404), `analyze.rule_changed_since` (409),
            `http.region_outside_scope` (403).
    """
    found = await store.take_change(session, change_id, now)
    if found is None:
        raise Refusal("analyze.rule_change_gone", status=404, operand="change", actual=str(change_id))
    for each in (found.before, found.after):
        if each is not None:
            _mine(caller, each.region)
    present = await store.one(session, found.rule_id, for_update=True)
    if (None if present is None else present.said) != found.after:
        raise Refusal("analyze.rule_changed_since", status=409, rule="unchanged since", operand="change")
    if found.before is None:
        await store.drop(session, found.rule_id)
    else:
        await store.put(session, found.rule_id, found.before, caller.display_name or caller.name, now)
    await _kept(session, caller, found.rule_id, found.after, found.before, now)


async def who(session: ReadSession, asked: Asked, zone: str) -> list[Rule]:
    """The rules that speak of an incident, the one that decides first."""
    return order(await store.every(session), asked, zone)


async def known(session: ReadSession, caller: Identity, rule_id: UUID) -> Rule:
    """A rule that touches the caller's regions.

    Raises:
        Refusal: `analyze.rule_unknown` (404).
    """
    found = await store.one(session, rule_id)
    if found is None or not touches(caller, found.said.region):
        raise Refusal("analyze.rule_unknown", status=404, operand="rule", actual=str(rule_id))
    return found


async def _known(session: WriteSession, caller: Identity, rule_id: UUID) -> Rule:
    found = await store.one(session, rule_id, for_update=True)
    if found is None or not touches(caller, found.said.region):
        raise Refusal("analyze.rule_unknown", status=404, operand="rule", actual=str(rule_id))
    _mine(caller, found.said.region)
    return found


def _mine(caller: Identity, region: str) -> None:
    if not within(caller.regions, region):
        raise Refusal(
            "http.region_outside_scope", status=403, rule="scope", operand="region", expected=list(caller.regions),
            actual=region,
        )  # fmt: skip


async def _checked(session: ReadSession, caller: Identity, said: Said) -> None:
    _mine(caller, said.region)
    if said.region:
        await places.existing(session, said.region)
    check(said, kinds())
    if said.organisation is not None and not await store.organisation_known(session, said.organisation):
        raise Refusal(
            "analyze.rule_invalid", status=422, rule="an organisation on file", operand="organisation_id",
            expected="an organisation on file", actual=str(said.organisation),
        )  # fmt: skip


async def _put(
    session: WriteSession, caller: Identity, rule_id: UUID, before: Said | None, said: Said, now: datetime
) -> Rule:
    await store.put(session, rule_id, said, caller.display_name or caller.name, now)
    await _kept(session, caller, rule_id, before, said, now)
    made = await store.one(session, rule_id)
    assert made is not None
    return made


async def _kept(
    session: WriteSession, caller: Identity, rule_id: UUID, before: Said | None, after: Said | None, now: datetime
) -> None:
    await store.keep_change(session, rule_id, before, after, caller.display_name or caller.name, now)
    said = after or before
    done = "changed" if before and after else "added" if after else "dropped"
    await record(
        session, Actor.of(caller), f"analyze.rule_{done}", now, kind="incident_rule", subject_id=rule_id,
        subject_name="" if said is None else said.note,
    )  # fmt: skip
