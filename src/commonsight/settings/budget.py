"""Scarce compute: how often it is shared out anew."""

from pydantic import Field

from commonsight.settings.section import Section


class Budget(Section):
    """The budget of compute: which camera is watched how closely."""

    enabled: bool = Field(
        True, description="Share out compute; off: every camera is watched as its document says", examples=[True]
    )
    every_seconds: float = Field(
        30, ge=10, le=3_600, description="Compute is shared out anew this often, s", examples=[30]
    )
    keep_days: int = Field(14, ge=1, le=400, description="Rounds are kept this long, days", examples=[14])
