"""Heartbeats: each process tells every two seconds that it lives, where it listens and how it does."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Text, case, delete, func, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from commonsight.records.base import Base, UtcDateTime
from commonsight.records.database import Database, ReadSession, WriteSession

BEAT_SECONDS: Final = 2.0
ALIVE_SECONDS: Final = 10.0
"""Silent for longer than this = lost. Five beats: one slow checkpoint must not look like a death."""

FORGET_SECONDS: Final = 86_400.0
"""A lost node stays visible for a day, so that its end can be seen on the system page."""


class Node(Base):
    """One process of the platform, as it last spoke of itself."""

    __tablename__ = "nodes"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    pid: Mapped[int]
    address: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))


async def beat(
    db: Database, name: str, kind: str, address: str | None = None, detail: Mapping[str, Any] | None = None
) -> None:
    """Write one heartbeat. Times are the database's, so that machines with different clocks agree on who is alive.

    Args:
        db: the platform's database.
        name: unique name of the process, e.g. `media-1`.
        kind: `api`, `media`, `see`, `work`, `simulate`.
        address: where others reach it, if anywhere.
        detail: small JSON object shown on the system page. Keys are added to what this process said before: its own
            loop beats without knowing what the room inside announced.
    """
    fresh = insert(Node).values(
        name=name,
        kind=kind,
        pid=os.getpid(),
        address=address,
        started_at=func.now(),
        seen_at=func.now(),
        detail=dict(detail or {}),
    )
    new = fresh.excluded
    same = Node.pid == new.pid
    changes: dict[str, Any] = {
        "kind": new.kind,
        "pid": new.pid,
        "seen_at": new.seen_at,
        # The same process goes on; another process number means that it was started anew.
        "started_at": case((same, Node.started_at), else_=new.started_at),
        "address": new.address if address is not None else case((same, Node.address), else_=None),
        "detail": case((same, Node.detail.op("||")(new.detail)), else_=new.detail),
    }
    async with db.write() as session:
        await session.execute(fresh.on_conflict_do_update(index_elements=[Node.name], set_=changes))


async def leave(db: Database, name: str) -> None:
    """Say good-bye: a process that stops on purpose is not shown as lost."""
    async with db.write() as session:
        await session.execute(delete(Node).where(Node.name == name, Node.pid == os.getpid()))


async def alive(session: ReadSession, kind: str | None = None) -> Sequence[Node]:
    """Processes seen within `ALIVE_SECONDS`, by name; all kinds when `kind` is None."""
    query = select(Node).where(Node.seen_at > func.now() - _seconds(ALIVE_SECONDS)).order_by(Node.name)
    if kind is not None:
        query = query.where(Node.kind == kind)
    return (await session.scalars(query)).all()


async def known(session: ReadSession) -> Sequence[tuple[Node, bool]]:
    """Every process on record with whether it is alive, by name."""
    query = select(Node, Node.seen_at > func.now() - _seconds(ALIVE_SECONDS)).order_by(Node.name)
    return [(node, bool(lives)) for node, lives in (await session.execute(query)).all()]


async def forget(session: WriteSession) -> None:
    """Drop processes that were lost long ago."""
    await session.execute(delete(Node).where(Node.seen_at < func.now() - _seconds(FORGET_SECONDS)))


def _seconds(value: float) -> Any:
    return func.make_interval(0, 0, 0, 0, 0, 0, value)
