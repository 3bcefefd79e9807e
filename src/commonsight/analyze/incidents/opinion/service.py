"""Asking a vision-language model about an incident: bounded in number and time, with a masked picture."""

import asyncio
import ssl
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import aiohttp
import structlog

import commonsight
from commonsight import network
from commonsight.analyze.incidents import cases, store, wording
from commonsight.analyze.incidents.evidence import files
from commonsight.analyze.incidents.evidence import store as pieces
from commonsight.analyze.incidents.evidence.draw import boxed
from commonsight.analyze.incidents.evidence.model import Kind, State, covers
from commonsight.analyze.incidents.model import Incident
from commonsight.analyze.incidents.opinion import model
from commonsight.jobs import House
from commonsight.problem import Refusal
from commonsight.records.database import WriteSession
from commonsight.respond import store as respond
from commonsight.respond.store import PLATFORM
from commonsight.respond.titles import both
from commonsight.settings import Opinion, Settings

log = structlog.get_logger(__name__)

CONNECT_SECONDS: Final = 5.0
MASKED_FULLY: Final = "faces_plates"


def wanted(settings: Settings, incident: Incident) -> bool:
    """Whether anybody is to be asked about incidents of this scene."""
    asked = settings.opinion
    return asked.url is not None and (not asked.scenes or incident.scene in asked.scenes)


async def ask(house: House, incident_id: UUID) -> None:
    """Ask once about an incident and note the answer, or why there is none."""
    settings, now = house.settings, house.clock.now()
    async with house.database.read() as session:
        incident = await store.one(session, incident_id)
        still = await pieces.one(session, incident_id, Kind.STILL)
        taken = await store.opinions_since(session, now - timedelta(hours=1))
    if incident is None or incident.opinion is not None or not wanted(settings, incident):
        return
    if taken >= settings.opinion.per_hour:
        log.info("opinion_not_asked", incident=str(incident_id), reason="per_hour")
        return
    if still is None or still.state is not State.KEPT:
        return
    if not settings.opinion.unmasked and not covers(still.masked, MASKED_FULLY):
        log.warning("opinion_not_asked", incident=str(incident_id), reason="unmasked")
        return
    data = await asyncio.to_thread(files.read, files.place_of(house.settings.data_dir), still.name)
    if data is None:
        return
    card = cases.card_of(incident)
    zh, en = wording.title(incident, card)
    boxes = incident.first.get("boxes") or incident.boxes
    asked = model.question(zh, en, card.what_zh if card else "", card.what_en if card else "", len(boxes))
    picture = await asyncio.to_thread(boxed, data, boxes)
    noted: dict[str, Any] = {"at": now.isoformat(), "model": settings.opinion.model, "asked": asked}
    try:
        noted |= model.read(await _post(settings.opinion, model.request(settings.opinion.model, asked, picture)))
    except Refusal as refusal:
        noted |= {"verdict": "none", "code": refusal.code}
        log.warning("opinion_failed", incident=str(incident_id), code=refusal.code)
    async with house.database.write() as session:
        await store.set_opinion(session, incident_id, noted)
        await _note(session, incident, noted, now)


async def _note(session: WriteSession, incident: Incident, noted: dict[str, Any], now: datetime) -> None:
    """A line in the case's history: whose opinion it is, and that it decides nothing."""
    if incident.case_id is None or incident.held == cases.STORM or noted["verdict"] == "none":
        return
    case = await respond.one(session, incident.case_id)
    if case is None:
        return
    sure = noted["confidence"]
    values = {"model": noted["model"], "sure": "?" if sure is None else f"{sure:.0%}"}
    detail = {"say": f"analyze.opinion_{noted['verdict']}", "values": values}
    words = both(noted["zh"], noted["en"])
    await respond.add_step(session, case.id, "opinion", case.state, case.state, PLATFORM, now, words, detail)


async def _post(settings: Opinion, body: dict[str, Any]) -> bytes:
    """The answer's body.

    Raises:
        Refusal: `analyze.opinion_unreachable`, `analyze.opinion_refused` (502), `network.…` (422).
    """
    assert settings.url is not None
    parts = urlsplit(settings.url)
    network.OUTSIDE.check(parts.hostname or "", parts.port, operand="opinion.url")
    headers = {"User-Agent": f"commonsight/{commonsight.__version__}"}
    if settings.key:
        headers["Authorization"] = f"Bearer {settings.key}"
    # The guard looks at the very address that is connected to, so a name that answers differently gains nothing.
    connector = aiohttp.TCPConnector(
        socket_factory=network.OUTSIDE.socket, ssl=await asyncio.to_thread(_trusted, settings)
    )
    limits = aiohttp.ClientTimeout(total=settings.timeout_seconds, sock_connect=CONNECT_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(
                connector=connector, timeout=limits, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            ) as client,
            client.post(
                f"{settings.url.rstrip('/')}/chat/completions", json=body, headers=headers, allow_redirects=False
            ) as response,
        ):
            if response.status != 200:
                raise Refusal("analyze.opinion_refused", status=502, operand="opinion.url", actual=response.status)
            said = await response.content.read(model.ANSWER_MOST + 1)
            while len(said) <= model.ANSWER_MOST and (more := await response.content.read(model.ANSWER_MOST)):
                said += more
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise Refusal(
            "analyze.opinion_unreachable", status=502, operand="opinion.url", actual=type(error).__name__
        ) from error
    if len(said) > model.ANSWER_MOST:
        raise Refusal("analyze.opinion_unreadable", status=502, operand="answer", expected=model.ANSWER_MOST)
    return said


def _trusted(settings: Opinion) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        try:
            context.load_verify_locations(settings.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise Refusal("analyze.opinion_unreachable", status=502, operand="opinion.ca_file") from error
    return context
