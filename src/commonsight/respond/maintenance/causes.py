"""What faults come from (`causes.toml`)."""

import tomllib
from functools import cache
from importlib.resources import files

from commonsight.problem import Refusal


@cache
def causes() -> dict[str, dict[str, str]]:
    """Causes by code, each in both languages."""
    return tomllib.loads((files("commonsight.respond.maintenance") / "causes.toml").read_text("utf-8"))


def check_cause(code: str) -> str:
    """The code.

    Raises:
        Refusal: `respond.cause_unknown` (422).
    """
    if code not in causes():
        raise Refusal(
            "respond.cause_unknown", status=422, rule="a known cause", operand="cause", expected=list(causes()),
            actual=code[:40],
        )  # fmt: skip
    return code
