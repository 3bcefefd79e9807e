"""Figures of a month as `gather` makes them, for tests that need no database."""

import math
from typing import Any

from commonsight.inspect.indicators.definitions import indicators
from commonsight.inspect.reports.gather import LEAGUE, TREND
from commonsight.inspect.reports.model import Month

CITIES = ("南宁", "柳州", "桂林", "梧州", "北海", "防城港", "钦州", "贵港", "玉林", "百色", "贺州", "河池", "来宾",
          "崇左")  # fmt: skip


def indicator(code: str, value: float | None, before: float | None) -> dict[str, Any]:
    """One indicator of 20,000 cameras over a whole month; None: nothing known."""
    one = indicators()[code]
    usual = one.usual
    under = None if value is None else 20_000 * 31
    return {
        "code": code, "zh": one.zh, "en": one.en, "definition_zh": usual.definition_zh,
        "definition_en": usual.definition_en, "formula_zh": usual.worded("zh"), "formula_en": usual.worded("en"),
        "aim": one.aim, "alert": one.alert, "unit": usual.unit, "value": value,
        "numerator": None if under is None or value is None else round(value * under), "denominator": under,
        "unknown": None if value is None else 1_240, "exempt": None if value is None else 9_672,
        "days": 0 if value is None else 30, "before": before,
    }  # fmt: skip


def figures() -> dict[str, Any]:
    """October of a region with fourteen cities: most things known, recording and clock not, one city never counted."""
    month = Month.of("2026-10")
    known = {"online": (0.9612, 0.9523), "playable": (0.8871, 0.8871), "intact": (0.9412, None),
             "complete": (0.9034, 0.9101), "geo": (0.9915, 0.9911), "access": (0.9978, 0.9976)}  # fmt: skip
    league: list[dict[str, Any]] = [
        {"code": f"45{place:02d}", "name": f"{name}市", "rank": place, "tied": place in (3, 4),
         "cameras": 2_400 - 100 * place,
         "exempt": 0, "before": 0.96 - 0.006 * place,
         "values": {code: None if code in ("recording", "clock") else 0.985 - 0.007 * place for code in LEAGUE}}
        for place, name in enumerate(CITIES, start=1)
    ]  # fmt: skip
    league[-1] |= {"rank": None, "tied": False, "before": None, "values": dict.fromkeys(LEAGUE)}
    trend: dict[str, list[float | None]] = {
        code: [0.96 - 0.03 * number + 0.008 * math.sin(day / 3 + number) for day in range(31)]
        for number, code in enumerate(TREND)
    }
    for values in trend.values():
        values[11] = values[12] = None
    bridge = [
        {"code": "theirs", "numerator": 540, "denominator": 600, "rows": 600, "rate": 0.9, "points": None},
        {
            "code": "not_listed",
            "numerator": 18_300,
            "denominator": 19_400,
            "rows": 18_800,
            "rate": 0.9433,
            "points": 433,
        },
        {"code": "exempt", "numerator": 18_300, "denominator": 19_388, "rows": 12, "rate": 0.9439, "points": 6},
        {"code": "proved_around", "numerator": 18_321, "denominator": 19_388, "rows": 21, "rate": 0.945, "points": 11},
        {"code": "ours", "numerator": 18_321, "denominator": 19_388, "rows": 19_388, "rate": 0.945, "points": 0},
    ]
    return {
        "month": str(month), "region": "45", "region_name": "广西壮族自治区", "as_of": "2026-11-02T01:00:00+00:00",
        "zone": "Asia/Shanghai", "over": True, "cameras": 20_000,
        "indicators": [indicator(code, *known.get(code, (None, None))) for code in indicators()],
        "league": league,
        "trend": {"days": [f"2026-10-{day:02d}" for day in range(1, 32)], "values": trend},
        "faults": [
            {"code": "offline", "zh": "离线", "en": "offline", "began": 412, "ended": 388, "lasting": 96},
            {"code": "no_video", "zh": "在线但无画面", "en": "answers but sends no picture", "began": 87, "ended": 80,
             "lasting": 31},
        ],
        "repairs": [
            {"unit": "南宁市某维护单位", "opened": 120, "closed": 112, "dated": 112, "in_time": 103, "late": 4,
             "hours": 17.5},
            {"unit": "", "opened": 3, "closed": 0, "dated": 0, "in_time": 0, "late": 0, "hours": None},
        ],
        "feedbacks": [
            {"name": "10月在线率考核反馈清单.xlsx", "upper": "某上级平台", "indicator": "online", "rows": 600,
             "matched": 594, "wrong": 0, "reported": 27, "bridge": bridge,
             "explained": {"agree": 561, "exempt": 12, "proved_around": 21, "unmatched": 6},
             "at": "2026-10-21T02:00:00+00:00"},
        ],
        "exemptions": [
            {"number": 7, "zh": "施工影响", "en": "Construction", "words": "地铁三号线施工，沿线二十六个路口停电改造",
             "cameras": 312, "starts_at": "2026-10-01T00:00+00:00", "ends_at": "2026-11-01T00:00+00:00",
             "asked_by": "甲", "approved_by": "乙"},
        ],
        "worst_counties": [
            {"code": "451321", "name": "忻城县", "cameras": 210, "value": 0.7012},
            {"code": "451324", "name": "金秀瑶族自治县", "cameras": 145, "value": 0.7123},
        ],
        "worst_cameras": [
            {"code": f"4501030000132000{number:04d}", "name": f"南宁市青秀区民族大道{number}号路口-东北",
             "unit": "南宁市公安局青秀分局", "since": "2026-08-01T03:20+00:00"} for number in range(20)
        ],
    }  # fmt: skip
