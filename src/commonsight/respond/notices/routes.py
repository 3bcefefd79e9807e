"""HTTP: one's own notices; channels, rules and deliveries."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Row

from commonsight.catalog import secrets
from commonsight.http import (
    After,
    Caller,
    IfMatch,
    Limit,
    OnceOnly,
    Page,
    Reads,
    Writes,
    cursor_decode,
    cursor_encode,
    etag_of,
    language_of,
    match_or_refuse,
    problems,
    requires,
)
from commonsight.respond.notices import service, settings_store, store
from commonsight.respond.notices.views import (
    ChannelIn,
    ChannelOut,
    ChannelSaid,
    DeliveryOut,
    MadeOut,
    NoticeOut,
    ReadIn,
    RuleIn,
    RuleOut,
    SecretOut,
    TestOut,
    UnreadOut,
)

router = APIRouter(tags=["notices"])

MayRead = Annotated[Caller, requires("cases.read")]
MayManage = Annotated[Caller, requires("notices.write")]

UNREAD_MOST: Final = 100


@router.get("/notices", responses=problems(401, 403, 422))
async def notices(
    request: Request, caller: MayRead, session: Reads, unread: bool = False, after: After = None, limit: Limit = 50
) -> Page[NoticeOut]:
    """The caller's own notices, the newest first."""
    behind = None if after is None else cursor_decode("notices", after, datetime, UUID)
    found = await store.page(session, caller.id, unread=unread, after=behind, limit=limit + 1)
    following = cursor_encode("notices", found[limit - 1].at, found[limit - 1].id) if len(found) > limit else None
    language = language_of(request)
    return Page(items=[NoticeOut.of(row, language) for row in found[:limit]], next=following)


@router.get("/notices/unread", responses=problems(401, 403))
async def unread(caller: MayRead, session: Reads) -> UnreadOut:
    """How many of them are new."""
    found = await store.unread(session, caller.id, UNREAD_MOST)
    return UnreadOut(unread=found, more=found >= UNREAD_MOST)


@router.post("/notices/read", responses=problems(401, 403, 422))
async def read(request: Request, caller: MayRead, session: Writes, said: ReadIn) -> UnreadOut:
    """Mark one's own notices as read."""
    await store.read(session, caller.id, said.ids, request.app.state.clock.now())
    found = await store.unread(session, caller.id, UNREAD_MOST)
    return UnreadOut(unread=found, more=found >= UNREAD_MOST)


# --- channels -------------------------------------------------------------------------------------------------------


@router.get("/notices/channels", responses=problems(401, 403))
async def channels(caller: MayManage, session: Reads) -> Page[ChannelOut]:
    """Channels within the caller's regions, by name; there are 200 at most."""
    return Page(items=[ChannelOut.of(row) for row in await settings_store.channels(session, caller.regions)])


@router.post("/notices/channels", status_code=201, responses=problems(401, 403, 409, 422))
async def add_channel(
    request: Request, response: Response, caller: MayManage, session: Writes, said: ChannelIn
) -> MadeOut:  # fmt: skip
    """Put a channel on file. A webhook's signing secret is in this answer and in no other."""
    state = request.app.state
    secrets.install(state.settings.data_dir)
    row, secret = await service.add_channel(
        session, caller, said.kind, said.model_dump(exclude={"kind"}), state.clock.now()
    )
    response.headers["Location"] = f"{request.url.path}/{row.id}"
    response.headers["ETag"] = _etag("channel", row)
    response.headers["Cache-Control"] = "no-store"
    return MadeOut(channel=ChannelOut.of(row), secret=secret)


@router.get("/notices/channels/{channel_id}", responses=problems(401, 403, 404))
async def channel(response: Response, caller: MayManage, session: Reads, channel_id: UUID) -> ChannelOut:
    """One channel."""
    row = await service.channel(session, caller, channel_id)
    response.headers["ETag"] = _etag("channel", row)
    return ChannelOut.of(row)


@router.patch("/notices/channels/{channel_id}", responses=problems(401, 403, 404, 412, 422, 428))
async def change_channel(
    request: Request, response: Response, caller: MayManage, session: Writes, channel_id: UUID, said: ChannelSaid,
    if_match: IfMatch = None,
) -> ChannelOut:  # fmt: skip
    """Change what is said; everything left out stays."""
    row = await service.change_channel(
        session, caller, channel_id, said.model_dump(exclude_unset=True),
        lambda present: match_or_refuse(if_match, _etag("channel", present)), request.app.state.clock.now(),
    )  # fmt: skip
    response.headers["ETag"] = _etag("channel", row)
    return ChannelOut.of(row)


@router.delete("/notices/channels/{channel_id}", status_code=204, responses=problems(401, 403, 404, 409, 412))
async def remove_channel(
    request: Request, caller: MayManage, session: Writes, channel_id: UUID, if_match: IfMatch = None
) -> Response:
    """Take a channel off the file; what waits on it is put aside."""

    def expected(present: Row[Any]) -> None:
        if if_match is not None:
            match_or_refuse(if_match, _etag("channel", present))

    await service.remove_channel(session, caller, channel_id, expected, request.app.state.clock.now())
    return Response(status_code=204)


@router.post("/notices/channels/{channel_id}/secret", responses=problems(401, 403, 404, 422))
async def new_secret(
    request: Request, response: Response, caller: MayManage, session: Writes, channel_id: UUID
) -> SecretOut:  # fmt: skip
    """Another signing secret, shown this once."""
    state = request.app.state
    secrets.install(state.settings.data_dir)
    response.headers["Cache-Control"] = "no-store"
    return SecretOut(secret=await service.new_channel_secret(session, caller, channel_id, state.clock.now()))


@router.post("/notices/channels/{channel_id}/test", status_code=202, responses=problems(401, 403, 404))
async def test_channel(
    request: Request, response: Response, caller: MayManage, session: Writes, channel_id: UUID
) -> TestOut:  # fmt: skip
    """Send a test over a channel."""
    made = await service.test_channel(session, caller, channel_id, request.app.state.clock.now())
    base = request.url.path.rpartition("/channels/")[0]
    response.headers["Location"] = f"{base}/deliveries?channel={channel_id}"
    return TestOut(delivery=made)


# --- rules ----------------------------------------------------------------------------------------------------------


@router.get("/notices/rules", responses=problems(401, 403))
async def rules(caller: MayRead, session: Reads) -> Page[RuleOut]:
    """The rules the caller may manage: with `notices.write` all within their regions, else those of their own page."""
    return Page(items=[RuleOut.of(row) for row in await service.rules(session, caller)])


@router.post("/notices/rules", status_code=201, responses=problems(401, 403, 404, 409, 422))
async def add_rule(
    request: Request, response: Response, caller: MayRead, session: Writes, once: OnceOnly, said: RuleIn
) -> RuleOut:  # fmt: skip
    """Write a rule."""
    row = await service.add_rule(session, caller, said.said(), request.app.state.clock.now())
    response.headers["Location"] = f"{request.url.path}/{row.id}"
    response.headers["ETag"] = _etag("rule", row)
    return await once.keep(RuleOut.of(row))


@router.get("/notices/rules/{rule_id}", responses=problems(401, 403, 404))
async def rule(response: Response, caller: MayRead, session: Reads, rule_id: UUID) -> RuleOut:
    """One rule."""
    row = await service.rule(session, caller, rule_id)
    response.headers["ETag"] = _etag("rule", row)
    return RuleOut.of(row)


@router.put("/notices/rules/{rule_id}", responses=problems(401, 403, 404, 412, 422, 428))
async def replace_rule(
    request: Request, response: Response, caller: MayRead, session: Writes, rule_id: UUID, said: RuleIn,
    if_match: IfMatch = None,
) -> RuleOut:  # fmt: skip
    """Write a rule anew."""
    row = await service.replace_rule(
        session, caller, rule_id, said.said(), lambda present: match_or_refuse(if_match, _etag("rule", present)),
        request.app.state.clock.now(),
    )  # fmt: skip
    response.headers["ETag"] = _etag("rule", row)
    return RuleOut.of(row)


@router.delete("/notices/rules/{rule_id}", status_code=204, responses=problems(401, 403, 404))
async def remove_rule(request: Request, caller: MayRead, session: Writes, rule_id: UUID) -> Response:
    """Take a rule back."""
    await service.remove_rule(session, caller, rule_id, request.app.state.clock.now())
    return Response(status_code=204)


# --- deliveries -----------------------------------------------------------------------------------------------------


@router.get("/notices/deliveries", responses=problems(401, 403, 422))
async def deliveries(
    caller: MayManage,
    session: Reads,
    channel: Annotated[UUID | None, Query()] = None,
    state: Annotated[Literal["waiting", "sent", "dead"] | None, Query()] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[DeliveryOut]:
    """What was sent, waits, or was put aside (`state=dead`), the newest first."""
    behind = None if after is None else cursor_decode("notices.deliveries", after, datetime, UUID)
    found = await settings_store.deliveries(session, caller.regions, channel, state, behind, limit + 1)
    following = None
    if len(found) > limit:
        following = cursor_encode("notices.deliveries", found[limit - 1].created_at, found[limit - 1].id)
    return Page(items=[DeliveryOut.of(row) for row in found[:limit]], next=following)


@router.post("/notices/deliveries/{delivery_id}/again", status_code=202, responses=problems(401, 403, 404))
async def send_again(request: Request, caller: MayManage, session: Writes, delivery_id: UUID) -> Response:
    """Put a delivery that was put aside in line again, under the same idempotency key."""
    await service.send_again(session, caller, delivery_id, request.app.state.clock.now())
    return Response(status_code=202)


def _etag(kind: str, row: Row[Any]) -> str:
    return etag_of(f"notice.{kind}", row.id, row.version)
