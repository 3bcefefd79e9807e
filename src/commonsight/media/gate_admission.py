"""The real admission: permits and the register in PostgreSQL, addresses from the camera file.

What is asked before a picture leaves is asked at once and refused when the database is away. What is told afterwards
(first picture, end) is gathered and written in the background, so a restart of the database costs no running reading.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from commonsight.catalog import service as catalog
from commonsight.clock import Clock
from commonsight.connect.model import Address
from commonsight.gate import service as gate
from commonsight.gate.model import Action, Footage, Standing, Viewer
from commonsight.media.admission import Grant, Seen
from commonsight.problem import Refusal
from commonsight.records.database import Database, ReadSession

log = structlog.get_logger(__name__)

ASK_SECONDS: Final = 10.0
"""Longest wait for the register, the queue before it included: a person rather hears that it is away than waits on."""
WRITE_SECONDS: Final = 0.5
"""The register is written this often."""
BATCH: Final = 200
WAITING_MOST: Final = 20_000
"""Lines kept while the database is away; beyond that the oldest are given up (gate closes such lines by itself)."""


@dataclass(slots=True)
class _Line:
    """What is still to be written of one retrieval."""

    first_frame_at: datetime | None = None
    closed_at: datetime | None = None
    seen: Seen | None = None


class GateAdmission:
    """Admission over gate/ and catalog/ for the node `name`."""

    def __init__(self, database: Database, clock: Clock, name: str) -> None:
        self._database = database
        self._clock = clock
        self._name = name
        self._began = clock.now()
        self._lines: dict[UUID, _Line] = {}

    async def admit(
        self,
        ticket: str,
        camera_id: UUID,
        *,
        locate: bool,
        action: Action = Action.LIVE,
        footage: Footage | None = None,
        viewer: Viewer | None = None,
    ) -> Grant:
        async with asyncio.timeout(ASK_SECONDS), self._database.write() as session:
            permit = await gate.check(session, ticket, camera_id, action=action, footage=footage, viewer=viewer)
            address = await _address(session, camera_id) if locate else None
            # Last, because it locks the permit, and all readings of one worker share theirs.
            retrieval_id = await gate.open_retrieval(
                session, permit, camera_id, node=self._name, action=action, footage=footage, viewer=viewer
            )
        minutes = permit.limits.minutes
        return Grant(
            ticket=ticket,
            permit_id=permit.id,
            camera_id=camera_id,
            retrieval_id=retrieval_id,
            expires_at=permit.expires_at,
            seconds_max=None if minutes is None else minutes * 60.0,
            system=permit.holder_kind == "system",
            address=address,
            limits=permit.limits,
            holder=permit.holder,
            action=action,
            footage=footage or permit.footage,
        )

    async def still_valid(self, grant: Grant) -> bool:
        async with asyncio.timeout(ASK_SECONDS), self._database.read() as session:
            return await gate.standing(session, grant.permit_id) is Standing.VALID

    def first_frame(self, grant: Grant) -> None:
        self._line(grant).first_frame_at = self._clock.now()

    def closed(self, grant: Grant, seen: Seen) -> None:
        line = self._line(grant)
        line.closed_at, line.seen = self._clock.now(), seen

    async def write_register(self) -> None:
        """Write what has been told, for ever. A database that is away is waited for."""
        while not await self._close_inherited():
            await self._clock.sleep(WRITE_SECONDS)
        while True:
            await self._clock.sleep(WRITE_SECONDS)
            await self.flush()

    async def _close_inherited(self) -> bool:
        """Close the lines of the process that bore this name before, which cannot any more."""
        try:
            async with asyncio.timeout(ASK_SECONDS), self._database.write() as session:
                closed = await gate.close_inherited(session, self._name, self._began)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("register_waits", error=type(error).__name__)
            return False
        if closed:
            log.warning("retrievals_inherited", closed=closed)
        return True

    async def flush(self) -> None:
        """Write what has been told; what cannot be written now is kept."""
        while self._lines:
            batch = {key: self._lines.pop(key) for key in list(self._lines)[:BATCH]}
            try:
                async with asyncio.timeout(ASK_SECONDS):
                    await self._write(batch)
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("register_waits", lines=len(batch) + len(self._lines), error=type(error).__name__)
                self._keep(batch)
                return
            except asyncio.CancelledError:
                self._keep(batch)
                raise

    async def _write(self, batch: dict[UUID, _Line]) -> None:
        async with self._database.write() as session:
            for retrieval_id, line in batch.items():
                if line.first_frame_at is not None:
                    await gate.first_frame(session, retrieval_id, now=line.first_frame_at)
                if line.seen is not None:
                    await gate.close_retrieval(
                        session,
                        retrieval_id,
                        seconds=line.seen.seconds,
                        bytes=line.seen.bytes,
                        reason=line.seen.reason,
                        now=line.closed_at,
                    )

    def _keep(self, batch: dict[UUID, _Line]) -> None:
        """Put lines back in front of what has been told since; both writes may be repeated."""
        for retrieval_id, newer in self._lines.items():
            older = batch.get(retrieval_id)
            if older is not None:
                newer.first_frame_at = older.first_frame_at or newer.first_frame_at
        self._lines = batch | self._lines
        for _ in range(len(self._lines) - WAITING_MOST):
            del self._lines[next(iter(self._lines))]

    def _line(self, grant: Grant) -> _Line:
        line = self._lines.get(grant.retrieval_id)
        if line is None:
            line = self._lines[grant.retrieval_id] = _Line()
        return line


async def _address(session: ReadSession, camera_id: UUID) -> Address:
    source = await catalog.camera_source(session, camera_id)
    if source is None:
        raise Refusal("media.camera_without_source", status=404, operand="camera", actual=str(camera_id))
    return Address.at(source.url, source.username, source.password)
