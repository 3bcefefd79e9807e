"""One platform a module, in a directory the server's account can pass through."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from commonsight.problem import Refusal
from commonsight.settings import load
from commonsight.simulate import footage
from commonsight.vision.store import ModelStore
from tests.house.house import House

Build = Callable[..., House]


@pytest.fixture(scope="module")
def build() -> Iterator[Build]:
    """Makes platforms, and ends whatever is left of them."""
    with tempfile.TemporaryDirectory(prefix="commonsight-house-") as path:
        Path(path).chmod(0o711)
        made: list[House] = []

        def make(command: Sequence[str], **settings: str) -> House:
            home = Path(path) / str(len(made))
            home.mkdir(mode=0o711)
            made.append(House(home, command, settings))
            return made[-1]

        try:
            yield make
        finally:
            for house in made:
                house.clear()


@pytest.fixture(scope="module")
def clips(pytestconfig: pytest.Config) -> Path:
    """The demo's footage, made once and kept in pytest's cache: fetching and transcoding it takes a minute."""
    kept = pytestconfig.cache.mkdir("house")
    missing = []
    for clip in footage.clips():
        try:
            footage.prepare(clip, kept, print)
        except Refusal as refusal:
            missing.append(f"{clip.name}: {refusal.values.get('reason', refusal.code)}")
    if missing:
        pytest.skip(f"the demo's footage cannot be had here: {'; '.join(missing)}")
    return footage.directory(kept)


@pytest.fixture(scope="module")
def weights() -> str:
    """The settings' model, really installed; its directory for `COMMONSIGHT_VISION__MODELS_DIR`."""
    settings = load()
    found = ModelStore(settings.models_dir).show(settings.vision.model)
    if found.state != "installed":
        pytest.skip(f"model weights are not installed: commonsight models install {settings.vision.model}")
    return str(settings.models_dir)
