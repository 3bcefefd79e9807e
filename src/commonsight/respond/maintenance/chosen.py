"""The cameras of a choice, as contracts, rounds and planned windows make it."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from commonsight.gate import selection
from commonsight.gate.grant_model import Selection
from commonsight.problem import Refusal
from commonsight.records.database import ReadSession
from commonsight.respond.maintenance.contracts import Choice

EVERYTHING: Final = Selection(everything=True)


async def chosen(session: ReadSession, scope: Sequence[str], choice: Choice, most: int) -> list[UUID]:
    """The cameras in use, with an address, of a choice within a scope (division-code prefixes), by identifier.

    Raises:
        Refusal: `respond.choice_empty`, `respond.choice_large` (422).
    """
    if choice.empty:
        raise Refusal("respond.choice_empty", status=422, rule="cameras", operand="choice")
    only = {"platform_id": choice.platforms, "unit_id": choice.units}
    wanted = EVERYTHING if choice.selection.empty else choice.selection
    found = await selection.openable(session, scope, wanted, most + 1, **{key: ids for key, ids in only.items() if ids})
    if len(found) > most:
        raise Refusal(
            "respond.choice_large", status=422, rule="cameras at once", operand="choice", expected=most,
            actual=f"> {most}",
        )  # fmt: skip
    if not found:
        raise Refusal("respond.choice_empty", status=422, rule="cameras", operand="choice", actual=0)
    return found
