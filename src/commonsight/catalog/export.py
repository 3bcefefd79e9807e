"""The camera list as a file: what is seen, with who, when and what it means in front. It can be brought in again.

Columns and headings are those of an import (`imports/columns.toml`); an import leaves alone what is only shown. Places
stand as they were given, with their system, and in WGS-84 beside it, so that bringing a file back converts nothing.
"""

import asyncio
import csv
import io
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from commonsight.catalog import store, vocabulary
from commonsight.catalog.imports.columns import columns
from commonsight.catalog.imports.model import Format
from commonsight.catalog.model import Camera, Filters
from commonsight.catalog.rules import fields
from commonsight.catalog.xlsx_writer import Cell, XlsxWriter
from commonsight.places.coordinates import System
from commonsight.records.database import Database
from commonsight.text import say

ROWS_MOST: Final = 1_000_000
_CHUNK_ROWS: Final = 1_000
_RISKY: Final = re.compile("'*[=+\\-@\t\r]")
"""What a spreadsheet may take for a formula, and what would look like one that was kept from it."""
_SOURCE: Final = ("url", "username")


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for which cameras, and how they want to read them.

    `sources`: with addresses and user names, for who may change them. Passwords are never told.
    """

    filters: Filters
    language: str
    who: str
    organisation: str
    at: datetime
    sources: bool

    @property
    def keys(self) -> list[str]:
        """The columns, in order."""
        return [key for key, column in columns().items() if not column.secret and (self.sources or key not in _SOURCE)]


def cell(value: object) -> str:
    """A value that no spreadsheet takes for a formula. An import takes the apostrophe off again."""
    text = "" if value is None else str(value)
    return f"'{text}" if _RISKY.match(text) and not _number(text) else text


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def heading(asked: Asked) -> list[str]:
    """What stands in front of the table: who and when, under which filters, what it means."""
    filters = asked.filters
    said = {
        "region": " ".join(filters.regions),
        "health": filters.health and filters.health.word,
        "q": filters.q,
        "platform": filters.platform,
        "kind": filters.kind,
        "sector": filters.sector,
        "place": filters.place,
        "group": filters.group and ":".join(map(str, filters.group)),
        "has_source": filters.has_source,
        "analysis": filters.analysis,
        "demo": filters.demo,
        "archived": filters.archived or None,
    }
    shown = "; ".join(f"{name}={value}" for name, value in said.items() if value not in (None, ""))
    at = asked.at.isoformat(timespec="seconds")
    lines = [
        say("catalog.export_who", asked.language, who=asked.who, organisation=asked.organisation, at=at),
        say("catalog.export_filters", asked.language, filters=shown),
        say("catalog.export_definition", asked.language),
    ]
    return [" ".join(line.split()) for line in lines]


def values(camera: Camera, language: str | None) -> dict[str, Cell]:
    """A camera by column. With a language, words of the vocabularies are names in it; without, they are codes."""
    row = camera.row
    given, system = camera.original, camera.system
    if given is None:
        given, system = row.point, System.WGS84
    lon, lat = given or (None, None)
    wgs84_lon, wgs84_lat = row.point or (None, None)
    return {
        "code": row.code,
        "name": row.name,
        "region": row.region,
        "region_name": row.region_name,
        "address": row.address,
        "platform": None if row.platform is None else row.platform.name,
        "organisation": row.organisation,
        "kind": _word(vocabulary.kinds(), row.kind, language),
        "sector": _word(vocabulary.sectors(), row.sector, language),
        "place": _word(vocabulary.places(), row.place, language),
        "lon": lon,
        "lat": lat,
        "system": None if given is None else system.value,
        "direction": camera.view.direction,
        "field_angle": camera.view.field_angle,
        "view_distance": camera.view.distance,
        "url": camera.url,
        "username": camera.username,
        **{key: camera.file.get(key) or None for key in fields.kept()},
        "wgs84_lon": wgs84_lon,
        "wgs84_lat": wgs84_lat,
        "health": row.health.word if language is None else say(f"catalog.health_{row.health.word}", language),
        "health_at": None if row.health_at is None else row.health_at.isoformat(timespec="seconds"),
        "has_source": int(row.has_source),
        "demo": int(row.demo),
    }


def _word(words: Any, code: str, language: str | None) -> str:
    word = words.get(code)
    return code if language is None or word is None else str(word.en if language == "en" else word.zh)


Chunk = Callable[[Sequence[Camera]], bytes]
"""Writes some cameras; returns what there is to send."""


async def lines(database: Database, asked: Asked, kind: Format) -> AsyncIterator[bytes]:
    """The file in pieces, rows by identifier. Writing goes on beside the event loop, a thousand rows at a time."""
    begin, chunk, end = _WRITERS[kind](asked)
    yield begin
    waiting: list[Camera] = []
    async with database.read() as session:
        async for camera in store.every(session, asked.filters, ROWS_MOST):
            waiting.append(camera)
            if len(waiting) == _CHUNK_ROWS:
                yield await asyncio.to_thread(chunk, waiting)
                waiting = []
    yield await asyncio.to_thread(chunk, waiting)
    yield await asyncio.to_thread(end)


def _csv(asked: Asked) -> tuple[bytes, Chunk, Callable[[], bytes]]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    keys = asked.keys
    # The mark lets spreadsheets know UTF-8.
    buffer.write("\ufeff" + "".join(f"# {line}\r\n" for line in heading(asked)))
    writer.writerow([columns()[key].heading(asked.language) for key in keys])
    begin = buffer.getvalue().encode()

    def chunk(cameras: Sequence[Camera]) -> bytes:
        buffer.seek(0)
        buffer.truncate()
        for camera in cameras:
            said = values(camera, asked.language)
            # The tab keeps spreadsheets from reading 20 digits as a number and losing the last five.
            writer.writerow([f"\t{said[key]}" if key == "code" else cell(said[key]) for key in keys])
        return buffer.getvalue().encode()

    return begin, chunk, lambda: b""


def _xlsx(asked: Asked) -> tuple[bytes, Chunk, Callable[[], bytes]]:
    keys, above = asked.keys, heading(asked)
    writer = XlsxWriter(say("catalog.template_sheet", asked.language), frozen=len(above) + 1)
    top: list[list[Cell]] = [[f"# {line}"] for line in above]
    begin = writer.rows([*top, [columns()[key].heading(asked.language) for key in keys]])

    def chunk(cameras: Sequence[Camera]) -> bytes:
        every = (values(camera, asked.language) for camera in cameras)
        return writer.rows([said[key] for key in keys] for said in every)

    return begin, chunk, writer.close


def _json(asked: Asked) -> tuple[bytes, Chunk, Callable[[], bytes]]:
    keys = asked.keys
    names = {key: {"zh": columns()[key].zh, "en": columns()[key].en} for key in keys}
    opening = json.dumps({"about": heading(asked), "columns": names}, ensure_ascii=False)
    first = True

    def chunk(cameras: Sequence[Camera]) -> bytes:
        nonlocal first
        every = (values(camera, None) for camera in cameras)
        rows = [json.dumps({key: said[key] for key in keys}, ensure_ascii=False) for said in every]
        comma = "" if first or not rows else ",\n"
        first = first and not rows
        return (comma + ",\n".join(rows)).encode()

    return (opening[:-1] + ', "cameras": [\n').encode(), chunk, lambda: b"\n]}\n"


_WRITERS: Final = {Format.CSV: _csv, Format.XLSX: _xlsx, Format.JSON: _json}
