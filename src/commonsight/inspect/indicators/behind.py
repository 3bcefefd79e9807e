"""The way down from a figure: the cameras it lacks, those never measured, those exempt."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import text

from commonsight.inspect.indicators import service, store
from commonsight.inspect.indicators.definitions import known
from commonsight.inspect.indicators.model import Scope, ScopeKind
from commonsight.inspect.indicators.sources import of_camera
from commonsight.inspect.indicators.store import By
from commonsight.records.database import ReadSession

MOST: Final = 100_000
"""Cameras told of one figure; as many as a selection holds."""


async def cameras(
    session: ReadSession, scope: Scope, indicator: str, which: Literal["lacking", "unknown", "exempt"], at: datetime
) -> list[UUID]:
    """The cameras behind a figure, by identifier; at most `MOST`.

    Raises:
        Refusal: `inspect.indicator_unknown`; `inspect.indicator_not_of_cameras`.
    """
    known(indicator)
    variant = (await service.chosen(session))[indicator].variant
    region = scope.kind is ScopeKind.REGION
    by, code = By(scope.kind), None if region else scope.code
    if which == "exempt":
        return await store.exempt_ids(session, by, code, scope.regions, at, MOST)
    sources = of_camera(variant.counts)
    if which == "unknown":
        return await store.unmeasured(session, sources, variant, by, code, scope.regions, at, MOST)
    lack = store.lack(variant, sources)
    return [one.id for one in (await store.lacking(session, sources, lack, by, code, scope.regions, at, MOST))[:MOST]]


async def case_numbers(session: ReadSession, cases: Sequence[UUID]) -> dict[UUID, str]:
    """What people call cases: their numbers."""
    if not cases:
        return {}
    found = await session.execute(text("SELECT id, number FROM cases WHERE id = ANY(:ids)"), {"ids": list(cases)})
    return {row.id: f"#{row.number}" for row in found}
