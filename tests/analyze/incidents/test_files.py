"""Kept evidence: whole or not at all, named by nothing a request can choose, gone when no row names it."""

import os
from pathlib import Path
from uuid import UUID

from commonsight.analyze.incidents.evidence import files

INCIDENT = UUID(int=7)


def test_evidence_is_kept_under_its_own_name_and_goes_when_nothing_names_it(tmp_path: Path) -> None:
    place = files.place_of(tmp_path)
    first, size, _ = files.keep(place, INCIDENT, "jpg", b"later")
    better, _, _ = files.keep(place, INCIDENT, "jpg", b"of the moment")
    assert (size, files.read(place, first), files.read(place, better)) == (5, b"later", b"of the moment")
    assert (place / better).stat().st_mode & 0o077 == 0
    for path in place.glob("*/*"):
        os.utime(path, (1_000, 1_000))
    assert files.purge(place, frozenset({better}), 500) == 0, "too young: its row may not be committed yet"
    assert files.purge(place, frozenset({better}), 2_000) == 1
    assert (files.read(place, first), files.read(place, better)) == (None, b"of the moment")


def test_no_other_file_is_read() -> None:
    for name in ("../secret.jpg", "/etc/passwd", "07/x.jpg", f"07/{INCIDENT}-00000000.jpg/../../x"):
        assert files.path_of(Path("/data"), name) is None
