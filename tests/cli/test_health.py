"""`commonsight health`."""

import json
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from commonsight.cli import health
from commonsight.records.database import Database, address
from tests.catalog.conftest import seeded_url

__all__ = ["seeded_url"]


@pytest.fixture
def run(seeded_url, tmp_path, monkeypatch):
    @asynccontextmanager
    async def opened(settings):
        database = Database(seeded_url)
        try:
            yield database
        finally:
            await database.close()

    engine = create_engine(address(seeded_url))
    with engine.begin() as connection:
        connection.execute(text("UPDATE cameras SET health = 1 WHERE left(region, 4) = '4501'"))
        connection.execute(text("UPDATE cameras SET health = 3 WHERE left(region, 4) = '4502'"))
    engine.dispose()
    monkeypatch.setattr(health, "opened", opened)
    monkeypatch.setenv("COMMONSIGHT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(health.app, list(words))


def test_figures_and_ranks_are_told_to_people_and_programs(run):
    shown = run("show", "--region", "4501")
    assert shown.exit_code == 0, shown.output
    assert "100.00%" in next(line for line in shown.output.splitlines() if line.startswith("playable"))
    figures = {one["code"]: one for one in json.loads(run("show", "--region", "4502", "--json").output)["indicators"]}
    assert (figures["online"]["value"], figures["online"]["unknown"], figures["intact"]["value"]) == (0, 0, None)
    table = json.loads(run("league", "--json").output)["rows"]
    assert [(row["code"], row["rank"]) for row in table[:3]] == [("4501", 1), ("4502", 2), (table[2]["code"], None)]
    assert run("league", "--by", "beauty").exit_code == 1
    assert run("league", "--kind", "sector").output.count("\n") > 5
