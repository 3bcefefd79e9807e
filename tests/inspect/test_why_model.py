"""Each way not to play has its finding, its first failed step, and words in both languages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.gb28181.model import Reason
from commonsight.connect.gb28181.traced import Told
from commonsight.connect.model import SourceCode
from commonsight.connect.sip.peer import Peer
from commonsight.inspect import why_model
from commonsight.inspect.why_model import Call, DeviceState, Evidence, Tried, diagnose
from commonsight.text import catalogue

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
DEVICE = "45010000001180000001"
PEER = Peer("local", "udp", "10.0.0.9", 5060)
PLAYED = Tried(NOW, True, True, True, 480)
OFFER = "m=video 30000 RTP/AVP 96"
OFFER_TCP = "m=video 30000 TCP/RTP/AVP 96"
UNANSWERED = Call("gone", "", OFFER, "")


def failed(error: str, *, reachable: bool = True, answered: bool = True) -> Tried:
    return Tried(NOW, reachable, answered, False, 6000, error)


def told(direction: str, line: str, cseq: str, second: int = 0) -> Told:
    raw = f"{line}\r\nCSeq: {cseq}\r\n\r\n".encode()
    at = NOW + timedelta(seconds=second)
    return Told(at, direction, PEER, ("127.0.0.1", 5060), line, "call-1", raw, len(raw))


INVITE = told("out", f"INVITE sip:{DEVICE}@10.0.0.9 SIP/2.0", "1 INVITE")
TRYING = told("in", "SIP/2.0 100 Trying", "1 INVITE", 1)
OK = told("in", "SIP/2.0 200 OK", "1 INVITE", 2)
BYE_OK = told("in", "SIP/2.0 200 OK", "2 BYE", 9)
ONLINE = DeviceState(DEVICE, "North gate", True, None, NOW, NOW, "10.0.0.9")
PLAIN = Evidence(NOW, "rtsp", False, PLAYED, NOW)
GB = Evidence(NOW, "gb28181", False, PLAYED, NOW, True, DEVICE, ONLINE, "", None, (INVITE, TRYING, OK))


def call(offer: str = OFFER, reason: str = "", **report: int) -> Call:
    return Call("open", reason, offer, "v=0", report)


def refused(line: str) -> tuple[Told, ...]:
    return INVITE, TRYING, told("in", line, "1 INVITE", 2)


CASES = [
    (replace(PLAIN, archived=True), "archived", "address"),
    (replace(PLAIN, protocol=None), "no_source", "address"),
    (replace(PLAIN, tried=None), "not_tried", None),
    (replace(PLAIN, tried=replace(PLAYED, at=NOW - timedelta(hours=1))), "not_tried", None),
    (replace(PLAIN, tried=failed("unreachable", reachable=False, answered=False)), "source_unreachable", "reached"),
    (replace(PLAIN, tried=failed("timeout", answered=False)), "source_timeout", "answered"),
    (replace(PLAIN, tried=failed("unauthorized")), "source_unauthorized", "picture"),
    (replace(PLAIN, tried=failed("undecodable")), "source_undecodable", "picture"),
    (PLAIN, "plays", None),
    (GB, "plays", None),
    (replace(GB, ladder=()), "plays", None),
    (replace(GB, signalling=False), "no_signalling", "signalling"),
    (replace(GB, device=None), "device_unknown", "registered"),
    (replace(GB, device=None, refused="password_wrong"), "refused_password_wrong", "registered"),
    (
        replace(GB, device=replace(ONLINE, online=False, offline_reason=None, registered_at=None)),
        "never_registered", "registered",
    ),
    (
        replace(GB, device=replace(ONLINE, online=False, offline_reason="keepalive_missed")),
        "offline_keepalive_missed", "registered",
    ),
    (
        replace(GB, device=replace(ONLINE, online=False, offline_reason="unregistered"), refused="password_wrong"),
        "refused_password_wrong", "registered",
    ),
    (replace(GB, tried=None, ladder=()), "not_tried", None),
    (replace(GB, tried=failed("timeout"), ladder=(INVITE,), call=UNANSWERED), "invite_silent", "answered"),
    (replace(GB, tried=failed("timeout"), ladder=(INVITE, TRYING), call=None), "device_timeout", "answered"),
    (replace(GB, tried=failed("refused"), ladder=refused("SIP/2.0 486 Busy Here")), "busy", "answered"),
    (replace(GB, tried=failed("not_found"), ladder=refused("SIP/2.0 404 Not Found")), "channel_unknown", "answered"),
    (replace(GB, tried=failed("protocol"), ladder=refused("SIP/2.0 499 Vendor")), "invite_refused", "answered"),
    (replace(GB, tried=failed("protocol"), ladder=refused("SIP/2.0 488 No"), call=call()), "media_refused", "answered"),
    (
        replace(GB, tried=failed("no_video"), call=call(packets=0, ssrc_expected=100000001)),
        "no_packets", "stream",
    ),
    (
        replace(GB, tried=failed("no_video"), call=call(OFFER_TCP, packets=0, ssrc_expected=100000001)),
        "no_connection", "stream",
    ),
    (
        replace(GB, tried=failed("no_video"), call=call(packets=0, ssrc_expected=100000001, ssrc_seen=7)),
        "ssrc", "stream",
    ),
    (replace(GB, tried=failed("no_video"), call=call(packets=900, packets_lost=100)), "loss", "stream"),
    (replace(GB, tried=failed("no_video"), call=call(packets=900, packets_lost=1)), "source_no_video", "picture"),
    (replace(GB, tried=failed("unsupported_codec"), call=call(packets=9)), "source_unsupported_codec", "picture"),
    (replace(GB, tried=failed("lost"), call=call(reason="device_bye")), "device_bye", "stream"),
    (replace(GB, ladder=(INVITE, TRYING, OK, BYE_OK), call=call(packets=50)), "plays", None),
]  # fmt: skip


@pytest.mark.parametrize(("evidence", "code", "step"), CASES, ids=[f"{n}-{case[1]}" for n, case in enumerate(CASES)])
def test_the_finding_is_about_the_first_step_that_failed(evidence: Evidence, code: str, step: str | None) -> None:
    found = diagnose(evidence)
    assert found.finding.code == code
    wrong = [one.name for one in found.steps if one.state == "failed"]
    assert wrong == ([step] if step else [])
    names = why_model.GB_STEPS if evidence.gb else why_model.PLAIN_STEPS
    assert tuple(one.name for one in found.steps) == names
    if step:
        after = [one.state for one in found.steps[names.index(step) + 1 :]]
        assert set(after) <= {"skipped"}


def test_every_finding_has_its_words_and_no_placeholder_stays_empty() -> None:
    for evidence, code, _ in CASES:
        for key in (f"inspect.why_{code}", f"inspect.why_{code}_next"):
            for said in catalogue()[key].values():
                said.format(**diagnose(evidence).finding.values)
    words = catalogue()
    for name in (*why_model.GB_STEPS, *why_model.PLAIN_STEPS):
        assert f"inspect.why_step_{name}" in words
    for source in [code.value for code in SourceCode] + ["undecodable"]:
        assert f"inspect.why_source_{source}" in words
    for reason in Reason:
        assert f"inspect.why_offline_{reason.value}" in words
    for why in ("password_wrong", "password_missing", "unknown", "code_malformed", "too_many_devices"):
        assert f"inspect.why_refused_{why}" in words
    for code in {*why_model._STATUS_FINDING.values()}:
        assert f"inspect.why_{code}_next" in words


words_of = st.sampled_from(
    ["INVITE sip:a@b SIP/2.0", "SIP/2.0 100 Trying", "SIP/2.0 200 OK", "SIP/2.0 404 x", "SIP/2.0 999", "ACK x", ""]
)
lines = st.builds(told, st.sampled_from(["in", "out"]), words_of, st.sampled_from(["1 INVITE", "2 BYE", "x"]))
figures = st.dictionaries(
    st.sampled_from(["packets", "packets_lost", "packets_reordered", "ssrc_expected", "ssrc_seen", "bytes"]),
    st.one_of(st.integers(0, 10**10), st.none(), st.text(max_size=3)),
)
errors = st.sampled_from([None, "timeout", "no_video", "undecodable", "brand_new"])
tries = st.one_of(
    st.none(),
    st.builds(Tried, st.just(NOW), st.booleans(), st.booleans(), st.booleans(), st.integers(0, 9), errors),
)


@given(
    st.sampled_from([None, "rtsp", "http", "gb28181"]), st.booleans(), tries, st.booleans(),
    st.sampled_from([None, ONLINE, replace(ONLINE, online=False)]), st.lists(lines, max_size=6),
    st.one_of(st.none(), st.builds(Call, st.just("x"), st.just(""), st.just(OFFER), st.just(""), figures)),
)  # fmt: skip
def test_whatever_is_known_there_is_one_finding(protocol, archived, tried, alive, device, ladder, last):
    evidence = Evidence(NOW, protocol, archived, tried, None, alive, DEVICE, device, "", last, ladder)
    found = diagnose(evidence)
    assert found.finding.code
    assert [one.state for one in found.steps].count("failed") <= 1
    assert len(found.steps) == len(why_model.GB_STEPS if evidence.gb else why_model.PLAIN_STEPS)
