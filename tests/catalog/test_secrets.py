"""Passwords at rest."""

import stat
from pathlib import Path

import pytest

from commonsight.catalog import secrets
from commonsight.problem import Refusal


def test_the_key_is_made_once_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    sealed = secrets.secret_box(tmp_path / "new").seal("口令")
    path = tmp_path / "new" / secrets.FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "口令".encode() not in sealed
    assert secrets.secret_box(tmp_path / "new").open(sealed) == "口令"
    assert [p.name for p in (tmp_path / "new").iterdir()] == [secrets.FILE]


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    sealed = secrets.secret_box(tmp_path / "a").seal("x")
    with pytest.raises(Refusal, match="secret_unreadable"):
        secrets.secret_box(tmp_path / "b").open(sealed)


def test_a_broken_key_file_is_named(tmp_path: Path) -> None:
    (tmp_path / secrets.FILE).write_text("not a key")
    with pytest.raises(Refusal, match="key_invalid"):
        secrets.secret_box(tmp_path)


def test_a_process_without_the_key_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_installed", None)
    with pytest.raises(Refusal, match="key_missing"):
        secrets.installed()


def test_the_box_keeps_quiet(tmp_path: Path) -> None:
    key = (secrets.secret_box(tmp_path), (tmp_path / secrets.FILE).read_text())
    assert key[1] not in repr(key[0])
