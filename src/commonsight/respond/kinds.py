"""Kinds of cases as data (`kinds.toml`): how long they may take, and who is told when they take longer."""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final

from commonsight.access.model import ROLE_NAMES
from commonsight.problem import Refusal

SEVERITIES: Final = (1, 2, 3, 4)
ASSIGNEE: Final = "assignee"


@dataclass(frozen=True, slots=True)
class Escalation:
    """Whom to tell so long after a case was due: roles, or `assignee`."""

    after: timedelta
    tell: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Storm:
    """When enough is enough: so many cases of one camera, or of all cameras behind one device, within a time."""

    within: timedelta
    camera: int
    device: int


@dataclass(frozen=True, slots=True)
class Kind:
    """What holds for every case of a kind. `respond`, `deadline`: how long each severity may take."""

    code: str
    zh: str
    en: str
    by_hand: bool
    merge: timedelta
    storm: Storm
    four_eyes: bool
    respond: dict[int, timedelta]
    deadline: dict[int, timedelta]
    escalate: tuple[Escalation, ...]
    tell_severity: int
    tell_roles: tuple[str, ...]

    def due(self, severity: int, opened: datetime) -> datetime:
        """When such a case, opened then, must be closed."""
        return opened + self.deadline[severity]

    def escalates(self, severity: int, opened: datetime, level: int, *, taken: bool) -> datetime | None:
        """When the next escalation after `level` of them falls due; None when there is none left.

        Args:
            taken: somebody has it: then only its deadline counts.
        """
        if level >= len(self.escalate):
            return None
        late = self.deadline[severity] if taken else min(self.respond[severity], self.deadline[severity])
        return opened + late + self.escalate[level].after


@cache
def kinds() -> dict[str, Kind]:
    """All kinds by code, as the file has them.

    Raises:
        ValueError: the file is wrong; it is part of the program, so that is a defect.
    """
    sheet = tomllib.loads((files("commonsight.respond") / "kinds.toml").read_text("utf-8"))
    return {code: _kind(code, said) for code, said in sheet.items()}


def kind_of(code: str) -> Kind:
    """The kind.

    Raises:
        Refusal: `respond.kind_unknown` (422).
    """
    found = kinds().get(code)
    if found is None:
        raise Refusal(
            "respond.kind_unknown", status=422, rule="a known kind", operand="kind", expected=sorted(kinds()),
            actual=code[:40],
        )  # fmt: skip
    return found


def _kind(code: str, said: dict[str, Any]) -> Kind:
    steps = tuple(Escalation(timedelta(minutes=step["after"]), tuple(step["tell"])) for step in said["escalate"])
    afters = [step.after for step in steps]
    if afters != sorted(afters):
        raise ValueError(f"kind {code!r}: escalations are not in the order of their times")
    named = {who for step in steps for who in step.tell} | set(said["tell"]["roles"])
    if unknown := named - {ASSIGNEE, *ROLE_NAMES}:
        raise ValueError(f"kind {code!r}: nobody is called {sorted(unknown)}")
    storm = Storm(timedelta(minutes=said["storm"]["minutes"]), said["storm"]["camera"], said["storm"]["device"])
    return Kind(
        code, said["zh"], said["en"], said["by_hand"], timedelta(minutes=said["merge"]), storm, said["four_eyes"],
        _each(code, said["respond"]), _each(code, said["deadline"]), steps,
        said["tell"]["severity"], tuple(said["tell"]["roles"]),
    )  # fmt: skip


def _each(code: str, minutes: list[int]) -> dict[int, timedelta]:
    if len(minutes) != len(SEVERITIES) or minutes != sorted(minutes) or minutes[0] <= 0:
        raise ValueError(f"kind {code!r}: {minutes} are not growing minutes for severities {SEVERITIES}")
    return {severity: timedelta(minutes=each) for severity, each in zip(SEVERITIES, minutes, strict=True)}
