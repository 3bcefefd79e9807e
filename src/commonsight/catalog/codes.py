"""The 20-digit identifier of GB/T 28181: 8 centre + 2 industry + 3 type + 1 network + 6 serial.

45010300 00 132 0 000118
|        |  |   | serial, unique inside the rest
|        |  |   network: 0/1 police video, 2 industry, 3 political-legal, 4 police mobile, 5 police information,
|        |  |            6 government extranet, 7 internet, 8 leased line
|        |  type: 131 camera, 132 IP camera, 200 platform, ...
|        industry: 00-39 government, 40-79 enterprise, 80-89 residents, 90-99 other
centre: GB/T 2260 province, city, county, then the grassroots unit; unused levels are 00
"""

import tomllib
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib.resources import files
from typing import Any

from commonsight.places.model import from_six
from commonsight.problem import Refusal

LENGTH = 20
SERIAL_MOST = 999_999


class DeviceType(IntEnum):
    """The type digits that the camera file meets."""

    DVR = 111
    NVR = 118
    CHECKPOINT = 121
    CAMERA = 131
    IP_CAMERA = 132
    MOBILE = 138
    PLATFORM = 200
    GATEWAY = 209


PICTURE_TYPES = frozenset({DeviceType.CHECKPOINT, DeviceType.CAMERA, DeviceType.IP_CAMERA, DeviceType.MOBILE})


@dataclass(frozen=True, slots=True)
class GbCode:
    """One identifier, taken apart. `str()` puts it together again."""

    centre: str
    industry: str
    type: int
    network: int
    serial: int

    def __str__(self) -> str:
        return f"{self.centre}{self.industry}{self.type:03}{self.network}{self.serial:06}"

    @property
    def region(self) -> str:
        """The region that the centre names, as a prefix of at most county level."""
        return from_six(self.centre[:6])

    @property
    def domain(self) -> str:
        """The SIP domain: the first ten digits."""
        return self.centre + self.industry


def parse(code: str, *, operand: str = "code") -> GbCode:
    """Take an identifier apart.

    Raises:
        Refusal: `catalog.code_invalid`, naming the rule that it breaks.
    """

    def refused(rule: str, expected: object) -> Refusal:
        return Refusal(
            "catalog.code_invalid", status=422, rule=rule, operand=operand, expected=expected, actual=code[:40]
        )

    if len(code) != LENGTH or not (code.isascii() and code.isdigit()):
        raise refused("GB/T 28181 length", f"{LENGTH} digits")
    if not 11 <= int(code[:2]) <= 82 or code[2:4] == "00" != code[4:6]:
        raise refused("GB/T 28181 centre (digits 1-8)", "GB/T 2260 province, city, county, unit; unused levels 00")
    if not 100 <= int(code[10:13]) <= 599:
        raise refused("GB/T 28181 type (digits 11-13)", "100-599")
    return GbCode(code[:8], code[8:10], int(code[10:13]), int(code[13]), int(code[14:]))


def parse_camera(code: str, *, operand: str = "code") -> GbCode:
    """Like `parse`, and the type must be one that shows pictures."""
    parsed = parse(code, operand=operand)
    if parsed.type not in PICTURE_TYPES:
        raise Refusal(
            "catalog.code_invalid",
            status=422,
            rule="GB/T 28181 type of a camera (digits 11-13)",
            operand=operand,
            expected=sorted(int(known) for known in PICTURE_TYPES),
            actual=parsed.type,
        )
    return parsed


def build(region: str, industry: str, kind: DeviceType, network: int, serial: int) -> GbCode:
    """The identifier of a device in `region` (a prefix of any level; the centre keeps the county at most)."""
    if not 0 <= serial <= SERIAL_MOST:
        raise ValueError(f"serial {serial} is not in 0..{SERIAL_MOST}")
    return GbCode(region[:6].ljust(8, "0"), industry, int(kind), network, serial)


@dataclass(frozen=True, slots=True)
class Name:
    """A number's name in both languages."""

    zh: str
    en: str


@cache
def _names() -> dict[str, Any]:
    return tomllib.loads((files("commonsight.catalog") / "codes.toml").read_text("utf-8"))


def type_name(number: int) -> Name | None:
    """What the type digits say, where they have a name."""
    found = _names()["types"].get(str(number))
    return None if found is None else Name(**found)


def network_name(number: int) -> Name | None:
    """Whose network the network digit says, where it has a name."""
    found = _names()["networks"].get(str(number))
    return None if found is None else Name(**found)


def industry_name(digits: str) -> Name:
    """Which kind of owner the two industry digits say."""
    number = int(digits)
    found = next(entry for entry in _names()["industries"] if entry["from"] <= number <= entry["to"])
    return Name(found["zh"], found["en"])
