"""The whole simulated city: footage, the watched cameras, the fleet, one server."""

import secrets
from collections.abc import Sequence
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
    """Virtual cameras ready to be opened. `start` before use, `close` after."""

    def __init__(self, reels: dict[str, Reel], spoiled: dict[str, Reel], fleet: Fleet, clock: Clock) -> None:
        self.fleet = fleet
        self._names = sorted(reels)
        self._players = {name: Player(reel, clock) for name, reel in reels.items()}
        self._spoiled = {name: Player(reel, clock) for name, reel in spoiled.items()}
        # Nobody knows this password, which is what is wrong with these cameras.
        self._locked = Verifier("admin", secrets.token_hex(16), realm="virtual camera")
        self.server = RtspServer(self.resolve, clock)

    @classmethod
    def load(
        cls, data_dir: Path, fleet: Fleet, clock: Clock, progress: footage.Progress, names: Sequence[str] | None = None
    ) -> "City":
        """Bring the footage (slow the first time: run it in a thread). Raises `Refusal` without any footage."""
        reels = footage.available(data_dir, progress, names)
        paths = {clip.name: footage.path(clip, data_dir) for clip in footage.clips()}
        spoiled = {name: footage.spoiled(reel, paths[name]) for name, reel in reels.items()}
        return cls(reels, spoiled, fleet, clock)

    @property
    def clips(self) -> list[str]:
        """Names of the clips that could be had."""
        return list(self._names)

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
        clip = self._names[self.fleet.reel(index, len(self._names))]
        player = (self._spoiled if fault is Fault.BROKEN else self._players)[clip]
        return Camera(player, fault, self._locked if fault is Fault.UNAUTHORIZED else None)
