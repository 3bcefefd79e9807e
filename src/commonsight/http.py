"""The FastAPI pieces every room's `routes.py` is written with.

A route names who may call it (`requires`, `signed_in`, `public`), takes its session (`Reads`, `Writes`), answers lists
as `Page`, and gives what people edit an `ETag`. A test walks all routes and fails on one that names nobody.

    router = APIRouter(tags=["cameras"])

    @router.get("/cameras")
    async def cameras(caller: Annotated[Caller, requires("cameras.read")], session: Reads) -> Page[CameraOut]: ...

Declare the caller first: the guard then runs before a session takes a connection.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Generic, Literal, Protocol, TypeVar, cast
from uuid import UUID

from fastapi import Depends, Header, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import text
from starlette.requests import HTTPConnection

from commonsight.problem import Refusal
from commonsight.records.database import ReadSession, WriteSession

T = TypeVar("T")
Answer = TypeVar("Answer", bound=BaseModel)

LANGUAGES: Final = ("zh", "en")
CURSOR_LIMIT: Final = 1024
"""Longest cursor accepted, in characters; ours stay far below."""

SIGNED_IN: Final = "me.read"
"""The permission every signed-in person has, in whatever role."""


# --- who is calling -------------------------------------------------------------------------------------------------


class Caller(Protocol):
    """Who calls, as far as a room needs to know. `regions` are division-code prefixes: ("45",) is all of Guangxi."""

    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def display_name(self) -> str: ...
    @property
    def organisation(self) -> str: ...
    @property
    def roles(self) -> tuple[str, ...]: ...
    @property
    def permissions(self) -> frozenset[str]: ...
    @property
    def regions(self) -> tuple[str, ...]: ...
    @property
    def language(self) -> str: ...


Pictures = Literal["live", "playback", "download", "snapshot", "control"]
"""What a route does with a camera's pictures, or with the camera: the actions of `gate.model.Action`."""


class Guard:
    """The dependency behind `requires`; `permission` and `pictures` are what the introspection tests read."""

    def __init__(self, permission: str, pictures: Pictures | None = None) -> None:
        self.permission = permission
        self.pictures = pictures

    async def __call__(self, connection: HTTPConnection) -> Caller:
        """Ask the composition root; keep the caller for the language of answers and for `Once`."""
        caller = cast(Caller, await connection.app.state.authorize(connection, self.permission))
        connection.state.caller = caller
        return caller


class Open:
    """The dependency behind `public`: says in the code that a route is open to anybody on purpose."""

    permission = None
    pictures = None

    async def __call__(self) -> None:
        return None


def requires(permission: str, *, pictures: Pictures | None = None) -> Any:
    """Let only callers with `permission` in; the value is the `Caller`. Others are refused with 401 or 403.

    Args:
        pictures: declares the route a door to pictures. It must then ask gate/ for a grant of this action;
            tests/house/test_doors.py tries it as each role without one, and fails for a route that hands out pictures
            (or where they are) without saying so here.
    """
    return Depends(Guard(permission, pictures))


def signed_in() -> Any:
    """Let anybody in who is signed in, whatever the role; the value is the `Caller`."""
    return requires(SIGNED_IN)


def public() -> Any:
    """Let anybody in; for `dependencies=[public()]`."""
    return Depends(Open())


def within(scope: Iterable[str], region: str) -> bool:
    """True when the division code `region` lies within one of the prefixes of `scope`."""
    return any(region.startswith(prefix) for prefix in scope)


def sees(caller: Caller, region: str) -> bool:
    """True when the division code `region` lies within what the caller may see."""
    return within(caller.regions, region)


def narrow(caller: Caller, region: str | None) -> tuple[str, ...]:
    """The prefixes to query: what the caller asked for (None = everything), cut to what they may see.

    Raises:
        Refusal: `http.region_outside_scope` (403) when the two do not meet.
    """
    if not region:
        return caller.regions
    if sees(caller, region):
        return (region,)
    inside = tuple(prefix for prefix in caller.regions if prefix.startswith(region))
    if not inside:
        raise Refusal(
            "http.region_outside_scope",
            status=403,
            rule="scope",
            operand="region",
            expected=list(caller.regions),
            actual=region,
        )
    return inside


def language_of(connection: HTTPConnection) -> str:
    """`zh` or `en`: what Accept-Language names first, else the caller's own language, else Chinese."""
    named: list[tuple[float, int, str]] = []
    for place, part in enumerate(connection.headers.get("accept-language", "")[:200].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        language = tag.strip().lower().partition("-")[0]
        if language in LANGUAGES:
            try:
                named.append((-float(weight or 1), place, language))
            except ValueError:
                continue
    if named:
        return min(named)[2]
    return getattr(getattr(connection.state, "caller", None), "language", "zh")


# --- sessions -------------------------------------------------------------------------------------------------------


async def _read_session(connection: HTTPConnection) -> AsyncIterator[ReadSession]:
    async with connection.app.state.database.read() as session:
        yield session


async def _write_session(connection: HTTPConnection) -> AsyncIterator[WriteSession]:
    async with connection.app.state.database.write() as session:
        yield session


# Function scope: the transaction commits BEFORE the answer leaves, so a 201 is a promise kept, and a slow client never
# holds a connection of the pool. An answer that streams rows opens its own session from `request.app.state.database`.
Reads = Annotated[ReadSession, Depends(_read_session, scope="function")]
Writes = Annotated[WriteSession, Depends(_write_session, scope="function")]


# --- lists by keyset ------------------------------------------------------------------------------------------------

Limit = Annotated[int, Query(ge=1, le=500, description="rows in one answer", examples=[100])]
After = Annotated[str | None, Query(max_length=CURSOR_LIMIT, description="`next` of the answer before")]


class Page(BaseModel, Generic[T]):
    """One page of a list; `next` goes into `?after=` for the following one, null at the end."""

    items: list[T]
    next: str | None = Field(default=None, description="cursor of the following page, null at the end")


Key = str | int | float | bool | datetime | UUID | None


def cursor_encode(order: str, *keys: Key) -> str:
    """Pack the sort keys of a page's last row. `order` names the sort, so that a cursor fits only its own list."""
    plain = [
        key.isoformat() if isinstance(key, datetime) else str(key) if isinstance(key, UUID) else key for key in keys
    ]
    packed = json.dumps([order, *plain], ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def cursor_decode(order: str, cursor: str, *types: type) -> tuple[Any, ...]:
    """Unpack a cursor made by `cursor_encode` for the same `order`, checking every key's type (None is let through).

    Cursors are checked, not signed: keys are only ever bound as parameters below the caller's own scope, so a forged
    one shows nothing that a plain query would not.

    Raises:
        Refusal: `http.cursor_invalid` when it is not one of ours, or of another list.
    """
    refusal = Refusal("http.cursor_invalid", status=422, rule="cursor", operand="after", actual=cursor[:64])
    if len(cursor) > CURSOR_LIMIT:
        raise refusal
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        plain = json.loads(packed)
    except (binascii.Error, ValueError, RecursionError):
        raise refusal from None
    if not isinstance(plain, list) or len(plain) != len(types) + 1 or plain[0] != order:
        raise refusal
    try:
        return tuple(_key(value, kind) for value, kind in zip(plain[1:], types, strict=True))
    except (TypeError, ValueError, OverflowError):
        raise refusal from None


def _key(value: Any, kind: Any) -> Any:
    if value is None:
        return None
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("a cursor's time carries its zone")
        return moment.astimezone(UTC)
    if kind is UUID:
        return UUID(value)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind or (kind is str and "\x00" in value):
        raise TypeError(f"expected {kind.__name__}")
    if kind is int and not -(2**63) <= value < 2**63:
        raise OverflowError("beyond bigint")
    return value


# --- what people edit -----------------------------------------------------------------------------------------------

IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=200, description="ETag the change was made from")]


def etag_of(*parts: object) -> str:
    """A strong ETag from what identifies a version: a row's id and `updated_at`, or its revision."""
    joined = "\x1f".join(part.isoformat() if isinstance(part, datetime) else str(part) for part in parts)
    return f'"{hashlib.sha256(joined.encode()).hexdigest()[:32]}"'


def match_or_refuse(if_match: str | None, current: str) -> None:
    """Let a change pass only when it was made from the current version.

    Raises:
        Refusal: `http.precondition_required` (428) without If-Match, `http.precondition_failed` (412) on another.
    """
    if if_match is None:
        raise Refusal(
            "http.precondition_required",
            status=428,
            rule="optimistic concurrency",
            operand="If-Match",
            expected=current,
        )
    if if_match.strip() != "*" and current not in [tag.strip() for tag in if_match.split(",")]:
        raise Refusal(
            "http.precondition_failed",
            status=412,
            rule="optimistic concurrency",
            operand="If-Match",
            expected=current,
            actual=if_match,
        )


# --- problems -------------------------------------------------------------------------------------------------------


class Problem(BaseModel):
    """RFC 9457 problem details; what every refusal looks like on the wire."""

    type: str = Field(examples=["/docs/problems#gate.purpose_missing"])
    title: str = Field(examples=["调阅画面须写明事由"])
    status: int = Field(examples=[422])
    detail: str | None = None
    code: str = Field(examples=["gate.purpose_missing"])
    rule: str | None = None
    operand: str | None = Field(default=None, description="the field the rule speaks of")
    expected: Any = None
    actual: Any = None
    instance: str | None = Field(default=None, description="request id, as in the log")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route: these statuses are answered as `application/problem+json`."""
    return {
        status: {"model": Problem, "content": {"application/problem+json": {}}, "description": "refused"}
        for status in statuses
    }


# --- writes that may be sent twice ----------------------------------------------------------------------------------

IDEMPOTENCY_KEPT: Final = timedelta(hours=24)
IDEMPOTENCY_MOST: Final = 1000
"""Keys kept for one caller; the oldest go first."""

IDEMPOTENCY_ANSWER_BYTES: Final = 65_536


class Replay(Exception):
    """Ends a request whose `Idempotency-Key` was answered before; api sends that answer again."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__("replayed")
        self.status = status
        self.body = body
        """JSON text, as it was sent the first time."""


class Once:
    """One write under an `Idempotency-Key`.

    The answer is kept in the transaction of the change itself, so there is never one without the other; a second
    request with the same key waits for the first and gets the same answer."""

    def __init__(self, session: WriteSession, caller: UUID, key: str | None, fingerprint: bytes, now: datetime) -> None:
        self._session, self._caller, self._key = session, caller, key
        self._fingerprint, self._now = fingerprint, now

    async def begin(self) -> None:
        """Claim the key.

        Raises:
            Replay: the key was answered before.
            Refusal: `http.idempotency_conflict` (422) when the key was used for another request.
        """
        if self._key is None:
            return
        mine = {"caller": self._caller, "key": self._key}
        claimed = await self._session.execute(_CLAIM, mine | {"fingerprint": self._fingerprint, "at": self._now})
        if claimed.first() is not None:
            await self._session.execute(
                _TRIM, mine | {"oldest": self._now - IDEMPOTENCY_KEPT, "most": IDEMPOTENCY_MOST}
            )
            return
        kept = (await self._session.execute(_KEPT, mine)).one()
        if bytes(kept.fingerprint) != self._fingerprint or kept.status is None:
            raise Refusal(
                "http.idempotency_conflict", status=422, rule="idempotency", operand="Idempotency-Key", actual=self._key
            )
        raise Replay(kept.status, kept.body)

    async def keep(self, answer: Answer, status: int = 201) -> Answer:
        """Keep `answer` for a repeat and hand it back: `return await once.keep(CameraOut(...))`. Never for answers that
        carry a secret (tickets, tokens): those are stored as hashes only."""
        if self._key is not None:
            body = answer.model_dump_json()
            if len(body) <= IDEMPOTENCY_ANSWER_BYTES:
                mine = {"caller": self._caller, "key": self._key}
                await self._session.execute(_ANSWERED, mine | {"status": status, "body": body})
        return answer


_CLAIM = text(
    "INSERT INTO idempotency_keys (caller_id, key, fingerprint, at) VALUES (:caller, :key, :fingerprint, :at) "
    "ON CONFLICT (caller_id, key) DO NOTHING RETURNING key"
)
_KEPT = text("SELECT fingerprint, status, body FROM idempotency_keys WHERE caller_id = :caller AND key = :key")
_ANSWERED = text("UPDATE idempotency_keys SET status = :status, body = :body WHERE caller_id = :caller AND key = :key")
_TRIM = text(
    "DELETE FROM idempotency_keys WHERE caller_id = :caller AND key <> :key AND (at < :oldest OR key IN ("
    "SELECT key FROM idempotency_keys WHERE caller_id = :caller AND key <> :key ORDER BY at DESC OFFSET :most))"
)


async def _once(
    request: Request,
    session: Writes,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=200,
            description="a write sent twice under one key happens once; kept for 24 hours",
        ),
    ] = None,
) -> Once:
    caller = getattr(request.state, "caller", None)
    if caller is None:
        raise RuntimeError(f"{request.url.path}: declare the caller (`requires`) before `once: OnceOnly`")
    digest = hashlib.sha256(
        f"{request.method} {request.url.path}?{request.url.query}\n".encode() + await request.body()
    )
    once = Once(session, caller.id, key, digest.digest(), request.app.state.clock.now())
    await once.begin()
    return once


OnceOnly = Annotated[Once, Depends(_once, scope="function")]
