"""Kept pictures of faults: small JPEGs below `data_dir`, deleted by age and by room."""

import re
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

_NAME: Final = re.compile(r"[0-9a-f]{2}/[0-9a-f-]{36}/[0-9]{8}T[0-9]{12}\.jpg")


def place_of(data_dir: Path) -> Path:
    """Where kept pictures lie."""
    return data_dir / "diagnosis"


def name_of(camera_id: UUID, at: datetime) -> str:
    """The name of a camera's picture of that moment; no more than 256 folders lie side by side.

    The folder is made of the id's end: ids begin with the time they were given, so their beginnings are alike.
    """
    return f"{camera_id.hex[-2:]}/{camera_id}/{at:%Y%m%dT%H%M%S%f}.jpg"


def keep(place: Path, name: str, data: bytes) -> None:
    """Write a picture whole or not at all."""
    path = place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(data)
    part.replace(path)


def read(place: Path, name: str) -> bytes | None:
    """A kept picture; None when it was deleted or lies on another machine."""
    if _NAME.fullmatch(name) is None:
        return None
    try:
        return (place / name).read_bytes()
    except FileNotFoundError:
        return None


def purge(place: Path, wanted: frozenset[str], room: int, newer_than: float) -> tuple[int, int]:
    """Delete what no verdict names, and the oldest beyond `room` bytes.

    Args:
        wanted: names that verdicts refer to.
        newer_than: seconds since 1970; younger files are left alone: their verdict may not be committed yet.

    Returns:
        Files deleted, bytes left.
    """
    kept: list[tuple[float, int, Path]] = []
    deleted = 0
    for path in place.glob("*/*/*") if place.is_dir() else ():
        try:
            found = path.stat()
        except FileNotFoundError:
            continue
        name = path.relative_to(place).as_posix()
        if name in wanted or found.st_mtime > newer_than:
            kept.append((found.st_mtime, found.st_size, path))
        else:
            path.unlink(missing_ok=True)
            deleted += 1
    total = sum(size for _, size, _ in kept)
    for _, size, path in sorted(kept):
        if total <= room:
            break
        path.unlink(missing_ok=True)
        total -= size
        deleted += 1
    for folder in sorted(place.glob("*/*"), reverse=True) if place.is_dir() else ():
        if not any(folder.iterdir()):
            folder.rmdir()
    return deleted, total
