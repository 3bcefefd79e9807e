"""The world of bench.machines: network namespaces as machines, a database and virtual cameras they reach by TCP.

    python -m bench.machines_world HOST PORT FOLDER

plays the cameras. Needs root and `ip` (Debian: iproute2).
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from commonsight.analyze import service as analyze
from commonsight.analyze.model import Analysis, parse_lines, parse_zones
from commonsight.catalog.seed import seeded_id
from commonsight.clock import SystemClock
from commonsight.records.database import Database
from commonsight.records.postgres import DATABASE, USER, EmbeddedPostgres
from commonsight.simulate.city import City
from commonsight.simulate.fleet import Fleet
from commonsight.simulate.scenes import scenes

BRIDGE = "csbench0"
NETWORK = "10.77.0"
CENTRE = f"{NETWORK}.1"
DATABASE_PORT = 5432
CAMERA_PORT = 18654
STOP_SECONDS = 20


def ip(*arguments: str) -> None:
    """One `ip` command. Raises CalledProcessError with what it said."""
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


class Machine:
    """A network namespace with one address, and the processes started in it."""

    def __init__(self, number: int, home: Path) -> None:
        self.name = f"csbench{number}"
        self.address = f"{NETWORK}.{10 + number}"
        self.home = home / self.name
        self.home.mkdir(mode=0o711)
        self._children: list[subprocess.Popen[bytes]] = []
        inside = f"{self.name}i"
        ip("netns", "add", self.name)
        ip("link", "add", self.name, "type", "veth", "peer", "name", inside, "netns", self.name)
        ip("link", "set", self.name, "master", BRIDGE, "up")
        ip("-n", self.name, "addr", "add", f"{self.address}/24", "dev", inside)
        ip("-n", self.name, "link", "set", inside, "up")
        ip("-n", self.name, "link", "set", "lo", "up")

    def start(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        """Run a command on this machine; its output goes to a file of its own."""
        output = (self.home / f"{len(self._children)}.log").open("wb")
        child = subprocess.Popen(
            ["ip", "netns", "exec", self.name, *command],
            env={**os.environ, "COMMONSIGHT_DATA_DIR": str(self.home), **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=self.home,
            start_new_session=True,
        )
        output.close()
        self._children.append(child)
        return child

    def cut(self) -> None:
        """The machine is gone: its cable first, so that nobody says good-bye, then everything that ran on it."""
        ip("link", "set", self.name, "down")
        found = subprocess.run(["ip", "netns", "pids", self.name], capture_output=True, text=True, check=False)
        for pid in found.stdout.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)

    def remove(self) -> None:
        """Leave nothing behind."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self.cut()
        for child in self._children:
            child.wait(STOP_SECONDS)
        # The cable by name: the namespace itself lives as long as anything holds it.
        for words in (("link", "delete", self.name), ("netns", "delete", self.name)):
            with contextlib.suppress(subprocess.CalledProcessError):
                ip(*words)


@contextmanager
def machines(count: int, home: Path) -> Iterator[list[Machine]]:
    """So many machines on one network, this process's own namespace being the centre."""
    ip("link", "add", BRIDGE, "type", "bridge")
    made: list[Machine] = []
    try:
        ip("addr", "add", f"{CENTRE}/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        made.extend(Machine(number, home) for number in range(1, count + 1))
        yield made
    finally:
        for machine in made:
            machine.remove()
        ip("link", "delete", BRIDGE)


@contextmanager
def database(home: Path) -> Iterator[tuple[str, str]]:
    """(URL for us, URL for the machines): the embedded server, here with a port on the machines' network."""
    server = EmbeddedPostgres(home / "data", home / "run")
    server.prepare()
    rules = server.place.data / "machines_hba.conf"
    rules.write_text(f"local all all scram-sha-256\nhost all {USER} {NETWORK}.0/24 scram-sha-256\n", "ascii")
    rules.chmod(0o644)
    server.options = {**server.options, "listen_addresses": CENTRE, "hba_file": str(rules)}
    url = server.start()
    try:
        yield url, f"postgresql://{USER}:{server.password}@{CENTRE}:{DATABASE_PORT}/{DATABASE}"
    finally:
        server.stop()


@contextmanager
def cameras(home: Path) -> Iterator[None]:
    """The virtual cameras, in a process of their own at the centre."""
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.machines_world", CENTRE, str(CAMERA_PORT), str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert child.stdout is not None
        if child.stdout.readline() != b"ready\n":
            raise SystemExit("the virtual cameras did not start: their footage cannot be had here")
        yield
    finally:
        child.terminate()
        child.wait(STOP_SECONDS)


async def seed(db: Database, count: int) -> None:
    """`count` cameras on the footage there is, each with the lines and zones of its scene."""
    found = scenes("en")
    insert = text(
        "INSERT INTO cameras (id, code, name, region, grams, protocol, url)"
        " VALUES (:id, :code, :name, '450102', '{}', 'rtsp', :url)"
    )
    async with db.write() as session:
        for number in range(count):
            scene = found[number % len(found)]
            camera = seeded_id(9, number, 45)
            url = f"rtsp://{CENTRE}:{CAMERA_PORT}/{scene['path']}"
            code = f"45010200001320{number:06d}"
            await session.execute(insert, {"id": camera, "code": code, "name": f"camera {number}", "url": url})
            document = Analysis(enabled=True, lines=parse_lines(scene["lines"]), zones=parse_zones(scene["zones"]))
            await analyze.set_up(session, camera, document)


async def _play(host: str, port: int, home: Path) -> None:
    city = City(Fleet(45, 0, host=host, port=port), SystemClock())
    async for _ in city.bring(home, lambda line: print(line, file=sys.stderr)):
        pass
    await city.start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_play(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
