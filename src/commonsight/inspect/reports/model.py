"""The month a report is about. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from commonsight.problem import Refusal

FIRST_YEAR: Final = 2000
_MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month of the region's zone."""

    year: int
    number: int

    @classmethod
    def of(cls, said: str) -> "Month":
        """From `2026-10`. Raises Refusal `inspect.report_month_invalid` (422)."""
        found = _MONTH.fullmatch(said)
        if found is None or int(found[1]) < FIRST_YEAR:
            raise Refusal("inspect.report_month_invalid", status=422, rule="YYYY-MM", operand="month", actual=said[:20])
        return cls(int(found[1]), int(found[2]))

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.after.first - timedelta(days=1)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Month":
        """The month before."""
        return Month(self.year - 1, 12) if self.number == 1 else Month(self.year, self.number - 1)

    @property
    def after(self) -> "Month":
        """The month after."""
        return Month(self.year + 1, 1) if self.number == 12 else Month(self.year, self.number + 1)

    def span(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Its begin and its end, which is the begin of the next, in UTC."""
        begin = datetime(self.year, self.number, 1, tzinfo=zone)
        end = datetime(self.after.year, self.after.number, 1, tzinfo=zone)
        return begin.astimezone(UTC), end.astimezone(UTC)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"
