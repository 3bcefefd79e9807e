"""What a virtual party answers when it is asked: catalogue, state, recordings, configuration, presets."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from commonsight.connect.wire.manscdp import Manscdp
from commonsight.simulate.gb28181 import recordings
from commonsight.simulate.gb28181.chance import draw
from commonsight.simulate.gb28181.document import Fields, document, elements, listed
from commonsight.simulate.gb28181.faults import Bend, Sending, order
from commonsight.simulate.gb28181.identity import Role, Version
from commonsight.simulate.gb28181.line import LineError

if TYPE_CHECKING:
    from commonsight.simulate.gb28181.party import Party

FIRMWARE: Final = "1.0.0"
RECORDS_PAGE: Final = 20
MAX_LATE: Final = 1_000
"""Pages held back at once; more go out in their turn."""

Item = Callable[[int], str]


class Queries:
    """The answers of one party."""

    __slots__ = ("_party",)

    def __init__(self, party: "Party") -> None:
        self._party = party

    async def answer(self, asked: Manscdp) -> None:
        """Send whatever answers this query, in one message or many. Raises `LineError` when the line breaks."""
        known = {
            "Catalog": self._catalog,
            "RecordInfo": self._records,
        }.get(asked.command)
        if known is not None:
            await known(asked)
            return
        single = {
            "DeviceInfo": self._info,
            "DeviceStatus": self._status,
            "ConfigDownload": self._configuration,
            "PresetQuery": self._presets,
            "HomePositionQuery": self._home,
            "CruiseTrackListQuery": self._cruises,
            "PTZPosition": self._position,
            "Alarm": self._alarm,
        }.get(asked.command)
        body = single(asked) if single else "<Result>ERROR</Result>"
        await self._party.message(document("Response", asked.command, asked.serial, asked.device, body))

    # in many messages

    async def _catalog(self, asked: Manscdp) -> None:
        party, catalogue = self._party, self._party.catalogue
        if asked.device != party.who.code:
            number = catalogue.number_of(asked.device)
            found = [] if number is None else [elements(catalogue.camera(number))]
            await self.pages(asked, "DeviceList", len(found), found.__getitem__, party.stage.page)
            return
        stop = None
        share = party.stage.faults.break_off_at
        if share is not None and party.break_off():
            stop = share
        await self.pages(
            asked, "DeviceList", len(catalogue), lambda index: elements(catalogue.item(index)), party.stage.page, stop
        )

    async def _records(self, asked: Manscdp) -> None:
        party = self._party
        begin = recordings.moment(asked.root.findtext("StartTime") or "")
        end = recordings.moment(asked.root.findtext("EndTime") or "")
        found: list[recordings.Recording] = []
        if begin is not None and end is not None:
            found = recordings.between(party.stage.seed, asked.device, begin, end, party.now().replace(tzinfo=None))
        name = f"<Name>{asked.device}</Name>"

        def item(index: int) -> str:
            return elements(found[index].fields(asked.device))

        await self.pages(asked, "RecordList", len(found), item, RECORDS_PAGE, head=name)

    async def pages(
        self, asked: Manscdp, name: str, count: int, item: Item, size: int, stop: float | None = None, head: str = ""
    ) -> None:
        """Send `count` items in messages of `size`, with the ills of the plan.

        Args:
            stop: share of the messages after which the party falls silent.
            head: elements in front of the list.
        """
        party, faults = self._party, self._party.stage.faults
        total = max(1, -(-count // size))
        turns = order(faults, party.stage.seed, party.who.code, asked.serial, total)
        gate = asyncio.Semaphore(party.stage.window)
        late: set[asyncio.Task[None]] = set()

        async def send(turn: Sending) -> None:
            items = [item(index) for index in range(turn.page * size, min(count, (turn.page + 1) * size))]
            text = document(
                "Response", asked.command, asked.serial, asked.device, head, f"<SumNum>{count}</SumNum>",
                listed(name, items),
            )  # fmt: skip
            try:
                status = await party.message(text, wrong=turn.wrong_encoding)
            except LineError:
                party.stage.tally.pages_unanswered += 1
                party.line  # noqa: B018 - a line that is gone ends the answer, a lost message does not
                return
            party.stage.tally.pages += 1
            party.stage.tally.items += len(items)
            party.stage.tally.pages_unanswered += status != 200

        async def in_turn(turn: Sending) -> None:
            try:
                await send(turn)
            finally:
                gate.release()

        async def held_back(turn: Sending) -> None:
            await party.stage.clock.sleep(turn.delay)
            await send(turn)

        async with asyncio.TaskGroup() as group:
            for index, turn in enumerate(turns):
                if stop is not None and index >= stop * len(turns):
                    party.fall(faults.away_seconds)
                    return
                if turn.delay and len(late) < MAX_LATE:
                    waiting = group.create_task(held_back(turn))
                    late.add(waiting)
                    waiting.add_done_callback(late.discard)
                    continue
                await gate.acquire()
                group.create_task(in_turn(turn))

    # in one message

    def _info(self, asked: Manscdp) -> str:
        who = self._party.who
        number = self._party.catalogue.number_of(asked.device)
        camera = self._party.catalogue.camera(number) if number is not None else {}
        said: Fields = {
            "DeviceName": str(camera.get("Name", who.name)),
            "Result": "OK",
            "Manufacturer": str(camera.get("Manufacturer", "Commonsight")),
            "Model": str(camera.get("Model", "Virtual platform" if who.role is Role.PLATFORM else "Virtual device")),
            "Firmware": FIRMWARE,
            "Channel": str(self._party.catalogue.cameras if number is None else 1),
        }
        return elements(said)

    def _status(self, asked: Manscdp) -> str:
        party = self._party
        number = party.catalogue.number_of(asked.device)
        off = number is not None and party.catalogue.camera(number).get("Status") == "OFF"
        time = party.now().strftime("%Y-%m-%dT%H:%M:%S")
        said: Fields = {
            "Result": "OK",
            "Online": "OFFLINE" if off else "ONLINE",
            "Status": "ERROR" if off else "OK",
            "Encode": "OFF" if off else "ON",
            "Record": "ON" if party.controls.recording(asked.device) else "OFF",
            "DeviceTime": time + ("Z" if Bend.LOCAL_TIME in party.bends else ""),
        }
        return elements(said) + '<Alarmstatus Num="0"></Alarmstatus>'

    def _configuration(self, asked: Manscdp) -> str:
        kinds = (asked.root.findtext("ConfigType") or "BasicParam").split("/")
        said: Fields = {"Result": "OK"}
        if "BasicParam" in kinds:
            pace = self._party.stage.pace
            said["BasicParam"] = {
                "Name": self._party.who.name,
                "Expiration": str(pace.expires),
                "HeartBeatInterval": f"{pace.keepalive:g}",
                "HeartBeatCount": str(pace.misses),
                "PositionCapability": "0",
            }
        if "VideoParamOpt" in kinds:
            said["VideoParamOpt"] = {"DownloadSpeed": "1/2/4", "Resolution": "5/6"}
        return elements(said)

    def _presets(self, asked: Manscdp) -> str:
        presets = self._party.controls.presets(asked.device)
        items = [elements({"PresetID": str(number), "PresetName": name}) for number, name in sorted(presets.items())]
        return f"<SumNum>{len(items)}</SumNum>{listed('PresetList', items)}"

    def _home(self, asked: Manscdp) -> str:
        home = self._party.controls.home(asked.device)
        return f"<HomePosition>{elements(home)}</HomePosition>"

    def _cruises(self, asked: Manscdp) -> str:
        seed = self._party.stage.seed
        items = [elements({"Number": "1", "Name": "巡航1"})] if draw(seed, "cruise", asked.device) < 0.5 else []
        return f"<SumNum>{len(items)}</SumNum>{listed('CruiseTrackList', items)}"

    def _position(self, asked: Manscdp) -> str:
        view = self._party.controls.view(asked.device)
        said = {"Pan": f"{view.pan:.2f}", "Tilt": f"{view.tilt:.2f}", "Zoom": f"{view.zoom:.2f}"}
        return elements({"Result": "OK", **said} if self._party.who.version is Version.Y2022 else {"Result": "ERROR"})

    def _alarm(self, asked: Manscdp) -> str:  # noqa: ARG002 - every party answers alike
        return '<Result>OK</Result><SumNum>0</SumNum><AlarmList Num="0"></AlarmList>'
