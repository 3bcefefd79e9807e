"""The waiting room in front of a SIP endpoint: bounded, copies once, who finishes something first."""

from hypothesis import given
from hypothesis import strategies as st

from commonsight.connect.sip.waiting import WaitingRoom, is_beginner

BEGINS = b"REGISTER sip:x SIP/2.0\r\nCall-ID: %d\r\n\r\n"
PROVES = b"REGISTER sip:x SIP/2.0\r\nAuthorization: Digest\r\nCall-ID: %d\r\n\r\n"
LIVES = b"MESSAGE sip:x SIP/2.0\r\nCall-ID: %d\r\n\r\n"
DATAGRAMS = st.builds(lambda form, n: form % n, st.sampled_from([BEGINS, PROVES, LIVES]), st.integers(0, 12))
SENDERS = st.sampled_from([("192.0.2.1", 5060), ("192.0.2.1", 5061)])


def test_a_copy_of_what_waits_is_dropped():
    room = WaitingRoom()
    for _ in range(3):
        room.put(BEGINS % 1, ("a", 1))
    room.put(BEGINS % 1, ("a", 2))
    assert (len(room), room.copies) == (2, 2)


def test_copies_of_an_answer_are_kept_apart():
    room = WaitingRoom()
    for _ in range(3):
        room.put(b"SIP/2.0 200 OK\r\n\r\n", ("a", 1))
    assert len(room.take(9)) == 3
    assert room.copies == 0


def test_who_holds_a_challenge_or_lives_goes_before_who_begins_and_the_latest_beginner_first():
    room = WaitingRoom()
    for data in (BEGINS % 1, BEGINS % 2, LIVES % 3, PROVES % 4):
        room.put(data, ("a", 1))
    assert [data for data, _ in room.take(9)] == [LIVES % 3, PROVES % 4, BEGINS % 2, BEGINS % 1]


def test_a_full_room_lets_beginners_go():
    room = WaitingRoom(most=2)
    room.put(BEGINS % 1, ("a", 1))
    room.put(LIVES % 1, ("a", 1))
    room.put(BEGINS % 2, ("a", 1))
    room.put(PROVES % 1, ("a", 1))
    assert [data for data, _ in room.take(9)] == [LIVES % 1, PROVES % 1]
    assert room.dropped == 2


@given(st.lists(st.tuples(DATAGRAMS, SENDERS) | st.integers(0, 5)), st.integers(1, 8), st.integers(40, 400))
def test_everything_is_taken_once_and_the_room_keeps_its_bounds(steps, most, size):
    room, waiting, gone = WaitingRoom(most=most, size=size), set(), 0
    for step in steps:
        if isinstance(step, int):
            taken = room.take(step)
            assert len(taken) == len(set(taken)) <= step
            assert set(taken) <= waiting
            waiting -= set(taken)
        else:
            before = len(room), room.copies, room.dropped
            room.put(*step)
            if room.copies == before[1]:
                waiting.add(step)
        assert len(room) <= most
        gone = room.dropped
    rest = room.take(1_000)
    assert len(waiting) >= len(rest)
    assert set(rest) <= waiting
    assert sum(len(data) for data, _ in rest) <= size
    assert gone or set(rest) == waiting
    assert room._bytes == 0


def test_beginners_are_known_by_their_bytes():
    assert is_beginner(BEGINS % 1)
    assert not is_beginner(PROVES % 1)
    assert not is_beginner(LIVES % 1)
    assert not is_beginner(b"")
