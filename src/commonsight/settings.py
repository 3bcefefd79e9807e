"""One typed tree of settings: a commented TOML file, then `COMMONSIGHT_*` variables on top.

`COMMONSIGHT_API__PORT=9000` sets `api.port`. The sample file and the reference page are
rendered from the same fields (`commonsight config sample|reference`), so they cannot drift.
"""

import hashlib
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from commonsight.network import Exempt
from commonsight.problem import Refusal

Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0)]


class Section(BaseModel):
    """One table of the file. Unknown keys are refused: a typing error must not be silent."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


class Media(Section):
    """Media nodes: opening cameras once, fanning out to viewers and analysis."""

    nodes: int = Field(1, ge=0, le=64, description="Media processes on this machine", examples=[1])
    host: str = Field("127.0.0.1", description="Address viewers' WebSockets come in on")
    port: Port = Field(8620, description="Port of the first node; each further node takes the next", examples=[8620])
    public_url: str | None = Field(
        None,
        description="WebSocket address people use when a proxy stands in front; `{name}` is the node",
        examples=["wss://video.example/media/{name}"],
    )
    packets_host: str | None = Field(
        None,
        description="Address on which analysis on other machines takes packets; unencrypted, for closed networks",
        examples=["10.0.0.5"],
    )
    packets_port: Port = Field(8660, description="Port for that of the first node; each further one takes the next")
    idle_seconds: Seconds = Field(10, description="A source nobody reads is closed after this, s", examples=[10])
    open_timeout: Seconds = Field(10, description="Longest wait for a camera to answer, s", examples=[10])
    group_bytes: int = Field(
        16_000_000, ge=100_000, description="Largest cached keyframe group a camera, bytes", examples=[16_000_000]
    )
    viewer_bytes: int = Field(
        4_000_000, ge=100_000, description="Queue of one viewer before it is moved on, bytes", examples=[4_000_000]
    )
    rtsp_port: Port | None = Field(
        None,
        description="Port for reading cameras by RTSP; each further node takes the next; empty: none",
        examples=[8700],
    )
    rtsp_host: str = Field("127.0.0.1", description="Address for that; unencrypted, for closed networks")
    server: str | None = Field(
        None,
        description="Address viewers read at an existing media server; `{camera}` and `{ticket}` are filled in",
        examples=["rtsp://video.example:8554/{camera}?ticket={ticket}"],
    )
    server_key: SecretStr | None = Field(
        None, description="Key that server shows when it asks whether a viewer may watch; empty: it may not ask"
    )
    hls_bytes: int = Field(
        32_000_000, ge=1_000_000, description="Room for the HLS parts of one camera, bytes", examples=[32_000_000]
    )
    udp_ports: tuple[Port, Port] = Field(
        (35_000, 39_999), description="First and last UDP port on which pictures of RTSP cameras may come in"
    )
    snapshot_seconds: float = Field(
        1, ge=0.2, le=60, description="Least time between two pictures asked of a camera over HTTP, s", examples=[1]
    )
    viewers_max: int = Field(1_000, ge=1, description="Viewers one node takes at once", examples=[1_000])
    cameras_max: int = Field(500, ge=1, description="Cameras one node holds open at once", examples=[500])
    derived_max: int = Field(
        8, ge=0, description="Masked or reduced pictures one node makes at once; each takes a process", examples=[8]
    )


class Recording(Section):
    """Recording cameras on this machine's disks: where, how much, how long; exports of what was recorded."""

    enabled: bool = Field(True, description="Record on this machine's media nodes what plans ask for", examples=[True])
    path: Path | None = Field(
        None, description="Where recordings lie; empty: `recordings` under `data_dir`", examples=["/srv/recordings"]
    )
    segment_seconds: float = Field(60, ge=2, le=600, description="Length of one file, s", examples=[60])
    cameras_max: int = Field(200, ge=0, description="Cameras one media node records at once", examples=[200])
    quota_bytes: int = Field(
        0, ge=0, description="Most that recordings may take on this machine, bytes; 0: the disk", examples=[0]
    )
    reserve_bytes: int = Field(
        5_000_000_000, ge=0, description="Room kept free on the disk, bytes", examples=[5_000_000_000]
    )
    export_days: float = Field(7, gt=0, le=365, description="An exported file is kept this long, days", examples=[7])
    export_hours_max: float = Field(12, gt=0, le=72, description="Longest span of one export, h", examples=[12])
    export_bytes_max: int = Field(
        50_000_000_000, ge=1_000_000, description="Room for exported files, bytes", examples=[50_000_000_000]
    )
    ffmpeg: Path | None = Field(
        None, description="The program that makes exports; empty: `ffmpeg`, else the packaged one"
    )
    font: Path | None = Field(
        None, description="Font of the watermark with Chinese characters; empty: it is looked for"
    )


class See(Section):
    """Analysis workers: what they look with and how often."""

    processes: int = Field(1, ge=0, le=256, description="Analysis processes on this machine", examples=[1])
    cameras_max: int = Field(8, ge=1, le=1_000, description="Cameras one process watches at once", examples=[8])
    fps: float = Field(5, gt=0, le=60, description="Frames a second looked at, per camera", examples=[5])
    score: float = Field(0.3, ge=0, le=1, description="Detections below this score are not used", examples=[0.3])
    lease_seconds: Seconds = Field(10, description="A silent worker loses its cameras after this, s", examples=[10])
    flush_seconds: Seconds = Field(2, description="Observations are written this often, s", examples=[2])


class Work(Section):
    """Job workers."""

    processes: int = Field(1, ge=0, le=64, description="Job processes on this machine", examples=[1])
    concurrency: int = Field(4, ge=1, le=64, description="Jobs one process runs at once", examples=[4])


class Inspect(Section):
    """Sweeps that prove a camera reachable and playable."""

    enabled: bool = Field(True, description="Sweep cameras in the background", examples=[True])
    interval_seconds: Seconds = Field(3_600, description="Aim: every camera checked this often, s", examples=[3_600])
    rate: float = Field(40, gt=0, le=10_000, description="Checks started a second, at most", examples=[40])
    concurrency: int = Field(64, ge=1, le=5_000, description="Checks under way at once", examples=[64])
    timeout_seconds: Seconds = Field(6, description="A check is given up after this, s", examples=[6])
    offline_after: int = Field(2, ge=1, le=10, description="Failed tries before a camera is offline", examples=[2])
    keep_probes: int = Field(20, ge=1, le=1_000, description="Results kept per camera in the database", examples=[20])
    shards: int = Field(1, ge=1, le=64, description="Shards of a sweep worked at once, sharing the rate", examples=[1])
    retry_seconds: Seconds = Field(3, description="Pause before a failed camera is tried again, s", examples=[3])
    loopback: bool = Field(
        False, description="Let people file cameras at addresses of this machine (127.0.0.1, ::1)", examples=[False]
    )


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


class Access(Section):
    """Sessions of people and tokens of programs."""

    session_hours: float = Field(12, gt=0, le=720, description="A session unused this long ends, h", examples=[12])
    login_attempts: int = Field(8, ge=1, le=100, description="Failed logins per name in ten minutes", examples=[8])
    second_factor: list[Literal["administrator", "operator", "officer", "analyst", "regulator"]] = Field(
        [],
        description="Roles that ask for a code of an authenticator besides the password",
        examples=[["administrator", "officer"]],
    )
    address_rate: int = Field(
        30_000, ge=10, le=10_000_000, description="Requests a minute from one network address", examples=[30_000]
    )
    caller_rate: int = Field(
        6_000, ge=10, le=10_000_000, description="Requests a minute of one session or API token", examples=[6_000]
    )


class OidcRule(Section):
    """What a claim of a provider means here. All rules that match count together."""

    claim: str = Field(min_length=1, description="Claim, dots go into objects", examples=["realm_access.roles"])
    value: str = Field("*", description="Value, or one of the claim's values; `*`: whatever it is")
    roles: list[Literal["administrator", "operator", "officer", "analyst", "regulator"]] = Field(
        [], description="Roles it gives"
    )
    regions: list[str] = Field([], description="Division-code prefixes it gives", examples=[["4501"]])
    organisation: str | None = Field(None, description="Organisation; `*`: the claim's own value")


class OidcProvider(Section):
    """One identity provider (OpenID Connect) that people may sign in with."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$", description="Name in addresses", examples=["city"])
    title: str = Field(max_length=60, description="What the button says", examples=["南宁市统一身份认证"])
    issuer: str = Field(description="Issuer, as its discovery document names it", examples=["https://id.city.example"])
    client_id: str = Field(description="Our name at the provider", examples=["commonsight"])
    client_secret: str | None = Field(None, description="Our secret there; empty: a public client")
    scopes: list[str] = Field(["openid", "profile"], description="Scopes asked for")
    ca_file: Path | None = Field(
        None, description="Certificates to trust besides the system's", examples=["/etc/ca.pem"]
    )
    name_claim: str = Field("preferred_username", description="Claim that becomes the account's name")
    display_claim: str = Field("name", description="Claim that becomes the name people see")
    create: bool = Field(False, description="Make an account at the first sign-in, if a rule gives it a role")
    second_factor: Literal["here", "provider"] = Field(
        "here", description="Who asks for the second factor that `access.second_factor` wants"
    )
    rules: list[OidcRule] = Field([], max_length=200, description="What its claims mean here")

    @field_validator("issuer")
    @classmethod
    def _https(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        local = parts.hostname in ("127.0.0.1", "::1", "localhost")
        if not parts.hostname or parts.query or parts.fragment or parts.username:
            raise ValueError("an address like https://id.city.example/realm")
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise ValueError("https; plain http only on this machine")
        return issuer


class Oidc(Section):
    """Signing in with identity providers of others (OpenID Connect)."""

    providers: list[OidcProvider] = Field([], max_length=16, description="The providers")

    @model_validator(mode="after")
    def _named_apart(self) -> "Oidc":
        names = [provider.name for provider in self.providers]
        if len(set(names)) < len(names):
            raise ValueError(f"providers: two have the same name ({', '.join(names)})")
        return self


class Tls(Section):
    """How browsers reach the page and the media nodes in confidence."""

    certificate: Path | None = Field(
        None, description="Certificate chain, PEM; with it the API and the media nodes speak TLS themselves"
    )
    key: Path | None = Field(None, description="Its private key, PEM, readable for us alone")
    behind_proxy: bool = Field(
        False, description="A proxy of yours ends TLS in front of us and is the only one that reaches us"
    )

    @model_validator(mode="after")
    def _both(self) -> "Tls":
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together")
        return self

    @property
    def on(self) -> bool:
        """Whether our own servers speak TLS."""
        return self.certificate is not None


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


class Network(Section):
    """Addresses that people, devices and other servers name: what may be reached on their word."""

    allow: list[str] = Field(
        [],
        description="Networks, with or without a port, that may be reached although the rule refuses them",
        examples=[["10.20.0.0/16", "127.0.0.1:8554"]],
        max_length=200,
    )

    @field_validator("allow")
    @classmethod
    def _readable(cls, allow: list[str]) -> list[str]:
        for each in allow:
            Exempt.parse(each)
        return allow


class Vision(Section):
    """Models: where they lie and how they run."""

    models_dir: Path | None = Field(
        None, description="Installed models; empty: `models` under the user's data directory", examples=["/srv/models"]
    )
    model: str = Field("nanodet-coco-416", description="Model card used unless a camera names another")
    providers: list[str] = Field(
        ["CPUExecutionProvider"], description="ONNX Runtime providers, first that works", min_length=1
    )
    threads: int = Field(1, ge=1, le=64, description="Threads of one inference session", examples=[1])


class Simulate(Section):
    """The demo world: virtual cameras that speak RTSP. Used by `commonsight demo` only."""

    host: str = Field("127.0.0.1", description="Address the virtual cameras listen on")
    port: Port = Field(8654, description="RTSP port of the virtual cameras", examples=[8654])
    cameras: int = Field(20_000, ge=0, le=1_000_000, description="Cameras in the demo region", examples=[20_000])
    seed: int = Field(45, description="Seed of the demo region and its faults", examples=[45])


class Zone(Section):
    """A network this platform has an address in, such as the police network, the government extranet, the internet."""

    name: str = Field("local", pattern=r"^[a-z][a-z0-9-]{0,30}$", description="Name, as devices and zones refer to it")
    host: str = Field("127.0.0.1", description="Address SIP listens on; beyond loopback only on purpose")
    port: int = Field(5060, ge=0, le=65535, description="SIP port, UDP and TCP; 0: any free one")
    advertised: str | None = Field(None, description="Address devices of this zone are told, `host` or `host:port`")
    media_host: str | None = Field(None, description="Address media nodes receive streams on in this zone")
    media_ports: tuple[Port, Port] = Field((30_000, 34_999), description="First and last port for streams")
    reaches: list[str] = Field([], description="Other zones whose devices may send streams to this one's addresses")

    @model_validator(mode="after")
    def _whole(self) -> "Zone":
        if self.media_ports[0] > self.media_ports[1]:
            raise ValueError(f"media_ports: the first ({self.media_ports[0]}) is above the last")
        if self.host in ("0.0.0.0", "::") and self.advertised is None:  # noqa: S104
            raise ValueError(f"advertised: needed with host {self.host}, which no device can answer to")
        return self


class Sip(Section):
    """GB/T 28181: the platform's own id, and the networks it listens on."""

    enabled: bool = Field(True, description="Run the process that talks to GB/T 28181 devices", examples=[True])
    id: str = Field("45000000002000000001", pattern=r"^\d{20}$", description="Our own platform id, 20 digits")
    domain: str | None = Field(
        None,
        pattern=r"^[0-9A-Za-z.-]{1,64}$",
        description="SIP domain; empty: the first 10 digits of the id",
        examples=["4500000000"],
    )
    password: str | None = Field(
        None, description="For devices without a password of their own; empty: none", examples=["secret"]
    )
    zones: list[Zone] = Field([Zone()], min_length=1, max_length=16, description="The networks we have an address in")
    signalling_host: str | None = Field(
        None,
        description="Address on which media nodes on other machines ask this process; unencrypted, for closed networks",
        examples=["10.0.0.4"],
    )
    signalling_port: Port = Field(8680, description="Port for that")

    @property
    def realm(self) -> str:
        """The SIP domain in force."""
        return self.domain or self.id[:10]

    @model_validator(mode="after")
    def _zones_known(self) -> "Sip":
        names = [zone.name for zone in self.zones]
        if len(set(names)) < len(names):
            raise ValueError(f"zones: two have the same name ({', '.join(names)})")
        for zone in self.zones:
            if unknown := [name for name in zone.reaches if name not in names]:
                raise ValueError(f"zones.{zone.name}.reaches: no zone is named {unknown[0]}")
        return self


class Sync(Section):
    """Catalogues of lower platforms: when they are asked for, and what becomes of cameras they no longer name."""

    concurrency: int = Field(32, ge=1, le=1_000, description="Catalogues collected at once", examples=[32])
    silence_seconds: Seconds = Field(5, description="An unfinished answer is given up after this silence, s, at least")
    attempts: int = Field(12, ge=1, le=100, description="Queries of one sync before it ends incomplete", examples=[12])
    patience_hours: float = Field(24, gt=0, le=720, description="Longest wait for a device that is away, h")
    every_hours: float = Field(24, ge=0, le=8_760, description="Sync by itself this often, h; 0: only when asked")
    vanish_share: float = Field(
        0.5, ge=0, le=1, description="A catalogue without more than this share of its cameras marks none vanished"
    )
    archive_days: int = Field(
        0, ge=0, le=3_650, description="Vanished cameras are archived after this, days; 0: by people", examples=[90]
    )


class Viid(Section):
    """GA/T 1400: what smart cameras recognised themselves, taken as a view library takes it."""

    enabled: bool = Field(False, description="Take what devices recognised", examples=[True])
    host: str = Field("127.0.0.1", description="Address devices send to; beyond loopback only on purpose")
    port: int = Field(8640, ge=0, le=65535, description="TCP port, HTTP; 0: any free one", examples=[8640])
    id: str | None = Field(
        None,
        pattern=r"^\d{20}$",
        description="Our identifier as a view library, 20 digits; empty: that of `sip`",
        examples=["45000000005030000001"],
    )
    public_url: str | None = Field(
        None, description="Address lower platforms send to when we subscribe", examples=["http://10.0.0.5:8640"]
    )
    password: str | None = Field(
        None, description="Lets devices in that nobody has filed; empty: none", examples=["secret"]
    )
    keep_hours: float = Field(24, gt=0, le=24 * 31, description="Objects are kept this long after they came, h")
    keep_identity: bool = Field(False, description="Keep plates, names and numbers of what was recognised, too")
    images_bytes: int = Field(
        0, ge=0, description="Room for pictures devices send, bytes; 0: none is kept", examples=[10_000_000_000]
    )
    body_limit: int = Field(20_000_000, ge=10_000, description="Largest message of a device, bytes")


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
    work: Work = Work()
    inspect: Inspect = Inspect()
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
