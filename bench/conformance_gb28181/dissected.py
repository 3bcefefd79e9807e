"""What tshark says of the capture: every message of ours against the rules its dissectors know."""

from collections import Counter

from bench.conformance_gb28181.capture import Capture
from bench.conformance_gb28181.table import Table

METHODS = ("REGISTER", "MESSAGE", "NOTIFY", "SUBSCRIBE", "INVITE", "ACK", "BYE", "CANCEL", "INFO", "OPTIONS")
OURS = ("MESSAGE", "SUBSCRIBE", "INVITE", "ACK", "BYE", "CANCEL", "INFO")


async def check(capture: Capture, table: Table) -> None:
    """All of it."""
    if capture.why_not:
        table.skip("capture", "dissection of all messages", "tshark", capture.why_not)
        return
    ours = f"sip && (udp.srcport == {capture.port} || tcp.srcport == {capture.port})"
    theirs = f"sip && (udp.dstport == {capture.port} || tcp.dstport == {capture.port})"
    await _whole(capture, table, ours, theirs)
    await _requests(capture, table, ours)
    await _answers(capture, table, ours)
    await _bodies(capture, table, ours)
    await _calls(capture, table, ours)
    await _offers(capture, table, ours)


async def _whole(capture: Capture, table: Table, ours: str, theirs: str) -> None:
    seen = Counter(row[0] for row in await capture.fields("sip.Method", "sip.Method"))
    missing = [method for method in METHODS if not seen[method]]
    table.note("capture", "", "every method of the table was on the wire", "tshark", not missing, missing)
    count = await capture.count(ours)
    table.note("capture", "", "messages of ours were dissected as SIP", "tshark", count > 100, count)
    bad = await capture.fields(
        f"({ours}) && (_ws.malformed || _ws.expert.severity >= 0x800000)", "frame.number", "_ws.expert.message"
    )
    table.note(
        "capture", "", "none of ours is malformed or breaks a rule the dissector knows", "tshark", not bad, bad[:3]
    )
    answered = await capture.count(f'({theirs}) && sip.Method && sip.Method != "ACK"')
    answers = await capture.count(f"({ours}) && sip.Status-Code")
    table.note(
        "capture",
        "",
        "no request of theirs was left without an answer",
        "tshark",
        answers >= answered,
        (answered, answers),
    )


async def _requests(capture: Capture, table: Table, ours: str) -> None:
    for method in OURS:
        rows = await capture.fields(
            f"({ours}) && sip.Method == \"{method}\"",
            "sip.Via.branch", "sip.Max-Forwards", "sip.from.tag", "sip.Call-ID", "sip.CSeq.method", "sip.User-Agent",
        )  # fmt: skip
        whole = [
            row for row in rows
            if row[0].startswith("z9hG4bK") and row[1] == "70" and row[2] and row[3] and row[4] == method
        ]  # fmt: skip
        words = "Via branch, Max-Forwards, From tag, Call-ID and CSeq are right"
        table.note(
            method, "", words, "tshark", bool(rows) and len(whole) == len(rows), [r for r in rows if r not in whole][:2]
        )
    lengths = await capture.fields(
        f"({ours}) && sip.Method && sip.Content-Length", "sip.Content-Length", "sip.msg_body"
    )
    table.note("capture", "", "requests of ours say their Content-Length", "tshark", bool(lengths), len(lengths))


async def _answers(capture: Capture, table: Table, ours: str) -> None:
    rows = await capture.fields(
        f"({ours}) && sip.Status-Code == 401",
        "sip.auth.realm", "sip.auth.nonce", "sip.auth.algorithm", "sip.Call-ID", "sip.Via.branch",
    )  # fmt: skip
    good = bool(rows) and all(row[0] and row[1] and row[2] for row in rows)
    table.note("REGISTER", "", "every 401 carries realm, nonce and algorithm", "tshark", good, rows[:2])
    # A request that came twice is answered twice by the same challenge; that is no second one.
    requests: dict[str, set[tuple[str, str]]] = {}
    for row in rows:
        requests.setdefault(row[1], set()).add((row[3], row[4]))
    double = [nonce for nonce, asked in requests.items() if len(asked) > 1]
    table.note("REGISTER", "", "no nonce is used for two requests", "tshark", bool(rows) and not double, double[:2])
    offered = {name for row in rows for name in row[2].replace('"', "").split("\x1e")}
    table.note("REGISTER", "", "SM3 and MD5 were offered", "tshark", {"MD5", "SM3"} <= offered, offered)
    repeated = await capture.fields(
        f'({ours}) && sip.Via.branch contains "z9hG4bKrepeated"', "sip.Status-Code", "sip.to.tag"
    )
    tags = {row[1] for row in repeated}
    same = [row[0] for row in repeated] == ["200"] * 3 and len(tags) == 1
    table.note("MESSAGE", "udp", "a message sent three times: three times the same answer", "tshark", same, repeated)


async def _bodies(capture: Capture, table: Table, ours: str) -> None:
    for message, words, part in (
        ("DeviceControl", "PTZ right at full speed is A50F0101FF0000 and its check sum", "<PTZCmd>A50F0101FF0000B5"),
        ("DeviceControl", "PTZ stop is A50F0100000000 and its check sum", "<PTZCmd>A50F0100000000B5"),
        ("DeviceControl", "calling preset 3 is A50F0182000300 and its check sum", "<PTZCmd>A50F01820003003A"),
        ("Alarm", "is answered with a Response of its own", "<Response><CmdType>Alarm</CmdType>"),
        ("Catalog", "is asked for by a Query", "<Query><CmdType>Catalog</CmdType>"),
    ):
        found = await capture.count(f'({ours}) && frame contains "{part}"')
        table.note(message, "", words, "tshark", found > 0, found)
    rows = await capture.fields(
        f'({ours}) && sip.Method == "SUBSCRIBE"', "sip.Event", "sip.Expires", "sip.Content-Type"
    )
    good = [row for row in rows if row[0] and row[1].isdigit() and row[2].lower() == "application/manscdp+xml"]
    table.note(
        "SUBSCRIBE", "", "names Event, Expires and MANSCDP", "tshark", bool(rows) and len(good) == len(rows), rows[:2]
    )


async def _calls(capture: Capture, table: Table, ours: str) -> None:
    """Per call: which requests went out, by the Call-ID of its INVITE."""
    rows = await capture.fields(
        "sip.CSeq.method",
        "sip.Call-ID",
        "sip.Method",
        "sip.Status-Code",
        "sip.CSeq.method",
        "udp.srcport",
        "tcp.srcport",
        "sip.to.user",
    )
    own = str(capture.port)
    calls: dict[str, list[tuple[bool, str, str, str]]] = {}
    for call, method, status, cseq, udp, tcp, _ in rows:
        calls.setdefault(call, []).append((own in (udp, tcp), method, status, cseq))
    by_device = {call: user for call, method, _, _, _, _, user in rows if method == "INVITE"}

    def of(device: str) -> list[tuple[bool, str, str, str]]:
        return [step for call, steps in calls.items() if by_device.get(call) == device for step in steps]

    def sent(device: str, method: str) -> int:
        return sum(mine and name == method for mine, name, _, _ in of(device))

    busy, rings, late, twice = (f"450100000013200000{n}" for n in ("33", "35", "36", "37"))
    table.note(
        "ACK",
        "udp",
        "a refused INVITE is acknowledged, without BYE",
        "tshark",
        sent(busy, "ACK") >= 1 and not sent(busy, "BYE"),
        of(busy),
    )
    table.note(
        "CANCEL",
        "udp",
        "an INVITE that rings for ever is cancelled, its 487 acknowledged",
        "tshark",
        sent(rings, "CANCEL") >= 1 and sent(rings, "ACK") >= 1,
        of(rings),
    )
    table.note(
        "BYE",
        "udp",
        "a call accepted after we gave up is acknowledged and ended",
        "tshark",
        sent(late, "ACK") >= 1 and sent(late, "BYE") >= 1,
        of(late),
    )
    repeated = sum(not mine and status == "200" and cseq == "INVITE" for mine, _, status, cseq in of(twice))
    good = repeated >= 2 and sent(twice, "ACK") == repeated and sent(twice, "BYE") == 1
    table.note(
        "ACK", "udp", "every copy of a 200 is acknowledged, and one BYE ends the call", "tshark", good, of(twice)
    )
    numbers = await capture.fields(
        f'({ours}) && sip.Method && sip.Method != "CANCEL" && sip.Method != "ACK"',
        "sip.Call-ID",
        "sip.CSeq.seq",
        "sip.Via.branch",
    )
    last: dict[str, tuple[int, str]] = {}
    falls = []
    for call, number, branch in numbers:
        before = last.get(call, (0, ""))
        if int(number) < before[0] or (int(number) == before[0] and branch != before[1]):
            falls.append((call, before, number))
        last[call] = (int(number), branch)
    table.note(
        "capture", "", "within a call our CSeq only rises; repeats keep their branch", "tshark", not falls, falls[:2]
    )


async def _offers(capture: Capture, table: Table, ours: str) -> None:
    rows = await capture.fields(
        f"({ours}) && sip.Method == \"INVITE\"", "sdp.media", "sdp.session_name", "sdp.connection_info.address",
        "sdp.media_attr", "sip.Subject", "sip.msg_body",
    )  # fmt: skip
    offers = [row for row in rows if row[0]]
    table.note(
        "SDP",
        "",
        "every INVITE carries an SDP that the dissector reads",
        "tshark",
        bool(rows) and len(offers) == len(rows),
        len(rows),
    )
    good = [row for row in offers if row[0].startswith("video ") and "96" in row[0].split() and row[2] == "127.0.0.1"]
    table.note(
        "SDP",
        "",
        "m=video with payload type 96, at the address of the asking node",
        "tshark",
        len(good) == len(offers),
        offers[:1],
    )
    mapped = [row for row in offers if "rtpmap:96 PS/90000" in row[3] and "recvonly" in row[3]]
    table.note("SDP", "", "a=rtpmap:96 PS/90000 and a=recvonly", "tshark", len(mapped) == len(offers), offers[:1])
    names = {row[1] for row in offers}
    table.note("SDP", "", "s= says Play and Playback", "tshark", {"Play", "Playback"} <= names, names)
    subjects = [row[4] for row in offers]
    right = all(len(part.split(":")[0]) == 20 for subject in subjects for part in subject.split(","))
    table.note(
        "INVITE",
        "",
        "Subject names channel and stream number, and us",
        "tshark",
        bool(subjects) and right,
        subjects[:1],
    )
