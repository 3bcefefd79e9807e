"""What a media node holds: its cameras, its readers, and the rules for taking them in and sending them away."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

import structlog

from commonsight.clock import Clock
from commonsight.connect.rtsp_udp import PortRange
from commonsight.connect.service import Reopening
from commonsight.gate.model import Action, Footage, Limits, Viewer
from commonsight.media.admission import Admission, Grant, Seen
from commonsight.media.masked.limits import Derivations, variant
from commonsight.media.model import End, Reader
from commonsight.media.relay import Relay, Source
from commonsight.problem import Refusal
from commonsight.settings import Media

log = structlog.get_logger(__name__)


class Taken(Protocol):
    """What has gone out to one reader, as the register and the metrics count it."""

    bytes: int
    frames: int
    skips: int
    frames_skipped: int


class Seat(Protocol):
    """Somebody who is given pictures, by a relay or from recordings: knows why it ends, counts what it was given."""

    @property
    def browser(self) -> bool: ...

    @property
    def ended(self) -> "asyncio.Future[End]": ...

    @property
    def outlet(self) -> Taken: ...

    def end(self, code: End) -> None: ...


class Served(Reader, Seat, Protocol):
    """A relay's reader that somebody serves."""


@dataclass(eq=False, slots=True)
class Reading:
    """One reader of one camera under one permit."""

    grant: Grant
    relay: Relay
    reader: Served
    since: float
    timer: asyncio.TimerHandle | None = None


@dataclass(eq=False, slots=True)
class Sitting:
    """One reader of one camera's recordings under one permit."""

    grant: Grant
    reader: Seat
    since: float
    timer: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class Past:
    """What readings and relays that are over came to, so that the metrics never fall."""

    readings: int = 0
    bytes_out: int = 0
    skips: int = 0
    frames_skipped: int = 0
    bytes_in: int = 0
    units: int = 0
    reconnects: int = 0


class Hub:
    """Cameras open on this node and who reads them.

    `relays` hand on what cameras send; `derived` what permits with limits leave of it, and who reads under such a
    permit is attached to nothing else.

    Args:
        models: where the models for masking lie.
    """

    def __init__(self, settings: Media, admission: Admission, clock: Clock, models: Path | None = None) -> None:
        self.relays: dict[UUID, Relay] = {}
        self.derived = Derivations(settings, clock, models)
        self.readings: set[Reading | Sitting] = set()
        self.past = Past()
        self._settings = settings
        self._admission = admission
        self._clock = clock
        self._entering = 0
        self._stopping = False

    async def enter(
        self,
        ticket: str,
        camera_id: UUID,
        make: Callable[[Callable[[], None]], Served],
        *,
        action: Action = Action.LIVE,
        viewer: Viewer | None = None,
    ) -> Reading:
        """Check the ticket, write the retrieval, and hand the camera's pictures to the reader `make` builds.

        Args:
            action: what the pictures are for.
            viewer: who shows the ticket; a person's ticket opens for nobody else.

        Raises:
            Refusal: `media.node_full`, `media.node_stopping`, `media.register_unavailable`, or what the gate said.
        """
        held = self._held(camera_id)
        if held is not None:
            held.linger()
        grant, limits = await self._admitted(
            ticket, camera_id, locate=held is None, action=action, footage=None, viewer=viewer
        )
        relay = self._held(camera_id) or self._open(grant)
        if limits is not None:
            relay = self.derived.relay(camera_id, limits, relay)
        reader = make(lambda: self._admission.first_frame(grant))
        reading = Reading(grant, relay, reader, self._clock.monotonic())
        self._seated(reading)
        relay.attach(reader)
        return reading

    async def sit(
        self,
        ticket: str,
        camera_id: UUID,
        make: Callable[[Grant, Callable[[], None]], Seat],
        *,
        action: Action,
        footage: Footage | None = None,
        viewer: Viewer | None = None,
        locate: bool = False,
        limited: bool = False,
    ) -> Sitting:
        """The same for who reads recordings: ticket, register, end and revocation are as for live pictures.

        Args:
            make: builds the reader from the checked ticket and what is to be called with the first picture.
            footage: the span about to be read; None: all the permit reaches.
            locate: whether the camera itself is going to be asked.
            limited: the reader holds what it hands out to the permit's limits, or it was held to them when it was made.

        Raises:
            Refusal: as `enter`; `media.limit_unsupported` for a permit with limits and a reader that keeps none.
        """
        grant, limits = await self._admitted(
            ticket, camera_id, locate=locate, action=action, footage=footage, viewer=viewer
        )
        if limits is not None and not limited:
            self._admission.closed(grant, Seen(0, 0, 0, "limit_unsupported"))
            raise Refusal(
                "media.limit_unsupported", status=501, rule="limits", operand="recordings", expected=limits.as_json()
            )
        try:
            reader = make(grant, lambda: self._admission.first_frame(grant))
        except Refusal as refusal:
            self._admission.closed(grant, Seen(0, 0, 0, refusal.code.rpartition(".")[2]))
            raise
        sitting = Sitting(grant, reader, self._clock.monotonic())
        self._seated(sitting)
        return sitting

    async def _admitted(
        self,
        ticket: str,
        camera_id: UUID,
        *,
        locate: bool,
        action: Action,
        footage: Footage | None,
        viewer: Viewer | None,
    ) -> tuple[Grant, Limits | None]:
        """Room for one more, a ticket that opens, a line of the register."""
        if self._stopping:
            raise Refusal("media.node_stopping", status=503)
        if len(self.readings) + self._entering >= self._settings.viewers_max:
            raise _full("media.viewers_max", self._settings.viewers_max)
        self._entering += 1
        try:
            grant = await self._admission.admit(
                ticket, camera_id, locate=locate, action=action, footage=footage, viewer=viewer
            )
            limits = await self._keepable(grant)
        finally:
            self._entering -= 1
        if self._stopping:
            self._admission.closed(grant, Seen(0, 0, 0, "node_stopping"))
            raise Refusal("media.node_stopping", status=503)
        return grant, limits

    def _seated(self, reading: Reading | Sitting) -> None:
        self.readings.add(reading)
        left = (reading.grant.expires_at - self._clock.now()).total_seconds()
        if reading.grant.seconds_max is not None:
            left = min(left, reading.grant.seconds_max)
        reading.timer = asyncio.get_running_loop().call_later(max(left, 0), reading.reader.end, "permit_expired")

    def leave(self, reading: Reading | Sitting, reason: str) -> None:
        """The reader has gone, for whatever reason. May be called twice."""
        if reading not in self.readings:
            return
        self.readings.remove(reading)
        if isinstance(reading, Reading):
            reading.relay.detach(reading.reader)
        if reading.timer is not None:
            reading.timer.cancel()
        outlet = reading.reader.outlet
        self.past.readings += 1
        self.past.bytes_out += outlet.bytes
        self.past.skips += outlet.skips
        self.past.frames_skipped += outlet.frames_skipped
        seconds = self._clock.monotonic() - reading.since
        self._admission.closed(reading.grant, Seen(seconds, outlet.bytes, outlet.frames, reason))

    def revoke(self, permit_id: UUID) -> None:
        """Cut everything that runs under a permit."""
        for reading in self.readings:
            if reading.grant.permit_id == permit_id:
                reading.reader.end("permit_revoked")

    async def recheck(self) -> None:
        """Ask for every running reading whether it may go on: a revocation may have been missed."""
        for reading in list(self.readings):
            if not await self._admission.still_valid(reading.grant):
                reading.reader.end("permit_revoked")

    async def stop(self) -> None:
        """Tell all readers that the node stops, and close every camera."""
        self._stopping = True
        await self.derived.close()
        await asyncio.gather(*(relay.close("node_stopping") for relay in list(self.relays.values())))
        for reading in list(self.readings):
            reading.reader.end("node_stopping")

    async def _keepable(self, grant: Grant) -> Limits | None:
        """The limits that change the pictures, when this node can keep them."""
        limits = variant(grant.limits)
        if limits is None:
            return None
        try:
            await self.derived.check(grant.camera_id, limits)
        except Refusal as refusal:
            self._admission.closed(grant, Seen(0, 0, 0, refusal.code.removeprefix("media.")))
            raise
        return limits

    def _held(self, camera_id: UUID) -> Relay | None:
        relay = self.relays.get(camera_id)
        return None if relay is None or relay.closed else relay

    def _open(self, grant: Grant) -> Relay:
        """Open the camera. It was held when the ticket was checked and is no more: then the reader asks anew."""
        camera_id, address = grant.camera_id, grant.address
        before = self.relays.get(camera_id)
        if address is None:
            self._admission.closed(grant, Seen(0, 0, 0, "source_lost"))
            raise Refusal("media.source_lost", status=503)
        if before is None and len(self.relays) >= self._settings.cameras_max:
            self._admission.closed(grant, Seen(0, 0, 0, "node_full"))
            raise _full("media.cameras_max", self._settings.cameras_max)

        async def opener() -> Source:
            if before is not None:
                await before.wait_closed()  # many cameras allow one session only
            seed = camera_id.int & 0xFFFF_FFFF
            return Reopening(
                address,
                timeout=self._settings.open_timeout,
                clock=self._clock,
                seed=seed,
                udp_ports=PortRange(*self._settings.udp_ports),
                snapshot_seconds=self._settings.snapshot_seconds,
            )

        self.relays[camera_id] = relay = Relay(
            camera_id,
            opener,
            self._clock,
            group_bytes=self._settings.group_bytes,
            idle_seconds=self._settings.idle_seconds,
            on_closed=self._closed,
        )
        return relay

    def _closed(self, relay: Relay) -> None:
        self.past.bytes_in += relay.totals.bytes
        self.past.units += relay.totals.units
        self.past.reconnects += relay.totals.reconnects
        if self.relays.get(relay.camera_id) is relay:
            del self.relays[relay.camera_id]


def _full(setting: str, limit: int) -> Refusal:
    return Refusal("media.node_full", status=503, rule=f"at most {setting}", operand=setting, expected=limit)
