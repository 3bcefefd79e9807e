"""Who watches by HLS: a reading for each viewer, a muxer for each camera, and both let go when nobody asks any more.

A viewer is a ticket and a camera. The first request checks the ticket and writes the retrieval; every later one finds
the reading that this opened, which a revocation, an expiry or a lost camera has ended by then: so the next request is
refused. Players go away without a word, so a viewer who has asked for nothing for a while has left.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from commonsight.clock import Clock
from commonsight.gate.model import Viewer as Person
from commonsight.media.hls.muxer import Muxer
from commonsight.media.hls.playlist import Shelf
from commonsight.media.hub import Hub, Reading
from commonsight.media.model import Boxes, End, Track, Unit
from commonsight.media.relay import Relay
from commonsight.problem import Refusal

IDLE_SECONDS: Final = 15.0
"""A viewer who asks for nothing for so long has left."""
_STATUS: Final[dict[End, int]] = {"permit_revoked": 403, "permit_expired": 403, "unsupported_codec": 415}


@dataclass(slots=True)
class Tally:
    """What one viewer was given. `frames` counts parts: a playlist's pictures leave by the handful."""

    bytes: int = 0
    frames: int = 0
    skips: int = 0
    frames_skipped: int = 0


class Viewer:
    """The reader that stands for one viewer; the pictures themselves go through the camera's muxer."""

    kind = "hls"
    browser = False
    sound = False

    def __init__(self, on_first: Callable[[], None]) -> None:
        self.ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self.outlet = Tally()
        self._on_first = on_first

    def given(self, data: bytes) -> None:
        """Pictures go out to this viewer."""
        if not self.outlet.frames:
            self._on_first()
        self.outlet.frames += 1
        self.outlet.bytes += len(data)

    def start(self, track: Track, group: Sequence[Unit], *, audible: bool) -> None:
        """The muxer begins."""

    def hear(self, message: bytes) -> None:
        """The muxer hears."""

    def audible(self) -> None:
        """The muxer is told."""

    def take(self, unit: Unit) -> None:
        """The muxer takes."""

    def boxes(self, boxes: Boxes) -> None:
        """Nobody draws them."""

    def state(self, code: str) -> None:
        """The playlist stands still."""

    def end(self, code: End) -> None:
        if not self.ended.done():
            self.ended.set_result(code)


@dataclass(eq=False, slots=True)
class Watch:
    """One viewer of one camera. `token`: what the addresses inside its playlist carry instead of the ticket."""

    key: bytes
    token: str
    camera_id: UUID
    address: str | None
    reading: Reading
    viewer: Viewer
    muxer: Muxer
    timer: asyncio.TimerHandle | None = None

    @property
    def shelf(self) -> Shelf:
        return self.muxer.shelf


@dataclass(slots=True)
class _Muxing:
    muxer: Muxer
    watches: set[Watch] = field(default_factory=set)


class Desk:
    """All HLS viewers of this node.

    Args:
        most: bytes the parts of one camera may take.
        wait: seconds a first request waits for the camera.
    """

    def __init__(self, hub: Hub, clock: Clock, *, most: int, wait: float) -> None:
        self._hub = hub
        self._clock = clock
        self._most = most
        self._wait = wait
        self._watches: dict[bytes, Watch] = {}
        self._tokens: dict[str, Watch] = {}
        self._muxings: dict[Relay, _Muxing] = {}
        self._entering: dict[bytes, asyncio.Task[Watch]] = {}

    async def watch(self, ticket: str, camera_id: UUID, person: Person) -> Watch:
        """The viewer behind a playlist request; the same ticket shown by somebody else is asked about anew.

        Raises:
            Refusal: what `Hub.enter` says.
        """
        key = _key(ticket, camera_id, person)
        watch = self._watches.get(key)
        if watch is not None and not watch.viewer.ended.done():
            self._stay(watch)
            return watch
        # Players ask twice at once; the second must not become a second viewer.
        entering = self._entering.get(key)
        if entering is None:
            entering = self._entering[key] = asyncio.create_task(self._enter(key, ticket, camera_id, person))
            entering.add_done_callback(lambda entered: self._entered(key, entered))
        return await asyncio.shield(entering)

    def find(self, token: str, camera_id: UUID, person: Person) -> Watch:
        """The viewer behind a request for media.

        Raises:
            Refusal: `media.hls_over` (403), the viewer has left or was cut.
        """
        watch = self._tokens.get(token)
        known = watch is not None and watch.camera_id == camera_id and watch.address == person.address
        if watch is None or not known or watch.viewer.ended.done():
            raise Refusal("media.hls_over", status=403, rule="permit", operand="s")
        self._stay(watch)
        return watch

    async def until(self, watch: Watch, ready: Callable[[Shelf], bool], seconds: float | None = None) -> None:
        """Wait until the shelf is as wanted.

        Raises:
            Refusal: why this viewer's pictures ended meanwhile.
            TimeoutError: it took too long.
        """
        async with asyncio.timeout(self._wait if seconds is None else seconds):
            while True:
                _refuse_ended(watch)
                if ready(watch.shelf):
                    return
                either: set[asyncio.Future[Any]] = {watch.muxer.changed, watch.viewer.ended, watch.muxer.ended}
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)

    async def _enter(self, key: bytes, ticket: str, camera_id: UUID, person: Person) -> Watch:
        reading = await self._hub.enter(ticket, camera_id, Viewer, viewer=person)
        viewer = reading.reader
        assert isinstance(viewer, Viewer)
        muxing = self._muxings.get(reading.relay)
        if muxing is None or muxing.muxer.ended.done():
            muxing = self._begin(reading.relay)
        watch = Watch(key, secrets.token_urlsafe(16), camera_id, person.address, reading, viewer, muxing.muxer)
        muxing.watches.add(watch)
        self._watches[key] = self._tokens[watch.token] = watch
        self._stay(watch)
        viewer.ended.add_done_callback(lambda ended: self._drop(watch, ended.result()))
        return watch

    def _entered(self, key: bytes, entered: "asyncio.Task[Watch]") -> None:
        del self._entering[key]
        if not entered.cancelled():
            entered.exception()  # whoever asked may have gone, and then nobody else takes it

    def _begin(self, relay: Relay) -> _Muxing:
        muxing = self._muxings[relay] = _Muxing(Muxer(self._most, self._clock))
        muxing.muxer.ended.add_done_callback(lambda ended: self._silent(relay, muxing, ended.result()))
        relay.attach(muxing.muxer)
        return muxing

    def _silent(self, relay: Relay, muxing: _Muxing, code: End) -> None:
        """The muxer has ended, and with it all who watch through it."""
        if self._muxings.get(relay) is muxing:
            del self._muxings[relay]
        relay.detach(muxing.muxer)
        for watch in list(muxing.watches):
            watch.viewer.end(code)

    def _stay(self, watch: Watch) -> None:
        if watch.timer is not None:
            watch.timer.cancel()
        watch.timer = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._drop, watch, "viewer_left")

    def _drop(self, watch: Watch, reason: str) -> None:
        if self._tokens.pop(watch.token, None) is None:
            return
        if self._watches.get(watch.key) is watch:
            del self._watches[watch.key]
        if watch.timer is not None:
            watch.timer.cancel()
        self._hub.leave(watch.reading, reason)
        muxing = self._muxings.get(watch.reading.relay)
        if muxing is not None and watch in muxing.watches:
            muxing.watches.remove(watch)
            if not muxing.watches:
                del self._muxings[watch.reading.relay]
                watch.reading.relay.detach(muxing.muxer)


def _refuse_ended(watch: Watch) -> None:
    for ended in (watch.viewer.ended, watch.muxer.ended):
        if ended.done():
            code = ended.result()
            raise Refusal(f"media.{code}", status=_STATUS.get(code, 503))


def _key(ticket: str, camera_id: UUID, person: Person) -> bytes:
    """One viewer: a ticket, a camera, and who shows it."""
    said = "\0".join((ticket, str(camera_id), person.address or "", *person.secrets))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()
