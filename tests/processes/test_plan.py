"""Which processes the settings ask for."""

from pathlib import Path

import pytest

from commonsight.processes.plan import plans
from commonsight.processes.runtime import SUPERVISED
from commonsight.settings import Settings, load


def names(demo: bool = False, **changes: object) -> list[str]:
    return [plan.name for plan in plans(Settings.model_validate(changes), None, "postgresql://x/y", demo=demo)]


def test_one_of_each_by_default() -> None:
    assert names() == ["api", "sip", "media-1", "work-1", "see-1"]
    assert names(demo=True)[-1] == "simulate"


def test_counts_come_from_the_settings() -> None:
    assert names(sip={"enabled": False}, media={"nodes": 2}, see={"processes": 0}, work={"processes": 3}) == [
        "api",
        "media-1",
        "media-2",
        "work-1",
        "work-2",
        "work-3",
    ]


def test_the_database_is_told_by_the_environment_not_the_command_line(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    for plan in plans(settings, tmp_path / "c.toml", "postgresql://u:secret@h/d"):
        assert "secret" not in " ".join(plan.command)
        assert plan.environment["COMMONSIGHT_DATABASE__URL"] == "postgresql://u:secret@h/d"
        assert plan.environment["COMMONSIGHT_DATA_DIR"] == str(tmp_path)
        assert plan.command[-2:] == ("--config", str(tmp_path / "c.toml"))


def test_children_know_what_the_command_line_has_changed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[simulate]\nport = 9000\ncameras = 5\n")
    given = load(tmp_path / "c.toml")
    changed = given.model_copy(update={"simulate": given.simulate.model_copy(update={"cameras": 30_000})})
    plan = plans(changed, tmp_path / "c.toml", "postgresql://x/y", demo=True)[-1]
    for name, value in plan.environment.items():
        if name != SUPERVISED:
            monkeypatch.setenv(name, value)
    assert load(tmp_path / "c.toml").simulate == changed.simulate
