"""The archive of changes: every finished piece of PostgreSQL's log, compressed, in a directory of its own.

Together with a backup it leads to any moment since. One directory a cluster (by its system identifier), so that two
installations may share a place without harm and a restored one goes on where it came from.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from commonsight.problem import Refusal
from commonsight.records.postgres_place import Place, reaches

SEGMENT: Final = re.compile(r"[0-9A-F]{24}")
_HOSTILE: Final = re.compile(r"""['"%\\$`\n]""")
CONTROL_SECONDS: Final = 30

# `cmp`: the server asks again for what it was not told of before a crash; the same is good, another is an alarm.
_KEEP: Final = (
    "f={wal}/%f.gz; if test -f $f; then gzip -dc $f | cmp -s - %p; "
    "else gzip -1 <%p >$f.part && sync $f.part && mv $f.part $f; fi"
)
_FETCH: Final = "test -f {wal}/%f.gz && gzip -dc {wal}/%f.gz >%p"


def cluster_home(root: Path, place: Place) -> Path:
    """Where the backups and the archive of this cluster lie below `root`."""
    return root / identifier(place)


def identifier(place: Place) -> str:
    """The cluster's own number, which its backups and all that is restored from them share."""
    done = subprocess.run(
        [str(place.programs / "pg_controldata"), "-D", str(place.data)],
        capture_output=True,
        text=True,
        check=False,
        timeout=CONTROL_SECONDS,
        env={"PATH": os.defpath, "LC_ALL": "C"},
    )
    found = re.search(r"^Database system identifier:\s+(\d+)$", done.stdout, re.MULTILINE)
    if done.returncode != 0 or found is None:
        raise Refusal("records.backup_failed", operand="pg_controldata", reason=(done.stderr or done.stdout)[-500:])
    return found.group(1)


def prepare(root: Path, place: Place) -> Path:
    """Make the archive's directory and hand it to the server's account; returns it.

    Raises:
        Refusal: `records.backup_dir` when its name cannot be put into a command or the server cannot reach it.
    """
    if _HOSTILE.search(str(root)) or " " in str(root):
        raise Refusal("records.backup_dir", rule="no spaces, quotes, $ or %", operand="backup.dir", actual=str(root))
    if shutil.which("gzip", path=os.defpath) is None:
        raise Refusal("records.backup_dir", rule="gzip installed", operand="backup.dir", actual=str(root))
    home = cluster_home(root, place)
    wal = home / "wal"
    wal.mkdir(parents=True, exist_ok=True)
    # The server's account passes through to its own directory and lists nothing on the way.
    home.chmod(0o711)
    place.give(wal, 0o700)
    if place.account is not None and not reaches(place.account, [wal]):
        raise Refusal(
            "records.backup_dir", rule=f"the account {place.account.name} can reach it", operand="backup.dir",
            actual=str(root),
        )  # fmt: skip
    return wal


def options(wal: Path, seconds: int) -> Mapping[str, str]:
    """Server settings that keep every change in `wal`, at the latest `seconds` after it happened."""
    return {
        "wal_level": "replica",
        "archive_mode": "on",
        "archive_command": _KEEP.format(wal=wal),
        "archive_timeout": f"{seconds}s",
    }


def fetch_command(wal: Path, besides: Path | None = None) -> str:
    """`restore_command`: from the archive, else from `besides`, the log that the replaced cluster had not yet given
    away."""
    fetch = _FETCH.format(wal=wal)
    return fetch if besides is None else f"{{ {fetch}; }} || cp {besides}/%f %p"


def segment_of(timeline: int, position: str) -> str:
    """Name of the piece of the log that holds a position (`0/3000028`)."""
    high, _, low = position.partition("/")
    return f"{timeline:08X}{int(high, 16):08X}{int(low, 16) >> 24:08X}"


def holds(wal: Path, segment: str) -> bool:
    """Whether the archive has this piece."""
    return (wal / f"{segment}.gz").is_file()


def forget_before(wal: Path, segment: str) -> int:
    """Remove pieces older than `segment`, on whatever timeline; returns how many. Histories stay, they are small."""
    gone = 0
    for path in wal.iterdir():
        name = path.name.partition(".")[0]
        if SEGMENT.fullmatch(name) and name[8:] < segment[8:]:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
