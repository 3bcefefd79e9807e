"""Writes what was measured into the scenes' cards, so that they never say anything but what the bench found."""

import json
import re
from collections import Counter
from pathlib import Path

from bench.incidents_clean import Clean
from bench.incidents_judge import Judged
from commonsight.analyze.scenes import cards as packaged_cards

FOLDER = Path(packaged_cards.__file__).with_name("card_files")
HEAD = "# Written by `python -m bench.incidents --write`."
BOXES = {
    "given": ("检测框按真实检测器的误差给定", "boxes given with a detector's errors"),
    "detected": ("检测框由默认检测器给出", "boxes detected by the default detector"),
    "none": ("不用检测器", "no detector"),
}


def cards(results: dict[str, Judged], clean: Clean) -> None:
    """Put `[[accuracy]]` into the card of every scene that was measured, in the place of what was there."""
    for code, judged in results.items():
        path = FOLDER / f"{code}.toml"
        text = path.read_text("utf-8")
        bare = re.split(rf"\n*(?:{re.escape(HEAD)}\n)?\[\[accuracy\]\]", text)[0].rstrip() + "\n"
        alarms = len(clean.alarms.get(code, []))
        path.write_text(bare + "\n" + accuracy(judged, alarms, clean.hours.get(code, 0.0)), "utf-8")
        packaged_cards.read(path.read_text("utf-8"))  # what cannot be read is not left behind


def accuracy(judged: Judged, alarms: int, hours: float) -> str:
    """The table of one scene."""
    zh, en = footage(judged, hours)
    lines = [
        HEAD,
        "[[accuracy]]",
        f"footage_zh = {json.dumps(zh, ensure_ascii=False)}",
        f"footage_en = {json.dumps(en, ensure_ascii=False)}",
        f"truth = {judged.truth}",
        f"found = {judged.found}",
        f"wrong = {judged.wrong}",
        f"hours = {hours:.4f}",
        f"alarms = {alarms}",
    ]
    if judged.errors:
        lines.append(f"error = {sum(judged.errors) / len(judged.errors):.4f}")
    return "\n".join(lines) + "\n"


def footage(judged: Judged, hours: float) -> tuple[str, str]:
    """What it was measured on, in words."""
    happens = sum(bool(clip["events"] or clip.get("figures")) for clip in judged.clips)
    near = len(judged.clips) - happens
    real = sum(clip["ground"] != "drawn" for clip in judged.clips)
    minutes = judged.seconds / 60
    kinds = Counter(clip["boxes"] for clip in judged.clips)
    boxes_zh = "；".join(f"{BOXES[kind][0]}（{count} 段）" for kind, count in sorted(kinds.items()))
    boxes_en = "; ".join(f"{BOXES[kind][1]} ({count} clips)" for kind, count in sorted(kinds.items()))
    zh = (
        f"{len(judged.clips)} 段摆拍片段（共 {minutes:.1f} 分钟）：{happens} 段有事件或已知数值，{near} 段为相似而非；"
        f"演员为绘制，{real} 段叠加在真实录像上，其余背景为绘制，经 H.264 编码；{boxes_zh}。"
        f"误报在 {hours * 60:.1f} 分钟互不重复的真实录像上统计"
    )
    en = (
        f"{len(judged.clips)} staged clips ({minutes:.1f} minutes): {happens} with events or known figures, {near} "
        f"near misses; actors are drawn, over real footage in {real} of them and over drawn places in the others, and "
        f"coded as H.264; {boxes_en}. False alarms: {hours * 60:.1f} unique minutes of real footage"
    )
    return zh, en
