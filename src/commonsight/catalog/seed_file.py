"""The rest of an invented camera's file: what stands in no column. The same for the same seed and number.

Everything in it is invented: makers, firms and telephone numbers are nobody's.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import numpy as np

from commonsight.catalog.rules import fields

MAKERS: Final = ("演示视讯", "示例光电", "样本智能", "范例影像")
_CLASSES: Final = ("1", "2", "3", "9")
_SHARES: Final = (0.22, 0.35, 0.38, 0.05)
_FIRST: Final = date(2012, 1, 1)
_DAYS: Final = 4_900
FIRMS: Final = 3
"""Maintenance firms of a city."""
SWITCH_CAMERAS: Final = 24


def firm(city: str, number: int) -> str:
    """One of the invented firms that keep a city's cameras."""
    return f"{city}示例运维{'一二三'[number % FIRMS]}部（演示）"


def telephone(city_code: str, number: int) -> str:
    """A telephone number in the city's form that is nobody's."""
    return f"077{int(city_code[2:4]) % 10}-{2_000_000 + number % 6_000_000:07}"


def whole(number: int, region: str, city: str, pick: np.ndarray) -> dict[str, str]:
    """A file with every field that is mandatory for its class, all of them right. `pick`: eight numbers in [0, 1)."""
    level = _CLASSES[int(np.searchsorted(np.cumsum(_SHARES), pick[0], side="right").clip(0, 3))]
    installed = _FIRST + timedelta(days=int(pick[1] * _DAYS))
    mine = number // SWITCH_CAMERAS
    return {
        "point_class": level,
        "grassroots_code": region[6:].ljust(6, "0"),
        "install_time": installed.isoformat(),
        "contact": telephone(region, number * 7 + int(pick[2] * 1e6)),
        "record_days": ("30", "60", "90")[int(pick[3] * 3)],
        "manufacturer": MAKERS[int(pick[4] * len(MAKERS))],
        "model": f"DS-{int(pick[5] * 9) + 1}{int(pick[6] * 90) + 10}",
        "mac": ":".join(f"{byte:02X}" for byte in (0x02, 0x45, *(number + 1).to_bytes(4))),
        "maintenance_unit": firm(city, int(pick[7] * FIRMS)),
        "maintenance_phone": telephone(region, 1_000_003 * (int(pick[7] * FIRMS) + 1)),
        "pole": f"{region[:6]}-{number:06}",
        "switch": f"{region[:6]}-SW-{mine:05}",
        "network_line": f"{region[:6]}-LN-{mine // 8:04}",
        "warranty_until": (installed + timedelta(days=3 * 365)).isoformat(),
    }


def as_found(file: Mapping[str, str], pick: np.ndarray) -> dict[str, str]:
    """The same file as it stands in the field: some values were never filled in, some are written anyhow.

    Args:
        pick: as many numbers in [0, 1) as the file has fields, at least.
    """
    made = {}
    for chance, (code, value) in zip(pick, file.items(), strict=False):
        gap = 0.05 if fields.kept()[code].mandatory else 0.25
        if chance < gap:
            continue
        if code == "install_time" and chance > 0.99:
            value = value.replace("-", "/")
        elif code == "contact" and chance > 0.985:
            value = value.replace("-", " ")
        elif code == "mac" and chance > 0.99:
            value = value.replace(":", "-").lower()
        elif code == "record_days" and chance > 0.99:
            value = f"{value}天"
        made[code] = value
    return made
