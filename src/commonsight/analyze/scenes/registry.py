"""The scenes that can run here: classes named by entry points, our own and those of other packages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Final

import structlog

from commonsight.analyze.scenes.model import GROUP, Scene, SceneCard

log = structlog.get_logger(__name__)

OURS: Final = "commonsight"


@dataclass(frozen=True, slots=True)
class Broken:
    """An entry point that gives no scene. `why` is for whoever wrote it: an exception's words, or the broken rule."""

    name: str
    package: str
    why: str


@dataclass(frozen=True, slots=True)
class Registry:
    """Scenes by code, what brought each, and what could not be loaded."""

    scenes: Mapping[str, type[Scene]]
    packages: Mapping[str, str]
    broken: tuple[Broken, ...] = ()

    @property
    def cards(self) -> dict[str, SceneCard]:
        """The cards by code, in order of area and code."""
        found = sorted((made.card for made in self.scenes.values()), key=lambda card: (card.area, card.code))
        return {card.code: card for card in found}


@cache
def installed() -> Registry:
    """The scenes of this installation; packages are looked through once a process."""
    return load(entry_points(group=GROUP))


def load(points: Iterable[EntryPoint]) -> Registry:
    """Load scenes. One that cannot be loaded, or breaks the contract, is told and left out; it never stops the rest.

    Of two with one name ours wins, else the package that comes first by name.
    """
    scenes: dict[str, type[Scene]] = {}
    packages: dict[str, str] = {}
    broken: list[Broken] = []
    for point in sorted(points, key=lambda one: (_package(one) != OURS, _package(one), one.name)):
        package = _package(point)
        try:
            # Somebody else's module runs here for the first time: whatever it raises is its own trouble.
            made = point.load()
            rule = _rule_broken(point.name, made)
        except Exception as error:
            rule = f"{type(error).__name__}: {error}"[:300]
        if rule is None and point.name in scenes:
            rule = f"{packages[point.name]} has a scene of this name"
        if rule is not None:
            log.error("scene_not_loaded", scene=point.name, package=package, error=rule)
            broken.append(Broken(point.name, package, rule))
            continue
        scenes[point.name], packages[point.name] = made, package
    return Registry(MappingProxyType(scenes), MappingProxyType(packages), tuple(broken))


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else ""


def _rule_broken(name: str, made: object) -> str | None:
    """The first rule of the contract that a class breaks; None when it keeps them all."""
    found: object = getattr(made, "card", None)
    if not isinstance(found, SceneCard):
        return "card is a SceneCard"
    if not isinstance(made, type) or not all(callable(getattr(made, method, None)) for method in ("see", "leave")):
        return "a class with methods see and leave"
    card: SceneCard = found
    if card.code != name:
        return f"card.code equals the entry point's name, is {card.code}"
    if card.needs.slowest_seconds <= 0 or not 0 < card.needs.burst_seconds <= card.needs.slowest_seconds:
        return "0 < needs.burst_seconds <= needs.slowest_seconds"
    if not set(card.targets) <= {"zone", "line"}:
        return "targets are zone or line"
    if len(card.limits_zh) != len(card.limits_en):
        return "limits in both languages"
    for parameter in card.parameters:
        if not parameter.least <= parameter.default <= parameter.most:
            return f"least <= default <= most of {parameter.code}"
    named = (
        [one.code for one in card.parameters],
        [one.code for one in card.measures],
        [one.code for one in card.incidents],
    )
    if any(len(set(codes)) < len(codes) for codes in named):
        return "codes of parameters, of measures and of incidents differ"
    return None
