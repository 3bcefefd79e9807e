"""From whatever kept a reader out to the `end` message it gets."""

import structlog
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from commonsight.media.model import spoken
from commonsight.problem import Refusal
from commonsight.text import say

log = structlog.get_logger(__name__)

_PERMIT = {"gate.ticket_revoked": "permit_revoked", "gate.ticket_expired": "permit_expired"}


def explain(error: Exception) -> dict[str, str]:
    """The `end` message: its code for programs, its words for people. Never says more than the refusal does."""
    if isinstance(error, Refusal):
        if error.code.startswith("media."):
            code = error.code.removeprefix("media.")
        else:
            code = _PERMIT.get(error.code, "permit_refused")
        facts = error.facts()
        return {"type": "end", "code": code, "zh": say(error.code, "zh", **facts), "en": say(error.code, "en", **facts)}
    if isinstance(error, OSError | SQLAlchemyError | TimeoutError):
        log.warning("register_unavailable", error=type(error).__name__)
        return spoken("end", "register_unavailable")
    log.error("reader_failed", exc_info=error)
    return spoken("end", "internal")


def refused(error: Exception) -> web.Response:
    """The answer to a plain request: as `explain`, with the refusal's status; 503 for what may pass, else 500."""
    said = explain(error)
    passing = 500 if said["code"] == "internal" else 503
    status = error.status if isinstance(error, Refusal) else passing
    return web.json_response({key: value for key, value in said.items() if key != "type"}, status=status)
