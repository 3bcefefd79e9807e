"""All devices in the memory of the signalling process, and what of them the database has not been told yet."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from commonsight.connect.gb28181.model import Device, Reason
from commonsight.connect.sip.peer import Peer

DEVICES_MOST: Final = 50_000
"""Devices one signalling process holds; a registration with the platform's password makes none beyond it."""


@dataclass(frozen=True, slots=True)
class Known:
    """A device with its password as it is stored, sealed."""

    device: Device
    secret: bytes | None = field(default=None, repr=False)


@dataclass(slots=True)
class Untold:
    """What a batch has to write: the last state of each changed device, and who came or went since the last batch."""

    changed: dict[str, Device] = field(default_factory=dict)
    admitted: dict[str, Device] = field(default_factory=dict)
    came: list[UUID] = field(default_factory=list)
    went: list[UUID] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.changed or self.admitted)


class Devices:
    """Devices by code, and by the connection they hold. Bounded by `DEVICES_MOST`.

    Changes are collected in two sets: what people and other processes wait for (`urgent`), and signs of life, which
    come every minute from everybody and are worth one row in many seconds only (`lazy`).
    """

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}
        self._by_id: dict[UUID, str] = {}
        self._by_connection: dict[Peer, set[str]] = {}
        self._urgent: set[str] = set()
        self._lazy: set[str] = set()
        self._admitted: set[str] = set()
        self._told_online: dict[str, bool] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[Device]:
        return (known.device for known in self._known.values())

    def get(self, code: str) -> Device | None:
        """The device with this code."""
        known = self._known.get(code)
        return None if known is None else known.device

    def by_id(self, device_id: UUID) -> Device | None:
        """The device with this id."""
        code = self._by_id.get(device_id)
        return None if code is None else self.get(code)

    def secret(self, code: str) -> bytes | None:
        """Its sealed password, when it has one of its own."""
        known = self._known.get(code)
        return None if known is None else known.secret

    def on_connection(self, peer: Peer) -> list[Device]:
        """Whose registrations came over this TCP connection: a gateway registers many over one."""
        return [self._known[code].device for code in sorted(self._by_connection.get(peer, ()))]

    @property
    def full(self) -> bool:
        """Whether no further device may be made by registering."""
        return len(self._known) >= DEVICES_MOST

    def load(self, known: Iterable[Known]) -> None:
        """Take what the database says; nothing of it is told back."""
        for one in known:
            self._store(one)
            self._told_online[one.device.code] = one.device.online

    def edit(self, known: Known) -> None:
        """Take what people changed about a device; its state stays as it is known here."""
        present = self.get(known.device.code)
        if present is None:
            self.load([known])
            return
        edited = replace(
            present,
            name=known.device.name,
            kind=known.device.kind,
            region=known.device.region,
            quirks=known.device.quirks,
            platform_id=known.device.platform_id,
            has_password=known.device.has_password,
        )
        self._store(Known(edited, known.secret))

    def put(self, device: Device, *, lazy: bool = False) -> None:
        """A device in its new state."""
        self._store(Known(device, self.secret(device.code)))
        (self._lazy if lazy else self._urgent).add(device.code)

    def admit(self, device: Device) -> None:
        """A device that nobody added, but that knows the platform's password."""
        self._admitted.add(device.code)
        self.put(device)

    def remove(self, code: str) -> Device | None:
        """Forget a device that people removed; what it was, as offline, or None."""
        known = self._known.pop(code, None)
        if known is None:
            return None
        self._by_id.pop(known.device.id, None)
        self._disconnect(known.device)
        for waiting in (self._urgent, self._lazy, self._admitted):
            waiting.discard(code)
        self._told_online.pop(code, None)
        return replace(known.device, online=False, offline_reason=Reason.REMOVED)

    def untold(self, *, lazy: bool) -> Untold:
        """What is to be written now, handed over; `lazy`: with the signs of life."""
        codes = self._urgent | self._lazy if lazy else self._urgent
        found = Untold()
        for code in codes:
            device = self.get(code)
            if device is None:
                continue
            (found.admitted if code in self._admitted else found.changed)[code] = device
            if self._told_online.get(code, False) != device.online:
                (found.came if device.online else found.went).append(device.id)
        self._urgent = set()
        if lazy:
            self._lazy = set()
        self._lazy -= codes
        self._admitted -= codes
        self._told_online.update({c: d.online for c, d in (found.changed | found.admitted).items()})
        return found

    def give_back(self, untold: Untold) -> None:
        """The batch could not be written: its devices wait again, with what has become of them since."""
        codes = [code for code in (*untold.changed, *untold.admitted) if code in self._known]
        self._urgent.update(codes)
        self._admitted.update(code for code in untold.admitted if code in self._known)
        moved = set(untold.came) | set(untold.went)
        for device in (*untold.changed.values(), *untold.admitted.values()):
            if device.id in moved and device.code in self._told_online:
                self._told_online[device.code] = not device.online

    @property
    def waiting(self) -> int:
        """Devices whose last state the database does not have."""
        return len(self._urgent | self._lazy)

    def _store(self, known: Known) -> None:
        device = known.device
        before = self.get(device.code)
        if before is not None:
            self._disconnect(before)
            if before.id != device.id:
                self._by_id.pop(before.id, None)
        self._known[device.code] = known
        self._by_id[device.id] = device.code
        peer = peer_of(device)
        if peer is not None and peer.transport == "tcp":
            self._by_connection.setdefault(peer, set()).add(device.code)

    def _disconnect(self, device: Device) -> None:
        peer = peer_of(device)
        codes = self._by_connection.get(peer) if peer is not None else None
        if peer is None or codes is None:
            return
        codes.discard(device.code)
        if not codes:
            del self._by_connection[peer]


def peer_of(device: Device) -> Peer | None:
    """Where requests to a device go; None before it has ever registered."""
    if device.zone is None or device.transport is None or device.host is None or device.port is None:
        return None
    return Peer(device.zone, device.transport, device.host, device.port)
