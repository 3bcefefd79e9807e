"""One typed tree of settings: a commented TOML file, then `COMMONSIGHT_*` variables on top.

`COMMONSIGHT_API__PORT=9000` sets `api.port`. The sample file and the reference page are
rendered from the same fields (`commonsight config sample|reference`), so they cannot drift.
"""

import hashlib
import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from commonsight.problem import Refusal
from commonsight.settings.access import Access, Network, Oidc, OidcProvider, OidcRule, Tls
from commonsight.settings.assess import Assessment, Exemptions, Reports
from commonsight.settings.budget import Budget
from commonsight.settings.diagnosis import Diagnosis
from commonsight.settings.gather import Simulate, Sip, Sync, Viid, Zone
from commonsight.settings.incidents import Incidents, Opinion
from commonsight.settings.indicators import Indicators
from commonsight.settings.maintain import Maintenance
from commonsight.settings.osd import Osd, References
from commonsight.settings.pictures import Inspect, Media, Recording, See, Vision
from commonsight.settings.platform import Api, Backup, Database, Lake, Log, Notices, Region, Work
from commonsight.settings.section import Port, Section

__all__ = [
    "Access", "Api", "Assessment", "Backup", "Budget", "Database", "Diagnosis", "Exemptions", "Incidents", "Indicators",
    "Inspect", "Lake", "Log", "Maintenance", "Media", "Network", "Notices", "Oidc", "OidcProvider", "OidcRule",
    "Opinion", "Osd", "Port",
    "Recording", "References", "Region", "Reports", "Section", "See", "Settings", "Simulate", "Sip", "Sync", "Tls",
    "Viid", "Vision", "Work", "Zone", "default_data_dir", "load", "user_dir",
]  # fmt: skip


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix="COMMONSIGHT_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    data_dir: Path = Field(
        default_factory=lambda: default_data_dir(),
        description="Where everything this platform keeps lies",
        examples=["/var/lib/commonsight"],
    )
    region: Region = Region()
    database: Database = Database()
    api: Api = Api()
    media: Media = Media()
    recording: Recording = Recording()
    sip: Sip = Sip()
    viid: Viid = Viid()
    see: See = See()
    incidents: Incidents = Incidents()
    opinion: Opinion = Opinion()
    budget: Budget = Budget()
    work: Work = Work()
    inspect: Inspect = Inspect()
    diagnosis: Diagnosis = Diagnosis()
    osd: Osd = Osd()
    references: References = References()
    maintenance: Maintenance = Maintenance()
    lake: Lake = Lake()
    log: Log = Log()
    access: Access = Access()
    network: Network = Network()
    oidc: Oidc = Oidc()
    tls: Tls = Tls()
    backup: Backup = Backup()
    vision: Vision = Vision()
    simulate: Simulate = Simulate()
    sync: Sync = Sync()
    notices: Notices = Notices()
    exemptions: Exemptions = Exemptions()
    assessment: Assessment = Assessment()
    reports: Reports = Reports()
    indicators: Indicators = Indicators()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, as operators expect."""
        return env_settings, init_settings

    @property
    def runtime_dir(self) -> Path:
        """Sockets live here: short, because a socket's path may have 107 bytes at most."""
        mark = hashlib.sha256(str(self.data_dir.resolve()).encode()).hexdigest()[:8]
        base = os.environ.get("XDG_RUNTIME_DIR")
        root = Path(base) if base and Path(base).is_dir() else Path("/tmp")  # noqa: S108
        return root / f"commonsight-{os.getuid()}-{mark}"

    @property
    def models_dir(self) -> Path:
        """Models are large and the same for every installation of a user, so they lie outside `data_dir`."""
        return self.vision.models_dir or user_dir("XDG_DATA_HOME", ".local/share") / "models"

    @property
    def recordings_dir(self) -> Path:
        """Recordings, and below `exports` what was made of them."""
        return self.recording.path or self.data_dir / "recordings"

    @property
    def lake_url(self) -> str:
        """Directory or address of the lake."""
        return self.lake.url or str(self.data_dir / "lake")


def user_dir(variable: str, fallback: str) -> Path:
    """`$variable/commonsight`, or `~/fallback/commonsight` (XDG base directories)."""
    base = os.environ.get(variable)
    return (Path(base) if base else Path.home() / fallback) / "commonsight"


def default_data_dir() -> Path:
    """A system directory for root, the user's state directory otherwise."""
    return Path("/var/lib/commonsight") if os.geteuid() == 0 else user_dir("XDG_STATE_HOME", ".local/state")


def load(path: Path | None = None) -> Settings:
    """Read settings from `path` (default: `commonsight.toml` here, if there is one) and the environment.

    Raises:
        Refusal: `settings.unreadable` or `settings.invalid`, naming the key, the value and the rule.
    """
    given = path is not None
    path = path or Path("commonsight.toml")
    document: dict[str, Any] = {}
    if given or path.is_file():
        try:
            document = tomllib.loads(path.read_text("utf-8"))
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise Refusal("settings.unreadable", path=str(path), reason=str(error)) from error
    try:
        return Settings(**document)
    except ValidationError as error:
        first = error.errors()[0]
        raise Refusal(
            "settings.invalid",
            operand=".".join(str(part) for part in first["loc"]),
            actual=None if first["type"] == "missing" else first["input"],
            rule=first["msg"],
        ) from error
