"""What smart cameras recognised themselves becomes observations: per camera, class and minute, with its coverage.

The view library counts and tells closed minutes by the outbox; a minute told again replaces what was written. The
transaction that moves the subscription writes the observations, so each entry counts once.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from prometheus_client import Counter

from commonsight.analyze import archive, store
from commonsight.analyze.model import Measure, Observation
from commonsight.outbox import Entry, Subscription
from commonsight.records.database import WriteSession

log = structlog.get_logger(__name__)

TOPIC: Final = "viid.minutes_counted"
TARGET: Final = "camera"
"""Lines and zones have names of their own; this is the camera's whole picture."""
SECONDS: Final = 60

LATE = Counter("commonsight_viid_late_minutes", "Minutes told after their hour went to the lake; not counted any more")


async def minutes_counted(session: WriteSession, entry: Entry) -> None:
    """Write the observations of one entry. Minutes of hours that are closed already are left out and counted as late:
    the lake holds those hours for good."""
    found: dict[tuple[UUID, str], list[Observation]] = defaultdict(list)
    hours: set[datetime] = set()
    for each in entry.payload["minutes"]:
        start = datetime.fromisoformat(each["start"])
        hours.add(start.replace(minute=0, second=0, microsecond=0))
        camera_id, place = UUID(each["camera"]), str(each["region"])
        found[camera_id, place].append(_observation(each, camera_id, place, start))
    closed = await archive.exported(session, sorted(hours))
    late = 0
    for (camera_id, place), observations in sorted(found.items()):
        open_still = [o for o in observations if o.start.replace(minute=0, second=0, microsecond=0) not in closed]
        late += len(observations) - len(open_still)
        await store.put(session, camera_id, place, open_still)
    if late:
        LATE.inc(late)
        log.warning("viid_minutes_late", minutes=late)


def _observation(told: dict[str, Any], camera_id: UUID, place: str, start: datetime) -> Observation:
    covered = min(max(int(told["covered_seconds"]), 0), SECONDS)
    return Observation(
        camera_id=camera_id,
        place=place,
        scene="",
        target=TARGET,
        start=start,
        seconds=SECONDS,
        measure=Measure.RECOGNISED,
        kind=str(told["class"]),
        value=float(told["value"]),
        coverage=covered / SECONDS,
    )


subscriptions = (Subscription("analyze.viid", (TOPIC,), minutes_counted),)
