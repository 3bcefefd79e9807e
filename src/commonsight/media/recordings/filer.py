"""Putting segments on file: soon after they are whole, and for those a killed process left, at the next start."""

import asyncio
import contextlib
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from commonsight.clock import Clock
from commonsight.media.recordings import store
from commonsight.media.recordings.model import RETENTION_LEAST
from commonsight.media.recordings.segment import ENDING, PART, Closed, SegmentError, closed, recovered
from commonsight.records.base import uuid7
from commonsight.records.database import Database

WRITE_SECONDS: Final = 0.5
BATCH: Final = 200
WAITING_MOST: Final = 20_000
"""Segments not yet on file while the database is away; beyond that the oldest wait on the disk for the next start."""
WAIT_SECONDS: Final = 10.0

log = structlog.get_logger(__name__)


class Filer:
    """Segments of the node `name` under `root`. A segment is said to be recorded only once it is whole on the disk."""

    def __init__(self, database: Database, clock: Clock, name: str, root: Path) -> None:
        self._database, self._clock, self._name, self._root = database, clock, name, root
        self._waiting: list[Closed] = []

    async def file(self, made: Closed) -> None:
        """Put a segment on file soon; does not wait for the database."""
        self._waiting.append(made)
        if len(self._waiting) > WAITING_MOST:
            del self._waiting[0]
            log.warning("segment_waits_on_disk", waiting=WAITING_MOST)

    async def run(self) -> None:
        """File what has been written, for ever. A database that is away is waited for."""
        while True:
            await self._clock.sleep(WRITE_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """File what waits; what cannot be filed now goes on waiting."""
        while self._waiting:
            batch = self._waiting[:BATCH]
            try:
                async with asyncio.timeout(WAIT_SECONDS), self._database.write() as session:
                    await store.insert(session, [self._row(each) for each in batch])
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("segments_wait_for_database", waiting=len(self._waiting), error=type(error).__name__)
                return
            del self._waiting[: len(batch)]

    async def recover(self) -> tuple[int, int]:
        """Give what a killed process left its name, and file what is on the disk and not on file.

        Days before the last segment on file were looked through by an earlier process.

        Returns:
            (segments filed, unfinished files that held no picture and are gone).
        """
        home = self._root / self._name
        filed = gone = 0
        async with self._database.read() as session:
            newest = await store.newest(session, self._name)
        first = "" if newest is None else f"{newest - timedelta(days=1):%Y%m%d}"
        for batch in await asyncio.to_thread(lambda: list(_batches(home, first))):
            parts = [path for path in batch if path.name.endswith(PART)]
            for part in parts:
                try:
                    made = await asyncio.to_thread(recovered, part)
                except OSError as error:
                    log.error("segment_not_recovered", path=str(part), error=str(error))
                    continue
                if made is None:
                    gone += 1
                    log.warning("segment_removed", path=str(part), why="no whole picture")
                else:
                    filed += 1
                    log.warning("segment_recovered", path=str(made.path), bytes=made.size, ends=made.ends.isoformat())
                    await self.file(made)
            whole = [path for path in batch if path.name.endswith(ENDING)]
            filed += await self._missing(whole)
        await self.flush()
        return filed, gone

    async def _missing(self, whole: list[Path]) -> int:
        names = {self._relative(path): path for path in whole}
        async with self._database.read() as session:
            known = await store.paths(session, self._name, list(names))
        count = 0
        for name, path in names.items():
            if name in known:
                continue
            try:
                await self.file(await asyncio.to_thread(closed, path))
                count += 1
                log.warning("segment_filed_late", path=str(path))
            except (SegmentError, OSError) as error:
                log.error("segment_unreadable", path=str(path), error=str(error))
        return count

    def _relative(self, path: Path) -> str:
        return str(path.relative_to(self._root / self._name))

    def _row(self, made: Closed) -> dict[str, Any]:
        about = made.about
        least = made.ends + timedelta(days=RETENTION_LEAST)
        return {
            "id": uuid7(),
            "camera_id": about.camera,
            "plan_id": about.plan,
            "kind": about.kind,
            "node": self._name,
            "path": self._relative(made.path),
            "starts_at": about.start,
            "ends_at": made.ends,
            "bytes": made.size,
            "sha256": made.sha256,
            "mime": about.mime,
            "width": about.width,
            "height": about.height,
            "sound": about.sound,
            "least_until": least,
            "keep_until": None if about.plan else made.ends + timedelta(days=max(about.keep_days, RETENTION_LEAST)),
        }


def _batches(home: Path, first: str) -> Iterator[list[Path]]:
    """Files of a node from a day (`%Y%m%d`) on, a camera's day at a time."""
    for directory in sorted(home.glob("*/*")):
        if directory.parent.name >= first and directory.is_dir():
            yield sorted(path for path in directory.iterdir() if path.is_file())


def remove(root: Path, node: str, path: str) -> bool:
    """Take a segment off the disk, and its directory when it was the last; False: it was gone. Raises OSError."""
    file = root / node / path
    try:
        file.unlink()
    except FileNotFoundError:
        return False
    with contextlib.suppress(OSError):
        file.parent.rmdir()
        file.parent.parent.rmdir()
    return True


def room(root: Path) -> tuple[int, int]:
    """(free, total) bytes of the disk that holds `root`. Raises OSError."""
    root.mkdir(parents=True, exist_ok=True)
    usage = shutil.disk_usage(root)
    return usage.free, usage.total
