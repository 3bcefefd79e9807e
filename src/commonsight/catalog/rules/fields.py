"""The fields of a camera's file, from `fields.toml`: checked, shortened, and put into the form they are kept in.

Values are text. A field without a column of its own lies in `cameras.file` under its code; an empty text there means
that a person emptied it, and that reports leave it so.
"""

import ipaddress
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final, Literal

from commonsight.problem import Refusal

Kind = Literal["text", "date", "number", "choice", "phone", "mac", "ip", "region", "code", "point", "unit"]

VALUE_MOST: Final = 300
CLASSES: Final = ("1", "2", "3", "9")
"""Point classes of GB/T 28181-2022, as its field list names them."""

PHONE: Final = (
    r"(1[3-9][0-9]{9}|0[1-9][0-9]{1,2}-[2-8][0-9]{6,7}(-[0-9]{1,6})?|[2-8][0-9]{6,7}"
    r"|[48]00-?[0-9]{3}-?[0-9]{4}|1[0-9]{2,4})"
)
"""Mobile, area code and number, number alone, 400/800 and short service numbers (110, 12345), the whole text."""
MAC: Final = r"[0-9A-F]{2}(:[0-9A-F]{2}){5}"
DATE: Final = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"

_WIDE: Final = {0xFF01 + i: 0x21 + i for i in range(94) if chr(0x21 + i).isalnum()} | {0x3000: 0x20, 0xA0: 0x20}
"""Full-width letters and digits, and the wide space; full-width punctuation is right in Chinese and stays."""
_HAN: Final = "\u3400-\u9fff\uf900-\ufaff"
_BETWEEN_HAN: Final = re.compile(f"(?<=[{_HAN}]) +(?=[{_HAN}])")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060\ufeff]+")
_WHEN: Final = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[T ][0-9:.]{4,15}(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?\Z"
)
_PACKED: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[0-9]{6})?\Z")
_COUNTED: Final = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?) *(?:天|日|days?|°|度)?\Z")


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `choices`: code to its names (zh, en); `private`: never handed on to upper platforms."""

    code: str
    type: Kind
    zh: str
    en: str
    source: str
    reported: str | None = None
    column: str | None = None
    mandatory: tuple[str, ...] = ()
    basis: str = ""
    choices: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    synonyms: Mapping[str, str] = field(default_factory=dict)
    pattern: str | None = None
    low: float | None = None
    high: float | None = None
    private: bool = False
    note_zh: str = ""
    note_en: str = ""
    example: str = ""

    def name(self, language: str) -> str:
        """What people call it."""
        return self.en if language == "en" else self.zh

    def needed(self, point_class: str | None) -> bool:
        """Whether a camera of this point class (None: not on file) must have it."""
        return "all" in self.mandatory or point_class in self.mandatory


@cache
def catalogue() -> dict[str, Field]:
    """Every field by code, in the order of the file."""
    document = tomllib.loads((files("commonsight.catalog.rules") / "fields.toml").read_text("utf-8"))
    found = {}
    for code, said in document.items():
        said = dict(said)
        said["mandatory"] = tuple(said.get("mandatory", ()))
        said["choices"] = {key: tuple(names) for key, names in said.get("choices", {}).items()}
        found[code] = Field(code, **said)
    return found


@cache
def kept() -> dict[str, Field]:
    """The fields that lie in `cameras.file`."""
    return {code: each for code, each in catalogue().items() if each.column is None}


@cache
def reported_names() -> dict[str, str]:
    """Of the fields in `cameras.file`: the name a platform reports it by, to the field's code."""
    return {each.reported: code for code, each in kept().items() if each.reported}


def as_reported(file: Mapping[str, str]) -> dict[str, str]:
    """The fields of a file under the names of a catalogue item, where they may stand beside `Info` and inside it.

    Private ones (telephones, addresses of the network) are left out.
    """
    said = {}
    for name, code in reported_names().items():
        if code in file and not kept()[code].private:
            said[name] = said[f"Info/{name}"] = file[code]
    return said


def tidy(text: str) -> str:
    """The text as it should have been typed: half-width letters and digits, no control characters, single spaces, and
    none between Chinese characters. Doing it twice changes nothing more."""
    text = " ".join(_CONTROL.sub(" ", text.translate(_WIDE)).split())
    return _BETWEEN_HAN.sub("", text)


def canonical(of: Field, text: str) -> str | None:
    """The one form in which this value is kept; None when it is none that the field's type knows.

    A date loses its time of day, a number its unit, a MAC address gets colons, a choice its code.
    """
    text = tidy(text)
    if of.type == "date":
        return _date(text)
    if of.type == "number":
        return _number(of, text)
    if of.type == "choice":
        found = of.synonyms.get(text, text)
        return found if found in of.choices else None
    if of.type == "phone":
        return _phone(text)
    if of.type == "mac":
        digits = re.sub(r"[-:. ]", "", text).upper()
        return ":".join(re.findall("..", digits)) if re.fullmatch("[0-9A-F]{12}", digits) else None
    if of.type == "ip":
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            return None
    if of.pattern is not None and not re.fullmatch(of.pattern, text):
        return None
    return text or None


def _date(text: str) -> str | None:
    match = _PACKED.match(text) or _WHEN.match(text)
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups())).isoformat()
    except ValueError:
        return None


def _number(of: Field, text: str) -> str | None:
    match = _COUNTED.match(text)
    if match is None:
        return None
    value = float(match.group(1))
    if (of.low is not None and value < of.low) or (of.high is not None and value > of.high):
        return None
    return f"{value:g}"


def _phone(text: str) -> str | None:
    plain = re.sub(r"[\s()（）]", "-", text.replace("—", "-").replace("－", "-").replace("＋", "+"))
    plain = re.sub("-+", "-", plain).strip("-").removeprefix("+86").removeprefix("86-").strip("-")
    if re.fullmatch(r"1[3-9][0-9-]{9,12}", plain):
        plain = plain.replace("-", "")
    elif match := re.fullmatch(r"(0(?:10|2[0-9]|[3-9][0-9]{2}))-?([2-8][0-9]{6,7})(-[0-9]{1,6})?", plain):
        plain = f"{match[1]}-{match[2]}{match[3] or ''}"
    return plain if re.fullmatch(PHONE, plain) else None


def checked(code: str, text: str | None) -> str:
    """What a person gave for a field, in the form it is kept in; "" empties it.

    Raises:
        Refusal: `catalog.field_unknown`, `catalog.field_invalid`, naming the field, the value and the rule.
    """
    of = kept().get(code)
    if of is None:
        raise Refusal("catalog.field_unknown", status=422, rule="a field of the file", operand=code, actual=code[:40])
    if text is None or not text.strip():
        return ""
    found = canonical(of, text) if len(text) <= VALUE_MOST else None
    if found is None:
        expected: object = of.pattern or of.type
        if of.choices:
            expected = list(of.choices)
        elif of.type == "number":
            expected = f"{of.low or 0:g}..{of.high or 0:g}"
        elif of.type in ("text", "unit") and not of.pattern:
            expected = f"0..{VALUE_MOST} characters"
        raise Refusal(
            "catalog.field_invalid", status=422, rule=of.type, operand=code, expected=expected, actual=text[:80]
        )
    return found
