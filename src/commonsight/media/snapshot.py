"""`/snapshot`: one picture of a camera as JPEG, with who asked and when written into it.

`GET /snapshot?ticket=…&camera=<uuid>` gives the newest keyframe; `Last-Modified` says when it came. The ticket must
allow the action `snapshot`; what the permit masks or reduces is masked and reduced here, too, because the picture comes
from the same relay. Each picture is a line of the register. A permit is served one picture a second; more is answered
with 429 and `Retry-After`.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from commonsight.clock import Clock
from commonsight.gate.model import Action
from commonsight.media.doors import viewer_of
from commonsight.media.hls.desk import Tally
from commonsight.media.hub import Hub, Reading
from commonsight.media.model import Boxes, End, Track, Unit
from commonsight.media.origins import guarded, pages_of
from commonsight.media.watermark import drawn
from commonsight.problem import Refusal
from commonsight.settings import Settings

PAUSE_SECONDS: Final = 1.0
"""Between two pictures of one camera under one permit."""
AT_ONCE: Final = 2
"""Pictures drawn at the same time; the node's processor is for live pictures."""
WAITING_MOST: Final = 16
"""Requests that may wait for their turn; more are told to come back."""
MASKING_SECONDS: Final = 20.0
"""A first picture may take so much longer than the camera: masking is a process that has to start."""
REMEMBERED: Final = 10_000
"""Permits whose last picture is remembered."""
_Key = tuple[bytes, UUID]
_STATUS: Final[dict[End, int]] = {"permit_revoked": 403, "permit_expired": 403, "unsupported_codec": 415}


def routes(hub: Hub, settings: Settings, clock: Clock) -> list[web.RouteDef]:
    """The route."""
    snapshots = _Snapshots(hub, settings, clock)
    return [web.get("/snapshot", guarded(snapshots.snapshot, pages_of(settings)))]


class Shot:
    """The reader that wants one keyframe."""

    kind = "snapshot"
    browser = False
    sound = False

    def __init__(self, on_first: Callable[[], None]) -> None:
        self.ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self.taken: asyncio.Future[Unit] = asyncio.get_running_loop().create_future()
        self.outlet = Tally()
        self._on_first = on_first

    def given(self, data: bytes) -> None:
        """The picture goes out."""
        self._on_first()
        self.outlet.frames += 1
        self.outlet.bytes += len(data)

    def start(self, track: Track, group: Sequence[Unit], *, audible: bool) -> None:  # noqa: ARG002
        if not self.taken.done():
            self.taken.set_result(group[0])

    def hear(self, message: bytes) -> None:
        """A picture has no sound."""

    def audible(self) -> None:
        """A picture has no sound."""

    def take(self, unit: Unit) -> None:
        if unit.keyframe and not self.taken.done():
            self.taken.set_result(unit)

    def boxes(self, boxes: Boxes) -> None:
        """They are not drawn."""

    def state(self, code: str) -> None:
        """The next keyframe is waited for."""

    def end(self, code: End) -> None:
        if not self.ended.done():
            self.ended.set_result(code)


class _Snapshots:
    def __init__(self, hub: Hub, settings: Settings, clock: Clock) -> None:
        self._hub = hub
        self._clock = clock
        self._zone = ZoneInfo(settings.region.timezone)
        self._wait = settings.media.open_timeout + MASKING_SECONDS
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._last: OrderedDict[_Key, float] = OrderedDict()

    async def snapshot(self, request: web.Request) -> web.StreamResponse:
        camera_id = _camera(request.query.get("camera", ""))
        ticket = request.query.get("ticket", "")
        key = (hashlib.sha256(ticket.encode("utf-8", "surrogatepass")).digest(), camera_id)
        self._refuse_hurry(key)  # before the register: a line is for a picture
        if self._waiting >= AT_ONCE + WAITING_MOST:
            raise Refusal("media.snapshot_busy", status=503, rule=f"at most {WAITING_MOST} wait", operand="snapshot")
        self._waiting += 1
        try:
            reading = await self._hub.enter(ticket, camera_id, Shot, action=Action.SNAPSHOT, viewer=viewer_of(request))
            self._remember(key)
            reason = "snapshot_failed"
            try:
                response = await self._shoot(reading)
                reason = "viewer_left"
                return response
            finally:
                self._hub.leave(reading, reason)
        finally:
            self._waiting -= 1

    async def _shoot(self, reading: Reading) -> web.Response:
        shot = reading.reader
        assert isinstance(shot, Shot)
        try:
            async with asyncio.timeout(self._wait):
                either: list[asyncio.Future[Any]] = [shot.taken, shot.ended]
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                await self._turn.acquire()
        except TimeoutError as error:
            raise Refusal("media.no_video", status=503) from error
        try:
            _refuse_ended(shot)
            unit = shot.taken.result()
            came = self._clock.now() - timedelta(seconds=max(0.0, self._clock.monotonic() - unit.received))
            data = await drawn(unit.codec, unit.data, self._text(reading, came))
        finally:
            self._turn.release()
        _refuse_ended(shot)  # revoked while it was drawn: then it does not leave
        shot.given(data)
        headers = {"Content-Type": "image/jpeg", "Last-Modified": f"{came.astimezone(UTC):%a, %d %b %Y %H:%M:%S GMT}"}
        return web.Response(body=data, headers=headers)

    def _text(self, reading: Reading, came: datetime) -> str:
        shown = came.astimezone(self._zone)
        return f"{reading.grant.holder}  {shown:%Y-%m-%d %H:%M:%S} {shown:%Z}"

    def _refuse_hurry(self, key: _Key) -> None:
        now, last = self._clock.monotonic(), self._last.get(key)
        if last is not None and now - last < PAUSE_SECONDS:
            raise Refusal(
                "media.snapshot_hurry",
                status=429,
                rule=f"one picture in {PAUSE_SECONDS:g} s",
                operand="snapshot",
                expected=PAUSE_SECONDS,
                actual=round(now - last, 2),
            )

    def _remember(self, key: _Key) -> None:
        self._last[key] = self._clock.monotonic()
        self._last.move_to_end(key)
        if len(self._last) > REMEMBERED:
            self._last.popitem(last=False)


def _refuse_ended(shot: Shot) -> None:
    if shot.ended.done():
        code = shot.ended.result()
        raise Refusal(f"media.{code}", status=_STATUS.get(code, 503))


def _camera(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Refusal("media.camera_invalid", operand="camera", expected="UUID", actual=text[:64]) from error
