"""`commonsight models`."""

import json

import pytest
from typer.testing import CliRunner

from commonsight.cli.models import app
from commonsight.vision import cards
from commonsight.vision.store import ModelStore


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("COMMONSIGHT_VISION__MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    return lambda *words: CliRunner().invoke(app, [*map(str, words)])


def test_list_shows_every_card_and_that_nothing_is_installed(run):
    shown = run("list")
    assert shown.exit_code == 0
    for name in cards.published():
        assert name in shown.stdout
    assert shown.stdout.count("not installed") == len(cards.published())


def test_list_for_programs(run):
    rows = json.loads(run("list", "--json").stdout)
    assert [(row["name"], row["state"]) for row in rows] == [(name, "missing") for name in cards.published()]


@pytest.mark.parametrize(("locale", "word"), [("en_GB.UTF-8", "known limits"), ("zh_CN.UTF-8", "已知局限")])
def test_show_prints_the_card_in_the_terminals_language(run, monkeypatch, locale, word):
    monkeypatch.setenv("LC_ALL", locale)
    shown = run("show", "nanodet-coco-416")
    assert word in shown.stdout
    assert "Apache-2.0" in shown.stdout


def test_show_for_programs_holds_the_whole_card(run):
    shown = json.loads(run("show", "nanodet-coco-416", "--json").stdout)
    assert shown["card"]["source"]["version"] == "3.0.4"


@pytest.mark.parametrize("verb", ["show", "install", "remove"])
def test_an_unknown_name_is_wrong_use(run, verb):
    shown = run(verb, "nope")
    assert shown.exit_code == 2
    assert "nanodet-coco-416" in shown.stderr


def test_what_cannot_be_installed_exits_1_and_says_what_to_do(run):
    shown = run("install", "fastestdet-coco-352")
    assert shown.exit_code == 1
    assert "--file" in shown.stderr
    assert shown.stdout == ""


def test_a_wrong_file_exits_1_and_installs_nothing(run, tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"not it")
    shown = run("install", "fastestdet-coco-352", "--file", tmp_path / "model.onnx")
    assert shown.exit_code == 1
    assert "SHA-256" in shown.stderr
    assert {item.state for item in ModelStore(tmp_path / "models").list()} == {"missing"}


def test_a_file_that_does_not_exist_is_wrong_use(run, tmp_path):
    assert run("install", "fastestdet-coco-352", "--file", tmp_path / "none").exit_code == 2


def test_progress_and_licence_go_to_standard_error_and_the_result_to_standard_output(run, monkeypatch):
    def install(self, name, progress, *, file=None):
        for done in (0, 500_000, 1_000_000):
            progress("download", done, 1_000_000)
        return self.show(name).path

    monkeypatch.setattr(ModelStore, "install", install)
    shown = run("install", "nanodet-coco-416", "--json")
    assert shown.exit_code == 0
    assert json.loads(shown.stdout)["name"] == "nanodet-coco-416"
    assert "Apache-2.0 AND MIT" in shown.stderr
    assert "50%" in shown.stderr


def test_removing_what_is_not_there_is_said_and_done(run):
    shown = run("remove", "nanodet-coco-416", "--json")
    assert shown.exit_code == 0
    assert json.loads(shown.stdout) == {"name": "nanodet-coco-416", "removed": False}
