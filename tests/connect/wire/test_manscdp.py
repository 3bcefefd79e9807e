"""Bodies in every encoding devices use, what they bend, and hostile documents."""

from xml.etree.ElementTree import Element, SubElement, tostring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonsight.connect.wire.manscdp import (
    KINDS,
    MAX_BODY,
    MAX_FIELDS,
    MAX_VALUE,
    Manscdp,
    ManscdpError,
    build,
    decode,
    encode,
    item_fields,
)

DEVICE = "45010000001320000001"
RARE = "𡐓城㙟口𬭎镇〇号"
"""Characters of real place names outside GB2312: in GBK, and in the four-byte part of GB18030."""


def body(text: str, codec: str, declared: str | None) -> bytes:
    head = f'<?xml version="1.0" encoding="{declared}"?>\n' if declared else ""
    return (head + f"<Notify><CmdType>Catalog</CmdType><SN>1</SN><Name>{text}</Name></Notify>").encode(codec)


@pytest.mark.parametrize(
    ("codec", "declared"),
    [
        ("gb18030", "GB2312"), ("gb18030", "GB18030"), ("gb18030", "gbk"), ("gb18030", "UTF-8"), ("gb18030", None),
        ("utf-8", "UTF-8"), ("utf-8", None), ("utf-8-sig", "GB2312"),
    ],
)  # fmt: skip
def test_rare_characters_survive_whatever_is_declared(codec, declared):
    assert decode(body(RARE, codec, declared)).root.findtext("Name") == RARE


def test_a_known_encoding_overrides_what_is_declared():
    data = body("广西南宁", "utf-8", "GB2312")
    assert decode(data, encoding="UTF-8").root.findtext("Name") == "广西南宁"


def test_a_name_cut_inside_a_character_loses_only_that():
    data = body("桂林", "gb18030", "GB2312")
    cut = data.replace("林".encode("gb18030"), "林".encode("gb18030")[:1])
    assert (decode(cut).root.findtext("Name") or "").startswith("桂")


def test_what_is_built_and_encoded_is_read_again():
    info = Element("Info")
    SubElement(info, "PTZType").text = "1"
    for encoding in ("GB18030", "GB2312", "UTF-8"):
        data = encode(build("Query", "Catalog", 17, DEVICE, ("Name", RARE), info), encoding=encoding)
        assert f'encoding="{encoding}"'.encode() in data
        found = decode(data)
        assert (found.kind, found.command, found.serial, found.device) == ("Query", "Catalog", "17", DEVICE)
        assert item_fields(found.root)["Name"] == RARE
        assert item_fields(found.root)["Info/PTZType"] == "1"


def test_bare_ampersands_and_stray_control_characters_are_read_over():
    data = b"<Response><CmdType>DeviceInfo</CmdType><SN>1</SN><Name>A&B \x01&amp; C</Name>\x00</Response>\x00\x00"
    assert decode(data).root.findtext("Name") == "A&B & C"


def test_unknown_and_repeated_fields_of_an_item_are_kept():
    item = decode(
        b"<Response><CmdType>Catalog</CmdType><Item><DeviceID>1</DeviceID><Vendor>x</Vendor>"
        b"<Info><PTZType>1</PTZType></Info><Info><PTZType>2</PTZType><Deep><A/></Deep></Info></Item></Response>"
    ).root.find("Item")
    assert item is not None
    assert item_fields(item) == {
        "DeviceID": "1", "Vendor": "x", "Info/PTZType": "1", "Info/PTZType[2]": "2", "Info/Deep/A": "",
    }  # fmt: skip


def test_an_item_is_bounded():
    item = Element("Item")
    for number in range(MAX_FIELDS * 2):
        SubElement(item, f"F{number}").text = "x" * (MAX_VALUE + 1)
    found = item_fields(item)
    assert len(found) == MAX_FIELDS
    assert {len(value) for value in found.values()} == {MAX_VALUE}


BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><Notify><CmdType>&c;</CmdType></Notify>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><Notify><CmdType>&b;</CmdType></Notify>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "well-formed"),
        (b"<Notify>", "well-formed"),
        (b"<Other/>", "none of"),
        (b"<Notify/>", "no CmdType"),
        (b"<Notify><CmdType>" + b"a" * 65 + b"</CmdType></Notify>", "CmdType is longer"),
        (BOMB, "document type"),
        (OUTSIDE, "document type"),
        (b"<Notify>" + b"<a>" * 50_000 + b"</a>" * 50_000 + b"</Notify>", "nested"),
        (b"x" * (MAX_BODY + 1), "accepted"),
    ],
)
def test_what_is_no_document_is_named(data, words):
    with pytest.raises(ManscdpError, match=words):
        decode(data)


def test_text_that_xml_cannot_carry_is_refused():
    with pytest.raises(ManscdpError, match="U\\+0001"):
        encode(build("Query", "Catalog", 1, DEVICE, ("Name", "a\x01")))


xml_text = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=60).map(
    str.strip
)


@given(xml_text, st.sampled_from(["GB18030", "UTF-8"]))
def test_any_text_goes_there_and_back(text, encoding):
    found = decode(encode(build("Notify", "Alarm", 3, DEVICE, ("Name", text)), encoding=encoding))
    assert item_fields(found.root)["Name"] == text.strip()


@settings(max_examples=300)
@given(st.binary(max_size=600))
def test_hostile_bytes_never_crash(data):
    for text in (data, b"<Notify><CmdType>x</CmdType>" + data + b"</Notify>", b'<?xml version="1.0" ' + data):
        try:
            found = decode(text)
        except ManscdpError:
            continue
        assert isinstance(found, Manscdp)
        assert found.kind in KINDS
        item_fields(found.root)
        tostring(found.root)
