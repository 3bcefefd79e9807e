"""A big fleet of cameras as they are found in the field: RTSP and GB/T 28181, main streams, each with its ill.

Everything follows from the seed, so the processes that play it, file it and judge what is found need share no more.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from commonsight.clock import Clock
from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.digest import Verifier
from commonsight.connect.wire.nal import join
from commonsight.simulate.fleet import Fault
from commonsight.simulate.gb28181 import film as films
from commonsight.simulate.gb28181.chance import draw
from commonsight.simulate.gb28181.film import Film
from commonsight.simulate.gb28181.stage import WELL, Ill
from commonsight.simulate.main_streams import FRAME_RATE, STREAMS, MainStream
from commonsight.simulate.player import Player
from commonsight.simulate.reel import access_units, broken, load, spoil
from commonsight.simulate.rtsp_server import Camera

Protocol = Literal["rtsp", "gb28181"]

USERNAME: Final = "admin"
PASSWORD: Final = "filed-password"  # noqa: S105 - of virtual cameras
PHASES: Final = 8
"""Cameras of one stream keep step in so many groups, and no more: they were not switched on together."""

SHARES: Final[Mapping[Fault, float]] = {
    Fault.REFUSED: 0.06,
    Fault.HUNG: 0.03,
    Fault.MISSING: 0.01,
    Fault.UNAUTHORIZED: 0.03,
    Fault.NO_VIDEO: 0.02,
    Fault.BROKEN: 0.04,
    Fault.GARBAGE: 0.02,
    Fault.SLOW: 0.05,
}
"""The rest is well: about four in five cameras show a picture."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One camera. `phase`: seconds its stream is ahead. `udp`: it is asked to send datagrams (GB/T 28181)."""

    number: int
    protocol: Protocol
    stream: MainStream
    phase: float
    fault: Fault
    udp: bool

    @property
    def plays(self) -> bool:
        """Whether a picture can be had of it."""
        return self.fault in {Fault.NONE, Fault.SLOW}


def plan(seed: int, rtsp: int, gb28181: int, streams: Sequence[MainStream] = STREAMS) -> list[Planned]:
    """So many cameras of each protocol; the same for the same arguments, whoever asks."""
    return [_planned(seed, number, "rtsp" if number < rtsp else "gb28181", streams) for number in range(rtsp + gb28181)]


def _planned(seed: int, number: int, protocol: Protocol, streams: Sequence[MainStream]) -> Planned:
    stream = streams[int(draw(seed, "stream", number) * len(streams))]
    step = int(draw(seed, "phase", number) * PHASES)
    return Planned(
        number, protocol, stream, step * stream.seconds / PHASES, _fault(draw(seed, "fault", number)),
        udp=draw(seed, "udp", number) < 0.5,
    )  # fmt: skip


def _fault(left: float) -> Fault:
    for fault, share in SHARES.items():
        left -= share
        if left < 0:
            return fault
    return Fault.NONE


class Street:
    """All cameras of a plan as an RTSP server's paths, `camera/<number>`: also those of GB/T 28181, for programs that
    speak RTSP only.

    Args:
        data: of each stream its Annex B bytes.
    """

    def __init__(self, cameras: Sequence[Planned], data: Mapping[MainStream, bytes], clock: Clock) -> None:
        self._cameras = cameras
        self._clock = clock
        self._reels = {stream: load(stream.name, found, stream.codec, FRAME_RATE) for stream, found in data.items()}
        self._broken = {
            stream: broken(self._reels[stream], access_units(stream.codec, found)) for stream, found in data.items()
        }
        self._players: dict[tuple[MainStream, float, bool], Player] = {}
        self._known = Verifier(USERNAME, PASSWORD, realm="virtual camera")
        self._changed = Verifier(USERNAME, PASSWORD[::-1], realm="virtual camera")

    @property
    def sent(self) -> int:
        """Bytes of streams sent so far."""
        return sum(player.sent for player in self._players.values())

    def resolve(self, path: str) -> Camera | None:
        """The camera at a path; None where none is."""
        _, _, name = path.partition("/")
        if not (name.isascii() and name.isdigit() and len(name) < 10 and int(name) < len(self._cameras)):
            return None
        camera = self._cameras[int(name)]
        if camera.fault is Fault.MISSING:
            return None
        verifier = self._changed if camera.fault is Fault.UNAUTHORIZED else self._known
        return Camera(self._player(camera), camera.fault, verifier, path=path)

    def _player(self, camera: Planned) -> Player:
        bad = camera.fault is Fault.BROKEN
        key = camera.stream, camera.phase, bad
        if key not in self._players:
            reel = (self._broken if bad else self._reels)[camera.stream]
            self._players[key] = Player(reel, self._clock, prompt=False, ahead=camera.phase)
        return self._players[key]

    async def close(self) -> None:
        for player in self._players.values():
            await player.close()


def ills(cameras: Mapping[str, Planned], data: Mapping[MainStream, bytes]) -> Callable[[str], Ill]:
    """What channels of a GB/T 28181 fleet show and suffer from; `cameras` by channel code."""
    whole = {stream: films.load(stream.name, found, stream.codec, FRAME_RATE) for stream, found in data.items()}
    bad = {stream: _spoiled(stream, found) for stream, found in data.items()}
    noise = Film("noise", Codec.H264, FRAME_RATE, tuple(_noise(n) for n in range(FRAME_RATE)), frozenset({0}),
                 (0,) * FRAME_RATE, films.tune())  # fmt: skip

    def ill(code: str) -> Ill:
        camera = cameras.get(code)
        if camera is None:
            return WELL
        shown = {Fault.BROKEN: bad[camera.stream], Fault.GARBAGE: noise}.get(camera.fault, whole[camera.stream])
        return Ill(camera.fault, shown)

    return ill


def _spoiled(stream: MainStream, data: bytes) -> Film:
    units = access_units(stream.codec, data)
    spoiled = b"".join(join([spoil(stream.codec, unit) for unit in picture]) for picture in units)
    return films.load(f"{stream.name}-broken", spoiled, stream.codec, FRAME_RATE)


def _noise(number: int) -> bytes:
    """Bytes that are nothing; without zeros, so that they begin nothing either."""
    return bytes(1 + int(draw(45, "noise", number, at) * 255) for at in range(4_000))
