"""The whole simulated city: footage, the watched cameras, the fleet, one server."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from commonsight.clock import Clock
from commonsight.connect.wire.digest import Verifier
from commonsight.problem import Refusal
from commonsight.simulate import footage
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
        for player in (*self._players.values(), *self._spoiled.values()):
            await player.close()

    def resolve(self, path: str) -> Camera | None:
        """The camera at a path of the server."""
        kind, _, name = path.partition("/")
        if kind == WATCH and name in self._players:
            return Camera(self._players[name])
        if kind == FLEET and name.isascii() and name.isdigit() and len(name) < 10 and int(name) < self.fleet.count:
            return self._fleet_camera(int(name))
        return None

    def _fleet_camera(self, index: int) -> Camera | None:
        fault = self.fleet.fault(index)
        if fault in {Fault.REFUSED, Fault.MISSING}:
            return None
        players = self._spoiled if fault is Fault.BROKEN else self._players
        if not players:
            return None
        # Which clip a camera plays does not depend on what has arrived already; only a missing one is replaced.
        player = players.get(self._known[self.fleet.reel(index, len(self._known))]) or next(iter(players.values()))
        return Camera(player, fault, self._locked if fault is Fault.UNAUTHORIZED else None)
