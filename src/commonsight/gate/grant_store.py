"""SQL of grants: whose they are, what a camera is to them, how many cameras they come to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, or_, select, text

from commonsight.gate.grant_model import Facts, Grant, Holder, Hours, Selection
from commonsight.gate.model import Action, Door, Limits
from commonsight.gate.tables import GrantRow
from commonsight.records.database import ReadSession, WriteSession

OF_ONE_MOST: Final = 500
"""Running grants looked at for one person; the newest come first."""


def grant_of(row: GrantRow) -> Grant:
    """The grant a row holds."""
    limits: dict[str, Any] = row.limits
    return Grant(
        id=row.id,
        version=row.version,
        holder_kind=row.holder_kind,  # type: ignore[arg-type]  # held to it by the table
        holder=row.holder,
        holder_name=row.holder_name,
        door=Door(row.door),
        cameras=Selection.of(row.cameras),
        scope=tuple(row.scope),
        actions=frozenset(Action(action) for action in row.actions),
        purposes=frozenset(row.purposes),
        hours=None if row.hours is None else Hours.of(row.hours),
        starts_at=row.starts_at,
        expires_at=row.expires_at,
        limits=Limits(**limits),
        basis=row.basis,
        built_in=row.built_in,
        granted_by=row.granted_by,
        granted_by_name=row.granted_by_name,
        granted_at=row.granted_at,
        request_id=row.request_id,
        revoked_at=row.revoked_at,
        revoked_by=row.revoked_by,
        revoked_by_name=row.revoked_by_name,
        revoked_reason=row.revoked_reason,
    )


async def held_by(session: ReadSession, holder: Holder, *, ended: bool = False) -> list[Grant]:
    """A person's grants that are not revoked: their own, their organisation's, their roles'. `ended`: all of them."""
    query = (
        select(GrantRow)
        .where(
            or_(
                and_(GrantRow.holder_kind == "person", GrantRow.holder == str(holder.id)),
                and_(GrantRow.holder_kind == "organisation", GrantRow.holder == (holder.organisation or None)),
                and_(GrantRow.holder_kind == "role", GrantRow.holder.in_(holder.roles)),
            )
        )
        .order_by(GrantRow.granted_at.desc(), GrantRow.id.desc())
        .limit(OF_ONE_MOST)
    )
    if not ended:
        query = query.where(GrantRow.revoked_at.is_(None))
    return [grant_of(row) for row in await session.scalars(query)]


async def by_id(session: ReadSession, grant_id: UUID) -> Grant | None:
    """The grant with this id."""
    row = await session.get(GrantRow, grant_id)
    return None if row is None else grant_of(row)


async def lock(session: WriteSession, grant_id: UUID) -> GrantRow | None:
    """The grant's row as it is now, locked until the transaction ends."""
    query = select(GrantRow).where(GrantRow.id == grant_id).with_for_update()
    row: GrantRow | None = await session.scalar(query.execution_options(populate_existing=True))
    return row


async def hold(session: WriteSession, grant_id: UUID) -> datetime | None:
    """When the grant was revoked, read afresh; until the transaction ends nobody revokes it."""
    query = select(GrantRow.revoked_at).where(GrantRow.id == grant_id).with_for_update(read=True)
    revoked_at: datetime | None = await session.scalar(query)
    return revoked_at


_FACTS: Final = """
    SELECT c.id, c.name, c.region, c.kind, c.sector, c.place, c.location[0] AS lon, c.location[1] AS lat
    FROM cameras AS c WHERE c.id = ANY(:ids) AND c.archived_at IS NULL
"""
# Upwards from the groups a camera is in. UNION meets each group once, so a ring of groups ends.
_GROUPS: Final = """
    WITH RECURSIVE walk (camera_id, source_id, code) AS (
        SELECT m.camera_id, m.source_id, m.code FROM camera_group_members AS m WHERE m.camera_id = ANY(:ids)
        UNION
        SELECT w.camera_id, g.source_id, g.parent FROM walk AS w
        JOIN camera_groups AS g ON g.source_id = w.source_id AND g.code = w.code AND g.deleted_at IS NULL
        WHERE g.parent IS NOT NULL
    ) SELECT camera_id, source_id, code FROM walk
"""


async def facts(session: ReadSession, ids: Sequence[UUID]) -> dict[UUID, Facts]:
    """What grants look at in these cameras; those out of use or unknown are left out."""
    groups: dict[UUID, set[tuple[UUID, str]]] = {}
    for row in await session.execute(text(_GROUPS), {"ids": list(ids)}):
        groups.setdefault(row.camera_id, set()).add((row.source_id, row.code))
    found = await session.execute(text(_FACTS), {"ids": list(ids)})
    return {
        row.id: Facts(
            id=row.id,
            name=row.name,
            region=row.region,
            kind=row.kind,
            sector=row.sector,
            place=row.place,
            point=None if row.lon is None else (row.lon, row.lat),
            groups=frozenset(groups.get(row.id, ())),
        )
        for row in found
    }
