"""Refusals on the wire: RFC 9457 problem details in the caller's language."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request, WebSocket
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

from commonsight.http import Replay, language_of
from commonsight.problem import Refusal
from commonsight.text import catalogue, say

log = structlog.get_logger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
SHOWN_LONGEST: Final = 100
SECRET_FIELDS: Final = frozenset({"password", "old", "new", "url", "token", "ticket", "secret", "username"})
"""Values of these are never repeated: an address of a camera may carry its password."""

ERRORS_MOST: Final = 20


def document(refusal: Refusal, language: str, instance: str | None = None) -> dict[str, Any]:
    """The problem document of a refusal: `title` says what kind it is, `detail` what happened."""
    facts = refusal.facts()
    body: dict[str, Any] = {
        "type": f"/docs/problems#{refusal.code}",
        "title": title_of(refusal.status, language),
        "status": refusal.status,
        "detail": say(refusal.code, language, **facts),
        "code": refusal.code,
    }
    for key in ("rule", "operand", "expected", "actual"):
        if key in facts:
            body[key] = _plain(facts[key])
    if instance:
        body["instance"] = instance
    return body


def title_of(status: int, language: str) -> str:
    """A status in words."""
    code = f"http.status_{status}"
    return say(code, language) if code in catalogue() else HTTPStatus(status).phrase


def answer(connection: HTTPConnection, refusal: Refusal, **extra: Any) -> Response:
    """The response that tells `connection` of a refusal."""
    request_id = getattr(connection.state, "request_id", None)
    body = document(refusal, language_of(connection), f"urn:uuid:{request_id}" if request_id else None) | extra
    headers: dict[str, str] = {}
    if refusal.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="commonsight"'
    if "seconds" in refusal.values:
        headers["Retry-After"] = str(refusal.values["seconds"])
    return _ProblemResponse(body, refusal.status, headers=headers)


class _ProblemResponse(JSONResponse):
    """JSON of whatever was sent to us: repeated text may hold lone surrogates; they are escaped."""

    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def _plain(value: Any) -> Any:
    try:
        plain = jsonable_encoder(value)
        json.dumps(plain, allow_nan=False)
    except (TypeError, ValueError):
        return str(value)[:SHOWN_LONGEST]
    return plain


async def on_refusal(connection: Request | WebSocket, error: Exception) -> Response | None:
    """A `Refusal`; on a WebSocket that is not open yet, the handshake is refused with the same document."""
    assert isinstance(error, Refusal)
    response = answer(connection, error)
    if isinstance(connection, WebSocket):
        await deny(connection, response)
        return None
    return response


async def deny(socket: WebSocket, response: Response) -> None:
    """Refuse a WebSocket's handshake with an HTTP answer, or close it where the server cannot."""
    if "websocket.http.response" in socket.scope.get("extensions", {}):
        await socket.send_denial_response(response)
    else:
        await socket.close(1008)


async def on_invalid(connection: Request | WebSocket, error: Exception) -> Response | None:
    """Input of the wrong shape: names each field, its value and the rule."""
    assert isinstance(error, RequestValidationError) or hasattr(error, "errors")
    found = [_invalid(one) for one in list(error.errors())[:ERRORS_MOST]]
    first = found[0] if found else {}
    refusal = Refusal(
        "http.invalid",
        status=422,
        rule=first.get("rule", "shape"),
        operand=first.get("field", "body"),
        actual=first.get("value"),
    )
    response = answer(connection, refusal, errors=found)
    if isinstance(connection, WebSocket):
        await deny(connection, response)
        return None
    return response


def _invalid(one: Mapping[str, Any]) -> dict[str, Any]:
    place = [str(part) for part in one.get("loc", ())]
    field = ".".join(place[1:] if len(place) > 1 else place)
    said: dict[str, Any] = {"field": field, "in": place[0] if place else "body", "rule": one.get("msg", "")}
    value = one.get("input")
    if one.get("type") != "missing" and isinstance(value, (str, int, float, bool)) and not SECRET_FIELDS & set(place):
        said["value"] = value[:SHOWN_LONGEST] if isinstance(value, str) else _plain(value)
    return said


async def on_http(request: Request, error: Exception) -> Response:
    """What the router itself refuses: no such path, no such method, unreadable bodies."""
    assert isinstance(error, HTTPException)
    code, operand, actual = {
        404: ("http.not_found", "request", request.url.path[:SHOWN_LONGEST]),
        405: ("http.method_not_allowed", "request", request.method),
    }.get(error.status_code, ("http.refused", "request", None))
    response = answer(request, Refusal(code, status=error.status_code, operand=operand, actual=actual))
    for name, value in (error.headers or {}).items():
        response.headers.setdefault(name, value)
    return response


async def on_replay(_: Request, error: Exception) -> Response:
    """The kept answer of an earlier request with the same `Idempotency-Key`."""
    assert isinstance(error, Replay)
    headers = {"Idempotency-Replayed": "true"}
    return Response(error.body, error.status, headers=headers, media_type="application/json")


async def on_data(request: Request, error: Exception) -> Response:
    """Values that the database cannot store (a NUL in text, a number out of range) are the caller's mistake."""
    log.info("value_refused", error=type(getattr(error, "orig", error)).__name__)
    return answer(
        request, Refusal("http.value_unstorable", status=422, rule="storable text and numbers", operand="request")
    )


async def on_database(request: Request, error: Exception) -> Response:
    """The database is away or overloaded: it comes back by itself, and so may the caller."""
    log.error("database_unavailable", error=type(error).__name__)
    return answer(request, Refusal("http.database_unavailable", status=503, rule="database", seconds=2))


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(Refusal, on_refusal)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, on_invalid)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Replay, on_replay)
    app.add_exception_handler(DataError, on_data)
    app.add_exception_handler(DBAPIError, on_database_error)
    app.add_exception_handler(PoolTimeout, on_database)


async def on_database_error(request: Request, error: Exception) -> Response:
    """A database that is away is told apart from a statement that is wrong, which is our own fault."""
    assert isinstance(error, DBAPIError)
    away = error.connection_invalidated or type(error).__name__ in ("OperationalError", "InterfaceError")
    if not away:
        raise error
    return await on_database(request, error)
