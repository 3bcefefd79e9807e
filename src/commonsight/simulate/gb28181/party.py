"""One virtual party (platform, recorder or camera): registers, keeps alive, answers, comes back after every fall."""

import asyncio
import secrets
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from commonsight.connect.wire.manscdp import Manscdp, ManscdpError, decode
from commonsight.connect.wire.sip import Headers, Request, Response
from commonsight.simulate.gb28181 import document
from commonsight.simulate.gb28181.chance import draw
from commonsight.simulate.gb28181.channels import Catalogue
from commonsight.simulate.gb28181.controls import Controls
from commonsight.simulate.gb28181.document import Charset
from commonsight.simulate.gb28181.events import Events
from commonsight.simulate.gb28181.faults import Bend
from commonsight.simulate.gb28181.identity import Identity
from commonsight.simulate.gb28181.line import AGENT, Line, LineError
from commonsight.simulate.gb28181.queries import Queries
from commonsight.simulate.gb28181.registration import Granted, Redirected, Refused, Registration
from commonsight.simulate.gb28181.stage import LOCAL, Stage
from commonsight.simulate.gb28181.streams import Streams

MAX_TASKS: Final = 64
"""Queries and notices one party works on at once; more are answered 503."""
REFRESH_AT: Final = 0.8
"""Share of a registration's time after which it is renewed."""
LOST: Final = frozenset({401, 403, 404, 481})
"""Answers to a keepalive that mean: you are not registered."""

log = structlog.get_logger(__name__)


class Party:
    """`live` until cancelled. `registered` says whether the platform above holds a registration of ours."""

    def __init__(self, who: Identity, catalogue: Catalogue, stage: Stage) -> None:
        self.who = who
        self.catalogue = catalogue
        self.stage = stage
        self.bends = stage.faults.bends_of(stage.seed, who.code)
        self.deaf = draw(stage.seed, "deaf", who.code) < stage.faults.deaf
        self.registered = False
        self.queries = Queries(self)
        self.controls = Controls(self)
        self.events = Events(self)
        self.streams = Streams(self)
        self._target = stage.target
        self._server = stage.server
        self._line: Line | None = None
        self._registration: Registration | None = None
        self._clock_offset = stage.faults.clock_offset
        self._broken_off = False
        self._down = asyncio.Event()
        self._away = 0.0
        self._ordered = False
        self._left = False
        self._serial = 0
        self._tasks: set[asyncio.Task[None]] = set()

    # life

    async def live(self) -> None:
        """Register, stay, come back after every fall, until `leave`. Cancelled: the registration is left to expire."""
        pace, tally, clock = self.stage.pace, self.stage.tally, self.stage.clock
        retry = pace.retry
        began = clock.monotonic()
        try:
            while True:
                self._down.clear()
                self._ordered = False
                try:
                    granted = await self._enter()
                except (LineError, Refused) as error:
                    self._hang_up()
                    if self._left:
                        return
                    tally.refusals += isinstance(error, Refused)
                    tally.failures += isinstance(error, LineError)
                    asked = error.retry_after if isinstance(error, Refused) else 0.0
                    # Spread by lot, or those who failed together would come again together.
                    await clock.sleep(max(asked, retry * (0.5 + draw(self.stage.seed, "retry", self.who.code, retry))))
                    retry = min(2 * retry, pace.retry_most)
                    continue
                tally.registered(clock.monotonic() - began)
                self.registered, retry = True, pace.retry
                ordered = await self._stay(granted.expires)
                self.registered = False
                if self._left:
                    return
                tally.flaps += not ordered
                self._hang_up()
                if self._away:
                    await clock.sleep(self._away)
                    self._away = 0.0
                began = clock.monotonic()
        finally:
            self.registered = False
            self._hang_up()

    async def leave(self) -> None:
        """Unregister and stay away, for an orderly end; says nothing when there is no registration."""
        self._left = True
        if self._registration is not None and self.registered:
            self.registered = False
            try:
                await self._registration.register(0, self.stage.pace.answer)
            except (LineError, Refused, Redirected):
                log.debug("virtual_unregister_failed", code=self.who.code)
        self._down.set()

    def fall(self, away: float = 0.0) -> None:
        """Drop off without a word, come back after `away` seconds (a power cut, a cable, a boot)."""
        self._away = away
        self._ordered = True
        self._down.set()

    def break_off(self) -> bool:
        """Whether the plan lets this party fall silent in the middle of its first catalogue answer. True once only."""
        if self._broken_off:
            return False
        self._broken_off = True
        return True

    # what the parts need

    def now(self) -> datetime:
        """The party's own clock, which may be wrong."""
        return (self.stage.clock.now() + timedelta(seconds=self._clock_offset)).astimezone(LOCAL)

    def serial(self) -> str:
        """The next SN of our own notices."""
        self._serial += 1
        return str(self._serial)

    @property
    def charset(self) -> Charset:
        return self.stage.charset_of(self.who.version)

    @property
    def content_type(self) -> str:
        lower = Bend.LOWER_CASE_TYPE in self.bends
        return document.CONTENT_TYPE.lower() if lower else document.CONTENT_TYPE

    @property
    def line(self) -> Line:
        """Raises `LineError` while there is none."""
        if self._line is None or not self._line.open:
            raise LineError("no line")
        return self._line

    async def message(self, text: str, *, wrong: bool = False) -> int:
        """Send a MANSCDP document; returns the status it was answered with. Raises `LineError`."""
        if Bend.BARE_AMPERSAND in self.bends:
            text = text.replace("&amp;", "&")
        body = document.encode(text, self.charset, wrong=wrong)
        if Bend.CUT_NAME in self.bends:
            body = document.cut_names(body)
        uri = f"sip:{self._server}@{self.stage.domain}"
        headers = Headers(
            [
                ("Via", self.line.via),
                ("From", f"<sip:{self.who.code}@{self.stage.domain}>;tag={secrets.token_hex(5)}"),
                ("To", f"<{uri}>"),
                ("Call-ID", f"{secrets.token_hex(10)}@{self.line.host}"),
                ("CSeq", "20 MESSAGE"),
                ("Max-Forwards", "70"),
                ("User-Agent", AGENT),
                ("Content-Type", self.content_type),
            ]
        )
        response = await self.line.request(Request("MESSAGE", uri, headers, body), self.stage.pace.answer)
        return response.status

    async def send(self, request: Request) -> Response:
        """Send a request inside a dialog. Raises `LineError`."""
        return await self.line.request(request, self.stage.pace.answer)

    def spawn(self, work: Coroutine[Any, Any, None]) -> bool:
        """Do something beside; False when there is too much to do already."""
        if len(self._tasks) >= MAX_TASKS:
            work.close()
            return False

        async def guarded() -> None:
            try:
                await work
            except* LineError:
                log.debug("virtual_work_broken_off", code=self.who.code)

        task = asyncio.create_task(guarded(), name=f"party-{self.who.code}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: work.close())  # cancelled before it began, nobody would ever await it
        return True

    # registration

    async def _enter(self) -> Granted:
        """Raises `LineError`, `Refused`."""
        self._target, self._server = self.stage.target, self.stage.server
        for _ in range(3):
            stage = self.stage
            seed = int(draw(stage.seed, "line", self.who.code) * 2**32)
            self._line = Line(
                self._target, self._request, self._down.set, host=stage.host, drop=stage.faults.drop, seed=seed
            )
            await self._line.start()
            self._registration = Registration(self.who, self._line, self._server, stage.domain)
            try:
                granted = await self._registration.register(stage.pace.expires, stage.pace.answer)
            except Redirected as redirected:
                self._line.close()
                self._target, self._server = redirected.target, redirected.server
                continue
            self._set_clock(granted.date)
            return granted
        raise Refused(302)

    async def _stay(self, expires: int) -> bool:
        """Keep alive and renew until the registration is lost; True when that was ordered."""
        pace, clock, tally = self.stage.pace, self.stage.clock, self.stage.tally
        assert self._registration is not None
        renew_at = clock.monotonic() + expires * REFRESH_AT
        missed = 0
        # The first one by lot: parties that registered together do not speak together ever after.
        pause = pace.keepalive * (0.2 + 0.8 * draw(self.stage.seed, "keepalive", self.who.code))
        while not await self._fallen(max(0.0, min(pause, renew_at - clock.monotonic()))):
            try:
                if clock.monotonic() >= renew_at:
                    granted = await self._registration.register(pace.expires, pace.answer)
                    renew_at = clock.monotonic() + granted.expires * REFRESH_AT
                    continue
                pause = pace.keepalive
                status = await self.message(
                    document.document("Notify", "Keepalive", self.serial(), self.who.code, "<Status>OK</Status>")
                )
                tally.keepalives += 1
                missed = 0 if status == 200 else missed + 1
                if status in LOST:
                    return False
            except LineError:
                missed += 1
                tally.keepalives_missed += 1
            except (Refused, Redirected):
                return False
            if missed >= pace.misses:
                return False
        return self._ordered

    async def _fallen(self, seconds: float) -> bool:
        """Wait; True when the party fell meanwhile."""
        waiting = asyncio.ensure_future(self.stage.clock.sleep(seconds))
        falling = asyncio.ensure_future(self._down.wait())
        try:
            await asyncio.wait([waiting, falling], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in (waiting, falling):
                each.cancel()
        return self._down.is_set()

    def _hang_up(self) -> None:
        self.streams.close()
        self.events.close()
        for task in tuple(self._tasks):
            task.cancel()
        if self._line is not None:
            self._line.close()

    def _set_clock(self, date: str) -> None:
        """Devices take the time from the registrar, unless theirs is wrong by plan or they do not listen."""
        if self.stage.faults.clock_offset or Bend.DEAF_TO_DATE in self.bends:
            return
        try:
            said = datetime.fromisoformat(date)
        except ValueError:
            return
        local = said if said.tzinfo else said.replace(tzinfo=LOCAL)
        offset = (local - self.stage.clock.now()).total_seconds()
        self._clock_offset = offset if abs(offset) >= 1 else 0.0

    # requests from above

    def _request(self, request: Request) -> None:
        try:
            self._dispatch(request)
        except LineError:
            log.debug("virtual_answer_without_line", code=self.who.code)

    def _dispatch(self, request: Request) -> None:
        method = request.method
        if method == "MESSAGE":
            self._message(request)
        elif method in {"INVITE", "ACK", "BYE", "CANCEL", "INFO"}:
            self.streams.request(request)
        elif method == "SUBSCRIBE":
            self.events.subscribe(request)
        elif method == "OPTIONS":
            self.line.respond(request, 200, "OK")
        else:
            self.line.respond(request, 405, "Method Not Allowed")

    def _message(self, request: Request) -> None:
        try:
            message = decode(request.body)
        except ManscdpError:
            self.line.respond(request, 400, "Bad Request")
            return
        work = self._work(message)
        if work is not None and not self.spawn(work):
            self.line.respond(request, 503, "Service Unavailable", ("Retry-After", "2"))
            return
        self.line.respond(request, 200, "OK")

    def _work(self, message: Manscdp) -> Coroutine[Any, Any, None] | None:
        if self.deaf:
            return None
        if message.kind == "Query":
            self.stage.tally.queries += 1
            return self.queries.answer(message)
        if message.kind == "Control":
            self.stage.tally.controls += 1
            return self.controls.obey(message)
        return None  # the separate answer to an alarm, or a notice that concerns nobody here
