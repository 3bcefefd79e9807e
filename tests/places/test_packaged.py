"""The packaged data: what they must hold, and what is refused."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.places import packaged
from commonsight.places.model import Level
from commonsight.problem import Refusal


def packed(text: str) -> bytes:
    return gzip.compress(text.encode())


def test_guangxi_is_whole() -> None:
    regions = packaged.parse_regions(packaged.regions_file("45")[0])
    by_code = {region.code: region for region in regions}
    assert by_code["45"].name == "广西壮族自治区"
    assert by_code["45"].children == 14
    assert by_code["4501"].name == "南宁市"
    assert sum(region.level is Level.COUNTY for region in regions) == 111
    assert len(regions) > 18_000


def test_outlines_name_the_fourteen_cities() -> None:
    document = packaged.outlines("45")
    codes = {feature["properties"]["code"] for feature in document["features"]}
    assert codes == {f"45{number:02}" for number in range(1, 15)}


def test_children_are_counted() -> None:
    regions = packaged.parse_regions(packed("code,name\n45,甲\n4501,乙\n4502,丙\n"))
    assert [(r.code, r.children) for r in regions] == [("45", 2), ("4501", 0), ("4502", 0)]


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ("code\n45\n", "line 1"),
        ("code,name\n45,甲\n4501\n", "line 3"),
        ("code,name\n45,甲\n45,甲\n", "line 3"),
        ("code,name\n4501,乙\n", "line 2"),
        ("code,name\n45,甲\nx,乙\n", "line 3"),
    ],
)
def test_a_bad_table_is_refused_naming_the_line(table: str, line: str) -> None:
    with pytest.raises(Refusal) as refused:
        packaged.parse_regions(packed(table))
    assert refused.value.operand == line


@given(st.binary(max_size=200))
def test_hostile_bytes_are_refused(data: bytes) -> None:
    for given_bytes in (data, gzip.compress(data)):
        with pytest.raises(Refusal):
            packaged.parse_regions(given_bytes + b"")


def test_an_unknown_province_says_what_is_missing() -> None:
    with pytest.raises(Refusal) as refused:
        packaged.regions_file("99")
    assert refused.value.code == "places.data_missing"
