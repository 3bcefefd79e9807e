"""Which files hold a camera's recordings, as far as this machine has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from commonsight.media.recordings import export_store, store
from commonsight.media.recordings.model import ExportState
from commonsight.problem import Refusal
from commonsight.records.database import Database


@dataclass(frozen=True, slots=True)
class Exported:
    """One file of an export: its name, the span it holds, and what was masked in it."""

    name: str
    begins_at: datetime
    ends_at: datetime
    mask: str | None


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

    async def exported(self, export_id: UUID, camera_id: UUID) -> "Exported | None":
        """The file an export holds of a camera, while it is kept."""
        async with self._database.read() as session:
            found = await export_store.one(session, export_id)
        if found is None or found.state is not ExportState.DONE:
            return None
        for file in found.files:
            if file["camera"]["id"] == str(camera_id):
                return Exported(str(file["name"]), found.begins_at, found.ends_at, found.mask)
        return None

    def path(self, one: store.Recording) -> Path:
        """Where a segment lies."""
        return self._root / one.node / one.path


def nothing(begin: datetime, end: datetime) -> Refusal:
    """There is no recording in a span."""
    return Refusal(
        "media.nothing_recorded", status=404, operand="from", expected="recordings",
        actual=f"{begin.isoformat()} – {end.isoformat()}",
    )  # fmt: skip
