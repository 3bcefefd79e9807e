"""Who is who in a virtual fleet: identifiers, passwords and kinds, each following from seed and number alone."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from commonsight.catalog import codes

GOVERNMENT: Final = 6
"""Network digit of a platform in the government extranet."""
SERIALS: Final = codes.SERIAL_MOST + 1
DEVICE_SERIAL: Final = 500_000
"""First serial of devices that register themselves, so that they stay clear of the channels below platforms."""


class Version(StrEnum):
    """Which edition of GB/T 28181 a device speaks."""

    Y2016 = "2016"
    Y2022 = "2022"

    @property
    def header(self) -> str:
        """Value of `X-GB-Ver`."""
        return "2.0" if self is Version.Y2016 else "3.0"


class Role(StrEnum):
    """What registers: a platform with cameras below, a recorder with channels, a camera that is its own channel."""

    PLATFORM = "platform"
    RECORDER = "recorder"
    CAMERA = "camera"


@dataclass(frozen=True, slots=True)
class Identity:
    """One registering party. `number` counts within its role, from 0."""

    role: Role
    number: int
    code: str
    name: str
    password: str = field(repr=False)
    region: str  # division code: city of a platform (4 digits), county of a device (6 digits)
    version: Version

    @property
    def realm(self) -> str:
        """Its own SIP domain."""
        return self.code[:10]


def platform(seed: int, number: int, city: str, city_name: str, version: Version, *, ordinal: int = 1) -> Identity:
    """The lower platform of a city, or its `ordinal`-th."""
    code = _code(city, "00", codes.DeviceType.PLATFORM, GOVERNMENT, number + 1)
    name = f"{city_name}视频共享平台" + (f"{ordinal}" if ordinal > 1 else "")
    return Identity(Role.PLATFORM, number, code, name, password(seed, code), city, version)


def device(seed: int, number: int, county: str, county_name: str, version: Version, *, recorder: bool) -> Identity:
    """A recorder or a camera that registers by itself."""
    kind = codes.DeviceType.NVR if recorder else codes.DeviceType.IP_CAMERA
    code = _code(county, "00", kind, 7, DEVICE_SERIAL + number)
    name = f"{county_name}{'录像机' if recorder else '网络摄像机'}{number + 1}"
    role = Role.RECORDER if recorder else Role.CAMERA
    return Identity(role, number, code, name, password(seed, code), county, version)


def password(seed: int, code: str) -> str:
    """The password of a device: nobody can guess one from another, both sides can work it out."""
    return hashlib.blake2b(f"{seed}:password:{code}".encode(), digest_size=9).hexdigest()


def camera_code(county: str, industry: str, network: int, serial: int) -> str:
    """Identifier of a channel with pictures."""
    return _code(county, industry, codes.DeviceType.IP_CAMERA, network, serial)


def recorder_code(county: str, serial: int) -> str:
    """Identifier of a recorder below a platform."""
    return _code(county, "00", codes.DeviceType.NVR, GOVERNMENT, serial)


def group_code(region: str, kind: int, serial: int) -> str:
    """Identifier of a business group (215) or a virtual organisation (216)."""
    return f"{region:0<8}00{kind}{GOVERNMENT}{serial % SERIALS:06}"


def _code(region: str, industry: str, kind: codes.DeviceType, network: int, serial: int) -> str:
    return f"{region:0<8}{industry}{kind:03}{network}{serial % SERIALS:06}"
