"""Pure types of the rules: what a rule is, what it finds, and for whom figures are asked."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made
from datetime import date
from enum import IntEnum
from functools import cache
from importlib.resources import files
from typing import Literal
from uuid import UUID

Kind = Literal["complete", "accurate"]
Repair = Literal["certain", "person", "none"]


class Severity(IntEnum):
    """How bad a finding is. A notice leaves a record accurate."""

    NOTICE = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        """`notice`, `warning` or `error`."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of `rules.toml`; its texts with the parameters filled in. `field` is "*" where it speaks of several."""

    code: str
    kind: Kind
    severity: Severity
    field: str
    repair: Repair
    source: str
    zh: str
    en: str
    found_zh: str
    found_en: str
    parameters: Mapping[str, float] = made(default_factory=dict)

    def says(self, language: str) -> str:
        """The rule in words, as it stands in the entry standard."""
        return self.en if language == "en" else self.zh

    def found(self, language: str, value: str, expected: str) -> str:
        """A finding in words."""
        return (self.found_en if language == "en" else self.found_zh).format(value=value, expected=expected)

    @property
    def counts(self) -> bool:
        """Whether a finding makes the record inaccurate."""
        return self.kind == "accurate" and self.severity > Severity.NOTICE


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules. `digest` names what the checker runs: fields and rules together, 12 hexadecimal digits."""

    version: str
    date: date
    digest: str
    rules: Mapping[str, Rule]


@cache
def rule_set() -> RuleSet:
    """The packaged rules, in the order of the standard."""
    packed = (files("commonsight.catalog.rules") / "rules.toml").read_bytes()
    fields = (files("commonsight.catalog.rules") / "fields.toml").read_bytes()
    document = tomllib.loads(packed.decode())
    rules = {}
    for code, said in document["rules"].items():
        parameters: dict[str, float] = said.pop("parameters", {})
        said["severity"] = Severity[said["severity"].upper()]
        for text in ("zh", "en"):
            said[text] = said[text].format(**{name: f"{value:g}" for name, value in parameters.items()})
        rules[code] = Rule(code, parameters=parameters, **said)
    digest = hashlib.sha256(packed + fields).hexdigest()[:12]
    return RuleSet(document["version"], date.fromisoformat(document["date"]), digest, rules)


def rule(code: str) -> Rule:
    """The rule with this code. Raises KeyError."""
    return rule_set().rules[code]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose records are counted: every condition that is set must hold.

    Args:
        regions: division-code prefixes; none of them means no camera.
        unit: the managing unit's name; `maintenance`: the maintenance unit's; `platform`: by id.
    """

    regions: tuple[str, ...]
    unit: str | None = None
    maintenance: str | None = None
    platform: UUID | None = None
    sector: str | None = None


@dataclass(frozen=True, slots=True)
class Completeness:
    """Of `total` cameras, `complete` have every mandatory field; of `mandatory` values due, `filled` are there.

    `unknown`: cameras that were not checked since they last changed; they are in none of the other figures.
    """

    total: int
    complete: int
    mandatory: int
    filled: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Of `total` cameras, `accurate` have no error and no warning. `unknown` as in `Completeness`."""

    total: int
    accurate: int
    unknown: int


@dataclass(frozen=True, slots=True)
class FieldCount:
    """One field: cameras that must have it, those of them that do not, and cameras in which it is found wrong."""

    field: str
    due: int
    missing: int
    wrong: int
    total: int
