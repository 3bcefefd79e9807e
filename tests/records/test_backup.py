"""Backups and going back, on real servers: to a moment, after losing everything, and the drill that finds the rot."""

import gzip
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from commonsight.problem import Refusal
from commonsight.records import archive, backup, postgres_place, restore
from commonsight.records.backup import Backup
from commonsight.records.backup_keys import pack, put_back, unpack
from commonsight.records.postgres import EmbeddedPostgres
from commonsight.settings import Backup as BackupSettings

SMALL = {"shared_buffers": "16MB", "max_connections": "20"}
KEEP = timedelta(days=14)


class Site:
    """One installation: its server, its keys, its backups."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.root = home / "backups"
        self.data = home / "data"
        self.server: EmbeddedPostgres | None = None
        self.url = ""

    def make(self) -> EmbeddedPostgres:
        return EmbeddedPostgres(
            self.data, self.home / "run", options=SMALL, fallback=self.home / "elsewhere",
            backup=BackupSettings(dir=self.root, archive_seconds=3_600),
        )  # fmt: skip

    def start(self) -> None:
        self.server = self.make()
        self.url = self.server.start()

    def stop(self) -> None:
        if self.server is not None:
            self.server.stop()
            self.server = None

    def run(self, statement: str) -> object:
        with psycopg.connect(self.url, autocommit=True) as connection:
            done = connection.execute(statement)
            row = done.fetchone() if done.description else None
        return row[0] if row else None

    def backup(self, **more: object) -> Backup:
        assert self.server is not None
        return backup.create(self.root, self.server.place, self.data, self.server.password, **({"keep": KEEP} | more))

    def go_back(self, *, at: datetime | None = None, **more: object) -> restore.Restored:
        chosen = restore.choose(backup.found(self.root), at)
        return restore.restore(self.root, self.make(), chosen, at=at, **more)

    def drill(self, **more: object) -> restore.Drilled:
        chosen = restore.choose(backup.found(self.root), None)
        return restore.drill(self.root, chosen, **more)


@pytest.fixture
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="commonsight-backup-test-") as path:
        Path(path).chmod(0o711)
        made = Site(Path(path))
        made.root.mkdir(mode=0o711)
        try:
            made.start()
            made.run("CREATE TABLE cameras (id int PRIMARY KEY, name text)")
            made.run("INSERT INTO cameras SELECT n, 'camera ' || n FROM generate_series(1, 1000) AS n")
            yield made
        finally:
            made.stop()
            for data in [p.parent for p in Path(path).rglob("postgres.password")]:
                for parent in (Path("/run"), Path("/tmp")):
                    shutil.rmtree(parent / f"commonsight-pg-{postgres_place.mark_of(data.resolve())}", True)


def test_what_was_deleted_is_there_again_at_the_moment_before(site):
    made = site.backup()
    assert made.tables["cameras"][0] == 1000
    site.run("INSERT INTO cameras SELECT n, 'later' FROM generate_series(1001, 1500) AS n")
    time.sleep(1.1)  # the server's clock tells moments apart by it
    moment = site.run("SELECT clock_timestamp()")
    time.sleep(1.1)
    site.run("DELETE FROM cameras")
    assert site.run("SELECT count(*) FROM cameras") == 0
    site.stop()

    done = site.go_back(at=moment)
    assert done.reached is not None
    assert done.reached <= moment
    site.start()
    assert site.run("SELECT count(*) FROM cameras") == 1500
    assert site.run("SELECT pg_is_in_recovery()") is False
    # What was replaced lies aside, whole; and life goes on, with backups and another way back.
    assert (done.aside / "PG_VERSION").is_file()
    site.run("INSERT INTO cameras VALUES (2000, 'after')")
    assert site.backup().tables["cameras"][0] == 1501
    assert site.drill().wrong == []


def test_when_the_machine_is_lost_the_backups_alone_bring_everything_back(site):
    (site.data / "secret.key").write_bytes(b"the key of the cameras' passwords")
    site.backup()
    site.run("INSERT INTO cameras VALUES (1001, 'archived')")
    site.run("SELECT pg_switch_wal()")
    wal = archive.cluster_home(site.root, site.server.place) / "wal"
    before = len(list(wal.iterdir()))
    until = time.monotonic() + 60
    while len(list(wal.iterdir())) <= before - 1 or site.run(
        "SELECT last_archived_wal IS NULL OR last_archived_wal < pg_walfile_name(pg_current_wal_lsn() - 1) "
        "FROM pg_stat_archiver"
    ):
        assert time.monotonic() < until
        time.sleep(0.2)
    site.stop()
    shutil.rmtree(site.data)

    done = site.go_back()
    assert done.aside is None
    assert {"secret.key", "postgres.password"} <= set(done.keys)
    assert (site.data / "secret.key").read_bytes() == b"the key of the cameras' passwords"
    assert (site.data / "secret.key").stat().st_mode & 0o777 == 0o600
    site.start()
    assert site.run("SELECT count(*) FROM cameras") == 1001


def test_a_drill_says_how_far_back_one_would_fall(site):
    site.backup()
    site.run("INSERT INTO cameras VALUES (1001, 'later')")
    site.run("SELECT pg_switch_wal()")
    done = site.drill()
    assert done.wrong == []
    assert done.rows == 1000
    assert done.tables >= 1
    assert done.seconds > 0
    assert not [path for path in site.root.iterdir() if path.name.startswith("drill-")]
    assert site.run("SELECT count(*) FROM cameras") == 1001  # the platform went on meanwhile


def test_a_drill_finds_a_file_that_rotted(site):
    made = site.backup()
    assert restore.verified(made) == []
    target = made.place / "base.tar.gz"
    content = bytearray(gzip.decompress(target.read_bytes()))
    at = content.find(b"camera 500")
    assert at > 0
    content[at : at + 6] = b"CAMERA"
    target.write_bytes(gzip.compress(bytes(content), 1))
    [wrong] = restore.verified(made)
    assert wrong.startswith("files: base/")
    target.write_bytes(target.read_bytes()[:-5_000])
    assert site.drill().wrong
    manifest = made.place / "backup_manifest"
    manifest.write_bytes(manifest.read_bytes().replace(b'"Size": 8192', b'"Size": 8193', 1))
    assert restore.verified(made) == ["files: the manifest itself has changed"]


def test_a_drill_finds_rows_that_are_not_those_that_were_backed_up(site):
    made = site.backup()
    document = json.loads((made.place / "backup.json").read_text())
    document["tables"]["cameras"] = [1001, document["tables"]["cameras"][1]]
    document["tables"]["people"] = [3, "7"]
    (made.place / "backup.json").write_text(json.dumps(document))
    assert site.drill().wrong == ["people: the table is missing", "cameras: 1000 rows, noted were 1001"]


def test_a_drill_finds_a_hole_in_the_archive(site):
    made = site.backup()
    wal = site.root / made.identifier / "wal"
    for piece in wal.glob("*.gz"):
        piece.unlink()
    shutil.rmtree(made.place / "nothing", ignore_errors=True)
    assert site.drill().wrong


def test_a_moment_the_archive_does_not_reach_leaves_everything_as_it_was(site):
    site.backup()
    site.stop()
    with pytest.raises(Refusal) as refused:
        site.go_back(at=datetime.now(UTC) + timedelta(days=1))
    assert refused.value.code == "records.restore_failed"
    site.start()
    assert site.run("SELECT count(*) FROM cameras") == 1000


def test_a_running_platform_is_not_replaced(site):
    site.backup()
    with pytest.raises(Refusal) as refused:
        site.go_back()
    assert refused.value.code == "records.already_running"
    assert site.run("SELECT count(*) FROM cameras") == 1000


def test_without_an_archive_a_backup_says_so(site):
    site.stop()
    site.server = EmbeddedPostgres(site.data, site.home / "run", options=SMALL, fallback=site.home / "elsewhere")
    site.url = site.server.start()
    with pytest.raises(Refusal) as refused:
        site.backup()
    assert refused.value.code == "records.backup_no_archive"
    assert backup.found(site.root) == []


def test_writers_go_on_while_a_backup_is_made(site):
    """Sums wait for a moment without writers instead of making anybody wait for long."""
    with psycopg.connect(site.url) as writer:
        writer.execute("INSERT INTO cameras VALUES (1001, 'under way')")
        import threading

        timer = threading.Timer(2.0, writer.commit)
        timer.start()
        try:
            assert site.backup().tables["cameras"][0] == 1001
        finally:
            timer.join(30)


def _noted(root: Path, name: str, at: datetime, segment: str) -> Backup:
    place = root / "1" / "base" / name
    place.mkdir(parents=True)
    made = Backup(name, place, "1", at, at, name, segment, 1, 1, False, {})
    (place / "backup.json").write_text(json.dumps(made.to_json()))
    return made


def test_what_no_moment_needs_any_more_goes(tmp_path):
    now = datetime(2026, 5, 1, tzinfo=UTC)
    wal = tmp_path / "1" / "wal"
    wal.mkdir(parents=True)
    for number in range(1, 9):
        (wal / f"00000001000000000000000{number}.gz").touch()
    (wal / "00000002.history.gz").touch()
    (wal / "000000010000000000000002.00000028.backup.gz").touch()
    for days, number in ((30, 2), (20, 4), (10, 6), (1, 7)):
        _noted(tmp_path, f"b{days}", now - timedelta(days=days), f"00000001000000000000000{number}")
    assert backup.forget(tmp_path, "1", KEEP, now) == 1
    # The one from 20 days ago stays: the moments 14 days back lean on it.
    assert [each.id for each in backup.found(tmp_path)] == ["b20", "b10", "b1"]
    left = sorted(path.name[23:24] for path in wal.iterdir() if archive.SEGMENT.fullmatch(path.name.partition(".")[0]))
    assert left == ["4", "5", "6", "7", "8"]
    assert (wal / "00000002.history.gz").exists()
    assert backup.forget(tmp_path, "1", KEEP, now) == 0


def test_the_newest_backup_before_a_moment_is_taken(tmp_path):
    now = datetime(2026, 5, 1, tzinfo=UTC)
    made = [_noted(tmp_path, f"b{n}", now + timedelta(hours=n), "0" * 24) for n in range(3)]
    known = backup.found(tmp_path)
    assert [each.id for each in known] == [each.id for each in made]
    assert restore.choose(known, None).id == "b2"
    assert restore.choose(known, now + timedelta(minutes=90)).id == "b1"
    with pytest.raises(Refusal, match=r"backup_none_before"):
        restore.choose(known, now - timedelta(seconds=1))
    with pytest.raises(Refusal, match=r"backup_none"):
        restore.choose([], None)


@pytest.mark.parametrize("passphrase", [None, "correct horse battery staple"])
def test_keys_are_for_us_alone(tmp_path, passphrase):
    data, part, back = tmp_path / "data", tmp_path / "part", tmp_path / "back"
    for each in (data / "tls", part, back):
        each.mkdir(parents=True)
    (data / "secret.key").write_bytes(b"s3cret")
    (data / "tls" / "key.pem").write_bytes(b"pem")
    (data / "postgres.lock").write_bytes(b"1")
    (data / "first-password").write_bytes(b"never")
    (data / "big").write_bytes(b"x" * 1_000_001)
    assert pack(data, part, passphrase) is (passphrase is not None)
    [kept] = part.iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert (b"s3cret" in kept.read_bytes()) is (passphrase is None)
    if passphrase is not None:
        for wrong in (None, "another"):
            with pytest.raises(Refusal, match=r"backup_sealed"):
                unpack(part, wrong)
    files = unpack(part, passphrase)
    assert files == {"secret.key": b"s3cret", "tls/key.pem": b"pem"}
    (back / "secret.key").write_bytes(b"another")
    assert sorted(put_back(files, back, "now")) == ["secret.key", "tls/key.pem"]
    assert (back / "secret.key").read_bytes() == b"s3cret"
    assert (back / "secret.key.before-now").read_bytes() == b"another"
    assert put_back(files, back, "again") == []


@pytest.mark.parametrize("name", ["with space", "it's", "100%", "$HOME", 'a"b'])
def test_a_directory_that_cannot_be_put_into_a_command_is_refused(tmp_path, name):
    place = postgres_place.Place(tmp_path, tmp_path, tmp_path, None)
    with pytest.raises(Refusal, match=r"backup_dir"):
        archive.prepare(tmp_path / name, place)


@pytest.mark.parametrize(
    ("timeline", "position", "name"),
    [(1, "0/3000028", "000000010000000000000003"), (2, "16/B374D848", "0000000200000016000000B3")],
)
def test_pieces_of_the_log_are_named_as_the_server_names_them(timeline, position, name):
    assert archive.segment_of(timeline, position) == name


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's server runs as that user")
def test_the_archive_belongs_to_the_servers_account(site):
    wal = archive.cluster_home(site.root, site.server.place) / "wal"
    assert wal.stat().st_uid == site.server.place.account.uid
    assert wal.stat().st_mode & 0o777 == 0o700
