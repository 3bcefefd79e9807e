"""Health as others tell it: inspect writes it, everybody may listen for it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from commonsight.catalog import store
from commonsight.catalog.model import Health
from commonsight.records.database import WriteSession, notify

CHANNEL: Final = "cameras_health"
"""Notifications `{"changes": [["<camera id>", <state 0..3>], …]}`; `{"reload": true}` when there are too many."""

CHANGES_A_NOTE: Final = 150
NOTES_MOST: Final = 20


async def record_health(
    session: WriteSession, changes: Sequence[tuple[UUID, Health, datetime]]
) -> list[tuple[UUID, Health]]:
    """Note what checks showed: (camera, state, when it was seen). Returns the cameras whose state changed.

    A camera's `health_at` moves only when its state does: it says since when. When it was last looked at is inspect's
    to tell. Whoever listens on `CHANNEL` hears the changes when the transaction commits.
    """
    if not changes:
        return []
    changed = await store.set_health(session, changes)
    if len(changed) > CHANGES_A_NOTE * NOTES_MOST:
        await notify(session, CHANNEL, {"reload": True})
        return changed
    for first in range(0, len(changed), CHANGES_A_NOTE):
        some = changed[first : first + CHANGES_A_NOTE]
        await notify(session, CHANNEL, {"changes": [[str(camera_id), int(health)] for camera_id, health in some]})
    return changed
