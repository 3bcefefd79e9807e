import pytest

from commonsight.analyze.scenes.people.queue import Order, Queue
from tests.analyze.scenes.people.walk import Where, along, line, looks, rectangle, run, setup, walks

LANE = rectangle(4.4, 11, 15, 13)
COUNTER = line(4.4, 11, 4.4, 13)
SERVED = [20.0 + 12 * number for number in range(40)]


def waiting(number: int) -> Where:
    """The number-th comes every ten seconds, moves up when somebody is served, goes off to the side when served."""
    arrive, end = 10.0 * number, SERVED[number]

    def place(time: float) -> float:
        return 5 + 0.9 * (number - sum(served <= time for served in SERVED))

    legs = [(arrive, 19.5, 12.0), (arrive + 8, place(arrive + 8), 12.0)]
    for served in SERVED:
        if arrive + 8 < served < end:
            legs += [(served, place(served - 0.01), 12.0), (served + 1.5, place(served), 12.0)]
    return along(*legs, (end, 5, 12.0), (end + 2.5, 4, 9), (end + 8, 1, 4))


def test_waiting_time_follows_the_order_of_arrival() -> None:
    told = run(Queue(setup("queue", zones=[LANE], lines=[COUNTER])), looks([waiting(i) for i in range(9)], 130, 3))
    assert told.sum("served") == 9
    assert told.sum("gave_up") == 0
    # Each waited two seconds longer than the one before, less the walk to the lane.
    truth = [SERVED[i] - 10 * i - 4 for i in range(9)]
    assert told.sum("wait_seconds") / 9 == pytest.approx(sum(truth) / 9, abs=3)


def test_a_long_queue_is_told_once() -> None:
    people = [waiting(i) for i in range(12)]
    told = run(Queue(setup("queue", zones=[LANE], most=3, seconds=10)), looks(people, 130, 3))
    assert told.phases()[0] == "began"
    assert told.phases().count("began") == 1
    assert told.sightings[0][1].detail["length"] >= 3


def test_passing_through_is_no_queue() -> None:
    people = [walks((1, 12), (19, 12), begin=4.0 * i, speed=2.5) for i in range(8)]
    told = run(Queue(setup("queue", zones=[LANE], most=2, seconds=5)), looks(people, 40, 4))
    assert told.sum("served") == 0
    assert told.phases() == []


def test_who_leaves_away_from_the_counter_gave_up() -> None:
    leaves = along((1, 19, 12), (8, 12, 12), (40, 12, 12), (44, 12, 18))
    told = run(Queue(setup("queue", zones=[LANE], lines=[COUNTER])), looks([leaves], 48, 4))
    assert (told.sum("served"), told.sum("gave_up")) == (0, 1)


class TestOrder:
    def test_the_first_is_served_first(self) -> None:
        order = Order()
        for at in (5.0, 1.0, 3.0):
            order.come(at)
        assert [order.serve(10.0), order.serve(10.0), order.serve(10.0), order.serve(10.0)] == [9.0, 7.0, 5.0, None]

    def test_the_picture_is_right_in_the_end_and_the_last_are_doubtful(self) -> None:
        order = Order()
        for at in (1.0, 2.0, 3.0):
            order.come(at)
        for second in range(14):
            order.agree(2, float(second), 1.0)
        assert len(order.arrived) == 3
        order.agree(2, 15.0, 1.0)
        assert order.arrived == [1.0, 2.0]

    def test_giving_up_leaves_the_others_in_order(self) -> None:
        order = Order([1.0, 2.0, 3.0])
        order.give_up(2.2)
        assert order.arrived == [1.0, 3.0]

    def test_old_waiting_times_are_not_told(self) -> None:
        order = Order([0.0])
        order.serve(30.0)
        assert order.wait(60.0) == 30.0
        assert order.wait(2000.0) is None
