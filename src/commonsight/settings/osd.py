"""Reading what cameras write into their pictures; their reference pictures."""

from pydantic import Field

from commonsight.settings.section import Seconds, Section


class Osd(Section):
    """Clock and label in the picture, read by OCR on pictures that diagnosis looks at."""

    enabled: bool = Field(True, description="Read clock and label off pictures, when the models are there")
    interval_seconds: Seconds = Field(
        43_200, description="A camera whose clock and label are right is read again after this, s", examples=[43_200]
    )
    clock_days: float = Field(
        7,
        gt=0,
        le=365,
        description="A reading older than this does not count in the clock indicator, days",
        examples=[7],
    )


class References(Section):
    """What a camera's picture is held against to tell a covered or turned camera."""

    enabled: bool = Field(True, description="Build references and judge occlusion and scene change by them")
    looks: int = Field(3, ge=1, le=50, description="Looks a reference is made of before it is used", examples=[3])
    versions: int = Field(3, ge=1, le=20, description="Replaced references kept per camera and phase", examples=[3])
