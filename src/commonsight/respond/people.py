"""SQL of who can be given a case, and who is told of it: people by role and region, organisations by their members."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from commonsight.access.model import roles
from commonsight.problem import Refusal
from commonsight.records.database import ReadSession
from commonsight.respond.lists import containing
from commonsight.respond.model import Assignee

TOLD_MOST: Final = 500
"""People told of one event at most."""

_REACHES: Final = "EXISTS (SELECT 1 FROM unnest(p.regions) AS r (code) WHERE starts_with(:region, r.code))"


def roles_with(permission: str) -> list[str]:
    """The roles that hold a permission."""
    return sorted(code for code, role in roles().items() if permission in role.permissions)


def able(permission: str) -> list[str]:
    """The roles whose people may be given a case: who may handle cases may do anything with one."""
    return sorted({*roles_with("cases.write"), *roles_with(permission)})


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who a case may be given to. `detail`: a person's organisation, or how many people an organisation has."""

    kind: str
    id: UUID
    name: str
    detail: str


async def candidates(
    session: ReadSession, region: str, q: str, limit: int, permission: str = "cases.write"
) -> list[Candidate]:
    """People who may handle cases in a region, and organisations with somebody who may, by name."""
    like = containing(q)
    values = {"roles": able(permission), "region": region, "like": like, "limit": limit}
    people = await session.execute(
        text(f"""
            SELECT p.id, p.display_name AS name, coalesce(o.name, '') AS detail
              FROM people AS p LEFT JOIN organisations AS o ON o.id = p.organisation_id
             WHERE p.active AND p.roles && CAST(:roles AS text[]) AND {_REACHES}
               AND (p.display_name ILIKE :like OR p.name ILIKE :like OR o.name ILIKE :like)
             ORDER BY p.display_name, p.id LIMIT :limit"""),  # noqa: S608
        values,
    )
    units = await session.execute(
        text(f"""
            SELECT o.id, o.name, count(*)::text AS detail
              FROM organisations AS o JOIN people AS p ON p.organisation_id = o.id
             WHERE p.active AND p.roles && CAST(:roles AS text[]) AND {_REACHES} AND o.name ILIKE :like
             GROUP BY o.id, o.name ORDER BY o.name LIMIT :limit"""),  # noqa: S608
        values,
    )
    return [_candidate("organisation", row) for row in units] + [_candidate("person", row) for row in people]


def _candidate(kind: str, row: Row[Any]) -> Candidate:
    return Candidate(kind, row.id, row.name, row.detail)


async def assignee(
    session: ReadSession, kind: str, assignee_id: UUID, region: str, permission: str = "cases.write"
) -> Assignee:
    """Who a case in this region is given to.

    Args:
        permission: `maintenance.do` lets people of firms, who see nothing but their own orders, be given one, too.

    Raises:
        Refusal: `respond.assignee_unfit` (422): unknown, inactive, without the right to handle cases, or of elsewhere.
    """
    own = "p.id = :id" if kind == "person" else "p.organisation_id = :id"
    name = "p.display_name" if kind == "person" else "o.name"
    found = await session.execute(
        text(f"""
            SELECT {name} AS name FROM people AS p LEFT JOIN organisations AS o ON o.id = p.organisation_id
             WHERE {own} AND p.active AND p.roles && CAST(:roles AS text[]) AND {_REACHES} LIMIT 1"""),  # noqa: S608
        {"id": assignee_id, "roles": able(permission), "region": region},
    )
    row = found.first()
    if row is None:
        raise Refusal(
            "respond.assignee_unfit", status=422, rule="may handle cases here", operand="assignee",
            expected=permission, actual=str(assignee_id), region=region,
        )  # fmt: skip
    return Assignee(kind, assignee_id, row.name)


async def deciders(
    session: ReadSession, scope: Sequence[str], but: UUID, permission: str = "grants.write"
) -> list[tuple[UUID, tuple[str, ...]]]:
    """Who may decide what touches any of a scope, with their regions: active, with the permission, and not the asker.

    Touching is as `gate.giving.touches` says: one prefix begins with the other.
    """
    found = await session.execute(
        text("""
            SELECT p.id, p.regions FROM people AS p
             WHERE p.active AND p.id <> :but AND p.roles && CAST(:roles AS text[])
               AND EXISTS (SELECT 1 FROM unnest(p.regions) AS r (code), unnest(CAST(:scope AS text[])) AS s (code)
                            WHERE starts_with(s.code, r.code) OR starts_with(r.code, s.code))
             ORDER BY p.id LIMIT :most"""),
        {"but": but, "roles": roles_with(permission), "scope": list(scope), "most": TOLD_MOST},
    )
    return [(row.id, tuple(row.regions)) for row in found]


async def belongs(session: ReadSession, person: UUID, unit: UUID) -> bool:
    """Whether a person works for an organisation."""
    found = await session.execute(
        text("SELECT 1 FROM people WHERE id = :person AND organisation_id = :unit"), {"person": person, "unit": unit}
    )
    return found.first() is not None


async def in_roles(session: ReadSession, wanted: Sequence[str], region: str) -> list[UUID]:
    """Active people in any of these roles whose scope reaches a region."""
    found = await session.execute(
        text(f"""
            SELECT p.id FROM people AS p WHERE p.active AND p.roles && CAST(:roles AS text[]) AND {_REACHES}
             ORDER BY p.id LIMIT :most"""),  # noqa: S608
        {"roles": list(wanted), "region": region, "most": TOLD_MOST},
    )
    return list(found.scalars())


async def readers(
    session: ReadSession, people: Sequence[UUID], units: Sequence[UUID], region: str
) -> list[UUID]:  # fmt: skip
    """Who of these people, and of these organisations' people, may see cases in a region."""
    found = await session.execute(
        text(f"""
            SELECT p.id FROM people AS p
             WHERE (p.id = ANY(:people) OR p.organisation_id = ANY(:units))
               AND p.active AND p.roles && CAST(:roles AS text[]) AND {_REACHES}
             ORDER BY p.id LIMIT :most"""),  # noqa: S608
        {
            "people": list(people), "units": list(units), "roles": roles_with("cases.read"), "region": region,
            "most": TOLD_MOST,
        },
    )  # fmt: skip
    return list(found.scalars())
