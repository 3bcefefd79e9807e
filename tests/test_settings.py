"""Settings: the file, the environment over it, and errors that name the key."""

import tomllib
from pathlib import Path

import pytest

from commonsight.problem import Refusal
from commonsight.settings import Settings, Sip, Zone, load


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_without_a_file_the_defaults_stay_on_loopback_and_on_the_embedded_database(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load()
    assert settings.database.url is None
    assert {settings.api.host, settings.media.host, settings.simulate.host} == {"127.0.0.1"}


def test_a_file_in_the_working_directory_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "commonsight.toml", "[api]\nport = 9100\n")
    assert load().api.port == 9100


def test_the_environment_wins_over_the_file_key_by_key(tmp_path, monkeypatch):
    path = write(tmp_path / "c.toml", '[api]\nport = 9100\nhost = "127.0.0.2"\n')
    monkeypatch.setenv("COMMONSIGHT_API__PORT", "9200")
    settings = load(path)
    assert (settings.api.port, settings.api.host) == (9200, "127.0.0.2")


@pytest.mark.parametrize(
    ("text", "operand"),
    [
        ("[api]\nport = 0\n", "api.port"),
        ('[region]\ncode = "4"\n', "region.code"),
        ("[api]\nprot = 1\n", "api.prot"),
        ("[nothing]\n", "nothing"),
        ('[log]\nlevel = "loud"\n', "log.level"),
    ],
)
def test_a_wrong_value_names_its_key(tmp_path, text, operand):
    with pytest.raises(Refusal) as refused:
        load(write(tmp_path / "c.toml", text))
    assert refused.value.code == "settings.invalid"
    assert refused.value.operand == operand
    assert refused.value.rule


@pytest.mark.parametrize("text", ["[api", "port = = 1"])
def test_a_file_that_is_not_toml_is_refused_by_name(tmp_path, text):
    path = write(tmp_path / "c.toml", text)
    with pytest.raises(Refusal) as refused:
        load(path)
    assert refused.value.code == "settings.unreadable"
    assert str(path) in str(refused.value)


def test_a_named_file_must_exist(tmp_path):
    with pytest.raises(Refusal, match=r"settings\.unreadable"):
        load(tmp_path / "absent.toml")


def test_sockets_fit_into_the_107_bytes_the_kernel_allows(tmp_path):
    deep = tmp_path / ("x" * 120)
    settings = Settings(data_dir=deep)
    assert len(str(settings.runtime_dir / "media-64.sock")) < 107
    assert settings.runtime_dir != Settings(data_dir=tmp_path).runtime_dir


def test_the_committed_sample_is_what_the_code_says():
    from commonsight.cli.config import render_reference, render_sample

    root = Path(__file__).parent.parent
    assert (root / "commonsight.toml").read_text("utf-8") == render_sample()
    assert (root / "docs/reference/configuration.md").read_text("utf-8") == render_reference()


def test_the_sample_uncommented_is_valid_toml_with_every_key():
    from commonsight.cli.config import render_sample

    lines = [x[1:] if x.startswith("#") and not x.startswith("# ") else x for x in render_sample().splitlines()]
    document = tomllib.loads("\n".join(lines))
    for name, field in Settings.model_fields.items():
        assert name in document
        if isinstance(document[name], dict):
            assert set(document[name]) == set(field.annotation.model_fields)
    document["data_dir"] = "/tmp/x"
    Settings(**document)


def test_every_key_is_explained():
    from commonsight.cli.config import sections

    for name, section in sections():
        assert section.__doc__, name
        for key, field in section.model_fields.items():
            assert field.description, f"{name}.{key}"


def test_zones_of_the_sip_section_hold_together():
    assert Sip().realm == "4500000000"
    two = [{"name": "police", "reaches": ["outside"]}, {"name": "outside", "port": 5061}]
    assert [zone.name for zone in Settings.model_validate({"sip": {"zones": two}}).sip.zones] == ["police", "outside"]
    for wrong, words in (
        ([{"name": "a"}, {"name": "a"}], "same name"),
        ([{"name": "a", "reaches": ["b"]}], "no zone is named b"),
        ([{"name": "a", "media_ports": [9, 8]}], "above the last"),
        ([{"name": "a", "host": "0.0.0.0"}], "advertised: needed"),
    ):
        with pytest.raises(ValueError, match=words):
            Settings.model_validate({"sip": {"zones": wrong}})
    assert Zone().host == "127.0.0.1"
