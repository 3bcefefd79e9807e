"""What the routes of rounds, limits and samples take and give."""

import ipaddress
import math
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from commonsight.inspect.sweeps import limits_store, samples, store
from commonsight.inspect.sweeps.limits import Limit
from commonsight.inspect.sweeps.samples_store import Sample
from commonsight.inspect.sweeps.sampling import Estimate, Seen
from commonsight.inspect.sweeps.service import OnPlatform, Progress

SEED_MOST = 2**31 - 1


class RoundOut(BaseModel):
    """A round: over all cameras (whole), those filed lately (fresh), or some that were asked for."""

    id: UUID
    kind: str = Field(description="whole, fresh, asked, recheck or sample")
    title: str = Field(description="what the asker called it; a region's code for a sample, an order's number")
    started_at: datetime
    finished_at: datetime | None
    cameras: int
    done: int

    @classmethod
    def of(cls, one: store.Sweep) -> Self:
        """As it is shown."""
        return cls(
            id=one.id, kind=one.kind, title=one.title, started_at=one.started_at, finished_at=one.finished_at,
            cameras=one.cameras, done=one.done,
        )  # fmt: skip


class OnPlatformOut(BaseModel):
    """How far a round is on one platform."""

    platform: UUID | None
    name: str | None
    planned: int
    done: int
    plays: int
    causes: dict[str, int] = Field(description="cameras that do not play, by what their last try ended in")

    @classmethod
    def of(cls, one: OnPlatform) -> Self:
        """As it is shown."""
        return cls(
            platform=one.id, name=one.name, planned=one.planned, done=one.done, plays=one.plays, causes=one.causes
        )


class RoundDetail(RoundOut):
    """A round with its progress, on the platforms the caller may see."""

    rate: float | None = Field(description="cameras a second")
    remaining_seconds: float | None
    plays: int
    causes: dict[str, int]
    platforms: list[OnPlatformOut]

    @classmethod
    def made(cls, one: store.Sweep, told: Progress, seen: list[OnPlatform]) -> Self:
        """As it is shown to somebody who sees these platforms."""
        causes: dict[str, int] = {}
        for platform in seen:
            for cause, count in platform.causes.items():
                causes[cause] = causes.get(cause, 0) + count
        return cls(
            **RoundOut.of(one).model_dump(), rate=told.rate, remaining_seconds=told.remaining,
            plays=sum(platform.plays for platform in seen), causes=causes,
            platforms=[OnPlatformOut.of(platform) for platform in seen],
        )  # fmt: skip


class AskIn(BaseModel):
    """What to check now: the cameras of the request's filters, of those only the named ones when some are named."""

    model_config = ConfigDict(extra="forbid")

    cameras: list[UUID] | None = Field(None, min_length=1, max_length=10_000)
    title: str = Field("", max_length=100)


class RoundAsked(BaseModel):
    """A round that is under way."""

    id: UUID
    kind: str
    cameras: int
    follow: str = Field(examples=["/api/v1/health/sweeps/0199…"])


class LimitIn(BaseModel):
    """A limit for one platform or one network; 0: not limited."""

    model_config = ConfigDict(extra="forbid")

    platform: UUID | None = None
    prefix: Annotated[str | None, Field(max_length=50, examples=["10.45.0.0/16"])] = None
    concurrency: int = Field(0, ge=0, le=5_000, description="tries at once")
    rate: float = Field(0, ge=0, le=10_000, description="tries a second")
    kbps: int = Field(0, ge=0, le=100_000_000, description="kilobits a second")
    note: str = Field("", max_length=200)

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.platform is None) == (self.prefix is None):
            raise ValueError("platform, prefix: give one of them")
        if self.prefix is not None:
            ipaddress.ip_network(self.prefix)
        return self

    @property
    def limit(self) -> Limit:
        return Limit(self.concurrency, self.rate, self.kbps)


class LimitOut(BaseModel):
    """A limit as it holds; `id` is null for those of the settings."""

    id: UUID | None
    kind: str = Field(description="all, platform or prefix")
    platform: UUID | None
    platform_name: str | None
    prefix: str | None
    concurrency: int
    rate: float
    kbps: int
    note: str
    version: int

    @classmethod
    def of(cls, kept: limits_store.Kept) -> Self:
        """One that somebody set."""
        return cls(
            id=kept.id, kind=kept.kind, platform=kept.platform_id, platform_name=kept.platform_name,
            prefix=kept.prefix, concurrency=kept.concurrency, rate=kept.rate, kbps=kept.kbps, note=kept.note,
            version=kept.version,
        )  # fmt: skip

    @classmethod
    def default(cls, kind: str, limit: Limit) -> Self:
        """One of the settings."""
        return cls(
            id=None, kind=kind, platform=None, platform_name=None, prefix=None, concurrency=limit.concurrency,
            rate=limit.rate, kbps=limit.kbps, note="", version=0,
        )  # fmt: skip


class SampleIn(BaseModel):
    """What to draw."""

    model_config = ConfigDict(extra="forbid")

    region: str = Field(pattern="^[0-9]{2,12}$", examples=["4501"])
    share: float = Field(0.03, gt=0, le=1, description="part of the cameras", examples=[0.03])
    seed: int = Field(1, ge=0, le=SEED_MOST, description="the same seed draws the same cameras while none is filed")
    confidence: float = Field(0.95, ge=0.5, le=0.999)


class EstimateOut(BaseModel):
    """The rate of all cameras and the bounds it lies between."""

    rate: float
    low: float
    high: float
    n: int = Field(description="cameras that were checked")
    population: int = Field(description="cameras they stand for")
    effective: float | None = Field(description="size of a simple draw that tells as much; null: all were checked")
    confidence: float

    @classmethod
    def of(cls, found: Estimate | None) -> Self | None:
        """As it is shown."""
        if found is None:
            return None
        return cls(
            rate=found.rate, low=found.low, high=found.high, n=found.n, population=found.population,
            effective=None if math.isinf(found.effective) else round(found.effective, 1), confidence=found.confidence,
        )  # fmt: skip


class StratumOut(BaseModel):
    """A county's cameras of one platform, or what was put together because it is small."""

    name: str = Field(description="county/platform, * for several", examples=["450103/*"])
    size: int
    checked: int
    works: int

    @classmethod
    def of(cls, seen: Seen) -> Self:
        """As it is shown."""
        return cls(name=seen.name, size=seen.size, checked=seen.checked, works=seen.works)


class SampleOut(BaseModel):
    """A sample, and what it tells; while it is under way, what it tells so far."""

    id: UUID
    region: str
    share: float
    seed: int
    confidence: float
    population: int
    drawn: int
    done: int
    started_at: datetime
    finished_at: datetime | None
    estimate: EstimateOut | None

    @classmethod
    def of(cls, one: Sample, found: Estimate | None) -> Self:
        """As it is shown."""
        return cls(
            id=one.id, region=one.region, share=round(one.share, 6), seed=one.seed,
            confidence=round(one.confidence, 6), population=one.population, drawn=one.cameras, done=one.done,
            started_at=one.started_at, finished_at=one.finished_at, estimate=EstimateOut.of(found),
        )  # fmt: skip


class SampleDetail(SampleOut):
    """A sample with its strata."""

    strata: list[StratumOut]


def told(one: Sample) -> tuple[list[Seen], Estimate | None]:
    """What a finished sample told; nothing yet for one under way."""
    return ([], None) if one.result is None else samples.told(one.result)
