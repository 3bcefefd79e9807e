"""Codes of an authenticator: the vectors of RFC 6238, drift, replay."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.access import totp

SECRET = b"12345678901234567890"
NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_the_codes_are_those_of_the_standard(seconds, code):
    now = datetime.fromtimestamp(seconds, UTC)
    assert totp.code_at(SECRET, now) == code
    assert totp.step_of(SECRET, code, now, 0) == seconds // 30


@pytest.mark.parametrize(("seconds", "taken"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)])
def test_a_clock_may_be_off_by_one_step(seconds, taken):
    code = totp.code_at(SECRET, NOW + timedelta(seconds=seconds))
    assert (totp.step_of(SECRET, code, NOW, 0) is not None) is taken


def test_a_code_works_once_and_so_do_those_before_it():
    earlier, code = totp.code_at(SECRET, NOW - timedelta(seconds=30)), totp.code_at(SECRET, NOW)
    step = totp.step_of(SECRET, code, NOW, 0)
    assert totp.step_of(SECRET, code, NOW, step) is None
    assert totp.step_of(SECRET, earlier, NOW, step) is None
    later = totp.code_at(SECRET, NOW + timedelta(seconds=30))
    assert totp.step_of(SECRET, later, NOW + timedelta(seconds=30), step) == step + 1


@given(st.text(max_size=40))
def test_other_text_is_no_code(text):
    found = totp.step_of(SECRET, text, NOW, 0)
    near = {totp.code_at(SECRET, NOW + timedelta(seconds=each)) for each in (-30, 0, 30)}
    assert (found is not None) == ("".join(text.split()) in near)


def test_the_address_is_what_apps_read():
    parts = urlsplit(totp.address(SECRET, "li.na", "共视 Commonsight"))
    asked = parse_qs(parts.query)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert asked["secret"] == [totp.spelled(SECRET)]
    assert asked["issuer"] == ["共视 Commonsight"]


def test_recovery_codes_differ_and_are_read_as_people_type_them():
    codes = totp.new_recovery_codes()
    assert len(set(codes)) == totp.RECOVERY_CODES
    assert totp.recovery_digest(codes[0]) == totp.recovery_digest(f" {codes[0].upper()} ")
