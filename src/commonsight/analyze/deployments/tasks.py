"""Jobs and subscriptions of deployments: the clock's steps, and who is told of what."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from commonsight import jobs
from commonsight.analyze.deployments import board_store, model, service, store, tending
from commonsight.jobs import Blueprint
from commonsight.outbox import Entry, Subscription
from commonsight.records.database import WriteSession
from commonsight.respond import told
from commonsight.respond.notices.store import put_elsewhere
from commonsight.text import LANGUAGES, say

tasks = Blueprint()


@tasks.periodic(cron="* * * * * */10")
@tasks.task(queueing_lock="analyze.tend_deployments", lock="analyze.tend_deployments", retry=False)
async def tend_deployments(timestamp: int) -> None:  # noqa: ARG001 - given by the schedule
    """Start, look at, hand over and end deployments."""
    house = jobs.house()
    await tending.tend(house.database, ZoneInfo(house.settings.region.timezone), house.clock.now())


async def tell(session: WriteSession, entry: Entry) -> None:
    """A deployment started, ended, or a shift begins: put it before the people it names. Twice changes nothing."""
    people = [UUID(one) for one in entry.payload["people"]]
    what = entry.topic.rpartition("_")[2]
    said = _said(f"analyze.deployment_told_{what}", entry.payload["deployment"], entry.payload["name"], "")
    await put_elsewhere(session, people, entry.sequence, f"deployment_{what}", said, entry.at)


async def tell_case(session: WriteSession, entry: Entry) -> None:
    """A case was opened of an incident a running deployment looks for: into its log, and before who is on duty."""
    case = UUID(entry.payload["case"])
    incident = await board_store.incident_of_case(session, case)
    if incident is None:
        return
    for found in await store.of_camera(session, incident.camera_id, entry.at):
        if incident.scene not in [wanted.scene for wanted in found.scenes]:
            continue
        number = entry.payload["number"]
        await store.note(
            session, found.id, "case", entry.at, case=str(case), number=number, scene=incident.scene,
            incident=incident.incident, camera=incident.name,
        )  # fmt: skip
        people = [shift.person for shift in model.on_duty(found.shifts, entry.at)]
        said = _said("analyze.deployment_told_case", str(found.id), found.name, incident.name, number=number)
        await put_elsewhere(session, people, entry.sequence, "deployment_case", said, entry.at)


def _said(code: str, deployment: str, name: str, place: str, **values: Any) -> dict[str, Any]:
    return {
        "event": {language: say(f"{code}_event", language) for language in LANGUAGES},
        "title": {language: say(code, language, name=name, **values) for language in LANGUAGES},
        "words": "",
        "place": place or name,
        "path": f"/scenes/deployments/{deployment}",
    }


subscriptions: tuple[Subscription, ...] = (
    Subscription("analyze.deployments", (service.STARTED, service.ENDED, service.HANDED), tell, from_now=True),
    Subscription("analyze.deployment_cases", (told.OPENED,), tell_case, from_now=True),
)
"""Dispatched by the `work` process."""
