"""What another media server asks about its viewers, in the two forms such servers speak.

MediaMTX posts JSON for every viewer (`authMethod: http`, `authHTTPAddress`); nginx-rtmp posts a form when a player
comes (`on_play`), every few seconds while it stays (`on_update`), and when it has gone (`on_play_done`). Both forms are
described in those servers' public documentation. Pure reading, nothing is decided here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import parse_qs
from uuid import UUID

from commonsight.problem import Refusal

TEXT_MOST: Final = 500
"""Longest text taken from a server, characters; a ticket has 43."""
_CALLS: Final = {
    "play": "watch",
    "update_play": "stay",
    "play_done": "gone",
    "publish": "feed",
    "update_publish": "feed",
}


class Call(StrEnum):
    """`watch`: may this viewer begin; `stay`: may they go on; `gone`: they have left; `feed`: may the server's own pull
    go on, asked with the server's ticket."""

    WATCH = "watch"
    STAY = "stay"
    GONE = "gone"
    FEED = "feed"


@dataclass(frozen=True, slots=True)
class Ask:
    """One question. `address`: of the viewer; `connection`: the server's own name for this view, "" if it has none."""

    call: Call
    camera_id: UUID
    ticket: str
    address: str
    connection: str


def from_json(document: Any) -> Ask:
    """A question of MediaMTX. The ticket stands in the address's query (`ticket=`), or is the token or the password.

    Raises:
        Refusal: `media.handover_action` (403) for anything but reading, `media.handover_credentials` (401) when there
            is no ticket, `media.camera_invalid` (404), `media.handover_form` (422).
    """
    if not isinstance(document, dict):
        raise Refusal("media.handover_form", status=422, rule="an object", operand="body")
    action = _text(document, "action")
    if action != "read":
        raise Refusal("media.handover_action", status=403, rule="read only", operand="action", actual=action[:20])
    query = parse_qs(_text(document, "query"), max_num_fields=50)
    ticket = query.get("ticket", [""])[0] or _text(document, "token") or _text(document, "password")
    # One viewer asks again for every playlist over HTTP, each time under a new id: there the address tells them apart.
    connection = "" if _text(document, "protocol") == "hls" else _text(document, "id")
    return _ask(Call.WATCH, _text(document, "path"), ticket, _text(document, "ip"), connection)


def from_form(fields: Mapping[str, str]) -> Ask:
    """A question of nginx-rtmp.

    Raises:
        Refusal: as `from_json`.
    """
    call = _CALLS.get(fields.get("call", ""))
    if call is None:
        actual = fields.get("call", "")[:20]
        raise Refusal("media.handover_action", status=403, rule="play or publish", operand="call", actual=actual)
    name, ticket = _text(fields, "name"), _text(fields, "ticket")
    return _ask(Call(call), name, ticket, _text(fields, "addr"), _text(fields, "clientid"))


def _ask(call: Call, path: str, ticket: str, address: str, connection: str) -> Ask:
    try:
        camera_id = UUID(path.strip("/").rpartition("/")[2])
    except ValueError as error:
        raise Refusal("media.camera_invalid", status=404, operand="path", expected="UUID", actual=path[:64]) from error
    if not ticket:
        raise Refusal("media.handover_credentials", status=401, rule="a ticket", operand="ticket")
    return Ask(call, camera_id, ticket, address, connection)


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > TEXT_MOST or "\0" in value:
        raise Refusal("media.handover_form", status=422, rule=f"text of at most {TEXT_MOST}", operand=name)
    return value
