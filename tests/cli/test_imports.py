"""`commonsight import`, `export` and `imports`."""

import json
from contextlib import asynccontextmanager

import openpyxl
import pytest
from typer.testing import CliRunner

from commonsight.catalog import secrets
from commonsight.cli import imports
from commonsight.cli.main import app
from commonsight.places import service as places
from commonsight.records.database import Database

GOOD = "名称,行政区划代码,经度,纬度,视频地址,口令\n甲,450103,108.366,22.817,rtsp://u@127.0.0.1/s,hunter2\n"
BAD = "乙,450103,208,22.8,,\n"


@pytest.fixture
def run(database_url, tmp_path, monkeypatch):
    @asynccontextmanager
    async def opened(settings):
        database = Database(database_url)
        try:
            await places.load_packaged(database, "45")
            yield database
        finally:
            await database.close()

    monkeypatch.setattr(imports, "opened", opened)
    monkeypatch.setenv("COMMONSIGHT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    monkeypatch.chdir(tmp_path)
    yield lambda *words: CliRunner().invoke(app, list(words))
    secrets._installed = None


def written(path, text):
    path.write_text(text, "utf-8")
    return str(path)


def test_a_file_goes_in_out_and_back(run, tmp_path):
    file = written(tmp_path / "a.csv", GOOD)
    tried = run("import", file, "--dry-run")
    assert (tried.exit_code, "nothing written: 1 new" in tried.output) == (0, True), tried.output
    done = json.loads(run("import", file, "--json").stdout)["import"]
    assert (done["state"], done["added"]) == ("committed", 1)
    out = run("export", str(tmp_path / "b.xlsx"))
    assert out.exit_code == 0, out.output
    cells = [
        cell.value for row in openpyxl.load_workbook(tmp_path / "b.xlsx").worksheets[0].iter_rows() for cell in row
    ]
    assert "rtsp://127.0.0.1/s" in cells
    assert "hunter2" not in cells
    again = run("import", str(tmp_path / "b.xlsx"))
    assert (again.exit_code, "1 unchanged" in again.output) == (0, True), again.output
    assert done["id"] in run("imports", "list").output
    undone = run("imports", "undo", done["id"])
    assert (undone.exit_code, "1 rows taken back" in undone.output) == (0, True), undone.output


def test_refused_rows_are_named_and_nothing_is_written_unless_asked(run, tmp_path):
    file = written(tmp_path / "a.csv", GOOD + BAD)
    refused = run("import", file)
    assert refused.exit_code == 1
    assert "Row 3, longitude" in refused.output
    assert "nothing written" in refused.output
    partly = run("import", file, "--skip-refused")
    assert (partly.exit_code, "Written: 1 new" in partly.output) == (1, True), partly.output


def test_a_file_that_cannot_be_read_is_refused_in_words(run, tmp_path):
    for name, text in (("a.xlsx", "no workbook"), ("a.csv", "just one heading\n"), ("a.pdf", "x")):
        refused = run("import", written(tmp_path / name, text))
        assert refused.exit_code == 1, name
        assert "cannot be read" in refused.output, name


def test_templates_come_in_every_format_and_are_read_as_empty(run, tmp_path):
    for name in ("t.xlsx", "t.csv", "t.json"):
        assert run("imports", "template", str(tmp_path / name)).exit_code == 0
        brought = run("import", str(tmp_path / name))
        assert (brought.exit_code, "0 new" in brought.output) == (0, True), brought.output
