"""Kept pictures."""

import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from commonsight.inspect.diagnosis import evidence

AT = datetime(2026, 6, 1, 4, 0, 0, 123456, tzinfo=UTC)


def kept(place: Path, number: int, size: int, age: float) -> str:
    name = evidence.name_of(UUID(int=number), AT)
    evidence.keep(place, name, bytes(size))
    os.utime(place / name, (1_000_000 - age, 1_000_000 - age))
    return name


def test_a_picture_is_found_again_and_nothing_else_is(tmp_path: Path) -> None:
    place = evidence.place_of(tmp_path)
    name = evidence.name_of(UUID(int=5), AT)
    evidence.keep(place, name, b"picture")
    assert evidence.read(place, name) == b"picture"
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    assert evidence.read(place, "../secret.jpg") is None
    assert evidence.read(place, evidence.name_of(UUID(int=6), AT)) is None


def test_what_no_verdict_names_goes_and_what_is_young_stays(tmp_path: Path) -> None:
    wanted, young, old = (kept(tmp_path, n, 10, age) for n, age in ((1, 9_000), (2, 10), (3, 9_000)))
    deleted, left = evidence.purge(tmp_path, frozenset({wanted}), 1_000, 1_000_000 - 3_600)
    assert (deleted, left) == (1, 20)
    assert evidence.read(tmp_path, old) is None
    assert evidence.read(tmp_path, young) is not None
    assert not (tmp_path / old).parent.exists()


def test_the_oldest_go_when_there_is_no_room(tmp_path: Path) -> None:
    names = [kept(tmp_path, n, 100, age) for n, age in ((1, 9_000), (2, 8_000), (3, 7_000))]
    deleted, left = evidence.purge(tmp_path, frozenset(names), 250, 0)
    assert (deleted, left) == (1, 200)
    assert evidence.read(tmp_path, names[0]) is None
    assert evidence.purge(tmp_path / "nowhere", frozenset(), 0, 0) == (0, 0)
