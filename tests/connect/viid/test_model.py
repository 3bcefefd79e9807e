"""Reading what devices write: forgiving in form, strict in bounds, whatever JSON comes."""

import contextlib
import json
import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.viid import model
from commonsight.connect.viid.model import FORMS, Kind, Malformed

from .conftest import CAMERA, NOW, vehicle

ZONE = ZoneInfo("Asia/Shanghai")
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
names = st.sampled_from(
    [name for form in FORMS.values() for name in (form.identifier, form.item, form.listing, *form.times)]
    + ["DeviceID", "TollgateID", "SubImageList", "SubImageInfoObject", "Data", "VehicleClass", "Speed", "PlateNo"]
)
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=6), max_leaves=20
)


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("20261122193010", datetime(2026, 11, 22, 11, 30, 10, tzinfo=UTC)),
        ("20261122193010123", datetime(2026, 11, 22, 11, 30, 10, tzinfo=UTC)),
        ("2026-11-22T19:30:10", datetime(2026, 11, 22, 11, 30, 10, tzinfo=UTC)),
        ("2026-11-22T11:30:10Z", datetime(2026, 11, 22, 11, 30, 10, tzinfo=UTC)),
        ("2026-11-22 19:30:10+08:00", datetime(2026, 11, 22, 11, 30, 10, tzinfo=UTC)),
        (20261122193010, datetime(2026, 11, 22, 11, 30, 10, tzinfo=UTC)),
    ],
)
def test_times(told, moment):
    assert model.time(told, "t", ZONE) == moment


@pytest.mark.parametrize("told", ["", "yesterday", "20261332000000", "99999999999999", None, [], "٢٠٢٦١١٢٢١٩٣٠١٠"])
def test_times_that_are_none(told):
    with pytest.raises(Malformed):
        model.time(told, "t", ZONE)


@pytest.mark.parametrize(
    ("kind", "given", "name"),
    [
        (Kind.FACE, {}, "face"),
        (Kind.PERSON, {}, "person"),
        (Kind.NON_MOTOR_VEHICLE, {}, "bicycle"),
        (Kind.MOTOR_VEHICLE, {}, "car"),
        (Kind.MOTOR_VEHICLE, {"VehicleClass": "K33"}, "car"),
        (Kind.MOTOR_VEHICLE, {"VehicleClass": "K11"}, "bus"),
        (Kind.MOTOR_VEHICLE, {"VehicleClass": "h21"}, "truck"),
        (Kind.MOTOR_VEHICLE, {"VehicleClass": "M21"}, "motorcycle"),
        (Kind.MOTOR_VEHICLE, {"VehicleClass": None}, "car"),
    ],
)
def test_classes(kind, given, name):
    assert model.class_of(kind, given) == name


def seen(given, kind=Kind.MOTOR_VEHICLE, identity=False):
    return model.seen(kind, given, CAMERA, ZONE, NOW, identity=identity)


def test_an_object_without_a_camera_or_a_time_is_the_device_s_own_and_now():
    found = seen({"MotorVehicleID": "m1"})
    assert (found.camera, found.seen_at, found.images) == (CAMERA, NOW, ())


@pytest.mark.parametrize("seconds", [400, -8 * 86_400])
def test_a_clock_that_is_wrong_is_named(seconds):
    at = (NOW + timedelta(seconds=seconds)).isoformat()
    with pytest.raises(Malformed, match="clock"):
        seen(vehicle(1, at=at))


@given(anything, st.sampled_from(Kind), st.booleans())
def test_any_json_is_read_or_named(value, kind, identity):
    try:
        found = seen(value, kind, identity)
    except Malformed:
        return
    text = json.dumps(found.record, allow_nan=False)
    assert "\\u0000" not in text
    assert len(found.object) <= model.CODE_MOST
    assert len(found.images) <= model.IMAGES_MOST
    assert all(not isinstance(each, float) or math.isfinite(each) for each in found.record.values())


@given(anything)
def test_any_notification_is_walked_within_bounds(value):
    if not isinstance(value, dict):
        return
    with contextlib.suppress(Malformed):
        assert all(kind in FORMS for kind, _ in model.notified(value))
        model.alarm(value, CAMERA, ZONE, NOW, identity=True)


@given(st.binary(max_size=200))
def test_any_bytes(body):
    with contextlib.suppress(Malformed):
        assert isinstance(model.parse(body), dict)


def test_deep_nesting_is_refused():
    with pytest.raises(Malformed):
        model.parse(b"[" * 200_000)
