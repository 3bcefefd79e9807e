"""Where a camera's substream is, when its address says so (`substreams.toml`): fewer bytes prove as much."""

import re
import tomllib
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Final
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from commonsight.catalog.source import Source
from commonsight.media.probe import ProbeResult

Probe = Callable[[UUID, Source, bool], Awaitable[ProbeResult]]
"""Makes one try at a camera; bounded in time by itself. True: its decoded picture is wanted."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    path: re.Pattern[str]
    to_path: str | None
    query: re.Pattern[str] | None
    to_query: str | None


@cache
def _patterns() -> tuple[_Pattern, ...]:
    read = tomllib.loads((files("commonsight.inspect.sweeps") / "substreams.toml").read_text("utf-8"))
    return tuple(
        _Pattern(
            re.compile(said["path"]), said.get("to_path"),
            re.compile(said["query"]) if "query" in said else None, said.get("to_query"),
        )
        for said in read.values()
    )  # fmt: skip


_TRY_MAIN: Final = frozenset(("not_found", "no_video", "protocol", "undecodable", "unsupported_codec"))
"""What a device that is there answers when it has no such substream, or a bad one."""


def substream_first(once: Probe, numbered: Collection[UUID] = ()) -> Probe:
    """Tries that prove the substream where the address tells it, and the main stream in the same turn where it fails.

    Args:
        once: makes one try at an address.
        numbered: as for `substream_of`.
    """

    async def probe(camera_id: UUID, source: Source, picture: bool) -> ProbeResult:
        other = substream_of(source.url, numbered=camera_id in numbered)
        if other is None:
            return await once(camera_id, source, picture)
        result = await once(camera_id, replace(source, url=other), picture)
        if result.error not in _TRY_MAIN:
            return replace(result, stream="sub")
        received = result.received
        result = await once(camera_id, source, picture)
        return replace(result, stream="main", received=received + result.received)

    return probe


def substream_of(url: str, *, numbered: bool = False) -> str | None:
    """The address of the substream of a main stream; None when the address does not tell.

    Args:
        numbered: a camera behind GB/T 28181 whose file says that it has a stream number 1.
    """
    parts = urlsplit(url)
    if parts.scheme == "gb28181":
        return f"{url}{'&' if parts.query else '?'}stream=1" if numbered and "stream=" not in parts.query else None
    if not parts.scheme.startswith("rtsp"):
        return None
    for pattern in _patterns():
        path = pattern.path.match(parts.path)
        query = None if pattern.query is None else pattern.query.match(parts.query)
        if path is None or (pattern.query is not None and query is None):
            continue
        new_path = parts.path if pattern.to_path is None else path.expand(pattern.to_path)
        new_query = parts.query if query is None or pattern.to_query is None else query.expand(pattern.to_query)
        return urlunsplit((parts.scheme, parts.netloc, new_path, new_query, ""))
    return None
