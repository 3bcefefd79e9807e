"""Logs: files that cannot grow without end, lines that cannot harm a terminal."""

import io
import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from commonsight.processes.postgres_lines import translated
from commonsight.processes.rotation import Rotated, Terminal, parse


def test_files_together_stay_within_their_bound(tmp_path: Path) -> None:
    file = Rotated(tmp_path / "logs" / "a.log", size=1000, files=3)
    for n in range(1000):
        file.write(f"line {n:04}".encode())
    file.close()
    found = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert found == ["a.log", "a.log.1", "a.log.2"]
    assert all(path.stat().st_size <= 1000 for path in (tmp_path / "logs").iterdir())
    assert (tmp_path / "logs" / "a.log").read_text().splitlines()[-1] == "line 0999"
    kept = "".join((tmp_path / "logs" / name).read_text() for name in reversed(found)).splitlines()
    assert kept == [f"line {n:04}" for n in range(1000 - len(kept), 1000)]


def test_one_file_is_enough_and_a_restart_appends(tmp_path: Path) -> None:
    for _ in range(2):
        file = Rotated(tmp_path / "a.log", size=100, files=1)
        file.write(b"one")
        file.close()
    assert (tmp_path / "a.log").read_text() == "one\none\n"
    file = Rotated(tmp_path / "a.log", size=100, files=1)
    file.write(b"x" * 99)
    file.close()
    assert (tmp_path / "a.log").read_bytes() == b"x" * 99 + b"\n"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_costs_lines_not_the_platform(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the directory should be")
    file = Rotated(tmp_path / "logs" / "a.log", size=100, files=2)
    file.write(b"line")
    assert file.dropped == 1


def shown(line: bytes, *, form: str = "console", level: str = "info") -> str:
    output = io.StringIO()
    Terminal(form=form, level=level, output=output).show("media-1", line)
    return output.getvalue()


def test_a_line_for_people() -> None:
    line = json.dumps(
        {"at": "2026-01-01T08:00:01.5Z", "level": "info", "event": "camera_opened", "camera": "桂 A", "n": 3}
    )
    assert shown(line.encode()) == '08:00:01 media-1    info    camera_opened camera="桂 A" n=3\n'


def test_a_line_for_machines() -> None:
    assert json.loads(shown(b'{"event": "x", "level": "info"}', form="json")) == {
        "event": "x",
        "level": "info",
        "process": "media-1",
    }
    assert json.loads(shown(b"Traceback", form="auto"))["event"] == "Traceback"


def test_lesser_levels_are_for_the_file_only() -> None:
    assert shown(b'{"event": "x", "level": "debug"}') == ""
    assert shown(b'{"event": "x", "level": "warning"}', level="error") == ""


def test_an_exception_is_shown_below_its_line() -> None:
    trace = [{"exc_type": "ValueError", "exc_value": "no", "frames": [{"filename": "a.py", "lineno": 3, "name": "f"}]}]
    text = shown(json.dumps({"event": "x", "level": "error", "exception": trace}).encode())
    assert text.splitlines()[1:] == ["    a.py:3 f", "    ValueError: no"]


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_hostile_bytes_neither_crash_nor_command_the_terminal(line: bytes) -> None:
    text = shown(line)
    assert "\x1b" not in text
    assert isinstance(parse(translated(line)), dict)


@settings(max_examples=100)
@given(st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=4))
def test_hostile_fields_are_shown_not_obeyed(fields: dict[str, str]) -> None:
    text = shown(json.dumps(fields).encode(), level="debug")
    assert all(c.isprintable() for c in text.replace("\n", ""))


def test_the_database_speaks_like_everybody() -> None:
    line = b"2026-11-22 16:28:18.792 UTC [3544] commonsight api ERROR:  deadlock detected"
    assert parse(translated(line)) == {
        "at": "2026-11-22T16:28:18.792Z",
        "level": "warning",
        "event": "postgres",
        "severity": "ERROR",
        "text": "deadlock detected",
        "pid": "3544",
        "client": "commonsight api",
    }
    assert parse(translated(b"\tcontinued"))["text"] == "continued"
    starting = b"2026-11-22 16:28:18.792 UTC [3544] [unknown] FATAL:  the database system is starting up"
    assert parse(translated(starting))["level"] == "debug"
