"""What is taken down of a camera's opening."""

import json

from hypothesis import given
from hypothesis import strategies as st

from commonsight.clock import SystemClock
from commonsight.connect.conversation import MESSAGE_BYTES, MESSAGES_MOST, Conversation


def test_proofs_of_the_password_are_blanked_and_lengths_kept() -> None:
    taken = Conversation(SystemClock())
    message = b'DESCRIBE rtsp://h/1 RTSP/1.0\r\nCSeq: 2\r\nAuthorization: Digest username="a", response="0123"\r\n\r\n'
    taken.note("out", message)
    (said,) = taken.said
    assert said.line == "DESCRIBE rtsp://h/1 RTSP/1.0"
    assert b"0123" not in said.raw
    assert b"Authorization: Digest" in said.raw
    assert len(said.raw) == said.size == len(message)


@given(st.lists(st.binary(max_size=2 * MESSAGE_BYTES), max_size=3), st.binary(max_size=300))
def test_whatever_a_device_sends_is_bounded_and_can_be_kept(messages: list[bytes], description: bytes) -> None:
    taken = Conversation(SystemClock())
    taken.connected(("10.0.0.1", 1), ("10.0.0.2", 554))
    for message in messages * MESSAGES_MOST:
        taken.note("in", message)
    assert len(taken.said) <= MESSAGES_MOST
    written = json.dumps(taken.as_json())
    assert "\\u0000" not in written  # a database refuses it
    again = Conversation.read(json.loads(written))
    assert again.said == taken.said
    assert again.theirs == ("10.0.0.2", 554)
    assert all(len(one.raw) <= MESSAGE_BYTES for one in again.said)
