"""Diagnosis of pictures: how often, how many at once, what is kept."""

from pydantic import Field

from commonsight.settings.section import Section


class Diagnosis(Section):
    """Looks at decoded keyframes: what is wrong with a picture."""

    enabled: bool = Field(True, description="Look at the pictures that sweeps decode", examples=[True])
    every_sweeps: int = Field(
        4, ge=1, le=1_000, description="Each camera's picture is looked at every so many sweeps", examples=[4]
    )
    threads: int = Field(1, ge=1, le=16, description="Pictures measured at once in one process", examples=[1])
    waiting: int = Field(
        8, ge=1, le=256, description="Decoded pictures that may wait; 3 MB each at 1080p", examples=[8]
    )
    freeze_seconds: float = Field(
        30, ge=5, le=86_400, description="Least time between two pictures held against each other, s", examples=[30]
    )
    keep_looks: int = Field(12, ge=1, le=500, description="Looks kept per camera in the database", examples=[12])
    evidence_width: int = Field(960, ge=160, le=3_840, description="Width of a kept picture, pixels", examples=[960])
    evidence_days: float = Field(
        60, gt=0, le=3_650, description="A kept picture is deleted after this, days", examples=[60]
    )
    evidence_bytes: int = Field(
        2_000_000_000, ge=0, description="Room for kept pictures; the oldest go first, bytes", examples=[2_000_000_000]
    )
