"""Who is tried next: fairly, politely, nobody forgotten. A simulated clock; no camera, no waiting."""

import heapq
import math
from collections import Counter
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from commonsight.inspect.sweeps.limits import Limit, Rule, Rules
from commonsight.inspect.sweeps.schedule import Item, Schedule

FAST, SLOW = UUID(int=1), UUID(int=2)


def items(count: int, platform: UUID, *, first: int = 0, hosts: int = 1) -> list[Item]:
    return [
        Item(first + n, UUID(int=1_000 + first + n), platform, f"10.{platform.int}.{n % hosts}.1", expected=1_000)
        for n in range(count)
    ]


def rules(everything: int = 40, rate: float = 0, platform: int = 0, link: int = 0, kbps: int = 0) -> Rules:
    return Rules(
        [Rule("all", Limit(everything, rate, kbps)), Rule("platform", Limit(platform)), Rule("prefix", Limit(link))]
    )


def play(
    schedule: Schedule, seconds: dict[UUID, float], *, received: int = 1_000, silent: UUID | None = None
) -> tuple[dict[UUID, float], list[tuple[float, Item]]]:
    """Run a schedule to its end; returns when each platform's last try ended, and when each try began."""
    now, running, ended, began = 0.0, [], {}, []
    while schedule.waiting or running:
        found = schedule.next(now)
        if isinstance(found, Item):
            schedule.start(found, now)
            began.append((now, found))
            assert found.platform is not None
            heapq.heappush(running, (now + seconds[found.platform], found.position, found))
            continue
        until = now + found
        if running and running[0][0] <= until:
            now, _, item = heapq.heappop(running)
            schedule.end(item, received, now, silent=item.platform == silent)
            assert item.platform is not None
            ended[item.platform] = now
        else:
            assert not math.isinf(until), "cameras wait, nothing is under way, and nobody may begin"
            now = max(until, now + 1e-9)
    return ended, began


def test_a_platform_that_hangs_does_not_hold_the_others() -> None:
    """Alone the fast one needs 400 x 0.2 s / 20 places = 4 s of its half; beside one that hangs it is hardly later."""
    mixed = items(400, SLOW) + items(400, FAST, first=400)
    ended, _ = play(Schedule(rules(), mixed, 0.0), {FAST: 0.2, SLOW: 6.0}, silent=SLOW)
    assert ended[FAST] <= 4.5
    # When nobody else waits, the slow one has everything: 400 x 6 s / 40.
    assert ended[SLOW] <= 4.5 + 61


def test_a_suspect_platform_is_left_an_eighth_while_others_wait() -> None:
    mixed = items(300, SLOW) + items(3_000, FAST, first=300)
    _, began = play(Schedule(rules(), mixed, 0.0), {FAST: 1.0, SLOW: 6.0}, silent=SLOW)
    early = Counter(item.platform for at, item in began if 12 <= at < 24)
    assert early[SLOW] <= 2 * 5  # two turns of six seconds, at five places


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 5)), min_size=1, max_size=60),
    st.integers(1, 12),
    st.integers(0, 6),
    st.integers(0, 3),
)
def test_every_camera_is_tried_once_within_all_limits(
    cameras: list[tuple[int, int]], everything: int, platform: int, link: int
) -> None:
    wanted = [Item(n, UUID(int=100 + n), UUID(int=p), f"10.{p}.{h}.1") for n, (p, h) in enumerate(cameras)]
    schedule = Schedule(rules(everything, 50, platform, link), wanted, 0.0)
    _, began = play(schedule, {UUID(int=p): 0.1 * p for p in range(1, 5)})
    assert sorted(item.position for _, item in began) == list(range(len(cameras)))
    for moment, _ in began:
        under_way = [item for at, item in began if at <= moment < at + 0.1 * (item.platform or SLOW).int - 1e-6]
        assert len(under_way) <= everything
        assert not platform or max(Counter(item.platform for item in under_way).values()) <= platform
        assert not link or max(Counter(item.links[-1] for item in under_way).values()) <= link


def test_bytes_really_received_set_the_pace() -> None:
    """Expected a kilobyte each, they bring 125 kB: at 1,000 kbit/s that is one a second in the long run."""
    schedule = Schedule(rules(10, kbps=1_000), items(40, FAST), 0.0)
    ended, _ = play(schedule, {FAST: 0.01}, received=125_000)
    assert 30 <= ended[FAST] <= 41


def test_one_that_failed_comes_again_after_its_pause() -> None:
    schedule = Schedule(rules(), items(1, FAST), 0.0)
    item = schedule.next(0.0)
    assert isinstance(item, Item)
    schedule.start(item, 0.0)
    schedule.end(item, 0, 1.0, silent=True)
    schedule.add(item, 1.0, 4.0)
    assert schedule.waiting == 1
    assert schedule.next(1.5) == 2.5
    assert schedule.next(4.0) is item
    assert schedule.waiting == 0


def test_a_link_is_needed_until_its_last_try_has_ended() -> None:
    schedule = Schedule(rules(), items(2, FAST, hosts=2), 0.0)
    assert len(schedule.links) == 4  # everything, the platform, two networks
    for _ in range(2):
        item = schedule.next(0.0)
        assert isinstance(item, Item)
        schedule.start(item, 0.0)
    assert len(schedule.links) == 4
    schedule.end(item, 0, 0.0, silent=False)
    assert len(schedule.links) == 3


def test_limits_that_change_hold_at_once() -> None:
    schedule = Schedule(rules(2), items(4, FAST), 0.0)
    schedule.change(rules(1), 0.0)
    item = schedule.next(0.0)
    assert isinstance(item, Item)
    schedule.start(item, 0.0)
    assert schedule.next(0.0) == math.inf
    schedule.share({"all": (2, 1)}, 0.0)  # another lane has the only place
    schedule.end(item, 0, 0.0, silent=False)
    assert schedule.next(0.0) == math.inf
