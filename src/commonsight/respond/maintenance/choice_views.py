"""A choice of cameras on the wire."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from commonsight.gate import grant_rules
from commonsight.gate.grant_views import SelectionIn
from commonsight.respond.maintenance.contracts import Choice


class ChoiceIn(BaseModel):
    """Which cameras: those of the selection, within any of the platforms and any of the managing units named."""

    model_config = ConfigDict(extra="forbid")

    selection: SelectionIn = SelectionIn()
    platforms: list[UUID] = Field(default=[], max_length=200)
    units: list[UUID] = Field(default=[], max_length=500, description="managing units of the camera file")

    def meant(self, scope: Sequence[str]) -> Choice:
        """The choice itself, checked to lie within a scope (division-code prefixes).

        Raises:
            Refusal: as `gate.grant_rules.check_selection`.
        """
        selection = self.selection.meant()
        if not selection.empty:
            grant_rules.check_selection(selection, scope)
        return Choice(selection, tuple(self.platforms), tuple(self.units))


class ChoiceOut(BaseModel):
    """The same, as it is kept."""

    selection: dict[str, Any]
    platforms: list[UUID]
    units: list[UUID]

    @classmethod
    def of(cls, choice: Choice) -> "ChoiceOut":
        return cls(
            selection=choice.selection.as_json(), platforms=list(choice.platforms), units=list(choice.units)
        )  # fmt: skip


class ComesTo(BaseModel):
    """What a choice comes to now."""

    cameras: int
    names: list[str] = Field(description="the first few")
