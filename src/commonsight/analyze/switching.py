"""Putting scenes onto cameras for a time, and taking exactly them back: what deployments and accepted needs do. Pure.

Nothing people drew or set is touched. What is put on are setups of a source of their own ("deployment:<id>"): where
a camera has the scene already, one that stands in for it with other thresholds (`instead`); where it has not, one over
the whole picture, if the scene can do without anything drawn or the planner says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from commonsight.analyze.model import Analysis, Hours, SceneSetup
from commonsight.analyze.scenes.model import SceneCard
from commonsight.problem import Refusal

SCENES_MOST: Final = 12
WHOLE: Final = "whole"
"""Id of the zone that is the whole picture; see `scenes.service.WHOLE`."""
_TAG: Final = 8
_SCENE: Final = 24
"""Letters of the source and of the scene's code in a setup's id, which has 40."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A scene that is wanted on cameras.

    settings: parameters that differ from what each camera has. whole: where no zone is drawn, watch the whole picture.
    """

    scene: str
    settings: Mapping[str, float] = field(default_factory=dict)
    whole: bool = False

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Wanted":
        """From its stored form."""
        return cls(kept["scene"], dict(kept.get("settings", {})), bool(kept.get("whole", False)))

    def as_json(self) -> dict[str, Any]:
        """Its stored form."""
        return {"scene": self.scene, "settings": dict(self.settings), "whole": self.whole}


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a scene cannot be put onto a camera.

    `what`: "drawn" (a zone or line), "ground" (points with known metres), "scene" (not installed here), "taken"
    (another deployment or need has it, `by` its source).
    """

    scene: str
    what: str
    by: str = ""

    def as_json(self) -> dict[str, Any]:
        """Its stored form."""
        return {"scene": self.scene, "what": self.what} | ({"by": self.by} if self.by else {})


@dataclass(frozen=True, slots=True)
class Fitted:
    """What to put onto a camera; `reused`: scenes that run there for good and are taken as they are."""

    setups: tuple[SceneSetup, ...] = ()
    missing: tuple[Missing, ...] = ()
    reused: tuple[str, ...] = ()


def tag_of(owner: UUID) -> str:
    """What the ids of a source's setups begin with. The end of the id: its beginning is the time."""
    return owner.hex[-_TAG:]


def fit(
    wanted: Sequence[Wanted], present: Analysis, cards: Mapping[str, SceneCard], source: str, owner: UUID,
    hours: tuple[Hours, ...] = (), *, reuse: bool = False, over: str = "",
) -> Fitted:  # fmt: skip
    """What to put onto a camera, given what is there. The same again gives the same.

    Args:
        present: the camera's document; setups of `source` in it are as if they were not there.
        source: who puts them on.
        hours: when they are at work; empty: always.
        reuse: a scene that runs already, with no other settings wanted, is left to run as it does.
        over: sources that begin so are stood in for like what is there for good: a holiday goes before an everyday
            need. Any other source that has the scene keeps it.
    """
    setups: list[SceneSetup] = []
    missing: list[Missing] = []
    reused: list[str] = []
    others = [setup for setup in present.scenes if setup.source != source]
    rests = {setup.instead for setup in others}
    for one in wanted:
        card = cards.get(one.scene)
        if card is None:
            missing.append(Missing(one.scene, "scene"))
            continue
        if card.needs.ground and not present.ground:
            missing.append(Missing(one.scene, "ground"))
            continue
        base, holder = [], ""
        for setup in others:
            if setup.scene == one.scene and setup.id not in rests:
                if setup.source is None or (over and setup.source.startswith(over)):
                    base.append(setup)
                else:
                    holder = setup.source
        if holder:
            # Two that stand in for the same would both run: the first keeps it, the second waits for its end.
            missing.append(Missing(one.scene, "taken", holder))
            continue
        running = [setup for setup in base if setup.enabled and not setup.hours]
        if reuse and running and not one.settings and present.enabled:
            reused.append(one.scene)
            continue
        if base:
            made = [_over(setup, one, source) for setup in base]
        elif card.targets_least == 0 or (one.whole and card.targets_least == 1 and "zone" in card.targets):
            zones = (WHOLE,) if card.targets_least else ()
            made = [SceneSetup("", one.scene, card.zh, zones, settings=dict(one.settings), source=source)]
        else:
            missing.append(Missing(one.scene, "drawn"))
            continue
        for place, setup in enumerate(made, start=1):
            ident = f"{tag_of(owner)}-{one.scene[:_SCENE]}-{place}".replace("_", "-")
            setups.append(replace(setup, id=ident, hours=hours))
    return Fitted(tuple(setups), tuple(missing), tuple(reused))


def _over(base: SceneSetup, wanted: Wanted, source: str) -> SceneSetup:
    """A setup that stands in for one that is there."""
    settings = dict(base.settings) | dict(wanted.settings)
    return replace(base, settings=settings, enabled=True, source=source, instead=base.id)


# --- what people write ----------------------------------------------------------------------------------------------


def check_wanted(wanted: Sequence[Wanted], cards: Mapping[str, SceneCard]) -> tuple[Wanted, ...]:
    """The scenes, each once, with settings their cards allow.

    Raises:
        Refusal: `analyze.wanted_invalid` (422) naming scene, parameter and bounds.
    """
    if not 1 <= len(wanted) <= SCENES_MOST:
        raise _invalid("scenes", "how many", f"1..{SCENES_MOST}", len(wanted))
    for place, one in enumerate(wanted):
        card = cards.get(one.scene)
        if card is None:
            raise _invalid(f"scenes.{place}.scene", "a scene of this platform", sorted(cards), one.scene[:60])
        if any(other.scene == one.scene for other in wanted[:place]):
            raise _invalid(f"scenes.{place}.scene", "each scene once", 1, one.scene)
        parameters = {parameter.code: parameter for parameter in card.parameters}
        for code, value in one.settings.items():
            where, known = f"scenes.{place}.settings.{code[:60]}", parameters.get(code)
            if known is None:
                raise _invalid(where, "a parameter of the scene", sorted(parameters), code[:60])
            if not known.least <= value <= known.most:
                raise _invalid(where, "within the bounds", f"{known.least:g}..{known.most:g}", value)
    return tuple(wanted)


def _invalid(operand: str, rule: str, expected: object, actual: object) -> Refusal:
    return Refusal(
        "analyze.wanted_invalid", status=422, rule=rule, operand=operand, expected=expected, actual=actual
    )  # fmt: skip
