"""The live WebSocket: what a client says, who may listen to what, and sending that never waits for a slow reader."""

import asyncio
import contextlib
import json
import time
from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from commonsight.access.model import Identity
from commonsight.api.live import Channel, Client, Hub
from commonsight.api.problem import document
from commonsight.http import language_of, narrow, requires
from commonsight.problem import Refusal

log = structlog.get_logger(__name__)

SAID_BYTES: Final = 4096
SAID_MOST: Final = 20
"""Messages a client may send in `SAID_SECONDS`; ours send one when a page opens."""

SAID_SECONDS: Final = 10.0
SEND_SECONDS: Final = 15.0
"""A client that takes nothing for this long is gone."""

RECHECK_SECONDS: Final = 30.0
"""A session that ended, or a role that was taken away, is noticed after this at the latest."""

SIGNED_OUT, TOO_MUCH, GOING_AWAY = 4401, 1008, 1001

router = APIRouter(tags=["live"])


class Said(BaseModel):
    """What a client may say."""

    model_config = ConfigDict(extra="forbid")

    subscribe: list[str] = Field(default_factory=list, max_length=20)
    unsubscribe: list[str] = Field(default_factory=list, max_length=20)
    after: dict[str, int] = Field(default_factory=dict, max_length=20)
    region: str | None = Field(None, max_length=12, pattern=r"^\d+$")


@router.websocket("/live")
async def live(socket: WebSocket, caller: Annotated[Identity, requires("me.read")]) -> None:
    """Topics `counts`, `cameras.health`, `cases`, `notices`, `system`.

    Say `{"subscribe": ["counts"], "after": {"counts": 123}}`.
    """
    hub: Hub = socket.app.state.live
    hub.enter()
    try:
        await socket.accept()
        await _Connection(socket, caller, hub).run()
    finally:
        hub.exit()


class _Connection:
    def __init__(self, socket: WebSocket, caller: Identity, hub: Hub) -> None:
        self._socket, self._caller, self._hub = socket, caller, hub
        self._client = Client()
        self._joined: dict[str, Channel] = {}
        self._errors: asyncio.Queue[str] = asyncio.Queue(maxsize=SAID_MOST)

    async def run(self) -> None:
        """Until one side ends it."""
        tasks = [asyncio.create_task(part) for part in (self._listen(), self._send(), self._recheck())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            for channel in self._joined.values():
                channel.leave(self._client)
        code = next((result for result in ended if isinstance(result, int)), None)
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            if code is not None:
                await self._socket.close(code)
        for task in done:
            error = None if task.cancelled() else task.exception()
            if error is not None and not isinstance(error, (WebSocketDisconnect, TimeoutError, RuntimeError)):
                raise error

    async def _listen(self) -> int | None:
        heard: list[float] = []
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return None
            now = time.monotonic()
            heard = [moment for moment in heard if now - moment < SAID_SECONDS]
            if len(heard) >= SAID_MOST:
                return TOO_MUCH
            heard.append(now)
            said = message.get("text")
            try:
                self._understand(said if said is not None else message.get("bytes") or b"")
            except Refusal as refusal:
                self._tell(refusal)

    def _understand(self, said: str | bytes) -> None:
        if len(said) > SAID_BYTES:
            raise Refusal("http.invalid", status=422, rule=f"at most {SAID_BYTES} bytes", operand="message")
        try:
            wish = Said.model_validate_json(said)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "message"
            raise Refusal("http.invalid", status=422, rule=first["msg"], operand=field) from None
        for topic in wish.unsubscribe:
            self._leave(topic)
        for topic in wish.subscribe:
            try:
                self._join(topic, wish)
            except Refusal as refusal:  # one topic refused leaves the others standing
                self._tell(refusal)

    def _join(self, topic: str, wish: Said) -> None:
        channel = self._hub.channel(topic, narrow(self._caller, wish.region))
        self._caller.refuse_unless(self._hub.sources[topic].permission)
        self._leave(topic)
        channel.join(self._client, wish.after.get(topic))
        self._joined[topic] = channel

    def _leave(self, topic: str) -> None:
        if (channel := self._joined.pop(topic, None)) is not None:
            channel.leave(self._client)
            self._client.forget(topic)

    def _tell(self, refusal: Refusal) -> None:
        text = json.dumps({"error": document(refusal, language_of(self._socket))}, ensure_ascii=False, default=str)
        with contextlib.suppress(asyncio.QueueFull):
            self._errors.put_nowait(text)

    async def _send(self) -> None:
        waiting: dict[asyncio.Task[Any], str] = {}
        try:
            while True:
                for name, source in (("news", self._client.next), ("error", self._errors.get)):
                    if name not in waiting.values():
                        waiting[asyncio.create_task(source())] = name
                done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    del waiting[task]
                    result = task.result()
                    for text in [result] if isinstance(result, str) else result:
                        async with asyncio.timeout(SEND_SECONDS):
                            await self._socket.send_text(text)
        finally:
            for task in waiting:
                task.cancel()

    async def _recheck(self) -> int:
        told = asyncio.Event()
        with self._socket.app.state.cuts.watching(self._caller, told.set):
            while True:
                await self._due(told)
                if (code := await self._checked()) is not None:
                    return code

    async def _due(self, told: asyncio.Event) -> None:
        """Return when a session has ended that may be ours, or after `RECHECK_SECONDS`."""
        waits = [
            asyncio.ensure_future(self._socket.app.state.clock.sleep(RECHECK_SECONDS)),
            asyncio.ensure_future(told.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.clear()
            for wait in waits:
                wait.cancel()

    async def _checked(self) -> int | None:
        """Why the connection ends; None when it goes on."""
        try:
            now = await self._socket.app.state.authorize.identify(self._socket)
        except Exception as error:
            log.warning("live_recheck_failed", error=type(error).__name__)
            return None  # the database is away: nobody is thrown out for that, nothing new is told either
        if now is None or now.regions != self._caller.regions:
            return SIGNED_OUT
        if any(self._hub.sources[topic].permission not in now.permissions for topic in self._joined):
            return SIGNED_OUT
        return None
