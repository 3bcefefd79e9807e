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
        try:
            yield database
        finally:
            await database.close()

    monkeypatch.setattr(people, "opened", opened)
    monkeypatch.setenv("COMMONSIGHT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(people.app, list(words))


def listed(run):
    return json.loads(run("list", "--json").output)


def test_an_account_is_made_listed_reset_deactivated_and_activated(run):
    made = run("add", "Li.Na", "--role", "officer", "--region", "4501", "--organisation", "南宁市公安局")
    assert made.exit_code == 0, made.output
    password = re.compile(r"\b[a-z2-9]{4}(?:-[a-z2-9]{4}){3}\b")
    (first,) = password.findall(made.output)
    (row,) = listed(run)
    assert (row["name"], row["roles"], row["regions"]) == ("li.na", ["officer"], ["4501"])
    (second,) = password.findall(run("reset-password", "li.na").output)
    assert second != first
    for verb, active in (("deactivate", False), ("activate", True)):
        assert run(verb, "li.na").exit_code == 0
        assert listed(run)[0]["active"] is active


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("add", "li.na", "--role", "emperor", "--region", "45"), 2, "emperor"),
        (("add", "li.na", "--role", "officer", "--region", "guangxi"), 1, "not a division code"),
        (("add", "x", "--role", "officer", "--region", "45"), 1, "will not do"),
        (("reset-password", "nobody"), 1, "no such person"),
        (("deactivate", "nobody"), 1, "no such person"),
    ],
)
def test_refusals_are_said_in_words(run, words, code, said):
    shown = run(*words)
    assert shown.exit_code == code
    assert said in shown.output
    assert listed(run) == []


def test_the_last_administrator_cannot_be_locked_out(run):
    run("add", "boss", "--role", "administrator", "--region", "45")
    shown = run("deactivate", "boss")
    assert shown.exit_code == 1
    assert "last administrator" in shown.output
