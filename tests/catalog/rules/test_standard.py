"""The document says what the checker runs."""

from pathlib import Path

import pytest

from commonsight.catalog.rules import checks, fields, standard
from commonsight.catalog.rules.model import rule_set
from commonsight.records.migrations import versions


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", ["md", "html"])
def test_the_standard_lists_every_field_and_every_rule_that_is_run(kind: standard.Format, language: str) -> None:
    said = standard.render(kind, language)
    known = rule_set()
    assert known.version in said
    assert known.date.isoformat() in said
    assert known.digest in said
    for code in (*checks.ROWS, *checks.PAIRS):
        assert f"| {code} |" in said or f"<td>{code}</td>" in said
    for field in fields.catalogue().values():
        assert field.name(language) in said
    assert "catalog.standard" not in said
    assert standard.render(kind, language) == said


def test_parameters_stand_in_the_standard_as_the_checker_reads_them() -> None:
    days = rule_set().rules["record_days_short"]
    assert f"不少于 {days.parameters['days']:g} 天" in standard.render("md", "zh")


def test_the_database_takes_over_the_names_that_the_fields_say() -> None:
    packed = (Path(next(iter(versions.__path__))) / "0029_camera_file.py").read_text("utf-8")
    for reported, field in fields.reported_names().items():
        assert f"('{reported}', '{field}')" in packed
