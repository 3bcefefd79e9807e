"""The processes of bench.sweep that play cameras: an RTSP server of all, and lower platforms for those of GB/T 28181.

    python -m bench.sweep_world rtsp|gb28181 '<json>'

Whatever is asked on standard input is answered with a line of JSON: bytes of stream sent so far, what is open now.
"""

import asyncio
import json
import resource
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from commonsight.clock import SystemClock
from commonsight.settings import Sip
from commonsight.simulate import main_streams
from commonsight.simulate.big_fleet import Planned, Street, ills, plan
from commonsight.simulate.gb28181.fleet import Fleet, FleetPlan
from commonsight.simulate.gb28181.party import Party
from commonsight.simulate.main_streams import MainStream
from commonsight.simulate.rtsp_server import RtspServer

PLATFORMS = 4
REGISTER_SECONDS = 60.0
SIP_PASSWORD = "bench-sweep"


@dataclass(frozen=True)
class World:
    """What all processes of a run agree on."""

    seed: int
    rtsp: int
    gb28181: int
    cache: str
    rtsp_port: int
    dead_port: int
    sip_port: int

    @property
    def cameras(self) -> list[Planned]:
        return plan(self.seed, self.rtsp, self.gb28181)

    def to_json(self) -> str:
        return json.dumps(asdict(self))


def prepared(world: World) -> dict[MainStream, bytes]:
    """The streams' bytes; made before if they are not there."""
    cache = Path(world.cache)
    return {
        stream: main_streams.prepare(stream, cache, lambda line: print(line, file=sys.stderr, flush=True)).read_bytes()
        for stream in main_streams.STREAMS
    }


async def serve_rtsp(world: World) -> None:
    """All cameras at `camera/<number>`; a dead port beside."""
    clock = SystemClock()
    street = Street(world.cameras, await asyncio.to_thread(prepared, world), clock)
    server = RtspServer(street.resolve, clock)
    await server.start("127.0.0.1", world.rtsp_port, world.dead_port)
    print("ready", flush=True)
    await answer(lambda: {"sent": street.sent, "open": server.playing})
    await server.close()
    await street.close()


async def serve_gb28181(world: World) -> None:
    """Lower platforms that register with the SIP side; says which channel is which camera."""
    data = await asyncio.to_thread(prepared, world)
    below = [camera for camera in world.cameras if camera.protocol == "gb28181"]
    made = FleetPlan(
        platforms=PLATFORMS, cameras=-(-len(below) // PLATFORMS), password=SIP_PASSWORD, spread=0, transport="mixed"
    )
    async with Fleet(made, server=Sip().id, to=("127.0.0.1", world.sip_port)) as fleet:
        by_code: dict[str, Planned] = {}
        filed = []
        for index, camera in enumerate(below):
            party, number = fleet.parties[index % PLATFORMS], index // PLATFORMS
            _switch_on(party, number)
            code = party.catalogue.code(number)
            by_code[code] = camera
            filed.append([camera.number, party.who.code, code])
        fleet.plague(ills(by_code, data))
        fleet.unprompted()
        if not await fleet.all_registered(REGISTER_SECONDS):
            raise SystemExit("the virtual platforms could not register")
        print(json.dumps(filed), flush=True)
        await answer(lambda: {"sent": fleet.tally.octets, "open": fleet.streams, "invites": fleet.tally.invites})


def _switch_on(party: Party, number: int) -> None:
    party.catalogue.edit(number, Status="ON")


async def answer(state: Callable[[], dict[str, Any]]) -> None:
    """Say how things stand for each line that comes in, until there are no more."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():
        print(json.dumps(state()), flush=True)


def main() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard) if soft < hard else (soft, hard))
    world = World(**json.loads(sys.argv[2]))
    asyncio.run(serve_rtsp(world) if sys.argv[1] == "rtsp" else serve_gb28181(world))


if __name__ == "__main__":
    main()
