"""Which media node holds which camera: rendezvous hashing, so that a node that comes or goes moves only its share."""

import hashlib
from collections.abc import Iterable
from uuid import UUID


def node_for(camera_id: UUID, nodes: Iterable[str]) -> str | None:
    """The name among `nodes` that holds the camera; None when there is no node. The order given does not matter."""
    return max(nodes, key=lambda name: (_weight(camera_id, name), name), default=None)


def _weight(camera_id: UUID, name: str) -> bytes:
    return hashlib.blake2b(camera_id.bytes + name.encode(), digest_size=8).digest()
