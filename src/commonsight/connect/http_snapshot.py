"""Cameras that are JPEG over HTTP: single pictures asked for politely, or one after the other in a multipart answer.

Which of the two a camera is, its first answer says. Single pictures are asked for no more often than `interval`
seconds, less often when the camera says how long a picture is good for (`Cache-Control: max-age`) or asks for patience
(`Retry-After`), with the validators of the last one (`ETag`, `Last-Modified`), so that an unchanged picture costs the
camera nothing. A picture that did not change is not handed on again.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial

import aiohttp

from commonsight.clock import Clock
from commonsight.connect.conversation import Conversation
from commonsight.connect.http_request import HttpCamera, read, seconds
from commonsight.connect.model import (
    TICKS_PER_SECOND,
    AccessUnit,
    Address,
    Codec,
    Counters,
    SourceCode,
    SourceError,
    StreamInfo,
)
from commonsight.connect.survey import Survey
from commonsight.connect.unit_queue import UnitQueue
from commonsight.connect.wire import jpeg
from commonsight.connect.wire.multipart import MAX_PART, MultipartError, Parts, boundary_of

INTERVAL = 1.0
"""Seconds between two pictures asked for, unless somebody says otherwise."""
INTERVAL_MOST = 60.0
"""Longest pause a camera can ask for."""
MAX_PICTURE = MAX_PART
FAILURES = 3
"""Failed requests in a row before the camera is lost: a busy one misses a picture now and then."""
SILENCE_SECONDS = 10.0
"""A multipart answer without a picture for so long is lost, although its connection may still stand."""

_LASTING = {SourceCode.UNAUTHORIZED, SourceCode.UNSUPPORTED_CODEC}


class HttpSession:
    """A playing camera; made by `open_http`."""

    def __init__(
        self, camera: HttpCamera, clock: Clock, *, interval: float, timeout: float, survey: Survey | None = None
    ) -> None:
        self.counters = Counters()
        self.answered = False
        self._camera = camera
        self._clock = clock
        self._interval = interval
        self._survey = survey
        self._timeout = timeout
        self._queue = UnitQueue(max_units=8)
        self._info = StreamInfo(Codec.JPEG, (), 0, 0)
        self._validators: dict[str, str] = {}
        self._last = b""
        self._began: float | None = None
        self._pts = -1
        self._pause = interval
        self._reading: asyncio.Task[None] | None = None

    @property
    def info(self) -> StreamInfo:
        return self._info

    async def start(self) -> None:
        """Take the first picture and go on in the background. Raises `SourceError`."""
        response = await self._camera.get({})
        self.answered = True
        if self._survey is not None:
            self._survey.heard(self._clock.monotonic())
            self._survey.dated(response.headers.get("Date", ""), self._clock.now())
        boundary = boundary_of(response.headers.get("Content-Type", ""))
        if boundary is not None:
            self._begin(partial(self._stream, response, boundary))
            await self._queue.first()
            return
        if not await self._single(response):
            kind = response.headers.get("Content-Type", "nothing").partition(";")[0][:60]
            coded = kind.startswith(("video/", "image/")) and kind not in {"image/jpeg", "image/jpg"}
            code = SourceCode.UNSUPPORTED_CODEC if coded else SourceCode.NO_VIDEO
            raise SourceError(code, f"the answer is no whole JPEG but {kind}")
        self._begin(self._poll)

    def __aiter__(self) -> AsyncIterator[AccessUnit]:
        return self._units()

    async def _units(self) -> AsyncIterator[AccessUnit]:
        while (unit := await self._queue.get()) is not None:
            yield unit

    async def close(self) -> None:
        if self._survey is not None and self._survey.connected is None:
            self._survey.connected = self._camera.connected_at
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading
            self._reading = None
        self._queue.clear()
        self._queue.end(None)
        await self._camera.close()

    def _begin(self, reading: Callable[[], Awaitable[None]]) -> None:
        self._reading = asyncio.create_task(self._ending(reading), name="http-camera")

    async def _ending(self, reading: Callable[[], Awaitable[None]]) -> None:
        """Read until it fails, and tell the reader why."""
        try:
            await reading()
        except SourceError as error:
            self._queue.end(error)

    async def _poll(self) -> None:
        """Ask for single pictures. Never two requests at once, so a slow camera is asked less often by itself."""
        failures = 0
        while True:
            await self._clock.sleep(self._pause)
            error = await self._once_more()
            if error is None:
                failures = 0
                continue
            failures += 1
            if error.code in _LASTING:
                raise error
            if failures >= FAILURES:
                raise SourceError(SourceCode.LOST, error.detail)
            self._pause = min(INTERVAL_MOST, max(self._interval, self._pause * 2, self._camera.patience))

    async def _once_more(self) -> SourceError | None:
        """One request; what went wrong, if anything did."""
        try:
            async with asyncio.timeout(self._timeout):
                if await self._single(await self._camera.get(self._validators)):
                    return None
        except TimeoutError:
            return SourceError(SourceCode.TIMEOUT, f"no picture within {self._timeout:g} s")
        except SourceError as error:
            return error
        return SourceError(SourceCode.NO_VIDEO, "no whole picture")

    async def _single(self, response: aiohttp.ClientResponse) -> bool:
        """Take one answer; False when it holds no whole picture."""
        self._pause = _pause(response.headers, self._interval)
        if response.status == 304:
            response.release()
            return True
        body = await read(response, MAX_PICTURE)
        self._validators = {}
        if (tag := response.headers.get("ETag")) and len(tag) < 500:
            self._validators["If-None-Match"] = tag
        if (date := response.headers.get("Last-Modified")) and len(date) < 100:
            self._validators["If-Modified-Since"] = date
        return self._take(body)

    async def _stream(self, response: aiohttp.ClientResponse, boundary: str) -> None:
        """Take the parts of a multipart answer as they come."""
        parts = Parts(boundary)
        last = self._clock.monotonic()
        try:
            while True:
                async with asyncio.timeout(SILENCE_SECONDS):
                    chunk = await response.content.readany()
                if not chunk:
                    raise SourceError(SourceCode.LOST, "the device ended its answer")
                for part in parts.feed(chunk):
                    if self._take(part):
                        last = self._clock.monotonic()
                if self._clock.monotonic() - last > SILENCE_SECONDS:
                    raise SourceError(SourceCode.LOST, f"no whole picture for {SILENCE_SECONDS:g} s")
        except MultipartError as error:
            raise SourceError(SourceCode.PROTOCOL, str(error)) from None
        except TimeoutError:  # before OSError, of which it is one
            raise SourceError(SourceCode.LOST, f"no picture for {SILENCE_SECONDS:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise SourceError(SourceCode.LOST, f"the answer broke off: {error or type(error).__name__}") from None
        finally:
            response.close()

    def _take(self, body: bytes) -> bool:
        counters = self.counters
        counters.bytes += len(body)
        counters.packets += 1
        found = jpeg.whole(body)
        if found is None:
            counters.units_broken += 1
            return False
        data, width, height = found
        if data == self._last:
            return True
        self._last = data
        now = self._clock.monotonic()
        if self._survey is not None:
            self._survey.came(len(body), now)
        if self._began is None:
            self._began = now
        if (width, height) != (self._info.width, self._info.height):
            self._info = StreamInfo(Codec.JPEG, (), width, height)
        self._pts = max(self._pts + 1, round((now - self._began) * TICKS_PER_SECOND))
        counters.units += 1
        self._queue.put(AccessUnit(data, self._pts, True, now))
        counters.units_skipped = self._queue.skipped
        return True


def _pause(headers: Mapping[str, str], interval: float) -> float:
    """Seconds until the next request: as long as the camera says this picture is good for, within bounds."""
    asked = interval
    for part in headers.get("Cache-Control", "").lower().split(","):
        name, _, value = part.strip().partition("=")
        if name == "max-age":
            asked = max(asked, seconds(value))
    return max(interval, min(INTERVAL_MOST, asked))


async def open_http(
    address: Address, *, timeout: float, clock: Clock, interval: float = INTERVAL,
    conversation: Conversation | None = None, survey: Survey | None = None,
) -> HttpSession:  # fmt: skip
    """Ask a camera for its picture and return once the first whole one has come.

    Args:
        timeout: seconds for that, and for each later picture.
        interval: least seconds between two requests for single pictures.
        conversation: takes down what is said until the camera is closed, as far as it is bounded.
        survey: takes measures. Pictures are single files here, so there is nothing to leave out.

    Raises `SourceError`; then nothing is left open.
    """
    camera = HttpCamera(address, conversation, clock)
    session = HttpSession(camera, clock, interval=interval, timeout=timeout, survey=survey)
    try:
        async with asyncio.timeout(timeout):
            await session.start()
    except TimeoutError:
        await session.close()
        code = SourceCode.NO_VIDEO if session.answered else SourceCode.TIMEOUT
        step = "picture" if camera.connected else "connect"
        raise SourceError(code, f"{step}: nothing within {timeout:g} s") from None
    except BaseException:
        await session.close()
        raise
    return session
