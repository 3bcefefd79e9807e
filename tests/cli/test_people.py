"""`commonsight people`."""

import json
import re
from contextlib import asynccontextmanager

import pytest
from typer.testing import CliRunner

from commonsight.cli import people
from commonsight.records.database import Database


@pytest.fixture
def run(database_url, tmp_path, monkeypatch):
    @asynccontextmanager
    async def opened(settings):
        database = Database(database_url)
        yield database
        await database.close()

    monkeypatch.setattr(people, "opened", opened)
    monkeypatch.setenv("COMMONSIGHT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(people.app, list(words))


def test_an_account_is_made_listed_reset_and_deactivated(run):
    made = run("add", "Li.Na", "--role", "officer", "--region", "4501", "--organisation", "南宁市公安局")
    assert made.exit_code == 0, made.output
    assert re.search(r"Name li\.na, one-time password \S{4}-\S{4}-\S{4}-\S{4} ", made.output)
    (row,) = json.loads(run("list", "--json").output)
    assert (row["name"], row["roles"], row["regions"]) == ("li.na", ["officer"], ["4501"])
    assert row["must_change_password"]
    reset = json.loads(run("reset-password", "li.na", "--json").output)
    assert reset["password"] not in made.output
    assert run("deactivate", "li.na").exit_code == 0
    listed = run("list").output
    assert "Officer" in listed
    assert "deactivated" in listed


def test_without_a_region_an_account_reaches_the_whole_platform(run):
    run("add", "boss", "--role", "administrator")
    (row,) = json.loads(run("list", "--json").output)
    assert row["regions"] == ["45"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "li.na", "--role", "emperor"), "no role named emperor"),
        (("add", "li.na", "--role", "officer", "--region", "guangxi"), "not a division code"),
        (("add", "x", "--role", "officer"), "will not do"),
        (("reset-password", "nobody"), "nobody named"),
        (("deactivate", "nobody"), "nobody named"),
    ],
)
def test_refusals_are_said_in_words_and_end_with_one(run, words, said):
    shown = run(*words)
    assert shown.exit_code == 1
    assert said in shown.output


def test_the_last_administrator_cannot_be_locked_out(run):
    run("add", "boss", "--role", "administrator")
    shown = run("deactivate", "boss")
    assert shown.exit_code == 1
    assert "last administrator" in shown.output
