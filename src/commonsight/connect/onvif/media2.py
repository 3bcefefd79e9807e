"""Media2 (ONVIF profile T): the profiles with H.265 that the older media service cannot name.

The kept library carries no description of this service, so the two questions it needs are asked here, over the
library's own session and with its proof of the password.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from lxml import etree  # type: ignore[import-untyped]

from commonsight.connect.model import SourceCode, SourceError
from commonsight.connect.onvif.model import CODECS, Profile, pinned, text
from commonsight.connect.onvif.soap import Soap

NAMESPACE = "http://www.onvif.org/ver20/media/wsdl"
PROFILES_MOST = 64

_ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
_SCHEMA = "http://www.onvif.org/ver10/schema"
_NAMES = {"e": _ENVELOPE, "m": NAMESPACE, "s": _SCHEMA}


async def profiles(soap: Soap, url: str) -> list[Profile]:
    """The device's Media2 profiles with their URLs. Raises `SourceError`."""
    answer = await _ask(soap, url, "GetProfiles", [("Type", "All")])
    found: list[Profile] = []
    for given in answer.iterfind(".//m:Profiles", _NAMES):
        if len(found) >= PROFILES_MOST:
            break
        encoder = given.find(".//m:VideoEncoder", _NAMES)
        token = given.get("token", "")
        found.append(
            Profile(
                token=token,
                name=text(given.findtext("m:Name", "", _NAMES)),
                service=2,
                codec=CODECS.get(_told(encoder, "s:Encoding")),
                width=_whole(_told(encoder, "s:Resolution/s:Width")),
                height=_whole(_told(encoder, "s:Resolution/s:Height")),
                fps=_number(_told(encoder, "s:RateControl/s:FrameRateLimit")),
                source=text(given.findtext(".//m:VideoSource/s:SourceToken", "", _NAMES)),
                ptz=given.find(".//m:PTZ", _NAMES) is not None,
                stream_url=await _offered(soap, url, "GetStreamUri", [("Protocol", "RTSP"), ("ProfileToken", token)]),
                snapshot_url=await _offered(soap, url, "GetSnapshotUri", [("ProfileToken", token)]),
            )
        )
    return found


async def _offered(soap: Soap, url: str, operation: str, values: list[tuple[str, str]]) -> str | None:
    try:
        answer = await _ask(soap, url, operation, values)
    except SourceError as error:
        if error.code is SourceCode.PROTOCOL:
            return None
        raise
    return pinned(answer.findtext(".//m:Uri", "", _NAMES), soap.host, soap.port)


async def _ask(soap: Soap, url: str, operation: str, values: list[tuple[str, str]]) -> Any:
    envelope = etree.Element(f"{{{_ENVELOPE}}}Envelope", nsmap={"e": _ENVELOPE, "m": NAMESPACE})
    header = etree.SubElement(envelope, f"{{{_ENVELOPE}}}Header")
    body = etree.SubElement(envelope, f"{{{_ENVELOPE}}}Body")
    asked = etree.SubElement(body, f"{{{NAMESPACE}}}{operation}")
    for name, value in values:
        etree.SubElement(asked, f"{{{NAMESPACE}}}{name}").text = value
    _prove(soap, envelope, header)
    headers = {"Content-Type": f'application/soap+xml; charset=utf-8; action="{NAMESPACE}/{operation}"'}
    status, data = await soap.post(url, etree.tostring(envelope, xml_declaration=True, encoding="UTF-8"), headers)
    try:
        # What a device writes is read by the parser that knows no entities; only our own message is built with lxml.
        answer = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise SourceError(SourceCode.PROTOCOL, f"ONVIF Media2: HTTP {status}, no XML") from None
    fault = answer.find(".//e:Fault", _NAMES)
    if fault is not None or status >= 400:
        told = " ".join("".join(answer.itertext()).split())[:200]
        unauthorized = status in (401, 403) or "NotAuthorized" in told or "FailedAuthentication" in told
        raise SourceError(SourceCode.UNAUTHORIZED if unauthorized else SourceCode.PROTOCOL, f"ONVIF Media2: {told}")
    return answer


def _prove(soap: Soap, envelope: Any, header: Any) -> None:
    """The library's own UsernameToken, by the device's clock."""
    username, password = soap.credentials
    if username is None:
        return
    from onvif.client import UsernameDigestTokenDtDiff  # type: ignore[import-untyped]

    difference = None if soap.clock_difference is None else timedelta(seconds=soap.clock_difference)
    token = UsernameDigestTokenDtDiff(
        username, password or "", dt_diff=difference, use_digest=True, created=datetime.now(UTC).replace(tzinfo=None)
    )
    token.apply(envelope, header)


def _told(element: Any, path: str) -> str:
    return (element.findtext(path, "", _NAMES) or "").strip() if element is not None else ""


def _whole(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 6 else 0


def _number(value: str) -> float:
    try:
        return max(0.0, min(float(value), 1_000.0))
    except ValueError:
        return 0.0
