"""Fonts with Chinese characters for the PDF: a song-like one for text, a black-like one for headings.

Asked of fontconfig by the names bureaus use first; without it, where distributions put them.
"""

import io
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTCollection, TTFont, TTLibError

from commonsight.problem import Refusal

_WANTED: Final = {
    "text": ("FangSong", "仿宋", "SimSun", "Noto Serif CJK SC", "Source Han Serif SC", "AR PL UMing CN"),
    "heading": ("SimHei", "黑体", "Noto Sans CJK SC:bold", "Source Han Sans SC:bold", "WenQuanYi Zen Hei"),
}
_PLACES: Final = {
    "text": (
        "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
        "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
        "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    ),
    "heading": (
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
        "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
        "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    ),
}
_PROOF: Final = "视频图像系统运行月报〇一二三，。（）％"
"""A font without these is not for this."""


@dataclass(frozen=True, slots=True)
class Face:
    """A font file and which of its faces."""

    path: Path
    number: int


def pair(text: Path | None, heading: Path | None) -> tuple[Face, Face]:
    """The faces for text and for headings: what the settings name, else what this machine has.

    Raises:
        Refusal: `paper.font_missing` (503), `paper.font_unfit` (422).
    """
    return _one(text, "text"), _one(heading or text, "heading")


def _one(path: Path | None, role: str) -> Face:
    return find(role) if path is None else chosen(path)


@cache
def find(role: str) -> Face:
    """The face for `text` or `heading` on this machine.

    Raises:
        Refusal: `paper.font_missing` (503).
    """
    for path in (*_asked(role), *_PLACES[role]):
        if Path(path).is_file():
            try:
                return chosen(Path(path))
            except Refusal:
                continue
    raise Refusal("paper.font_missing", status=503, rule="a font with Chinese characters", operand="fonts-noto-cjk")


def _asked(role: str) -> list[str]:
    program = shutil.which("fc-match")
    if program is None:
        return []
    found = []
    for name in _WANTED[role]:
        said = subprocess.run(
            [program, "-f", "%{lang}\n%{family}\n%{file}", f"{name}:lang=zh-cn"],
            capture_output=True,
            text=True,
            timeout=10,
        )
        languages, family, path = [*said.stdout.split("\n"), "", "", ""][:3]
        # fontconfig always answers with something: only what bears the name counts.
        if "zh-cn" in languages and name.partition(":")[0].casefold() in family.casefold():
            found.append(path)
    return found


@cache
def chosen(path: Path) -> Face:
    """The face of this file to be used: the one for simplified Chinese of a collection.

    Raises:
        Refusal: `paper.font_unfit` (422).
    """
    try:
        body = path.read_bytes()
        file = io.BytesIO(body)
        faces = TTCollection(file, lazy=True).fonts if body.startswith(b"ttcf") else [TTFont(file, lazy=True)]
        names = [(face["name"].getDebugName(1) or "") for face in faces]
        number = next((place for place, name in enumerate(names) if name.endswith((" SC", " CN", "GB"))), 0)
        known = faces[number].getBestCmap() or {}
    except (OSError, TTLibError, KeyError, AssertionError, ValueError) as error:
        raise _unfit(path, type(error).__name__) from error
    lacking = [char for char in _PROOF if ord(char) not in known]
    if lacking:
        raise _unfit(path, "Chinese characters")
    return Face(path, number)


def _unfit(path: Path, rule: str) -> Refusal:
    return Refusal("paper.font_unfit", status=422, rule=rule, operand="reports.font", actual=str(path))
