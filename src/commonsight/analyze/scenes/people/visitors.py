"""Visitors through one camera's gates.

How many are inside is made above, of all gates of an area, which may be on several cameras: `analyze/areas/`.
"""

from collections.abc import Sequence
from datetime import datetime

from commonsight.analyze.scenes.cards import packaged
from commonsight.analyze.scenes.model import Figure, Look, Seen, Setup, Sighting
from commonsight.analyze.scenes.people.gates import Gates


class Visitors:
    """The scene `visitors`."""

    card = packaged("visitors")

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._gates = Gates(setup.lines)

    def see(self, look: Look) -> Seen:
        """Count who went in and out, and how many of those crossings were concluded rather than seen."""
        counts = {
            (line.id, measure): 0
            for line in self._setup.lines
            for measure in ("visitors_in", "visitors_out", "visitors_inferred")
        }
        crossings = self._gates.take(look)
        for crossing in crossings:
            line = self._setup.lines[crossing.line].id
            counts[line, f"visitors_{crossing.direction}"] += 1
            counts[line, "visitors_inferred"] += crossing.inferred
        # Zeros are figures, too: "watched, nobody came" is another thing than "not watched".
        figures = [Figure(line, measure, "person", float(n)) for (line, measure), n in counts.items()]
        return Seen(figures, (), bool(crossings))

    def leave(self, at: datetime) -> Sequence[Sighting]:  # noqa: ARG002 - nothing lasts
        """Nothing lasts."""
        return ()
