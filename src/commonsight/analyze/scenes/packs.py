"""Scene packs: proven setups as one file that can be taken elsewhere. Pure: what goes in, and what fits where.

A pack holds no pictures, and cameras only by name where that was asked for. It carries the SHA-256 of its canonical
form (RFC 8785), so that anybody sees whether it is still what was exported.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from commonsight.analyze.model import (
    LINES_MAX,
    ZONES_MAX,
    Analysis,
    SceneSetup,
    dump_line,
    dump_zone,
    parse_lines,
    parse_zones,
)
from commonsight.analyze.scenes import document, ground
from commonsight.analyze.scenes.model import SceneCard
from commonsight.analyze.scenes.service import WHOLE
from commonsight.problem import Refusal
from commonsight.records.canonical import digest

FORMAT: Final = "commonsight-scene-pack/1"
SETUPS_MOST: Final = 100
NAME_MOST: Final = 80


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a setup of a pack that does not fit here. `blocks`: it cannot be taken over at all.

    code: "card_missing", "card_differs", "parameter_unknown", "parameter_bounded", "ground_missing", "redraw", "full",
    "model_missing".
    """

    code: str
    blocks: bool = False
    what: str = ""
    expected: str = ""
    actual: str = ""


@dataclass(frozen=True, slots=True)
class Packed:
    """One setup of a pack, as far as it can be read here."""

    setup: SceneSetup
    zones: tuple[Any, ...]
    lines: tuple[Any, ...]
    card: Mapping[str, Any]
    model: str | None


# --- export ---------------------------------------------------------------------------------------------------------


def packed(
    analysis: Analysis, setup: SceneSetup, card: SceneCard, package: str, origin: Mapping[str, Any] | None
) -> dict[str, Any]:
    """One proven setup as it goes into a pack: every parameter with its value, the card's version, the accuracy."""
    settings = {one.code: setup.settings.get(one.code, one.default) for one in card.parameters}
    told = document.dump_setup(replace(setup, settings=settings, source=None, instead=None))
    del told["source"], told["instead"]
    return {
        "setup": told,
        "zones": [dump_zone(zone) for zone in analysis.zones if zone.id in setup.zones],
        "lines": [dump_line(line) for line in analysis.lines if line.id in setup.lines],
        "model": analysis.model,
        "card": {"code": card.code, "zh": card.zh, "en": card.en, "package": package, "sha256": version(card)},
        "accuracy": [asdict(one) for one in card.accuracy],
        **({} if origin is None else {"origin": dict(origin)}),
    }


def sealed(name: str, note: str, made_at: str, made_by: str, setups: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A pack with its digest."""
    pack = {
        "format": FORMAT,
        "name": name,
        "note": note,
        "made_at": made_at,
        "made_by": made_by,
        "setups": [dict(one) for one in setups],
    }
    return pack | {"sha256": digest(pack).hex()}


def version(card: SceneCard) -> str:
    """What identifies a card's version: the digest of all it says but what was measured."""
    return digest(asdict(replace(card, accuracy=()))).hex()


# --- import ---------------------------------------------------------------------------------------------------------


def opened(pack: Mapping[str, Any]) -> list[Packed]:
    """The setups of a pack.

    Raises:
        Refusal: `scenes.pack_invalid` (422): no pack, or of another format; `scenes.pack_changed` (422): its digest is
            another; `analyze.document_invalid` (422): a setup breaks the form.
    """
    given = pack.get("setups")
    if pack.get("format") != FORMAT:
        raise _invalid("format", FORMAT, pack.get("format"))
    if not isinstance(given, list) or not 1 <= len(given) <= SETUPS_MOST:
        raise _invalid("setups", f"a list of 1 to {SETUPS_MOST}", type(given).__name__)
    try:
        found = digest({key: value for key, value in pack.items() if key != "sha256"}).hex()
    except ValueError as error:
        raise _invalid("pack", "canonical JSON", str(error)) from error
    if found != pack.get("sha256"):
        raise Refusal(
            "scenes.pack_changed", status=422, rule="SHA-256 of the canonical form", operand="sha256",
            expected=found, actual=str(pack.get("sha256"))[:80],
        )  # fmt: skip
    return [_packed(place, one) for place, one in enumerate(given)]


def fitted(packed: Packed, card: SceneCard | None, models: Sequence[str]) -> tuple[SceneSetup, list[Finding]]:
    """A setup as it would stand here, whatever the camera: what its card no longer knows is left out, what lies beyond
    the bounds is brought to them."""
    if card is None:
        return packed.setup, [Finding("card_missing", blocks=True, what=packed.setup.scene)]
    findings = []
    if packed.card.get("sha256") != version(card):
        findings.append(Finding("card_differs", what=card.code))
    parameters = {one.code: one for one in card.parameters}
    settings = {}
    for code, value in packed.setup.settings.items():
        if code not in parameters:
            findings.append(Finding("parameter_unknown", what=code, actual=f"{value:g}"))
            continue
        one = parameters[code]
        inside = min(max(value, one.least), one.most)
        if inside != value:
            findings.append(Finding("parameter_bounded", what=code, expected=document.bounds(one), actual=f"{value:g}"))
        if inside != one.default:
            settings[code] = inside
    if packed.model is not None and packed.model not in models:
        findings.append(Finding("model_missing", what=packed.model))
    return replace(packed.setup, settings=settings), findings


def laid(
    analysis: Analysis, packed: Packed, setup: SceneSetup, card: SceneCard, *, whole: bool, mark: str
) -> tuple[Analysis, list[Finding]]:
    """A camera's document with a setup of a pack laid on it.

    Args:
        whole: zone scenes watch the whole picture, and run at once. Otherwise the shapes come as they were drawn
            elsewhere, and the setup is switched off until somebody has moved them to where they belong here.
        mark: makes ids of this import differ from all others.
    """
    if card.needs.ground and len(analysis.ground) < ground.POINTS_LEAST:
        return analysis, [Finding("ground_missing", blocks=True, what=card.code)]
    to_whole = whole and "zone" in card.targets
    zones = (WHOLE,) if to_whole else tuple(replace(one, id=_marked(one.id, mark)) for one in packed.zones)
    lines = () if to_whole else tuple(replace(one, id=_marked(one.id, mark)) for one in packed.lines)
    fresh = tuple(zone for zone in zones if all(zone.id != other.id for other in analysis.zones))
    if (
        len(analysis.scenes) >= document.SETUPS_MAX
        or len(analysis.zones) + len(fresh) > ZONES_MAX
        or len(analysis.lines) + len(lines) > LINES_MAX
    ):
        return analysis, [Finding("full", blocks=True, what=card.code)]
    drawn = bool(zones or lines) and not to_whole
    made = replace(
        setup,
        id=_marked(setup.id, mark),
        zones=tuple(zone.id for zone in zones),
        lines=tuple(line.id for line in lines),
        enabled=setup.enabled and not drawn,
    )
    changed = replace(
        analysis,
        zones=analysis.zones + fresh,
        lines=analysis.lines + lines,
        scenes=(*analysis.scenes, made),
        enabled=analysis.enabled or not drawn,
    )
    return changed, [Finding("redraw", what=card.code)] if drawn else []


def _packed(place: int, given: object) -> Packed:
    if not isinstance(given, Mapping) or not isinstance(given.get("setup"), Mapping):
        raise _invalid(f"setups.{place}.setup", "an object", type(given).__name__)
    card = given.get("card")
    if not isinstance(card, Mapping):
        raise _invalid(f"setups.{place}.card", "an object", type(card).__name__)
    told = {key: value for key, value in given["setup"].items() if key not in ("source", "instead")}
    (setup,) = document.parse_scenes([told])
    model = given.get("model")
    return Packed(
        setup, parse_zones(given.get("zones", [])), parse_lines(given.get("lines", [])), card,
        model if isinstance(model, str) else None,
    )  # fmt: skip


def _marked(known: str, mark: str) -> str:
    """An id of this import: figures of what stood here under the other platform's id must not go on with it."""
    return f"{known[: 39 - len(mark)]}-{mark}"


def _invalid(operand: str, rule: str, actual: object) -> Refusal:
    return Refusal(
        "scenes.pack_invalid", status=422, rule=rule, operand=operand, expected=rule, actual=str(actual)[:200]
    )
