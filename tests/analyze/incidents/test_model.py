"""One thing is one incident: merging, parked objects, workers that come and go, and everything told twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from commonsight.analyze.incidents.model import Book, Incident, State, merging_of, overlap
from commonsight.analyze.scenes.model import Phase, Setup, Sighting

CAMERA = UUID(int=1)
SETUP = Setup("kerb", "illegal_parking", settings={"seconds": 120.0})
START = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
HERE = (0.1, 0.1, 0.3, 0.3)
NEARLY_HERE = (0.11, 0.1, 0.31, 0.3)
ELSEWHERE = (0.7, 0.7, 0.9, 0.9)


def sighting(
    key: str, phase: Phase, seconds: float, box: tuple[float, float, float, float] | None = HERE, score: float = 0.7,
    incident: str = "illegal_parking",
) -> Sighting:  # fmt: skip
    at = START + timedelta(seconds=seconds)
    return Sighting(key, incident, "zone-1", phase, at, score, () if box is None else (box,), {"seconds": seconds})


def began(key: str, seconds: float, **more: object) -> Sighting:
    return sighting(key, Phase.BEGAN, seconds, **more)  # type: ignore[arg-type]


def ended(key: str, seconds: float, **more: object) -> Sighting:
    return sighting(key, Phase.ENDED, seconds, **more)  # type: ignore[arg-type]


def book(present: list[Incident] | None = None, epoch: int = 1) -> Book:
    return Book.of(CAMERA, "450102", f"see-{epoch}", epoch, present or [])


def read(made: Book, *told: Sighting) -> list[Incident]:
    for one in told:
        made.take(SETUP, one, severity=3)
    return sorted(made.incidents.values(), key=lambda one: one.began_at)


def test_a_sighting_becomes_an_incident_that_ends() -> None:
    made = book()
    [one] = read(made, began("car-1", 0), sighting("car-1", Phase.STILL, 60, score=0.9), ended("car-1", 90))
    assert (one.state, one.times, one.score, one.detail["seconds"]) == (State.OVER, 1, 0.9, 90)
    assert one.ended_at == START + timedelta(seconds=90)
    assert (made.began, made.ended) == ([one.id], [one.id])
    assert one.settings == {"seconds": 120.0}


def test_a_parked_car_whose_track_breaks_is_the_same_incident() -> None:
    made = book()
    [one] = read(made, began("car-1", 0), ended("car-1", 100), began("car-9", 130, box=NEARLY_HERE))
    assert (one.state, one.times, one.key) == (State.OPEN, 2, "car-9")
    assert len(made.began) == 1
    assert made.ended == []


def test_a_car_at_another_spot_is_another_incident() -> None:
    assert len(read(book(), began("car-1", 0), ended("car-1", 100), began("car-9", 130, box=ELSEWHERE))) == 2


def test_two_things_side_by_side_in_one_picture_are_two() -> None:
    assert len(read(book(), began("car-1", 0), began("car-2", 1, box=NEARLY_HERE))) == 2


def test_after_the_merge_window_it_is_news() -> None:
    later = 100 + merging_of("illegal_parking").merge.total_seconds() + 1
    assert len(read(book(), began("car-1", 0), ended("car-1", 100), began("car-1", later))) == 2


def test_what_was_found_true_and_handled_does_not_go_on_but_what_was_found_false_does() -> None:
    for label, incidents in ((True, 2), (False, 1)):
        [one] = read(book(), began("car-1", 0), ended("car-1", 100))
        assert len(read(book([replace(one, label=label)]), began("car-2", 200))) == incidents


def test_an_incident_of_the_whole_zone_needs_no_boxes_that_overlap() -> None:
    def crowd(phase: Phase, seconds: float, box: tuple[float, float, float, float]) -> Sighting:
        return sighting("zone-1", phase, seconds, box, incident="gathering")

    found = read(book(), crowd(Phase.BEGAN, 0, HERE), crowd(Phase.ENDED, 9, HERE), crowd(Phase.BEGAN, 99, ELSEWHERE))
    assert len(found) == 1


def test_another_worker_takes_over_what_the_first_left_open() -> None:
    [one] = read(book(), began("car-7", 0))
    after = book([one], epoch=2)
    [same] = read(after, began("car-1", 40))
    assert (same.id, same.key, same.epoch, same.times) == (one.id, "car-1", 2, 1)
    assert after.began == []


def test_a_new_worker_that_gives_the_same_key_to_another_thing_ends_the_old_one() -> None:
    [one] = read(book(), began("car-1", 0))
    first, second = read(book([one], epoch=2), began("car-1", 40, box=ELSEWHERE))
    assert (first.state, first.ended_at, second.state) == (State.OVER, START, State.OPEN)


def test_a_worker_that_has_lost_the_camera_changes_nothing() -> None:
    [one] = read(book(epoch=2), began("car-1", 0))
    late = book([one], epoch=1)
    assert read(late, began("car-2", 5, box=ELSEWHERE), ended("car-1", 9)) == [one]
    assert late.changed == set()


def test_an_end_may_lie_before_the_latest_word() -> None:
    [one] = read(book(), began("car-1", 0), sighting("car-1", Phase.STILL, 60), ended("car-1", 58))
    assert one.state is State.OVER


def test_too_many_at_once_are_counted_not_kept() -> None:
    made = book()
    most = merging_of("illegal_parking").open_most
    assert len(read(made, *(began(f"car-{n}", n, box=None) for n in range(most + 3)))) == most
    assert made.refused == 3


def test_overlap_of_nothing_with_something_is_nothing() -> None:
    assert [overlap((), ()), overlap((HERE,), ()), overlap((HERE,), (ELSEWHERE,))] == [1, 0, 0]
    assert overlap((HERE,), (HERE,)) == 1


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(list(Phase)), st.sampled_from([HERE, ELSEWHERE])),
        max_size=12,
    ),
    st.lists(st.integers(1, 4000), max_size=12),
)
def test_the_same_sightings_told_again_change_nothing(
    told: list[tuple[str, Phase, tuple[float, float, float, float]]], gaps: list[int]
) -> None:
    at, batch = 0, []
    for place, (key, phase, box) in enumerate(told):
        at += gaps[place] if place < len(gaps) else 7
        batch.append(sighting(key, phase, at, box))
    first = read(book(), *batch)
    again = book(first)
    assert read(again, *batch) == first
    assert (again.began, again.ended, again.changed) == ([], [], set())
