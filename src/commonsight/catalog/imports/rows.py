"""From the cells of a line to columns of the camera file: every wrong cell is told, not only the first."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from commonsight.catalog import codes, source, vocabulary
from commonsight.catalog.imports.model import CELL_MOST, Line, Problem, Rights, Row
from commonsight.catalog.rules import fields as file_fields
from commonsight.catalog.service import ADDRESS_MOST, NAME_MOST, UNIT_MOST
from commonsight.places.coordinates import System, to_wgs84
from commonsight.places.grid import DENSITY_RESOLUTION, cell
from commonsight.places.model import checked, covers, from_six
from commonsight.problem import Refusal

Seal = Callable[[str], bytes]
"""Encrypts a password."""

COMPASS: Final = {
    "n": 0.0, "north": 0.0, "北": 0.0,
    "ne": 45.0, "northeast": 45.0, "东北": 45.0,
    "e": 90.0, "east": 90.0, "东": 90.0,
    "se": 135.0, "southeast": 135.0, "东南": 135.0,
    "s": 180.0, "south": 180.0, "南": 180.0,
    "sw": 225.0, "southwest": 225.0, "西南": 225.0,
    "w": 270.0, "west": 270.0, "西": 270.0,
    "nw": 315.0, "northwest": 315.0, "西北": 315.0,
}  # fmt: skip
"""Directions in words, in degrees clockwise from north."""

SYSTEMS: Final = {
    "wgs84": System.WGS84,
    "gcj02": System.GCJ02,
    "火星坐标": System.GCJ02,
    "bd09": System.BD09,
    "bd09ll": System.BD09,
    "百度": System.BD09,
}

_LIKE_A_CODE: Final = re.compile(r"[0-9]{20}\Z")

VIEW_METRES_MOST: Final = 5_000


def refused(code: str, field: str, rule: str, expected: object, actual: object) -> Refusal:
    """A cell that breaks a rule."""
    return Refusal(code, status=422, rule=rule, operand=field, expected=expected, actual=actual)


def read_row(line: Line, rights: Rights, stated: System | None, seal: Seal) -> tuple[Row, list[Problem]]:
    """A line as columns of the camera file.

    Args:
        stated: the coordinate system that was named for the whole file; a row's own word goes before it.
        seal: encrypts passwords, which leave this function in no other form.

    Returns:
        The row and its problems; with problems the row is not to be written.
    """
    row, problems = Row(line.number), list[Problem]()
    fields = row.fields
    for key, read in _FIELDS.items():
        text = line.cells.get(key)
        if text is None:
            continue
        try:
            if len(text) > CELL_MOST:
                raise refused("catalog.text_invalid", key, "length", f"1..{CELL_MOST} characters", len(text))
            fields[key] = read(text)
        except Refusal as refusal:
            if key == "code" and _LIKE_A_CODE.match(text):
                row.deferred["code"], fields["code"] = refusal, text
            else:
                problems.append(Problem.of(line.number, refusal, field=key))
    filed: dict[str, str] = {}
    for key in file_fields.kept():
        if (text := line.cells.get(key)) is None:
            continue
        try:
            filed[key] = file_fields.checked(key, text)
        except Refusal as refusal:
            problems.append(Problem.of(line.number, refusal, field=key))
    if filed:
        fields["file"] = filed
    parts: tuple[Callable[[], None], ...] = (
        lambda: _region(fields, rights),
        lambda: _point(fields, line.cells, stated),
        lambda: _source(row, line.cells, rights, seal),
    )
    for part in parts:
        try:
            part()
        except Refusal as refusal:
            problems.append(Problem.of(line.number, refusal))
    return row, problems


def _text(key: str, most: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        text = " ".join(text.split())
        if len(text) <= most and text.isprintable():
            return text
        expected = f"1..{most} characters"
        raise refused(
            "catalog.text_invalid", key, "printable text", expected, len(text) if len(text) > most else text[:40]
        )

    return read


def _code(text: str) -> str:
    if "e+" in text.casefold() or "." in text:
        # A spreadsheet keeps 15 digits of a number: the rest of the identifier is lost and cannot be guessed.
        raise refused("catalog.code_as_number", "code", "text, not a number", "20 digits, cell format text", text[:40])
    return str(codes.parse_camera(text))


def _word(key: str, words: Callable[[], Mapping[str, Any]]) -> Callable[[str], str]:
    def read(text: str) -> str:
        found = vocabulary.meant(words(), text)
        if found is None:
            raise refused("catalog.word_unknown", key, "one of the vocabulary", list(words()), text[:40])
        return found

    return read


def _number(key: str, text: str, low: float, high: float, unit: str, *, open_low: bool = True) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if (value > low if open_low else value >= low) and value <= high:
        return round(value, 10)
    bounds = f"{'>' if open_low else '>='} {low:g}, <= {high:g} {unit}"
    raise refused("catalog.number_invalid", key, "number", bounds, text[:40])


def _direction(text: str) -> float:
    word = COMPASS.get(text.casefold().replace(" ", "").replace("-", ""))
    return word if word is not None else round(_number("direction", text, 0, 360, "°", open_low=False), 1) % 360


def _system(text: str) -> str:
    found = SYSTEMS.get(text.casefold().replace("-", "").replace("_", "").replace(" ", ""))
    if found is None:
        raise refused(
            "catalog.system_unknown", "system", "coordinate system", [known.value for known in System], text[:40]
        )
    return found.value


_FIELDS: Final[dict[str, Callable[[str], Any]]] = {
    "code": _code,
    "name": _text("name", NAME_MOST),
    "region": lambda text: from_six(checked(text)),
    "address": _text("address", ADDRESS_MOST),
    "platform": _text("platform", UNIT_MOST),
    "organisation": _text("organisation", UNIT_MOST),
    "kind": _word("kind", vocabulary.kinds),
    "sector": _word("sector", vocabulary.sectors),
    "place": _word("place", vocabulary.places),
    "system": _system,
    "lon": lambda text: _number("lon", text, -180, 180, "°", open_low=False),
    "lat": lambda text: _number("lat", text, -90, 90, "°", open_low=False),
    "direction": _direction,
    "field_angle": lambda text: round(_number("field_angle", text, 0.1, 360, "°", open_low=False), 1),
    "view_distance": lambda text: round(_number("view_distance", text, 0.1, VIEW_METRES_MOST, "m", open_low=False), 1),
}


def _region(fields: dict[str, Any], rights: Rights) -> None:
    if "region" in fields and not covers(rights.regions, fields["region"]):
        raise refused(
            "catalog.region_outside", "region", "within the caller's regions", list(rights.regions), fields["region"]
        )


def _point(fields: dict[str, Any], cells: Mapping[str, str], stated: System | None) -> None:
    """Coordinates as given, the system they were given in, and where that is in WGS-84."""
    said, lon, lat = fields.pop("system", None), fields.pop("lon", None), fields.pop("lat", None)
    if lon is None and lat is None:
        return
    if lon is None or lat is None:
        if ("lon" if lon is None else "lat") in cells:
            return  # told already: it is there, but wrong
        raise refused(
            "catalog.point_half", "lon" if lon is None else "lat", "both or neither", "longitude and latitude", None
        )
    if "system" in cells and said is None:
        return  # told already: a place in an unknown system is not guessed
    system = System(said or stated or System.WGS84)
    x, y = to_wgs84(lon, lat, system)
    x, y = round(x, 6), round(y, 6)
    fields |= {
        "location": f"({x},{y})",
        "original": f"({lon},{lat})",
        "system": system.value,
        "cell": cell(x, y, DENSITY_RESOLUTION),
    }


def _source(row: Row, cells: Mapping[str, str], rights: Rights, seal: Seal) -> None:
    url, username, password = cells.get("url"), cells.get("username"), cells.get("password")
    if url is None:
        if username or password:
            raise refused("catalog.source_missing", "url", "a user name needs an address", "url", None)
        return
    for key, said in (("url", url), ("username", username or ""), ("password", password or "")):
        if len(said) > (source.URL_MOST if key == "url" else 200) or (said and not said.isprintable()):
            # The value is not repeated: it may hold a password.
            raise refused(
                "catalog.text_invalid", key, "printable text of bounded length", f"..{source.URL_MOST}", len(said)
            )
    try:
        parsed = source.parse(url, username=username, password=password, loopback=rights.loopback)
    except Refusal as refusal:
        if refusal.rule not in ("scheme", "host"):
            raise
        row.deferred["url"], parsed = refusal, source.Source("", url, username or None, password)
    row.fields |= {"url": parsed.url, "username": parsed.username}
    if "url" not in row.deferred:
        row.fields["protocol"] = parsed.protocol
    if parsed.password is not None:
        row.fields["secret"] = "\\x" + seal(parsed.password).hex()
