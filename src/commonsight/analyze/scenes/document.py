"""The scenes and the ground of a camera's document: from JSON, to JSON, and the rules each card sets for its setups."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from commonsight.analyze.model import (
    DAYS,
    Analysis,
    GroundPoint,
    Hours,
    SceneSetup,
    distinct,
    id_of,
    items_of,
    name_of,
    point_of,
    refused,
)
from commonsight.analyze.scenes import ground
from commonsight.analyze.scenes.model import Parameter, SceneCard

SETUPS_MAX: Final = 24
HOURS_MAX: Final = 8
POINTS_MAX: Final = 32
METRES_MOST: Final = 100_000.0

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_SCENE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SOURCE_MAX: Final = 80


def parse_scenes(given: object) -> tuple[SceneSetup, ...]:
    """Setups from their JSON form. Whether the cards allow them is asked by `check`: a card may be gone by then.

    Raises:
        Refusal: `analyze.document_invalid` (422) naming the element, the rule and the value.
    """
    setups = tuple(_setup(where, item) for where, item in items_of("scenes", given, SETUPS_MAX))
    distinct("scenes", [setup.id for setup in setups])
    return setups


def parse_ground(given: object) -> tuple[GroundPoint, ...]:
    """Points of the ground from their JSON form: `{"picture": [x, y], "metres": [x, y]}`.

    Raises:
        Refusal: `analyze.document_invalid` (422).
    """
    return tuple(
        GroundPoint(
            point_of(f"{where}.picture", item.get("picture")), _metres(f"{where}.metres", item.get("metres"))
        )
        for where, item in items_of("ground", given, POINTS_MAX)
    )  # fmt: skip


def dump_setup(setup: SceneSetup) -> dict[str, Any]:
    """JSON form of a setup."""
    return {
        "id": setup.id,
        "scene": setup.scene,
        "name": setup.name,
        "zones": list(setup.zones),
        "lines": list(setup.lines),
        "settings": dict(sorted(setup.settings.items())),
        "enabled": setup.enabled,
        "hours": [span.as_json() for span in setup.hours],
        "source": setup.source,
        "instead": setup.instead,
    }


def dump_point(point: GroundPoint) -> dict[str, Any]:
    """JSON form of a point of the ground."""
    return {"picture": list(point.picture), "metres": list(point.metres)}


def check(analysis: Analysis, cards: Mapping[str, SceneCard]) -> None:
    """Whether every setup is what its card allows.

    Args:
        cards: by code, of all scenes that can run here.

    Raises:
        Refusal: `analyze.document_invalid` (422) naming element, rule and value.
    """
    zones, lines = [zone.id for zone in analysis.zones], [line.id for line in analysis.lines]
    ids = [setup.id for setup in analysis.scenes]
    distinct("scenes, lines and zones", ids + zones + lines)
    if analysis.ground:
        ground.homography(analysis.ground)
    for place, setup in enumerate(analysis.scenes):
        where = f"scenes.{place}"
        for kind, named, drawn in (("zones", setup.zones, zones), ("lines", setup.lines, lines)):
            for one in named:
                if one not in drawn:
                    raise refused(f"{where}.{kind}", f"id of one of the document's {kind}", one)
        if setup.instead is not None and (setup.instead not in ids or setup.instead == setup.id):
            raise refused(f"{where}.instead", "id of another setup of the document", setup.instead)
        card = cards.get(setup.scene)
        if card is None:
            raise refused(f"{where}.scene", "one of " + " ".join(sorted(cards)), setup.scene)
        check_setup(where, setup, card, grounded=bool(analysis.ground))


def check_setup(where: str, setup: SceneSetup, card: SceneCard, *, grounded: bool) -> None:
    """Whether a setup is what its card allows: targets, bounds of the settings, the ground.

    Raises:
        Refusal: `analyze.document_invalid` (422); operands begin with `where`.
    """
    for kind, named in (("zone", setup.zones), ("line", setup.lines)):
        if named and kind not in card.targets:
            raise refused(f"{where}.{kind}s", f"none: {card.code} looks at {' and '.join(card.targets)}", list(named))
    if len(setup.zones) + len(setup.lines) < card.targets_least:
        kinds = " or ".join(card.targets)
        raise refused(where, f"at least {card.targets_least} {kinds} drawn for {card.code}", [])
    parameters = {parameter.code: parameter for parameter in card.parameters}
    for code, value in setup.settings.items():
        if code not in parameters:
            raise refused(f"{where}.settings.{code}", "one of " + " ".join(parameters), value)
        if not within(parameters[code], value):
            raise refused(f"{where}.settings.{code}", bounds(parameters[code]), value)
    if card.needs.ground and not grounded:
        raise refused("ground", f"at least {ground.POINTS_LEAST} points: {card.code} measures in metres", [])


def within(parameter: Parameter, value: float) -> bool:
    """Whether a value lies within a parameter's bounds."""
    return parameter.least <= value <= parameter.most


def bounds(parameter: Parameter) -> str:
    """A parameter's bounds as a rule: "10 to 1800 s"."""
    return f"{parameter.least:g} to {parameter.most:g} {parameter.unit}".strip()


def _setup(where: str, item: dict[str, Any]) -> SceneSetup:
    scene = item.get("scene")
    if not isinstance(scene, str) or not _SCENE.fullmatch(scene):
        raise refused(f"{where}.scene", "code of a scene", scene)
    enabled = item.get("enabled", True)
    if not isinstance(enabled, bool):
        raise refused(f"{where}.enabled", "true or false", enabled)
    source = item.get("source")
    if source is not None and (not isinstance(source, str) or not 0 < len(source) <= _SOURCE_MAX):
        raise refused(f"{where}.source", f"null, or 1 to {_SOURCE_MAX} characters", source)
    instead = item.get("instead")
    if instead is not None and not isinstance(instead, str):
        raise refused(f"{where}.instead", "null, or the id of a setup", instead)
    return SceneSetup(
        id=id_of(where, item),
        scene=scene,
        name=name_of(where, item),
        zones=_named(f"{where}.zones", item.get("zones", [])),
        lines=_named(f"{where}.lines", item.get("lines", [])),
        settings=_settings(f"{where}.settings", item.get("settings", {})),
        enabled=enabled,
        hours=_hours(f"{where}.hours", item.get("hours", [])),
        source=source,
        instead=instead,
    )


def _named(where: str, given: object) -> tuple[str, ...]:
    if not isinstance(given, list | tuple) or any(not isinstance(one, str) for one in given):
        raise refused(where, "a list of ids", given)
    distinct(where, list(given))
    return tuple(given)


def _settings(where: str, given: object) -> dict[str, float]:
    if not isinstance(given, Mapping):
        raise refused(where, "an object", given)
    for code, value in given.items():
        # True is an integer in Python, and JSON lets no NaN through here either.
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise refused(f"{where}.{code}", "a number", value)
    return {str(code): float(value) for code, value in given.items()}


def _hours(where: str, given: object) -> tuple[Hours, ...]:
    spans = []
    for at, item in items_of(where, given, HOURS_MAX):
        days = item.get("days", list(DAYS))
        if not isinstance(days, list | tuple) or not days or any(day not in DAYS for day in days):
            raise refused(f"{at}.days", "some of 1 (Monday) to 7", days)
        spans.append(Hours(_minutes(f"{at}.begin", item), _minutes(f"{at}.end", item), tuple(sorted(set(days)))))
    return tuple(spans)


def _minutes(where: str, item: Mapping[str, Any]) -> int:
    value = item.get(where.rpartition(".")[2])
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise refused(where, "HH:MM", value)
    return int(found[1]) * 60 + int(found[2])


def _metres(where: str, value: object) -> tuple[float, float]:
    pair: Sequence[Any] = value if isinstance(value, list | tuple) else ()
    if len(pair) != 2 or any(
        isinstance(part, bool) or not isinstance(part, int | float) or not abs(part) <= METRES_MOST for part in pair
    ):
        raise refused(where, f"[x, y] in metres, at most {METRES_MOST:g} from 0", value)
    return float(pair[0]), float(pair[1])
