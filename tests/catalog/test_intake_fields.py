"""Items of 2016 and 2022, and whatever vendors send."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.catalog.intake_fields import ChannelKind, code_of, read
from commonsight.places.model import DIGITS

PLATFORM = "45010000002000000001"
CAMERA = "45010300041320000001"
GROUP, ORGANISATION = "45010300002150000001", "45010300002160000001"

OF_2016 = {
    "DeviceID": CAMERA,
    "Name": "民族大道",
    "Manufacturer": "Acme",
    "Model": "X",
    "Owner": "Owner",
    "CivilCode": "450103",
    "Block": "b",
    "Address": "民族大道1号",
    "Parental": "0",
    "ParentID": PLATFORM,
    "SafetyWay": "0",
    "RegisterWay": "1",
    "Secrecy": "0",
    "IPAddress": "192.0.2.1",
    "Port": "554",
    "Password": "hidden",
    "Status": "ON",
    "Longitude": "108.366",
    "Latitude": "22.817",
    "Info/PTZType": "1",
    "Info/PositionType": "3",
    "Info/BusinessGroupID": GROUP,
    "Info/DownloadSpeed": "1/2/4",
}
OF_2022 = {
    "DeviceID": CAMERA,
    "Name": "民族大道",
    "CivilCode": "450103",
    "ParentID": f"{PLATFORM}/{ORGANISATION}",
    "BusinessGroupID": GROUP,
    "SecurityLevelCode": "B",
    "Status": "OFF",
    "Longitude": "108.366",
    "Latitude": "22.817",
    "Info/PTZType": "3",
    "Info/GrassrootsCode": "001002",
    "Info/PointType": "1",
    "Info/HorizontalFieldAngle": "70",
    "Info/MaxViewDistance": "100",
    "Info/ManagementUnit": "青秀分局",
}


def test_an_item_of_2016() -> None:
    item = read(OF_2016, source_code=PLATFORM)
    assert (item.kind, item.camera_kind, item.sector) == (ChannelKind.CAMERA, "dome", "traffic")
    assert (item.groups, item.parent, item.status) == ((GROUP,), None, "ON")
    assert (item.place, item.address) == ((108.366, 22.817), "民族大道1号")
    assert item.regions == ("450103", "4501", "45")
    assert item.record == {name: value for name, value in OF_2016.items() if name != "Password"}


def test_an_item_of_2022() -> None:
    item = read(OF_2022, source_code=PLATFORM)
    assert item.groups == (ORGANISATION,)
    assert item.regions == ("450103001002", "450103001", "450103", "4501", "45")
    assert (item.unit, item.status, item.camera_kind) == ("青秀分局", "OFF", "fixed")
    assert item.record["Info/MaxViewDistance"] == "100"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (CAMERA, ChannelKind.CAMERA),
        ("45010300001310000001", ChannelKind.CAMERA),
        ("45010300001210000001", ChannelKind.CAMERA),
        ("45010300001180000001", ChannelKind.DEVICE),
        (PLATFORM, ChannelKind.DEVICE),
        (GROUP, ChannelKind.GROUP),
        (ORGANISATION, ChannelKind.ORGANISATION),
        ("45010300001340000001", ChannelKind.OTHER),
        ("4501", ChannelKind.REGION),
        ("45010300", ChannelKind.REGION),
        ("camera-7", ChannelKind.CAMERA),
    ],
)
def test_what_an_item_is(code: str, kind: ChannelKind) -> None:
    assert read({"DeviceID": code}).kind is kind


def test_a_vendors_own_identifier_with_something_below_is_a_device() -> None:
    assert read({"DeviceID": "nvr", "Parental": "1"}).kind is ChannelKind.DEVICE


def test_recorders_stand_between_platform_and_camera() -> None:
    recorder = "45010300001180000001"
    item = read({"DeviceID": CAMERA, "ParentID": f"{PLATFORM}/{recorder}"}, source_code=PLATFORM)
    assert (item.parent, item.groups) == (recorder, ())


def test_organisations_hang_in_organisations_and_those_directly_under_a_group_name_it() -> None:
    below = read({"DeviceID": ORGANISATION, "ParentID": PLATFORM, "BusinessGroupID": GROUP}, source_code=PLATFORM)
    assert below.parent == GROUP
    assert read({"DeviceID": ORGANISATION, "BusinessGroupID": ORGANISATION}).parent is None
    assert read({"DeviceID": GROUP, "ParentID": PLATFORM}, source_code=PLATFORM).parent is None


@pytest.mark.parametrize("place", [("0", "0"), ("", "22"), ("200", "22"), ("nan", "22"), ("inf", "1"), ("108", "x")])
def test_a_place_that_is_none(place: tuple[str, str]) -> None:
    assert read({"DeviceID": CAMERA, "Longitude": place[0], "Latitude": place[1]}).place is None


def test_the_digest_depends_on_fields_alone() -> None:
    assert read(OF_2016).digest == read(dict(reversed(OF_2016.items()))).digest
    assert read(OF_2016).digest != read(OF_2016 | {"Name": "x"}).digest
    assert read(OF_2016).digest == read(OF_2016 | {"Password": "other", "Event": "ADD"}).digest


def test_rare_characters_survive_and_control_characters_do_not() -> None:
    item = read({"DeviceID": CAMERA, "Name": " 𠮷\u0000䶮\n𡎚 \U0003134a "})
    assert item.name == "𠮷 䶮 𡎚 \U0003134a"


def test_an_identifier_that_is_too_long_is_none() -> None:
    assert code_of({"DeviceID": "4" * 65}) == ""
    assert code_of({"Name": "x"}) == ""


NAMES = st.sampled_from([*OF_2016, *OF_2022, "Info/Unknown"])
VALUES = st.text(max_size=20) | st.sampled_from([*OF_2016.values(), *OF_2022.values(), "9" * 20])


@given(st.dictionaries(NAMES, VALUES), st.text(string.digits, min_size=1, max_size=20))
def test_nothing_that_is_sent_fails(fields: dict[str, str], code: str) -> None:
    item = read(fields | {"DeviceID": code})
    assert item.code == code
    assert item.name
    assert all(len(region) in DIGITS.values() for region in item.regions)
    assert "hidden" not in item.record.values() or fields.get("Password") != "hidden"
    assert item.parent != code
    assert 0 <= item.digest < 2**63
