"""People and programs that use the platform while it is being killed: each goes on, and keeps what it was told."""

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import httpx
from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.sync.client import connect

from tests.house.house import House

logging.getLogger("httpx").setLevel(logging.WARNING)  # a line a request would bury what a failed test has to say

AGAIN: Final = 0.2
"""Pause of a client before it tries again what failed, s."""

PACE: Final = 0.2
"""Pause between two writes, s: load enough to be hit by every kill, little enough for a crowded machine."""

TOPICS: Final = ["counts", "cameras.health", "system"]

PASSWORD: Final = "Kill-me-softly-9"


class Client:
    """One program with an API token. It repeats what got no answer: a lost connection leaves open whether it was heard.

    Made with the administrator's first password, which it changes as the platform demands.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        self.base = f"http://127.0.0.1:{house.ports['api']}"
        name, first = (house.data / "first-password").read_text("utf-8").split()
        with httpx.Client(base_url=f"{self.base}/api/v1", timeout=30) as person:
            for password in (first, PASSWORD):
                person.post("/sessions", json={"name": name, "password": password}).raise_for_status()
                if password == first:
                    person.put("/me/password", json={"old": first, "new": PASSWORD}).raise_for_status()
            asked = {
                "name": "house test",
                "permissions": [
                    "cameras.read",
                    "cameras.write",
                    "pictures.view",
                    "counts.read",
                    "health.read",
                    "system.read",
                ],
                "expires_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
            }
            made = person.post("/tokens", json=asked)
            made.raise_for_status()
        self.headers = {"Authorization": f"Bearer {made.json()['token']}"}
        self._http = httpx.Client(base_url=f"{self.base}/api/v1", timeout=20, headers=self.headers)
        self.repeated = 0

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def until_answered(
        self, stop: threading.Event, method: str, path: str, body: Any, headers: dict[str, str] | None = None
    ) -> Any:
        """The JSON of the answer once there is one; None when `stop` came first.

        Raises:
            AssertionError: the answer was a refusal.
        """
        while not stop.is_set():
            try:
                answer = self._http.request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code < 500:
                assert answer.is_success, f"{method} {path} {body}: {answer.status_code} {answer.text}"
                return answer.json()
            self.repeated += 1
            stop.wait(AGAIN)
        return None


@dataclass
class Load:
    """One user on a thread of its own; what goes wrong there is raised by `leave`."""

    client: Client
    stopping: threading.Event = field(default_factory=threading.Event)
    failure: BaseException | None = None

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)
        self._thread.start()

    def work(self) -> None:
        """Until `stopping`."""
        raise AssertionError("each user works in its own way")

    def leave(self) -> None:
        """Stop, and raise what has gone wrong."""
        self.stopping.set()
        self._thread.join(60)
        assert not self._thread.is_alive(), f"{self._thread.name} does not end"
        self.check()

    def check(self) -> None:
        """Raise what has gone wrong so far."""
        if self.failure is not None:
            raise self.failure

    def _run(self) -> None:
        try:
            self.work()
        except BaseException as error:
            self.failure = error


class Clerk(Load):
    """Files cameras one after the other, each under its own key until it is acknowledged."""

    def __post_init__(self) -> None:
        self.filed: dict[str, UUID] = {}
        """Name to id, as acknowledged."""
        super().__post_init__()

    def work(self) -> None:
        port = self.client.house.ports["simulate"]
        while not self.stopping.wait(PACE):
            name = f"clerk {len(self.filed)}"
            body = {"name": name, "region": "450103", "url": f"rtsp://127.0.0.1:{port}/watch/street"}
            # Started, it is seen through: an unanswered write would be neither acknowledged nor absent.
            never = threading.Event()
            answer = self.client.until_answered(never, "POST", "/cameras", body, {"Idempotency-Key": name})
            assert answer["name"] == name
            self.filed[name] = UUID(answer["id"])


class Viewer(Load):
    """Looks at one camera, and asks anew, with a reason, whenever the picture is gone."""

    def __init__(self, client: Client, camera: UUID) -> None:
        self.camera = camera
        self.pictures = 0
        self.retrievals: list[UUID] = []
        """Those under which a picture was really seen, in order."""
        super().__init__(client)

    def work(self) -> None:
        body = {"camera_id": str(self.camera), "purpose_code": "maintenance"}
        while not self.stopping.is_set():
            answer = self.client.until_answered(self.stopping, "POST", "/views", body)
            if answer is not None:
                self._look(answer["url"], UUID(answer["retrieval_id"]))
                self.stopping.wait(AGAIN)

    def _look(self, url: str, retrieval: UUID) -> None:
        begun = False
        try:
            with connect(url, open_timeout=20, close_timeout=5, max_size=None) as stream:
                while not self.stopping.is_set():
                    try:
                        message = stream.recv(timeout=1)
                    except TimeoutError:
                        continue
                    if isinstance(message, str):
                        continue
                    if not begun:  # the header; pictures follow
                        begun = True
                        continue
                    if not self.retrievals or self.retrievals[-1] != retrieval:
                        self.retrievals.append(retrieval)
                    self.pictures += 1
        except (OSError, TimeoutError, WebSocketException, InvalidHandshake):
            return


class Listener(Load):
    """Holds the live connection of the page, and comes back when it breaks, saying what it has heard last."""

    def __post_init__(self) -> None:
        self.heard: dict[str, int] = {}
        """Topic to messages."""
        self.connections = 0
        super().__post_init__()

    def work(self) -> None:
        url = self.client.base.replace("http", "ws", 1) + "/api/v1/live"
        after: dict[str, int] = {}
        while not self.stopping.wait(AGAIN):
            try:
                with connect(url, additional_headers=self.client.headers, open_timeout=20, close_timeout=5) as live:
                    live.send(json.dumps({"subscribe": TOPICS, "after": after}))
                    self.connections += 1
                    while not self.stopping.is_set():
                        try:
                            said = json.loads(live.recv(timeout=1))
                        except TimeoutError:
                            continue
                        assert "error" not in said, said
                        if "sequence" in said:
                            assert said["sequence"] > after.get(said["topic"], 0), "the live sequence went back"
                            after[said["topic"]] = said["sequence"]
                            self.heard[said["topic"]] = self.heard.get(said["topic"], 0) + 1
            except (OSError, WebSocketException, InvalidHandshake):
                continue


def more(count: Callable[[], int], by: int) -> Callable[[], bool]:
    """A question that becomes true once `count` has risen by `by`."""
    before = count()
    return lambda: count() >= before + by
