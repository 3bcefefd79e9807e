import pytest

from commonsight.connect.model import Address, SourceCode, SourceError


def test_name_and_password_are_taken_out_of_the_url():
    address = Address.from_url("rtsp://ad%40min:p%3Aw@10.0.0.5:8554/cam?channel=1&x=2#here")
    assert address == Address("rtsp", "rtsp://10.0.0.5:8554/cam?channel=1&x=2", "ad@min", "p:w")
    assert "p:w" not in repr(address)


def test_a_plain_url_has_no_credentials():
    assert Address.from_url("rtsp://[::1]/a") == Address("rtsp", "rtsp://[::1]/a")


@pytest.mark.parametrize("url", ["ftp://h/", "rtsp:///a", "http:///a", "rtsp://h:99999/", "h/a", ""])
def test_other_urls_are_refused(url):
    with pytest.raises(ValueError):
        Address.from_url(url)


def test_an_address_cannot_be_made_with_a_password_in_its_url():
    with pytest.raises(ValueError, match="user information"):
        Address("rtsp", "rtsp://a:b@h/")


def test_error_code_is_one_of_the_known():
    assert SourceError("lost").code is SourceCode.LOST
    with pytest.raises(ValueError):
        SourceError("gone")
