"""Sending cameras to upper platforms, as the signalling process orders: each a reader of the hub under a permit.

So everything that holds for a viewer holds here: the retrieval is written first, a revocation cuts the stream, limits
and masks apply. Nothing outlives the connection to the signalling process: an upper platform whose call nobody holds
any more is sent nothing.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from commonsight.clock import Clock
from commonsight.connect.gb28181.above.orders import LISTENER
from commonsight.connect.gb28181.line import Line
from commonsight.connect.gb28181.media_ports import Taken
from commonsight.connect.gb28181.signalling_client import Client, SignallingLost
from commonsight.connect.gb28181.signalling_wire import problem_of
from commonsight.connect.model import SourceError
from commonsight.gate.model import Action
from commonsight.media.admission import Grant
from commonsight.media.bridge import path as bridge_path
from commonsight.media.bridge.film import Film, open_film
from commonsight.media.bridge.orders import Wish, wish_of
from commonsight.media.bridge.path import NoPath
from commonsight.media.bridge.reader import BridgeReader
from commonsight.media.hub import Hub, Reading, Sitting
from commonsight.problem import Refusal
from commonsight.records.database import Database
from commonsight.settings import Zone

log = structlog.get_logger(__name__)

RETRY_SECONDS: Final = 2.0
OPEN_SECONDS: Final = 6.0
"""The first picture is waited for so long before the upper platform is answered; one that comes later is sent then."""
IDLE_SECONDS: Final = 40.0
"""A stream that was prepared and never begun is let go after this."""
RATE_SECONDS: Final = 5.0
BRIDGES_MOST: Final = 1_000
LINGER_SECONDS: Final = 20.0
DRAIN_SECONDS: Final = 5.0
"""What of a recording waits to be sent at its end is given so long to leave."""


@dataclass(eq=False, slots=True)
class Bridge:
    """One stream. `film`: the recording it shows; None: what the camera sees now. `over`: why it ended, once it has."""

    name: str
    zone: Zone
    taken: Taken
    transport: str
    host: str
    port: int
    reader: BridgeReader
    reading: Reading | Sitting
    film: Film | None
    over: "asyncio.Future[str]"
    since: float
    task: "asyncio.Task[None] | None" = None
    path: asyncio.WriteTransport | None = None
    timer: asyncio.TimerHandle | None = None
    counted: int = 0


class Bridges:
    """All streams of this node to upper platforms.

    Args:
        line: the process's way to the signalling process.
        name: of this node.
        limit: most bytes that wait for one receiver.
        folder: where this node keeps its recordings.
    """

    def __init__(
        self, hub: Hub, line: Line, clock: Clock, name: str, *, limit: int, database: Database, folder: Path
    ) -> None:
        self.open: dict[str, Bridge] = {}
        self._hub = hub
        self._line = line
        self._clock = clock
        self._name = name
        self._limit = limit
        self._database = database
        self._folder = folder
        self._client: Client | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def run(self) -> None:
        """Stay connected to the signalling process and do as it says, until cancelled."""
        rating = asyncio.create_task(self._rate())
        try:
            while True:
                await self._serve()
                self._close_all("signalling_gone")
                await self._clock.sleep(RETRY_SECONDS)
        finally:
            rating.cancel()
            self._close_all("node_stopping")
            if self._tasks:  # devices are told that their recordings are watched no more
                await asyncio.wait(set(self._tasks), timeout=DRAIN_SECONDS)
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(rating, *self._tasks, return_exceptions=True)

    async def _serve(self) -> None:
        """Until the connection is gone; at once when there is none to be had."""
        lost = asyncio.Event()
        try:
            client = await self._line.client()
            client.on_lost(lost.set)
            client.listen(LISTENER, self._told)
            await client.call("bridge_here", node=self._name)
        except (Refusal, SignallingLost) as error:
            log.debug("no_orders_yet", error=str(error))
            return
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            # A database that is away or busy is waited for: everybody's pictures on this node hang on this task.
            log.warning("orders_wait", error=type(error).__name__)
            return
        self._client = client
        await lost.wait()
        self._client = None

    # --- orders -------------------------------------------------------------------------------------------------------

    def _told(self, document: dict[str, Any]) -> None:
        self._spawn(self._obey(document))

    async def _obey(self, document: dict[str, Any]) -> None:
        answer: dict[str, Any]
        try:
            answer = {"ok": await self._do(str(document.get("order")), document)}
        except Refusal as refusal:
            answer = {"problem": problem_of(refusal)}
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("bridge_without_register", error=type(error).__name__)
            answer = {"problem": problem_of(Refusal("media.register_unavailable", status=503))}
        except Exception:
            log.exception("order_failed", order=str(document.get("order"))[:20])
            answer = {"problem": problem_of(Refusal("media.bridge_failed", status=502))}
        await self._say("bridge_answer", number=document.get("number"), **answer)

    async def _do(self, order: str, fields: dict[str, Any]) -> dict[str, Any]:
        if order == "open":
            return await self._open(wish_of(fields))
        bridge = self.open.get(str(fields.get("bridge")))
        if order == "close":
            if bridge is not None:
                self._close(bridge, "upper_left")
            return {}
        if bridge is None:
            raise Refusal("media.bridge_unknown", status=404, operand="bridge", actual=str(fields.get("bridge"))[:40])
        if order == "start":
            self._start(bridge)
            return {}
        if order == "control":
            await _steer(bridge, fields)
            return {}
        raise Refusal("media.bridge_order_unknown", status=501, operand="order", actual=order[:20])

    async def _open(self, wish: Wish) -> dict[str, Any]:
        """Take a port, be let in, wait for the first picture."""
        if len(self.open) >= BRIDGES_MOST or wish.name in self.open:
            raise Refusal("media.node_full", status=503, rule="streams to upper platforms", expected=BRIDGES_MOST)
        zone = self._line.zone(wish.zone)
        taken = self._line.ports(zone).take()
        reader: list[BridgeReader] = []

        def make(on_first: Callable[[], None]) -> BridgeReader:
            made = BridgeReader(
                self._clock, self._limit, ssrc=wish.ssrc, payload_type=wish.payload_type, on_first=on_first
            )
            reader.append(made)
            return made

        film: Film | None = None
        reading: Reading | Sitting
        try:
            if wish.action is Action.LIVE:
                reading = await self._hub.enter(wish.ticket, wish.camera_id, make, action=wish.action)
            else:
                reading, film = await self._seat(wish, make)
        except BaseException:
            taken.close()
            raise
        over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        bridge = Bridge(
            wish.name, zone, taken, wish.transport, wish.host, wish.port, reader[0], reading, film, over,
            self._clock.monotonic(),
        )  # fmt: skip
        self.open[wish.name] = bridge
        codec = "" if film is None else film.info.codec.value
        if film is None:
            try:
                codec = await _first(bridge.reader)
            except BaseException:
                self._close(bridge, "not_opened")
                raise
        bridge.timer = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._never_begun, bridge)
        return {"host": zone.media_host or zone.host, "port": taken.port, "codec": codec}

    async def _seat(
        self, wish: Wish, make: Callable[[Callable[[], None]], BridgeReader]
    ) -> tuple[Sitting, Film]:  # fmt: skip
        """Let in to recordings, and the recording opened. Raises Refusal; nothing is left open then."""
        footage = datetime.fromtimestamp(wish.start, UTC), datetime.fromtimestamp(wish.end, UTC)

        def seated(_: Grant, on_first: Callable[[], None]) -> BridgeReader:
            return make(on_first)

        sitting = await self._hub.sit(
            wish.ticket, wish.camera_id, seated, action=wish.action, footage=footage, locate=True
        )
        try:
            film = await open_film(
                wish.camera_id, sitting.grant.address, wish.start, wish.end,
                download=wish.action is Action.DOWNLOAD, speed=wish.speed, database=self._database,
                folder=self._folder, node=self._name, line=self._line, clock=self._clock,
            )  # fmt: skip
        except BaseException as error:
            self._hub.leave(sitting, "not_opened")
            if isinstance(error, SourceError):
                raise Refusal(f"media.{_ENDS.get(error.code.value, 'unreachable')}", status=502) from error
            raise
        return sitting, film

    def _never_begun(self, bridge: Bridge) -> None:
        if bridge.task is None:
            self._finish(bridge, "never_begun")

    def _start(self, bridge: Bridge) -> None:
        if bridge.timer is not None:
            bridge.timer.cancel()
        if bridge.task is None:
            bridge.task = asyncio.create_task(self._run(bridge), name=f"bridge-{bridge.name}")

    async def _run(self, bridge: Bridge) -> None:
        """From the path to the end of the stream."""

        def gone() -> None:
            if not bridge.over.done():
                bridge.over.set_result("receiver_gone")

        try:
            bridge.path = await self._path(bridge, gone)
        except NoPath as error:
            log.warning("no_path_upward", bridge=bridge.name, error=str(error))
            self._finish(bridge, "receiver_unreachable")
            return
        bridge.reader.go(bridge.path)
        either: list[asyncio.Future[Any]] = [bridge.reader.ended, bridge.over]
        showing = None if bridge.film is None else asyncio.create_task(self._show(bridge, bridge.film))
        try:
            done, _ = await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if showing is not None:
                showing.cancel()
                await asyncio.gather(showing, return_exceptions=True)
        reason = str(done.pop().result())
        if reason == "end_of_file":
            # The path stays until the upper platform has been told: one that closes first looks like a failure there.
            self._told_over(bridge.name, reason, *self._so_far(bridge))
            await self._clock.sleep(LINGER_SECONDS)
            self._close(bridge, reason)
            return
        self._finish(bridge, reason)

    async def _show(self, bridge: Bridge, film: Film) -> None:
        """Play a recording to its end, no faster than the receiver takes it."""
        reason = "end_of_file"
        try:
            await bridge.reader.play(film)
        except SourceError as error:
            log.info("recording_lost", bridge=bridge.name, code=error.code.value, detail=error.detail)
            reason = "source_lost"
        waited = 0.0
        while bridge.path is not None and bridge.path.get_write_buffer_size() and waited < DRAIN_SECONDS:
            await self._clock.sleep(0.05)
            waited += 0.05
        if not bridge.over.done():
            bridge.over.set_result(reason)

    async def _path(self, bridge: Bridge, gone: Callable[[], None]) -> asyncio.WriteTransport:
        if bridge.transport == "udp":
            return bridge_path.datagrams(bridge.taken, bridge.host, bridge.port, gone)
        if bridge.transport == "tcp-passive":
            return await bridge_path.accepted(bridge.taken, bridge.host, gone)
        return await bridge_path.connected(bridge.host, bridge.port, bridge.taken.host, gone)

    # --- ends ---------------------------------------------------------------------------------------------------------

    def _finish(self, bridge: Bridge, reason: str) -> None:
        """It ended here: the signalling process is told, so that it says BYE."""
        seconds, size = self._so_far(bridge)
        if self._close(bridge, reason):
            self._told_over(bridge.name, reason, seconds, size)

    def _so_far(self, bridge: Bridge) -> tuple[float, int]:
        return round(self._clock.monotonic() - bridge.since, 3), bridge.reader.outlet.bytes

    def _told_over(self, name: str, reason: str, seconds: float, size: int) -> None:
        self._spawn(self._say("bridge_over", bridge=name, reason=reason, lasted=seconds, bytes=size))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _close(self, bridge: Bridge, reason: str) -> bool:
        """Free everything. False when that was done before."""
        if self.open.pop(bridge.name, None) is None:
            return False
        if bridge.timer is not None:
            bridge.timer.cancel()
        self._hub.leave(bridge.reading, reason)
        if bridge.film is not None:
            self._spawn(bridge.film.close())
        if bridge.path is not None:
            bridge.path.abort()
        bridge.taken.close()
        if bridge.task is not None and bridge.task is not asyncio.current_task():
            bridge.task.cancel()
        return True

    def _close_all(self, reason: str) -> None:
        for bridge in list(self.open.values()):
            self._close(bridge, reason)

    # --- telling ------------------------------------------------------------------------------------------------------

    async def _rate(self) -> None:
        """Say what each stream sends, so that the signalling process can keep to what an upper platform may take."""
        while True:
            await self._clock.sleep(RATE_SECONDS)
            rates = {}
            for bridge in self.open.values():
                sent = bridge.reader.outlet.bytes
                rates[bridge.name] = round((sent - bridge.counted) * 8 / 1_000 / RATE_SECONDS, 1)
                bridge.counted = sent
            if rates:
                await self._say("bridge_rate", rates=rates)

    async def _say(self, op: str, **fields: Any) -> None:
        client = self._client
        if client is not None:
            with contextlib.suppress(Refusal, SignallingLost):
                await client.call(op, **fields)


_ENDS: Final = {
    "unauthorized": "unauthorized", "not_found": "not_found", "no_video": "no_video",
    "unsupported_codec": "unsupported_codec",
}  # fmt: skip


async def _first(reader: BridgeReader) -> str:
    """Wait for the first picture; its codec, "" when it does not come soon. Raises Refusal when none will come."""
    either: list[asyncio.Future[Any]] = [reader.opened, reader.ended]
    await asyncio.wait(either, timeout=OPEN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    if reader.ended.done():
        raise Refusal(f"media.{reader.ended.result()}", status=502)
    return reader.opened.result().codec.value if reader.opened.done() else ""


async def _steer(bridge: Bridge, fields: dict[str, Any]) -> None:
    """Hold, move or speed up a recording. Raises Refusal."""
    film, action = bridge.film, str(fields.get("action"))
    if film is None:
        raise Refusal("media.bridge_not_steered", status=409, operand="action", actual=action[:20])
    if action == "pause":
        await film.pause()
    elif action == "play":
        await film.play()
    elif action == "seek":
        await film.seek(float(fields.get("position") or 0))
    elif action == "speed":
        await film.speed(float(fields.get("speed") or 1))
    else:
        raise Refusal("media.bridge_order_unknown", status=501, operand="action", actual=action[:20])
