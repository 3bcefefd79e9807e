"""What a virtual party does when it is told: turn, record, guard, boot, make a keyframe, upload snapshots."""

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import aiohttp
import structlog

from commonsight.connect.wire.manscdp import Manscdp
from commonsight.connect.wire.sip import SipSyntaxError
from commonsight.simulate.gb28181.document import document, elements
from commonsight.simulate.gb28181.faults import Bend
from commonsight.simulate.gb28181.views import View, parse

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from commonsight.simulate.gb28181.party import Party

MAX_VIEWS: Final = 1_000
"""Channels whose view is remembered; the one longest untouched goes back to where it began."""
MAX_SNAPSHOTS: Final = 10
MAX_INTERVAL: Final = 60.0
UPLOAD_SECONDS: Final = 15.0
ANSWERED: Final = ("RecordCmd", "GuardCmd", "AlarmCmd", "HomePosition")
"""Controls that get a separate Response."""

log = structlog.get_logger(__name__)


class Controls:
    """The state that controls change, by channel, and what changes it."""

    __slots__ = ("_party", "_views")

    def __init__(self, party: "Party") -> None:
        self._party = party
        self._views: OrderedDict[str, View] = OrderedDict()

    def view(self, channel: str) -> View:
        """Where a channel looks now."""
        view = self._views.get(channel)
        if view is None:
            view = View(presets={1: ("路口全景", 0.0, 0.0, 1.0), 2: ("斑马线", 45.0, -10.0, 4.0)})
            self._views[channel] = view
            while len(self._views) > MAX_VIEWS:
                self._views.popitem(last=False)
        self._views.move_to_end(channel)
        view.rest(self._party.stage.clock.monotonic())
        return view

    def presets(self, channel: str) -> dict[int, str]:
        return {number: preset[0] for number, preset in self.view(channel).presets.items()}

    def home(self, channel: str) -> dict[str, str]:
        return self.view(channel).home

    def recording(self, channel: str) -> bool:
        view = self._views.get(channel)
        return view.recording if view else True

    async def obey(self, told: Manscdp) -> None:
        """Do it, and answer where an answer is due. Raises `LineError` when the line breaks."""
        if told.command == "DeviceConfig":
            await self._configure(told)
        elif told.command == "DeviceControl":
            await self._control(told)
        else:
            await self._result(told, "ERROR")

    async def _control(self, told: Manscdp) -> None:
        root, party = told.root, self._party
        view = self.view(told.device)
        if (text := root.findtext("PTZCmd")) is not None:
            try:
                view.obey(parse(text), party.stage.clock.monotonic())
            except SipSyntaxError as error:
                log.debug("virtual_ptz_unreadable", code=told.device, reason=str(error))
        elif root.findtext("TeleBoot") is not None:
            party.fall(party.stage.pace.restart)
        elif root.findtext("IFameCmd") is not None or (
            root.findtext("IFrameCmd") is not None and Bend.OLD_SPELLING not in party.bends
        ):
            party.streams.keyframe(told.device)
        elif (snapshot := root.find("SnapShotConfig")) is not None and Bend.SNAPSHOT_CONTROL in party.bends:
            await self._result(told, "OK")
            await self._snapshots(told.device, snapshot)
        else:
            await self._switch(told, view)

    async def _switch(self, told: Manscdp, view: View) -> None:
        root = told.root
        if (record := root.findtext("RecordCmd")) is not None:
            view.recording = record == "Record"
        if (guard := root.findtext("GuardCmd")) is not None:
            view.guarded = guard == "SetGuard"
        if (home := root.find("HomePosition")) is not None:
            view.home |= {name: home.findtext(name, value) for name, value in view.home.items()}
        if (drag := root.find("DragZoomIn")) is not None and drag.findtext("LengthX"):
            view.zoom = min(30.0, view.zoom * 2)
        if (drag := root.find("DragZoomOut")) is not None and drag.findtext("LengthX"):
            view.zoom = max(1.0, view.zoom / 2)
        view.done += 1
        if any(root.find(name) is not None for name in ANSWERED):
            await self._result(told, "OK")

    async def _configure(self, told: Manscdp) -> None:
        snapshot = told.root.find("SnapShotConfig")
        if snapshot is not None and Bend.SNAPSHOT_CONTROL in self._party.bends:
            await self._result(told, "ERROR")
            return
        await self._result(told, "OK")
        if snapshot is not None:
            await self._snapshots(told.device, snapshot)

    async def _result(self, told: Manscdp, result: str) -> None:
        if Bend.NO_RESULT in self._party.bends:
            return
        await self._party.message(
            document("Response", told.command, told.serial, told.device, f"<Result>{result}</Result>")
        )

    async def _snapshots(self, channel: str, asked: "Element") -> None:
        """Upload pictures one after the other and tell which arrived; a short list is a partial failure."""
        party = self._party
        url, session = asked.findtext("UploadURL") or "", asked.findtext("SessionID") or ""
        number = party.catalogue.number_of(channel)
        film = party.streams.film(channel)
        if number is None or film is None or urlsplit(url).scheme not in {"http", "https"}:
            return
        count = min(MAX_SNAPSHOTS, max(1, _whole(asked.findtext("SnapNum"), 1)))
        pause = min(MAX_INTERVAL, float(max(0, _whole(asked.findtext("Interval"), 1))))
        sent: list[str] = []
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=UPLOAD_SECONDS)) as http:
            for shot in range(count):
                if shot:
                    await party.stage.clock.sleep(pause)
                picture = await asyncio.to_thread(film.jpeg, shot)
                name = f"{channel}02{party.now():%Y%m%d%H%M%S}{shot:05}"
                fields = {"Content-Type": "image/jpeg", "X-Session-ID": session, "X-File-ID": name}
                try:
                    async with http.post(url, data=picture, headers=fields) as response:
                        if response.status < 300:
                            sent.append(name)
                            party.stage.tally.snapshots += 1
                except (aiohttp.ClientError, TimeoutError) as error:
                    log.debug("virtual_snapshot_not_taken", code=channel, reason=type(error).__name__)
        listed = "".join(elements({"SnapShotFileID": name}) for name in sent)
        await party.message(
            document(
                "Notify", "UploadSnapShotFinished", party.serial(), channel, elements({"SessionID": session}),
                f"<SnapShotList>{listed}</SnapShotList>",
            )
        )  # fmt: skip


def _whole(text: str | None, otherwise: int) -> int:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else otherwise
