"""Which cameras answer a need: what they see, whether they work, what runs on them already, what is missing. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from commonsight.analyze.demands.model import CANDIDATES_MOST, SHARE_LEAST, Place
from commonsight.analyze.model import Analysis
from commonsight.analyze.scenes.model import SceneCard
from commonsight.catalog.model import Health
from commonsight.catalog.planning.model import Coverage, Overlap

_HEALTH: Final = {Health.WORKS: 0, Health.UNKNOWN: 1, Health.BAD: 2, Health.OFFLINE: 3}


@dataclass(frozen=True, slots=True)
class Seen:
    """A camera that may answer, as the catalogue knows it."""

    id: UUID
    code: str
    name: str
    region: str
    health: Health


@dataclass(frozen=True, slots=True)
class Candidate:
    """A camera offered for a need.

    Attributes:
        scene: "running" (as it is wanted already), "there" (set up, but off or at other hours), "none".
        missing: "works", "drawn", "ground", "field" (nobody filed where it looks).
        cores: what the scene costs on it, of a core; 0 where it runs already.
    """

    id: str
    code: str
    name: str
    region: str
    health: str
    scene: str
    missing: tuple[str, ...]
    cores: float = 0.0


@dataclass(frozen=True, slots=True)
class Offer:
    """What one camera sees of one point. share: of the ground around it, 0..1."""

    camera: str
    share: float
    metres: float
    known: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """A point with the cameras offered for it, the best first. `camera` missing: nobody sees it."""

    name: str
    at: tuple[float, float]
    offers: tuple[Offer, ...]
    unknown: int


@dataclass(frozen=True, slots=True)
class Found:
    """What the platform matched. `chosen`: cameras it suggests; `saved`: points existing cameras answer."""

    cameras: tuple[Candidate, ...]
    points: tuple[Answered, ...]
    chosen: tuple[str, ...]
    saved: int
    reused: int
    cores: float
    free: float | None

    def as_json(self) -> dict[str, Any]:
        """Its stored form."""
        return asdict(self)


def candidate(seen: Seen, present: Analysis | None, card: SceneCard, *, known: bool = True) -> Candidate:
    """A camera as a need sees it. `known`: whether its field of view is on file, where that matters."""
    setups = [one for one in present.scenes if one.scene == card.code and one.source is None] if present else []
    running = present is not None and present.enabled and any(one.enabled and not one.hours for one in setups)
    missing = []
    if seen.health in (Health.BAD, Health.OFFLINE):
        missing.append("works")
    if not setups and card.targets_least > 0:
        missing.append("drawn")
    if card.needs.ground and not (present and present.ground):
        missing.append("ground")
    if not known:
        missing.append("field")
    scene = "running" if running else "there" if setups else "none"
    return Candidate(str(seen.id), seen.code, seen.name, seen.region, seen.health.word, scene, tuple(missing))


def rank(one: Candidate, offer: Offer | None = None) -> tuple[Any, ...]:
    """The best first: what runs already, then what works, lacks little, and sees much from near."""
    health = _HEALTH[Health.of(one.health)]
    seen = (-round(offer.share, 2), offer.metres) if offer else (0.0, 0.0)
    return (one.scene != "running", health, len(one.missing), one.scene == "none", *seen, one.code)


def offers(found: Coverage) -> list[Overlap]:
    """The cameras that answer for a point: that see it, or enough around it."""
    return [one for one in found.overlaps if one.sees_point or one.share >= SHARE_LEAST]


def answered(place: Place, overlaps: Sequence[Overlap], candidates: Mapping[str, Candidate], unknown: int) -> Answered:
    """A point with its offers in order."""
    made = [
        Offer(str(one.watcher.id), round(one.share, 3), round(one.metres, 1), one.watcher.known)
        for one in overlaps
        if str(one.watcher.id) in candidates
    ]
    made.sort(key=lambda offer: rank(candidates[offer.camera], offer))
    return Answered(place.name, place.at, tuple(made[:CANDIDATES_MOST]), unknown)


def suggested(candidates: Mapping[str, Candidate], points: Sequence[Answered], *, by_choice: bool) -> tuple[str, ...]:
    """The cameras to take: of each point the best; of a choice all that may work."""
    chosen = [point.offers[0].camera for point in points if point.offers]
    if by_choice:
        offered = {offer.camera for point in points for offer in point.offers}
        rest = sorted((one for key, one in candidates.items() if key not in offered), key=rank)
        chosen += [one.id for one in rest if one.health not in (Health.OFFLINE.word, Health.BAD.word)]
    return tuple(dict.fromkeys(chosen))
