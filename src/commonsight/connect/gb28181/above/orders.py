"""Asking media nodes: each holds a connection to this process open, over which it is told what to send upward.

told      {"event": "order", "dialog": "bridge", "number": n, "order": "...", ...}
answered  bridge_answer {number, ok} or {number, problem}
told us   bridge_over {bridge, reason, lasted, bytes}, bridge_rate {rates: {bridge: kbit/s}}
"""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import structlog

from commonsight.connect.gb28181.signalling import Connection, Server
from commonsight.connect.gb28181.signalling_wire import refusal_of
from commonsight.problem import Refusal
from commonsight.records import nodes
from commonsight.records.database import Database
from commonsight.records.placement import node_for

log = structlog.get_logger(__name__)

ORDER_SECONDS: Final = 10.0
WAITING_MOST: Final = 2_000
LISTENER: Final = "bridge"
"""Under this name a media node listens for orders."""

Over = Callable[[str, str, float, int], None]


class Orders:
    """The media nodes that are connected, and what they were asked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._nodes: dict[str, Connection] = {}
        self._numbers = itertools.count(1)
        self._waiting: dict[int, tuple[str, asyncio.Future[dict[str, Any]]]] = {}
        self._over: Over = lambda *_: None
        self._rates: Callable[[dict[str, float]], None] = lambda _: None
        self._gone: Callable[[str], None] = lambda _: None

    def attach(self, server: Server) -> None:
        """Offer what media nodes call."""
        server.op("bridge_here", self._here)
        server.op("bridge_answer", self._answer)
        server.op("bridge_over", self._ended)
        server.op("bridge_rate", self._rated)

    def listen(
        self, over: Over, rates: Callable[[dict[str, float]], None], gone: Callable[[str], None]
    ) -> None:  # fmt: skip
        """Call `over(bridge, reason, seconds, bytes)` when a stream ended at the node, `rates` with what bridges send
        (kbit/s), `gone(node)` when a node is there no more."""
        self._over, self._rates, self._gone = over, rates, gone

    @property
    def connected(self) -> list[str]:
        """Names of the nodes that can be asked."""
        return sorted(self._nodes)

    async def holder(self, camera_id: UUID) -> str:
        """The node that holds a camera.

        Raises:
            Refusal: `connect.cascade_no_node` (503) when none is alive, or the one is not connected yet.
        """
        async with self._database.read() as session:
            alive = [node.name for node in await nodes.alive(session, "media") if node.address]
        name = node_for(camera_id, alive)
        if name is None or name not in self._nodes:
            raise Refusal("connect.cascade_no_node", status=503, operand="media", actual=name)
        return name

    async def ask(self, node: str, order: str, *, seconds: float = ORDER_SECONDS, **fields: Any) -> dict[str, Any]:
        """Tell a node to do something and return what it says.

        Raises:
            Refusal: what the node said; `connect.cascade_no_node` when it is gone, `connect.cascade_node_silent` when
                it says nothing in time.
        """
        connection = self._nodes.get(node)
        if connection is None or len(self._waiting) >= WAITING_MOST:
            raise Refusal("connect.cascade_no_node", status=503, operand="media", actual=node)
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = node, answer
        connection.tell("order", dialog=LISTENER, number=number, order=order, **fields)
        try:
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError:
            raise Refusal(
                "connect.cascade_node_silent", status=504, operand="order", expected=f"{seconds:g} s", actual=order
            ) from None
        finally:
            del self._waiting[number]

    # --- what media nodes say -----------------------------------------------------------------------------------------

    async def _here(self, connection: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        """{node}: this connection is that node's."""
        name = str(fields.get("node", ""))[:80]
        self._nodes[name] = connection
        connection.on_gone(lambda: self._left(name, connection))
        log.info("media_node_here", node=name)
        return {}

    async def _answer(self, connection: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        node, answer = self._waiting.get(fields.get("number", 0), ("", None))
        if answer is None or answer.done() or self._nodes.get(node) is not connection:
            return {}
        if isinstance(fields.get("ok"), dict):
            answer.set_result(fields["ok"])
        else:
            answer.set_exception(refusal_of(fields.get("problem")))
        return {}

    async def _ended(self, connection: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        if connection in self._nodes.values():
            seconds, size = fields.get("lasted"), fields.get("bytes")
            self._over(
                str(fields.get("bridge")), str(fields.get("reason", ""))[:80],
                float(seconds) if isinstance(seconds, int | float) else 0.0, size if isinstance(size, int) else 0,
            )  # fmt: skip
        return {}

    async def _rated(self, connection: Connection, fields: dict[str, Any]) -> dict[str, Any]:
        said = fields.get("rates")
        if connection in self._nodes.values() and isinstance(said, dict):
            self._rates({str(name): float(rate) for name, rate in said.items() if isinstance(rate, int | float)})
        return {}

    def _left(self, name: str, connection: Connection) -> None:
        if self._nodes.get(name) is not connection:
            return  # it has come back already, over another connection
        del self._nodes[name]
        log.warning("media_node_gone", node=name)
        for node, answer in list(self._waiting.values()):
            if node == name and not answer.done():
                answer.set_exception(Refusal("connect.cascade_no_node", status=503, operand="media", actual=name))
        self._gone(name)
