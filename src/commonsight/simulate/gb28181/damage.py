"""Channels of a fleet that somebody broke by hand: which ill an order is, and what such a camera shows."""

from typing import Final

from commonsight.simulate.damage import Harm, Orders
from commonsight.simulate.fleet import Fault
from commonsight.simulate.gb28181.film import Film
from commonsight.simulate.gb28181.fleet import Fleet
from commonsight.simulate.gb28181.stage import WELL, Ill

BELOW: Final = "gb28181"
"""Path prefix of a channel in the book of damage: `gb28181/<20 digits>`."""

FAULTS: Final = {
    Harm.REFUSED: Fault.REFUSED,
    Harm.HUNG: Fault.HUNG,
    Harm.NO_VIDEO: Fault.NO_VIDEO,
    Harm.WRONG_PASSWORD: Fault.UNAUTHORIZED,
}


class Wounds:
    """The orders that concern a fleet; from then on it asks here what is wrong with a channel."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._orders: dict[str, Harm] = {}
        self._films: dict[tuple[str, Harm], Film] = {}
        fleet.plague(self.ill)

    def film_of(self, path: str) -> str | None:
        """Name of what the channel at this path shows; None when it is none of ours, or there is no footage."""
        kind, _, code = path.partition("/")
        return self._fleet.film(code) if kind == BELOW else None

    def show(self, film: str, how: Harm, spoiled: Film) -> None:
        """What channels show that show `film` and are ordered to have such a picture."""
        self._films[film, how] = spoiled

    def obey(self, orders: Orders) -> list[str]:
        """Break and mend; streams of channels whose order changed end. Returns the paths that changed."""
        fresh = {path.partition("/")[2]: how for path, how in orders.items() if path.startswith(f"{BELOW}/") and how}
        changed = {code for code in {*fresh, *self._orders} if fresh.get(code) is not self._orders.get(code)}
        self._orders = fresh
        self._fleet.cut(changed)
        return sorted(f"{BELOW}/{code}" for code in changed)

    def ill(self, code: str) -> Ill:
        """What is wrong with the channel of this code."""
        how = self._orders.get(code)
        if how is None:
            return WELL
        if how in FAULTS:
            return Ill(FAULTS[how])
        return Ill(film=self._films.get((self._fleet.film(code) or "", how)))
