"""What the routes of indicators are asked about: scopes and indicators, as query parameters."""

from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Query, Request

from commonsight.http import Caller, narrow
from commonsight.inspect.indicators.definitions import known
from commonsight.inspect.indicators.model import Scope, ScopeKind, scope_kind
from commonsight.places.model import checked
from commonsight.problem import Refusal

Only = Annotated[
    list[str] | None, Query(description="these indicators only; repeated, or with commas between", max_length=40)
]
Kind = Annotated[str, Query(description="region, sector, unit, platform or maintenance", examples=["region"])]
Code = Annotated[str, Query(max_length=200, description="of the kind; of a region leave it empty and give `region`")]


def zone_of(request: Request) -> ZoneInfo:
    """The zone in which the region's days begin."""
    return ZoneInfo(request.app.state.settings.region.timezone)


def scope_of(caller: Caller, kind: str, scope: str, region: str | None) -> Scope:
    """The scope that is asked for, cut to what the caller may see.

    Raises:
        Refusal: `inspect.scope_unknown`, `inspect.scope_missing` (422); `http.region_outside_scope` (403).
    """
    of = scope_kind(kind)
    regions = narrow(caller, None if region is None else checked(region))
    if of is ScopeKind.REGION:
        return Scope(of, region or "", regions)
    if of in (ScopeKind.UNIT, ScopeKind.PLATFORM) and scope and not _is_id(scope):
        raise Refusal("inspect.scope_missing", status=422, rule="an id", operand="scope", actual=scope[:60])
    return Scope(of, scope, regions)


def _is_id(said: str) -> bool:
    try:
        return str(UUID(said)) == said
    except ValueError:
        return False


def checked_only(only: list[str] | None) -> list[str] | None:
    """Indicators that are asked for; None: all.

    Raises:
        Refusal: `inspect.indicator_unknown` (404).
    """
    codes = [code for said in only or () for code in said.split(",") if code]
    for code in codes:
        known(code)
    return codes or None
