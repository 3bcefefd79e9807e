"""What an operator does becomes the document a device takes; what makes no sense is refused by name."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.gb28181 import control
from commonsight.connect.gb28181.control import ACTIONS, Action, Order
from commonsight.connect.gb28181.model import Device, Quirks
from commonsight.connect.wire import manscdp, ptz
from commonsight.problem import Refusal

CODE = "45010300001320000001"
OLD = Device(uuid4(), "45010300001110000001", "d")


def written(order, device=OLD):
    return manscdp.item_fields(control.document(device, CODE, "7", order))


def least(span):
    return span.low if span.default is None else span.default


@pytest.mark.parametrize("action", list(Action))
def test_every_action_becomes_a_document_a_device_can_read(action):
    order = Order.of(action, {name: least(span) for name, span in ACTIONS[action].items()})
    root = control.document(OLD, CODE, "7", order)
    again = manscdp.decode(manscdp.encode(root, encoding="GB2312"))
    assert (again.kind, again.command, again.device, again.serial) == ("Control", "DeviceControl", CODE, "7")
    assert len(root) > 3  # something to do beside CmdType, SN and DeviceID


def test_a_turn_is_the_eight_bytes():
    text = written(Order.of("move", {"pan": 0.5, "tilt": -1}))["PTZCmd"]
    command = ptz.decode(text)
    assert command.code == ptz.RIGHT | ptz.DOWN
    assert (command.first, command.second, command.third) == (128, 255, 0)


def test_the_key_frame_command_is_spelt_as_the_device_does():
    order = Order.of("key_frame", {})
    assert written(order)["IFameCmd"] == "Send"
    young = Device(uuid4(), OLD.code, "d", version="3.0")
    assert written(order, young)["IFrameCmd"] == "Send"
    bent = Device(uuid4(), OLD.code, "d", version="3.0", quirks=Quirks(iframe="IFameCmd"))
    assert written(order, bent)["IFameCmd"] == "Send"


def test_drag_zoom_keeps_the_frame():
    box = {"length": 1920, "width": 1080, "mid_x": 400, "mid_y": 300, "length_x": 200, "length_y": 100}
    said = written(Order.of("drag_zoom_in", box))
    assert said["DragZoomIn/MidPointX"] == "400"
    assert said["DragZoomIn/LengthY"] == "100"


@pytest.mark.parametrize(
    ("action", "given", "operand"),
    [
        ("fly", {}, "action"),
        ("move", {"pan": 1.5}, "pan"),
        ("move", {"pan": float("nan")}, "pan"),
        ("move", {"speed": 1}, "speed"),
        ("preset_call", {}, "number"),
        ("preset_call", {"number": 0}, "number"),
        ("preset_call", {"number": 2.5}, "number"),
        ("preset_call", {"number": True}, "number"),
        ("cruise_stay", {"group": 1, "value": 5000}, "value"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(action, given, operand):
    with pytest.raises(Refusal) as refused:
        Order.of(action, given)
    assert refused.value.operand == operand
    assert refused.value.expected


@given(st.sampled_from(list(Action)), st.dictionaries(st.text(max_size=8), st.integers() | st.floats() | st.text()))
def test_nothing_but_refusals_comes_of_nonsense(action, given):
    try:
        order = Order.of(action, given)
    except Refusal:
        return
    control.document(OLD, CODE, "1", order)


def test_a_snapshot_is_asked_by_the_message_the_device_takes():
    ask = {"number": 3, "interval": 2, "url": "http://192.0.2.1/u", "session": "s" * 32}
    assert manscdp.item_fields(control.snapshot(OLD, CODE, "1", **ask))["CmdType"] == "DeviceConfig"
    bent = Device(uuid4(), OLD.code, "d", quirks=Quirks(snapshot="DeviceControl"))
    said = manscdp.item_fields(control.snapshot(bent, CODE, "1", **ask))
    assert (said["CmdType"], said["SnapShotConfig/SnapNum"]) == ("DeviceControl", "3")
    with pytest.raises(ValueError, match="session"):
        control.snapshot(OLD, CODE, "1", **(ask | {"session": "short"}))
    with pytest.raises(ValueError, match="number"):
        control.snapshot(OLD, CODE, "1", **(ask | {"number": 11}))
