"""Use cases of imports: receive a file, check it, bring it in, take it back.

Checking (`check.py`) and writing (`commit.py`) are long: routes queue them as jobs (`catalog/tasks.py`), the terminal
runs them itself. Each goes on, or starts over, after its process died; nothing is written twice.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from commonsight.access.audit import Actor
from commonsight.catalog import secrets
from commonsight.catalog.imports import apply, store
from commonsight.catalog.imports.model import (
    BYTES_MOST,
    Existing,
    Format,
    Import,
    Rights,
    State,
    is_new,
)
from commonsight.catalog.imports.reading import format_of
from commonsight.catalog.service import conversion_forbidden
from commonsight.places.coordinates import System
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession

log = structlog.get_logger(__name__)

NAMED_MOST: Final = 50
"""Cameras that a refused undo names; the rest is counted."""

Told = Callable[[Import], None]
"""Hears how far a check or a commit is."""


def new(
    name: str,
    *,
    kind: Format | None,
    existing: Existing,
    system: System | None,
    by: Actor,
    rights: Rights,
    now: datetime,
) -> Import:
    """An import that waits for its file.

    Raises:
        Refusal: `catalog.file_unreadable` for a format that is not read; `catalog.conversion_forbidden`.
    """
    if system is not None and system is not System.WGS84 and not rights.convert:
        raise conversion_forbidden(system)
    return Import(
        id=uuid7(),
        name=name,
        format=kind or format_of(name),
        state=State.RECEIVING,
        existing=existing,
        system=system,
        by_id=by.id,
        by_name=by.name,
        rights=rights,
        bytes=0,
        parts=0,
        rows=None,
        done=0,
        added=0,
        changed=0,
        restored=0,
        same=0,
        refused=0,
        unknown_columns=(),
        problem=None,
        created_at=now,
        state_at=now,
        committed_at=None,
    )


async def open_(session: WriteSession, made: Import) -> Import:
    """File a new import."""
    await store.open_(session, made)
    return made


async def seen(session: ReadSession, import_id: UUID, me: UUID, regions: tuple[str, ...]) -> Import:
    """The import, for somebody who may see it.

    Raises:
        Refusal: `catalog.import_unknown` (404).
    """
    found = await store.one(session, import_id) if await store.visible(session, import_id, me, regions) else None
    if found is None:
        raise Refusal("catalog.import_unknown", status=404, operand="import", actual=str(import_id))
    return found


async def held(session: WriteSession, import_id: UUID, *states: State) -> Import:
    """The import, held until the transaction ends, in one of `states`.

    Raises:
        Refusal: `catalog.import_state` (409), naming the state it is in.
    """
    found = await store.one(session, import_id, for_update=True)
    if found is None:
        raise Refusal("catalog.import_unknown", status=404, operand="import", actual=str(import_id))
    if found.state not in states:
        raise Refusal(
            "catalog.import_state",
            status=409,
            rule="state of the import",
            operand="state",
            expected=[state.value for state in states],
            actual=found.state.value,
        )
    return found


async def receive(session: WriteSession, import_id: UUID, offset: int, piece: bytes) -> int:
    """Take the next piece of the file; returns how many bytes there are then.

    A piece that came before (its answer was lost) is told by its offset and taken once.

    Raises:
        Refusal: `catalog.import_offset` (409) when it does not begin where the file ends; `catalog.file_too_large`.
    """
    present = await held(session, import_id, State.RECEIVING)
    if is_new(present.bytes, offset, len(piece), BYTES_MOST):
        # Encrypted like a password: a file may hold some.
        sealed = await asyncio.to_thread(secrets.installed().seal_bytes, piece)
        await store.add_part(session, import_id, present.parts, sealed, len(piece))
        return present.bytes + len(piece)
    return present.bytes


async def begin_check(session: WriteSession, import_id: UUID, now: datetime) -> Import:
    """Close the file and put it up for checking.

    Raises:
        Refusal: `catalog.import_state`, `catalog.file_unreadable` for an empty file.
    """
    present = await held(session, import_id, State.RECEIVING)
    if present.bytes == 0:
        raise Refusal("catalog.file_unreadable", status=422, rule="bytes", operand="file", expected="> 0", actual=0)
    await store.move(session, import_id, State.CHECKING, now)
    return await held(session, import_id, State.CHECKING)


async def begin_commit(session: WriteSession, import_id: UUID, now: datetime, *, skip_refused: bool) -> Import:
    """Put a checked import up for writing.

    Raises:
        Refusal: `catalog.import_state`; `catalog.import_refused_rows` (409) when rows were refused and nobody said that
            the others are to be written without them.
    """
    present = await held(session, import_id, State.CHECKED, State.COMMITTING)
    if present.state is State.COMMITTING:
        return present  # asked for twice
    if present.refused and not skip_refused:
        raise Refusal(
            "catalog.import_refused_rows",
            status=409,
            rule="no refused rows, or skip_refused",
            operand="refused",
            expected=0,
            actual=present.refused,
        )
    await store.move(session, import_id, State.COMMITTING, now)
    return await held(session, import_id, State.COMMITTING)


async def begin_undo(session: WriteSession, import_id: UUID, now: datetime) -> Import:
    """Put a written import up for being taken back, as a whole.

    Raises:
        Refusal: `catalog.import_state`; `catalog.import_changed_since` (409), naming cameras that are not as the import
            wrote them: what people did to them since would be lost.
    """
    if (await held(session, import_id, State.COMMITTED)).rows_gone:
        raise Refusal("catalog.import_past_undo", status=409, rule="days", operand="import", actual=str(import_id))
    count, first = await apply.changed_since(session, import_id, NAMED_MOST)
    if count:
        raise Refusal(
            "catalog.import_changed_since",
            status=409,
            rule="nothing changed since",
            operand="cameras",
            expected=0,
            actual=count,
            names="、".join(row.name for row in first[:5]),
            cameras=[{"row": row.row, "id": str(row.id), "code": row.code, "name": row.name} for row in first],
        )
    await store.move(session, import_id, State.UNDOING, now)
    return await held(session, import_id, State.UNDOING)


async def discard(session: WriteSession, import_id: UUID, now: datetime) -> None:
    """Give an import up that has not been written.

    Raises:
        Refusal: `catalog.import_state`.
    """
    present = await held(
        session, import_id, State.RECEIVING, State.CHECKING, State.CHECKED, State.FAILED, State.DISCARDED
    )
    if present.state is not State.DISCARDED:
        await store.forget_file(session, import_id)
        await store.forget_rows(session, import_id)
        await store.move(session, import_id, State.DISCARDED, now, done=present.done, problem=present.problem)


def known(found: Import | None, import_id: UUID) -> Import:
    """The import that was found. Raises Refusal `catalog.import_unknown` (404) when there is none."""
    if found is None:
        raise Refusal("catalog.import_unknown", status=404, operand="import", actual=str(import_id))
    return found
