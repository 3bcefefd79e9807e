"""What an operator does to a camera, as MANSCDP documents: pure, one function for each kind of command."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement

from commonsight.connect.gb28181.model import Device
from commonsight.connect.wire import manscdp, ptz
from commonsight.problem import Refusal

SESSION_SHORTEST: Final = 32
"""Characters a snapshot session's name must have at least (field practice)."""

SNAPSHOTS_MOST: Final = 10


class Action(StrEnum):
    """What can be done to a camera; each with the values it needs, see `ACTIONS`."""

    MOVE = "move"
    STOP = "stop"
    LENS = "lens"
    PRESET_SET = "preset_set"
    PRESET_CALL = "preset_call"
    PRESET_DELETE = "preset_delete"
    CRUISE_ADD = "cruise_add"
    CRUISE_DELETE = "cruise_delete"
    CRUISE_SPEED = "cruise_speed"
    CRUISE_STAY = "cruise_stay"
    CRUISE_START = "cruise_start"
    SCAN_START = "scan_start"
    SCAN_LEFT = "scan_left"
    SCAN_RIGHT = "scan_right"
    SCAN_SPEED = "scan_speed"
    AUXILIARY_ON = "auxiliary_on"
    AUXILIARY_OFF = "auxiliary_off"
    DRAG_ZOOM_IN = "drag_zoom_in"
    DRAG_ZOOM_OUT = "drag_zoom_out"
    HOME_ON = "home_on"
    HOME_OFF = "home_off"
    KEY_FRAME = "key_frame"
    RECORD_START = "record_start"
    RECORD_STOP = "record_stop"
    GUARD_SET = "guard_set"
    GUARD_RESET = "guard_reset"
    ALARM_RESET = "alarm_reset"
    REBOOT = "reboot"


MOVING: Final = frozenset({Action.MOVE, Action.LENS})
"""Actions that go on until they are stopped."""

DEVICE_WIDE: Final = frozenset({Action.REBOOT, Action.GUARD_SET, Action.GUARD_RESET, Action.RECORD_START,
                                Action.RECORD_STOP, Action.ALARM_RESET})  # fmt: skip
"""Actions that reach beyond where the camera looks; they need more than the right to turn it."""


@dataclass(frozen=True, slots=True)
class Span:
    """The values an operand may have."""

    low: float
    high: float
    default: float | None = None
    whole: bool = True


_SPEED = Span(-1, 1, 0, whole=False)
_NUMBER = Span(1, ptz.NUMBER_MOST)
_GROUP = Span(0, ptz.NUMBER_MOST)
_LONG = Span(0, ptz.LONG_MOST)
_PIXELS = Span(0, 65_535)
_BOX = {"length": Span(1, 65_535), "width": Span(1, 65_535), "mid_x": _PIXELS, "mid_y": _PIXELS,
        "length_x": Span(1, 65_535), "length_y": Span(1, 65_535)}  # fmt: skip

ACTIONS: Final[dict[Action, dict[str, Span]]] = {
    Action.MOVE: {"pan": _SPEED, "tilt": _SPEED, "zoom": _SPEED},
    Action.STOP: {},
    Action.LENS: {"focus": _SPEED, "iris": _SPEED},
    Action.PRESET_SET: {"number": _NUMBER},
    Action.PRESET_CALL: {"number": _NUMBER},
    Action.PRESET_DELETE: {"number": _NUMBER},
    Action.CRUISE_ADD: {"group": _GROUP, "number": _NUMBER},
    Action.CRUISE_DELETE: {"group": _GROUP, "number": Span(0, ptz.NUMBER_MOST, 0)},
    Action.CRUISE_SPEED: {"group": _GROUP, "value": _LONG},
    Action.CRUISE_STAY: {"group": _GROUP, "value": _LONG},
    Action.CRUISE_START: {"group": _GROUP},
    Action.SCAN_START: {"group": _GROUP},
    Action.SCAN_LEFT: {"group": _GROUP},
    Action.SCAN_RIGHT: {"group": _GROUP},
    Action.SCAN_SPEED: {"group": _GROUP, "value": _LONG},
    Action.AUXILIARY_ON: {"number": _NUMBER},
    Action.AUXILIARY_OFF: {"number": _NUMBER},
    Action.DRAG_ZOOM_IN: _BOX,
    Action.DRAG_ZOOM_OUT: _BOX,
    Action.HOME_ON: {"number": _NUMBER, "value": Span(1, 3_600, 60)},
    Action.HOME_OFF: {},
    Action.KEY_FRAME: {},
    Action.RECORD_START: {},
    Action.RECORD_STOP: {},
    Action.GUARD_SET: {},
    Action.GUARD_RESET: {},
    Action.ALARM_RESET: {"method": Span(0, 7, 0), "type": Span(0, 99, 0)},
    Action.REBOOT: {},
}
"""Operands of each action. Speeds -1..1; numbers of presets 1..255; groups are cruises and scans; boxes in pixels of
the picture as shown (`length` x `width`), centre and size of the dragged frame."""


@dataclass(frozen=True, slots=True)
class Order:
    """An action with its checked values."""

    action: Action
    values: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, action: str, given: dict[str, Any]) -> "Order":
        """Check what was given.

        Raises:
            Refusal: `connect.control_unknown`, `connect.control_invalid`, naming the value and its range.
        """
        try:
            known = Action(action)
        except ValueError:
            raise Refusal(
                "connect.control_unknown", status=422, rule="a known action", operand="action",
                expected=[one.value for one in Action], actual=action[:40],
            ) from None  # fmt: skip
        spans = ACTIONS[known]
        if surplus := sorted(given.keys() - spans.keys()):
            raise _invalid(surplus[0], "an operand of this action", sorted(spans), given[surplus[0]])
        values: dict[str, float] = {}
        for name, span in spans.items():
            value = given.get(name, span.default)
            whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
            if isinstance(value, bool) or not isinstance(value, (int, float)) or (span.whole and not whole):
                raise _invalid(name, "a number", f"{span.low:g}..{span.high:g}", value)
            if not span.low <= value <= span.high:
                raise _invalid(name, "range", f"{span.low:g}..{span.high:g}", value)
            values[name] = int(value) if span.whole else float(value)
        return cls(known, values)

    def number(self, name: str) -> int:
        """A whole value."""
        return int(self.values[name])


def document(device: Device, channel: str, serial: str, order: Order) -> Element:
    """The DeviceControl message for an order to `channel`."""
    return manscdp.build("Control", "DeviceControl", serial, channel, *_children(device, order))


def _children(device: Device, order: Order) -> list[Element | tuple[str, str]]:
    action, values = order.action, order.values
    command = _command(order)
    if command is not None:
        return [("PTZCmd", command.encode())]
    match action:
        case Action.DRAG_ZOOM_IN | Action.DRAG_ZOOM_OUT:
            names = {"length": "Length", "width": "Width", "mid_x": "MidPointX", "mid_y": "MidPointY",
                     "length_x": "LengthX", "length_y": "LengthY"}  # fmt: skip
            box = Element("DragZoomIn" if action is Action.DRAG_ZOOM_IN else "DragZoomOut")
            for name, tag in names.items():
                SubElement(box, tag).text = str(int(values[name]))
            return [box]
        case Action.HOME_ON | Action.HOME_OFF:
            home = Element("HomePosition")
            SubElement(home, "Enabled").text = "1" if action is Action.HOME_ON else "0"
            if action is Action.HOME_ON:
                SubElement(home, "ResetTime").text = str(order.number("value"))
                SubElement(home, "PresetIndex").text = str(order.number("number"))
            return [home]
        case Action.KEY_FRAME:
            return [(device.iframe_command, "Send")]
        case Action.RECORD_START:
            return [("RecordCmd", "Record")]
        case Action.RECORD_STOP:
            return [("RecordCmd", "StopRecord")]
        case Action.GUARD_SET:
            return [("GuardCmd", "SetGuard")]
        case Action.GUARD_RESET:
            return [("GuardCmd", "ResetGuard")]
        case Action.ALARM_RESET:
            info = Element("Info")
            SubElement(info, "AlarmMethod").text = str(order.number("method"))
            if values["type"]:
                SubElement(info, "AlarmType").text = str(order.number("type"))
            return [("AlarmCmd", "ResetAlarm"), info]
        case Action.REBOOT:
            return [("TeleBoot", "Boot")]
    raise AssertionError(action)


def _command(order: Order) -> ptz.PtzCommand | None:
    """The eight bytes, for actions that are told by them."""
    values = order.values
    match order.action:
        case Action.MOVE:
            return ptz.move(values["pan"], values["tilt"], values["zoom"])
        case Action.STOP:
            return ptz.move(0, 0, 0)
        case Action.LENS:
            return ptz.lens(values["focus"], values["iris"])
        case Action.PRESET_SET:
            return ptz.preset(ptz.PRESET_SET, order.number("number"))
        case Action.PRESET_CALL:
            return ptz.preset(ptz.PRESET_CALL, order.number("number"))
        case Action.PRESET_DELETE:
            return ptz.preset(ptz.PRESET_DELETE, order.number("number"))
        case Action.CRUISE_ADD:
            return ptz.cruise(ptz.CRUISE_ADD, order.number("group"), order.number("number"))
        case Action.CRUISE_DELETE:
            return ptz.cruise(ptz.CRUISE_DELETE, order.number("group"), order.number("number"))
        case Action.CRUISE_SPEED:
            return ptz.cruise(ptz.CRUISE_SPEED, order.number("group"), order.number("value"))
        case Action.CRUISE_STAY:
            return ptz.cruise(ptz.CRUISE_STAY, order.number("group"), order.number("value"))
        case Action.CRUISE_START:
            return ptz.cruise(ptz.CRUISE_START, order.number("group"))
        case Action.SCAN_START | Action.SCAN_LEFT | Action.SCAN_RIGHT:
            what = (Action.SCAN_START, Action.SCAN_LEFT, Action.SCAN_RIGHT).index(order.action)
            return ptz.scan(order.number("group"), what)
        case Action.SCAN_SPEED:
            return ptz.scan_speed(order.number("group"), order.number("value"))
        case Action.AUXILIARY_ON | Action.AUXILIARY_OFF:
            return ptz.auxiliary(order.number("number"), order.action is Action.AUXILIARY_ON)
    return None


def snapshot(
    device: Device, channel: str, serial: str, *, number: int, interval: int, url: str, session: str
) -> Element:
    """Ask `channel` for `number` (1..10) pictures, `interval` seconds apart, posted to `url` under `session`.

    Raises:
        ValueError: a value the device could not take.
    """
    if not 1 <= number <= SNAPSHOTS_MOST:
        raise ValueError(f"number must be 1..{SNAPSHOTS_MOST}, is {number}")
    if len(session) < SESSION_SHORTEST:
        raise ValueError(f"session must have {SESSION_SHORTEST} characters, has {len(session)}")
    config = Element("SnapShotConfig")
    said = (("SnapNum", str(number)), ("Interval", str(interval)), ("UploadURL", url), ("SessionID", session))
    for name, value in said:
        SubElement(config, name).text = value
    if device.quirks.snapshot == "DeviceControl":
        return manscdp.build("Control", "DeviceControl", serial, channel, config)
    return manscdp.build("Control", "DeviceConfig", serial, channel, config)


def _invalid(name: str, rule: str, expected: Any, actual: Any) -> Refusal:
    shown = actual if isinstance(actual, (int, float)) else str(actual)[:40]
    return Refusal("connect.control_invalid", status=422, rule=rule, operand=name[:40], expected=expected, actual=shown)
