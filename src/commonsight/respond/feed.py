"""What open pages hear at once: single cases within their regions, and who has something new to read."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from commonsight.clock import Clock
from commonsight.http import within
from commonsight.records.database import Database
from commonsight.records.notify import listen
from commonsight.respond import lists
from commonsight.respond.notices.store import PAGE_CHANNEL
from commonsight.respond.titles import in_language, title_of
from commonsight.respond.told import CHANNEL

CHANGES_MOST: Final = 100
"""Cases named in one message, each as it is now; beyond it the oldest go and `reload` says that there were more."""

PEOPLE_MOST: Final = 2_000


@dataclass(slots=True)
class Pending:
    """What one reader has not told yet, bounded."""

    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    people: deque[str] = field(default_factory=lambda: deque(maxlen=PEOPLE_MOST))
    reload: bool = False

    def hear(self, channel: str, payload: Mapping[str, Any]) -> None:
        """One notification; an empty one stands for what could not be heard."""
        if not channel or not payload:
            self.reload = True
        elif channel == PAGE_CHANNEL:
            self.people.extend(str(one) for one in payload.get("people", ()))
        else:
            self._case(dict(payload))

    def _case(self, told: dict[str, Any]) -> None:
        name = str(told.get("case"))
        before = self.cases.pop(name, None)
        if before is not None and before.get("type") == "opened":
            told["type"] = "opened"  # new to this reader, whatever has happened to it since
        self.cases[name] = told
        if len(self.cases) > CHANGES_MOST:
            del self.cases[next(iter(self.cases))]
            self.reload = True


class Feed:
    """One LISTEN connection for all readers of cases and notices; open only while there is one."""

    def __init__(self, database: Database, clock: Clock, language: str) -> None:
        self._database, self._clock, self._language = database, clock, language
        self._readers: list[Pending] = []
        self._task: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def follow(self) -> AsyncIterator[Pending]:
        """Collect what is heard until the block ends."""
        pending = Pending()
        self._readers.append(pending)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen(), name="live cases")
        try:
            yield pending
        finally:
            self._readers.remove(pending)
            if not self._readers and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _listen(self) -> None:
        fresh = True
        async for channel, payload in listen(self._database.dsn, [CHANNEL, PAGE_CHANNEL]):
            if not channel and fresh:
                fresh = False  # the first connection: nothing was heard before that could be missing
                continue
            for pending in self._readers:
                pending.hear(channel, payload)

    async def cases(self, pending: Pending, scope: tuple[str, ...]) -> dict[str, Any] | None:
        """Cases within a scope that changed since the last time, and how many are live; None without news."""
        changes = [self._shown(one) for one in pending.cases.values() if within(scope, str(one.get("region", "")))]
        reload = pending.reload
        if not changes and not reload:
            pending.cases.clear()
            return None
        async with self._database.read() as session:
            found = await lists.summary(session, scope, self._clock.now())
        pending.cases.clear()  # not before the database has answered: what was heard would be lost
        pending.reload = False
        summary = {**found.states, "overdue": found.overdue, "severities": found.severities, "whole": found.whole}
        return {"changes": changes, "reload": reload, "summary": summary}

    def _shown(self, told: dict[str, Any]) -> dict[str, Any]:
        subject = str(told.get("subject", ""))
        words = in_language(str(told.get("words", "")), self._language)
        return told | {
            "title": title_of(subject, self._language), "title_en": title_of(subject, "en"), "words": words
        }  # fmt: skip

    async def notices(self, pending: Pending) -> dict[str, Any] | None:
        """Who has something new; each page asks for its own."""
        people, reload = sorted(set(pending.people)), pending.reload
        pending.people.clear()
        pending.reload = False
        return {"people": people, "reload": reload} if people or reload else None
