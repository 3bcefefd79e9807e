"""Registering with an upper platform, and staying registered: digest, redirects, keepalives, patience."""

import asyncio
import contextlib
import itertools
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from commonsight import network
from commonsight.clock import Clock
from commonsight.connect.gb28181.above.link import Link, NoAnswer
from commonsight.connect.gb28181.above.model import (
    KEEPALIVE_MISSES,
    RETRY_LEAST,
    RETRY_MOST,
    Problem,
    Standing,
    State,
)
from commonsight.connect.sip.errors import SipError, SipTimeout
from commonsight.connect.sip.peer import Peer, Transport
from commonsight.connect.wire import manscdp
from commonsight.connect.wire.digest import Credentials, parse_challenges
from commonsight.connect.wire.sip import Request, Response, SipSyntaxError, Uri, parse_name_addr
from commonsight.problem import Refusal

log = structlog.get_logger(__name__)

REFRESH_PART: Final = 0.75
"""A registration is renewed when this part of it has passed."""

HOPS_MOST: Final = 3
REGISTER_SECONDS: Final = 8.0
KEEPALIVE_ANSWER_SECONDS: Final = 5.0
GOODBYE_SECONDS: Final = 2.0
FORGOTTEN: Final = frozenset({401, 403, 404, 407, 481})
"""Answers to a keepalive that say that we are not registered any more."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where to register: as configured, or where we were sent."""

    code: str
    host: str
    port: int
    transport: Transport


class _Failed(Exception):
    def __init__(self, problem: Problem, detail: str = "") -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail


class Registration:
    """Keeps one upper platform told that we are there.

    Args:
        password: gives the password when it is asked for; None when there is none.
        changed: called after every change of `standing`; must not wait.
        lost: called when the registration is over, for whatever reason.
        patience: first and longest wait after a failure, s.
    """

    def __init__(
        self,
        link: Link,
        clock: Clock,
        *,
        password: Callable[[], str | None],
        changed: Callable[[], None],
        lost: Callable[[], None],
        patience: tuple[float, float] = (RETRY_LEAST, RETRY_MOST),
    ) -> None:
        self.link = link
        self.standing = Standing("off", None, None, None, None, None, None, 0)
        self._clock = clock
        self._password = password
        self._changed = changed
        self._lost = lost
        self._patience = patience
        self._call = secrets.token_hex(12)
        self._numbers = itertools.count(1)
        self._serials = itertools.count(random.randrange(1, 500_000_000))  # noqa: S311  no secret
        self._moved: _Place | None = None
        self._again = asyncio.Event()

    async def run(self) -> None:
        """Register, stay registered, register anew; until cancelled."""
        failures = 0
        while True:
            began = self._clock.monotonic()
            self._stand("registering", keep=True)
            try:
                expires = await self._register(self.link.upper.expires_seconds)
            except _Failed as failed:
                failures += 1
                self._moved = None
                self._end()
                refused = failed.problem in (Problem.PASSWORD, Problem.REFUSED, Problem.SELF, Problem.CHALLENGE)
                self._stand("refused" if refused else "silent", failed.problem, failed.detail)
                wait = self._wait(failures)
                log.warning(
                    "upper_not_registered", upper=self.link.upper.code, problem=failed.problem.value,
                    detail=failed.detail, retry_in=round(wait),
                )  # fmt: skip
                await self._clock.sleep(wait)
                continue
            failures = 0
            reason = await self._stay(expires)
            self._end()
            log.warning("upper_lost", upper=self.link.upper.code, reason=reason)
            lived = self._clock.monotonic() - began
            if lived < self._patience[0]:  # one that comes and goes is not chased
                self._stand("silent", Problem.SILENT, reason)
                await self._clock.sleep(self._patience[0] - lived)

    def connection_lost(self, peer: Peer) -> None:
        """A TCP connection broke: with it the upper platform's way to us."""
        if self.link.registered and self.link.peer == peer:
            self._again.set()

    def anew(self) -> None:
        """Register again now."""
        self._again.set()

    async def unregister(self) -> None:
        """Say good-bye, briefly; an upper platform that does not hear it finds out by itself."""
        if not self.link.registered:
            return
        with contextlib.suppress(_Failed, TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self._register(0)
        self._end()
        self._stand("off")

    def serial(self) -> str:
        """A serial number (SN) for what we tell by ourselves."""
        return str(next(self._serials))

    # --- registering --------------------------------------------------------------------------------------------------

    async def _register(self, expires: int) -> float:
        """Returns the seconds granted. Raises `_Failed`."""
        upper = self.link.upper
        place = self._moved or _Place(upper.code, upper.host, upper.port, upper.transport)
        for _ in range(HOPS_MOST):
            peer, hosts = await self._find(place)
            self.link.expects(hosts)
            response = await self._ask(place, peer, expires)
            if response.status in (301, 302, 305):
                place = _sent_to(response, place)
                self._moved = place
                log.info("upper_redirects", upper=upper.code, to=f"{place.host}:{place.port}")
                continue
            if response.status == 423 and (least := _number(response.headers.get("Min-Expires"))):
                expires = max(expires, least)
                continue
            if 200 <= response.status < 300:
                self.link.code = place.code
                self.link.arrived(peer, hosts)
                granted = _number(response.headers.get("Expires")) or _granted(response) or expires
                if expires:
                    now = self._clock.now()
                    self.link.registered = True
                    fresh = self.standing.state != "registered"
                    self._stand("registered", registered=now if fresh else None, seconds=granted)
                    if fresh:
                        log.info("upper_registered", upper=upper.code, peer=str(peer), seconds=granted)
                return float(granted)
            words = f"{response.status} {response.reason}".strip()
            raise _Failed(Problem.PASSWORD if response.status in (401, 403, 407) else Problem.REFUSED, words)
        raise _Failed(Problem.REDIRECTED, f"{place.host}:{place.port}")

    async def _ask(self, place: _Place, peer: Peer, expires: int) -> Response:
        """REGISTER, and once more with proof when it is asked for."""
        request = self._request(place, peer, expires)
        response = await self._sent(request, peer)
        if response.status not in (401, 407):
            return response
        challenges = parse_challenges(
            response.headers.all("WWW-Authenticate") + response.headers.all("Proxy-Authenticate")
        )
        challenge = next((each for each in challenges if each.scheme == "digest"), None)
        if challenge is None:
            raise _Failed(Problem.CHALLENGE, (response.headers.get("WWW-Authenticate") or "")[:80])
        try:
            password = self._password()
        except Refusal as refusal:
            raise _Failed(Problem.PASSWORD, refusal.code) from refusal
        if password is None:
            raise _Failed(Problem.PASSWORD, "a password is asked for, none is on file")
        proof = Credentials(self.link.own, password, challenge).authorization("REGISTER", request.uri)
        name = "Authorization" if response.status == 401 else "Proxy-Authorization"
        proven = self._request(place, peer, expires)
        proven.headers.add(name, proof)
        return await self._sent(proven, peer)

    async def _sent(self, request: Request, peer: Peer) -> Response:
        try:
            return await self.link.endpoint.request(request, peer, timeout=REGISTER_SECONDS)
        except SipTimeout as error:
            raise _Failed(Problem.SILENT, str(peer)) from error
        except SipError as error:
            raise _Failed(Problem.UNREACHABLE, str(error)) from error

    def _request(self, place: _Place, peer: Peer, expires: int) -> Request:
        own, upper = self.link.own, self.link.upper
        return self.link.endpoint.new_request(
            "REGISTER", f"sip:{place.code}@{upper.domain}", peer, from_id=own, to_id=own, domain=self.link.domain,
            to_domain=self.link.domain, call_id=self._call, cseq=next(self._numbers),
            headers=(("Expires", str(expires)), ("X-GB-Ver", upper.version)),
        )  # fmt: skip

    async def _find(self, place: _Place) -> tuple[Peer, set[str]]:
        zone = self.link.upper.zone
        if zone not in self.link.endpoint.ports:
            raise _Failed(Problem.ZONE, zone)
        try:
            found = await network.FILED.addresses(place.host, place.port)
        except (OSError, UnicodeError) as error:
            raise _Failed(Problem.NAME, f"{place.host}: {error}"[:120]) from error
        ours = self.link.endpoint.advertised(zone).rpartition(":")[0]
        hosts = [each for each in found if (":" in each) == (":" in ours)]
        if not hosts:
            raise _Failed(Problem.NAME, f"{place.host}: no address this zone can reach")
        peer = Peer(zone, place.transport, hosts[0], place.port)
        if f"{peer.host}:{peer.port}" == self.link.endpoint.advertised(zone):
            raise _Failed(Problem.SELF, f"{peer.host}:{peer.port}")
        return peer, set(hosts)

    # --- staying ------------------------------------------------------------------------------------------------------

    async def _stay(self, granted: float) -> str:
        """Keep alive and renew; returns why that came to an end."""
        self._again.clear()
        misses = 0
        pause = float(self.link.upper.keepalive_seconds)
        now = self._clock.monotonic()
        keep, renew = now + pause, now + granted * REFRESH_PART
        while True:
            if await self._called(min(keep, renew) - self._clock.monotonic()):
                return "connection_lost"
            now = self._clock.monotonic()
            if now >= renew:
                try:
                    granted = await self._register(self.link.upper.expires_seconds)
                except _Failed as failed:
                    return failed.problem.value
                renew = self._clock.monotonic() + granted * REFRESH_PART
            if now >= keep:
                keep = now + pause
                status = await self._keepalive()
                misses = 0 if status == 200 else misses + 1
                if status in FORGOTTEN:
                    return f"keepalive answered {status}"
                if misses >= KEEPALIVE_MISSES:
                    return "keepalives not answered"

    async def _called(self, seconds: float) -> bool:
        """Wait; True when somebody wants us to register anew before the time is over."""
        if seconds <= 0:
            return self._again.is_set()
        waiting = asyncio.create_task(self._again.wait())
        sleeping = asyncio.create_task(self._clock.sleep(seconds))
        try:
            await asyncio.wait({waiting, sleeping}, return_when=asyncio.FIRST_COMPLETED)
            return self._again.is_set()
        finally:
            for task in (waiting, sleeping):
                task.cancel()
            await asyncio.gather(waiting, sleeping, return_exceptions=True)

    async def _keepalive(self) -> int:
        """The status of its answer; 0: none."""
        root = manscdp.build("Notify", "Keepalive", self.serial(), self.link.own, ("Status", "OK"))
        try:
            await self.link.message(root, seconds=KEEPALIVE_ANSWER_SECONDS)
        except NoAnswer as error:
            return error.status
        self._stand("registered", kept_alive=True)
        return 200

    # --- state --------------------------------------------------------------------------------------------------------

    def _end(self) -> None:
        if self.link.registered:
            self.link.registered = False
            self._lost()

    def _stand(
        self, state: State, problem: Problem | None = None, detail: str | None = None, *, keep: bool = False,
        registered: datetime | None = None, seconds: float | None = None, kept_alive: bool = False,
    ) -> None:  # fmt: skip
        before, now = self.standing, self._clock.now()
        on = state == "registered"
        self.standing = Standing(
            state,
            before.problem if keep else problem,
            before.problem_detail if keep else detail,
            before.since if before.state == state else now,
            (registered or before.registered_at) if on else None,
            (before.expires_at if seconds is None else now + timedelta(seconds=seconds)) if on else None,
            now if kept_alive else before.keepalive_at if on else None,
            0,
        )
        self._changed()

    def _wait(self, failures: int) -> float:
        """Doubled with each failure, and spread, so that many installations do not come back in one instant."""
        least, most = self._patience
        wait: float = min(least * 2.0 ** min(failures - 1, 8), most)
        return wait * random.uniform(1.0, 1.1)  # noqa: S311  no secret


def _sent_to(response: Response, place: _Place) -> _Place:
    for contact in response.headers.all("Contact"):
        try:
            uri: Uri = parse_name_addr(contact).uri
        except SipSyntaxError:
            continue
        transport: Transport = "tcp" if uri.params.get("transport", place.transport).lower() == "tcp" else "udp"
        code = uri.user if len(uri.user) == 20 and uri.user.isdigit() else place.code
        return _Place(code, uri.host.strip("[]"), uri.port or 5060, transport)
    raise _Failed(Problem.REDIRECTED, "the answer names no address")


def _granted(response: Response) -> int | None:
    """`expires` of the Contact that comes back, where the field Expires is left out."""
    for contact in response.headers.all("Contact"):
        with contextlib.suppress(SipSyntaxError):
            if found := _number(parse_name_addr(contact).params.get("expires")):
                return found
    return None


def _number(text: str | None) -> int | None:
    said = (text or "").strip()
    return int(said) if said.isascii() and said.isdigit() and 0 < len(said) < 9 and int(said) > 0 else None
