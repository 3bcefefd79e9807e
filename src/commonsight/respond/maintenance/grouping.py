"""One switch down is one order, not two hundred: which faults make an order together. Pure; the rules are data.

What is planned over are *items*: a fault that waits (one camera) and an order that stands and that nobody has finished
(its cameras). Items that share something, are alike and follow each other closely become one order: into the oldest
standing order among them, else into a new one. Every waiting fault is given exactly one place: an order, or further
waiting, which ends after `longest` settling times whatever comes.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final
from uuid import UUID

Thing = tuple[str, str]
"""What cameras share: (by, value), such as ("switch", "QX-SW-017")."""

KINDS: Final = ("switch", "line", "device", "network", "platform", "site", "unit")


@dataclass(frozen=True, slots=True)
class Shared:
    """One rule of `grouping.toml`."""

    by: str
    like: frozenset[str]
    least: int
    share: float
    gap: timedelta


@dataclass(frozen=True, slots=True)
class Rules:
    """When faults are one order. `settle`: how long a fault waits for others."""

    settle: timedelta
    quiet: timedelta
    longest: timedelta
    members: int
    graver: tuple[tuple[int, int], ...]
    recovered: float
    parts: int
    shared: tuple[Shared, ...]

    def severity(self, own: int, members: int) -> int:
        """How grave an order of so many members is whose gravest fault is `own`."""
        return min([own, *(severity for least, severity in self.graver if members >= least)])


@dataclass(frozen=True, slots=True)
class Waiting:
    """A fault without an order. `things`: what its camera shares with others, by kind."""

    id: UUID
    like: str
    at: datetime
    things: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """An order that is open or given to a firm. `things`: what all its cameras share; `taken`: somebody is at it."""

    id: UUID
    like: str
    first_at: datetime
    last_at: datetime
    members: int
    things: Mapping[str, str]
    taken: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Faults that make an order: a new one, or `host`. `absorbed`: standing orders that become part of it."""

    shared: Thing | None
    faults: tuple[UUID, ...]
    host: UUID | None
    absorbed: tuple[UUID, ...]
    members: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """Where every waiting fault goes."""

    groups: tuple[Group, ...]
    waits: tuple[UUID, ...]


@cache
def _sheet() -> dict[str, object]:
    return tomllib.loads((files("commonsight.respond.maintenance") / "grouping.toml").read_text("utf-8"))


def words_of(by: str, language: str) -> str:
    """What a kind of shared thing is called."""
    words: dict[str, dict[str, str]] = _sheet()["words"]  # type: ignore[assignment]
    return words[by]["en" if language.startswith("en") else "zh"]


def rules(settle_seconds: float) -> Rules:
    """The rules of the file with this settling time."""
    sheet: dict[str, object] = _sheet()
    each: list[dict[str, object]] = sheet["shared"]  # type: ignore[assignment]
    settle = timedelta(seconds=settle_seconds)
    return Rules(
        settle=settle,
        quiet=settle * float(sheet["quiet"]),  # type: ignore[arg-type]
        longest=settle * float(sheet["longest"]),  # type: ignore[arg-type]
        members=int(sheet["members"]),  # type: ignore[call-overload]
        graver=tuple((least, severity) for least, severity in sheet["graver"]),  # type: ignore[attr-defined]
        recovered=float(sheet["recovered"]),  # type: ignore[arg-type]
        parts=int(sheet["parts"]),  # type: ignore[call-overload]
        shared=tuple(
            Shared(
                str(one["by"]),
                frozenset(one["like"]),  # type: ignore[call-overload]
                int(one["least"]),  # type: ignore[call-overload]
                float(one["share"]),  # type: ignore[arg-type]
                timedelta(seconds=one["gap"]),  # type: ignore[arg-type]
            )
            for one in each
        ),
    )


@dataclass(frozen=True, slots=True)
class _Item:
    """A waiting fault or a standing order, as a stretch of time with a number of cameras."""

    id: UUID
    like: str
    first: datetime
    last: datetime
    members: int
    things: Mapping[str, str]
    order: bool
    taken: bool


def _items(waiting: Iterable[Waiting], standing: Iterable[Standing]) -> list[_Item]:
    found = [_Item(w.id, w.like, w.at, w.at, 1, w.things, False, False) for w in waiting]
    found += [_Item(s.id, s.like, s.first_at, s.last_at, s.members, s.things, True, s.taken) for s in standing]
    return sorted(found, key=lambda item: (item.first, item.id))


def questions(waiting: Sequence[Waiting], standing: Sequence[Standing], rules: Rules) -> set[Thing]:
    """Of which things one must know how many cameras are behind them before `plan`."""
    counts: dict[tuple[str, Thing], int] = defaultdict(int)
    for item in _items(waiting, standing):
        for thing in item.things.items():
            counts[item.like, thing] += item.members
    return {
        thing
        for (like, thing), count in counts.items()
        for rule in rules.shared
        if rule.by == thing[0] and like in rule.like and count >= rule.least
    }


def plan(
    now: datetime, waiting: Sequence[Waiting], standing: Sequence[Standing], behind: Mapping[Thing, int], rules: Rules
) -> Plan:
    """Where every waiting fault goes.

    Args:
        behind: how many cameras are behind a thing, for what `questions` asked; a thing that is missing has unknown
            many and passes no rule with a share.
    """
    free = _items(waiting, standing)
    groups: list[Group] = []
    waits: list[UUID] = []
    for rule in rules.shared:
        for thing, chain in _chains(free, rule):
            if not _explains(chain, rule, behind.get(thing)):
                continue
            used = _place(now, thing, chain, rules, groups, waits)
            free = [item for item in free if item.id not in used]
    for item in free:
        if item.order:
            continue
        if now - item.first >= rules.settle:
            groups.append(Group(None, (item.id,), None, (), 1, item.first, item.last))
        else:
            waits.append(item.id)
    return Plan(tuple(groups), tuple(waits))


def _chains(free: Sequence[_Item], rule: Shared) -> list[tuple[Thing, list[_Item]]]:
    """Items that share a thing of the rule and follow each other closely, some of them waiting."""
    by_thing: dict[tuple[str, str], list[_Item]] = defaultdict(list)
    for item in free:
        value = item.things.get(rule.by)
        if value and item.like in rule.like:
            by_thing[item.like, value].append(item)
    found = []
    for (_, value), items in sorted(by_thing.items()):
        chain, end = [items[0]], items[0].last
        for item in items[1:]:
            if item.first - end > rule.gap:
                found.append(((rule.by, value), chain))
                chain = []
            chain.append(item)
            end = max(end, item.last)
        found.append(((rule.by, value), chain))
    return [(thing, chain) for thing, chain in found if any(not item.order for item in chain)]


def _explains(chain: Sequence[_Item], rule: Shared, behind: int | None) -> bool:
    count = sum(item.members for item in chain)
    if count < rule.least:
        return False
    return rule.share == 0 or (behind is not None and behind > 0 and count >= rule.share * behind)


def _place(
    now: datetime, thing: Thing, chain: Sequence[_Item], rules: Rules, groups: list[Group], waits: list[UUID]
) -> set[UUID]:
    """Make the chain one order, or let it wait while it still grows; the items that have their place now."""
    faults = [item for item in chain if not item.order]
    orders = [item for item in chain if item.order]
    host = min(orders, key=lambda item: (not item.taken, item.first, item.id), default=None)
    if host is None and _still_grows(now, faults, rules):
        waits += [item.id for item in faults]
        return {item.id for item in faults}
    room = rules.members - (0 if host is None else host.members)
    absorbed: list[_Item] = []
    for order in orders:
        # Who is on the way to a camera is not told half-way that it was another order.
        if order is not host and not order.taken and order.members <= room - len(faults):
            absorbed.append(order)
            room -= order.members
    first, rest = faults[: max(room, 0)], faults[max(room, 0) :]
    if first or absorbed:
        groups.append(_group(thing, first, host, absorbed))
    for start in range(0, len(rest), rules.members):
        groups.append(_group(thing, rest[start : start + rules.members], None, ()))
    return {item.id for item in (*faults, *absorbed, *([] if host is None else [host]))}


def _still_grows(now: datetime, faults: Sequence[_Item], rules: Rules) -> bool:
    oldest = min(item.first for item in faults)
    newest = max(item.first for item in faults)
    if now - oldest >= rules.longest:
        return False
    return now - oldest < rules.settle or now - newest < rules.quiet


def _group(thing: Thing, faults: Sequence[_Item], host: _Item | None, absorbed: Sequence[_Item]) -> Group:
    parts = [*faults, *absorbed, *([] if host is None else [host])]
    return Group(
        thing,
        tuple(item.id for item in faults),
        None if host is None else host.id,
        tuple(item.id for item in absorbed),
        sum(item.members for item in parts),
        min(item.first for item in parts),
        max(item.last for item in parts),
    )


def common(things: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """What all of them share."""
    found: dict[str, str] | None = None
    for each in things:
        found = dict(each) if found is None else {by: value for by, value in found.items() if each.get(by) == value}
    return found or {}
