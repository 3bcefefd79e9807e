"""Samples: drawing one, having it checked as a round of its own, and what it told."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from commonsight.inspect.sweeps import samples_store
from commonsight.inspect.sweeps.sampling import Estimate, Seen, Stratum, draw, estimate
from commonsight.problem import Refusal
from commonsight.records.database import ReadSession, WriteSession

CAMERAS_MOST = 50_000
"""Of one sample; who wants more asks for a whole round."""


async def drawn(session: ReadSession, region: str, share: float, seed: int) -> list[Stratum]:
    """The sample of a region's cameras that can be checked.

    Raises:
        Refusal: `inspect.sample_empty` (409), `inspect.sample_large` (422).
    """
    strata = draw(await samples_store.population(session, region), share, seed)
    size = sum(len(one.drawn) for one in strata)
    if not size:
        raise Refusal(
            "inspect.sample_empty", status=409, rule="cameras in use with an address", operand="region", actual=region
        )
    if size > CAMERAS_MOST:
        raise Refusal(
            "inspect.sample_large", status=422, rule="cameras of one sample", operand="share", expected=CAMERAS_MOST,
            actual=size,
        )  # fmt: skip
    return strata


async def keep(
    session: WriteSession, sweep_id: UUID, region: str, share: float, seed: int, confidence: float,
    strata: list[Stratum],
) -> None:  # fmt: skip
    """File a sample beside its round."""
    told = [{"name": one.name, "size": one.size, "drawn": [str(camera) for camera in one.drawn]} for one in strata]
    await samples_store.keep(session, sweep_id, region, share, seed, confidence, sum(one.size for one in strata), told)


async def so_far(session: ReadSession, sweep_id: UUID) -> tuple[list[Seen], Estimate | None]:
    """What the cameras of a sample that were checked since it began tell."""
    kept = await samples_store.sample(session, sweep_id)
    if kept is None:
        return [], None
    return await _seen(session, kept.strata, kept.started_at, kept.confidence)


async def conclude(session: WriteSession, sweep_id: UUID) -> None:
    """The round is over: keep what it told, for the cameras' states move on."""
    kept = await samples_store.sample(session, sweep_id)
    if kept is None:
        return
    strata, found = await _seen(session, kept.strata, kept.started_at, kept.confidence)
    result = {"strata": [asdict(one) for one in strata], "estimate": None if found is None else asdict(found)}
    await samples_store.conclude(session, sweep_id, result)


async def _seen(
    session: ReadSession, strata: list[dict[str, Any]], since: datetime, confidence: float
) -> tuple[list[Seen], Estimate | None]:
    ids = [UUID(camera) for one in strata for camera in one["drawn"]]
    plays = await samples_store.found_since(session, ids, since)
    seen = []
    for one in strata:
        told = [plays[UUID(camera)] for camera in one["drawn"] if UUID(camera) in plays]
        seen.append(Seen(one["name"], one["size"], len(told), sum(told)))
    return seen, estimate(seen, confidence)


def told(result: dict[str, Any]) -> tuple[list[Seen], Estimate | None]:
    """What `conclude` kept."""
    found = result["estimate"]
    if found is not None and found["effective"] is None:
        found = found | {"effective": float("inf")}
    return [Seen(**one) for one in result["strata"]], None if found is None else Estimate(**found)
