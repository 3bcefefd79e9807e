"""Where a browser reaches the media node that holds a camera."""

from urllib.parse import urlencode, urlsplit
from uuid import UUID

from fastapi import Request

from commonsight.records import nodes
from commonsight.records.database import Database, ReadSession
from commonsight.records.placement import node_for
from commonsight.settings import Settings

_ANY = frozenset({"0.0.0.0", "::", "[::]", ""})  # noqa: S104 - compared with, not bound


class MediaAddresses:
    """Callable put into `app.state.locate`."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings, self._database = settings, database

    async def __call__(self, session: ReadSession, camera_id: UUID, request: Request) -> str | None:
        """`ws://host:port` of the node that holds the camera; None while no node is alive.

        Reads through the caller's session: who holds one connection and waits for another can wait for ever.
        """
        alive = {node.name: node.address for node in await nodes.alive(session, "media") if node.address}
        name = node_for(camera_id, alive)
        return None if name is None else self._public(name, alive[name] or "", request)

    async def outlets(self, session: ReadSession, camera_id: UUID, request: Request, ticket: str) -> dict[str, str]:
        """Addresses for what reads a camera outside the browser: `hls`, `snapshot`, `rtsp` where the node speaks it,
        `server` where there is another media server. Empty while no node is alive."""
        alive = {node.name: node for node in await nodes.alive(session, "media") if node.address}
        name = node_for(camera_id, alive)
        if name is None:
            return {}
        base, query = self._public(name, alive[name].address or "", request), urlencode({"ticket": ticket})
        http = base.replace("ws", "http", 1)
        found = {
            "hls": f"{http}/hls/{camera_id}/live.m3u8?{query}",
            "snapshot": f"{http}/snapshot?{query}&camera={camera_id}",
        }
        if rtsp := alive[name].detail.get("rtsp"):
            host = (urlsplit(base).hostname if rtsp[0] in _ANY else None) or str(rtsp[0])
            found["rtsp"] = f"rtsp://{f'[{host}]' if ':' in host else host}:{int(rtsp[1])}/{camera_id}?{query}"
        if self._settings.media.server:
            named = self._settings.media.server.replace("{camera}", str(camera_id))
            found["server"] = named.replace("{ticket}", ticket)
        return found

    async def origins(self, request: Request) -> list[str]:
        """Origins of all nodes, for the page's Content-Security-Policy."""
        async with self._database.read() as session:
            alive = await nodes.alive(session, "media")
        found = {self._public(node.name, node.address, request) for node in alive if node.address}
        if not found:
            # The page may be opened before the first node is up, and its policy stays with it.
            host, port = self._settings.media.host, self._settings.media.port
            found = {
                self._public(f"media-{number + 1}", f"{host}:{port + number}", request)
                for number in range(self._settings.media.nodes)
            }
        return sorted({f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, found)})

    def _public(self, name: str, address: str, request: Request) -> str:
        if self._settings.media.public_url:
            return self._settings.media.public_url.replace("{name}", name).rstrip("/")
        host, _, port = address.rpartition(":")
        asked = request.url.hostname or host
        if host in _ANY:  # it listens everywhere: reach it by the name the page was reached by
            host = f"[{asked}]" if ":" in asked else asked
        return f"{'wss' if request.url.scheme == 'https' else 'ws'}://{host}:{port}"
