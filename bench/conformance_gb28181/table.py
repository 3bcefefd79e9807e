"""The table: what was tried, message by message and behaviour by behaviour, and how it ended."""

from dataclasses import dataclass, field
from typing import Literal
from unicodedata import east_asian_width

State = Literal["pass", "fail", "skip"]


@dataclass
class Row:
    """One behaviour. `judge`: who says so (sipp, tshark, ffmpeg, the platform's own state)."""

    message: str
    transport: str
    behaviour: str
    judge: str
    state: State
    detail: str = ""


@dataclass
class Table:
    """All rows, in the order they were noted."""

    rows: list[Row] = field(default_factory=list)

    def note(self, message: str, transport: str, behaviour: str, judge: str, good: bool, detail: object = "") -> None:
        """A behaviour was seen, or not. `detail` is shown when not."""
        self.rows.append(Row(message, transport, behaviour, judge, "pass" if good else "fail", str(detail)[:300]))

    def skip(self, message: str, behaviour: str, judge: str, why: str) -> None:
        """A behaviour could not be looked at here."""
        self.rows.append(Row(message, "", behaviour, judge, "skip", why))

    def count(self, state: State) -> int:
        return sum(row.state == state for row in self.rows)

    def __str__(self) -> str:
        lines = [_line("message", "transport", "behaviour", "judge", "state"), "-" * 124]
        for row in sorted(self.rows, key=lambda one: one.message):
            lines.append(_line(row.message, row.transport, row.behaviour, row.judge, row.state))
            if row.state != "pass" and row.detail:
                lines.append(f"    {row.detail}")
        return "\n".join(lines)

    def markdown(self) -> str:
        """The same for the reference page."""
        lines = ["| message | transport | behaviour | judge | result |", "|---|---|---|---|---|"]
        lines += [
            f"| {row.message} | {row.transport or '-'} | {row.behaviour} | {row.judge} | {row.state} |"
            for row in sorted(self.rows, key=lambda one: one.message)
        ]
        return "\n".join(lines) + "\n"


def _line(message: str, transport: str, behaviour: str, judge: str, state: str) -> str:
    return f"{_wide(message, 17)}{_wide(transport, 11)}{_wide(behaviour, 76)}{_wide(judge, 14)}{state}"


def _wide(text: str, width: int) -> str:
    """Padded to `width` columns; Chinese characters take two."""
    return text + " " * max(1, width - sum(2 if east_asian_width(one) in "WF" else 1 for one in text))
