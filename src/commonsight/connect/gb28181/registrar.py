"""Registrations and signs of life as a state machine: requests in, answers and new states out, no input or output.

What holds (and is tested by a state machine of its own): nobody comes online without the password; a device that is
online holds a registration and was heard; a connection that broke after the device had moved to another one changes
nothing; our own standstill is not taken for the devices' silence.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from commonsight.clock import Clock
from commonsight.connect.gb28181 import model
from commonsight.connect.gb28181.devices import Devices
from commonsight.connect.gb28181.model import Device, Quirks, Reason
from commonsight.connect.sip.peer import Peer
from commonsight.connect.wire.digest_server import Answer as DigestAnswer
from commonsight.connect.wire.digest_server import Challenger, Verdict, parse_answer
from commonsight.connect.wire.sip import Request, SipSyntaxError, parse_name_addr
from commonsight.problem import Refusal
from commonsight.records.base import uuid7

EXPIRES_SLACK: Final = 30.0
"""A registration may be renewed this late, s: devices count their expiry from the answer, not from our clock."""

STALL_SECONDS: Final = 5.0
"""A look at the devices that comes this much late, s, means that we stood still; the gap is not held against them."""

RECONNECT_SECONDS: Final = 60.0
"""After our own restart a device that keeps a TCP connection gets this long to make a new one, s."""

REFUSED_MOST: Final = 200
"""Refused registrations remembered, for whoever sets a device up and wonders; the oldest go first."""

OWN_VERSION: Final = "3.0"


@dataclass(frozen=True, slots=True)
class Reply:
    """A SIP answer. `why`: word for the log and for people when it is a refusal; "" otherwise."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A registration that was turned away: `count` times, last at `at`, for the reason `why`."""

    code: str
    host: str
    port: int
    zone: str
    why: str
    count: int
    at: datetime


class Registrar:
    """Who is here.

    Args:
        devices: the devices of this process.
        clock: wall time for records; monotonic time for silence and expiry, so that a set clock takes nobody offline.
        realm: shown to devices in challenges: the SIP domain.
        timezone: zone of the Date header, which is what devices set their clocks by.
        region: of a device whose code names none.
        unseal: opens a sealed password.
        password: of every device that has none of its own; None: such devices are turned away.
    """

    def __init__(
        self, devices: Devices, clock: Clock, *, realm: str, timezone: str, region: str,
        unseal: Callable[[bytes], str], password: str | None = None,
    ) -> None:  # fmt: skip
        self._devices = devices
        self._clock = clock
        self._zone = ZoneInfo(timezone)
        self._region = region
        self._unseal = unseal
        self._password = password
        self._challengers = {True: Challenger(realm, qop=True), False: Challenger(realm, qop=False)}
        self._heard: dict[str, float] = {}
        self._expires: dict[str, float] = {}
        self._looked = clock.monotonic()
        self._refused: OrderedDict[str, Refused] = OrderedDict()

    @property
    def refused(self) -> list[Refused]:
        """Registrations turned away, last first."""
        return list(reversed(self._refused.values()))

    def resume(self) -> None:
        """Begin with what the database says of each device, as if all that were online had just been heard."""
        now, wall = self._clock.monotonic(), self._clock.now()
        for device in self._devices:
            if device.expires_at is not None:
                self._expires[device.code] = now + (device.expires_at - wall).total_seconds()
            if device.online:
                grace = device.quirks.silence_seconds
                if device.transport == "tcp":
                    grace = min(grace, RECONNECT_SECONDS)
                self._heard[device.code] = now - device.quirks.silence_seconds + grace
        self._looked = now

    # --- REGISTER ---------------------------------------------------------------------------------------------------

    def register(self, request: Request, peer: Peer) -> Reply:
        """Answer a REGISTER; a good one changes the device's state at once."""
        try:
            code = _code_of(request)
            expires = _expires_of(request)
        except (SipSyntaxError, ValueError):
            return Reply(400, why="malformed")
        if code is None:
            return self._refuse("", peer, "code_malformed")
        device = self._devices.get(code)
        quirks = Quirks() if device is None else device.quirks
        version = model.version_of(request.headers.get("X-GB-Ver"))
        algorithms = _algorithms(quirks, version or (device.version if device else None))
        challenger = self._challengers[quirks.qop]
        authorization = request.headers.get("Authorization")
        if authorization is None:
            return self._challenge(challenger, algorithms)
        given = parse_answer(authorization)
        if given is None:
            return Reply(400, why="authorization_malformed")
        if given.algorithm.upper() not in algorithms:
            return self._challenge(challenger, algorithms)
        reply = self._verified(code, given, challenger, algorithms, peer, known=device is not None)
        if reply is not None:
            return reply
        if device is None:
            if self._devices.full:
                return self._refuse(code, peer, "too_many_devices")
            device = Device(uuid7(), code, code, model.kind_of(code), model.region_of(code) or self._region)
            self._devices.admit(device)
        self._refused.pop(code, None)
        if quirks.redirect:
            status = 301 if quirks.redirect_for_good else 302
            return Reply(status, (("Contact", f"<{quirks.redirect}>"),))
        return self._registered(device, request, peer, version, expires)

    def _verified(
        self, code: str, given: DigestAnswer, challenger: Challenger, algorithms: tuple[str, ...], peer: Peer, *,
        known: bool,
    ) -> Reply | None:  # fmt: skip
        """None when the digest proves the password."""
        secret = self._devices.secret(code)
        try:
            password = self._password if secret is None else self._unseal(secret)
        except Refusal:
            # The key is lost or another one: our fault, which no other password of the device would mend.
            return self._refuse(code, peer, "password_unreadable", status=500)
        if password is None:
            return self._refuse(code, peer, "password_missing" if known else "unknown")
        verdict = challenger.verify("REGISTER", given, password, self._clock.monotonic())
        if verdict is Verdict.OK:
            return None
        if verdict in (Verdict.STALE, Verdict.REPLAYED):
            return self._challenge(challenger, algorithms, stale=True)
        return self._refuse(code, peer, "password_wrong" if known else "unknown")

    def _registered(self, device: Device, request: Request, peer: Peer, version: str | None, expires: int) -> Reply:
        now = self._clock.now()
        granted = min(expires, model.EXPIRES_MOST)
        code = device.code
        if granted == 0:
            self._expires.pop(code, None)
            self._offline(replace(device, expires_at=None), Reason.UNREGISTERED)
        else:
            heard = self._clock.monotonic()
            self._heard[code], self._expires[code] = heard, heard + granted
            self._devices.put(
                replace(
                    device,
                    version=version or device.version,
                    zone=peer.zone,
                    transport=peer.transport,
                    host=peer.host,
                    port=peer.port,
                    online=True,
                    offline_reason=None,
                    registered_at=now,
                    expires_at=now + timedelta(seconds=granted),
                    keepalive_at=now,
                )
            )
        headers = [("Date", self._date(now)), ("Expires", str(granted)), ("X-GB-Ver", OWN_VERSION)]
        contact = request.headers.get("Contact")
        if contact is not None and contact != "*":
            headers.insert(0, ("Contact", contact))
        return Reply(200, tuple(headers))

    def _challenge(self, challenger: Challenger, algorithms: tuple[str, ...], *, stale: bool = False) -> Reply:
        values = challenger.challenges(self._clock.monotonic(), algorithms, stale=stale)
        return Reply(401, tuple(("WWW-Authenticate", value) for value in values), "stale" if stale else "")

    def _refuse(self, code: str, peer: Peer, why: str, *, status: int = 403) -> Reply:
        key = code or f"{peer.host}:{peer.port}"
        before = self._refused.pop(key, None)
        count = 1 if before is None else before.count + 1
        self._refused[key] = Refused(code, peer.host, peer.port, peer.zone, why, count, self._clock.now())
        if len(self._refused) > REFUSED_MOST:
            self._refused.popitem(last=False)
        return Reply(status, why=why)

    def _date(self, now: datetime) -> str:
        local = now.astimezone(self._zone)
        return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03}"

    # --- signs of life ----------------------------------------------------------------------------------------------

    def heard(self, code: str, peer: Peer, *, keepalive: bool = False) -> Device | None:
        """A message of a device came; the device, or None when it has to register first.

        A device that holds a registration comes back by its word alone: after our restart, or when the network let
        three keepalives fall. A message from another host than the registration's counts for nothing.
        """
        device = self._devices.get(code)
        now = self._clock.monotonic()
        expires = self._expires.get(code)
        if device is None or expires is None or expires + EXPIRES_SLACK <= now:
            return None
        if device.host != peer.host and not device.quirks.any_host:
            return None
        self._heard[code] = now
        moved = False
        if keepalive and peer.transport == device.transport:
            # A router that gave the device another port, or a connection made anew.
            moved = (device.zone, device.host, device.port) != (peer.zone, peer.host, peer.port)
        fresh = replace(device, online=True, offline_reason=None)
        if keepalive:
            fresh = replace(fresh, keepalive_at=self._clock.now())
        if moved:
            fresh = replace(fresh, zone=peer.zone, host=peer.host, port=peer.port)
        if keepalive or fresh != device:
            self._devices.put(fresh, lazy=device.online and not moved)
        return fresh

    def connection_lost(self, peer: Peer) -> list[Device]:
        """A TCP connection broke: whoever held it is offline at once."""
        held = [device for device in self._devices.on_connection(peer) if device.online]
        return [self._offline(device, Reason.CONNECTION) for device in held]

    def look(self) -> list[Device]:
        """Take those offline that have been silent or whose registration ran out; call it every second or so."""
        now = self._clock.monotonic()
        gap = now - self._looked
        self._looked = now
        if gap > STALL_SECONDS:
            self._heard = {code: heard + gap for code, heard in self._heard.items()}
            self._expires = {code: at + gap for code, at in self._expires.items()}
            return []
        gone = []
        for device in list(self._devices):
            if not device.online:
                continue
            if now - self._heard.get(device.code, now) > device.quirks.silence_seconds:
                gone.append(self._offline(device, Reason.SILENT))
            elif self._expires.get(device.code, now) + EXPIRES_SLACK <= now:
                gone.append(self._offline(device, Reason.EXPIRED))
        return gone

    def forget(self, code: str) -> None:
        """A device was removed."""
        self._heard.pop(code, None)
        self._expires.pop(code, None)

    def _offline(self, device: Device, reason: Reason) -> Device:
        gone = replace(device, online=False, offline_reason=reason.value)
        self._heard.pop(device.code, None)
        self._devices.put(gone)
        return gone


def _algorithms(quirks: Quirks, version: str | None) -> tuple[str, ...]:
    """What is offered, in order. Devices before 2022 choke on a second challenge or an unknown name."""
    if quirks.digest == "sm3":
        return ("SM3",)
    if quirks.digest == "auto" and version is not None and version >= model.TWENTY_TWO:
        return ("SM3", "MD5")
    return ("MD5",)


def _code_of(request: Request) -> str | None:
    """The code that registers itself: To and From are the same device, or it is no registration of ours."""
    to = parse_name_addr(request.headers.get("To") or "").uri.user
    sender = parse_name_addr(request.headers.get("From") or "").uri.user
    return to if model.is_code(to) and to == sender else None


def _expires_of(request: Request) -> int:
    """Seconds asked for. Raises ValueError for what is no number."""
    said = request.headers.get("Expires")
    if said is None:
        contact = request.headers.get("Contact")
        if contact is not None and contact != "*":
            said = parse_name_addr(contact).params.get("expires")
    if said is None:
        return model.EXPIRES_DEFAULT
    said = said.strip()
    if not (said.isascii() and said.isdigit()) or len(said) > 10:
        raise ValueError(f"Expires: {said[:20]!r}")
    return int(said)
