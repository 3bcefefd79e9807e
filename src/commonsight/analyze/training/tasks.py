"""Jobs and subscriptions of training: labels become samples; datasets, filters and measurements are made in jobs."""

from uuid import UUID

from commonsight import jobs
from commonsight.analyze.incidents import store as incidents
from commonsight.analyze.incidents.model import LABELLED
from commonsight.analyze.training import store
from commonsight.analyze.training.making import Workshop
from commonsight.jobs import Blueprint
from commonsight.outbox import Entry, Subscription
from commonsight.records.database import WriteSession

tasks = Blueprint()


@tasks.task()
async def keep_picture(incident_id: str) -> None:
    """Copy the picture of a labelled incident."""
    await Workshop(jobs.house()).keep_picture(UUID(incident_id))


@tasks.task()
async def make_dataset(dataset_id: str) -> None:
    """Write a version of a dataset."""
    await Workshop(jobs.house()).make_dataset(UUID(dataset_id))


@tasks.task()
async def train_head(candidate_id: str) -> None:
    """Train and measure a filter."""
    await Workshop(jobs.house()).train_head(UUID(candidate_id))


@tasks.task()
async def measure_card(candidate_id: str) -> None:
    """Measure a detector."""
    await Workshop(jobs.house()).measure_card(UUID(candidate_id))


async def labelled(session: WriteSession, entry: Entry) -> None:
    """What people said of an incident is a sample; taken back, it is left out of the datasets to come."""
    incident = await incidents.one(session, UUID(entry.payload["incident"]))
    if incident is None:
        return
    if incident.label is None:
        await store.exclude(session, incident.id, entry.at)
        return
    await store.put_sample(session, incident, "", entry.at)
    await jobs.enqueue(session, keep_picture, {"incident_id": str(incident.id)})


subscriptions: tuple[Subscription, ...] = (
    Subscription("analyze.training.samples", (LABELLED,), labelled, from_now=True),
)
