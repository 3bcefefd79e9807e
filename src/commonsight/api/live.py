"""Live changes: topics, a bounded ring behind each, a bounded queue before each client.

A channel is one topic seen within one scope of regions. It looks at its source only while somebody listens, and
publishes only what changed. Sequences grow by one a message and start from the clock, so that a client which comes back
after a restart of this process is told that it missed something instead of being handed the wrong numbers.
"""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from prometheus_client import Counter, Gauge

from commonsight.clock import Clock
from commonsight.problem import Refusal

log = structlog.get_logger(__name__)

RING: Final = 64
"""Messages a channel keeps for clients that come back."""

QUEUE: Final = 128
"""Messages a client may have waiting; the oldest are dropped, and the client is told how many."""

CHANNELS: Final = 200
CLIENTS: Final = 500
POLL_SECONDS: Final = 2.0
RETRY_SECONDS: Final = 5.0

LISTENING = Gauge("commonsight_live_clients", "Clients of the live socket")
PUBLISHED = Counter("commonsight_live_messages", "Messages published", ["topic"])
DROPPED = Counter("commonsight_live_dropped", "Messages dropped before slow clients", ["topic"])

Scope = tuple[str, ...]
Read = Callable[[], Awaitable[dict[str, Any] | None]]


class Source:
    """Where a topic's data come from.

    Args:
        permission: what a listener must hold.
        open: a channel's reader, opened when somebody begins to listen and closed when nobody does any more. Called, it
            gives the present data, or None when there is nothing to tell.
        scoped: whether the data differ by regions.
        stable: the part of the data that decides whether something changed.
    """

    def __init__(
        self,
        permission: str,
        open: Callable[[Scope], AbstractAsyncContextManager[Read]],
        *,
        scoped: bool = True,
        stable: Callable[[dict[str, Any]], Any] | None = None,
    ) -> None:
        self.permission, self.open, self.scoped = permission, open, scoped
        self.stable = stable or (lambda data: {key: value for key, value in data.items() if key != "as_of"})


@dataclass(frozen=True, slots=True)
class Message:
    """One published message; `text` is what goes over the wire."""

    topic: str
    sequence: int
    text: str


class Client:
    """One connection's waiting messages. Never blocks who publishes."""

    def __init__(self, limit: int = QUEUE) -> None:
        self._limit = limit
        self._waiting: deque[Message] = deque()
        self._missed: dict[str, int | None] = {}
        self._wake = asyncio.Event()

    def offer(self, message: Message) -> None:
        """Put a message in line; the oldest leaves when the line is full."""
        if len(self._waiting) >= self._limit:
            dropped = self._waiting.popleft()
            DROPPED.labels(dropped.topic).inc()
            self.miss(dropped.topic, 1)
        self._waiting.append(message)
        self._wake.set()

    def miss(self, topic: str, count: int | None) -> None:
        """Note that messages did not reach this client; None = nobody knows how many."""
        before = self._missed.get(topic, 0)
        self._missed[topic] = None if count is None or before is None else before + count
        self._wake.set()

    def forget(self, topic: str) -> None:
        """Drop what waits of a topic the client no longer wants."""
        self._waiting = deque(message for message in self._waiting if message.topic != topic)
        self._missed.pop(topic, None)

    async def next(self) -> list[str]:
        """What to send next, once there is something: notes of what was missed come first."""
        while not self._waiting and not self._missed:
            self._wake.clear()
            await self._wake.wait()
        notes = [json.dumps({"topic": topic, "missed": count}) for topic, count in self._missed.items()]
        self._missed.clear()
        return [*notes, self._waiting.popleft().text] if self._waiting else notes


class Channel:
    """One topic within one scope: its source, its ring, its listeners."""

    def __init__(self, topic: str, scope: Scope, source: Source, clock: Clock, *, poll: float = POLL_SECONDS) -> None:
        self.topic, self.scope = topic, scope
        self._source, self._clock, self._poll = source, clock, poll
        self._ring: deque[Message] = deque(maxlen=RING)
        # The sequence before the first message. Milliseconds outrun one message every two seconds by far.
        self._first = self._sequence = int(clock.now().timestamp() * 1000)
        self._clients: set[Client] = set()
        self._task: asyncio.Task[None] | None = None
        self._last: Any = None

    @property
    def idle(self) -> bool:
        """True while nobody listens."""
        return not self._clients

    def join(self, client: Client, after: int | None) -> None:
        """Let a client listen, from after the sequence it has seen; without one it gets the latest message."""
        waiting = list(self._ring)
        if after is None:
            waiting = waiting[-1:]
        elif after > self._sequence or after < self._first:
            client.miss(self.topic, None)
        else:
            oldest = waiting[0].sequence if waiting else self._sequence + 1
            if after < oldest - 1:
                client.miss(self.topic, oldest - 1 - after)
            waiting = [message for message in waiting if message.sequence > after]
        self._clients.add(client)
        for message in waiting:
            client.offer(message)
        if self._task is None or self._task.done():
            if self._last is not None:
                # Nobody looked for a while: what changed meanwhile is not known, so who resumes must load anew.
                self._sequence += 1
                self._ring.clear()
            self._task = asyncio.create_task(self._run(), name=f"live {self.topic}")

    def leave(self, client: Client) -> None:
        """A client listens no more; the last one stops the source."""
        self._clients.discard(client)
        if not self._clients:
            self.stop()

    def stop(self) -> None:
        """Look at the source no more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def publish(self, data: dict[str, Any], at: datetime) -> None:
        """Give a message its number, keep it, hand it to everybody."""
        self._sequence += 1
        body = {"topic": self.topic, "sequence": self._sequence, "at": at.isoformat(), "data": data}
        message = Message(self.topic, self._sequence, json.dumps(body, ensure_ascii=False, separators=(",", ":")))
        self._ring.append(message)
        PUBLISHED.labels(self.topic).inc()
        for client in self._clients:
            client.offer(message)

    async def _run(self) -> None:
        told: Any = None
        async with self._source.open(self.scope) as read:
            while True:
                wait = self._poll
                try:
                    data = await read()
                except Exception as error:
                    # The database restarts, a room is busy: listeners keep their last message until it is back.
                    log.warning("live_source_failed", topic=self.topic, error=type(error).__name__)
                    data, wait = None, RETRY_SECONDS
                if data is not None and (stable := self._source.stable(data)) != told:
                    told = self._last = stable
                    self.publish(data, self._clock.now())
                await self._clock.sleep(wait)


class Hub:
    """All channels of this process."""

    def __init__(self, sources: Mapping[str, Source], clock: Clock, *, poll: float = POLL_SECONDS) -> None:
        self.sources = dict(sources)
        self._clock, self._poll = clock, poll
        self._channels: dict[tuple[str, Scope], Channel] = {}
        self.clients = 0

    def enter(self) -> None:
        """Count a client in.

        Raises:
            Refusal: `http.live_full` (503) when there are too many.
        """
        if self.clients >= CLIENTS:
            raise Refusal(
                "http.live_full", status=503, rule="live clients", expected=CLIENTS, actual=self.clients, seconds=30
            )
        self.clients += 1
        LISTENING.set(self.clients)

    def exit(self) -> None:
        """Count a client out."""
        self.clients -= 1
        LISTENING.set(self.clients)

    def channel(self, topic: str, regions: Iterable[str]) -> Channel:
        """The channel of a topic for these regions; an idle one makes room when there are too many.

        Raises:
            Refusal: `http.topic_unknown` (422), `http.live_full` (503).
        """
        source = self.sources.get(topic)
        if source is None:
            raise Refusal(
                "http.topic_unknown",
                status=422,
                rule="topic",
                operand="subscribe",
                expected=sorted(self.sources),
                actual=topic,
            )
        key = (topic, tuple(sorted(regions)) if source.scoped else ())
        found = self._channels.pop(key, None)
        if found is None:
            if len(self._channels) >= CHANNELS:
                idle = next((old for old, channel in self._channels.items() if channel.idle), None)
                if idle is None:
                    raise Refusal("http.live_full", status=503, rule="live channels", expected=CHANNELS, seconds=30)
                del self._channels[idle]
            found = Channel(topic, key[1], source, self._clock, poll=self._poll)
        self._channels[key] = found  # last used = last in line to make room
        return found

    def close(self) -> None:
        """Stop every source; the server closes the connections."""
        for channel in self._channels.values():
            channel.stop()
