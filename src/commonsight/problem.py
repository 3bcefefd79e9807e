"""Refusals: every "no" names the rule, the operand and both values (RFC 9457 on the wire)."""

from typing import Any


class Refusal(Exception):
    """A request that cannot be done, and why.

    Args:
        code: message code, looked up in the rooms' `messages.toml` (see `commonsight.text`).
        status: HTTP status the API answers with.
        rule: the rule that was broken, in the field's own words.
        operand: the field or left operand the rule speaks of.
        expected: what the rule asks for.
        actual: what was found.
        values: further values for the message's placeholders.
    """

    def __init__(
        self,
        code: str,
        *,
        status: int = 400,
        rule: str | None = None,
        operand: str | None = None,
        expected: Any = None,
        actual: Any = None,
        **values: Any,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.rule = rule
        self.operand = operand
        self.expected = expected
        self.actual = actual
        self.values = values

    def __str__(self) -> str:
        parts = [self.code]
        parts += [f"{k}={v!r}" for k, v in self.facts().items()]
        return " ".join(parts)

    def facts(self) -> dict[str, Any]:
        """The parts that were given, in the order a person asks for them."""
        named = {"rule": self.rule, "operand": self.operand, "expected": self.expected, "actual": self.actual}
        return {k: v for k, v in named.items() if v is not None} | self.values
