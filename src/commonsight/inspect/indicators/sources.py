"""Where counts come from: each source gives, for every camera in use, a number for each of its counts.

A count is an SQL expression over `cameras AS c` and what the source joins; numbers of a set of cameras are their sums.
So a count by city, by unit or of one camera is the same expression, and they cannot disagree.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from commonsight.catalog.rules import fields
from commonsight.problem import Refusal


@dataclass(frozen=True, slots=True)
class Source:
    """`joined`: what is joined to `cameras AS c`, at most one row a camera. `counts`: count -> integer expression."""

    code: str
    counts: Mapping[str, str]
    joined: str = ""


def _when(**conditions: str) -> Mapping[str, str]:
    return MappingProxyType({count: f"CAST({condition} AS integer)" for count, condition in conditions.items()})


_ONLINE: Final = "c.health IN (1, 2)"

HEALTH: Final = Source(
    "health",
    _when(works="c.health = 1", bad="c.health = 2", offline="c.health = 3", unchecked="c.health = 0"),
)
_SHOWN: Final = "(c.health = 1 OR c.health = 2 AND coalesce(f.failures = 0, false))"
"""A first picture came at the last try, well or not: a faulty picture makes a camera's health bad, too."""
FRAMES: Final = Source(
    "frames",
    _when(shown=_SHOWN, unshown=f"c.health <> 0 AND NOT {_SHOWN}"),
    "LEFT JOIN checks AS f ON f.camera_id = c.id",
)
FILE: Final = Source(
    "file",
    _when(
        total="true",
        connected="c.has_source",
        joined_online=f"c.has_source AND {_ONLINE}",
        located="c.cell <> 0",
        unlocated="c.cell = 0",
    ),
)
PICTURES: Final = Source(
    "pictures",
    _when(
        intact=f"{_ONLINE} AND coalesce(d.intact, false)",
        faulty=f"{_ONLINE} AND NOT coalesce(d.intact, true)",
        undiagnosed=f"{_ONLINE} AND d.intact IS NULL",
    ),
    "LEFT JOIN diagnosed AS d ON d.camera_id = c.id",
)


def _read(item: str, name: str, short: str) -> Source:
    """What is read from the picture: right, wrong, or not read although the camera is online."""
    return Source(
        name,
        _when(
            **{
                f"{name}_right": f"{_ONLINE} AND coalesce({short}.state = 'well', false)",
                f"{name}_wrong": f"{_ONLINE} AND coalesce({short}.state = 'fault', false)",
                f"{name}_unread": f"{_ONLINE} AND coalesce({short}.state = 'unknown', true)",
            }
        ),
        f"LEFT JOIN diagnoses AS {short} ON {short}.camera_id = c.id AND {short}.item = '{item}'",
    )


CLOCK: Final = _read("osd_clock", "clock", "k")
LABEL: Final = _read("osd_label", "label", "l")
_DUE: Final = sum(field.needed(None) for field in fields.catalogue().values())
"""Fields that any camera must have, whatever its point class."""
RECORDS: Final = Source(
    "records",
    MappingProxyType(
        {
            "filled": "coalesce(r.mandatory - r.missing, 0)",
            "empty": "coalesce(r.missing, 0)",
            "unruled_fields": f"CASE WHEN r.camera_id IS NULL THEN {_DUE:d} ELSE 0 END",
            **_when(
                whole_records="coalesce(r.missing = 0, false)",
                holed_records="coalesce(r.missing > 0, false)",
                right_records="coalesce(r.wrong = 0, false)",
                wrong_records="coalesce(r.wrong > 0, false)",
                unruled_records="r.camera_id IS NULL",
            ),
        }
    ),
    # A camera that changed since it was checked is unknown until it is looked at again.
    "LEFT JOIN record_checks AS r ON r.camera_id = c.id AND r.version = c.version",
)
TRIES: Final = Source(
    "tries",
    MappingProxyType({"answered": "t.answered", "tried": "t.tried"}),
    "JOIN (SELECT camera_id, count(*) FILTER (WHERE answered) AS answered, count(*) AS tried FROM probes"
    " WHERE at > CAST(:at AS timestamptz) - interval '24 hours' GROUP BY camera_id) AS t ON t.camera_id = c.id",
)
RECORDINGS: Final = Source(
    "recordings",
    MappingProxyType(
        {
            "recorded_seconds": "v.recorded",
            "missing_seconds": "v.missing",
            **_when(gapless="v.missing = 0", gapped="v.missing > 0"),
        }
    ),
    "JOIN indicator_recordings AS v ON v.camera_id = c.id",
)

SOURCES: Final = (HEALTH, FRAMES, FILE, PICTURES, CLOCK, LABEL, RECORDS, TRIES, RECORDINGS)
HOURLY: Final = frozenset({"online_hours", "checked_hours"})
"""Counted hour by hour (`tasks.hour`), not from what is on file now."""


def needed(counts: Iterable[str]) -> list[Source]:
    """The sources that give these counts; what is counted hourly has none."""
    wanted = set(counts)
    return [source for source in SOURCES if wanted & set(source.counts)]


def of_camera(counts: Iterable[str]) -> list[Source]:
    """The sources of these counts, when every one of them can be told of a single camera.

    Raises:
        Refusal: `inspect.indicator_not_of_cameras` (422): it is counted over time, so no repair is ranked by it.
    """
    wanted = set(counts)
    if wanted & HOURLY:
        raise Refusal(
            "inspect.indicator_not_of_cameras", status=422, rule="counted camera by camera", operand="indicator",
            actual=sorted(wanted & HOURLY),
        )  # fmt: skip
    return needed(wanted)
