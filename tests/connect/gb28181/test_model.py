"""Devices as data: quirks that people write, codes, addresses of channels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.gb28181.model import Channel, Kind, Quirks, kind_of, region_of, version_of
from commonsight.problem import Refusal

QUIRKS = st.builds(
    Quirks,
    digest=st.sampled_from(["auto", "md5", "sm3"]),
    qop=st.booleans(),
    keepalive_seconds=st.integers(5, 3600),
    keepalive_misses=st.integers(1, 20),
    any_host=st.booleans(),
    charset=st.sampled_from(["", "GB18030", "GB2312", "UTF-8"]),
    clock=st.sampled_from(["region", "utc"]),
    redirect=st.sampled_from(["", "sip:45010000002000000001@192.0.2.1:5060"]),
)
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.integers())


@given(QUIRKS)
def test_quirks_come_back_from_the_database_as_they_were(quirks):
    assert Quirks.of(quirks.as_json()) == quirks


def test_what_is_as_usual_is_not_stored():
    assert Quirks().as_json() == {}
    assert Quirks(qop=False, keepalive_seconds=60).as_json() == {"qop": False}


def test_what_another_edition_wrote_does_not_cost_the_rest():
    assert Quirks.kept({"qop": False, "wings": True, "digest": "md4"}) == Quirks(qop=False)


@given(st.dictionaries(st.sampled_from([*Quirks.__slots__, "wings"]), VALUES, max_size=5))
def test_nonsense_is_refused_by_name_or_means_something(said):
    quirks, operand = read(said)
    if quirks is None:
        assert operand.removeprefix("quirks.") in said
        return
    assert all(getattr(quirks, name) == value for name, value in said.items())
    assert quirks.silence_seconds >= 5


def read(said):
    try:
        return Quirks.of(said), ""
    except Refusal as refusal:
        return None, refusal.operand


def test_the_type_digits_say_what_a_code_is():
    assert kind_of("45010300002000000001") is Kind.PLATFORM
    assert kind_of("45010300001110000001") is Kind.DEVICE


@pytest.mark.parametrize(
    ("code", "region"),
    [("45010300001110000001", "450103"), ("45010000001110000001", "4501"), ("45000000002000000001", "45"),
     ("99999999991110000001", "")],
)  # fmt: skip
def test_a_code_says_where_a_device_is(code, region):
    assert region_of(code) == region


@pytest.mark.parametrize(("said", "version"), [("2.0", "2.0"), (" 3.0 ", "3.0"), ("9", None), ("", None), (None, None)])
def test_only_known_editions_are_believed(said, version):
    assert version_of(said) == version


def test_the_address_of_a_channel_goes_both_ways():
    url = "gb28181://45010300001110000001/45010300001320000001"
    assert str(Channel.of_url(url)) == url


@given(st.text(max_size=80))
def test_other_addresses_are_refused(text):
    with pytest.raises(ValueError, match="not of the form"):
        Channel.of_url(f"gb28181://{text}")
