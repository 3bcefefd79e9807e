"""Scene cards: what people read about a scene and what the engine obeys; one file each, `card_files/<code>.toml`."""

import tomllib
from functools import cache
from importlib import resources

from pydantic import TypeAdapter

from commonsight.analyze.scenes.model import SceneCard

_CARD: TypeAdapter[SceneCard] = TypeAdapter(SceneCard)


@cache
def packaged(code: str) -> SceneCard:
    """The card of a built-in scene.

    Raises:
        FileNotFoundError: no such card. pydantic.ValidationError: the file breaks the form; it names the field.
    """
    return read(resources.files(__package__).joinpath("card_files", f"{code}.toml").read_text("utf-8"))


def read(text: str) -> SceneCard:
    """A card from its TOML form: the fields of `SceneCard`, `needs` a table, lists of tables for the rest.

    Raises:
        tomllib.TOMLDecodeError, pydantic.ValidationError: which say the line, respectively the field.
    """
    return _CARD.validate_python(tomllib.loads(text))
