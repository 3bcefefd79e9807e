"""What is told upwards and to the public: exemptions, the upper platform's assessment, monthly reports."""

from pathlib import Path

from pydantic import Field

from commonsight.settings.section import Section


class Exemptions(Section):
    """Cameras that leave the denominators for a time, with a reason and a second person's word (报备)."""

    days_most: int = Field(
        90, ge=1, le=3_650, description="Longest exemption, and longest extension, days", examples=[90]
    )
    back_days: int = Field(
        7, ge=0, le=365, description="How long after its begin an exemption may still be asked for, days", examples=[7]
    )
    cameras_most: int = Field(
        100_000, ge=1, le=1_000_000, description="Cameras of one exemption, at most", examples=[100_000]
    )
    file_bytes: int = Field(
        8_000_000, ge=10_000, le=50_000_000, description="Largest file of evidence, bytes", examples=[8_000_000]
    )


class Assessment(Section):
    """The upper platform's feedback lists and what is found out about them."""

    minutes: float = Field(
        30, gt=0, le=1_440, description="Our probes this near to their time are held against it, min", examples=[30]
    )
    rows_most: int = Field(300_000, ge=1, le=1_000_000, description="Rows of one list, at most", examples=[300_000])
    zone: str = Field(
        "Asia/Shanghai", description="IANA zone of times that a list gives without one", examples=["Asia/Shanghai"]
    )


class Reports(Section):
    """Monthly reports as PDF and Excel."""

    unit: str = Field(
        "", description="Unit named as the author; empty: the asker's own", examples=["自治区公安厅视频中心"]
    )
    keep: int = Field(120, ge=1, le=10_000, description="Reports kept with their files; the oldest go", examples=[120])
    font: Path | None = Field(
        None,
        description="Font of the text, with Chinese characters; empty: it is looked for",
        examples=["/srv/song.ttf"],
    )
    font_heading: Path | None = Field(
        None, description="Font of headings; empty: it is looked for", examples=["/srv/hei.ttf"]
    )
