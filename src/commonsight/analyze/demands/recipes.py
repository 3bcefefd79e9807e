"""Recipes: proven uses of scenes as data: how to look, how to draw, what it cannot do; no success stories."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Recipe:
    """One use of one scene. `draw`: how to place camera and drawings; `limits`: when not to trust it."""

    code: str
    scene: str
    who_zh: str
    who_en: str
    zh: str
    en: str
    what_zh: str
    what_en: str
    draw_zh: tuple[str, ...]
    draw_en: tuple[str, ...]
    limits_zh: tuple[str, ...]
    limits_en: tuple[str, ...]


_RECIPES: TypeAdapter[tuple[Recipe, ...]] = TypeAdapter(tuple[Recipe, ...])


@cache
def packaged() -> tuple[Recipe, ...]:
    """The recipes that come with the platform, in the order of the file.

    Raises:
        pydantic.ValidationError: the file breaks the form; it names the field.
    """
    sheet = tomllib.loads(files(__package__).joinpath("recipes.toml").read_text("utf-8"))
    return _RECIPES.validate_python(sheet["recipes"])
