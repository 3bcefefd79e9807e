"""What is kept of indicators."""

from pydantic import Field

from commonsight.settings.section import Section


class Indicators(Section):
    """Indicators of health, counted through the day and kept by day."""

    keep_days: int = Field(
        1_100, ge=31, le=20_000, description="Days that trends and league tables can look back, d", examples=[1_100]
    )
