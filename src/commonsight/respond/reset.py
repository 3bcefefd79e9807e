"""A device that raised an alarm is told that the alarm is over, once people have closed the case.

Asked of the signalling process from a job: this room opens no camera and turns none.
"""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from commonsight.connect.gb28181 import signalling
from commonsight.connect.gb28181.control import Action
from commonsight.jobs import House
from commonsight.problem import Refusal
from commonsight.records.database import Database
from commonsight.respond import store
from commonsight.respond.alarms import GB28181
from commonsight.respond.model import Case
from commonsight.respond.store import PLATFORM

log = structlog.get_logger(__name__)

ASKED: Final = "asked"
DONE: Final = "done"

PASSING: Final = frozenset({"connect.gb_no_signalling", "connect.gb_signalling_timeout"})
"""What may be otherwise in a minute: worth asking again. A device that says no is believed."""

PATIENCE: Final = timedelta(minutes=30)
"""The job's own attempts end long before this."""


def wanted(case: Case) -> bool:
    """Whether there is a device to be told."""
    return case.source == GB28181 and case.device is not None and case.reset not in (DONE, ASKED)


async def ask(house: House, case_id: UUID) -> None:
    """Tell the device and write down what it said.

    Raises:
        Refusal: nobody could ask it just now; the job is tried again.
    """
    async with house.database.read() as session:
        case = await store.one(session, case_id)
    if case is None or case.device is None or case.reset == DONE:
        return
    try:
        await _told(house.database, case)
    except Refusal as refusal:
        if refusal.code in PASSING:
            raise
        await _settle(house, case, refusal.code, "reset_failed", {"code": refusal.code})
        log.info("alarm_reset_refused", case=case.number, device=case.device, code=refusal.code)
        return
    await _settle(house, case, DONE, "reset_done", {})


async def _told(database: Database, case: Case) -> None:
    # A storm is of many kinds of alarm: it is over as a whole.
    values = {"method": int(case.detail.get("method", 0)), "type": int(case.detail.get("type", 0))}
    if not 0 <= values["method"] <= 7 or not 0 <= values["type"] <= 99:
        values = {"method": 0, "type": 0}
    async with signalling.connect(database, "respond") as line:
        await line.call(
            "ptz", device=case.device, channel=case.channel or case.device, action=Action.ALARM_RESET.value,
            values=values,
        )  # fmt: skip


async def _settle(house: House, case: Case, reset: str, action: str, detail: dict[str, Any]) -> None:
    async with house.database.write() as session:
        present = await store.one(session, case.id, for_update=True)
        if present is None:
            return
        await store.update(session, case.id, {"reset": reset}, edited=False)
        await store.add_step(
            session, case.id, action, present.state, present.state, PLATFORM, house.clock.now(), "", detail
        )


async def give_up(house: House) -> None:
    """Say of devices that nobody could ask that they were not told."""
    async with house.database.write() as session:
        count = await store.give_up_resets(session, house.clock.now() - PATIENCE, "connect.gb_no_signalling")
    if count:
        log.warning("alarm_resets_given_up", cases=count)
