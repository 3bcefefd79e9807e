"""Which files hold a camera's recordings, as far as this machine has them."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from commonsight.media.recordings import store
from commonsight.problem import Refusal
from commonsight.records.database import Database


class Library:
    """Recordings under `root`, of whichever node: all of a machine's nodes share it."""

    def __init__(self, database: Database, root: Path) -> None:
        self._database, self._root = database, root

    async def find(self, camera_id: UUID, begin: datetime, end: datetime) -> list[Path]:
        """The files that touch a span, oldest first. Not every one needs to be on this machine's disk."""
        async with self._database.read() as session:
            found = await store.between(session, camera_id, begin, end)
        return [self.path(one) for one in found]

    async def recordings(self, camera_id: UUID, begin: datetime, end: datetime) -> Sequence[store.Recording]:
        """What is on file of a span, oldest first."""
        async with self._database.read() as session:
            return await store.between(session, camera_id, begin, end)

    def path(self, one: store.Recording) -> Path:
        """Where a segment lies."""
        return self._root / one.node / one.path


def nothing(begin: datetime, end: datetime) -> Refusal:
    """There is no recording in a span."""
    return Refusal(
        "media.nothing_recorded", status=404, operand="from", expected="recordings",
        actual=f"{begin.isoformat()} – {end.isoformat()}",
    )  # fmt: skip
