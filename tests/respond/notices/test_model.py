"""Rules, quiet hours, trying again, signatures."""

from datetime import UTC, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st

from commonsight.respond.notices.model import (
    RETRY_SECONDS,
    Event,
    Rule,
    end_of_quiet,
    new_secret,
    rest_until,
    retry_at,
    signature,
    signatures,
)

NANNING = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def rule(**changes: object) -> Rule:
    plain = {
        "id": uuid4(), "holder_kind": "person", "holder_id": uuid4(), "channel_id": None, "kinds": (), "severity": 4,
        "regions": ("45",), "events": tuple(Event), "quiet": None,
    }  # fmt: skip
    return Rule(**(plain | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, True),
        ({"severity": 1}, False),
        ({"severity": 2}, True),
        ({"kinds": ("incident",)}, False),
        ({"kinds": ("incident", "alarm")}, True),
        ({"regions": ("4502",)}, False),
        ({"regions": ("4502", "450103")}, True),
        ({"regions": ()}, False),
        ({"events": (Event.CLOSED,)}, False),
    ],
)
def test_a_rule_wants_what_it_names(changes: dict[str, object], wanted: bool) -> None:
    assert rule(**changes).wants(Event.OPENED, "alarm", 2, "450103") is wanted


@pytest.mark.parametrize(
    ("local", "ends"),
    [
        ("2026-11-23 21:59", None),
        ("2026-11-23 22:00", "2026-11-24 07:00"),
        ("2026-11-24 00:30", "2026-11-24 07:00"),
        ("2026-11-24 06:59", "2026-11-24 07:00"),
        ("2026-11-24 07:00", None),
    ],
)
def test_quiet_hours_reach_over_midnight(local: str, ends: str | None) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=NANNING).astimezone(UTC)
    expected = None if ends is None else datetime.fromisoformat(ends).replace(tzinfo=NANNING)
    assert end_of_quiet((time(22), time(7)), at, NANNING) == expected


@given(st.times(), st.times(), st.integers(0, 366 * 86_400))
def test_quiet_hours_end_within_a_day_and_outside_of_themselves(begins: time, ends: time, seconds: int) -> None:
    now = NOW + timedelta(seconds=seconds)
    until = end_of_quiet((begins, ends), now, NANNING)
    if until is not None:
        assert now < until <= now + timedelta(days=1)
        assert end_of_quiet((begins, ends), until, NANNING) is None


def test_the_gravest_is_told_at_night() -> None:
    quiet = rule(quiet=(time(0), time(23, 59)))
    assert quiet.held_until(NOW, NANNING, 2) is not None
    assert quiet.held_until(NOW, NANNING, 1) is None


def test_trying_again_takes_longer_and_longer_and_ends() -> None:
    waits = []
    attempts = 1
    while (at := retry_at(attempts, NOW)) is not None:
        waits.append((at - NOW).total_seconds())
        attempts += 1
    assert waits == sorted(waits)
    assert len(waits) == len(RETRY_SECONDS)


def test_who_asks_to_wait_is_waited_for_within_reason() -> None:
    assert retry_at(1, NOW, 60.0) == NOW + timedelta(seconds=60)
    assert retry_at(1, NOW, 0.5) == NOW + timedelta(seconds=RETRY_SECONDS[0])
    assert retry_at(1, NOW, 10.0**9) == NOW + timedelta(seconds=RETRY_SECONDS[-1])


def test_a_channel_rests_longer_but_never_for_ever() -> None:
    rests = [rest_until(failures, NOW) for failures in range(1, 1_000)]
    assert rests == sorted(rests)
    assert rests[-1] - NOW == timedelta(minutes=5)


@given(st.text(), st.integers(0, 2**31))
def test_our_signature_is_the_schemes(body: str, timestamp: int) -> None:
    """Against the scheme's own library, which knows nothing of us."""
    secret, message = new_secret(), str(uuid4())
    at = datetime.fromtimestamp(timestamp, UTC)
    ours = signature(secret, message, timestamp, body.encode())
    assert ours == standardwebhooks.Webhook(secret).sign(message, at, body)


def test_two_secrets_sign_side_by_side() -> None:
    former, present = new_secret(), new_secret()
    body, at = '{"type":"test"}', datetime.now(UTC)
    headers = {
        "webhook-id": "1", "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signatures([present, former], "1", int(at.timestamp()), body.encode()),
    }  # fmt: skip
    for each in (former, present):
        standardwebhooks.Webhook(each).verify(body, headers)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(new_secret()).verify(body, headers)
