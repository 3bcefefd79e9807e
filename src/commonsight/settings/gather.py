"""What lies below us: SIP zones, catalogue sync, smart cameras, virtual cameras."""

from pydantic import Field, model_validator

from commonsight.settings.section import Port, Seconds, Section


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
