"""What the promoted filter of a scene says of an incident that begins."""

from dataclasses import dataclass
from uuid import UUID

from commonsight.analyze.incidents.model import Incident
from commonsight.analyze.training import candidate_store
from commonsight.analyze.training.head import Head
from commonsight.records.database import ReadSession


@dataclass(frozen=True, slots=True)
class Verdict:
    """`probability`: that it is real, 0..1. `candidate`: the filter that says so."""

    candidate: UUID
    probability: float
    real: bool


async def verdict(session: ReadSession, incident: Incident) -> Verdict | None:
    """What the scene's filter says; None where none was promoted."""
    found = await candidate_store.present(session, "head", incident.scene)
    if found is None or found.weights is None:
        return None
    head = Head.of(found.weights)
    probability = head.probability(incident.first, incident.began_at)
    return Verdict(found.id, round(probability, 4), head.passes(probability))
