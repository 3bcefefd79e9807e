"""Why a camera does not play: what is known about it, the steps to a picture, and the finding. Pure rules.

The steps stand in the order a picture takes them; the finding is about the first one that failed. Every rule reads
facts that can be shown beside it, so a person can check what the machine says.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from commonsight.connect.conversation import Conversation, Said
from commonsight.connect.gb28181.traced import Told

State = Literal["ok", "failed", "unknown", "skipped"]

LOSS_MUCH: Final = 0.02
"""Share of packets lost from which a picture breaks visibly."""
FRESH_SECONDS: Final = 900.0
"""Older tries say nothing about now."""

GB_STEPS: Final = ("address", "signalling", "registered", "invited", "answered", "stream", "picture")
PLAIN_STEPS: Final = ("address", "reached", "answered", "stream", "picture")

_STATUS_FINDING: Final = {
    401: "login", 403: "login", 407: "login", 404: "channel_unknown", 408: "device_timeout", 480: "channel_offline",
    486: "busy", 488: "media_refused", 415: "media_refused", 503: "busy", 600: "busy", 603: "busy",
}  # fmt: skip
_TO_INVITE = re.compile(rb"(?im)^CSeq\s*:\s*\d+\s+INVITE\b")
_STATUS_LINE = re.compile(r"SIP/2\.0 (\d{3})")


@dataclass(frozen=True, slots=True)
class Tried:
    """The last try to play it, as `probes` holds it. `error`: a source code, `undecodable`, or None when it played."""

    at: datetime
    reachable: bool
    answered: bool
    first_frame: bool
    milliseconds: int
    error: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceState:
    """The GB/T 28181 device behind the camera."""

    code: str
    name: str
    online: bool
    offline_reason: str | None
    registered_at: datetime | None
    keepalive_at: datetime | None
    host: str | None


@dataclass(frozen=True, slots=True)
class Call:
    """The last dialog with the channel. `report`: the receiver's counters (`connect.model.Counters`), {} when none."""

    stage: str
    reason: str
    offer: str
    answer: str
    report: Mapping[str, Any] = field(default_factory=dict)

    def count(self, name: str) -> int:
        value = self.report.get(name, 0)
        return value if isinstance(value, int) else 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known. `device` and what follows it is about GB/T 28181 only.

    `conversation`: what was said over RTSP or HTTP at the last check that a person asked for. `signalling`: whether the
    signalling process answers. `refused`: why the device's registrations were turned away (`registrar`), or "".
    """

    now: datetime
    protocol: str | None
    archived: bool
    tried: Tried | None
    last_good_at: datetime | None
    signalling: bool = True
    device_code: str = ""
    device: DeviceState | None = None
    refused: str = ""
    call: Call | None = None
    ladder: Sequence[Told] = ()
    conversation: Conversation | None = None

    @property
    def gb(self) -> bool:
        return self.protocol == "gb28181"

    @property
    def said(self) -> Sequence[Told | Said]:
        """The messages between the camera, or the device before it, and us."""
        return self.ladder if self.conversation is None else self.conversation.said

    @property
    def fresh(self) -> Tried | None:
        """The last try, if it is recent enough to speak of now."""
        if self.tried is None or self.now - self.tried.at > timedelta(seconds=FRESH_SECONDS):
            return None
        return self.tried


@dataclass(frozen=True, slots=True)
class Step:
    """One step to a picture. `detail`: a fact, not a sentence: a status line, an address, figures."""

    name: str
    state: State
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, as a message code after `inspect.why_`, and what the message's placeholders are."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The finding and the steps that led to it."""

    finding: Finding
    steps: tuple[Step, ...]


def diagnose(evidence: Evidence) -> Diagnosis:
    """Walks the steps until one fails."""
    walk = _gb(evidence) if evidence.gb else _plain(evidence)
    steps: list[Step] = []
    finding: Finding | None = None
    for step, wrong in walk:
        steps.append(step)
        if wrong is not None:
            finding = wrong
            break
    names = GB_STEPS if evidence.gb else PLAIN_STEPS
    steps += [Step(name, "skipped") for name in names[len(steps) :]]
    return Diagnosis(finding or _overall(evidence), tuple(steps))


def loss(call: Call) -> float:
    """Share of packets that never came, 0 to 1."""
    lost, came = call.count("packets_lost"), call.count("packets")
    return lost / (lost + came) if lost + came else 0.0


def statuses(ladder: Sequence[Told]) -> list[tuple[int, str]]:
    """Status and line of every answer to our last INVITE, in the order they came."""
    asked = next(
        (told for told in reversed(ladder) if told.direction == "out" and told.line.startswith("INVITE ")), None
    )
    found = []
    for told in ladder:
        status = _STATUS_LINE.match(told.line)
        if status is None or asked is None or told.direction != "in" or told.call_id != asked.call_id:
            continue
        if _TO_INVITE.search(told.raw):  # the answer to BYE has the same Call-ID
            found.append((int(status[1]), told.line))
    return found


Walked = list[tuple[Step, Finding | None]]


def _plain(evidence: Evidence) -> Walked:
    """RTSP and HTTP: the probe itself says how far it came."""
    walk = _address(evidence)
    tried = evidence.fresh
    if tried is None:
        return walk
    error = tried.error
    here = f"{tried.milliseconds} ms"
    walk.append((Step("reached", "ok" if tried.reachable else "failed", here), _source(error, not tried.reachable)))
    heard = next((one.line for one in reversed(evidence.said) if one.direction == "in"), here)
    walk.append((Step("answered", "ok" if tried.answered else "failed", heard), _source(error, not tried.answered)))
    walk.append(_came(evidence, tried))
    walk.append((_picture(tried), _source(error, not tried.first_frame)))
    return walk


def _came(evidence: Evidence, tried: Tried) -> tuple[Step, Finding | None]:
    """What the packets say, when they were counted."""
    call = evidence.call
    if call is None or not call.count("packets"):
        return Step("stream", "ok" if tried.first_frame else "unknown"), None
    values = {
        "packets": call.count("packets"), "lost": call.count("packets_lost"),
        "reordered": call.count("packets_reordered"), "share": f"{loss(call):.1%}",
    }  # fmt: skip
    facts = f"{values['packets']} / -{values['lost']} / ~{values['reordered']}"
    if loss(call) > LOSS_MUCH and not tried.first_frame:
        return Step("stream", "failed", facts), Finding("loss", values)
    return Step("stream", "ok", facts), None


def _gb(evidence: Evidence) -> Walked:
    walk = _address(evidence)
    if walk[-1][1] is not None:
        return walk
    if not evidence.signalling:
        return [*walk, (Step("signalling", "failed"), Finding("no_signalling"))]
    walk.append((Step("signalling", "ok"), None))
    walk.append(_registered(evidence))
    if walk[-1][1] is not None:
        return walk
    invited = any(told.direction == "out" and told.line.startswith("INVITE ") for told in evidence.ladder)
    if not invited and evidence.call is None:
        tried = evidence.fresh
        if tried is not None and tried.first_frame:
            return [
                *walk,
                *((Step(name, "ok"), None) for name in ("invited", "answered", "stream")),
                (_picture(tried), None),
            ]
        return [*walk, (Step("invited", "unknown"), Finding("not_tried"))]
    walk.append((Step("invited", "ok"), None))
    walk.append(_answered(evidence))
    if walk[-1][1] is None:
        walk += _streamed(evidence)
    return walk


def _address(evidence: Evidence) -> Walked:
    if evidence.archived:
        return [(Step("address", "failed"), Finding("archived"))]
    if evidence.protocol is None:
        return [(Step("address", "failed"), Finding("no_source"))]
    return [(Step("address", "ok", evidence.protocol), None)]


def _registered(evidence: Evidence) -> tuple[Step, Finding | None]:
    device, values = evidence.device, {"device": evidence.device_code}
    if device is None:
        code = f"refused_{evidence.refused}" if evidence.refused else "device_unknown"
        return Step("registered", "failed", evidence.refused or None), Finding(code, values)
    values |= {"name": device.name, "host": device.host or "?"}
    if device.online:
        return Step("registered", "ok", device.host), None
    if evidence.refused:
        return Step("registered", "failed", evidence.refused), Finding(f"refused_{evidence.refused}", values)
    if device.registered_at is None:
        return Step("registered", "failed"), Finding("never_registered", values)
    since = device.keepalive_at or device.registered_at
    values["since"] = since.isoformat(timespec="seconds")
    reason = device.offline_reason or "silent"
    return Step("registered", "failed", reason), Finding(f"offline_{reason}", values)


def _answered(evidence: Evidence) -> tuple[Step, Finding | None]:
    heard = statuses(evidence.ladder)
    finals = [(status, line) for status, line in heard if status >= 200]
    if not finals:
        if evidence.call is not None and evidence.call.answer:
            return Step("answered", "ok"), None
        return Step("answered", "failed"), Finding("device_timeout" if heard else "invite_silent")
    status, line = finals[-1]
    if status < 300:
        return Step("answered", "ok", line), None
    code = _STATUS_FINDING.get(status, "invite_refused")
    return Step("answered", "failed", line), Finding(code, {"line": line.removeprefix("SIP/2.0 ")})


def _streamed(evidence: Evidence) -> Walked:
    call, tried = evidence.call, evidence.fresh
    packets = 0 if call is None else call.count("packets")
    expected, seen = (0, 0) if call is None else (call.count("ssrc_expected"), call.count("ssrc_seen"))
    if call is not None and call.report:
        values = {
            "packets": packets, "lost": call.count("packets_lost"), "reordered": call.count("packets_reordered"),
            "share": f"{loss(call):.1%}", "expected": f"{expected:010d}", "seen": f"{seen:010d}",
        }  # fmt: skip
        facts = f"{packets} / -{values['lost']} / ~{values['reordered']}"
        if packets == 0:
            wrong_ssrc = seen not in (0, expected)
            return [(Step("stream", "failed", facts), Finding("ssrc" if wrong_ssrc else _no_packets(call), values))]
        if loss(call) > LOSS_MUCH:
            return [(Step("stream", "failed", facts), Finding("loss", values))]
        stream = (Step("stream", "ok", facts), None)
    elif tried is not None and tried.first_frame:
        stream = (Step("stream", "ok"), None)
    else:
        if call is not None and call.reason == "device_bye":
            return [(Step("stream", "failed", call.reason), Finding("device_bye"))]
        return [(Step("stream", "unknown"), Finding("no_packets") if tried is not None and tried.error else None)]
    if tried is None:
        return [stream]
    return [stream, (_picture(tried), _source(tried.error, not tried.first_frame))]


def _no_packets(call: Call) -> str:
    """Nothing came: over TCP nobody connected; else the way is blocked, or the address offered is out of reach."""
    return "no_connection" if "TCP/RTP/AVP" in call.offer else "no_packets"


def _picture(tried: Tried) -> Step:
    return Step("picture", "ok" if tried.first_frame else "failed", f"{tried.milliseconds} ms")


def _source(error: str | None, wrong: bool) -> Finding | None:
    return Finding(f"source_{error or 'no_video'}") if wrong else None


def _overall(evidence: Evidence) -> Finding:
    tried = evidence.fresh
    if tried is not None and tried.first_frame:
        return Finding("plays", {"milliseconds": tried.milliseconds})
    if tried is None:
        return Finding("not_tried")
    return Finding("not_known", {"error": tried.error or "-"})
