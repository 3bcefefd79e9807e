"""A fleet: so many lower platforms with so many cameras each, and devices that register by themselves.

Everything follows from the seed: codes, passwords, names, places, faults. A platform above learns the passwords from
`Fleet.identities`; nothing else is shared with it. Runs in any event loop, or in a process of its own by
`commonsight simulate fleet`.
"""

import asyncio
import resource
import subprocess
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import structlog

from commonsight.catalog import seed_world
from commonsight.clock import Clock, SystemClock
from commonsight.problem import Refusal
from commonsight.settings import Settings
from commonsight.simulate.gb28181 import identity
from commonsight.simulate.gb28181.chance import draw
from commonsight.simulate.gb28181.channels import Catalogue
from commonsight.simulate.gb28181.document import Charset
from commonsight.simulate.gb28181.faults import Faults
from commonsight.simulate.gb28181.film import Film, aac_tune
from commonsight.simulate.gb28181.identity import Identity, Role, Version
from commonsight.simulate.gb28181.line import Target, Transport
from commonsight.simulate.gb28181.party import Party
from commonsight.simulate.gb28181.stage import Ill, Pace, Stage
from commonsight.simulate.gb28181.tally import Tally

log = structlog.get_logger(__name__)

PARTIES_MOST: Final = 20_000
CAMERAS_MOST: Final = 1_000_000
RECORDER_EVERY: Final = 3
"""Of the devices that register by themselves, each third is a recorder."""
RECORDER_CHANNELS: Final = 4
SPARE_FILES: Final = 200
"""File descriptors left for everything that is not a party's line."""


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """What a fleet is made of and how it behaves.

    Args:
        platforms: lower platforms, one a city and then round again.
        cameras: channels with pictures below each of them.
        devices: recorders and cameras that register by themselves.
        version: edition they speak; "mixed": by turns.
        transport: how they talk to the platform above; "mixed": by turns.
        page: items in one message of a catalogue answer; 0: one over UDP, ten over TCP.
        window: messages of one answer under way at once.
        charset: what bodies declare; None: as the edition has it.
        spread: registrations begin spread over so many seconds; 0: all at once, a storm.
        happenings: mean seconds between two spontaneous events of one party; 0: none.
        serial: number that the channels' codes begin with.
        password: of everybody; empty: each has its own, see `identities`.
    """

    seed: int = 45
    platforms: int = 2
    cameras: int = 40
    devices: int = 0
    version: Literal["2016", "2022", "mixed"] = "mixed"
    transport: Literal["udp", "tcp", "mixed"] = "mixed"
    faults: Faults = field(default_factory=Faults)
    pace: Pace = field(default_factory=Pace)
    page: int = 0
    window: int = 4
    charset: Charset | None = None
    spread: float = 1.0
    happenings: float = 0.0
    serial: int = 0
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for name, low, high in (
            ("platforms", 0, PARTIES_MOST), ("devices", 0, PARTIES_MOST), ("cameras", 0, CAMERAS_MOST),
            ("page", 0, 1_000), ("window", 1, 64),
        ):  # fmt: skip
            value = getattr(self, name)
            if not low <= value <= high:
                raise Refusal("simulate.fleet_size", operand=name, expected=f"{low} ... {high}", actual=value)
        if self.platforms + self.devices > PARTIES_MOST:
            total = self.platforms + self.devices
            raise Refusal("simulate.fleet_size", operand="platforms+devices", expected=PARTIES_MOST, actual=total)


class Fleet:
    """`async with Fleet(...)`, or `start` and `close`.

    Args:
        plan: what it is made of.
        server: 20-digit id of the platform above; `domain`: its SIP domain (first ten digits when left out).
        to: host and port the platform above listens on, for UDP and TCP.
        films: what the cameras show; more may join while the fleet runs, by `show`.

    Raises:
        Refusal: `places.data_missing` without packaged places, `simulate.fleet_files` when this machine allows fewer
            open files than parties.
    """

    def __init__(
        self,
        plan: FleetPlan,
        *,
        server: str,
        to: tuple[str, int],
        domain: str | None = None,
        host: str = "127.0.0.1",
        films: Sequence[Film] = (),
        clock: Clock | None = None,
    ) -> None:
        self.plan = plan
        self._clock = clock or SystemClock()
        self._world = seed_world.world(plan.seed)
        self._films = list(films)
        self.tally = Tally()
        self._stages = {
            transport: Stage(
                seed=plan.seed,
                clock=self._clock,
                server=server,
                domain=domain or server[:10],
                target=Target(to[0], to[1], transport),
                host=host,
                faults=plan.faults,
                pace=plan.pace,
                page=plan.page or (1 if transport == "udp" else 10),
                window=plan.window,
                charset=plan.charset,
                films=self._films,
                tally=self.tally,
            )
            for transport in ("udp", "tcp")
        }
        self.parties = [self._party(who, number) for number, who in enumerate(identities(plan))]
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Fleet":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def identities(self) -> list[Identity]:
        """Codes, names and passwords of all that will register."""
        return [party.who for party in self.parties]

    @property
    def registered(self) -> int:
        """Parties that hold a registration now."""
        return sum(party.registered for party in self.parties)

    @property
    def streams(self) -> int:
        """Streams open now."""
        return sum(len(party.streams) for party in self.parties)

    def show(self, film: Film) -> None:
        """Let the cameras show a film from now on."""
        self._films.append(film)

    def plague(self, ill: Callable[[str], Ill]) -> None:
        """Let channels be ill from now on: `ill` says of each code what is wrong with it."""
        for stage in self._stages.values():
            stage.ill = ill

    def film(self, code: str) -> str | None:
        """Name of the film that the channel of this code shows when it is well; None when nobody has such a one."""
        for party in self.parties:
            if party.catalogue.number_of(code) is not None:
                found = party.streams.film(code)
                return None if found is None else found.name
        return None

    def cut(self, codes: Collection[str]) -> None:
        """End the streams of these channels, as when a line breaks."""
        for party in self.parties:
            party.streams.cut(codes)

    def unprompted(self) -> None:
        """Let cameras begin with whatever picture is next when they are invited, as most do."""
        for stage in self._stages.values():
            stage.prompt = False

    def speak_aac(self) -> None:
        """Let each third camera speak AAC from now on. Starts a program the first time: run it in a thread."""
        try:
            aac_tune()
        except (Refusal, OSError, subprocess.SubprocessError) as error:
            log.warning("virtual_cameras_without_aac", reason=type(error).__name__)
            return
        for stage in self._stages.values():
            stage.aac = True

    async def start(self) -> None:
        """Begin to register, spread as planned; returns at once."""
        _allow_files(len(self.parties) + SPARE_FILES)
        for party in self.parties:
            after = self.plan.spread * draw(self.plan.seed, "start", party.who.code)
            self._tasks.append(asyncio.create_task(self._live(party, after), name=f"party-{party.who.code}"))
            if self.plan.happenings:
                happening = party.events.happen(self.plan.happenings)
                self._tasks.append(asyncio.create_task(happening, name=f"events-{party.who.code}"))

    async def all_registered(self, seconds: float) -> bool:
        """Wait until every party is registered; False when that takes longer than `seconds`."""
        until = self._clock.monotonic() + seconds
        while self.registered < len(self.parties):
            if self._clock.monotonic() >= until:
                return False
            await self._clock.sleep(0.05)
        return True

    def storm(self) -> None:
        """The power goes and comes back: all registrations are lost and everybody registers at once."""
        for party in self.parties:
            party.fall()

    async def close(self, *, unregister: bool = False) -> None:
        """End; orderly with `unregister`, else as when the power goes."""
        if unregister:
            gate = asyncio.Semaphore(50)

            async def leave(party: Party) -> None:
                async with gate:
                    await party.leave()

            await asyncio.gather(*(leave(party) for party in self.parties))
        for task in self._tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _live(self, party: Party, after: float) -> None:
        await self._clock.sleep(after)
        await party.live()

    def _party(self, who: Identity, number: int) -> Party:
        plan = self.plan
        city = self._world.cities[_city(who, len(self._world.cities))]
        if who.role is Role.PLATFORM:
            catalogue = Catalogue(
                who, plan.cameras, self._world, city, serial=plan.serial + who.number * plan.cameras, faults=plan.faults
            )
        else:
            channels = RECORDER_CHANNELS if who.role is Role.RECORDER else 1
            serial = plan.serial + plan.platforms * plan.cameras + who.number * RECORDER_CHANNELS
            catalogue = Catalogue(who, channels, self._world, city, serial=serial, faults=plan.faults)
        transport: Transport = plan.transport if plan.transport != "mixed" else "tcp" if number % 2 else "udp"
        return Party(who, catalogue, self._stages[transport])


def own_address(settings: Settings) -> tuple[str, int]:
    """Where devices on this machine reach this platform's first zone."""
    zone = settings.sip.zones[0]
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what one listens on, nobody can call
    return everywhere.get(zone.host, zone.host), zone.port


def identities(plan: FleetPlan) -> Iterator[Identity]:
    """Who will register, platforms first. The same in every process that asks with the same plan."""
    for who in _own_passwords(plan):
        yield replace(who, password=plan.password) if plan.password else who


def _own_passwords(plan: FleetPlan) -> Iterator[Identity]:
    cities = seed_world.world(plan.seed).cities
    for number in range(plan.platforms):
        city = cities[number % len(cities)]
        ordinal = number // len(cities) + 1
        yield identity.platform(plan.seed, number, city.code, city.name, _version(plan, number), ordinal=ordinal)
    for number in range(plan.devices):
        city = cities[number % len(cities)]
        counties = list(city.counties.items())
        county, name = counties[number // len(cities) % len(counties)]
        recorder = number % RECORDER_EVERY == RECORDER_EVERY - 1
        yield identity.device(plan.seed, number, county, name, _version(plan, number), recorder=recorder)


def _version(plan: FleetPlan, number: int) -> Version:
    return Version(plan.version) if plan.version != "mixed" else Version.Y2022 if number % 2 else Version.Y2016


def _city(who: Identity, cities: int) -> int:
    return who.number % cities


def _allow_files(wanted: int) -> None:
    """Every party has a socket of its own, as devices have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted or soft == resource.RLIM_INFINITY:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise Refusal("simulate.fleet_files", operand="RLIMIT_NOFILE", expected=wanted, actual=hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
