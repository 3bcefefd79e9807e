"""SQL of proposals and batches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.catalog import where as conditions
from commonsight.catalog.intake_store import copy
from commonsight.catalog.repair.model import Batch, Outcome, Proposal, State
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession

_BATCH: Final = (
    "id, state, by_name, why, regions, total, applied, conflicts, undone, kept, made_at, ended_at, undone_at, undone_by"
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which open proposals are meant; every condition that is set must hold.

    Args:
        regions: the caller's, narrowed; none of them means none.
        certain: only those that follow from the record itself.
        least: only those of at least this confidence.
        ids: only these.
    """

    regions: tuple[str, ...]
    rule: str | None = None
    field: str | None = None
    certain: bool | None = None
    least: float | None = None
    ids: tuple[UUID, ...] | None = None
    unit: str | None = None

    def where(self) -> conditions.Where:
        """As conditions on `record_proposals AS p` and `cameras AS c`."""
        where = conditions.Where()
        where.add("p.refused_at IS NULL")
        where.add(conditions.LIVE)
        conditions.regions(where, self.regions)
        for name in ("rule", "field", "certain"):
            if (value := getattr(self, name)) is not None:
                where.add(f"p.{name} = :{name}", **{name: value})
        if self.least is not None:
            where.add("p.confidence >= :least", least=self.least)
        if self.ids is not None:
            where.add("p.id = ANY(:ids)", ids=list(self.ids))
        if self.unit is not None:
            where.add("c.unit_id = (SELECT u.id FROM units AS u WHERE u.name = :unit)", unit=self.unit)
        return where


async def merge(
    session: WriteSession, cameras: Sequence[str], rules: Sequence[str], made: Iterable[Proposal], now: datetime
) -> None:
    """Let just `made` be what is proposed for these cameras by these rules.

    A proposal that a person refused stays refused while it would be the same.
    """
    await session.execute(_PROPOSALS_IN)
    await copy(
        session,
        "proposals_in (camera_id, field, rule, id, was, becomes, reason, source, confidence, certain)",
        (
            (p.camera_id, p.field, p.rule, uuid7(), p.was, p.becomes, p.reason.value, p.source, p.confidence, p.certain)
            for p in made
        ),
    )
    await session.execute(_DROP, {"cameras": list(cameras), "rules": list(rules)})
    await session.execute(_PUT, {"now": now})
    await session.execute(text("TRUNCATE proposals_in"))


_PROPOSALS_IN = text("""
    CREATE TEMPORARY TABLE IF NOT EXISTS proposals_in (
        camera_id uuid, field text COLLATE "C", rule text COLLATE "C", id uuid, was text, becomes text, reason text,
        source text, confidence real, certain boolean
    ) ON COMMIT DELETE ROWS
""")
_SAME = (
    "(i.camera_id, i.field, i.rule, i.was, i.becomes, i.certain) = "
    "(p.camera_id, p.field, p.rule, p.was, p.becomes, p.certain)"
)
_DROP = text(
    "DELETE FROM record_proposals AS p WHERE p.camera_id = ANY(CAST(:cameras AS uuid[])) AND p.rule = ANY(:rules) "  # noqa: S608
    f"AND NOT EXISTS (SELECT 1 FROM proposals_in AS i WHERE {_SAME})"
)
_PUT = text("""
    INSERT INTO record_proposals (camera_id, field, rule, id, was, becomes, reason, source, confidence, certain, at)
    SELECT camera_id, field, rule, id, was, becomes, reason, source, confidence, certain, :now FROM proposals_in
    ON CONFLICT (camera_id, field, rule) DO NOTHING
""")
_PROPOSAL: Final = (
    "p.id, p.camera_id, c.code, c.name, c.region, p.field, p.rule, p.was, p.becomes, p.reason, p.source, "
    "p.confidence, p.certain, p.at"
)
_FROM: Final = "FROM record_proposals AS p JOIN cameras AS c ON c.id = p.camera_id"


async def page(session: ReadSession, chosen: Chosen, after: tuple[str, UUID] | None, limit: int) -> list[Row[Any]]:
    """Open proposals by rule and id; one more than `limit` when there are more."""
    where = chosen.where()
    if after is not None:
        where.add("(p.rule, p.id) > (:after_rule, :after_id)", after_rule=after[0], after_id=after[1])
    query = f"SELECT {_PROPOSAL} {_FROM} WHERE {where} ORDER BY p.rule, p.id LIMIT :limit"
    return list(await session.execute(text(query), where.values | {"limit": limit + 1}))


async def totals(session: ReadSession, chosen: Chosen) -> list[Row[Any]]:
    """Open proposals by rule and field: how many, and of how many cameras."""
    where = chosen.where()
    query = (
        "SELECT p.rule, p.field, p.certain, count(*) AS proposals, count(DISTINCT p.camera_id) AS cameras "
        f"{_FROM} WHERE {where} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    return list(await session.execute(text(query), where.values))


async def cameras_of(session: ReadSession, chosen: Chosen) -> int:
    """How many cameras the open proposals are about."""
    where = chosen.where()
    found = await session.execute(text(f"SELECT count(DISTINCT p.camera_id) {_FROM} WHERE {where}"), where.values)
    return int(found.scalar_one())


async def quarrels(session: ReadSession, chosen: Chosen, limit: int) -> list[Row[Any]]:
    """Fields of a camera for which the choice holds more than one value; the surest would be applied."""
    where = chosen.where()
    query = (
        "SELECT p.camera_id, c.code, c.name, p.field, "
        "array_agg(p.becomes ORDER BY p.confidence DESC, p.rule) AS values "
        f"{_FROM} WHERE {where} GROUP BY 1, 2, 3, 4 HAVING count(DISTINCT p.becomes) > 1 ORDER BY c.code LIMIT :limit"
    )
    return list(await session.execute(text(query), where.values | {"limit": limit}))


async def refuse(session: WriteSession, chosen: Chosen, by: str, now: datetime) -> int:
    """Do not propose these again; returns how many."""
    where = chosen.where()
    query = (
        "UPDATE record_proposals AS p SET refused_at = :now, refused_by = :by FROM cameras AS c "  # noqa: S608
        f"WHERE c.id = p.camera_id AND {where} RETURNING p.id"
    )
    return len((await session.execute(text(query), where.values | {"now": now, "by": by})).all())


# --- batches --------------------------------------------------------------------------------------------------------


async def open_batch(
    session: WriteSession, batch_id: UUID, chosen: Chosen, by: str, why: str, most: int, now: datetime
) -> int:
    """Make a batch of what is chosen, the surest value for each field; returns how many, `most` + 1 when too many."""
    where = chosen.where()
    await session.execute(
        text(
            "INSERT INTO record_batches (id, state, by_name, why, regions, total, made_at) "
            "VALUES (:id, 'applying', :by, :why, :regions, 0, :now)"
        ),
        {"id": batch_id, "by": by, "why": why, "regions": list(chosen.regions), "now": now},
    )
    made = await session.execute(
        text(
            "INSERT INTO record_batch_items (batch_id, number, camera_id, field, rule, was, becomes, reason) "  # noqa: S608
            "SELECT CAST(:batch AS uuid), row_number() OVER (ORDER BY camera_id, field), camera_id, field, rule, was, "
            "becomes, reason FROM ("
            "SELECT DISTINCT ON (p.camera_id, p.field) p.camera_id, p.field, p.rule, p.was, p.becomes, p.reason "
            f"{_FROM} WHERE {where} ORDER BY p.camera_id, p.field, p.confidence DESC, p.rule) AS surest "
            "LIMIT :limit RETURNING number"
        ),
        where.values | {"batch": batch_id, "limit": most + 1},
    )
    total = len(made.all())
    await session.execute(
        text("UPDATE record_batches SET total = :total WHERE id = :id"), {"id": batch_id, "total": total}
    )
    return total


def _batch(row: Row[Any]) -> Batch:
    said = row._asdict()
    return Batch(**(said | {"state": State(row.state), "regions": tuple(row.regions)}))


async def one(session: ReadSession, batch_id: UUID, *, for_update: bool = False) -> Batch | None:
    """The batch."""
    lock = " FOR UPDATE" if for_update else ""
    found = await session.execute(
        text(f"SELECT {_BATCH} FROM record_batches WHERE id = :id{lock}"),  # noqa: S608
        {"id": batch_id},
    )
    row = found.first()
    return None if row is None else _batch(row)


async def batches(
    session: ReadSession, mine: Sequence[str], after: tuple[datetime, UUID] | None, limit: int
) -> list[Batch]:
    """Batches of regions that somebody may see all of, newest first; one more than `limit` when there are more."""
    beyond = "" if after is None else " AND (made_at, id) < (:at, :after)"
    query = (
        f"SELECT {_BATCH} FROM record_batches WHERE NOT EXISTS (SELECT 1 FROM unnest(regions) AS r WHERE NOT EXISTS "  # noqa: S608
        f"(SELECT 1 FROM unnest(CAST(:mine AS text[])) AS m WHERE starts_with(r, m))){beyond} "
        "ORDER BY made_at DESC, id DESC LIMIT :limit"
    )
    values: dict[str, Any] = {"mine": list(mine), "limit": limit + 1}
    if after is not None:
        values |= {"at": after[0], "after": after[1]}
    return [_batch(row) for row in await session.execute(text(query), values)]


async def next_items(session: WriteSession, batch_id: UUID, outcome: int, limit: int) -> list[Row[Any]]:
    """The next items in this state, whole cameras together."""
    found = await session.execute(
        text(
            "SELECT number, camera_id, field, was, becomes, before FROM record_batch_items "
            "WHERE batch_id = :batch AND outcome = :outcome AND camera_id IN (SELECT DISTINCT camera_id FROM "
            "record_batch_items WHERE batch_id = :batch AND outcome = :outcome ORDER BY camera_id LIMIT :limit) "
            "ORDER BY camera_id, number"
        ),
        {"batch": batch_id, "outcome": outcome, "limit": limit},
    )
    return list(found)


async def hold(session: WriteSession, ids: Sequence[UUID]) -> dict[UUID, Row[Any]]:
    """These cameras as they are now, held until the transaction ends."""
    found = await session.execute(
        text(
            "SELECT c.id, c.name, c.region, c.address, c.system, c.original[0] AS x, c.original[1] AS y, c.file, "
            "c.archived_at, u.name AS unit FROM cameras AS c LEFT JOIN units AS u ON u.id = c.unit_id "
            "WHERE c.id = ANY(:ids) ORDER BY c.id FOR NO KEY UPDATE OF c"
        ),
        {"ids": list(ids)},
    )
    return {row.id: row for row in found}


async def settle(session: WriteSession, batch_id: UUID, outcomes: Sequence[tuple[int, int, str | None]]) -> None:
    """Note what became of items: (number, outcome, what stood there before as JSON)."""
    await session.execute(
        text(
            "UPDATE record_batch_items AS i SET outcome = t.outcome, "
            "before = coalesce(CAST(t.before AS jsonb), i.before) "
            "FROM unnest(CAST(:numbers AS integer[]), CAST(:outcomes AS smallint[]), CAST(:befores AS text[])) "
            "AS t (number, outcome, before) WHERE i.batch_id = :batch AND i.number = t.number"
        ),
        {
            "batch": batch_id,
            "numbers": [number for number, _, _ in outcomes],
            "outcomes": [outcome for _, outcome, _ in outcomes],
            "befores": [before for _, _, before in outcomes],
        },
    )
    columns = {
        "applied": Outcome.APPLIED, "conflicts": Outcome.CONFLICT, "undone": Outcome.UNDONE, "kept": Outcome.KEPT
    }  # fmt: skip
    for column, outcome in columns.items():
        if count := sum(each == outcome for _, each, _ in outcomes):
            await session.execute(
                text(f"UPDATE record_batches SET {column} = {column} + :count WHERE id = :id"),  # noqa: S608
                {"id": batch_id, "count": count},
            )


async def move(session: WriteSession, batch_id: UUID, state: State, now: datetime, by: str = "") -> None:
    """Put a batch into another state."""
    sets = {
        State.APPLIED: ", ended_at = :now",
        State.UNDOING: ", undone_by = :by",
        State.UNDONE: ", undone_at = :now",
    }.get(state, "")
    values: dict[str, Any] = {"id": batch_id, "state": state.value}
    if ":now" in sets:
        values["now"] = now
    if ":by" in sets:
        values["by"] = by
    await session.execute(text(f"UPDATE record_batches SET state = :state{sets} WHERE id = :id"), values)  # noqa: S608


async def items(session: ReadSession, batch_id: UUID, outcome: int | None, after: int, limit: int) -> list[Row[Any]]:
    """What a batch changed, in its order; one more than `limit` when there are more."""
    chosen = "" if outcome is None else " AND i.outcome = :outcome"
    values: dict[str, Any] = {"batch": batch_id, "after": after, "limit": limit + 1}
    if outcome is not None:
        values["outcome"] = outcome
    found = await session.execute(
        text(
            "SELECT i.number, i.camera_id, c.code, c.name, c.region, i.field, i.rule, i.was, i.becomes, i.outcome "  # noqa: S608
            "FROM record_batch_items AS i JOIN cameras AS c ON c.id = i.camera_id "
            f"WHERE i.batch_id = :batch AND i.number > :after{chosen} ORDER BY i.number LIMIT :limit"
        ),
        values,
    )
    return list(found)


async def drop_applied(session: WriteSession, batch_id: UUID, cameras: Sequence[UUID]) -> None:
    """Proposals that were just applied are not open any more."""
    await session.execute(
        text(
            "DELETE FROM record_proposals AS p USING record_batch_items AS i WHERE i.batch_id = :batch "
            "AND i.camera_id = ANY(:cameras) AND p.camera_id = i.camera_id AND p.field = i.field AND i.outcome = 1"
        ),
        {"batch": batch_id, "cameras": list(cameras)},
    )


# --- switches -------------------------------------------------------------------------------------------------------


async def switches(session: ReadSession) -> dict[str, Row[Any]]:
    """Rules that somebody switched: rule, auto, by_name, at."""
    found = await session.execute(text("SELECT rule, auto, by_name, at FROM record_switches"))
    return {row.rule: row for row in found}


async def switch(session: WriteSession, rule: str, by: str, now: datetime, *, auto: bool) -> None:
    """Let certain repairs of a rule be applied by themselves, or not."""
    await session.execute(
        text(
            "INSERT INTO record_switches (rule, auto, by_name, at) VALUES (:rule, :auto, :by, :now) "
            "ON CONFLICT (rule) DO UPDATE SET auto = excluded.auto, by_name = excluded.by_name, at = excluded.at"
        ),
        {"rule": rule, "auto": auto, "by": by, "now": now},
    )
