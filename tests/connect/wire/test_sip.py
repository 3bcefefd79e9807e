"""Messages as devices write them, the writer against the parser, streams cut anywhere, and hostile bytes."""

from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from commonsight.connect.wire.sip import (
    MAX_BODY,
    MAX_DATAGRAM,
    MAX_HEAD,
    Headers,
    NameAddr,
    Request,
    Response,
    SipSyntaxError,
    StreamReader,
    Uri,
    Via,
    parse,
    parse_cseq,
    parse_name_addr,
    parse_uri,
    parse_via,
)

REGISTER = (
    b"REGISTER sip:34020000002000000001@3402000000 SIP/2.0\r\n"
    b"v: SIP/2.0/UDP 192.168.1.64:5060;rport;branch=z9hG4bK1, SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK0\r\n"
    b"f: <sip:34020000001320000001@3402000000>;tag=77\r\n"
    b"t: <sip:34020000001320000001@3402000000>\r\n"
    b"i: 901\r\n"
    b"CSeq: 1 REGISTER\r\n"
    b"m: <sip:34020000001320000001@192.168.1.64:5060>\r\n"
    b"X-Long: one\r\n  two\r\n"
    b"Expires: 3600\r\n"
    b"l: 0\r\n\r\n"
)


def test_a_register_with_compact_forms_folding_and_two_vias():
    message = parse(REGISTER)
    assert isinstance(message, Request)
    assert (message.method, message.uri) == ("REGISTER", "sip:34020000002000000001@3402000000")
    vias = [parse_via(value) for value in message.headers.all("via")]
    assert [(via.host, via.port, via.branch) for via in vias] == [
        ("192.168.1.64", 5060, "z9hG4bK1"),
        ("10.0.0.1", None, "z9hG4bK0"),
    ]
    assert vias[0].params["rport"] == ""
    assert message.headers.get("Call-ID") == "901"
    assert message.headers.get("x-long") == "one two"
    assert parse_name_addr(message.headers.get("from") or "").tag == "77"
    assert message.headers.get("expires") == "3600"
    assert message.headers.get("Date") is None


def test_names_in_older_encodings_are_read():
    head = 'MESSAGE sip:a@3402000000 SIP/2.0\r\nFrom: "广西" <sip:a@3402000000>;tag=1\r\n\r\n'
    for codec in ("utf-8", "gb18030"):
        message = parse(head.encode(codec))
        assert parse_name_addr(message.headers.get("From") or "").display == "广西"


def test_headers_keep_order_and_place():
    headers = Headers([("Via", "1"), ("f", "a"), ("Via", "2")])
    headers.set("VIA", "3")
    assert headers.items() == [("VIA", "3"), ("From", "a")]
    headers.add("v", "4")
    assert headers.all("Via") == ["3", "4"]
    headers.remove("via")
    assert headers.items() == [("From", "a")]
    assert "a" not in repr(headers).replace("Headers", "")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\r\n\r\n", "does not end"),
        (b"REGISTER sip:a@b SIP/3.0\r\n\r\n", "start line"),
        (b"SIP/2.0 99 Low\r\n\r\n", "status line"),
        (b"MESSAGE sip:a@b SIP/2.0\r\nno colon\r\n\r\n", "header line"),
        (b"MESSAGE sip:a@b SIP/2.0\r\nl: 5\r\n\r\nabc", "3 bytes of body"),
        (b"MESSAGE sip:a@b SIP/2.0\r\nl: 0\r\nContent-Length: 3\r\n\r\nabc", "one number"),
        (b"MESSAGE sip:a@b SIP/2.0\r\nTo: a\x00b\r\n\r\n", "control character"),
        (b"MESSAGE sip:a@b SIP/2.0\r\n" + b"To: a\r\n" * 101 + b"\r\n", "header fields"),
        (b"MESSAGE sip:a@b SIP/2.0\r\nVia: " + b"a," * 150 + b"b\r\n\r\n", "header fields"),
        (b"MESSAGE sip:a@b SIP/2.0\r\nTo: " + b"a" * MAX_HEAD + b"\r\n\r\n", "longer"),
        (b"x" * (MAX_DATAGRAM + 1), "datagram"),
    ],
)
def test_what_is_no_message_is_named(data, words):
    with pytest.raises(SipSyntaxError, match=words):
        parse(data)


def test_a_field_cannot_break_out_of_its_line():
    with pytest.raises(SipSyntaxError, match="control character in 'Subject'"):
        Request("INVITE", "sip:a@b", Headers([("Subject", "x\r\nVia: evil")])).encode()


tokens = st.text("abcXYZ019-_.", min_size=1, max_size=12)
values = st.text(st.characters(codec="utf-8", exclude_categories=("Cc",)), max_size=40).map(str.strip)
field_pairs = st.lists(st.tuples(tokens.map(lambda t: "X-" + t), values), max_size=8)
requests = st.builds(
    lambda method, uri, pairs, body: Request(method, f"sip:{uri}@3402000000", Headers(pairs), body),
    st.sampled_from(["MESSAGE", "REGISTER", "NOTIFY", "INVITE"]), tokens, field_pairs, st.binary(max_size=300),
)  # fmt: skip
responses = st.builds(
    lambda status, reason, pairs, body: Response(status, reason, Headers(pairs), body),
    st.integers(100, 699), st.sampled_from(["OK", "Trying", "", "Not Found"]), field_pairs, st.binary(max_size=300),
)  # fmt: skip


def plain(message):
    items = [(name, value) for name, value in message.headers.items() if name != "Content-Length"]
    return message.line, items, message.body


@given(st.one_of(requests, responses))
def test_what_is_written_is_read_again(message):
    again = parse(message.encode())
    assert plain(again) == plain(message)
    assert again.headers.get("Content-Length") == str(len(message.body))


@given(st.lists(st.one_of(requests, responses), max_size=4), st.lists(st.integers(1, 80), min_size=1), st.data())
def test_a_stream_may_be_cut_anywhere(messages, cuts, data):
    stream = b"".join(
        data.draw(st.sampled_from([b"", b"\r\n", b"\r\n\r\n"])) + message.encode() for message in messages
    )
    reader = StreamReader()
    found = []
    at = step = 0
    while at < len(stream):
        size = cuts[step % len(cuts)]
        found += reader.feed(stream[at : at + size])
        at, step = at + size, step + 1
    assert [plain(m) for m in found] == [plain(m) for m in messages]
    assert reader.held == 0


def test_a_stream_hands_out_what_was_whole_before_the_fault():
    reader = StreamReader()
    good = Request("MESSAGE", "sip:a@b").encode()
    assert len(reader.feed(good + b"nonsense\r\n\r\n")) == 1
    with pytest.raises(SipSyntaxError):
        reader.feed(good)


@pytest.mark.parametrize(
    "endless",
    [b"MESSAGE sip:a@b SIP/2.0\r\nTo: " + b"a" * 1000, b"A" * 1000],
)
def test_an_endless_head_is_given_up(endless):
    reader = StreamReader()
    for _ in range(MAX_HEAD // len(endless)):
        assert reader.feed(endless) == []
    with pytest.raises(SipSyntaxError, match="longer"):
        reader.feed(endless)


def test_a_body_beyond_the_limit_is_refused_before_it_comes():
    with pytest.raises(SipSyntaxError, match="Content-Length"):
        StreamReader().feed(f"MESSAGE sip:a@b SIP/2.0\r\nl: {MAX_BODY + 1}\r\n\r\n".encode())


@settings(max_examples=300)
@given(st.binary(max_size=2000))
@example(b"SIP/2.0 200\r\n\r\n")
@example(b"SIP/2.0 \r\n\r\n")
@example(b"A \r\n\r\n")
@example(b"A sip:b SIP/2.0\r\n folded first\r\n\r\n")
def test_hostile_bytes_never_crash(data):
    for prefix in (b"", b"MESSAGE sip:a@b SIP/2.0\r\nVia: "):
        try:
            message = parse(prefix + data)
        except SipSyntaxError:
            pass
        else:
            message.encode()
        reader = StreamReader()
        try:
            for at in range(0, len(data), 7):
                reader.feed(data[at : at + 7])
                assert reader.held <= MAX_HEAD + MAX_BODY
        except SipSyntaxError:
            pass


@pytest.mark.parametrize("text", ["", "sip:", "tel:123", "sip:a@", "sip:a@b:0", "sip:a@b:99999", "sip:a b@c", "sip:@b"])
def test_what_is_no_address(text):
    with pytest.raises(SipSyntaxError):
        parse_uri(text)


def test_addresses_as_devices_write_them():
    assert parse_uri("sip:34020000001320000001@3402000000") == Uri("sip", "34020000001320000001", "3402000000")
    assert parse_uri("SIP:u:pw@[2001:db8::1]:5061;transport=TCP;lr?x=y") == Uri(
        "sip", "u", "[2001:db8::1]", 5061, {"transport": "TCP", "lr": ""}
    )
    assert parse_name_addr('"a \\" <b>" <sip:u@h;lr>;tag=x;q="1;2"') == NameAddr(
        'a " <b>', Uri("sip", "u", "h", None, {"lr": ""}), {"tag": "x", "q": "1;2"}
    )
    assert parse_name_addr("sip:u@h;tag=1") == NameAddr("", Uri("sip", "u", "h"), {"tag": "1"})
    assert parse_via("SIP / 2.0 / tcp  h : 5060 ;branch=z") == Via("TCP", "h", 5060, {"branch": "z"})
    cseq = parse_cseq(" 12  INVITE ")
    assert (cseq.number, cseq.method) == (12, "INVITE")
    for wrong in ("INVITE 1", "99999999999 INVITE", "-1 INVITE", "1", "²2 INVITE"):
        with pytest.raises(SipSyntaxError):
            parse_cseq(wrong)


hosts = st.sampled_from(["3402000000", "10.0.0.1", "[::1]", "example.org"])
uris = st.builds(
    Uri,
    st.just("sip"),
    st.text("0123456789", min_size=1, max_size=20),
    hosts,
    st.none() | st.integers(1, 65535),
    st.dictionaries(st.text("abc", min_size=1, max_size=4), st.text("xyz1.", max_size=6), max_size=3),
)
params = st.dictionaries(
    st.text("abc", min_size=1, max_size=4), st.text(st.characters(exclude_categories=("C",)), max_size=9), max_size=4
)


@given(uris, st.text(st.characters(exclude_categories=("C",)), max_size=20), params)
def test_addresses_are_read_as_written(uri, display, extra):
    assert parse_uri(str(uri)) == uri
    extra = {name: value.strip() for name, value in extra.items()}
    address = NameAddr(display, uri, extra)
    assert parse_name_addr(str(address)) == address


@given(st.text(max_size=300))
def test_hostile_fields_never_crash(text):
    for read in (parse_uri, parse_name_addr, parse_via, parse_cseq):
        for prefix in ("", "sip:", '"', "SIP/2.0/UDP h;", "<sip:a@b>;"):
            with suppress(SipSyntaxError):
                read(prefix + text)
