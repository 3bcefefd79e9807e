"""What hangs below a platform: made on demand, the same for ever, plausible, found again by its code."""

import tracemalloc

import pytest

from commonsight.catalog.seed_world import world
from commonsight.simulate.gb28181 import identity
from commonsight.simulate.gb28181.channels import Catalogue
from commonsight.simulate.gb28181.faults import Faults
from commonsight.simulate.gb28181.identity import Version


@pytest.fixture(scope="module")
def stage():
    return world(45)


def catalogue(stage, cameras=500, number=0, version=Version.Y2022, **fields):
    city = stage.cities[number]
    who = identity.platform(45, number, city.code, city.name, version)
    return Catalogue(who, cameras, stage, city, serial=number * cameras, **fields)


def test_items_are_the_same_again_and_their_parents_exist(stage):
    one, two = catalogue(stage), catalogue(stage)
    items = [one.item(index) for index in range(len(one))]
    assert items == [two.item(index) for index in range(len(two))]
    codes = [item["DeviceID"] for item in items]
    assert len(set(codes)) == len(codes) == one.nodes + 500
    assert {item["ParentID"] for item in items if "ParentID" in item} <= set(codes)
    assert all(len(code) in (6, 20) for code in codes)
    places = [(float(i["Longitude"]), float(i["Latitude"])) for i in items if "Longitude" in i]
    assert len(places) > 450
    assert all(stage.cities[0].holds(*place) for place in places)


def test_a_camera_is_found_again_by_its_code(stage):
    made = catalogue(stage, number=3)
    for number, code in enumerate(made.codes()):
        assert made.number_of(code) == number
    for stranger in ("", "1" * 20, "x" * 20, made.who.code, catalogue(stage).code(7)):
        assert made.number_of(stranger) is None


def test_the_editions_differ_in_their_fields(stage):
    old = catalogue(stage, version=Version.Y2016).camera(1)
    new = catalogue(stage, version=Version.Y2022).camera(1)
    assert {"Owner", "SafetyWay", "ErrCode"} <= set(old)
    assert not {"Owner", "SafetyWay", "ErrCode"} & set(new)
    assert "BusinessGroupID" in old["Info"]
    assert "BusinessGroupID" in new
    assert {"PositionType", "UseType"} <= set(old["Info"])
    assert {"PointType", "GrassrootsCode", "HorizontalFieldAngle", "InstallTime"} <= set(new["Info"])


def test_names_hold_characters_beyond_gb2312(stage):
    names = "".join(str(catalogue(stage).camera(number)["Name"]) for number in range(500))
    assert "&" in names
    beyond = [c for c in names if not c.encode("gb2312", "ignore")]
    assert beyond
    assert names.encode("gb18030").decode("gb18030") == names


def test_twins_bear_a_code_of_the_platform_before(stage):
    made = catalogue(stage, number=1, faults=Faults(twins=0.2))
    serials = [int(code[14:]) for code in made.codes()]
    assert 60 <= sum(serial < 500 for serial in serials) <= 140
    assert all(made.number_of(code) == number for number, code in enumerate(made.codes()))


def test_hidden_cameras_are_gone_until_they_are_brought_back(stage):
    made = catalogue(stage)
    code = made.code(10)
    made.hide([10, 11, 10_000])
    assert len(made) == made.nodes + 498
    assert code not in {made.item(index)["DeviceID"] for index in range(len(made))}
    assert made.number_of(code) is None
    made.bring_back([10, 11])
    assert made.number_of(code) == 10
    assert len(made) == made.nodes + 500


def test_edits_show(stage):
    made = catalogue(stage)
    made.edit(5, Name="改名", Status="OFF")
    assert made.camera(5)["Name"] == "改名"
    assert made.status(5) == "OFF"
    with pytest.raises(IndexError):
        made.item(len(made))


def test_memory_does_not_grow_with_the_cameras(stage):
    tracemalloc.start()
    made = [catalogue(stage, cameras=12_500, number=number % 14) for number in range(20)]
    for each in made:
        each.item(len(each) - 1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


def test_passwords_differ_and_follow_from_the_seed():
    assert identity.password(1, "a") == identity.password(1, "a")
    assert len({identity.password(seed, code) for seed in (1, 2) for code in ("a", "b")}) == 4
    who = identity.platform(45, 0, "4501", "南宁市", Version.Y2016)
    assert who.password not in repr(who)
