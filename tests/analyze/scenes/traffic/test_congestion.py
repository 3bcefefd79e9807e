"""Many, slow, and slow when the light is green, too."""

from typing import Any

import numpy as np

from commonsight.analyze.model import Zone
from commonsight.analyze.scenes.model import Setup
from commonsight.analyze.scenes.traffic.congestion import Congestion

from .road import SIZE, Path, User, began, drive, ended, looks, run, seconds

ROAD = Zone("road", "road", ((0.0, 0.4), (1.0, 0.4), (1.0, 1.0), (0.0, 1.0)))


class Flat:
    """A ground seen from straight above: the picture is 96 m wide."""

    def metres(self, points: Any) -> Any:
        return points * np.array([96.0, 96.0 * SIZE[1] / SIZE[0]])


def scene(ground: Any = None, **settings: float) -> Any:
    return Congestion(Setup("s", "congestion", (ROAD,), (), {"seconds": 60.0, **settings}, ground))


def crawl(x0: float, y: float, speed: float, since: float = 0.0, until: float = 1e9, after: float = 200.0) -> Path:
    def path(t: float) -> tuple[float, float] | None:
        x = x0 + speed * (min(t, until) - since) + after * max(t - until, 0.0)
        return (x, y) if t >= since else None

    return path


def test_a_crawling_road_is_told_once_and_ends_when_it_flows() -> None:
    users = [User(crawl(-500 + 110 * n, 430, 6, until=100), shade=n) for n in range(13)]
    told, seen = run(scene(), looks(users, 160, every=1.0))
    [one] = began(told)
    assert seconds(one) <= 10, "since when it is slow"
    [over] = ended(told)
    assert 100 <= seconds(over) <= 150
    figures = {figure.measure: figure.value for figure in seen[80].figures}
    assert figures["vehicles"] >= 6
    assert figures["moving_share"] < 0.6
    assert 0.05 < figures["occupancy"] < 0.5


def test_a_queue_at_a_light_is_none_though_it_is_longer_than_half_the_time() -> None:
    def path(place: int, cycle: int) -> Path:
        begin, stands = 60.0 * cycle, 700.0 - 110 * place

        def at(t: float) -> tuple[float, float] | None:
            if t < begin - 12:
                return None
            if t < begin + 24:
                return (min(stands, -60 + 200 * (t - begin + 12 - place)), 430.0)
            return (stands + 180 * max(t - begin - 24 - place * 0.5, 0.0), 430.0)

        return at

    users = [User(path(place, cycle), shade=8 * cycle + place) for cycle in range(4) for place in range(7)]
    told, _ = run(scene(seconds=120), looks(users, 200, every=1.0))
    assert told == []


def test_parked_cars_beside_flowing_traffic_are_no_congestion() -> None:
    parked = [User(lambda t, n=n: (90.0 + 120 * n, 520.0), shade=n) for n in range(7)]
    flow = [User(drive(-40, 400, 200, 5 * n, 5 * n + 6), shade=30 + n) for n in range(36)]
    told, seen = run(scene(seconds=60), looks([*parked, *flow], 180, every=1.0))
    assert told == []
    vehicles = [figure.value for figure in seen[-10].figures if figure.measure == "vehicles"]
    assert vehicles[0] <= 3, "those parked are not counted once three have driven past"


def test_few_slow_ones_are_none_and_gaps_not_watched_do_not_count() -> None:
    told, _ = run(scene(), looks([User(crawl(200 + 200 * n, 430, 3), shade=n) for n in range(3)], 100, every=1.0))
    assert told == []
    many = [User(crawl(100 + 110 * n, 430, 1), shade=n) for n in range(7)]
    made = scene()
    for picture in looks(many, 100, every=1.0):
        picture.elapsed = 0.0
        assert not made.see(picture).sightings


def test_with_a_ground_speed_is_in_kmh() -> None:
    users = [User(drive(-40 - 250 * n, 430, 150, 0, 60), shade=n) for n in range(12)]
    _, seen = run(scene(Flat()), looks(users, 15, every=0.5))
    speeds = [f.value for one in seen[12:] for f in one.figures if f.measure == "speed"]
    assert 48 < np.mean(speeds) < 60, "150 px/s of 10 px a metre are 54 km/h"
