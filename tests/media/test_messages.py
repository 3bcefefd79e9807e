"""Whatever a node tells people, it has words for in both languages."""

from typing import get_args

import pytest

from commonsight.media.model import End, spoken
from commonsight.media.refusals import explain
from commonsight.problem import Refusal


@pytest.mark.parametrize("code", [*get_args(End), "reconnecting", "node_lost", "viewer_left", "internal"])
def test_every_code_has_words(code: str) -> None:
    said = spoken("end", code)
    assert not said["zh"].startswith("media.")
    assert not said["en"].startswith("media.")


def test_refusals_say_what_the_gate_said_and_failures_say_nothing_more() -> None:
    said = explain(Refusal("media.node_full", operand="media.viewers_max", expected=5))
    assert said["code"] == "node_full"
    assert "media.viewers_max = 5" in said["en"]
    assert explain(Refusal("gate.ticket_unknown"))["code"] == "permit_refused"
    assert explain(TimeoutError())["code"] == "register_unavailable"
    secret = explain(ValueError("password=hunter2"))
    assert secret["code"] == "internal"
    assert "hunter2" not in str(secret)
