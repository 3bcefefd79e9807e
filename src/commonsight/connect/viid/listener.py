"""The HTTP side of the view library: `/VIID/…`, JSON, digest at registration, a status object for everything."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import structlog
from aiohttp import web
from sqlalchemy.exc import DBAPIError

from commonsight.catalog import secrets
from commonsight.clock import Clock
from commonsight.connect.viid import model
from commonsight.connect.viid.library import Library
from commonsight.connect.viid.model import BY_RESOURCE, FORMS, Kind, Malformed, Status, Told
from commonsight.connect.wire.digest_server import Verdict
from commonsight.problem import Refusal
from commonsight.records.database import Database
from commonsight.settings import Settings

log = structlog.get_logger(__name__)

WORKING_MOST: Final = 16
"""Messages worked on at once."""
WAITING_MOST: Final = 256
"""Messages that may wait for their turn; beyond it devices are told to come again."""
STOP_SECONDS: Final = 2.0
BODY_SECONDS: Final = 20.0
"""A message that has not come whole within this is given up."""

Handle = Callable[[web.Request, str, dict[str, Any]], Awaitable[web.Response]]


async def serve(settings: Settings, database: Database, clock: Clock, stop: asyncio.Event) -> None:
    """Run the view library until `stop`.

    Raises:
        Refusal: `connect.viid_address` when its address cannot be had.
    """
    secrets.install(settings.data_dir)
    library = Library(settings, database, clock)
    runner = web.AppRunner(
        make_app(library, settings), handle_signals=False, access_log=None, shutdown_timeout=STOP_SECONDS
    )
    await runner.setup()
    given = settings.viid
    running = asyncio.create_task(library.run(), name="viid")
    stopping = asyncio.create_task(stop.wait())
    try:
        try:
            await web.TCPSite(runner, given.host, given.port, backlog=512).start()
        except OSError as error:
            raise Refusal(
                "connect.viid_address", operand="viid", actual=f"{given.host}:{given.port}", reason=error.strerror
            ) from None
        log.info("viid_listening", host=given.host, port=runner.addresses[0][1], id=library.id)
        await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
    finally:
        for task in (running, stopping):
            task.cancel()
        await asyncio.gather(running, stopping, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * STOP_SECONDS):
                await runner.cleanup()


def make_app(library: Library, settings: Settings) -> web.Application:
    """The application; runs nothing by itself."""
    side = Listener(library)
    app = web.Application(client_max_size=settings.viid.body_limit)
    app.router.add_get("/VIID/System/Time", side.time)
    for path, handle in side.handlers().items():
        app.router.add_post(path, handle)
        app.router.add_post(path + "/", handle)
    return app


class Listener:
    """Reads messages, asks the library, says what became of them."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._turn = asyncio.Semaphore(WORKING_MOST)
        self._waiting = 0

    def handlers(self) -> dict[str, Callable[[web.Request], Awaitable[web.Response]]]:
        """What is answered, by path."""
        found: dict[str, Handle] = {
            "/VIID/System/UnRegister": self._unregister,
            "/VIID/System/Keepalive": self._keepalive,
            "/VIID/SubscribeNotifications": self._notified,
            "/VIID/DispositionNotifications": self._alarms,
            "/VIID/Subscribes": self._subscribes,
        }
        known = {path: self._of_known(handle) for path, handle in found.items()}
        objects = {f"/VIID/{resource}": self._of_known(self._objects) for resource in BY_RESOURCE}
        return {"/VIID/System/Register": self.register, **known, **objects}

    async def time(self, request: web.Request) -> web.Response:  # noqa: ARG002
        """The time devices are to set themselves by; open, because a device with a wrong clock asks first."""
        now = self._now()
        told = {"VIIDServerID": self._library.id, "TimeMode": "1", "LocalTime": f"{now:%Y%m%d%H%M%S}",
                "TimeZone": f"UTC{now:%z}"}  # fmt: skip
        return _json({"SystemTimeObject": told})

    async def register(self, request: web.Request) -> web.Response:
        """First without a proof, which brings a challenge, then with it."""
        message = await self._read(request)
        if isinstance(message, web.Response):
            return message
        try:
            code = model.device_of(model.inside(message, "RegisterObject"))
        except Malformed as error:
            return self._status(request, Status.INVALID_CONTENT, str(error), http=400)
        authorization = request.headers.get("Authorization", "")
        if not authorization:
            return self._challenged(request, code)
        try:
            async with self._working():
                verdict = await self._library.register(code, request.remote or "", request.method, authorization)
        except _Full:
            return self._busy(request)
        if verdict is Verdict.OK:
            return self._status(request, Status.OK, "OK", code)
        if verdict is Verdict.WRONG:
            return self._status(request, Status.INVALID_OPERATION, "refused", code, http=403)
        return self._challenged(request, code, stale=verdict is Verdict.STALE)

    async def _unregister(self, request: web.Request, code: str, message: dict[str, Any]) -> web.Response:
        if model.device_of(model.inside(message, "UnRegisterObject")) != code:
            raise Malformed("DeviceID", "the device's own")
        await self._library.unregister(code)
        return self._status(request, Status.OK, "OK", code)

    async def _keepalive(self, request: web.Request, code: str, message: dict[str, Any]) -> web.Response:
        # Some name themselves without the object around it, some say nothing more than the header does.
        named = message.get("KeepaliveObject", message)
        if isinstance(named, dict) and named.get("DeviceID", code) != code:
            raise Malformed("DeviceID", "the device's own")
        return self._status(request, Status.OK, "OK", code)

    async def _objects(self, request: web.Request, code: str, message: dict[str, Any]) -> web.Response:
        kind = BY_RESOURCE[request.path.rstrip("/").rpartition("/")[2]]
        form = FORMS[kind]
        listing = model.inside(message, form.listing, form.item + "List")
        given = [(kind, one) for one in model.items(listing, form.item)]
        return self._list(request, await self._library.take(code, given))

    async def _notified(self, request: web.Request, code: str, message: dict[str, Any]) -> web.Response:
        """What a lower platform sends under a subscription of ours; under no other."""
        listing = model.inside(message, "SubscribeNotificationListObject", "SubscribeNotificationList")
        told: list[Told] = []
        for one in model.items(listing, "SubscribeNotificationObject"):
            if not isinstance(one, Mapping):
                raise Malformed("SubscribeNotificationObject", "an object")
            name = model.code(one.get("NotificationID"), "NotificationID")
            subscription = model.code(one.get("SubscribeID"), "SubscribeID")
            if not await self._library.may_notify(code, subscription):
                told.append(Told(name, Status.INVALID_OPERATION, "no such subscription"))
                continue
            given: list[tuple[Kind, Any]] = list(model.notified(one))
            if len(given) > model.OBJECTS_MOST:
                raise Malformed("SubscribeNotificationObject", f"at most {model.OBJECTS_MOST} objects")
            wrong = [each for each in await self._library.take(code, given) if each.status is not Status.OK]
            told.append(Told(name, wrong[0].status if wrong else Status.OK, wrong[0].reason if wrong else ""))
        return self._list(request, told)

    async def _alarms(self, request: web.Request, code: str, message: dict[str, Any]) -> web.Response:
        listing = model.inside(message, "DispositionNotificationListObject", "DispositionNotificationList")
        given = model.items(listing, "DispositionNotificationObject")
        return self._list(request, await self._library.raise_alarms(code, given))

    async def _subscribes(self, request: web.Request, code: str, message: dict[str, Any]) -> web.Response:
        """Somebody wants what we have. Recognised people and vehicles are not handed on from here."""
        listing = model.inside(message, "SubscribeListObject", "SubscribeList")
        log.info("viid_subscription_refused", device=code)
        reason = "this library hands nothing on"
        told = [
            Told(str(one.get("SubscribeID") or "")[: model.CODE_MOST], Status.INVALID_OPERATION, reason)
            for one in model.items(listing, "SubscribeObject")
            if isinstance(one, Mapping)
        ]
        return self._list(request, told)

    # around it

    def _of_known(self, handle: Handle) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Only for a registered device, at the address it registered from."""

        async def handled(request: web.Request) -> web.Response:
            code = request.headers.get("User-Identify", "").strip()[: model.CODE_MOST]
            if not self._library.present(code, request.remote or ""):
                return self._challenged(request, code)
            try:
                async with self._working():
                    message = await self._read(request, empty=handle == self._keepalive)
                    return message if isinstance(message, web.Response) else await handle(request, code, message)
            except Malformed as error:
                return self._status(request, Status.INVALID_CONTENT, str(error), code, http=400)
            except _Full:
                return self._busy(request)
            except (DBAPIError, OSError, TimeoutError) as error:
                log.warning("viid_message_failed", device=code, path=request.path, error=type(error).__name__)
                return self._busy(request)

        return handled

    async def _read(self, request: web.Request, *, empty: bool = False) -> dict[str, Any] | web.Response:
        """The message, or the answer to one that cannot be read. `empty`: having no body is fine."""
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await request.read()
            return {} if empty and body.strip() in (b"", b"null") else model.parse(body)
        except Malformed as error:
            return self._status(request, Status.INVALID_JSON, str(error), http=400)
        except web.HTTPRequestEntityTooLarge:
            return self._status(request, Status.INVALID_CONTENT, "the message is too large", http=413)

    @contextlib.asynccontextmanager
    async def _working(self) -> Any:
        if self._waiting >= WAITING_MOST:
            raise _Full
        self._waiting += 1
        try:
            async with self._turn:
                yield
        finally:
            self._waiting -= 1

    def _now(self) -> Any:
        return self._library.now().astimezone(self._library.zone)

    def _challenged(self, request: web.Request, code: str, *, stale: bool = False) -> web.Response:
        response = self._status(request, Status.INVALID_OPERATION, "register first", code, http=401)
        for each in self._library.challenges(stale=stale):
            response.headers.add("WWW-Authenticate", each)
        return response

    def _busy(self, request: web.Request) -> web.Response:
        response = self._status(request, Status.BUSY, "busy", http=503)
        response.headers["Retry-After"] = "5"
        return response

    def _status(
        self, request: web.Request, status: Status, reason: str, identifier: str = "", *, http: int = 200
    ) -> web.Response:
        told = model.answer(request.path, status, reason, self._now(), identifier)
        return _json({"ResponseStatusObject": told}, http)

    def _list(self, request: web.Request, told: list[Told]) -> web.Response:
        now = self._now()
        found = [model.answer(request.path, each.status, each.reason, now, each.id) for each in told]
        return _json({"ResponseStatusListObject": {"ResponseStatusObject": found}})


class _Full(Exception):
    """More messages wait than may."""


def _json(document: dict[str, Any], status: int = 200) -> web.Response:
    body = json.dumps(document, ensure_ascii=False).encode()
    return web.Response(body=body, status=status, headers={"Content-Type": model.CONTENT_TYPE})
