"""Use cases of the camera file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from commonsight import outbox
from commonsight.access.audit import Actor, record
from commonsight.catalog import codes, lists, overview, secrets, source, store, vocabulary
from commonsight.catalog import file as files
from commonsight.catalog.model import Camera, Counts, Filters, Health, Sort, Total
from commonsight.catalog.rules import fields as file_fields
from commonsight.catalog.search import grams
from commonsight.places import service as places
from commonsight.places.coordinates import System, to_wgs84
from commonsight.places.grid import DENSITY_RESOLUTION, cell
from commonsight.places.model import covers
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession

NAME_MOST, ADDRESS_MOST, UNIT_MOST = 200, 300, 100
_SERIAL_TRIES = 20


@dataclass(frozen=True, slots=True)
class Brief:
    """What other rooms need to know about a camera."""

    id: UUID
    code: str
    name: str
    region: str
    organisation: str | None
    health: Health
    has_source: bool
    archived: bool


@dataclass(frozen=True, slots=True)
class Changer:
    """Who writes, and the regions in which they may.

    `loopback`: may name addresses of this machine; `convert`: may give coordinates in another system than WGS-84.
    """

    actor: Actor
    regions: tuple[str, ...]
    loopback: bool = False
    convert: bool = False


Expected = Callable[[Camera], None]
"""Asked with the present camera before a change; raises a Refusal when the change was made from another one."""


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody says about a camera. Only the fields in `said` are meant; the others are to stay as they are."""

    said: frozenset[str]
    values: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, **values: Any) -> "Given":
        """From keyword arguments: all of them are meant."""
        return cls(frozenset(values), values)

    def __contains__(self, name: str) -> bool:
        return name in self.said

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)


async def camera_brief(session: ReadSession, camera_id: UUID) -> Brief | None:
    """The camera in a few words, archived or not; None when there is none."""
    row = await store.brief(session, camera_id)
    if row is None:
        return None
    return Brief(
        row.id,
        row.code,
        row.name,
        row.region,
        row.organisation,
        Health(row.health),
        row.has_source,
        row.archived_at is not None,
    )


async def camera_source(session: ReadSession, camera_id: UUID) -> source.Source | None:
    """How to reach a camera in use, password included; None when it has no source.

    For whoever holds a permit to open it. Never log what comes back other than by its `repr`.

    Raises:
        Refusal: `catalog.key_missing`, `catalog.secret_unreadable`.
    """
    sealed = await store.source(session, camera_id)
    return None if sealed is None else unsealed(sealed)


async def camera_sources(session: ReadSession, ids: Sequence[UUID]) -> dict[UUID, source.Source]:
    """How to reach many cameras; those out of use or without a source are left out. Raises like `camera_source`."""
    return {camera_id: unsealed(sealed) for camera_id, sealed in (await store.sources(session, ids)).items()}


def unsealed(sealed: store.Sealed) -> source.Source:
    """The source with its password decrypted. Raises like `camera_source`."""
    password = None if sealed.secret is None else secrets.installed().open(sealed.secret)
    return source.Source(sealed.protocol, sealed.url, sealed.username, password)


async def camera(session: ReadSession, camera_id: UUID, regions: Sequence[str]) -> Camera:
    """The camera, if it lies within `regions`.

    Raises:
        Refusal: `catalog.camera_unknown` (404), also for one outside: who may not see it does not learn that it is.
    """
    return _visible(await store.one(session, camera_id), camera_id, regions)


def _visible(found: Camera | None, camera_id: UUID, regions: Sequence[str]) -> Camera:
    if found is None or not covers(regions, found.row.region):
        raise Refusal("catalog.camera_unknown", status=404, operand="camera", actual=str(camera_id))
    return found


async def page(
    session: ReadSession, filters: Filters, sort: Sort, after: lists.After | None, limit: int
) -> tuple[lists.Slice, Total]:
    """One page of a list and how many there are in all, exactly wherever that is cheap."""
    found = await lists.page(session, filters, sort, after, limit)
    if found.total is not None:
        return found, found.total
    if filters.in_counts:
        counts = await overview.summary(session, filters.regions)
        return found, Total(_of(counts, filters.health))
    return found, Total(await lists.count(session, filters))


def _of(counts: Counts, health: Health | None) -> int:
    return counts.total if health is None else int(getattr(counts, health.word))


async def add(session: WriteSession, given: Given, by: Changer, default_region: str, now: datetime) -> Camera:
    """File a new camera.

    Without a name it is called after its host; without a region it is filed at `default_region`; without an identifier
    it gets the next free one of its region and sector.

    Raises:
        Refusal: naming the field, the value and the rule; `catalog.code_taken` (409).
    """
    fields = await _checked(session, given, by)
    if "url" in fields and "name" not in fields:
        fields["name"] = fields["url"].split("://", 1)[1].split("/", 1)[0]
    if "name" not in fields:
        raise Refusal("catalog.name_missing", status=422, operand="name", rule="a name or an address")
    if "region" not in fields:
        fields["region"] = _within(default_region, by)
    fields.setdefault("address", "")
    fields.setdefault("sector", "other")
    fields["grams"] = grams(fields["name"], fields["address"])
    camera_id = uuid7()
    if "code" in fields:
        if not await store.insert(session, camera_id, fields):
            raise _taken(fields["code"])
    else:
        await _insert_with_next_code(session, camera_id, fields)
    await _tell(session, by, "added", camera_id, fields["name"], now, fields)
    return _visible(await store.one(session, camera_id), camera_id, by.regions)


async def _insert_with_next_code(session: WriteSession, camera_id: UUID, fields: dict[str, Any]) -> None:
    sector = vocabulary.sectors()[fields["sector"]]
    for _ in range(_SERIAL_TRIES):
        serial = await store.next_serial(session)
        code = codes.build(
            fields["region"], sector.industry, codes.DeviceType.IP_CAMERA, sector.network, codes.SERIAL_MOST - serial
        )
        if await store.insert(session, camera_id, fields | {"code": str(code)}):
            return
    raise Refusal("catalog.no_code_free", status=503, operand="code", actual=fields["region"])


async def change(
    session: WriteSession, camera_id: UUID, given: Given, by: Changer, expected: Expected, now: datetime
) -> Camera:
    """Change what is said in `given`; `expected` is asked with the present camera before anything is written.

    Raises:
        Refusal: like `add`, `catalog.camera_unknown`, and what `expected` refuses.
    """
    present = _visible(await store.one(session, camera_id, for_update=True), camera_id, by.regions)
    expected(present)
    fields = await _checked(session, given, by, present)
    if not fields:
        return present
    if "name" in fields or "address" in fields:
        fields["grams"] = grams(fields.get("name", present.row.name), fields.get("address", present.row.address))
    if "code" in fields and fields["code"] != present.row.code and await store.id_of(session, fields["code"]):
        raise _taken(fields["code"])
    if "url" in fields and fields["url"] != present.url:
        # What was measured was measured at the old address.
        fields |= {"health": int(Health.UNKNOWN), "health_at": now}
    await files.attribute(session, files.Source.PERSON, by.actor.name, now)
    await store.update(session, camera_id, fields)
    await _tell(session, by, "changed", camera_id, fields.get("name", present.row.name), now, fields)
    return _visible(await store.one(session, camera_id), camera_id, by.regions)


async def archive(
    session: WriteSession, camera_id: UUID, by: Changer, expected: Expected, now: datetime, *, restore: bool = False
) -> Camera:
    """Take a camera out of use, or back into it. Nothing is deleted. Doing it twice changes nothing."""
    present = _visible(await store.one(session, camera_id, for_update=True), camera_id, by.regions)
    expected(present)
    if (present.archived_at is None) == restore:
        return present
    moment = None if restore else now
    await files.attribute(session, files.Source.PERSON, by.actor.name, now)
    await store.update(session, camera_id, {"archived_at": moment})
    await _tell(session, by, "restored" if restore else "archived", camera_id, present.row.name, now, {})
    return replace(present, archived_at=moment, version=present.version + 1)


async def set_analysis(session: WriteSession, camera_id: UUID, enabled: bool) -> None:
    """Mark whether a camera is watched by analysis, which knows; lists show and count it here."""
    await store.update(session, camera_id, {"analysis": enabled})


async def _tell(
    session: WriteSession, by: Changer, verb: str, camera_id: UUID, name: str, now: datetime, fields: Mapping[str, Any]
) -> None:
    told = sorted(fields.keys() - {"grams", "secret", "cell"})
    await record(
        session,
        by.actor,
        f"catalog.camera_{verb}",
        now,
        kind="camera",
        subject_id=camera_id,
        subject_name=name,
        fields=told,
        password_changed="secret" in fields,
    )
    await outbox.append(session, f"catalog.camera_{verb}", {"camera": str(camera_id), "fields": told})


def _taken(code: str) -> Refusal:
    return Refusal("catalog.code_taken", status=409, rule="one camera an identifier", operand="code", actual=code)


def _within(region: str, by: Changer) -> str:
    if covers(by.regions, region):
        return region
    raise Refusal(
        "catalog.region_outside",
        status=403,
        rule="within the caller's regions",
        operand="region",
        expected=list(by.regions),
        actual=region,
    )


async def _checked(session: WriteSession, given: Given, by: Changer, present: Camera | None = None) -> dict[str, Any]:
    """The columns that `given` sets, each checked. None takes a value back where that makes sense."""
    fields: dict[str, Any] = {}
    for name, most in (("name", NAME_MOST), ("address", ADDRESS_MOST)):
        if name in given and (given[name] is not None or name == "address"):
            fields[name] = _text(given[name] or "", name, most, empty=name == "address")
    if given["region"] is not None:
        fields["region"] = _within(await places.existing(session, given["region"]), by)
    if given["code"] is not None:
        fields["code"] = str(codes.parse_camera(given["code"].strip()))
    if given["kind"] is not None:
        fields["kind"] = vocabulary.checked_kind(given["kind"])
    if given["sector"] is not None:
        fields["sector"] = vocabulary.checked_sector(given["sector"])
    if given["place"] is not None:
        fields["place"] = vocabulary.checked_place(given["place"])
    for name in ("direction", "field_angle", "view_distance"):
        if name in given:
            fields[name] = given[name] if name != "direction" or given[name] is None else given[name] % 360
    if "platform_id" in given:
        fields["platform_id"] = await _platform(session, given["platform_id"])
    if "organisation" in given:
        fields["unit_id"] = None
        if given["organisation"]:
            name = _text(given["organisation"], "organisation", UNIT_MOST)
            region = fields.get("region") or (present.row.region if present else by.regions[0])
            fields["unit_id"] = (await store.unit(session, uuid7(), name, region)).id
    if "point" in given:
        system = given["system"] or System.WGS84
        known = present is not None and (present.system, present.original) == (system, given["point"])
        if given["point"] is not None and system is not System.WGS84 and not (by.convert or known):
            raise conversion_forbidden(system)
        fields |= _point(given["point"], system)
    fields |= _source(given, by, present)
    if given["file"]:
        held = {} if present is None else present.file
        filed = {**held, **{name: file_fields.checked(name, value) for name, value in given["file"].items()}}
        if filed != held:
            fields["file"] = filed
    return fields


def _text(value: str, name: str, most: int, *, empty: bool = False) -> str:
    value = " ".join(value.split())
    if (value or empty) and len(value) <= most and value.isprintable():
        return value
    raise Refusal(
        "catalog.text_invalid",
        status=422,
        rule="printable text",
        operand=name,
        expected=f"{0 if empty else 1}..{most} characters",
        actual=len(value),
    )


async def _platform(session: ReadSession, platform_id: UUID | None) -> UUID | None:
    if platform_id is None or await store.platform_exists(session, platform_id):
        return platform_id
    raise Refusal(
        "catalog.platform_unknown", status=422, rule="a known platform", operand="platform_id", actual=str(platform_id)
    )


def _point(point: Sequence[float] | None, system: System) -> dict[str, Any]:
    """The stored place: WGS-84 beside the coordinates as given and the system they were given in."""
    if point is None:
        return {"location": None, "original": None, "cell": 0, "system": System.WGS84.value}
    lon, lat = point
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise Refusal(
            "catalog.point_invalid",
            status=422,
            rule="degrees",
            operand="point",
            expected="[lon -180..180, lat -90..90]",
            actual=list(point),
        )
    lon, lat = to_wgs84(lon, lat, system)
    lon, lat = round(lon, 6), round(lat, 6)
    return {
        "location": (lon, lat),
        "original": (float(point[0]), float(point[1])),
        "cell": cell(lon, lat, DENSITY_RESOLUTION),
        "system": system.value,
    }


def conversion_forbidden(system: System) -> Refusal:
    """Coordinates in another system, from somebody who may not have them converted."""
    return Refusal(
        "catalog.conversion_forbidden",
        status=403,
        rule="permission",
        operand="system",
        expected="cameras.convert",
        actual=system.value,
    )


def _source(given: Given, by: Changer, present: Camera | None) -> dict[str, Any]:
    """A new address brings its own user and password: those of the old one are not sent to another host."""
    if "url" not in given:
        if not given.said & {"username", "password"}:
            return {}
        if present is None or present.url is None:
            raise Refusal("catalog.source_missing", status=422, operand="url", rule="a user name needs an address")
        kept = {"username": given["username"]} if "username" in given else {}
        return kept | (_sealed(given["password"]) if "password" in given else {})
    if given["url"] is None:
        return {"protocol": None, "url": None, "username": None, "secret": None}
    parsed = source.parse(given["url"], username=given["username"], password=given["password"], loopback=by.loopback)
    return {"protocol": parsed.protocol, "url": parsed.url, "username": parsed.username} | _sealed(parsed.password)


def _sealed(password: str | None) -> dict[str, Any]:
    return {"secret": None if password is None else secrets.installed().seal(password)}
