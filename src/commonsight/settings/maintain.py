"""Settings of maintenance: how faults become work orders, how repairs are checked, what firms may hand in."""

from pydantic import Field

from commonsight.settings.section import Seconds, Section


class Maintenance(Section):
    """Work orders: grouping of faults, rechecks after repairs, photos of firms."""

    enabled: bool = Field(True, description="Make work orders of faults that checks find", examples=[True])
    settle_seconds: Seconds = Field(
        60, description="A fault waits so long for those that belong to the same order, s", examples=[60]
    )
    recheck_minutes: float = Field(
        10, gt=0, le=1_440, description="A repair not rechecked after this goes to the operators, min", examples=[10]
    )
    photo_bytes: int = Field(
        4_000_000, ge=100_000, le=20_000_000, description="A photo of a repair, at most, bytes", examples=[4_000_000]
    )
    photos_bytes: int = Field(
        20_000_000_000, ge=1_000_000, description="All photos together, at most, bytes", examples=[20_000_000_000]
    )
    round_most: int = Field(2_000, ge=1, le=20_000, description="Cameras of one inspection round", examples=[2_000])
    window_most: int = Field(
        20_000, ge=1, le=250_000, description="Cameras of one planned window, at most", examples=[20_000]
    )
