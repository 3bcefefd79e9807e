"""The whole simulated city: footage, the watched cameras, the fleet, one server."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

from commonsight.clock import Clock
from commonsight.connect.wire.digest import Verifier
from commonsight.problem import Refusal
from commonsight.simulate import footage
from commonsight.simulate.damage import Harm, Orders
from commonsight.simulate.fleet import Fault, Fleet
from commonsight.simulate.player import Player
from commonsight.simulate.reel import Reel
from commonsight.simulate.rtsp_server import Camera, RtspServer

WATCH = "watch"
"""Path prefix of the cameras with real scenes: `/watch/<clip>`."""
FLEET = "fleet"
"""Path prefix of the fleet: `/fleet/<number>`."""


class City:
    """Virtual cameras. `bring` or `show` footage, `start` before use, `close` after."""

    def __init__(self, fleet: Fleet, clock: Clock) -> None:
        self.fleet = fleet
        self._clock = clock
        self._known = [clip.name for clip in footage.clips()]
        self._players: dict[str, Player] = {}
        self._spoiled: dict[str, Player] = {}
        self._orders: Orders = {}
        self._harmed: dict[tuple[str, Harm], Player] = {}
        # Nobody knows this password, which is what is wrong with these cameras.
        self._locked = Verifier("admin", secrets.token_hex(16), realm="virtual camera")
        self.server = RtspServer(self.resolve, clock)

    def show(self, reel: Reel, spoiled: Reel) -> None:
        """Play a clip from now on; may be called while the server runs."""
        self._players[reel.name] = Player(reel, self._clock)
        self._spoiled[reel.name] = Player(spoiled, self._clock)

    async def bring(self, data_dir: Path, progress: footage.Progress, names: Sequence[str] = ()) -> AsyncIterator[str]:
        """Bring the clips one after the other (all that are known, or `names`) and yield each that can be played.

        A clip that cannot be had is left out with a message: away from Debian there is one clip less. Raises the first
        `Refusal` when not a single one could be had.
        """
        refusals: list[Refusal] = []
        for clip in footage.clips():
            if names and clip.name not in names:
                continue
            try:
                reel, spoiled = await asyncio.to_thread(footage.bring, clip, data_dir, progress)
            except Refusal as refusal:
                progress(f"{clip.name}: left out, {refusal.values.get('reason', refusal.code)}")
                refusals.append(refusal)
                continue
            self.show(reel, spoiled)
            yield clip.name
        if not self._players and refusals:
            raise refusals[0]

    def show_harmed(self, clip: str, how: Harm, reel: Reel) -> None:
        """What cameras show that play `clip` and are ordered to have such a picture."""
        self._harmed[clip, how] = Player(reel, self._clock)

    def lacks(self, clip: str, how: Harm) -> bool:
        """Whether there is nothing yet to show for this harm."""
        return how.spoils_picture and (clip, how) not in self._harmed

    def obey(self, orders: Orders) -> list[str]:
        """Break and mend: from now on cameras are as ordered. Who watches one whose order changed has to come again.

        Returns the paths of the cameras that changed.
        """
        nothing = object()
        changed = {
            path
            for path in {*orders, *self._orders}
            if path.partition("/")[0] in {WATCH, FLEET}
            and orders.get(path, nothing) is not self._orders.get(path, nothing)
        }
        self._orders = dict(orders)
        self.server.cut(changed)
        return sorted(changed)

    @property
    def clips(self) -> list[str]:
        """Names of the clips that are played."""
        return sorted(self._players)

    async def start(self) -> None:
        """Listen. Raises `Refusal` simulate.port_taken."""
        try:
            port, dead = await self.server.start(self.fleet.host, self.fleet.port, self.fleet.dead_port)
        except OSError as error:
            raise Refusal("simulate.port_taken", operand=str(self.fleet.port), reason=error.strerror) from None
        self.fleet.port, self.fleet.dead_port = port, dead

    async def close(self) -> None:
        await self.server.close()
        for player in (*self._players.values(), *self._spoiled.values(), *self._harmed.values()):
            await player.close()

    def resolve(self, path: str) -> Camera | None:
        """The camera at a path of the server."""
        clip = self.clip_of(path)
        if clip is None:
            return None
        if path in self._orders:
            return self._ordered(path, clip, self._orders[path])
        kind, _, name = path.partition("/")
        return Camera(self._players[clip], path=path) if kind == WATCH else self._fleet_camera(path, int(name), clip)

    def clip_of(self, path: str) -> str | None:
        """Name of the clip that the camera at this path plays; None when there is no such camera, or no footage."""
        kind, _, name = path.partition("/")
        if kind == WATCH:
            return name if name in self._players else None
        if kind == FLEET and name.isascii() and name.isdigit() and len(name) < 10 and int(name) < self.fleet.count:
            # Which clip a camera plays does not depend on what has arrived already; only a missing one is replaced.
            clip = self._known[self.fleet.reel(int(name), len(self._known))]
            return clip if clip in self._players else next(iter(self._players), None)
        return None

    def _fleet_camera(self, path: str, index: int, clip: str) -> Camera | None:
        fault = self.fleet.fault(index)
        if fault in {Fault.REFUSED, Fault.MISSING}:
            return None
        players = self._spoiled if fault is Fault.BROKEN else self._players
        return Camera(players[clip], fault, self._locked if fault is Fault.UNAUTHORIZED else None, path=path)

    def _ordered(self, path: str, clip: str, how: Harm | None) -> Camera:
        whole = Camera(self._players[clip], path=path)
        if how is None:
            return whole
        match how:
            case Harm.REFUSED:
                # All cameras share one port, so a single one cannot be unplugged: who asks is sent where the system
                # itself refuses the connection.
                return replace(whole, elsewhere=f"rtsp://{self.fleet.host}:{self.fleet.dead_port}/{path}")
            case Harm.HUNG:
                return replace(whole, fault=Fault.HUNG)
            case Harm.NO_VIDEO:
                return replace(whole, fault=Fault.NO_VIDEO)
            case Harm.WRONG_PASSWORD:
                return replace(whole, fault=Fault.UNAUTHORIZED, verifier=self._locked)
        return replace(whole, player=self._harmed.get((clip, how), whole.player))
