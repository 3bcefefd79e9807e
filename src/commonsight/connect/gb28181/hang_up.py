"""Ending dialogs so that nothing is left behind: BYE, then the row, then the stream number."""

import asyncio
from typing import Final, cast

import structlog
from sqlalchemy.exc import SQLAlchemyError

from commonsight.clock import Clock
from commonsight.connect.gb28181 import dialogs_store as store
from commonsight.connect.gb28181.devices import peer_of
from commonsight.connect.gb28181.dialogs import Dialogs, Held, Purpose, Stage
from commonsight.connect.gb28181.server import Gb28181
from commonsight.connect.sip.dialog import Dialog
from commonsight.connect.sip.errors import SipError, SipTimeout
from commonsight.records.database import Database

BYE_SECONDS: Final = 4.0
BYES_AT_ONCE: Final = 200
FIRST_ROUND_SECONDS: Final = 6.0
"""A restarted process waits so long at most for devices to take their BYEs before it serves again."""
TRIES_SECONDS: Final = 180.0
"""A device that came over a connection of its own can be told only once it is back: it is waited for so long."""
ROUND_SECONDS: Final = 2.0

log = structlog.get_logger(__name__)


class HangUp:
    """The one place where dialogs end. `tries`: ends that wait for their device, by Call-ID, with the time to stop."""

    def __init__(self, gb: Gb28181, dialogs: Dialogs, database: Database, clock: Clock) -> None:
        self.tries: dict[str, tuple[Held, float]] = {}
        self._gb = gb
        self._dialogs = dialogs
        self._database = database
        self._clock = clock
        self._undeleted: dict[str, Held] = {}
        self._gate = asyncio.Semaphore(BYES_AT_ONCE)
        self._ending: set[asyncio.Task[None]] = set()
        self._trying: set[str] = set()

    async def recover(self) -> int:
        """Say BYE for every dialog on file. Raises the database's errors: without it nothing may begin."""
        async with self._database.read() as session:
            left = await store.left(session)
        for row in left:
            held = Held(row.call_id, row.device, row.channel, cast(Purpose, row.purpose), row.ssrc, 0, Stage.ENDING)
            held.reason = "left"
            document = row.state or row.invite
            try:
                held.dialog = None if document is None else Dialog.from_json(document)
            except (KeyError, TypeError) as error:
                log.warning("dialog_unreadable", call_id=row.call_id, error=str(error))
            if not self._dialogs.inherit(held):
                log.warning("dialog_of_other_domain", call_id=row.call_id, ssrc=row.ssrc)
            self._begin(held)
        if self._ending:
            log.warning("dialogs_left", count=len(left))
            await asyncio.wait(set(self._ending), timeout=FIRST_ROUND_SECONDS)
        return len(left)

    async def end(self, held: Held) -> None:
        """Say BYE and let go. A device that has no way to it now is tried again when it may have come back."""
        if held.dialog is not None and not await self._bye(held, held.dialog):
            if held.call_id not in self.tries:
                self.tries[held.call_id] = held, self._clock.monotonic() + TRIES_SECONDS
            return
        await self.over(held)

    async def over(self, held: Held) -> None:
        """Nothing is open with the device any more: delete the row, give the number back."""
        self.tries.pop(held.call_id, None)
        try:
            async with self._database.write() as session:
                await store.delete(session, [held.call_id])
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("dialog_row_waits", call_id=held.call_id, error=type(error).__name__)
            self._undeleted[held.call_id] = held
            return
        self._dialogs.gone(held)

    async def run(self) -> None:
        """Try on, for ever."""
        while True:
            await self._clock.sleep(ROUND_SECONDS)
            await self._delete_rows()
            now = self._clock.monotonic()
            for held, until in list(self.tries.values()):
                if now > until:
                    log.warning("dialog_given_up", device=held.device, call_id=held.call_id)
                    await self.over(held)
                elif self._reachable(held) and held.call_id not in self._trying:
                    self._begin(held)

    def _begin(self, held: Held) -> None:
        """End it beside: one device that does not answer must not hold up the others."""
        self._trying.add(held.call_id)
        task = asyncio.create_task(self.end(held))
        self._ending.add(task)

        def done(_: asyncio.Task[None]) -> None:
            self._ending.discard(task)
            self._trying.discard(held.call_id)

        task.add_done_callback(done)

    async def _delete_rows(self) -> None:
        if not self._undeleted:
            return
        batch = dict(self._undeleted)
        try:
            async with self._database.write() as session:
                await store.delete(session, list(batch))
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("dialog_rows_wait", rows=len(batch), error=type(error).__name__)
            return
        for call_id, held in batch.items():
            del self._undeleted[call_id]
            self._dialogs.gone(held)

    async def _bye(self, held: Held, dialog: Dialog) -> bool:
        """False: there is no way to the device at present. A device that does not answer has heard it often enough."""
        async with self._gate:
            self._follow(held, dialog)
            try:
                response = await self._gb.endpoint.request(dialog.request("BYE"), dialog.peer, timeout=BYE_SECONDS)
            except SipTimeout:
                log.info("bye_unanswered", device=held.device, call_id=held.call_id)
                return True
            except SipError as error:
                log.info("bye_waits", device=held.device, call_id=held.call_id, error=str(error))
                return False
        log.info("bye", device=held.device, channel=held.channel, status=response.status, reason=held.reason)
        return True

    def _follow(self, held: Held, dialog: Dialog) -> None:
        """A device that has registered anew is reached where it is now, not where it was."""
        device = self._gb.devices.get(held.device)
        peer = None if device is None or not device.online else peer_of(device)
        if peer is not None and peer != dialog.peer:
            dialog.peer = peer

    def _reachable(self, held: Held) -> bool:
        device = self._gb.devices.get(held.device)
        if device is None or not device.online:
            return False
        peer = peer_of(device)
        return peer is not None and (peer.transport == "udp" or self._gb.endpoint.has(peer))
