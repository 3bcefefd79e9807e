"""What a camera may be given, pools and loans: pure types and rules. The figures lie in `tiers.toml`."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Final
from uuid import UUID

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass as checked

from commonsight.analyze.scenes.model import Decoding
from commonsight.problem import Refusal

COMMON: Final = ""
"""Name of the pool of workers and cameras that belong to no other."""
OFF: Final = "off"
LABEL_MAX: Final = 80
WORDS_MAX: Final = 400
LOAN_DAYS_MOST: Final = 92

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_REGION = re.compile(r"(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})")

_STRICT = ConfigDict(extra="forbid")


@checked(frozen=True, slots=True, config=_STRICT)
class Tier:
    """How closely a camera is watched. every_seconds: time between two pictures; 0: none at all."""

    code: str
    zh: str
    en: str
    every_seconds: float
    decoding: Decoding


@checked(frozen=True, slots=True, config=_STRICT)
class Prior:
    """What a camera costs before it was measured; the comments beside the figures say what each is."""

    stream_share: float
    keyframe_seconds: float
    full_share: float
    reference_share: float
    hevc_factor: float
    detector_seconds: float
    plain_seconds: float
    width: int
    height: int
    fps: float


@checked(frozen=True, slots=True, config=_STRICT)
class Worth:
    """How value is judged; the comments beside the figures say what each is."""

    lasting_factor: float
    lasting_least: float
    horizon_seconds: float
    activity_floor: float
    activity_seconds: float
    activity_prior: float
    uncertainty_weight: float
    afoot_factor: float
    look_worth: float
    look_seconds: float
    stale_seconds: float
    stale_most: float


@checked(frozen=True, slots=True, config=_STRICT)
class Steady:
    """What keeps the allocation calm and leaves room for the unforeseen."""

    hysteresis: float
    reserve: float
    dwell_seconds: float
    dwell_most: float
    evidence_factor: float
    dwell_factor: float
    headroom: float
    afoot_seconds: float


@checked(frozen=True, slots=True, config=_STRICT)
class Terms:
    """The whole of `tiers.toml`. tiers: cheapest first, the first one `off`."""

    tiers: tuple[Tier, ...]
    prior: Prior
    priority: dict[str, float]
    worth: Worth
    steady: Steady

    def place(self, code: str) -> int:
        """Index of a tier; of `off` for a code nobody knows any more."""
        return next((place for place, tier in enumerate(self.tiers) if tier.code == code), 0)

    def priority_of(self, severities: Iterable[int]) -> float:
        """Worth of a scene by the gravest incident it may report."""
        gravest = min(severities, default=0)
        return self.priority.get(str(gravest), self.priority["figures"])


@cache
def terms() -> Terms:
    """The packaged figures."""
    text = files(__package__).joinpath("tiers.toml").read_text("utf-8")
    return TypeAdapter(Terms).validate_python(tomllib.loads(text))


@dataclass(frozen=True, slots=True)
class Given:
    """What a camera's worker may spend on it; read at each renewal of the lease.

    Attributes:
        tier: code of a `Tier`; "off": the camera is not watched now, its lease is given back.
        every_seconds: time between two pictures; never faster than the document's `fps`.
        decoding: the cheapest decoding that gives pictures that often and serves the scenes whose cadence is met.
        cost: cores it is expected to take.
        until: given for a time only; None: until decided otherwise.
    """

    tier: str
    every_seconds: float
    decoding: Decoding
    cost: float
    pool: str
    until: datetime | None = None


# --- pools and loans ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pool:
    """A centre's compute.

    Attributes:
        region: cameras under this division code are its own.
        quota: most cores its cameras may use of its own; None: all.
    """

    name: str
    label: str
    region: str
    quota: float | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Loan:
    """Cores of one pool that another one's cameras may use for a time."""

    id: UUID
    lender: str
    borrower: str
    cores: float
    starts_at: datetime
    ends_at: datetime
    words: str = ""
    by_name: str = ""
    made_at: datetime | None = None
    taken_back_at: datetime | None = None
    taken_back_by: str | None = None

    def runs(self, now: datetime) -> bool:
        """Whether it is in force."""
        return self.taken_back_at is None and self.starts_at <= now < self.ends_at


@dataclass(frozen=True, slots=True)
class Room:
    """What a pool can spend now, in cores: its live workers' `measured`, `lent` away, `borrowed`, and what is left."""

    measured: float
    lent: float
    borrowed: float
    available: float
    workers: int = 0


def pool_of(region: str, pools: Sequence[Pool], alive: frozenset[str]) -> str:
    """The pool of a camera by its division code: the longest code that fits, among pools with a live worker.

    A centre whose last worker is gone must not leave its cameras blind while others have room: they fall to the
    common pool until a worker is back, where they compete by their value.
    """
    fits = [pool for pool in pools if region.startswith(pool.region) and pool.name in alive]
    return max(fits, key=lambda pool: (len(pool.region), pool.name)).name if fits else COMMON


def rooms(
    measured: Mapping[str, tuple[int, float]],
    pools: Sequence[Pool],
    loans: Sequence[Loan],
    now: datetime,
) -> dict[str, Room]:
    """What each pool can spend: {pool: room}, the common pool among them.

    Nobody can lend what is not there: when a lender's capacity falls below what it has lent, its loans shrink in
    proportion. Borrowed cores cannot be lent on, and a quota bounds a pool's use of its own cores only.

    Args:
        measured: {pool: (live workers, cores of them that may be given away)}.
    """
    names = [COMMON, *(pool.name for pool in pools)]
    own = {name: measured.get(name, (0, 0.0)) for name in names}
    running = [loan for loan in loans if loan.runs(now) and loan.lender in own and loan.borrower in own]
    promised = dict.fromkeys(names, 0.0)
    for loan in running:
        promised[loan.lender] += loan.cores
    share = {name: min(1.0, own[name][1] / promised[name]) if promised[name] else 1.0 for name in names}
    borrowed = dict.fromkeys(names, 0.0)
    for loan in running:
        borrowed[loan.borrower] += loan.cores * share[loan.lender]
    quotas = {pool.name: pool.quota for pool in pools}
    made = {}
    for name in names:
        workers, cores = own[name]
        lent = promised[name] * share[name]
        quota = quotas.get(name)
        left = max(cores - lent, 0.0)
        mine = left if quota is None else min(left, quota)
        made[name] = Room(cores, lent, borrowed[name], mine + borrowed[name], workers)
    return made


def check_pool(pool: Pool, others: Sequence[Pool]) -> Pool:
    """The rules of a pool.

    Raises:
        Refusal: `analyze.pool_invalid` (422) naming the field, `analyze.pool_region_taken` (409).
    """
    if not _NAME.fullmatch(pool.name):
        raise _invalid("name", "1 to 40 of a-z 0-9 -, not beginning with -", pool.name)
    if not pool.label.strip() or len(pool.label) > LABEL_MAX or not pool.label.isprintable():
        raise _invalid("label", f"1 to {LABEL_MAX} printable characters", pool.label)
    if not _REGION.fullmatch(pool.region):
        raise _invalid("region", "a division code of 2, 4, 6, 9 or 12 digits", pool.region)
    if pool.quota is not None and not 0 <= pool.quota <= 1_000_000:
        raise _invalid("quota", "0 to 1000000 cores, or none", pool.quota)
    for other in others:
        if other.name != pool.name and other.region == pool.region:
            raise Refusal(
                "analyze.pool_region_taken", status=409, rule="one pool a region", operand="region",
                expected=other.name, actual=pool.region,
            )  # fmt: skip
    return pool


def check_loan(loan: Loan, now: datetime, room: Mapping[str, Room]) -> Loan:
    """The rules of a loan.

    Raises:
        Refusal: `analyze.loan_invalid` (422) naming the field, the rule and the value; `analyze.nothing_to_lend` (409)
            when the lender has less than this left.
    """
    for field, name in (("lender", loan.lender), ("borrower", loan.borrower)):
        if name not in room:
            raise _loan(field, "a pool", name)
    if loan.lender == loan.borrower:
        raise _loan("borrower", "another pool than the lender", loan.borrower)
    if loan.ends_at <= max(loan.starts_at, now):
        raise _loan("ends_at", "after the beginning and after now", loan.ends_at.isoformat())
    if (loan.ends_at - loan.starts_at).days > LOAN_DAYS_MOST:
        raise _loan("ends_at", f"at most {LOAN_DAYS_MOST} days after the beginning", loan.ends_at.isoformat())
    if len(loan.words) > WORDS_MAX:
        raise _loan("words", f"at most {WORDS_MAX} characters", len(loan.words))
    left = room[loan.lender].measured - room[loan.lender].lent
    if not 0 < loan.cores <= left:
        raise Refusal(
            "analyze.nothing_to_lend", status=409, rule="at most what the lender has left", operand="cores",
            expected=round(left, 2), actual=loan.cores,
        )  # fmt: skip
    return loan


def _invalid(field: str, rule: str, actual: object) -> Refusal:
    return Refusal(
        "analyze.pool_invalid", status=422, rule=rule, operand=field, expected=rule, actual=str(actual)[:200]
    )


def _loan(field: str, rule: str, actual: object) -> Refusal:
    return Refusal(
        "analyze.loan_invalid", status=422, rule=rule, operand=field, expected=rule, actual=str(actual)[:200]
    )
