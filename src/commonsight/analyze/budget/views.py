"""What the budget looks like on the wire."""

import math
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from commonsight.analyze.budget.explain import Explained, NextTier, Why
from commonsight.analyze.budget.model import LABEL_MAX, WORDS_MAX, Loan, Tier
from commonsight.analyze.budget.rounds import Round
from commonsight.analyze.scenes.model import Decoding

Cores = Annotated[float, Field(gt=0, le=1_000_000, description="cores", examples=[4.0])]


class TierOut(BaseModel):
    """How closely a camera may be watched."""

    code: str = Field(examples=["patrol"])
    zh: str
    en: str
    every_seconds: float = Field(description="time between two pictures, s; 0: none")
    decoding: Decoding

    @classmethod
    def of(cls, tier: Tier) -> Self:
        return cls(
            code=tier.code, zh=tier.zh, en=tier.en, every_seconds=tier.every_seconds, decoding=tier.decoding
        )  # fmt: skip


class RoundOut(BaseModel):
    """What one pool was used for in the newest round."""

    at: datetime
    used: float = Field(description="cores given away, as foreseen")
    measured: float = Field(description="cores its cameras took in the half minute before")
    cameras: int
    tiers: dict[str, int] = Field(description="cameras by tier")
    scenes: int = Field(description="scenes at work now")
    served: int = Field(description="of them with the cadence they need")
    shed: int = Field(description="cameras that are given less than all their scenes need")
    value: float = Field(description="worth of what is given, in the allocator's own unit")
    bound: float = Field(description="no other allocation is worth more than this")
    wanted: float = Field(description="worth if everything could be given")
    price: float = Field(description="worth per core of the best step that was refused; 0: nothing was")
    changed: int = Field(description="cameras whose tier changed")
    seconds: float = Field(description="the round took, all pools together, s")

    @classmethod
    def of(cls, found: Round) -> Self:
        return cls.model_validate(found, from_attributes=True)


class PoolOut(BaseModel):
    """A pool with what it has and what that is used for."""

    name: str = Field(description="empty: the common pool of all that belongs to no other", examples=["nanning"])
    label: str
    region: str | None = Field(description="cameras under this division code are its own; null: the common pool")
    quota: float | None = Field(description="most cores its cameras may use of its own; null: all")
    workers: int
    capacity: float = Field(description="cores of its live workers that may be given away")
    lent: float
    borrowed: float
    available: float = Field(description="cores its cameras may use now")
    etag: str | None = Field(description="for If-Match of a change; null: the common pool")
    editable: bool
    round: RoundOut | None = Field(description="null before the first round")


class PoolsOut(BaseModel):
    """All pools the caller may see, the common one first."""

    items: list[PoolOut]
    tiers: list[TierOut]
    enabled: bool
    every_seconds: float
    reserve: float = Field(description="share of the available cores kept for what is afoot between two rounds")
    idle_workers: list[str] = Field(description="live workers whose pool nobody has set up; they serve the common one")


class PoolIn(BaseModel):
    """A pool as people set it up."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field(min_length=1, max_length=LABEL_MAX, examples=["南宁"])
    region: str = Field(pattern=r"^\d{2,12}$", examples=["4501"])
    quota: float | None = Field(None, ge=0, le=1_000_000)


class SlotOut(BaseModel):
    """Means of a pool over one step."""

    start: datetime
    available: float
    used: float
    measured: float
    coverage: float | None = Field(description="share of the scenes at work that had the cadence they need")
    worth: float | None = Field(description="share of the worth of everything")
    shed: int = Field(description="cameras given less than needed, at most")
    changed: int


class SlotsOut(BaseModel):
    """A pool's use, oldest first."""

    step: int
    items: list[SlotOut]


class LoanIn(BaseModel):
    """Cores for another pool for a time."""

    model_config = ConfigDict(extra="forbid")

    lender: str = Field(max_length=40, examples=["guilin"])
    borrower: str = Field(max_length=40, examples=["nanning"])
    cores: Cores
    starts_at: AwareDatetime | None = Field(None, description="null: at once")
    ends_at: AwareDatetime
    words: str = Field("", max_length=WORDS_MAX, examples=["三月三期间"])


class LoanOut(BaseModel):
    """A loan and how it stands."""

    id: UUID
    lender: str
    borrower: str
    cores: float
    starts_at: datetime
    ends_at: datetime
    words: str
    by_name: str
    made_at: datetime | None
    taken_back_at: datetime | None
    taken_back_by: str | None
    running: bool

    @classmethod
    def of(cls, loan: Loan, now: datetime) -> Self:
        names = [name for name in cls.model_fields if name != "running"]
        return cls(running=loan.runs(now), **{name: getattr(loan, name) for name in names})


class ForeseenOut(BaseModel):
    """One pool as it would be now, without and with the loan."""

    pool: str
    available_before: float
    available_after: float
    shed_before: int
    shed_after: int
    served_before: int
    served_after: int
    scenes: int
    tiers_before: dict[str, int]
    tiers_after: dict[str, int]

    @classmethod
    def of(cls, before: Round, after: Round) -> Self:
        return cls(
            pool=before.pool, available_before=before.available, available_after=after.available,
            shed_before=before.shed, shed_after=after.shed, served_before=before.served, served_after=after.served,
            scenes=after.scenes, tiers_before=dict(before.tiers), tiers_after=dict(after.tiers),
        )  # fmt: skip


class PreviewOut(BaseModel):
    """What a loan would do, weighed against the cameras as they are now."""

    as_of: datetime
    items: list[ForeseenOut]
    worth_before: float = Field(description="worth of what both pools are given")
    worth_after: float


class PriorityOut(BaseModel):
    """How much a scene is worth."""

    scene: str
    zh: str
    en: str
    base: float = Field(description="by the gravest incident it may report")
    factor: float = Field(description="what people set; 1: nobody did")
    etag: str


class PrioritiesOut(BaseModel):
    """All scenes of this installation."""

    items: list[PriorityOut]


class PriorityIn(BaseModel):
    """How many times its base a scene is worth."""

    model_config = ConfigDict(extra="forbid")

    factor: float = Field(ge=0, le=100, examples=[2.0])


class RungOut(BaseModel):
    """One tier for this camera."""

    code: str
    every_seconds: float
    decoding: Decoding
    cost: float = Field(description="cores")
    value: float
    served: int = Field(description="scenes with the cadence they need")


class NextOut(BaseModel):
    """What it takes to get the next tier."""

    code: str
    factor: float | None = Field(
        description="times its worth must rise to outbid what others hold; at most 1: nothing stands in its way; "
        "null: no worth would do"
    )
    cores: float | None = Field(description="or so many cores more in its pool; null: no round yet")

    @classmethod
    def of(cls, found: NextTier) -> Self:
        return cls(code=found.code, factor=found.factor if math.isfinite(found.factor) else None, cores=found.cores)


class SceneNeedOut(BaseModel):
    """One scene's cadence."""

    every_seconds: float = Field(description="longest time between two pictures it can do with, s")
    served: bool


class ExplainedOut(BaseModel):
    """Why a camera is watched as closely as it is."""

    why: Why
    watched: bool = Field(description="false: nobody wants it watched, the rest is empty")
    tier: str | None
    every_seconds: float | None
    need: str | None = Field(description="least tier at which all its scenes have the cadence they need")
    pool: str
    pool_label: str
    until: datetime | None
    deployment: str | None
    activity: float = Field(description="0..1, as last seen")
    uncertainty: float = Field(description="0..1, as last seen")
    eagerness: float = Field(description="what events on it are multiplied by for activity and doubt")
    stale: float = Field(description="what looking at it is multiplied by for not having been looked at")
    factor: float = Field(description="of deployments")
    afoot: bool
    looked_at: datetime | None
    scenes: list[SceneNeedOut]
    rungs: list[RungOut]
    next: NextOut | None
    as_of: datetime | None = Field(description="of the round that decided")

    @classmethod
    def of(cls, found: Explained, pool_label: str) -> Self:
        return cls(
            why=found.why, watched=True, tier=found.tier, every_seconds=found.every_seconds, need=found.need,
            pool=found.pool, pool_label=pool_label, until=found.until, deployment=found.deployment,
            activity=found.activity, uncertainty=found.uncertainty, eagerness=found.eagerness, stale=found.stale,
            factor=found.factor, afoot=found.afoot, looked_at=found.looked_at,
            scenes=[SceneNeedOut(every_seconds=seconds, served=served) for seconds, served in found.scene_needs],
            rungs=[RungOut.model_validate(rung, from_attributes=True) for rung in found.rungs],
            next=None if found.next is None else NextOut.of(found.next), as_of=found.at,
        )  # fmt: skip

    @classmethod
    def unwatched(cls) -> Self:
        return cls(
            why=Why.UNDECIDED, watched=False, tier=None, every_seconds=None, need=None, pool="", pool_label="",
            until=None, deployment=None, activity=0, uncertainty=0, eagerness=0, stale=0, factor=1, afoot=False,
            looked_at=None, scenes=[], rungs=[], next=None, as_of=None,
        )  # fmt: skip


class MemberOut(BaseModel):
    """A camera of a pool with what it is given."""

    id: UUID
    name: str
    region: str
    tier: str
    every_seconds: float
    need: str | None
    cost: float
    until: datetime | None
