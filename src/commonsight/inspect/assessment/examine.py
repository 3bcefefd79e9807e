"""Reading a list: rows, the cameras behind them, what we knew then, why we differ, and the bridge between the rates.

Long, so a job; it writes nothing but the list's own rows. A second run finds the first's rows gone and starts over.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from itertools import islice
from pathlib import Path
from statistics import median_low
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from commonsight.catalog.imports.model import Format, Line, Problem
from commonsight.inspect.assessment import evidence, matching, reading, store
from commonsight.inspect.assessment.bridge import LEAVING, Judged, build
from commonsight.inspect.assessment.model import (
    GOOD,
    MATCHED_LEAST,
    PROBLEMS_MOST,
    Match,
    Said,
    State,
    explain,
    explanations,
    ours_at,
)
from commonsight.inspect.assessment.store import Feedback
from commonsight.jobs import House
from commonsight.problem import Refusal

log = structlog.get_logger(__name__)

BATCH: Final = 1_000
"""Rows matched, explained and written in one transaction."""


class _GivenUp(Exception):
    """Somebody discarded the list, or gave another mapping, while it was read."""


class Examination:
    """One reading of one list."""

    def __init__(self, house: House, held: Feedback) -> None:
        given = house.settings.assessment
        self._database, self._clock, self._held = house.database, house.clock, held
        self._minutes = given.minutes
        self._table = reading.List(mapping=dict(held.mapping), rows_most=given.rows_most)
        self._reader = reading.Reader(
            held.indicator, ZoneInfo(given.zone), held.default_at, held.created_at + reading.LATEST_AHEAD
        )
        self._seen: set[UUID] = set()
        self._codes: set[str] = set()
        self._judged: list[Judged] = []
        self._times: list[datetime] = []
        self._counts = {"done": 0, "wrong": 0, "matched": 0}

    async def run(self) -> None:
        """Read the list to its end, or say in its `problem` why that is not possible."""
        held = self._held
        async with self._database.write() as session:
            await store.forget(session, held.id, rows=True)
        try:
            with tempfile.TemporaryDirectory(prefix="commonsight-feedback-") as scratch:
                path = Path(scratch) / "list"
                await self._fetch(path)
                with closing(reading.lines(path, Format(held.format), self._table)) as coming:  # type: ignore[type-var]
                    while batch := await asyncio.to_thread(self._read, coming):
                        await self._examine(batch)
            await self._bridge()
        except _GivenUp:
            log.info("feedback_given_up", id=str(held.id))
        except Refusal as refusal:
            async with self._database.write() as session:
                if await self._still(session):
                    await store.change(
                        session,
                        held.id,
                        state=State.FAILED.value,
                        state_at=self._clock.now(),
                        headings=self._table.headings,
                        problem={"code": refusal.code} | refusal.facts(),
                    )

    async def _fetch(self, path: Path) -> None:
        with path.open("wb") as file:
            for number in range(self._held.parts):
                async with self._database.read() as session:
                    body = await store.part(session, self._held.id, number)
                if body is None:
                    raise _GivenUp
                await asyncio.to_thread(file.write, body)

    def _read(self, coming: Iterator[Line]) -> list[Said | Problem]:
        return [self._reader.read(line) for line in islice(coming, BATCH)]

    async def _still(self, session: Any) -> bool:
        found = await store.one(session, self._held.id, lock=True)
        return found is not None and found.state is State.READING

    async def _examine(self, batch: list[Said | Problem]) -> None:
        held = self._held
        rows = [one for one in batch if isinstance(one, Said)]
        problems = [one for one in batch if isinstance(one, Problem)]
        async with self._database.write() as session:
            if not await self._still(session):
                raise _GivenUp
            matches = await matching.match(session, rows, held.scope, held.upper_id)
            looked = await evidence.known(session, held.indicator, rows, matches, held.upper_id, self._minutes)
            await store.keep_rows(
                session, held.id, [self._row(row, matches.get(row.row, Match()), looked.get(row.row)) for row in rows]
            )
            room = max(0, PROBLEMS_MOST - self._counts["wrong"])
            await store.keep_problems(session, held.id, self._counts["wrong"], problems[:room])
            self._counts["done"] += len(batch)
            self._counts["wrong"] += len(problems)
            await store.change(session, held.id, **self._counts)

    def _row(self, row: Said, match: Match, looked: evidence.Looked | None) -> dict[str, Any]:
        """The row as it is kept; it is counted on the way."""
        sure = match.camera is not None and match.confidence >= MATCHED_LEAST
        again = match.camera in self._seen if sure else bool(row.code) and row.code in self._codes
        if sure and match.camera is not None:
            self._seen.add(match.camera)
            self._counts["matched"] += 1
        if row.code:
            self._codes.add(row.code)
        known = looked.known if looked is not None and sure else None
        why = explain(self._held.indicator, row, match, known, again=again, got_at=self._held.created_at)
        ours = "unknown" if known is None else ours_at(self._held.indicator, row.at, known)[0]
        theirs = row.verdict in GOOD[self._held.indicator]
        counts = None if ours == "unknown" else ours == "good"
        self._judged.append(Judged(theirs, None if why in LEAVING else counts, why))
        self._times.append(row.at)
        return {
            "row": row.row, "code": row.code, "name": row.name, "region": row.region, "said": row.said,
            "verdict": row.verdict, "at": row.at, "reason": row.reason, "camera_id": match.camera,
            "match": match.how, "confidence": match.confidence, "ours": ours, "explanation": why,
            "evidence": {} if looked is None else looked.as_json(),
        }  # fmt: skip

    async def _bridge(self) -> None:
        """The step that ends the reading: their rate, ours of the same time, and what lies between."""
        held = self._held
        at = median_low(self._times) if self._times else held.default_at or held.created_at
        async with self._database.write() as session:
            if not await self._still(session):
                raise _GivenUp
            others = await evidence.others(
                session, held.indicator, held.region, held.scope, sorted(self._seen), at, held.upper_id
            )
            made = build(self._judged, held.assessed, others, list(explanations()))
            await store.change(
                session,
                held.id,
                state=State.READ.value,
                state_at=self._clock.now(),
                rows=self._counts["done"],
                headings=self._table.headings,
                mapping=self._table.mapping,
                bridge=made.as_json(),
                problem=None,
                **self._counts,
            )
        log.info("feedback_read", id=str(held.id), rows=self._counts["done"], wrong=self._counts["wrong"])
