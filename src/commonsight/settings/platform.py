"""What the platform itself stands on: region, database, interface, jobs, lake, logs, backups."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from commonsight.settings.section import Port, Section


class Region(Section):
    """The region this platform serves."""

    code: str = Field(
        "45", pattern=r"^\d{2}(\d{2}(\d{2}(\d{3}(\d{3})?)?)?)?$", description="Division code prefix", examples=["45"]
    )
    timezone: str = Field("Asia/Shanghai", description="IANA zone the page shows times in", examples=["Asia/Shanghai"])
    language: Literal["zh", "en"] = Field("zh", description="Language before a person has chosen", examples=["zh"])


class Database(Section):
    """PostgreSQL 18. Without a URL the embedded server runs under `data_dir`."""

    url: str | None = Field(
        None, description="Own server; empty: embedded", examples=["postgresql://commonsight@db.example/commonsight"]
    )
    pool_size: int = Field(5, ge=1, le=100, description="Connections each process may hold", examples=[5])


class Api(Section):
    """The web page and the HTTP interface."""

    host: str = Field("127.0.0.1", description="Address to listen on; beyond loopback only on purpose")
    port: Port = Field(8600, description="TCP port", examples=[8600])
    public_url: str | None = Field(
        None, description="Address people use when a proxy stands in front", examples=["https://video.example"]
    )
    body_limit: int = Field(10_000_000, ge=1_000, description="Largest request body, bytes", examples=[10_000_000])


class Work(Section):
    """Job workers."""

    processes: int = Field(1, ge=0, le=64, description="Job processes on this machine", examples=[1])
    concurrency: int = Field(6, ge=1, le=64, description="Jobs one process runs at once", examples=[6])


class Lake(Section):
    """Closed hours of observations as Delta tables."""

    url: str | None = Field(
        None, description="Directory or S3-compatible address; empty: under `data_dir`", examples=["s3://bucket/lake"]
    )
    hot_days: int = Field(7, ge=1, le=400, description="Days kept in PostgreSQL after export", examples=[7])


class Log(Section):
    """Structured logs on standard error and under `data_dir/logs`."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level", examples=["info"])
    format: Literal["auto", "console", "json"] = Field(
        "auto", description="auto: console on a terminal, JSON elsewhere", examples=["auto"]
    )
    file_bytes: int = Field(10_000_000, ge=10_000, description="A log file rotates at this size, bytes")
    files: int = Field(5, ge=1, le=100, description="Rotated files kept per process", examples=[5])


class Backup(Section):
    """Backups of the embedded database and the archive of its changes, for going back to any moment."""

    dir: Path | None = Field(
        None, description="Where they go, best on another disk; empty: none are kept", examples=["/backup/commonsight"]
    )
    every_hours: float = Field(24, ge=0, le=720, description="A backup by itself this often, h; 0: only when asked")
    keep_days: float = Field(14, gt=0, le=3_650, description="How far back one can go, days", examples=[14])
    archive_seconds: int = Field(
        60, ge=5, le=3_600, description="Changes are archived after this at the latest, s", examples=[60]
    )


class Notices(Section):
    """Telling people and programs about cases: the mail server, the MQTT broker, how long is kept what was told."""

    smtp_host: str | None = Field(None, description="Mail server; empty: no e-mail", examples=["mail.example"])
    smtp_port: Port = Field(587, description="Its port", examples=[587])
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="starttls: TLS or nothing is sent; tls: from the first byte (465); none: in clear"
    )
    smtp_username: str | None = Field(None, description="Account at the mail server; empty: none asked for")
    smtp_password: SecretStr | None = Field(None, description="Its password")
    smtp_from: str | None = Field(None, description="Sender of e-mails", examples=["Commonsight <cases@video.example>"])
    mqtt_host: str | None = Field(None, description="MQTT broker; empty: no MQTT", examples=["mqtt.example"])
    mqtt_port: Port = Field(8883, description="Its port", examples=[8883])
    mqtt_tls: bool = Field(True, description="Speak TLS to the broker")
    mqtt_username: str | None = Field(None, description="Account at the broker; empty: none")
    mqtt_password: SecretStr | None = Field(None, description="Its password")
    ca_file: Path | None = Field(
        None, description="Certificates trusted beside the system's, PEM", examples=["/etc/commonsight/ca.pem"]
    )
    give_up_hours: float = Field(24, gt=0, le=720, description="A notice not delivered for so long is put aside, h")
    keep_days: int = Field(90, ge=1, le=3_650, description="Notices and deliveries are kept this long, days")
