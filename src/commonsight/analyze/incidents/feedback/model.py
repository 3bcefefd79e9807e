"""How far "false alarm" moves a parameter: one step, within bounds, never past what is known to be real. Pure."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from commonsight.analyze.incidents.model import Incident
from commonsight.analyze.scenes.model import Parameter

STEP_OF_VALUE: Final = 0.1
STEP_OF_RANGE: Final = 0.005
"""A step is a tenth of the value, but no less than a two-hundredth of the range."""
STEPS_A_DAY: Final = 3
"""Steps of one setup within a day: ten people who press the button in a storm are one experience, not ten."""
KEEP_SHARE: Final = 0.05
"""So much of what a true incident reached stays between it and the new value."""

LASTING: Final = {("seconds", "s"): 1.0, ("minutes", "min"): 60.0}
"""Parameters that say how long something must last, and seconds in their unit."""

MOVED: Final = "moved"
BOUND: Final = "bound"
KEEPS_TRUE: Final = "keeps_true"
UNMEASURED: Final = "unmeasured"
NOTHING_TUNED: Final = "nothing_tuned"
TOO_OFTEN: Final = "too_often"
NO_SETUP: Final = "no_setup"
LENT: Final = "lent"


@dataclass(frozen=True, slots=True)
class Move:
    """What becomes of one parameter. `reason`: `MOVED`, or why it stays as it is."""

    parameter: str
    before: float
    after: float
    reason: str


def stricter(parameter: Parameter, present: float, reached: Sequence[float | None]) -> Move:
    """One step towards fewer alarms.

    Args:
        present: the value it has.
        reached: what known true incidents reached of this very figure (the most where stricter is more, else the
            least); None where it was not measured. Each must still be reported afterwards.
    """
    towards = 1.0 if parameter.stricter > 0 else -1.0
    step = max(STEP_OF_VALUE * abs(present), STEP_OF_RANGE * (parameter.most - parameter.least))
    wanted = min(max(present + towards * step, parameter.least), parameter.most)
    if towards * (wanted - present) <= 0:
        return Move(parameter.code, present, present, BOUND)
    known = [one for one in reached if one is not None]
    if len(known) < len(reached):
        # Without the figure nobody can say whether a true incident would still be reported.
        return Move(parameter.code, present, present, UNMEASURED)
    if known:
        last = min(towards * one for one in known)
        wanted = towards * min(towards * wanted, last - KEEP_SHARE * abs(last))
        if towards * (wanted - present) <= 0:
            return Move(parameter.code, present, present, KEEPS_TRUE)
    return Move(parameter.code, present, _rounded(wanted, step), MOVED)


@cache
def _figures() -> dict[str, dict[str, str]]:
    return tomllib.loads((files(__package__) / "reached.toml").read_text("utf-8"))


def reached(incident: Incident, parameter: Parameter) -> float | None:
    """What a true incident reached of the figure a parameter bounds; None where nobody measured it.

    A figure of its detail, by the parameter's own name or as `reached.toml` says; for a time, else how long it lasted,
    and no less than what it had to last to be reported.
    """
    figure = _figures().get(incident.scene, {}).get(parameter.code, parameter.code)
    peak = incident.peaks.get(figure)
    if peak is not None:
        return peak[1] if parameter.stricter > 0 else peak[0]
    seconds = LASTING.get((parameter.code, parameter.unit))
    if seconds is None or parameter.stricter < 0:
        return None
    lasted = ((incident.ended_at or incident.told_at) - incident.began_at).total_seconds() / seconds
    return max(lasted, float(incident.settings.get(parameter.code, 0.0)))


def _rounded(value: float, step: float) -> float:
    """With as many digits as a step has use for."""
    digits = 1 if step >= 10 else 2 if step >= 1 else 3 if step >= 0.1 else 4
    return round(value, digits)
