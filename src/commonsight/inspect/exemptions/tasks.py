"""Who is told of exemptions: those who may decide, and who asked. On the page."""

from typing import Any
from uuid import UUID

import structlog

from commonsight.inspect.exemptions import store
from commonsight.inspect.exemptions.model import Exemption, kinds
from commonsight.outbox import Entry, Subscription
from commonsight.records.database import WriteSession
from commonsight.respond import people
from commonsight.respond.notices.store import put_elsewhere
from commonsight.text import LANGUAGES, say

log = structlog.get_logger(__name__)


async def tell(session: WriteSession, entry: Entry) -> None:
    """Put what an entry of the outbox says before those it concerns. Twice changes nothing.

    What has been decided since is nobody's work any more and not told as such; who decides of their own knows of it.
    """
    held = await store.one(session, UUID(entry.payload["exemption"]))
    if held is None:
        return
    what, by = entry.payload["what"], UUID(entry.payload["by"])
    if entry.topic == "inspect.exemption_asked":
        waits = held.extend_to is not None if what == "extension_asked" else held.state.value == "asked"
        found = await people.deciders(session, held.regions, by, "exemptions.approve") if waits else []
        told = [person for person, _ in found]
        if waits and not told:
            log.warning("exemption_without_approver", exemption=str(held.id))
    else:
        told = [held.asked_by] if held.asked_by != by else []
    await put_elsewhere(session, told, entry.sequence, f"exemption_{what}", said(held, what), entry.at)


def said(held: Exemption, what: str) -> dict[str, Any]:
    """What a notice of an exemption says, in both languages, and where it leads."""
    kind = kinds().get(held.kind)
    names = {"zh": kind.zh if kind else held.kind, "en": kind.en if kind else held.kind}
    return {
        "event": {language: say(f"inspect.exemption_event_{what}", language) for language in LANGUAGES},
        "title": {
            language: say("inspect.exemption_told", language, number=held.number, kind=names[language],
                          cameras=held.total)
            for language in LANGUAGES
        },
        "words": held.extend_words or held.words,
        "place": held.asked_by_name,
        "path": f"/health/exemptions?id={held.id}",
    }  # fmt: skip


subscriptions: tuple[Subscription, ...] = (
    Subscription("inspect.exemptions", ("inspect.exemption_asked", "inspect.exemption_decided"), tell, from_now=True),
)
"""Dispatched by the `work` process."""
