"""kill -9 of any process under load: back by itself, nothing acknowledged lost, nothing doubled."""

import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.house import promises
from tests.house.conftest import Build
from tests.house.house import House
from tests.house.load import Clerk, Client, Listener, Viewer, more
from tests.house.promises import Witness

log = logging.getLogger(__name__)

pytestmark = [pytest.mark.weights, pytest.mark.timeout(1500)]

FORGOTTEN = {"inspect:shard", "inspect:plan", "catalog:check_changed", "respond:tend", "respond:escalate"}
"""Jobs that are not tried again when they are cut off: a shard is given to a new job, the others come by schedule."""


@dataclass
class Town:
    """A platform and those who use it."""

    house: House
    clerk: Clerk
    viewer: Viewer
    listener: Listener
    witness: Witness

    def works(self) -> None:
        """Everybody gets on: writes are acknowledged, jobs done, pictures seen, road users watched."""
        for user in (self.clerk, self.viewer, self.listener, self.witness):
            user.check()
        until = self.house.until
        until(self.house.complete, "every process beats")
        until(more(lambda: len(self.clerk.filed), 2), "cameras are filed")
        until(more(lambda: self.viewer.pictures, 5), "pictures are seen")
        until(more(lambda: int(self.witness.watched()), 2), "road users are watched")
        until(more(self.checks, 1), "jobs are done")

    def checks(self) -> int:
        """Cameras of the clerk that were checked."""
        return len(self.clerk.filed) - promises.unchecked(self.house)


@pytest.fixture(scope="module")
def town(build: Build, clips: Path, weights: str) -> Iterator[Town]:
    house = build(
        ["demo"],
        SIMULATE__CAMERAS="100",
        VISION__MODELS_DIR=weights,
        INSPECT__LOOPBACK="true",  # the clerk's cameras are on this machine
        INSPECT__RATE="5",
        SEE__FPS="2",  # two cores for everything
    )
    house.data.mkdir(mode=0o711)
    (house.data / "footage").symlink_to(clips)
    house.start()
    client = Client(house)
    camera = UUID(str(house.rows("SELECT id FROM cameras WHERE url LIKE '%%/watch/street'")[0][0]))
    made = Town(house, Clerk(client), Viewer(client, camera), Listener(client), Witness(client))
    with ExitStack() as leaving:
        leaving.callback(client.close)
        for user in (made.clerk, made.viewer, made.listener, made.witness):
            leaving.callback(user.stopping.set)
        yield made


def test_whatever_is_killed_comes_back_and_nothing_is_lost_or_doubled(town: Town) -> None:
    house, viewer, witness = town.house, town.viewer, town.witness
    town.works()
    seconds: dict[str, float] = {}
    """From the kill until everybody gets on again."""

    def back(name: str, bring: Callable[[], Any]) -> None:
        began = time.monotonic()
        bring()
        town.works()
        seconds[name] = round(time.monotonic() - began, 1)

    def kill(name: str) -> None:
        back(name, lambda: house.kill(name))

    def again(name: str) -> None:
        back(f"{name}, started again", house.start)

    # The database: nobody else dies of it, and the picture runs on.
    running = viewer.retrievals[-1]
    others = house.alive()
    kill("postgres")
    assert house.alive() == others
    assert viewer.retrievals[-1] == running

    # One of the server's own processes: PostgreSQL cuts everybody off and recovers.
    backend = house.rows("SELECT pid FROM pg_stat_activity WHERE application_name = 'commonsight work-1' LIMIT 1")
    back("a backend", lambda: os.kill(backend[0][0], signal.SIGKILL))

    # The interface: pictures and counting do not go through it.
    kill("api")
    assert viewer.retrievals[-1] == running
    house.until(lambda: town.listener.connections >= 2, "the live connection made anew")
    house.until(more(lambda: town.listener.heard.get("counts", 0), 1), "counts are told")

    # The jobs: what the dead worker held is done by the next one.
    kill("work-1")
    assert viewer.retrievals[-1] == running

    # The analysis: its cameras go on under a new epoch, from what was written.
    epochs, counted, watched = dict(witness.epochs), witness.counted(), witness.watched()
    kill("see-1")
    assert epochs
    assert all(witness.epochs[camera] > epoch for camera, epoch in epochs.items())
    assert witness.counted() >= counted
    assert witness.watched() > watched

    # The cameras: the picture comes back under the same permit.
    kill("simulate")
    assert viewer.retrievals[-1] == running

    # The media node: the viewer has to ask again, and says why again.
    kill("media-1")
    assert viewer.retrievals[-1] != running

    # The supervisor: everything ends with it, and the next start goes on from there.
    house.kill_supervisor()
    again("supervisor")

    # The machine: everything at once, and nobody has time to write a last word.
    house.cut_power()
    again("everything")
    log.info("seconds until everybody got on again: %s", seconds)

    # Everybody goes home, and the books are looked through.
    for user in (town.clerk, viewer, town.listener, witness):
        user.leave()
    promises.filed_once(house, town.clerk.filed)
    house.until(lambda: promises.unchecked(house) == 0, "every filed camera checked")
    house.until(lambda: promises.outbox_caught_up(house), "the outbox handed on")
    promises.outbox_whole(house)
    # Nothing else may have failed.
    assert {name for name, _ in promises.jobs_left(house, "failed")} <= FORGOTTEN
    house.until(lambda: promises.swept(house), "the sweep over all cameras finished")
    promises.registered(house, viewer.retrievals)
    now = house.rows("SELECT id FROM permits WHERE holder_name = 'see-1' ORDER BY issued_at DESC LIMIT 1")
    promises.lines_closed(house, [permit for (permit,) in now])
    assert witness.looks > 10
    assert witness.counted() > 0
    assert town.clerk.client.repeated > 0, "no kill was felt: the load was too light to prove anything"
    assert house.stop(signal.SIGTERM) == 0
