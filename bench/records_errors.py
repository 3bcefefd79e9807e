"""Known errors put into a right camera file, each rule's own kind, drawn by lot from a seed.

An injection says what is to be found (camera, rule, field), what else follows from the same error and is neither found
nor false when told (`implied`), and what a certain repair is to bring back.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import numpy as np

from bench.records_world import SEED, Made, Record
from commonsight.catalog.rules import fields
from commonsight.catalog.seed import seeded_id
from commonsight.places.coordinates import wgs84_to_gcj02

Finding = tuple[UUID, str, str]


@dataclass(slots=True)
class Truth:
    """What is wrong with the file."""

    expected: set[Finding] = field(default_factory=set)
    implied: set[tuple[UUID, str]] = field(default_factory=set)
    right: dict[tuple[UUID, str], str] = field(default_factory=dict)
    """(camera, field) to what stood there before, for errors that have a certain repair."""


class Injector:
    """Puts errors into a file. Each record carries one error at most, so that each error is judged by itself."""

    def __init__(self, file: Made, each: int) -> None:
        self.file, self.each, self.truth = file, each, Truth()
        self.rng = np.random.default_rng([SEED, 0xE44])
        self.free = [record for record in file.records if not record.shared and record.channel is None]
        self.rng.shuffle(self.free)
        self.extra = 0
        self.touched: set[UUID] = set()

    def inject(self) -> Truth:
        """All kinds, `each` of them each."""
        for rule, put in KINDS.items():
            done = 0
            tries = 0
            while done < self.each and tries < self.each * 40 and self.free:
                tries += 1
                record = self.free.pop()
                if put(self, rule, record):
                    done += 1
                else:
                    self.free.insert(int(self.rng.integers(0, len(self.free) + 1)), record)
        self._on_poles()
        return self.truth

    def pick(self, *choices: str) -> str:
        return choices[int(self.rng.integers(0, len(choices)))]

    def found(self, record: Record, rule: str, of: str, *implied: str, right: dict[str, str] | None = None) -> bool:
        self.truth.expected.add((record.id, rule, of))
        self.touched.add(record.id)
        if of in ("name", "osd_label") and rule != "name_osd":
            implied = (*implied, "name_osd")  # the label in the picture is that of the right name
        self.truth.implied |= {(record.id, other) for other in implied}
        self.truth.right |= {(record.id, name): value for name, value in (right or {}).items()}
        return True

    def copy(self, record: Record, **changes: object) -> Record:
        """Another record, filed later, like this one but for what makes it a camera of its own."""
        self.extra += 1
        number = self.file.total + self.extra
        made = deepcopy(record)
        made.number, made.id = number, seeded_id(1, number, SEED)
        made.code = f"{record.code[:14]}{999_999 - self.extra:06}"
        made.url = f"rtsp://10.250.{self.extra >> 8 & 255}.{self.extra & 255}/ch1"
        made.file["mac"] = ":".join(f"{byte:02X}" for byte in (0x06, 0x45, *self.extra.to_bytes(4)))
        for name, value in changes.items():
            setattr(made, name, value)
        self.file.records.append(made)
        return made

    def elsewhere(self, record: Record) -> Record:
        """A record of another city."""
        while True:
            other = self.file.records[int(self.rng.integers(0, self.file.total))]
            right = other.x is not None and not other.shared and other.channel is None and other.id not in self.touched
            if right and other.region[:4] != record.region[:4]:
                return other

    def _on_poles(self) -> None:
        """GCJ-02 taken for WGS-84 shows only beside a camera of another platform on the same pole."""
        poles: dict[str, list[Record]] = {}
        for record in self.file.records:
            if record.shared and record.channel is None and record.system == "WGS-84" and "pole" in record.file:
                poles.setdefault(record.file["pole"], []).append(record)
        groups = [group for _, group in sorted(poles.items()) if len({each.platform for each in group}) == 2]
        order = self.rng.permutation(len(groups))
        for index in order[: self.each]:
            group = groups[index]
            odd = min((each for each in group), key=lambda each: sum(o.platform == each.platform for o in group))
            if sum(each.platform == odd.platform for each in group) > 1 or odd.x is None or odd.y is None:
                continue
            x, y = wgs84_to_gcj02(odd.x, odd.y)
            odd.x, odd.y = round(x, 6), round(y, 6)
            self.found(odd, "point_gcj02", "point", "point_region")


Put = Callable[[Injector, str, Record], bool]


def _mandatory(at: Injector, rule: str, record: Record) -> bool:
    due = [of for of in fields.kept().values() if of.needed(record.file["point_class"]) and of.code in record.file]
    of = due[int(at.rng.integers(0, len(due)))]
    right = {of.code: record.file[of.code]} if of.code == "grassroots_code" and len(record.region) > 6 else {}
    del record.file[of.code]
    implied = ("mandatory",) if of.code == "point_class" else ()
    return at.found(record, rule, of.code, *implied, "maintenance_silent", right=right)


def _code_structure(at: Injector, rule: str, record: Record) -> bool:
    code = record.code
    record.code = at.pick(f"{code[:10]}134{code[13:]}", f"459900{code[6:]}", f"{code[:10]}200{code[13:]}")
    return at.found(record, rule, "code", "code_region")


def _code_region(at: Injector, rule: str, record: Record) -> bool:
    record.code = at.elsewhere(record).region[:6] + record.code[6:]
    return at.found(record, rule, "code")


def _region_unknown(at: Injector, rule: str, record: Record) -> bool:
    record.region = f"{record.region[:4]}99"
    return at.found(record, rule, "region", "code_region", "name_region", "address_region", "grassroots_differs")


def _grassroots(at: Injector, rule: str, record: Record) -> bool:
    if len(record.region) < 9:
        return False
    right = record.file["grassroots_code"]
    record.file["grassroots_code"] = f"{(int(right[:3]) + int(at.rng.integers(1, 900))) % 999 + 1:03}{right[3:]}"
    if record.file["grassroots_code"] in (right, "000000"):
        record.file["grassroots_code"] = right
        return False
    return at.found(record, rule, "grassroots_code", right={"grassroots_code": right})


def _point_zero(at: Injector, rule: str, record: Record) -> bool:
    record.record = {"Longitude": "0", "Latitude": at.pick("0", "0.0", f"{record.y}")}
    record.x = record.y = None
    return at.found(record, rule, "point", "mandatory")


def _point_swapped(at: Injector, rule: str, record: Record) -> bool:
    right = f"{record.x!r}, {record.y!r}"
    # As intake files it: degrees beyond 90 north are no place, and stay readable in what was reported.
    record.record = {"Longitude": f"{record.y}", "Latitude": f"{record.x}"}
    record.x = record.y = None
    return at.found(record, rule, "point", "mandatory", right={"point": right})


def _point_abroad(at: Injector, rule: str, record: Record) -> bool:
    record.x, record.y = float(at.rng.uniform(-120, 60)), float(at.rng.uniform(-50, 70))
    return at.found(record, rule, "point")


def _point_region(at: Injector, rule: str, record: Record) -> bool:
    other = at.elsewhere(record)
    record.x, record.y = other.x, other.y
    record.file.pop("pole", None)
    return at.found(record, rule, "point")


def _point_coarse(at: Injector, rule: str, record: Record) -> bool:
    assert record.x is not None
    assert record.y is not None
    decimals = int(at.rng.integers(1, 4))
    record.x, record.y = round(record.x, decimals), round(record.y, decimals)
    return at.found(record, rule, "point", "point_region")


def _point_system(at: Injector, rule: str, record: Record) -> bool:
    assert record.x is not None
    assert record.y is not None
    x, y = wgs84_to_gcj02(record.x, record.y)
    record.x, record.y, record.channel = round(x, 6), round(y, 6), "gcj"
    return at.found(record, rule, "point", "point_region", right={"system": "GCJ-02"})


def _duplicate_camera(at: Injector, rule: str, record: Record) -> bool:
    return at.found(at.copy(record), rule, "name")


def _duplicate_source(at: Injector, rule: str, record: Record) -> bool:
    other = at.elsewhere(record)
    if other.url is None:
        return False
    copied = at.copy(other, name=record.name, region=record.region, address=record.address, x=record.x, y=record.y)
    copied.url, copied.code, copied.unit = other.url, f"{record.code[:14]}{copied.code[14:]}", record.unit
    copied.file["grassroots_code"] = record.file["grassroots_code"]
    copied.file.pop("osd_label", None)
    return at.found(copied, rule, "url", "duplicate_camera")


def _duplicate_mac(at: Injector, rule: str, record: Record) -> bool:
    copied = at.copy(record, name=f"{record.name}二")
    copied.file["mac"] = record.file["mac"]
    return at.found(copied, rule, "mac")


def _duplicate_code(at: Injector, rule: str, record: Record) -> bool:
    assert record.x is not None
    copied = at.copy(record, x=round(record.x + 0.002, 6))
    copied.code = f"{record.code[:10]}131{record.code[13:]}"
    return at.found(copied, rule, "code", "point_region")


def _wide(at: Injector, text: str) -> str:
    """The same text as people mistype it."""
    kind = int(at.rng.integers(0, 4))
    middle = len(text) // 2
    if kind == 0:
        return f" {text}  "
    if kind == 1:
        return f"{text[:middle]}\u3000{text[middle:]}"
    if kind == 2:
        return "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in text)
    return f"{text[:middle]}\t{text[middle:]}"


def _mistyped(of: str) -> Put:
    def put(at: Injector, rule: str, record: Record) -> bool:
        right = getattr(record, of)
        wrong = _wide(at, right)
        # A space between two words in Latin letters would be one of theirs.
        if wrong == right or fields.tidy(wrong) != right:
            return False
        setattr(record, of, wrong)
        return at.found(record, rule, of, right={of: right})

    return put


def _placeholder(at: Injector, rule: str, record: Record) -> bool:
    number = int(at.rng.integers(1, 64))
    record.name = at.pick(
        f"Camera {number:02}", f"通道{number}", f"IPC_{number}", "测试", f"10.1.2.{number}", record.code
    )
    return at.found(record, rule, "name")


def _other_place(of: str) -> Put:
    def put(at: Injector, rule: str, record: Record) -> bool:
        other = at.elsewhere(record)
        text = getattr(record, of)
        stem = f"{record.city}{record.county}"
        if not text.startswith(stem):
            return False
        setattr(record, of, f"{other.city}{other.county}{text.removeprefix(stem)}")
        return at.found(record, rule, of)

    return put


def _name_address(at: Injector, rule: str, record: Record) -> bool:
    stem = f"{record.city}{record.county}"
    counties = [
        each.county for each in at.file.records[:5_000] if each.city == record.city and each.county != record.county
    ]
    if not counties or not record.name.startswith(stem) or not record.address.startswith(stem):
        return False
    record.address = f"{record.city}{counties[0]}{record.address.removeprefix(stem)}"
    record.region = record.region[:4]
    return at.found(record, rule, "address")


def _name_osd(at: Injector, rule: str, record: Record) -> bool:
    record.file["osd_label"] = at.pick("Camera 01", "IPdome", "西门岗亭二层楼梯间", "HIK-VIEW 07")
    return at.found(record, rule, "osd_label")


def _value_form(at: Injector, rule: str, record: Record) -> bool:
    of = at.pick("install_time", "contact", "mac", "record_days", "point_class", "manufacturer")
    right = record.file[of]
    year, month, day = record.file["install_time"][:10].split("-")
    wrong = {
        "install_time": at.pick(
            f"{year}/{int(month)}/{int(day)}",
            f"{year}.{month}.{day}",
            f"{year}{month}{day}",
            f"{year}年{int(month)}月{int(day)}日",
        ),
        "contact": at.pick(right.replace("-", " "), right.replace("-", ""), f"（{right.replace('-', '）')}"),
        "mac": at.pick(right.replace(":", "-"), right.lower(), right.replace(":", "")),
        "record_days": at.pick(f"{right}天", f"{right} 天", f"{right}日"),
        "point_class": {"1": "一类", "2": "二类点", "3": "三类", "9": "其他"}[record.file["point_class"]],
        "manufacturer": f"{right[:2]} {right[2:]}",
    }[of]
    if wrong == right or (of == "install_time" and "T" in right) or (of == "contact" and not right.startswith("077")):
        return False
    if of == "contact" and right.count("-") > 1:
        return False
    record.file[of] = wrong
    return at.found(record, rule, of, right={of: right})


def _value_invalid(at: Injector, rule: str, record: Record) -> bool:
    of = at.pick("install_time", "contact", "mac", "record_days", "point_class", "warranty_until")
    if of not in record.file:
        return False
    record.file[of] = {
        "install_time": at.pick("2021-02-30", "去年", "2020"),
        "contact": at.pick("无", "1234567890123", "0771-123"),
        "mac": at.pick("00:11:22:33:44", "GG:11:22:33:44:55"),
        "record_days": at.pick("长期", "0", "99999"),
        "point_class": at.pick("4", "A类"),
        "warranty_until": "2099-13-01",
    }[of]
    return at.found(record, rule, of, "warranty_order")


def _value(of: str, *choices: str) -> Put:
    def put(at: Injector, rule: str, record: Record) -> bool:
        record.file[of] = at.pick(*choices)
        return at.found(record, rule, of, "warranty_order" if rule != "warranty_order" else "")

    return put


def _warranty(at: Injector, rule: str, record: Record) -> bool:
    year = int(record.file["install_time"][:4])
    record.file["warranty_until"] = at.pick(f"{year - 3}-01-01", f"{year + 40}-01-01")
    return at.found(record, rule, "warranty_until")


def _unit_form(at: Injector, rule: str, record: Record) -> bool:
    of = at.pick("management_unit", "maintenance_unit")
    right = record.unit if of == "management_unit" else record.file["maintenance_unit"]
    often = sum(each.unit == right for each in at.file.records[:20_000]) if of == "management_unit" else 100
    if often < 3:
        return False
    middle = len(right) // 2
    wrong = at.pick(f"{right[:middle]} {right[middle:]}", f"{right}\u3000", right.replace("（", "(").replace("）", ")"))
    if wrong == right:
        return False
    if of == "management_unit":
        record.unit = wrong
        at.file.units.setdefault(wrong, ("", None))
    else:
        record.file["maintenance_unit"] = wrong
    return at.found(record, rule, of, right={of: right})


def _unit_similar(at: Injector, rule: str, record: Record) -> bool:
    right = record.file["maintenance_unit"]
    record.file["maintenance_unit"] = right.replace("运维", at.pick("维运", "运为", "运维护"))
    return at.found(record, rule, "maintenance_unit", "maintenance_unknown", "maintenance_silent")


def _unknown_firm(at: Injector, rule: str, record: Record) -> bool:
    record.file["maintenance_unit"] = at.pick("昌隆视频工程处", "个体户张某", "原承建方")
    return at.found(record, rule, "maintenance_unit", "maintenance_silent")


def _closed_firm(at: Injector, rule: str, record: Record) -> bool:
    record.file["maintenance_unit"] = "演示已注销安防工程公司"
    at.file.units["演示已注销安防工程公司"] = ("0771-5550000", "2023-06-30")
    return at.found(record, rule, "maintenance_unit")


def _silent_firm(at: Injector, rule: str, record: Record) -> bool:
    if record.file["point_class"] == "1":
        return False
    record.file["maintenance_unit"] = "演示无电话安防服务部"
    record.file.pop("maintenance_phone", None)
    at.file.units["演示无电话安防服务部"] = ("", None)
    return at.found(record, rule, "maintenance_phone")


KINDS: Final[dict[str, Put]] = {
    "mandatory": _mandatory,
    "code_structure": _code_structure,
    "code_region": _code_region,
    "region_unknown": _region_unknown,
    "grassroots_differs": _grassroots,
    "point_zero": _point_zero,
    "point_swapped": _point_swapped,
    "point_abroad": _point_abroad,
    "point_region": _point_region,
    "point_coarse": _point_coarse,
    "point_system": _point_system,
    "duplicate_camera": _duplicate_camera,
    "duplicate_source": _duplicate_source,
    "duplicate_mac": _duplicate_mac,
    "duplicate_code": _duplicate_code,
    "name_form": _mistyped("name"),
    "name_placeholder": _placeholder,
    "name_region": _other_place("name"),
    "address_region": _other_place("address"),
    "name_address": _name_address,
    "name_osd": _name_osd,
    "address_form": _mistyped("address"),
    "value_form": _value_form,
    "value_invalid": _value_invalid,
    "install_future": _value("install_time", "2031-01-01", "2099-12-31", "2027-06-01"),
    "install_ancient": _value("install_time", "1970-01-01", "1900-01-01", "1985-05-05"),
    "warranty_order": _warranty,
    "record_days_short": _value("record_days", "7", "15", "29"),
    "unit_form": _unit_form,
    "unit_similar": _unit_similar,
    "maintenance_unknown": _unknown_firm,
    "maintenance_closed": _closed_firm,
    "maintenance_silent": _silent_firm,
}
"""Each rule's own kind of error; GCJ-02 on poles is put in apart."""
