"""What an incident is called and what is said of it, in both languages, out of the scene's card and its own figures."""

from collections.abc import Mapping
from typing import Any, Final

from commonsight.analyze.incidents.model import Incident
from commonsight.analyze.scenes.model import Measured, Parameter, SceneCard

UNITS: Final[dict[str, tuple[str, str]]] = {
    "s": (" 秒", " s"), "min": (" 分钟", " min"), "m": (" 米", " m"), "cm": (" 厘米", " cm"),
    "km/h": (" 公里/小时", " km/h"), "people": (" 人", " people"), "vehicles": (" 辆", " vehicles"),
}  # fmt: skip
"""How units are written; others stand as the card has them, shares as per cent."""

Said = tuple[str, str]
"""Chinese and English."""


def title(incident: Incident, card: SceneCard | None) -> Said:
    """The incident's name; its code where its scene is not installed any more."""
    if card is not None:
        for kind in card.incidents:
            if kind.code == incident.incident:
                return kind.zh, kind.en
    return incident.incident, incident.incident


def words(incident: Incident, card: SceneCard | None, targets: Mapping[str, str]) -> Said:
    """One sentence: where in the picture, the figures the card has names for, and how sure the scene is.

    Args:
        targets: names of the camera's zones and lines by id.
    """
    where = targets.get(incident.target, "")
    zh, en = [], []
    for name_zh, name_en, unit, value in _figures(incident.detail, card):
        shown_zh, shown_en = _measure(value, unit)
        zh.append(f"{name_zh} {shown_zh}")
        en.append(f"{name_en} {shown_en}")
    zh.append(f"把握 {incident.score:.0%}")
    en.append(f"certainty {incident.score:.0%}")
    head_zh, head_en = (f"{where}：", f"{where}: ") if where else ("", "")
    return head_zh + "，".join(zh), head_en + ", ".join(en)


def _figures(detail: Mapping[str, Any], card: SceneCard | None) -> list[tuple[str, str, str, float]]:
    """Name, name, unit and value of each figure the card knows, in the card's order."""
    if card is None:
        return []
    found = []
    parts: list[Parameter | Measured] = [*card.parameters, *card.measures]
    for part in parts:
        value = detail.get(part.code)
        if isinstance(value, int | float) and not isinstance(value, bool):
            found.append((part.zh, part.en, part.unit, float(value)))
    return found


def _measure(value: float, unit: str) -> Said:
    if unit == "share":
        return f"{value:.0%}", f"{value:.0%}"
    number = f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
    zh, en = UNITS.get(unit, (f" {unit}" if unit else "",) * 2)
    return number + zh, number + en
