"""One camera over HTTP: requests with authentication, a bounded walk along redirects, nothing that leaves the host.

What an operator entered as a camera's address is asked, and nothing else: a redirect may change the path and go from
plain text to TLS, never to another host or another port, and never from TLS to plain text. Otherwise a camera could
make this machine ask its neighbours (server-side request forgery).
"""

import asyncio
import ssl
from collections.abc import Iterable

import aiohttp
from yarl import URL

from commonsight import network
from commonsight.clock import Clock, SystemClock
from commonsight.connect.conversation import Conversation, Direction
from commonsight.connect.model import Address, SourceCode, SourceError
from commonsight.connect.wire.digest import Credentials, parse_challenges

MAX_REDIRECTS = 3
USER_AGENT = "commonsight"

_REDIRECTS = {301, 302, 303, 307, 308}
_MEANING = {
    401: SourceCode.UNAUTHORIZED,
    403: SourceCode.UNAUTHORIZED,
    404: SourceCode.NOT_FOUND,
    410: SourceCode.NOT_FOUND,
    429: SourceCode.REFUSED,
    503: SourceCode.REFUSED,
}


class HttpCamera:
    """Asks one camera, over one connection that is kept."""

    def __init__(self, address: Address, conversation: Conversation | None = None, clock: Clock | None = None) -> None:
        self.url = URL(address.url, encoded=True)
        self._address = address
        self._conversation = conversation
        self._credentials: Credentials | None = None
        self.connected = False
        self.connected_at: float | None = None
        """Monotonic seconds of the first connection."""
        self._clock = clock or SystemClock()
        self.patience = 0.0
        """Seconds the camera asked us to wait when it last refused (`Retry-After`)."""
        watching = aiohttp.TraceConfig()
        watching.on_connection_create_end.append(self._connected)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=1, force_close=False, socket_factory=network.FILED.socket_to(self.url.host or "")
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            # No body is ever unpacked: a few bytes must not become gigabytes.
            auto_decompress=False,
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity", "Accept": "image/jpeg, multipart/*, */*"},
            timeout=aiohttp.ClientTimeout(total=None),
            trace_configs=[watching],
        )

    async def get(self, headers: dict[str, str]) -> aiohttp.ClientResponse:
        """Ask for the picture; the body is still to be read. Answers of 400 and above are raised, those of 200 and 304
        returned.

        Raises `SourceError`. Bound the time from outside.
        """
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._asked(headers)
            if response.status not in _REDIRECTS:
                return response
            location = response.headers.get("Location", "")
            response.close()
            self.url = _followed(self.url, location)
        raise SourceError(SourceCode.PROTOCOL, f"more than {MAX_REDIRECTS} redirects")

    async def close(self) -> None:
        await self._session.close()

    async def _connected(self, *_: object) -> None:
        self.connected = True
        if self.connected_at is None:
            self.connected_at = self._clock.monotonic()

    async def _asked(self, headers: dict[str, str]) -> aiohttp.ClientResponse:
        """One request, and once more when a password is asked for."""
        for _ in range(3):
            sent = dict(headers)
            if self._credentials is not None:
                sent["Authorization"] = self._credentials.authorization("GET", self.url.raw_path_qs)
            response = await self._sent(sent)
            if response.status != 401:
                if response.status >= 400:
                    response.close()
                    self.patience = seconds(response.headers.get("Retry-After", ""))
                    raise SourceError(
                        _MEANING.get(response.status, SourceCode.PROTOCOL), f"HTTP {response.status} {response.reason}"
                    )
                return response
            challenges = response.headers.getall("WWW-Authenticate", [])
            response.close()
            self._credentials = self._answering(challenges)
        raise SourceError(SourceCode.UNAUTHORIZED, "the device keeps asking for a password")

    async def _sent(self, headers: dict[str, str]) -> aiohttp.ClientResponse:
        where = f"{self.url.host}:{self.url.port}"
        self._note("out", f"GET {self.url.raw_path_qs} HTTP/1.1", headers.items())
        try:
            response = await self._session.get(self.url, headers=headers, allow_redirects=False)
        except aiohttp.ClientConnectorCertificateError as error:
            reason = error.certificate_error
            told = reason.verify_message if isinstance(reason, ssl.SSLCertVerificationError) else str(reason)
            raise SourceError(SourceCode.PROTOCOL, f"{where}: certificate not trusted, {told}") from None
        except aiohttp.ClientConnectorError as error:
            refused = isinstance(error.os_error, ConnectionRefusedError)
            raise SourceError(
                SourceCode.REFUSED if refused else SourceCode.UNREACHABLE,
                f"{where} refuses connections" if refused else f"{where}: {error.os_error.strerror or error.os_error}",
            ) from None
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            raise SourceError(SourceCode.LOST, f"{where}: {error or type(error).__name__}") from None
        except (aiohttp.ClientError, ValueError) as error:
            raise SourceError(SourceCode.PROTOCOL, f"{where}: {error or type(error).__name__}"[:300]) from None
        self._note("in", f"HTTP/1.1 {response.status} {response.reason}", response.headers.items())
        return response

    def _note(self, direction: Direction, line: str, headers: Iterable[tuple[str, str]]) -> None:
        if self._conversation is not None:
            lines = [line, *(f"{name}: {value}" for name, value in headers)]
            self._conversation.note(direction, ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape"))

    def _answering(self, values: list[str]) -> Credentials:
        challenges = parse_challenges(values)
        if not challenges:
            raise SourceError(SourceCode.UNAUTHORIZED, "the device asks for a kind of proof we cannot give")
        if self._address.username is None:
            raise SourceError(SourceCode.UNAUTHORIZED, "the device asks for a name and a password")
        strongest, before = challenges[0], self._credentials
        if before is not None and not strongest.stale and strongest.nonce in {"", before.challenge.nonce}:
            raise SourceError(SourceCode.UNAUTHORIZED, "the device refuses the name or the password")
        return Credentials(self._address.username, self._address.password or "", strongest)


def _followed(url: URL, location: str) -> URL:
    """Where a redirect leads, if it may be followed."""
    try:
        target = url.join(URL(location))
        allowed = (
            bool(location)
            and target.host == url.host
            and (
                (target.scheme, target.port) == (url.scheme, url.port)
                or (url.scheme == "http" and target.scheme == "https" and target.port == 443)
            )
        )
    except ValueError:
        allowed = False
    if not allowed:
        raise SourceError(SourceCode.PROTOCOL, "redirect: to another host or port, or to nowhere")
    return target.with_user(None)


def seconds(value: str) -> float:
    """A header's number of seconds; 0 when it is anything else."""
    value = value.strip()
    return float(value) if value.isascii() and value.isdigit() and len(value) < 9 else 0.0


async def read(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The whole body. Raises `SourceError` when it is larger than `most` bytes or breaks off."""
    body = bytearray()
    try:
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > most:
                raise SourceError(SourceCode.PROTOCOL, f"a picture of more than {most} bytes")
    except (aiohttp.ClientError, asyncio.IncompleteReadError, OSError) as error:
        raise SourceError(SourceCode.LOST, f"the picture broke off: {error or type(error).__name__}") from None
    finally:
        response.release()
    return bytes(body)
