"""What becomes of incidents: evidence, how long it is kept, and a second opinion from outside."""

from pathlib import Path

from pydantic import Field

from commonsight.settings.section import Seconds, Section


class Incidents(Section):
    """Incidents that scenes report, and their evidence."""

    evidence: bool = Field(True, description="Fetch a picture and a clip of each incident", examples=[True])
    before_seconds: float = Field(
        5, ge=0, le=60, description="The clip begins so long before the incident, where it is recorded, s", examples=[5]
    )
    after_seconds: float = Field(
        10, ge=1, le=60, description="The clip goes on so long after its beginning, s", examples=[10]
    )
    mask: str = Field(
        "faces_plates",
        description="What is taken out of evidence before it is kept: faces_plates, faces, plates; empty: nothing",
        examples=["faces_plates"],
    )
    evidence_days: int = Field(
        30, ge=1, le=3_650, description="Evidence is kept so long after its case has ended, days", examples=[30]
    )
    evidence_bytes: int = Field(
        20_000_000_000, ge=1_000_000, description="All evidence together, at most; then the oldest goes, bytes",
        examples=[20_000_000_000],
    )  # fmt: skip
    keep_days: int = Field(730, ge=1, le=3_650, description="Incidents without a label are kept so long, days")


class Opinion(Section):
    """A second opinion of a vision-language model behind an OpenAI-compatible address. Off without `url`."""

    url: str | None = Field(
        None,
        description="Base address, up to and with /v1; empty: nobody is asked",
        examples=["https://vlm.example/v1"],
    )
    model: str = Field("", description="The model's name there", examples=["qwen2.5-vl-7b-instruct"])
    key: str | None = Field(None, description="Sent as a bearer token; empty: none")
    ca_file: Path | None = Field(
        None, description="Certificates to trust besides the system's", examples=["/etc/ca.pem"]
    )
    timeout_seconds: Seconds = Field(30, le=300, description="Longest wait for an answer, s", examples=[30])
    per_hour: int = Field(60, ge=1, le=10_000, description="Incidents asked about in an hour, at most", examples=[60])
    scenes: tuple[str, ...] = Field((), description="Codes of scenes it is asked about; empty: all")
    unmasked: bool = Field(
        False, description="Also send pictures from which faces and plates were not taken out", examples=[False]
    )
