"""Starting and stopping: graceful, complete, and in words when it cannot be."""

import signal
import socket
from collections.abc import Iterator

import pytest

from tests.house.conftest import Build
from tests.house.house import House

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def empty(build: Build) -> House:
    """An empty platform; its database is made once for all tests here."""
    return build(["run"])


@pytest.fixture
def house(empty: House) -> Iterator[House]:
    """The platform, ended if a test could not."""
    yield empty
    empty.clear()


def test_ctrl_c_stops_everything_in_order(house: House) -> None:
    house.start()
    assert {"api", "media-1", "see-1", "work-1"} <= set(house.alive())
    assert len(house.processes()) > 5
    stops_in_order(house, signal.SIGINT)


@pytest.mark.parametrize("child", ["postgres", "api", "work-1"])
def test_ctrl_c_in_the_middle_of_a_start_leaves_nothing(house: House, child: str) -> None:
    house.launch()
    house.until(lambda: [entry for entry in house.said("child_started") if entry["child"] == child], f"{child} started")
    assert house.stop(signal.SIGINT) == 0
    assert house.processes() == []
    assert "Traceback" not in house.terminal.read_text("utf-8")


def test_a_second_start_on_the_same_data_is_refused_in_words(house: House) -> None:
    house.start()
    second = house.again()
    assert second.returncode == 1
    assert str(house.data) in second.stderr
    assert str(house.pid_of_supervisor) in second.stderr
    assert "Traceback" not in second.stderr
    # The first one has not noticed, and stops as a service manager asks it to.
    assert house.complete()
    stops_in_order(house, signal.SIGTERM)


def stops_in_order(house: House, number: signal.Signals) -> None:
    """Stop, and nothing is left: no process, no complaint, no database that would have to recover."""
    assert house.stop(number) == 0
    assert house.processes() == []
    assert not (house.data / "postgres" / "postmaster.pid").exists()
    assert [entry["event"] for entry in house.log()[-2:]] == ["stopping", "stopped"]
    assert not house.said("child_ended"), f"a process did not run through; {house.last_words()}"
    assert not house.said("child_overdue"), "a process had to be killed"


@pytest.mark.parametrize("kind", ["api", "media"])
def test_a_taken_port_is_refused_in_words_before_anything_listens(house: House, kind: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = house.again(**{f"{kind.upper()}__PORT": str(port)})
    assert refused.returncode == 1
    assert f"127.0.0.1:{port}" in refused.stderr
    assert f"{kind}.port" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert house.processes() == []
