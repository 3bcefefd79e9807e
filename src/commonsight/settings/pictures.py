"""Pictures: media nodes, recordings, analysis, checks, models."""

from pathlib import Path

from pydantic import Field, SecretStr

from commonsight.settings.section import Port, Seconds, Section


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
    pool: str = Field(
        "",
        pattern=r"^([a-z0-9][a-z0-9-]{0,39})?$",
        description="Pool of compute its workers belong to; empty: the common one",
        examples=["nanning"],
    )
    cameras_max: int = Field(
        32,
        ge=1,
        le=1_000,
        description="Cameras one process watches at once; how closely the budget says",
        examples=[32],
    )
    fps: float = Field(5, gt=0, le=60, description="Frames a second looked at, per camera", examples=[5])
    score: float = Field(0.3, ge=0, le=1, description="Detections below this score are not used", examples=[0.3])
    cores: float | None = Field(
        None,
        gt=0,
        le=1_024,
        description="Cores one process may use, told to the budget; empty: 2, or 1 where there is 1",
        examples=[2],
    )
    lease_seconds: Seconds = Field(10, description="A silent worker loses its cameras after this, s", examples=[10])
    flush_seconds: Seconds = Field(2, description="Observations are written this often, s", examples=[2])


class Inspect(Section):
    """Sweeps that prove a camera reachable and playable."""

    enabled: bool = Field(True, description="Sweep cameras in the background", examples=[True])
    interval_seconds: Seconds = Field(3_600, description="Aim: every camera checked this often, s", examples=[3_600])
    rate: float = Field(100, gt=0, le=10_000, description="Checks started a second, at most", examples=[100])
    concurrency: int = Field(256, ge=1, le=5_000, description="Checks under way at once", examples=[256])
    kbps: int = Field(
        200_000,
        ge=0,
        description="Most that checks receive, everything together, kbit/s; 0: no limit",
        examples=[200_000],
    )
    platform_concurrency: int = Field(
        64,
        ge=0,
        le=5_000,
        description="Checks under way at once on one platform that has no limit of its own; 0: any",
        examples=[64],
    )
    platform_rate: float = Field(
        40, ge=0, le=10_000, description="Checks started a second on such a platform; 0: any", examples=[40]
    )
    platform_kbps: int = Field(
        0, ge=0, description="Most that checks receive from such a platform, kbit/s; 0: no limit", examples=[50_000]
    )
    link_concurrency: int = Field(
        16,
        ge=0,
        le=5_000,
        description="Checks under way at once in one network (/24, /64) that has no limit of its own; 0: any",
        examples=[16],
    )
    link_rate: float = Field(
        0, ge=0, le=10_000, description="Checks started a second in such a network; 0: any", examples=[10]
    )
    link_kbps: int = Field(
        0, ge=0, description="Most that checks receive from such a network, kbit/s; 0: no limit", examples=[20_000]
    )
    timeout_seconds: Seconds = Field(
        6, description="A check that brings nothing is given up after this, s", examples=[6]
    )
    patience_seconds: float = Field(
        6,
        ge=0,
        le=60,
        description="A camera that sends is given this long more for its first keyframe, s",
        examples=[6],
    )
    measure_seconds: float = Field(
        10,
        ge=0,
        le=60,
        description="Longest wait for a second keyframe, which tells rate and distance, s; 0: never",
        examples=[10],
    )
    measure_days: float = Field(
        7,
        gt=0,
        le=365,
        description="Each camera's rate and distance of keyframes are measured this often, days",
        examples=[7],
    )
    measure_share: float = Field(
        0.05, gt=0, le=1, description="At most this part of a round's cameras is measured in it", examples=[0.05]
    )
    substream: bool = Field(
        True,
        description="Check the substream of cameras whose address tells it, the main stream where that fails",
        examples=[True],
    )
    offline_after: int = Field(2, ge=1, le=10, description="Failed tries before a camera is offline", examples=[2])
    keep_probes: int = Field(20, ge=1, le=1_000, description="Results kept per camera in the database", examples=[20])
    shards: int = Field(
        2, ge=1, le=64, description="Shards of a sweep worked at once, sharing the limits", examples=[2]
    )
    retry_seconds: Seconds = Field(3, description="Pause before a failed camera is tried again, s", examples=[3])
    loopback: bool = Field(
        False, description="Let people file cameras at addresses of this machine (127.0.0.1, ::1)", examples=[False]
    )


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
