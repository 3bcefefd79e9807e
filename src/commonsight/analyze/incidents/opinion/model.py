"""What a vision-language model is asked about an incident, and how its answer is read: pure rules."""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from commonsight.problem import Refusal

ANSWER_MOST: Final = 65_536
"""Bytes of an answer that are read."""
WORDS_MOST: Final = 600
TOKENS_MOST: Final = 300

_OBJECT: Final = re.compile(r"\{.*\}", re.DOTALL)


def question(title_zh: str, title_en: str, what_zh: str, what_en: str, boxes: int) -> str:
    """The words the picture is sent with, in both languages: kept beside the answer."""
    return (
        f"一台固定摄像机的分析程序报告了“{title_zh}”。场景说明：{what_zh}"
        f"红框标出位置（{boxes} 处），灰色块是有意遮挡的人脸或车牌。请判断画面是否支持该报告。\n"
        f"A fixed camera's analysis reported “{title_en}”. About the scene: {what_en} Red boxes show where ({boxes}); "
        "grey blocks hide faces or plates on purpose. Does the picture support the report?\n"
        '只回答一个 JSON 对象 / Answer with one JSON object only: {"verdict": "real" | "false_alarm" | "unsure", '
        '"confidence": 0..1, "zh": "一句中文理由", "en": "one sentence in English"}'
    )


def request(model: str, asked: str, picture: bytes) -> dict[str, Any]:
    """The body of `POST /chat/completions`, as OpenAI-compatible servers take it: one picture inside."""
    image = "data:image/jpeg;base64," + base64.b64encode(picture).decode("ascii")
    content = [{"type": "text", "text": asked}, {"type": "image_url", "image_url": {"url": image}}]
    return {
        "model": model, "temperature": 0, "max_tokens": TOKENS_MOST, "stream": False,
        "messages": [{"role": "user", "content": content}],
    }  # fmt: skip


def read(body: bytes) -> dict[str, Any]:
    """The verdict out of an answer: `verdict` real, false_alarm or unsure; `confidence` 0..1 or None; `zh`, `en`.

    An answer in other words than were asked for is unsure, with those words.

    Raises:
        Refusal: `analyze.opinion_unreadable` (502): not what such a server answers.
    """
    try:
        said = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise _unreadable() from error
    if not isinstance(said, str):
        raise _unreadable()
    found = _OBJECT.search(said)
    try:
        given: Any = json.loads(found[0]) if found else {}
    except ValueError:
        given = {}
    if not isinstance(given, Mapping) or given.get("verdict") not in ("real", "false_alarm", "unsure"):
        plain = _plain(said)
        return {"verdict": "unsure", "confidence": None, "zh": plain, "en": plain}
    confidence = given.get("confidence")
    usable = isinstance(confidence, int | float) and not isinstance(confidence, bool) and 0 <= confidence <= 1
    return {
        "verdict": given["verdict"], "confidence": round(float(confidence), 3) if usable else None,  # type: ignore[arg-type]
        "zh": _plain(given.get("zh", "")), "en": _plain(given.get("en", "")),
    }  # fmt: skip


def _plain(value: object) -> str:
    """Words a person may read: printable, on one line, bounded."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())[:WORDS_MOST]


def _unreadable() -> Refusal:
    return Refusal("analyze.opinion_unreadable", status=502, operand="answer", expected="choices[0].message.content")
