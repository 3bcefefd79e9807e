"""What each row of a file would do to the camera file as it is now."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from commonsight.catalog import codes, vocabulary
from commonsight.catalog.imports import store
from commonsight.catalog.imports.model import Action, Existing, Problem, Rights, Row
from commonsight.catalog.imports.rows import refused
from commonsight.catalog.model import Health
from commonsight.catalog.search import grams
from commonsight.catalog.store import platforms
from commonsight.places.coordinates import System
from commonsight.places.model import covers
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession

SameSecret = Callable[[str, str], bool]
"""Whether two encrypted passwords, as text, hold the same."""

_POINTS = ("location", "original")


@dataclass(frozen=True, slots=True)
class Step:
    """What one row writes. `fields` are only those that differ from what is on file."""

    row: int
    action: Action
    camera_id: UUID
    base_version: int | None
    fields: dict[str, Any]


@dataclass(slots=True)
class Outcome:
    """A batch of rows, decided."""

    steps: list[Step] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    same: int = 0


@dataclass(slots=True)
class Resolver:
    """Decides batch after batch of one file; remembers which cameras the file has named already.

    Args:
        rights: what the person who brought the file may do.
        existing: what becomes of rows whose camera is on file.
        same_secret: compares encrypted passwords.
    """

    rights: Rights
    existing: Existing
    same_secret: SameSecret
    _platforms: dict[str, set[str]] = field(default_factory=dict)
    _codes: dict[int, int] = field(default_factory=dict)
    _names: dict[int, int] = field(default_factory=dict)
    _cameras: dict[UUID, int] = field(default_factory=dict)

    async def learn(self, session: ReadSession) -> None:
        """Read the platforms, which are few."""
        for platform in await platforms(session):
            for word in (platform.name, platform.code):
                if word:
                    self._platforms.setdefault(word, set()).add(str(platform.id))

    async def decide(self, session: ReadSession, rows: Sequence[Row]) -> Outcome:
        """What these rows do; problems of a row mean that it does nothing."""
        by_code = {found.code: found for found in await store.present_by_code(session, _said(rows, "code"))}
        unnamed = [row for row in rows if "code" not in row.fields]
        by_name: dict[tuple[str, str], list[Any]] = {}
        if unnamed:
            for found in await store.present_by_name(session, _said(unnamed, "name")):
                by_name.setdefault((found.image["region"], found.image["name"]), []).append(found)
        regions = _said(rows, "region") + [
            codes.parse(row.fields["code"]).region
            for row in rows
            if "code" in row.fields and "code" not in row.deferred
        ]
        known = await store.known_regions(session, regions)
        outcome = Outcome()
        for row in rows:
            try:
                step = self._decide(row, by_code, by_name, known)
            except Refusal as refusal:
                outcome.problems.append(Problem.of(row.number, refusal))
                continue
            if step is None:
                outcome.same += 1
            else:
                outcome.steps.append(step)
        return outcome

    def _decide(
        self,
        row: Row,
        by_code: Mapping[str, Any],
        by_name: Mapping[tuple[str, str], Sequence[Any]],
        known: set[str],
    ) -> Step | None:
        fields = dict(row.fields)
        present = self._present(fields, by_code, by_name)
        self._once(row, fields, present)
        for key, refusal in row.deferred.items():
            if present is None or present.image[key] != fields[key]:
                raise refusal
        self._check_region(fields, present, known)
        if "platform" in fields:
            fields["platform_id"] = self._platform(fields.pop("platform"))
        if present is None:
            self._check_new(fields)
            self._check_conversion(fields, {})
            return Step(row.number, Action.ADD, uuid7(), None, _new(fields))
        if not covers(self.rights.regions, present.image["region"]) or self.existing is Existing.REFUSE:
            raise refused("catalog.code_taken", "code", "one camera an identifier", None, present.code)
        if self.existing is Existing.SKIP:
            return None
        self._check_conversion(fields, present.image)
        changes = self._changes(fields, present)
        if present.archived:
            return Step(row.number, Action.RESTORE, present.id, present.version, changes | {"archived_at": None})
        return Step(row.number, Action.CHANGE, present.id, present.version, changes) if changes else None

    def _present(
        self,
        fields: Mapping[str, Any],
        by_code: Mapping[str, Any],
        by_name: Mapping[tuple[str, str], Sequence[Any]],
    ) -> Any:
        if "code" in fields:
            return by_code.get(fields["code"])
        # Without an identifier a camera is known again by its region and name: a file that comes twice doubles nothing.
        found = by_name.get((fields.get("region", ""), fields.get("name", "")), ())
        if len(found) > 1:
            raise refused(
                "catalog.name_ambiguous", "name", "one camera of a name in a region", "code", fields["name"][:40]
            )
        return found[0] if found else None

    def _once(self, row: Row, fields: Mapping[str, Any], present: Any) -> None:
        """Two rows of a file may not mean the same camera: the order of rows would decide what is filed."""
        if "code" in fields:
            before = self._codes.setdefault(int(fields["code"]), row.number)
            if before != row.number:
                raise refused("catalog.row_twice", "code", "one row a camera", before, fields["code"])
        else:
            before = self._names.setdefault(hash((fields.get("region"), fields.get("name"))), row.number)
            if before != row.number:
                raise refused("catalog.row_twice", "name", "one row a camera", before, fields.get("name", "")[:40])
        if present is not None:
            before = self._cameras.setdefault(present.id, row.number)
            if before != row.number:
                raise refused("catalog.row_twice", "code", "one row a camera", before, present.code)

    def _check_region(self, fields: dict[str, Any], present: Any, known: set[str]) -> None:
        if "region" not in fields and present is None and "code" in fields:
            fields["region"] = codes.parse(fields["code"]).region
        if "region" not in fields:
            return
        if fields["region"] not in known:
            raise refused("places.region_unknown", "region", "a known region", None, fields["region"])
        if not covers(self.rights.regions, fields["region"]):
            raise refused(
                "catalog.region_outside",
                "region",
                "within the caller's regions",
                list(self.rights.regions),
                fields["region"],
            )

    def _platform(self, said: str) -> str:
        found = self._platforms.get(said, set())
        if len(found) == 1:
            return next(iter(found))
        rule = "a known platform" if not found else "one platform of a name"
        raise refused("catalog.platform_unknown", "platform", rule, None, said[:100])

    def _check_new(self, fields: Mapping[str, Any]) -> None:
        for name in ("name", "region"):
            if name not in fields:
                raise refused(f"catalog.{name}_missing", name, "a new camera has one", None, None)

    def _check_conversion(self, fields: Mapping[str, Any], image: Mapping[str, Any]) -> None:
        """Coordinates of another system need the permission, unless they are on file as they are here."""
        system = fields.get("system", System.WGS84.value)
        if system == System.WGS84.value or self.rights.convert:
            return
        if image.get("system") != system or not _equal("original", image.get("original"), fields["original"]):
            raise refused("catalog.conversion_forbidden", "system", "permission", "cameras.convert", system)

    def _changes(self, fields: dict[str, Any], present: Any) -> dict[str, Any]:
        image = present.image | {"organisation": present.organisation}
        moved = "url" in fields and fields["url"] != image["url"]
        if "url" in fields and not moved:
            # An empty cell leaves things as they are.
            if fields["username"] is None:
                del fields["username"]
            if "secret" in fields and image["secret"] and self.same_secret(image["secret"], fields["secret"]):
                del fields["secret"]
        if "file" in fields:
            fields["file"] = image.get("file", {}) | fields["file"]
        changes = {key: value for key, value in fields.items() if not _equal(key, image.get(key), value)}
        if moved:
            # A new address brings its own user and password, and what was measured was measured at the old one.
            changes |= {"secret": fields.get("secret"), "username": fields["username"], "health": int(Health.UNKNOWN)}
        if "system" in changes or "original" in changes:
            changes |= {key: fields[key] for key in ("system", "original", "location", "cell")}
        if "name" in changes or "address" in changes:
            changes["grams"] = grams(changes.get("name", image["name"]), changes.get("address", image["address"]))
        return changes


def _said(rows: Sequence[Row], key: str) -> list[str]:
    return [row.fields[key] for row in rows if key in row.fields]


def _equal(key: str, present: Any, given: Any) -> bool:
    if key in _POINTS and present is not None and given is not None:
        return _point(present) == _point(given)
    return bool(present == given)


def _point(said: str) -> tuple[float, ...]:
    return tuple(float(part) for part in said.strip("()").split(","))


def _new(fields: dict[str, Any]) -> dict[str, Any]:
    """All columns of a new camera."""
    if "sector" not in fields:
        fields["sector"] = _sector(fields.get("code"))
    fields = {  # every column that has no other default
        "address": "",
        "kind": "unknown",
        "place": "unknown",
        "system": System.WGS84.value,
        "cell": 0,
        "file": {},
    } | fields
    return fields | {"grams": grams(str(fields["name"]), str(fields["address"]))}


def _sector(code: str | None) -> str:
    industry = None if code is None else codes.parse(code).industry
    found = [sector.code for sector in vocabulary.sectors().values() if sector.industry == industry]
    return found[0] if len(found) == 1 else "other"
