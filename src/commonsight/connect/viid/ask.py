"""Asking a lower platform to send us what its cameras recognise (subscribe), and to stop.

Only the address an operator filed is asked; redirects are not followed; answers are small and bounded.
"""

import asyncio
import json
import secrets
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import aiohttp
from yarl import URL

from commonsight import network
from commonsight.connect.model import SourceCode, SourceError
from commonsight.connect.viid.model import CONTENT_TYPE, FORMS, Malformed, inside, items, parse
from commonsight.connect.viid.store import Subscribed
from commonsight.connect.wire.digest import Credentials, parse_challenges

TIMEOUT: Final = 10.0
MAX_ANSWER: Final = 262_144


async def subscribe(
    url: str, given: Subscribed, *, us: str, receive: str, password: str | None, zone: ZoneInfo, now: datetime,
    cancel: bool = False,
) -> None:  # fmt: skip
    """Post or cancel a subscription. Raises `SourceError` when the platform does not agree.

    Args:
        url: the platform's base address.
        us: our identifier. receive: our base address, where it is to send.
        password: ours at that platform, if it asks for one.
        zone: of the times it is told.
    """
    base = url.rstrip("/") + "/VIID/Subscribes"
    if cancel:
        document = {"SubscribeObject": _cancelled(given, us, zone, now)}
        status, message = await _sent("PUT", f"{base}/{given.id}", document, us, password)
    else:
        document = {"SubscribeListObject": {"SubscribeObject": [_object(given, us, receive, zone)]}}
        status, message = await _sent("POST", base, document, us, password)
    if status >= 400:
        raise SourceError(SourceCode.REFUSED, f"HTTP {status}")
    try:
        listing = inside(message, "ResponseStatusListObject", "ResponseStatusList", "ResponseStatusObject")
        answers = items(listing, "ResponseStatusObject")
    except Malformed as error:
        raise SourceError(SourceCode.PROTOCOL, str(error)) from None
    for each in answers:
        code = each.get("StatusCode") if isinstance(each, dict) else None
        if str(code) != "0":
            said = each.get("StatusString", "") if isinstance(each, dict) else ""
            raise SourceError(SourceCode.REFUSED, f"status {code}: {said}"[:200])


def identifier(us: str, now: datetime, zone: ZoneInfo) -> str:
    """A subscription's identifier as platforms expect it: 12 digits of ours, `03`, the time, five digits."""
    return f"{us[:12]:0<12}03{now.astimezone(zone):%Y%m%d%H%M%S}{secrets.randbelow(100_000):05d}"


def _cancelled(given: Subscribed, us: str, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    return {
        "SubscribeID": given.id,
        "SubscribeCancelOrg": us,
        "SubscribeCancelPerson": us,
        "CancelTime": f"{now.astimezone(zone):%Y%m%d%H%M%S}",
        "CancelReason": "no longer needed",
    }


def _object(given: Subscribed, us: str, receive: str, zone: ZoneInfo) -> dict[str, Any]:
    def local(moment: datetime) -> str:
        return f"{moment.astimezone(zone):%Y%m%d%H%M%S}"

    return {
        "SubscribeID": given.id,
        "Title": "commonsight",
        "SubscribeDetail": ",".join(FORMS[kind].detail for kind in given.kinds),
        "ResourceURI": given.device,
        "ApplicantName": us,
        "ApplicantOrg": us,
        "BeginTime": local(given.begins_at),
        "EndTime": local(given.ends_at),
        "ReceiveAddr": receive.rstrip("/") + "/VIID/SubscribeNotifications",
        "ReportInterval": 1,
        "Reason": "statistics",
        "OperateType": 0,
        "SubscribeStatus": 0,
        "ResultImageDeclare": "-1",
        "ResultFeatureDeclare": -1,
    }


async def _sent(
    method: str, url: str, document: dict[str, Any], us: str, password: str | None
) -> tuple[int, dict[str, Any]]:
    """Send a message, proving our password when asked to; status and answer."""
    where = URL(url)
    headers = {"Content-Type": CONTENT_TYPE, "User-Identify": us}
    data = json.dumps(document, ensure_ascii=False).encode()
    try:
        connector = aiohttp.TCPConnector(socket_factory=network.FILED.socket_to(where.host or ""))
        async with (
            asyncio.timeout(TIMEOUT),
            aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session,
        ):
            for proven in (False, True):
                async with session.request(
                    method, where, data=data, headers=headers, allow_redirects=False
                ) as response:
                    if response.status == 401 and not proven and password is not None:
                        challenges = parse_challenges(response.headers.getall("WWW-Authenticate", []))
                        if not challenges or challenges[0].scheme != "digest":
                            raise SourceError(SourceCode.UNAUTHORIZED, "it asks for a proof we do not give")
                        proof = Credentials(us, password, challenges[0])
                        headers["Authorization"] = proof.authorization(method, where.raw_path_qs)
                        continue
                    if response.status in (401, 403):
                        raise SourceError(SourceCode.UNAUTHORIZED, f"HTTP {response.status}")
                    if 300 <= response.status < 400:
                        raise SourceError(SourceCode.PROTOCOL, "it sends us elsewhere (redirect)")
                    body = bytearray()
                    async for chunk in response.content.iter_any():
                        body += chunk
                        if len(body) > MAX_ANSWER:
                            raise SourceError(SourceCode.PROTOCOL, f"an answer of more than {MAX_ANSWER} bytes")
                    return response.status, parse(bytes(body)) if response.status < 400 else {}
    except TimeoutError:
        raise SourceError(SourceCode.TIMEOUT, f"no answer within {TIMEOUT:g} s") from None
    except Malformed as error:
        raise SourceError(SourceCode.PROTOCOL, str(error)) from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise SourceError(SourceCode.UNREACHABLE, f"{type(error).__name__}: {error}"[:200]) from None
    raise SourceError(SourceCode.UNAUTHORIZED, "it keeps asking for a password")
