"""Which cameras an upper platform is shown, as SQL: the shares' choices, less what came from above itself."""

from collections.abc import Sequence
from typing import Any, Final

from commonsight.catalog import areas
from commonsight.catalog import where as conditions
from commonsight.catalog.area_store import rings
from commonsight.connect.gb28181.above.model import Share, Upper, mark
from commonsight.gate.grant_model import Selection, by_kind

_TAGS: Final = {"kind": "c.kind", "sector": "c.sector", "place": "c.place"}

_MEMBER: Final = """c.id IN (
    WITH RECURSIVE walk (source_id, code) AS (
        SELECT * FROM unnest(CAST(:{mark}_sources AS uuid[]), CAST(:{mark}_codes AS text[]))
        UNION
        SELECT g.source_id, g.code FROM walk AS w JOIN camera_groups AS g
            ON g.source_id = w.source_id AND g.parent = w.code COLLATE "C" AND g.deleted_at IS NULL
    ) SELECT m.camera_id FROM walk JOIN camera_group_members AS m
        ON m.source_id = walk.source_id AND m.code = walk.code COLLATE "C"
)"""

LOOPED: Final = """(
    d.code = :upper_code
    OR string_to_array(c.record ->> 'Info/CascadeRoute', ' ') && CAST(ARRAY[:upper_mark, :own_mark] AS text[])
    OR EXISTS (SELECT 1 FROM cascade_ids AS k WHERE k.code = g.code AND k.kind = 'camera')
    OR g.code = :own_code OR strpos(coalesce(g.parent, ''), :own_code) > 0
)"""
"""Whether a camera (`cameras AS c`, `gb_channels AS g`, `gb_devices AS d`) came from the upper platform itself, through
whomever, or is one of ours that comes back to us: under a mark or an id that we gave away, or below our own id."""


def loop_values(upper: Upper, own: str) -> dict[str, str]:
    """The values `LOOPED` needs. `own`: our platform's id."""
    return {"upper_code": upper.code, "upper_mark": mark(upper.code), "own_mark": mark(own), "own_code": own}


def condition(selection: Selection, name: str) -> tuple[str, dict[str, Any]]:
    """One choice as a condition on `cameras AS c`, and its values, whose names begin with `name`.

    Raises:
        Refusal: `catalog.shape_invalid` for a polygon that is none.
    """
    values: dict[str, Any] = {}
    places = []
    if selection.empty:
        return "false", values
    if selection.placeless:
        places.append("true")
    if selection.regions:
        places.append(f"c.region LIKE ANY(CAST(:{name}_regions AS text[]))")
        values[f"{name}_regions"] = [f"{prefix}%" for prefix in selection.regions]
    if selection.groups:
        places.append(_MEMBER.format(mark=name))
        values[f"{name}_sources"] = [source for source, _ in selection.groups]
        values[f"{name}_codes"] = [code for _, code in selection.groups]
    if selection.shape is not None:
        places.append(
            f"EXISTS (SELECT 1 FROM unnest(CAST(:{name}_rings AS text[])) AS p (ring) "  # noqa: S608
            "WHERE c.location <@ CAST(p.ring AS polygon))"
        )
        values[f"{name}_rings"] = rings(areas.parts(selection.shape))
    if selection.cameras:
        places.append(f"c.id = ANY(CAST(:{name}_cameras AS uuid[]))")
        values[f"{name}_cameras"] = sorted(selection.cameras)
    parts = [conditions.LIVE, f"({' OR '.join(places)})"]
    for number, (kind, tags) in enumerate(by_kind(selection.tags).items()):
        column = _TAGS.get(kind)
        if column is None:
            return "false", {}  # a kind of tag nobody has holds nothing
        parts.append(f"{column} = ANY(CAST(:{name}_tag{number} AS text[]))")
        values[f"{name}_tag{number}"] = [tag.partition(":")[2] for tag in tags]
    return " AND ".join(parts), values


def chosen(shares: Sequence[Share]) -> tuple[str, dict[str, Any]]:
    """All shares of one upper platform as `SELECT id, rights, plain`, one row a share that holds the camera."""
    selects, values = [], dict[str, Any]()
    for number, share in enumerate(each for each in shares if each.enabled):
        where, more = condition(share.selection, f"s{number}")
        values |= more | {f"s{number}_rights": int(share.rights), f"s{number}_plain": share.naming == "own"}
        selects.append(
            f"SELECT c.id, CAST(:s{number}_rights AS integer) AS rights, CAST(:s{number}_plain AS boolean) AS plain "  # noqa: S608
            f"FROM cameras AS c WHERE {where}"
        )
    nothing = "SELECT CAST(NULL AS uuid) AS id, 0 AS rights, false AS plain WHERE false"
    return " UNION ALL ".join(selects) or nothing, values
