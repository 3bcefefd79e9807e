"""Use cases of exemptions: choose cameras, foresee the effect, ask, decide, end early, extend."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from commonsight import outbox
from commonsight.catalog import selection_store
from commonsight.catalog import where as conditions
from commonsight.catalog.model import Filters
from commonsight.http import Caller, narrow
from commonsight.inspect.exemptions import model, store
from commonsight.inspect.exemptions.model import Exemption, State
from commonsight.inspect.indicators.definitions import indicators
from commonsight.inspect.indicators.model import Figure, figure
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession
from commonsight.settings import Exemptions

FORESEEN: Final = ("online", "playable")
"""Indicators whose change is shown before one asks, and before one approves."""

WAITING_MOST: Final = 100
"""Exemptions of one person that may wait for a decision."""

Expected = Callable[[Exemption], None]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which cameras are meant: all in a region and of a platform, of a selection, or named by id or identifier. What is
    given narrows together; nothing given means nothing."""

    region: str | None = None
    platform: UUID | None = None
    selection: UUID | None = None
    cameras: tuple[UUID, ...] = ()
    codes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """What was chosen by; long lists as their length, the members are kept beside it."""
        said: dict[str, Any] = {
            "region": self.region,
            "platform": self.platform and str(self.platform),
            "selection": self.selection and str(self.selection),
            "cameras": len(self.cameras),
            "codes": len(self.codes),
        }
        return {key: value for key, value in said.items() if value}


@dataclass(frozen=True, slots=True)
class Foreseen:
    """An indicator without and with the exemption, in the asker's regions."""

    code: str
    before: Figure
    after: Figure


@dataclass(frozen=True, slots=True)
class Preview:
    """What an exemption would do. `leaving`: cameras that leave the denominators; the rest of `total` is exempt or out
    of use already. `unknown_codes`: identifiers that are no camera the asker may see."""

    total: int
    leaving: int
    foreseen: tuple[Foreseen, ...]
    unknown_codes: tuple[str, ...] = ()


async def chosen(session: ReadSession, caller: Caller, choice: Choice, most: int) -> list[UUID]:
    """The cameras in use that are meant, within the caller's regions.

    Raises:
        Refusal: `inspect.exemption_invalid` for none or too many; `catalog.selection_unknown`;
            `http.region_outside_scope`.
    """
    if choice == Choice():
        raise model.invalid("cameras", "something chosen", "nothing")
    if choice.selection is not None:
        await selection_store.selection(session, choice.selection)
    where = conditions.of(
        Filters(regions=narrow(caller, choice.region), platform=choice.platform, selection=choice.selection)
    )
    if choice.cameras:
        where.add("c.id = ANY(:named)", named=list(choice.cameras))
    if choice.codes:
        where.add("c.code = ANY(:codes)", codes=list(choice.codes))
    found = await store.members_of(session, where, most)
    if not found:
        raise model.invalid("cameras", "at least one camera in use in one's regions", 0)
    if len(found) > most:
        raise model.invalid("cameras", "cameras of one exemption", f"> {most}", most)
    return found


async def preview(
    session: ReadSession, regions: tuple[str, ...], cameras: list[UUID], at: datetime, codes: tuple[str, ...] = ()
) -> Preview:
    """What leaving these cameras out would do to the indicators of `regions` as health stands now."""
    before = await store.by_health(session, regions, [], at)
    after = await store.by_health(session, regions, cameras, at)
    rates = tuple(Foreseen(code, _figure(code, before, at), _figure(code, after, at)) for code in FORESEEN)
    return Preview(len(cameras), after["meant"], rates, codes)


def _figure(code: str, found: dict[str, int], at: datetime) -> Figure:
    indicator = indicators()[code]
    return figure(indicator, indicator.usual, found | {"unchecked": found["unknown"]}, at)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for."""

    kind: str
    words: str
    choice: Choice
    starts_at: datetime
    ends_at: datetime


async def ask(session: WriteSession, caller: Caller, wish: Wish, given: Exemptions, now: datetime) -> Exemption:
    """Ask for an exemption.

    Raises:
        Refusal: `inspect.exemption_invalid`, `inspect.exemptions_many` (409), and as `chosen`.
    """
    kind = model.check_kind(wish.kind)
    words = model.check_words(wish.words, "words", kind.words_least)
    model.check_span(wish.starts_at, wish.ends_at, now, given.days_most, given.back_days)
    mine = await store.page(
        session, regions=(), person=caller.id, phase="asked", camera=None, now=now, after=None, limit=WAITING_MOST
    )
    if len(mine) >= WAITING_MOST:
        raise Refusal("inspect.exemptions_many", status=409, rule="waiting", operand="exemption", expected=WAITING_MOST)
    cameras = await chosen(session, caller, wish.choice, given.cameras_most)
    made = await store.file(
        session,
        {
            "id": uuid7(),
            "kind": kind.code,
            "words": words,
            "chosen": wish.choice.as_json(),
            "regions": await store.counties_of(session, cameras),
            "total": len(cameras),
            "starts_at": wish.starts_at,
            "ends_at": wish.ends_at,
            "asked_by": caller.id,
            "asked_by_name": _name(caller),
            "organisation": caller.organisation,
            "asked_at": now,
        },
        cameras,
    )
    await _happened(session, made, "asked", caller, now, words)
    return made


async def attach(
    session: WriteSession, caller: Caller, exemption_id: UUID, name: str, body: bytes, most: int, now: datetime
) -> Exemption:
    """Put a file of evidence to one's own request, while it waits.

    Raises:
        Refusal: `inspect.exemption_unknown` (404), `inspect.exemption_state` (409), `inspect.exemption_file`.
    """
    held = await _held(session, exemption_id)
    if held.asked_by != caller.id:
        raise unknown(exemption_id)
    if held.state is not State.ASKED:
        raise model.wrong_state(held, now, "asked")
    plain, kind = model.check_file(name, body, most)
    await store.keep_file(session, held.id, plain, kind, body, hashlib.sha256(body).digest())
    await store.note(session, held.id, now, "attached", (caller.id, _name(caller)), plain)
    return await _held(session, exemption_id)


async def decide(
    session: WriteSession,
    caller: Caller,
    exemption_id: UUID,
    *,
    approve: bool,
    words: str,
    expected: Expected,
    now: datetime,
) -> Exemption:
    """Approve or refuse what waits: the exemption itself, or its extension.

    Raises:
        Refusal: `inspect.exemption_unknown` (404), `inspect.exemption_own` (403), `inspect.exemption_state` (409),
            `inspect.exemption_invalid` for a refusal without words.
    """
    held = await _held(session, exemption_id)
    _seen_or_unknown(caller, held)
    expected(held)
    plain = " ".join(words.split())[: model.WORDS_MOST] if approve else model.check_words(words, "words")
    if held.extend_to is not None:
        return await _decide_extension(session, caller, held, approve, plain, now)
    if held.state is not State.ASKED:
        raise model.wrong_state(held, now, "asked")
    model.check_eyes(held.asked_by, caller.id)
    state = State.APPROVED if approve else State.REFUSED
    made = await store.change(
        session,
        held.id,
        state=state.value,
        decided_by=caller.id,
        decided_by_name=_name(caller),
        decided_words=plain,
        decided_at=now,
    )
    await _happened(session, made, state.value, caller, now, plain)
    return made


async def _decide_extension(
    session: WriteSession, caller: Caller, held: Exemption, approve: bool, words: str, now: datetime
) -> Exemption:
    model.check_eyes(held.extend_by, caller.id)
    cleared: dict[str, Any] = dict.fromkeys(("extend_to", "extend_words", "extend_by", "extend_by_name", "extend_at"))
    ends = {"ends_at": held.extend_to} if approve else {}
    made = await store.change(session, held.id, **(cleared | ends))
    what = "extended" if approve else "extension_refused"
    await _happened(session, made, what, caller, now, words, before=held.ends_at.isoformat())
    return made


async def withdraw(session: WriteSession, caller: Caller, exemption_id: UUID, now: datetime) -> Exemption:
    """Take one's own request back while it waits.

    Raises:
        Refusal: `inspect.exemption_unknown` (404), `inspect.exemption_state` (409).
    """
    held = await _held(session, exemption_id)
    if held.asked_by != caller.id:
        raise unknown(exemption_id)
    if held.state is not State.ASKED:
        raise model.wrong_state(held, now, "asked")
    made = await store.change(
        session, held.id, state="withdrawn", decided_by=caller.id, decided_by_name=_name(caller), decided_at=now
    )
    await _happened(session, made, "withdrawn", caller, now)
    return made


async def end(
    session: WriteSession, caller: Caller, exemption_id: UUID, words: str, expected: Expected, now: datetime
) -> Exemption:
    """End an approved exemption early: the works are done, the cameras count again from now on.

    Raises:
        Refusal: `inspect.exemption_unknown` (404), `inspect.exemption_state` (409), `inspect.exemption_invalid`.
    """
    held = await _held(session, exemption_id)
    _seen_or_unknown(caller, held)
    expected(held)
    if held.phase(now) not in ("coming", "running"):
        raise model.wrong_state(held, now, "coming", "running")
    plain = model.check_words(words, "words")
    made = await store.change(session, held.id, ends_at=max(now, held.starts_at), extend_to=None)
    await _happened(session, made, "ended", caller, now, plain, before=held.ends_at.isoformat())
    return made


async def extend(
    session: WriteSession,
    caller: Caller,
    exemption_id: UUID,
    to: datetime,
    words: str,
    expected: Expected,
    given: Exemptions,
    now: datetime,
) -> Exemption:
    """Ask for a later end; a second person decides, as for the exemption itself.

    Raises:
        Refusal: `inspect.exemption_unknown` (404), `inspect.exemption_state` (409), `inspect.exemption_invalid`.
    """
    held = await _held(session, exemption_id)
    _seen_or_unknown(caller, held)
    expected(held)
    model.check_extension(held, to, now, given.days_most)
    plain = model.check_words(words, "words")
    made = await store.change(
        session,
        held.id,
        extend_to=to,
        extend_words=plain,
        extend_by=caller.id,
        extend_by_name=_name(caller),
        extend_at=now,
    )
    await _happened(session, made, "extension_asked", caller, now, plain, to=to.isoformat())
    return made


async def visible(session: ReadSession, caller: Caller, exemption_id: UUID) -> Exemption:
    """An exemption that is one's own or touches one's regions. Raises Refusal `inspect.exemption_unknown` (404)."""
    held = await store.one(session, exemption_id)
    if held is None:
        raise unknown(exemption_id)
    _seen_or_unknown(caller, held)
    return held


def unknown(exemption_id: UUID) -> Refusal:
    """No such exemption, as far as the caller is told."""
    return Refusal("inspect.exemption_unknown", status=404, operand="exemption", actual=str(exemption_id))


async def _held(session: WriteSession, exemption_id: UUID) -> Exemption:
    held = await store.one(session, exemption_id, lock=True)
    if held is None:
        raise unknown(exemption_id)
    return held


def _seen_or_unknown(caller: Caller, held: Exemption) -> None:
    touched = any(place.startswith(mine) or mine.startswith(place) for place in held.regions for mine in caller.regions)
    if not touched and held.asked_by != caller.id:
        raise unknown(held.id)


def _name(caller: Caller) -> str:
    return caller.display_name or caller.name


async def _happened(
    session: WriteSession, held: Exemption, what: str, caller: Caller, now: datetime, words: str = "", **detail: Any
) -> None:
    await store.note(session, held.id, now, what, (caller.id, _name(caller)), words, **detail)
    topic = "inspect.exemption_asked" if what in ("asked", "extension_asked") else "inspect.exemption_decided"
    await outbox.append(
        session,
        topic,
        {"exemption": str(held.id), "number": held.number, "what": what, "state": held.state.value,
         "cameras": held.total, "by": str(caller.id), "starts_at": held.starts_at.isoformat(),
         "ends_at": held.ends_at.isoformat()},
    )  # fmt: skip
