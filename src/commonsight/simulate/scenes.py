"""What the watched demo cameras show and count: plain data in the shape of the API's analysis document."""

import tomllib
from importlib.resources import files
from typing import Any, Literal

from commonsight.simulate.city import WATCH


def scenes(language: Literal["zh", "en"] = "zh") -> list[dict[str, Any]]:
    """One entry a clip: `clip`, `path` (of its RTSP address), `name_zh`, `name_en`, `lines`, `zones`.

    `lines`: `{id, name, a, b, classes}`, `zones`: `{id, name, polygon, classes}`, names in `language`.
    """
    text = (files("commonsight.simulate") / "scenes.toml").read_text("utf-8")
    return [_scene(each, language) for each in tomllib.loads(text)["scene"]]


def _scene(given: dict[str, Any], language: str) -> dict[str, Any]:
    return {
        "clip": given["clip"],
        "path": f"{WATCH}/{given['clip']}",
        "name_zh": given["name_zh"],
        "name_en": given["name_en"],
        "lines": [_target(each, language) for each in given["lines"]],
        "zones": [_target(each, language) for each in given["zones"]],
    }


def _target(given: dict[str, Any], language: str) -> dict[str, Any]:
    rest = {key: value for key, value in given.items() if not key.startswith("name_")}
    return rest | {"name": given[f"name_{language}"]}
