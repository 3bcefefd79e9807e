"""Each rule on records that are right but for one thing, and on records that only look wrong."""

from typing import Any

import pytest

from commonsight.catalog.rules import checks
from commonsight.catalog.rules.frame import Context
from commonsight.catalog.rules.model import rule_set
from commonsight.places.coordinates import wgs84_to_gcj02
from tests.catalog.rules.conftest import RIGHT, Find, frame


def test_a_right_record_is_found_nothing_on(find: Find) -> None:
    assert find() == {}


@pytest.mark.parametrize(
    ("rule", "field", "expected", "changed"),
    [
        ("mandatory", "contact", "", {"contact": None}),
        ("mandatory", "point_class", "", {"point_class": None}),
        ("mandatory", "point", "", {"lon": None, "lat": None, "x": None, "y": None}),
        ("code_structure", "code", "类型码 / type 121, 131, 132, 138", {"code": "45010300001340000118"}),
        ("code_structure", "code", "已有行政区划 / a region that exists", {"code": "45990000001320000118"}),
        ("code_region", "code", "七星区", {"code": "45030500001320000118"}),
        ("region_unknown", "region", "", {"region": "450199"}),
        ("grassroots_differs", "grassroots_code", "001000", {"grassroots_code": "002000"}),
        ("grassroots_differs", "grassroots_code", "001005", {"grassroots_code": "777005"}),
        ("point_zero", "point", "", {"x": 0.0, "y": 0.0, "lon": 0.0, "lat": 0.0}),
        ("point_zero", "point", "", {"x": None, "y": None, "lon": None, "lat": None, "raw_x": 0.0, "raw_y": 22.8}),
        ("point_swapped", "point", "108.366, 22.817",
         {"x": None, "y": None, "lon": None, "lat": None, "raw_x": 22.817, "raw_y": 108.366}),
        ("point_abroad", "point", "", {"x": 2.351234, "y": 48.85, "lon": 2.351234, "lat": 48.85}),
        ("point_region", "point", "桂林市", {"x": 110.123456, "y": 25.2, "lon": 110.123456, "lat": 25.2}),
        ("point_coarse", "point", "2", {"x": 108.36, "y": 22.8}),
        ("point_system", "point", "GCJ-02", {"declared": "GCJ-02"}),
        ("name_form", "name", "南宁市青秀区A座1号", {"name": "南宁市青秀区Ａ座１号"}),
        ("name_form", "name", "南宁市青秀区民族大道", {"name": "南宁市青秀区 民族\u3000大道"}),
        ("name_placeholder", "name", "", {"name": "Camera 01"}),
        ("name_placeholder", "name", "", {"name": "通道12"}),
        ("name_placeholder", "name", "", {"name": "192.168.1.64"}),
        ("name_region", "name", "南宁市青秀区", {"name": "桂林市七星区漓江路口-东"}),
        ("name_region", "name", "南宁市青秀区", {"name": "玉林市容县民族路口-东"}),
        ("address_region", "address", "南宁市青秀区", {"address": "南宁市兴宁区人民路1号"}),
        ("name_address", "address", "青秀区", {"region": "4501", "address": "南宁市兴宁区人民路1号"}),
        ("name_osd", "osd_label", "南宁市青秀区民族大道古城路口-东", {"osd_label": "IPdome 07"}),
        ("address_form", "address", "南宁市青秀区新竹街道1号", {"address": "南宁市青秀区新竹街道１号"}),
        ("value_form", "install_time", "2021-03-05", {"install_time": "2021/3/5"}),
        ("value_form", "mac", "02:45:00:00:00:01", {"mac": "02-45-00-00-00-01"}),
        ("value_invalid", "contact", "联系方式", {"contact": "无"}),
        ("value_invalid", "install_time", "安装时间", {"install_time": "2021-02-30"}),
        ("install_future", "install_time", "2026-11-20", {"install_time": "2026-11-21", "warranty_until": None}),
        ("install_ancient", "install_time", "1990", {"install_time": "1970-01-01", "warranty_until": None}),
        ("warranty_order", "warranty_until", "2021-03-05", {"warranty_until": "2020-01-01"}),
        ("record_days_short", "record_days", "30", {"record_days": "29"}),
        ("unit_form", "maintenance_unit", "南宁市示例运维一部（演示）",
         {"maintenance_unit": "南宁市示例运维一部(演示)"}),
        ("maintenance_closed", "maintenance_unit", "2023-06-30", {"maintenance_unit": "已注销工程公司"}),
        ("maintenance_silent", "maintenance_phone", "无电话服务部",
         {"maintenance_unit": "无电话服务部", "maintenance_phone": None, "point_class": "2"}),
        ("maintenance_unknown", "maintenance_unit", "", {"maintenance_unit": "原承建方"}),
    ],
)  # fmt: skip
def test_one_thing_wrong_is_found_and_nothing_else(
    find: Find, rule: str, field: str, expected: str, changed: dict[str, Any]
) -> None:
    # A place that is none is missing, too, where the class asks for one; an unknown region is nobody's.
    follows = {"mandatory", "code_region"} if "raw_x" in changed or rule == "region_unknown" else set()
    follows |= {"name_region", "address_region"} if rule == "region_unknown" else set()
    follows |= {"code_region"} if rule == "code_structure" else set()
    found = find(**changed)
    assert found.pop((rule, field)) == expected
    assert {code for code, _ in found} <= follows


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "南宁市青秀区桂林路口-东"},
        {"name": "南宁市青秀区往桂林市方向-南"},
        {"name": "南宁市青秀区桂林市大厦停车场"},
        {"name": "青秀区与兴宁区交界-北"},
        {"name": "南宁市青秀区民族大道100号市容-北"},
        {"name": "国道G72线K1300+500-西"},
        {"name": "南宁市青秀区ABC商场门口 2 号机"},
        {"address": "建政路（东段）9号"},
        {"contact": "400-810-0000", "maintenance_phone": "110"},
        {"install_time": "2021-03-05T00:00:00.000"},
        {"x": 108.3661, "y": 22.81, "lon": 108.3661, "lat": 22.81},
        {"x": 109.01, "lon": 109.01},
        {"osd_label": "民族大道古城路口东"},
        {"grassroots_code": "000000"},
        {"region": "450103001002", "grassroots_code": "001002"},
        {"declared": "GCJ-02", "system": "GCJ-02"},
        {"maintenance_unit": "南宁市示例运维二部（演示）"},
        {"unit": "南宁市公安局兴宁分局"},
        {"point_class": "9", "contact": None, "install_time": None, "warranty_until": None, "mac": None, "lon": None,
         "lat": None, "x": None, "y": None},
    ],
)  # fmt: skip
def test_what_only_looks_wrong_is_let_pass(find: Find, changed: dict[str, Any]) -> None:
    assert find(**changed) == {}


def test_a_rare_spelling_close_to_a_frequent_one_is_a_notice(find: Find) -> None:
    found = find(maintenance_unit="南宁市示例维运一部（演示）")
    assert found.pop(("unit_similar", "maintenance_unit")) == "南宁市示例运维一部（演示）"
    assert {code for code, _ in found} == {"maintenance_unknown"}


OTHER = {"id": "00000000-0000-7000-8000-000000000002", "code": "45010300001320000119", "url": "rtsp://192.0.2.11/ch1",
         "mac": "02:45:00:00:00:02", "name": "南宁市青秀区民族大道古城路口-西"}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "changed"),
    [
        ("duplicate_camera", {"name": RIGHT["name"]}),
        ("duplicate_source", {"url": RIGHT["url"]}),
        ("duplicate_mac", {"mac": "02-45-00-00-00-01".lower()}),
        ("duplicate_code", {"code": "45010300001310000118", "name": RIGHT["name"], "lon": 108.37}),
    ],
)
def test_the_later_of_two_alike_is_named_with_the_earlier(rule: str, changed: dict[str, Any]) -> None:
    # MAC addresses of another form are told as that; as pairs they are compared in one form.
    found = checks.pairs(checks.keys(frame(RIGHT | OTHER | changed, RIGHT))).rows(named=True)
    assert [(row["rule"], row["id"], row["twin"], row["expected"]) for row in found] == [
        (rule, OTHER["id"], RIGHT["id"], RIGHT["code"])
    ]


def test_two_cameras_of_a_pole_and_channels_of_a_recorder_are_no_duplicates() -> None:
    beside = RIGHT | OTHER
    channel = RIGHT | OTHER | {"id": "00000000-0000-7000-8000-000000000003", "code": "45010300001320000120",
                               "name": "丙", "url": "rtsp://192.0.2.11/ch2"}  # fmt: skip
    assert checks.pairs(checks.keys(frame(RIGHT, beside, channel))).is_empty()


def test_the_camera_displaced_by_the_offset_of_gcj02_is_named() -> None:
    lon, lat = wgs84_to_gcj02(RIGHT["lon"], RIGHT["lat"])
    on_pole = {"pole": "QX-1"}
    shifted = RIGHT | OTHER | on_pole | {"lon": lon, "lat": lat, "platform": "p2"}
    found = checks.pairs(checks.keys(frame(RIGHT | on_pole, shifted))).rows(named=True)
    assert [(row["rule"], row["id"], row["twin"]) for row in found] == [("point_gcj02", OTHER["id"], RIGHT["id"])]
    # As far off, in another direction: something else is wrong.
    elsewhere = shifted | {"lon": 2 * RIGHT["lon"] - lon, "lat": lat}
    assert checks.pairs(checks.keys(frame(RIGHT | on_pole, elsewhere))).is_empty()


def test_a_finding_says_in_words_what_is_wrong(context: Context) -> None:
    for rule in rule_set().rules.values():
        for language in ("zh", "en"):
            said = rule.found(language, "VALUE", "EXPECTED")
            assert said
            assert "{" not in said + rule.says(language)
