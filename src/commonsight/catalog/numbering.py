"""Giving out GB/T 28181 identifiers that no camera has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from commonsight.catalog import codes
from commonsight.problem import Refusal
from commonsight.records.database import ReadSession, WriteSession

TRIES: Final = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an identifier is for: a region's prefix, the two industry digits, the network digit, the kind of device."""

    region: str
    industry: str
    network: int
    kind: codes.DeviceType = codes.DeviceType.IP_CAMERA


async def give(session: WriteSession, wanted: Sequence[Wanted]) -> list[str]:
    """One free identifier for each, in the same order.

    Serials come from one sequence of the database, so two callers never get the same; only those that came in by other
    ways may be taken, and are passed over. An identifier that is given out and never used is not given out again
    before the sequence comes round, after a million others.

    Raises:
        Refusal: `catalog.no_code_free` when `TRIES` in a row were taken.
    """
    given: dict[int, str] = {}
    for _ in range(TRIES):
        open_ = [place for place in range(len(wanted)) if place not in given]
        if not open_:
            return [given[place] for place in range(len(wanted))]
        query = text("SELECT nextval('camera_serials') FROM generate_series(1, :count)")
        serials = (await session.execute(query, {"count": len(open_)})).scalars().all()
        tried = {place: _build(wanted[place], int(serial)) for place, serial in zip(open_, serials, strict=True)}
        taken = await owners(session, list(tried.values()))
        given |= {place: code for place, code in tried.items() if code not in taken}
    missing = next(place for place in range(len(wanted)) if place not in given)
    raise Refusal("catalog.no_code_free", status=503, operand="code", actual=wanted[missing].region)


def _build(wanted: Wanted, serial: int) -> str:
    # From the top down: people and vendors number from the bottom up.
    return str(codes.build(wanted.region, wanted.industry, wanted.kind, wanted.network, codes.SERIAL_MOST - serial))


async def owners(session: ReadSession, tried: Sequence[str]) -> set[str]:
    """Those of `tried` that a camera has, archived or not."""
    found = await session.execute(text("SELECT code FROM cameras WHERE code = ANY(:codes)"), {"codes": list(tried)})
    return set(found.scalars())
