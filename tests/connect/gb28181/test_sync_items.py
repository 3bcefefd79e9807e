"""Catalogue messages, read."""

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.gb28181 import sync_items
from commonsight.connect.wire import manscdp

AT = datetime(2026, 7, 1, tzinfo=UTC)
CODE = "45010300001320000001"


def read(body: str) -> manscdp.Manscdp:
    return manscdp.decode(f'<?xml version="1.0" encoding="GB18030"?>{body}'.encode("gb18030"))


def response(inside: str) -> manscdp.Manscdp:
    return read(f"<Response><CmdType>Catalog</CmdType><SN>1</SN><DeviceID>1</DeviceID>{inside}</Response>")


def notify(*items: str) -> manscdp.Manscdp:
    listed = "".join(f"<Item>{item}</Item>" for item in items)
    head = "<CmdType>Catalog</CmdType><SN>1</SN><DeviceID>1</DeviceID>"
    return read(f"<Notify>{head}<DeviceList>{listed}</DeviceList></Notify>")


def test_a_page_with_every_field() -> None:
    item = f"<Item><DeviceID>{CODE}</DeviceID><Name>峎𠮷</Name><Info><PTZType>1</PTZType></Info></Item>"
    page = sync_items.page(response(f'<SumNum> 7 </SumNum><DeviceList Num="1">{item}</DeviceList>'), AT, None)
    assert page.announced == 7
    assert [(word.code, word.event, word.at) for word in page.words] == [(CODE, "", AT)]
    assert page.words[0].fields == {"DeviceID": CODE, "Name": "峎𠮷", "Info/PTZType": "1"}


def test_items_without_an_identifier_are_counted() -> None:
    page = sync_items.page(response("<SumNum>x</SumNum><DeviceList><Item><Name>a</Name></Item></DeviceList>"), AT, None)
    assert (page.announced, page.words, page.unreadable) == (None, (), 1)


def test_a_device_that_cannot_answer_says_so() -> None:
    assert sync_items.page(response("<Result>ERROR</Result>"), AT, None).refused
    assert not sync_items.page(response("<SumNum>0</SumNum>"), AT, None).refused


def test_events_in_order_and_with_their_bends() -> None:
    message = notify(
        f"<DeviceID>{CODE}</DeviceID><Event>OFF</Event>",
        f"<DeviceID>{CODE}</DeviceID><Event>on</Event>",
        f"<DeviceID>{CODE}</DeviceID><Event>DEL</Event><Name>kept out</Name>",
        f"<DeviceID>{CODE}</DeviceID><Event>ADD</Event><Name>back</Name>",
        f"<DeviceID>{CODE}</DeviceID><Name>without a word</Name>",
        f"<DeviceID>{CODE}</DeviceID><Status>OFF</Status>",
        f"<DeviceID>{CODE}</DeviceID><Event>BOIL</Event>",
        "<Event>ON</Event>",
    )
    words, unreadable = sync_items.notice(message, AT, None)
    assert [word.event for word in words] == ["OFF", "ON", "DEL", "ADD", "UPDATE", "OFF"]
    assert [word.fields is not None for word in words] == [False, False, False, True, True, False]
    assert all(earlier.at < later.at for earlier, later in pairwise(words))
    assert unreadable == 2


@given(
    st.lists(st.dictionaries(st.sampled_from(["DeviceID", "Event", "Name", "Status", "Item"]), st.text(), max_size=5))
)
def test_no_item_is_too_strange(items: list[dict[str, str]]) -> None:
    root = manscdp.build("Notify", "Catalog", 1, "1")
    listed = manscdp.Element("DeviceList")
    for item in items:
        element = manscdp.SubElement(listed, "Item")
        for name, value in item.items():
            manscdp.SubElement(element, name).text = value
    root.append(listed)
    words, unreadable = sync_items.notice(manscdp.Manscdp("Notify", "Catalog", "1", "1", root), AT, None)
    assert len(words) + unreadable == len(items)
    page = sync_items.page(manscdp.Manscdp("Response", "Catalog", "1", "1", root), AT, None)
    assert len(page.words) + page.unreadable == len(items)
