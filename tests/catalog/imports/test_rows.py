"""From cells to columns: every wrong cell is told, no password comes out in the clear, nothing is guessed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.catalog.imports.columns import columns, key_of, written
from commonsight.catalog.imports.model import Line, Problem, Rights
from commonsight.catalog.imports.rows import COMPASS, read_row
from commonsight.places.coordinates import System, to_wgs84

ALL = Rights(("45",), convert=True, loopback=False)


def seal(secret: str) -> bytes:
    return bytes(255 - byte for byte in secret.encode())


def read(stated: System | None = None, **cells: str) -> tuple[dict[str, Any], list[Problem]]:
    row, problems = read_row(Line(7, cells), ALL, stated, seal)
    return row.fields, problems + [Problem.of(7, refusal) for refusal in row.deferred.values()]


def codes_of(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in problems]


@pytest.mark.parametrize("said", ["dome", "球机", "Dome (PTZ)", "DOME", " 1 "])
def test_words_are_meant_by_code_name_or_number(said: str) -> None:
    assert read(kind=said)[0]["kind"] == "dome"


def test_places_of_the_standard_have_their_numbers() -> None:
    assert read(place="8")[0]["place"] == read(place="校园周边")[0]["place"] == "school"


@pytest.mark.parametrize(
    ("said", "degrees"), [("东", 90), ("northwest", 315), ("NW", 315), ("359.96", 0), ("360", 0), ("12.5", 12.5)]
)
def test_directions_are_words_or_degrees(said: str, degrees: float) -> None:
    assert read(direction=said)[0]["direction"] == degrees


def test_every_wrong_cell_of_a_row_is_told() -> None:
    _, problems = read(
        code="12", kind="圆", sector="?", lon="x", lat="91", direction="-1", field_angle="0", view_distance="9999"
    )
    assert codes_of(problems) == [
        ("code", "catalog.code_invalid"),
        ("kind", "catalog.word_unknown"),
        ("sector", "catalog.word_unknown"),
        ("lon", "catalog.number_invalid"),
        ("lat", "catalog.number_invalid"),
        ("direction", "catalog.number_invalid"),
        ("field_angle", "catalog.number_invalid"),
        ("view_distance", "catalog.number_invalid"),
    ]
    assert {problem.row for problem in problems} == {7}
    assert all(problem.facts["rule"] for problem in problems)


@pytest.mark.parametrize("said", ["4.5010300001320003e+19", "4.50103E+19", "45010300001320000118.0"])
def test_an_identifier_that_became_a_number_is_not_guessed(said: str) -> None:
    assert codes_of(read(code=said)[1]) == [("code", "catalog.code_as_number")]


def test_a_place_is_kept_as_it_came_and_converted_where_the_source_says_so() -> None:
    plain, _ = read(lon="108.366", lat="22.817")
    assert (plain["location"], plain["original"], plain["system"]) == ("(108.366,22.817)",) * 2 + ("WGS-84",)
    lon, lat = (round(value, 6) for value in to_wgs84(108.366, 22.817, System.GCJ02))
    for fields, problems in (
        read(lon="108.366", lat="22.817", system="gcj-02"),
        read(System.GCJ02, lon="108.366", lat="22.817"),
    ):
        assert problems == []
        assert (fields["location"], fields["original"]) == (f"({lon},{lat})", "(108.366,22.817)")
    # A row's own word goes before that for the file.
    assert read(System.GCJ02, lon="108.366", lat="22.817", system="WGS84")[0]["system"] == "WGS-84"
    assert "location" not in read(lon="108.366", lat="22.817", system="北京54")[0]


def test_passwords_leave_sealed_or_not_at_all() -> None:
    fields, problems = read(url="rtsp://u:inurl@10.1.2.3/s", password="typed")
    assert problems == []
    assert fields["secret"] == "\\x" + seal("typed").hex()
    assert "inurl" not in str(fields)
    for cells in (
        {"url": "ftp://u:inurl@10.1.2.3/s"},
        {"url": "rtsp://u:inurl@127.0.0.1/s"},
        {"url": "rtsp://10.1.2.3/s", "password": "x" * 300},
        {"password": "inurl"},
    ):
        _, problems = read(**cells)
        assert len(problems) == 1, cells
        assert "inurl" not in str(problems)
        assert "xxx" not in str(problems)


def test_no_heading_means_two_columns() -> None:
    meant: dict[str, str] = {}
    for column in columns().values():
        for heading in (column.key, column.zh, column.en, *column.aliases, f"*{column.zh} / {column.en}"):
            assert key_of(heading) == column.key, heading
            assert meant.setdefault(heading, column.key) == column.key


@given(st.dictionaries(st.sampled_from([column.key for column in written()]), st.text(min_size=1, max_size=60)))
def test_hostile_cells_become_columns_or_problems_and_nothing_else(cells: dict[str, str]) -> None:
    fields, problems = read(**cells)
    assert len(problems) <= len(cells) + 3
    assert not {"password", "lon", "lat"} & fields.keys()


def test_the_compass_agrees_with_itself() -> None:
    for en, zh in (("north", "北"), ("east", "东"), ("south", "南"), ("west", "西"), ("southeast", "东南")):
        assert COMPASS[en] == COMPASS[zh]
