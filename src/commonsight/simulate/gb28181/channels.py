"""What hangs below a virtual platform or recorder: a catalogue whose item `i` is made when somebody asks for it.

Nothing is kept per camera, so a platform of 12,500 cameras costs no more memory than one of 10. Names, counties and
places are those of the demo region (`catalog.seed_world`); cameras are invented and follow from the seed.
"""

from bisect import bisect
from collections.abc import Iterable, Iterator
from math import cos, log, pi, sin, sqrt
from typing import Final, cast

import numpy as np

from commonsight.catalog import vocabulary
from commonsight.catalog.seed_world import City, Town, World
from commonsight.simulate.gb28181 import identity
from commonsight.simulate.gb28181.chance import draw, draws
from commonsight.simulate.gb28181.document import Fields
from commonsight.simulate.gb28181.faults import Bend, Faults
from commonsight.simulate.gb28181.identity import Identity, Role, Version

BLOCK: Final = 32
"""Neighbouring channels that may hang on one recorder."""
RECORDED: Final = 0.3
"""Share of the blocks that do."""
BUSINESS_GROUP: Final = 215
VIRTUAL_ORGANISATION: Final = 216
RARE: Final = "𠮷䶮𡎚㙟峎垌"
"""Characters outside GB2312, as they occur in place names; some are four bytes long in GB18030."""
MAKERS: Final = ("海康威视", "大华", "宇视", "天地伟业", "科达")
RESOLUTIONS: Final = ("4", "5", "6", "5/6")


class Catalogue:
    """The items below one registering party, numbered from 0: the tree's nodes first, then the cameras.

    Args:
        who: whose catalogue.
        cameras: channels with pictures.
        city: where they stand.
        serial: number that the codes of its channels begin with.
    """

    def __init__(
        self, who: Identity, cameras: int, world: World, city: City, *, serial: int = 0, faults: Faults | None = None
    ) -> None:
        self.who = who
        self.cameras = cameras
        self._world = world
        self._city = city
        self._serial = serial
        self._faults = faults or Faults()
        self._seed = world.seed
        self._sectors = _steps(world.sectors, world.sector_weights)
        self._kinds = _steps(world.kinds, world.kind_weights)
        self._composite = Bend.COMPOSITE_PARENT in self._faults.bends_of(world.seed, who.code)
        self._heads = list(self._nodes()) if who.role is Role.PLATFORM else []
        self._edits: dict[int, dict[str, str]] = {}
        self._hidden: set[int] = set()
        self._shown: list[int] | None = None  # numbers of the cameras that are not hidden, while some are

    def __len__(self) -> int:
        return len(self._heads) + self.cameras - len(self._hidden)

    @property
    def nodes(self) -> int:
        """Items that are no cameras."""
        return len(self._heads)

    def item(self, index: int) -> Fields:
        """Raises IndexError outside the catalogue."""
        if not 0 <= index < len(self):
            raise IndexError(f"item {index} of {len(self)}")
        if index < len(self._heads):
            return self._heads[index]
        number = index - len(self._heads)
        if self._hidden:
            if self._shown is None:
                self._shown = [each for each in range(self.cameras) if each not in self._hidden]
            number = self._shown[number]
        return self.camera(number)

    def hide(self, numbers: Iterable[int]) -> None:
        """Take cameras out of the catalogue, as when somebody dismantles them."""
        self._hidden |= {number for number in numbers if 0 <= number < self.cameras}
        self._shown = None

    def bring_back(self, numbers: Iterable[int]) -> None:
        """Put them in again."""
        self._hidden -= set(numbers)
        self._shown = None

    def hidden(self, number: int) -> bool:
        return number in self._hidden

    def edit(self, number: int, **fields: str) -> None:
        """Change fields of one camera, for instance `Status` or `Name`."""
        self._edits.setdefault(number, {}).update(fields)

    def status(self, number: int) -> str:
        """ON or OFF."""
        return str(self.camera(number)["Status"])

    def codes(self) -> Iterator[str]:
        """The codes of the cameras."""
        return (self.code(number) for number in range(self.cameras))

    def code(self, number: int) -> str:
        """The code of camera `number`."""
        if self.who.role is Role.CAMERA:
            return self.who.code
        pick = draws(self._seed, "camera", self.who.code, number)
        return self._code(number, self._town(pick), self._sector(pick))

    def number_of(self, code: str) -> int | None:
        """The camera with this code, None when it is not ours. Works on the serial, without a search."""
        if self.who.role is Role.CAMERA:
            return 0 if code == self.who.code else None
        if len(code) != 20 or not code.isascii() or not code.isdigit():
            return None
        for back in (0, self.cameras):  # a twin bears a serial of the platform before
            number = (int(code[14:]) - self._serial + back) % identity.SERIALS
            if number < self.cameras and number not in self._hidden and self.code(number) == code:
                return number
        return None

    def camera(self, number: int) -> Fields:
        """The item of camera `number`."""
        pick = draws(self._seed, "camera", self.who.code, number)
        town, sector = self._town(pick), self._sector(pick)
        word = vocabulary.sectors()[sector]
        name = self._world.name(self._city, town, sector, cast(np.ndarray, pick[2:10]))
        if pick[10] < 0.02:
            name += f"（{RARE[int(pick[10] * 50 * len(RARE))]}村）"
        elif pick[10] > 0.98:
            name += "P&R"
        kind = self._kind(pick)
        below = self.who.role is Role.PLATFORM
        recorder = self._recorder(number // BLOCK) if below else None
        # A camera hangs on a recorder, in an organisation of the business group, or straight on the platform.
        organisation = self._organisation(sector) if below and pick[8] < 0.5 else None
        parent = recorder or organisation or self.who.code
        group = identity.group_code(self.who.region, BUSINESS_GROUP, 1) if below else ""
        lon, lat = self._place(town, pick)
        found: Fields = {
            "DeviceID": self._code(number, town, sector),
            "Name": name,
            "Manufacturer": MAKERS[int(pick[11] * len(MAKERS))],
            "Model": f"IPC-{2000 + int(pick[11] * 900)}",
        }
        if self.who.version is Version.Y2016:
            found["Owner"] = self._world.unit_name(self._city, town.county_name, sector)
        found["CivilCode"] = town.county
        if pick[12] > 0.5:
            found["Block"] = f"{town.code[:6]}{number % 90:02}"
        if pick[12] > 0.05:
            found["Address"] = f"{self._city.name}{town.county_name}{town.name}"
        found["Parental"] = "0"
        found["ParentID"] = f"{self.who.code}/{parent}" if self._composite else parent
        if self.who.version is Version.Y2016:
            found |= {"SafetyWay": "0", "RegisterWay": "1", "Certifiable": "0", "ErrCode": "400"}
        else:
            found |= {"RegisterWay": "1", "SecurityLevelCode": "ABC"[int(pick[12] * 3)]}
        found |= {"Secrecy": "0", "IPAddress": _address(self.who.number, number), "Port": "5060"}
        found["Status"] = "OFF" if pick[13] < 0.08 else "ON"
        if pick[14] >= 0.03:
            found |= {"Longitude": f"{lon:.6f}", "Latitude": f"{lat:.6f}"}
        groups = {"BusinessGroupID": group} if group else {}
        if self.who.version is Version.Y2022:
            found |= groups
        found["Info"] = self._info(kind, pick, word.code) | (groups if self.who.version is Version.Y2016 else {})
        found |= self._edits.get(number, {})
        return found

    def _info(self, kind: str, pick: list[float], sector: str) -> Fields:
        info: Fields = {"PTZType": str(vocabulary.kinds()[kind].gb)}
        if self.who.version is Version.Y2016:
            info |= {"PositionType": str(1 + int(pick[9] * 10)), "UseType": str(1 + int(pick[8] * 3))}
        info |= {"RoomType": "1", "SupplyLightType": "1" if pick[8] < 0.6 else "2"}
        info |= {"DirectionType": str(1 + int(pick[7] * 8)), "Resolution": RESOLUTIONS[int(pick[9] * 4)]}
        info["DownloadSpeed"] = "1/2/4"
        if self.who.version is Version.Y2022:
            angle = 30 + int(pick[6] * 80)
            info |= {
                "PhotoelectricImagingType": "1", "CapturePositionType": "1", "StreamNumberList": "0/1",
                "HorizontalFieldAngle": str(angle), "VerticalFieldAngle": str(angle * 9 // 16),
                "MaxViewDistance": str(30 + int(pick[5] * 270)), "GrassrootsCode": "000000",
                "PointType": "123"[min(2, int(pick[4] * 4))], "PointCommonName": sector, "EncodeType": "2",
                "FunctionType": "1", "MAC": "-".join(f"{int(x * 256):02X}" for x in pick[:6]),
                "InstallTime": f"20{15 + int(pick[3] * 10)}-0{1 + int(pick[2] * 9)}-15T00:00:00",
                "ManagementUnit": self._city.name, "ContactInfo": "0771-0000000", "RecordSaveDays": "90",
                "IndustrialClassification": vocabulary.sectors()[sector].industry,
            }  # fmt: skip
        return info

    def _nodes(self) -> Iterator[Fields]:
        """Regions, the platform, a business group, virtual organisations and recorders, parents before children."""
        code = self.who.code
        for county, name in self._city.counties.items():
            yield {"DeviceID": county, "Name": name}
        yield {"DeviceID": code, "Name": self.who.name, "Manufacturer": "Commonsight", "CivilCode": self.who.region,
               "Parental": "1", "RegisterWay": "1", "Secrecy": "0", "Status": "ON"}  # fmt: skip
        group = identity.group_code(self.who.region, BUSINESS_GROUP, 1)
        yield {"DeviceID": group, "Name": f"{self._city.name}公共视频", "ParentID": code}
        for sector in self._world.sectors:
            yield {"DeviceID": self._organisation(sector), "Name": vocabulary.sectors()[sector].zh,
                   "BusinessGroupID": group}  # fmt: skip
        for block in range(-(-self.cameras // BLOCK)):
            recorder = self._recorder(block)
            if recorder is not None:
                yield {"DeviceID": recorder, "Name": f"录像机{block + 1}", "Manufacturer": MAKERS[block % len(MAKERS)],
                       "Model": "NVR-6032", "CivilCode": recorder[:6], "Parental": "1", "ParentID": code,
                       "RegisterWay": "1", "Secrecy": "0", "Status": "ON"}  # fmt: skip

    def _organisation(self, sector: str) -> str:
        return identity.group_code(self.who.region, VIRTUAL_ORGANISATION, 1 + self._world.sectors.index(sector))

    def _recorder(self, block: int) -> str | None:
        if draw(self._seed, "recorder", self.who.code, block) >= RECORDED:
            return None
        return identity.recorder_code(list(self._city.counties)[block % len(self._city.counties)], self._serial + block)

    def _town(self, pick: list[float]) -> Town:
        return self._city.town(pick[0])

    def _sector(self, pick: list[float]) -> str:
        return _weighted(self._sectors, pick[1])

    def _kind(self, pick: list[float]) -> str:
        return _weighted(self._kinds, pick[15])

    def _code(self, number: int, town: Town, sector: str) -> str:
        if self.who.role is Role.CAMERA:
            return self.who.code
        word = vocabulary.sectors()[sector]
        serial = self._serial + number
        if self._faults.twins and draw(self._seed, "twin", self.who.code, number) < self._faults.twins:
            serial -= self.cameras
        return identity.camera_code(town.county, word.industry, word.network, serial)

    def _place(self, town: Town, pick: list[float]) -> tuple[float, float]:
        """Around the town's centre, drawn towards it until it lies inside the city."""
        radius, angle = sqrt(-2 * log(max(pick[2], 1e-9))) * town.spread, 2 * pi * pick[3]
        for _ in range(6):
            lon, lat = town.lon + radius * cos(angle), town.lat + radius * sin(angle)
            if self._city.holds(lon, lat):
                return lon, lat
            radius /= 2
        return town.lon, town.lat


Weighted = tuple[list[str], list[float]]


def _steps(words: list[str], weights: np.ndarray) -> Weighted:
    """Words with the numbers below which each is drawn."""
    return words, np.cumsum(weights).tolist()


def _weighted(among: Weighted, pick: float) -> str:
    words, steps = among
    return words[min(bisect(steps, pick), len(words) - 1)]


def _address(platform: int, number: int) -> str:
    return f"10.{platform % 256}.{number // 250 % 256}.{number % 250 + 2}"
