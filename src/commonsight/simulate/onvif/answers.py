"""What a virtual ONVIF camera says, in the words of the service descriptions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

ENVELOPE = """<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"
 xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:trt="http://www.onvif.org/ver10/media/wsdl"
 xmlns:tr2="http://www.onvif.org/ver20/media/wsdl" xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl"
 xmlns:ter="http://www.onvif.org/ver10/error"><s:Body>{}</s:Body></s:Envelope>"""

PROBE_MATCH = """<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">
<s:Header><w:MessageID>{message}</w:MessageID><w:RelatesTo>{relates}</w:RelatesTo>
<w:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</w:To>
<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</w:Action></s:Header>
<s:Body><d:ProbeMatches><d:ProbeMatch><w:EndpointReference><w:Address>{endpoint}</w:Address></w:EndpointReference>
<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>{scopes}</d:Scopes><d:XAddrs>{xaddrs}</d:XAddrs>
<d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"""

NAMESPACES = {
    "device": "http://www.onvif.org/ver10/device/wsdl",
    "media": "http://www.onvif.org/ver10/media/wsdl",
    "media2": "http://www.onvif.org/ver20/media/wsdl",
    "ptz": "http://www.onvif.org/ver20/ptz/wsdl",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A profile. `encoding`: H264, H265 or JPEG; `rtsp`, `snapshot`: where its pictures are."""

    token: str
    name: str
    encoding: str
    width: int
    height: int
    fps: int
    rtsp: str
    snapshot: str


def wrapped(body: str) -> str:
    return ENVELOPE.format(body)


def fault(code: str, reason: str) -> str:
    """A SOAP fault; `code` such as `ter:NotAuthorized`."""
    sub = f"<s:Subcode><s:Value>{code}</s:Value></s:Subcode>"
    said = f'<s:Reason><s:Text xml:lang="en">{escape(reason)}</s:Text></s:Reason>'
    return wrapped(f"<s:Fault><s:Code><s:Value>s:Sender</s:Value>{sub}</s:Code>{said}</s:Fault>")


def date_and_time(now: datetime) -> str:
    time = f"<tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second>"
    date = f"<tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day>"
    return wrapped(
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>"
        "<tt:DaylightSavings>false</tt:DaylightSavings>"
        f"<tt:UTCDateTime><tt:Time>{time}</tt:Time><tt:Date>{date}</tt:Date></tt:UTCDateTime>"
        "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )


def information(manufacturer: str, model: str, firmware: str, serial: str) -> str:
    told = {"Manufacturer": manufacturer, "Model": model, "FirmwareVersion": firmware, "SerialNumber": serial,
            "HardwareId": "1"}  # fmt: skip
    inner = "".join(f"<tds:{name}>{escape(value)}</tds:{name}>" for name, value in told.items())
    return wrapped(f"<tds:GetDeviceInformationResponse>{inner}</tds:GetDeviceInformationResponse>")


def services(base: str, names: Iterable[str]) -> str:
    inner = "".join(
        f"<tds:Service><tds:Namespace>{NAMESPACES[name]}</tds:Namespace><tds:XAddr>{escape(base)}/onvif/{name}</tds:XAddr>"
        "<tds:Version><tt:Major>2</tt:Major><tt:Minor>0</tt:Minor></tds:Version></tds:Service>"
        for name in names
    )
    return wrapped(f"<tds:GetServicesResponse>{inner}</tds:GetServicesResponse>")


def _source(shown: Shown, prefix: str) -> str:
    return (
        f'<{prefix} token="vs-config"><tt:Name>source</tt:Name><tt:UseCount>2</tt:UseCount>'
        f'<tt:SourceToken>vs</tt:SourceToken><tt:Bounds x="0" y="0" width="{shown.width}" height="{shown.height}"/>'
        f"</{prefix}>"
    )


def profiles(shown: Iterable[Shown]) -> str:
    inner = "".join(
        f'<trt:Profiles token={quoteattr(each.token)} fixed="true"><tt:Name>{escape(each.name)}</tt:Name>'
        + _source(each, "tt:VideoSourceConfiguration")
        + f'<tt:VideoEncoderConfiguration token="ve-{escape(each.token)}"><tt:Name>encoder</tt:Name>'
        f"<tt:UseCount>1</tt:UseCount><tt:Encoding>{each.encoding}</tt:Encoding>"
        f"<tt:Resolution><tt:Width>{each.width}</tt:Width><tt:Height>{each.height}</tt:Height></tt:Resolution>"
        f"<tt:Quality>5</tt:Quality><tt:RateControl><tt:FrameRateLimit>{each.fps}</tt:FrameRateLimit>"
        "<tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>2048</tt:BitrateLimit></tt:RateControl>"
        "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address>"
        "<tt:Port>0</tt:Port><tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
        "<tt:SessionTimeout>PT60S</tt:SessionTimeout></tt:VideoEncoderConfiguration>"
        '<tt:PTZConfiguration token="ptz"><tt:Name>ptz</tt:Name><tt:UseCount>2</tt:UseCount>'
        "<tt:NodeToken>node</tt:NodeToken></tt:PTZConfiguration></trt:Profiles>"
        for each in shown
    )
    return wrapped(f"<trt:GetProfilesResponse>{inner}</trt:GetProfilesResponse>")


def profiles2(shown: Iterable[Shown]) -> str:
    inner = "".join(
        f'<tr2:Profiles token={quoteattr(each.token)} fixed="true"><tr2:Name>{escape(each.name)}</tr2:Name>'
        f"<tr2:Configurations>{_source(each, 'tr2:VideoSource')}"
        f'<tr2:VideoEncoder token="ve-{escape(each.token)}"><tt:Name>encoder</tt:Name><tt:UseCount>1</tt:UseCount>'
        f"<tt:Encoding>{each.encoding}</tt:Encoding><tt:Resolution><tt:Width>{each.width}</tt:Width>"
        f"<tt:Height>{each.height}</tt:Height></tt:Resolution><tt:RateControl><tt:FrameRateLimit>{each.fps}"
        "</tt:FrameRateLimit><tt:BitrateLimit>2048</tt:BitrateLimit></tt:RateControl><tt:Quality>5</tt:Quality>"
        '</tr2:VideoEncoder><tr2:PTZ token="ptz"><tt:Name>ptz</tt:Name><tt:UseCount>2</tt:UseCount>'
        "<tt:NodeToken>node</tt:NodeToken></tr2:PTZ></tr2:Configurations></tr2:Profiles>"
        for each in shown
    )
    return wrapped(f"<tr2:GetProfilesResponse>{inner}</tr2:GetProfilesResponse>")


def media_uri(operation: str, uri: str) -> str:
    return wrapped(
        f"<trt:{operation}Response><trt:MediaUri><tt:Uri>{escape(uri)}</tt:Uri>"
        "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>"
        f"<tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:{operation}Response>"
    )


def media2_uri(operation: str, uri: str) -> str:
    return wrapped(f"<tr2:{operation}Response><tr2:Uri>{escape(uri)}</tr2:Uri></tr2:{operation}Response>")


def ptz_done(operation: str, inner: str = "") -> str:
    return wrapped(f"<tptz:{operation}Response>{inner}</tptz:{operation}Response>")


def ptz_position(element: str, place: tuple[float, float, float]) -> str:
    pan, tilt, zoom = (f"{value:.4f}" for value in place)
    return f'<{element}><tt:PanTilt x="{pan}" y="{tilt}"/><tt:Zoom x="{zoom}"/></{element}>'


def ptz_status(place: tuple[float, float, float], moving: bool, now: datetime) -> str:
    state = "MOVING" if moving else "IDLE"
    return ptz_done(
        "GetStatus",
        f"<tptz:PTZStatus>{ptz_position('tt:Position', place)}"
        f"<tt:MoveStatus><tt:PanTilt>{state}</tt:PanTilt><tt:Zoom>{state}</tt:Zoom></tt:MoveStatus>"
        f"<tt:UtcTime>{now:%Y-%m-%dT%H:%M:%SZ}</tt:UtcTime></tptz:PTZStatus>",
    )


def ptz_presets(presets: Iterable[tuple[str, str, tuple[float, float, float]]]) -> str:
    return ptz_done(
        "GetPresets",
        "".join(
            f"<tptz:Preset token={quoteattr(token)}><tt:Name>{escape(name)}</tt:Name>"
            f"{ptz_position('tt:PTZPosition', place)}</tptz:Preset>"
            for token, name, place in presets
        ),
    )
