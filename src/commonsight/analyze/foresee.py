"""What scenes will cost before they run, as the budget reckons it, and how much room there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from sqlalchemy import text

from commonsight.analyze.budget import worth
from commonsight.analyze.budget.model import terms
from commonsight.analyze.scenes.model import SceneCard
from commonsight.records.database import ReadSession

FRESH: Final = timedelta(minutes=10)
"""A round of the allocator older than this says nothing of now."""


@dataclass(frozen=True, slots=True)
class Room:
    """Compute of the whole platform at the allocator's last round, cores: what may be given away, and what is given."""

    available: float
    given: float

    @property
    def free(self) -> float:
        """What is left."""
        return max(self.available - self.given, 0.0)


def cores(cards: Sequence[Sequence[SceneCard]]) -> list[float]:
    """Cores that each camera takes when its scenes have the cadence their cards ask for, from the budget's prior.

    Args:
        cards: of each camera the scenes that are to run there. What is known of its stream is not used: the figure is
            that of an ordinary camera, and is corrected by measuring once it runs.
    """
    count = len(cards)
    if count == 0:
        return []
    rows = [(owner, card) for owner, of_camera in enumerate(cards) for card in of_camera]
    known = terms()
    zeros, unknown = np.zeros(count), np.full(count, np.nan)
    fleet = worth.Fleet(
        activity=zeros, uncertainty=zeros, age=np.full(count, np.inf), afoot=np.zeros(count, bool),
        factor=np.ones(count), pixels=unknown, fps=unknown, hevc=np.zeros(count, bool),
        keyframe=unknown, look_seconds=unknown, decode_factor=unknown,
        scenes=worth.Scenes(
            owner=np.array([owner for owner, _ in rows], np.int64),
            priority=np.array([known.priority_of(kind.severity for kind in card.incidents) for _, card in rows]),
            slowest=np.array([card.needs.slowest_seconds for _, card in rows]),
            burst=np.array([card.needs.burst_seconds for _, card in rows]),
            depth=np.array([worth.DEPTHS.index(card.needs.decoding) for _, card in rows], np.int64),
            detector=np.array([bool(card.needs.classes) or card.needs.tracks for _, card in rows], bool),
            waited=np.zeros(len(rows)), evidence=np.zeros(len(rows)),
        ),
    )  # fmt: skip
    table = worth.table(fleet, known)
    needed = np.minimum(table.need, table.costs.shape[1] - 1)
    taken = table.costs[np.arange(count), needed]
    return [round(float(taken[place]), 4) if cards[place] else 0.0 for place in range(count)]


_ROOM: Final = text("""
    SELECT sum(available) AS available, sum(used) AS given
      FROM (SELECT DISTINCT ON (pool) available, used FROM compute_rounds WHERE at >= :since
             ORDER BY pool, at DESC) AS latest""")


async def room(session: ReadSession, now: datetime) -> Room | None:
    """How much compute there is and how much of it is given; None while the allocator has not said."""
    row = (await session.execute(_ROOM, {"since": now - FRESH})).one()
    return None if row.available is None else Room(float(row.available), float(row.given))
