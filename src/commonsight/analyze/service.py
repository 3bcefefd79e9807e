"""Use cases of analyze/: read and change what a camera is watched for, and answer with figures."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from commonsight.analyze import figure_store, model, store
from commonsight.analyze.model import PEOPLE, VEHICLES, Analysis, Observation, Stored
from commonsight.analyze.scenes import document
from commonsight.analyze.scenes.registry import installed
from commonsight.http import Caller, etag_of, match_or_refuse, narrow, sees
from commonsight.problem import Refusal
from commonsight.records.database import ReadSession, WriteSession
from commonsight.vision.cards import card

STEPS: Final = (60, 300, 900, 3_600, 86_400)
"""Lengths a series may have, s."""
SERIES_HOURS_MOST: Final = 24 * 31
SERIES_ROWS_MOST: Final = 20_000


def etag(stored: Stored) -> str:
    """Identifies a version of the document; the state is not part of it."""
    return etag_of(stored.camera_id, stored.version)


async def _place(session: ReadSession, caller: Caller, camera_id: UUID) -> str:
    place = await store.place_of(session, camera_id)
    # Outside the caller's regions is answered like absent: existence is information, too.
    if place is None or not sees(caller, place):
        raise Refusal("analyze.camera_unknown", status=404, operand="camera", actual=str(camera_id))
    return place


async def get(session: ReadSession, caller: Caller, camera_id: UUID) -> Stored:
    """What a camera is watched for and how it goes. A camera nobody has set up has an empty document, version 0.

    Raises:
        Refusal: `analyze.camera_unknown` (404).
    """
    await _place(session, caller, camera_id)
    return await store.read(session, camera_id) or Stored(camera_id, Analysis(), 0)


async def put(
    session: WriteSession,
    caller: Caller,
    camera_id: UUID,
    analysis: Analysis,
    if_match: str | None,
    *,
    keep: Collection[str] = (),
) -> Stored:
    """Replace the document; workers pick it up within seconds.

    Setups that somebody has put there for a time (`SceneSetup.source`) stay as they are; those given are passed over.

    Args:
        keep: "scenes", "ground": parts that stay as they are, whatever `analysis` has.

    Raises:
        Refusal: `analyze.camera_unknown` (404), `analyze.document_invalid` (422), `vision.card_unknown`,
            `http.precondition_required` (428), `http.precondition_failed` (412).
    """
    await _place(session, caller, camera_id)
    version = await store.lock(session, camera_id)
    stood = await store.read(session, camera_id) or Stored(camera_id, Analysis(), 0)
    analysis = _merged(analysis, stood.analysis, keep)
    _check(analysis)
    match_or_refuse(if_match, etag_of(camera_id, version))
    # Who edits a camera that a deployment has switched on does not thereby take it over for good.
    enabled_by = stood.enabled_by if analysis.enabled and stood.analysis.enabled else None
    await store.write(session, camera_id, analysis, enabled_by)
    stored = await store.read(session, camera_id)
    assert stored is not None
    return stored


def _merged(given: Analysis, stood: Analysis, keep: Collection[str]) -> Analysis:
    lent = tuple(setup for setup in stood.scenes if setup.source is not None)
    own = tuple(setup for setup in given.scenes if setup.source is None)
    scenes = stood.scenes if "scenes" in keep else own + lent
    return replace(given, scenes=scenes, ground=stood.ground if "ground" in keep else given.ground)


def _check(analysis: Analysis) -> None:
    model.check(analysis)
    document.check(analysis, installed().cards)
    if analysis.model is not None:
        card(analysis.model)


async def set_up(session: WriteSession, camera_id: UUID, analysis: Analysis) -> None:
    """Store a document on the platform's own behalf (the demo, `commonsight add`), unless somebody has written one."""
    _check(analysis)
    if await store.lock(session, camera_id) == 0:
        await store.write(session, camera_id, analysis)


# --- figures --------------------------------------------------------------------------------------------------------


async def counts_now(session: ReadSession, places: Sequence[str], now: datetime) -> dict[str, Any]:
    """The body of `GET /counts/now` and of the `counts` topic.

    `now` counts road users in the pictures of all watched cameras, `in`/`out`/`total` crossings since `since`.
    `coverage` is the mean share of the last half minute really watched, 0 when no camera is.
    """
    crossings, since = await figure_store.totals(session, places)
    cameras, coverage, present = await figure_store.present(session, places)

    def group(kinds: Sequence[str]) -> dict[str, int]:
        into = sum(crossings.get(kind, (0, 0))[0] for kind in kinds)
        outof = sum(crossings.get(kind, (0, 0))[1] for kind in kinds)
        return {"now": sum(present.get(kind, 0) for kind in kinds), "in": into, "out": outof, "total": into + outof}

    def of_class(kind: str) -> dict[str, int]:
        into, outof = crossings.get(kind, (0, 0))
        return {"now": present.get(kind, 0), "in": into, "out": outof}

    return {
        "as_of": now.isoformat(),
        "since": since.isoformat() if since else None,
        "people": group(PEOPLE),
        "vehicles": group(VEHICLES),
        "by_class": {kind: of_class(kind) for kind in (*PEOPLE, *VEHICLES)},
        "cameras_watched": cameras,
        "coverage": round(coverage, 3),
    }


async def now_for(session: ReadSession, caller: Caller, region: str | None, now: datetime) -> dict[str, Any]:
    """`counts_now` within what the caller may see."""
    return await counts_now(session, narrow(caller, region), now)


async def series(
    session: ReadSession,
    caller: Caller,
    *,
    region: str | None,
    camera_id: UUID | None,
    hours: float,
    step: int,
    now: datetime,
) -> list[dict[str, Any]]:
    """Crossings and occupancy by class in steps, oldest first; the running minute is included.

    Raises:
        Refusal: `analyze.step_invalid` (422), `http.region_outside_scope` (403), `analyze.camera_unknown` (404).
    """
    if step not in STEPS:
        raise Refusal(
            "analyze.step_invalid", status=422, rule="one of", operand="step", expected=list(STEPS), actual=step
        )
    if hours * 3600 / step * (len(PEOPLE) + len(VEHICLES)) > SERIES_ROWS_MOST:
        raise Refusal(
            "analyze.series_too_long",
            status=422,
            rule="hours x 3600 / step",
            operand="hours",
            expected=SERIES_ROWS_MOST * step / 3600 // (len(PEOPLE) + len(VEHICLES)),
            actual=hours,
        )
    if camera_id is not None:
        await _place(session, caller, camera_id)
    places = narrow(caller, region)
    begin = now - timedelta(hours=hours)
    begin -= timedelta(seconds=begin.timestamp() % step)
    rows = await figure_store.series(
        session, places, camera_id, begin, now + timedelta(seconds=1), step, SERIES_ROWS_MOST
    )
    return [
        {
            "start": row.slot,
            "seconds": step,
            "class": row._mapping["class"],
            "in": int(row.into or 0),
            "out": int(row.outof or 0),
            "occupancy": None if row.occupancy is None else round(float(row.occupancy), 3),
            "coverage": round(float(row.coverage), 3),
        }
        for row in rows
    ]


async def observations(
    session: ReadSession,
    caller: Caller,
    camera_id: UUID,
    measure: str | None,
    begin: datetime,
    end: datetime,
    after: tuple[datetime, str, str, str] | None,
    limit: int,
) -> list[Observation]:
    """One camera's observations as stored, oldest first.

    Raises:
        Refusal: `analyze.camera_unknown` (404), `analyze.span_invalid` (422).
    """
    await _place(session, caller, camera_id)
    if end <= begin:
        raise Refusal(
            "analyze.span_invalid",
            status=422,
            rule="from before to",
            operand="to",
            expected=begin.isoformat(),
            actual=end.isoformat(),
        )
    return await figure_store.listed(session, caller.regions, camera_id, measure, begin, end, after, limit)
