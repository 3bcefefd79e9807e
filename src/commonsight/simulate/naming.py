"""What people call a camera of the demo world, and where it is on the virtual server."""

import hashlib
from collections.abc import Callable, Collection
from typing import Final
from urllib.parse import urlsplit

from commonsight.problem import Refusal
from commonsight.simulate import footage
from commonsight.simulate.city import FLEET, WATCH
from commonsight.simulate.fleet import Fault, Fleet
from commonsight.simulate.gb28181.damage import BELOW

FLEET_TYPE: Final = "132"
WATCH_TYPE: Final = "131"
"""Digits 11 to 13 of the codes the demo region is seeded with."""
SERIALS: Final = 1_000_000


def path_of(name: str, fleet: Fleet, below: Callable[[], Collection[str]] = tuple) -> str:
    """`fleet/<n>`, `watch/<clip>` or `gb28181/<code>` of a camera called by that, by its address or its 20-digit code.

    Args:
        below: codes of the cameras behind lower platforms; asked only when it matters.

    Raises:
        Refusal: `simulate.camera_unknown`; `simulate.camera_unplugged` for a fleet camera whose seed put it at the port
            where nothing listens: it is off already, and nothing can be done to it.
    """
    path = name.strip()
    if path.startswith(("rtsp://", "gb28181://")):
        path = urlsplit(path).path
    path = path.strip("/").removeprefix(f"{BELOW}/")
    if len(path) == 20 and path in below():
        return f"{BELOW}/{path}"
    if len(path) == 20 and path.isascii() and path.isdigit():
        path = _path_of_code(path)
    kind, _, rest = path.partition("/")
    clips = [clip.name for clip in footage.clips()]
    if kind == WATCH and rest in clips:
        return path
    if kind == FLEET and rest.isascii() and rest.isdigit() and len(rest) < 10 and int(rest) < fleet.count:
        if fleet.fault(int(rest)) is Fault.REFUSED:
            raise Refusal("simulate.camera_unplugged", operand=name, actual=path)
        return f"{FLEET}/{int(rest)}"
    watched = ", ".join(f"{WATCH}/{clip}" for clip in clips)
    expected = f"{FLEET}/0 … {fleet.count - 1}, {watched}, {BELOW}/…"
    raise Refusal("simulate.camera_unknown", operand="camera", expected=expected, actual=name)


def _path_of_code(code: str) -> str:
    """The serial in a seeded code is the camera's number in the fleet; that of a watched one follows from its clip."""
    if code[10:13] == FLEET_TYPE:
        return f"{FLEET}/{int(code[14:])}"
    if code[10:13] == WATCH_TYPE:
        for clip in footage.clips():
            number = int.from_bytes(hashlib.sha256(clip.name.encode()).digest()[:3])
            if number % SERIALS == int(code[14:]):
                return f"{WATCH}/{clip.name}"
    return code
