"""Kept evidence: files below `data_dir`, named after their incident; whole or not at all."""

import hashlib
import re
from pathlib import Path
from typing import Final
from uuid import UUID

_NAME: Final = re.compile(r"[0-9a-f]{2}/[0-9a-f-]{36}-[0-9a-f]{8}\.(jpg|mp4)")


def place_of(data_dir: Path) -> Path:
    """Where evidence lies."""
    return data_dir / "incidents"


def keep(place: Path, incident_id: UUID, suffix: str, data: bytes | Path) -> tuple[str, int, str]:
    """Write a file, or move one there; returns its name, bytes and SHA-256.

    The name carries a part of the content's hash, so that a better piece never overwrites one somebody is looking at.
    No more than 256 folders lie side by side: by the id's end, because ids begin with the time.
    """
    body = data if isinstance(data, bytes) else data.read_bytes()
    digest = hashlib.sha256(body).hexdigest()
    name = f"{incident_id.hex[-2:]}/{incident_id}-{digest[:8]}.{suffix}"
    path = place / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(".part")
    part.write_bytes(body)
    part.chmod(0o600)
    part.replace(path)
    return name, len(body), digest


def read(place: Path, name: str) -> bytes | None:
    """A kept file; None when it was deleted or lies on another machine."""
    path = path_of(place, name)
    try:
        return None if path is None else path.read_bytes()
    except FileNotFoundError:
        return None


def path_of(place: Path, name: str) -> Path | None:
    """Where a kept file lies; None for what is no name of one."""
    return place / name if _NAME.fullmatch(name) else None


def purge(place: Path, wanted: frozenset[str], newer_than: float) -> int:
    """Delete what no row names and is older than `newer_than` (seconds since 1970); returns how many."""
    deleted = 0
    for path in place.glob("*/*") if place.is_dir() else ():
        try:
            if path.relative_to(place).as_posix() in wanted or path.stat().st_mtime > newer_than:
                continue
        except FileNotFoundError:
            continue
        path.unlink(missing_ok=True)
        deleted += 1
    return deleted
