"""Contracts with firms: which cameras, until when, how fast, in which hours. Pure types and rules.

A service level counts elapsed hours (24x7) or working hours of the contract's own calendar: an order that comes on
Friday evening with four working hours to repair is due on Monday at noon.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from commonsight.gate.grant_model import Facts, Selection
from commonsight.problem import Refusal

LEVELS_MOST: Final = 40
HOURS_MOST: Final = 24 * 90
DAYS_LISTED_MOST: Final = 200
LOOKED_AHEAD: Final = timedelta(days=400)
"""A calendar without a working day within this is refused, and `after` never looks further."""


@dataclass(frozen=True, slots=True)
class Level:
    """How fast: the first level whose codes and severities fit a fault counts. Empty: any.

    Args:
        codes: of `faults.toml`; a code ending in `.*` stands for all that begin so.
        respond, repair: hours of the contract's calendar.
    """

    respond: float
    repair: float
    codes: tuple[str, ...] = ()
    severities: tuple[int, ...] = ()

    def fits(self, code: str, severity: int) -> bool:
        """Whether it is meant for such a fault."""
        by_code = not self.codes or any(
            code == one or (one.endswith(".*") and code.startswith(one[:-1])) for one in self.codes
        )
        return by_code and (not self.severities or severity in self.severities)


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """Hours somebody works. `closed`, `opened`: days beside the week's rule (holidays, days worked instead)."""

    days: frozenset[int]
    begin: time
    end: time
    zone: str
    closed: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()

    def works(self, day: date) -> bool:
        """Whether anybody works that day."""
        return day in self.opened or (day.isoweekday() in self.days and day not in self.closed)

    def after(self, start: datetime, length: timedelta) -> datetime:
        """When so much working time has passed since `start`; elapsed time after 400 days without work.

        A length of nothing ends at the first working moment from `start` on.
        """
        zone, left = ZoneInfo(self.zone), length
        day = start.astimezone(zone).date()
        for _ in range(LOOKED_AHEAD.days):
            if self.works(day):
                begins = datetime.combine(day, self.begin, zone).astimezone(start.tzinfo)
                ends = datetime.combine(day, self.end, zone).astimezone(start.tzinfo)
                begins = max(begins, start)
                if begins < ends:
                    if left <= ends - begins:
                        return begins + left
                    left -= ends - begins
            day += timedelta(days=1)
        return start + LOOKED_AHEAD + left


@dataclass(frozen=True, slots=True)
class Choice:
    """Which cameras: those of a selection, within any of the platforms and any of the managing units named."""

    selection: Selection = field(default_factory=Selection)
    platforms: tuple[UUID, ...] = ()
    units: tuple[UUID, ...] = ()

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Choice":
        """From its stored form."""
        return cls(
            Selection.of(kept.get("selection", {})),
            tuple(UUID(one) for one in kept.get("platforms", ())),
            tuple(UUID(one) for one in kept.get("units", ())),
        )

    def as_json(self) -> dict[str, Any]:
        """Its stored form: only what is said."""
        said = {
            "selection": self.selection.as_json(),
            "platforms": [str(one) for one in self.platforms],
            "units": [str(one) for one in self.units],
        }
        return {key: value for key, value in said.items() if value}

    @property
    def empty(self) -> bool:
        """True when nothing at all was chosen."""
        return self.selection.empty and not self.platforms and not self.units

    def holds(self, facts: Facts, platform: UUID | None, unit: UUID | None) -> bool:
        """Whether this camera is among those chosen."""
        if self.empty or (self.platforms and platform not in self.platforms) or (self.units and unit not in self.units):
            return False
        return self.selection.empty or self.selection.holds(facts)

    def narrowness(self) -> int:
        """The narrower a choice, the more it says of a camera: named ones before units, platforms and places."""
        chosen = self.selection
        if chosen.cameras or chosen.groups or chosen.polygon:
            return 100
        return 30 * bool(self.units) + 20 * bool(self.platforms) + min((len(one) for one in chosen.regions), default=0)


@dataclass(frozen=True, slots=True)
class Contract:
    """A firm's contract. `calendar` None: 24x7. `warranty`: years of the maker by name, `""` for all others."""

    id: UUID
    name: str
    number: str
    unit_id: UUID
    unit_name: str
    regions: tuple[str, ...]
    choice: Choice
    valid_from: date
    valid_to: date
    levels: tuple[Level, ...]
    calendar: WorkingTime | None
    warranty: Mapping[str, float]
    words: str
    by_name: str
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    version: int

    def runs(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.ended_at is None and self.valid_from <= day <= self.valid_to


@dataclass(frozen=True, slots=True)
class Member:
    """What decides which contract a camera is under. `said_unit`, `said_contract`: what the camera file names."""

    facts: Facts
    platform: UUID | None
    unit: UUID | None
    said_unit: str = ""
    said_contract: str = ""


@dataclass(frozen=True, slots=True)
class Agreed:
    """By when, under which contract. `why`: how the contract was found: number, unit or choice."""

    contract: Contract
    why: str
    covered: int
    level: Level | None
    respond_at: datetime | None
    deadline_at: datetime | None


def contract_of(contracts: Iterable[Contract], member: Member, day: date) -> tuple[Contract, str] | None:
    """The contract a camera is under on a day, and how it was found.

    Whoever made a contract gave only cameras of their own regions away. The number in the camera file says most, then
    the unit it names among the contracts whose choice holds the camera, then the narrowest choice, then the youngest
    contract.
    """
    running = [one for one in contracts if one.runs(day) and member.facts.region.startswith(one.regions)]
    for one in running:
        if one.number and one.number == member.said_contract:
            return one, "number"
    holding = [one for one in running if one.choice.holds(member.facts, member.platform, member.unit)]
    if not holding:
        return None
    named = [one for one in holding if member.said_unit and one.unit_name == member.said_unit]
    best = max(named or holding, key=lambda one: (one.choice.narrowness(), one.valid_from, one.created_at, one.id))
    return best, "unit" if named else "choice"


def agreed(
    contracts: Sequence[Contract], members: Sequence[Member], code: str, severity: int, opened: datetime, zone: str
) -> Agreed | None:
    """Under which contract an order comes: that of most of its cameras; None when none has any."""
    day = opened.astimezone(ZoneInfo(zone)).date()
    votes: dict[UUID, int] = {}
    found: dict[UUID, tuple[Contract, str]] = {}
    for member in members:
        hit = contract_of(contracts, member, day)
        if hit is not None:
            votes[hit[0].id] = votes.get(hit[0].id, 0) + 1
            found.setdefault(hit[0].id, hit)
    if not votes:
        return None
    best = max(votes, key=lambda one: (votes[one], str(one)))
    contract, why = found[best]
    level = next((one for one in contract.levels if one.fits(code, severity)), None)
    if level is None:
        return Agreed(contract, why, votes[best], None, None, None)
    return Agreed(
        contract, why, votes[best], level, due(contract, opened, level.respond), due(contract, opened, level.repair)
    )


def due(contract: Contract, opened: datetime, hours: float) -> datetime:
    """When so many hours of the contract's calendar have passed."""
    length = timedelta(hours=hours)
    return opened + length if contract.calendar is None else contract.calendar.after(opened, length)


def warranty_until(contract: Contract | None, installed: str, until: str, maker: str) -> date | None:
    """Until when a camera is under warranty: the date on file, else its installation and the contract's years.

    Args:
        installed, until: dates of the camera file, `YYYY-MM-DD…`; what cannot be read counts as nothing.
    """
    known = _day(until)
    if known is not None or contract is None:
        return known
    begun, years = _day(installed), contract.warranty.get(maker, contract.warranty.get(""))
    if begun is None or years is None:
        return None
    return begun + timedelta(days=round(years * 365.25))


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said.strip()[:10])
    except ValueError:
        return None


def check(
    choice: Choice, valid_from: date, valid_to: date, levels: Sequence[Level], calendar: WorkingTime | None
) -> None:
    """Whether a contract can be meant so.

    Raises:
        Refusal: `respond.contract_invalid` (422), naming field, rule and value.
    """

    def refused(operand: str, rule: str, expected: object, actual: object) -> Refusal:
        return Refusal(
            "respond.contract_invalid", status=422, rule=rule, operand=operand, expected=expected, actual=actual
        )

    if choice.empty:
        raise refused("choice", "cameras", "a region, platform, unit or selection", "nothing")
    if valid_to < valid_from:
        raise refused("valid_to", "after valid_from", f">= {valid_from}", str(valid_to))
    if not levels or len(levels) > LEVELS_MOST:
        raise refused("levels", "number", f"1..{LEVELS_MOST}", len(levels))
    for level in levels:
        if not 0 < level.respond <= level.repair <= HOURS_MOST:
            raise refused(
                "levels", "hours", f"0 < respond <= repair <= {HOURS_MOST}", f"{level.respond}, {level.repair}"
            )
    if calendar is None:
        return
    if calendar.end <= calendar.begin:
        raise refused("calendar", "to after from", f"> {calendar.begin:%H:%M}", f"{calendar.end:%H:%M}")
    if not calendar.days or not calendar.days <= set(range(1, 8)):
        raise refused("calendar", "days", "some of 1..7", sorted(calendar.days))
    if max(len(calendar.closed), len(calendar.opened)) > DAYS_LISTED_MOST:
        raise refused("calendar", "days listed", DAYS_LISTED_MOST, max(len(calendar.closed), len(calendar.opened)))
