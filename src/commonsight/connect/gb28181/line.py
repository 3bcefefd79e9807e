"""A process's one line to the signalling process, and the ports it receives on: what opening a camera needs.

Installed once by the process that opens cameras (`install`), because the way from a camera's address to its pictures
leads through rooms that know nothing of databases.
"""

import asyncio
from typing import Final

import structlog

from commonsight.connect.gb28181.media_ports import Ports
from commonsight.connect.gb28181.signalling_client import Client, SignallingLost, place_of
from commonsight.problem import Refusal
from commonsight.records.database import Database, NoConnection
from commonsight.settings import Sip, Zone

RETRY_SECONDS: Final = 0.3

log = structlog.get_logger(__name__)


class Line:
    """Connects when first needed and again after a loss; many sessions share it.

    Args:
        label: what we call ourselves, shown beside our dialogs.
    """

    def __init__(self, database: Database, settings: Sip, label: str) -> None:
        self._database = database
        self._zones: Final = settings.zones
        self._label = label
        self._client: Client | None = None
        self._connecting = asyncio.Lock()
        self._ports: dict[str, Ports] = {}

    async def client(self, *, patience: float = 0.0) -> Client:
        """The connection.

        Args:
            patience: seconds to go on trying.

        Raises:
            Refusal: `connect.gb_no_signalling`.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + patience
        async with self._connecting:
            while self._client is None or not self._client.alive:
                try:
                    self._client = await Client.open(await place_of(self._database), self._label)
                    log.info("signalling_connected", label=self._label)
                except (SignallingLost, Refusal, NoConnection) as error:
                    if loop.time() >= until:
                        raise Refusal("connect.gb_no_signalling", status=503) from error
                    await asyncio.sleep(RETRY_SECONDS)
            return self._client

    def zone(self, device_zone: str) -> Zone:
        """Where we receive from devices of a zone: in that zone itself, else in the first that reaches it.

        Raises:
            Refusal: `connect.gb_zone_unreachable`.
        """
        same = [zone for zone in self._zones if zone.name == device_zone]
        for zone in same + [zone for zone in self._zones if device_zone in zone.reaches]:
            return zone
        raise Refusal(
            "connect.gb_zone_unreachable", status=409, rule="zones", operand="zone",
            expected=", ".join(zone.name for zone in self._zones), actual=device_zone,
        )  # fmt: skip

    def ports(self, zone: Zone) -> Ports:
        """The port range we use in a zone."""
        found = self._ports.get(zone.name)
        if found is None:
            found = self._ports[zone.name] = Ports(zone.media_host or zone.host, *zone.media_ports)
        return found

    @property
    def ports_taken(self) -> int:
        """Ports that sessions hold now."""
        return sum(len(ports.taken) for ports in self._ports.values())

    async def close(self) -> None:
        """Hang up."""
        if self._client is not None:
            await self._client.close()
            self._client = None


_installed: list[Line] = []


def install(line: Line | None) -> None:
    """Let this process open cameras behind GB/T 28181 devices; None: no more."""
    _installed[:] = [] if line is None else [line]


def installed() -> Line:
    """The line of this process.

    Raises:
        Refusal: `connect.gb_no_signalling` when none was installed.
    """
    if not _installed:
        raise Refusal("connect.gb_no_signalling", status=503)
    return _installed[0]
