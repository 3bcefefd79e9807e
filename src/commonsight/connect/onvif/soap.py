"""The kept library, held to one host: whatever a device names, nothing else is asked, and no answer is endless.

A device's answers name the URLs of its services. They are moved to the host an operator entered (a device behind NAT
names an address we cannot reach; a hostile one names a neighbour's, and our password digest would go there), redirects
are not followed, and an answer larger than `MAX_ANSWER` is refused before it is read.
"""

import asyncio
import logging
import os
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
import structlog

from commonsight import network
from commonsight.connect.model import SourceCode, SourceError
from commonsight.connect.onvif.model import pinned

MAX_ANSWER = 2 * 1024 * 1024
"""Largest SOAP answer, bytes; one with a hundred profiles has some 300 kB."""

log = structlog.get_logger(__name__)


class _Bounded(aiohttp.ClientResponse):
    async def read(self) -> bytes:
        if self._body is None:
            body = bytearray()
            async for chunk in self.content.iter_any():
                body += chunk
                if len(body) > MAX_ANSWER:
                    self.close()
                    raise aiohttp.ClientPayloadError(f"an answer of more than {MAX_ANSWER} bytes")
            self._body = bytes(body)
        return self._body


async def _no_redirect(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    response = await handler(request)
    if response.status in {301, 302, 303, 307, 308}:
        response.close()
        raise aiohttp.ClientPayloadError("the device sends us elsewhere (redirect)")
    return response


class Soap:
    """One device's services. Use as `async with`; every call raises `SourceError` when it fails.

    Args:
        address: URL of the device service, without user information.
        timeout: seconds for each call.
    """

    def __init__(self, address: str, username: str | None, password: str | None, *, timeout: float) -> None:
        parts = urlsplit(address)
        if not parts.hostname or parts.scheme not in {"http", "https"}:
            raise ValueError("address: http://host[:port]/path")
        self.address = address
        self.host = parts.hostname
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self._timeout = timeout
        self._username = username
        self._password = password
        self._camera: Any = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(_library)
        self._camera = _make(self)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(socket_factory=network.FILED.socket_to(self.host)),
            response_class=_Bounded,
            middlewares=(_no_redirect,),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._timeout),
        )
        self._camera.ours = self._session
        try:
            await self._held(self._camera.update_xaddrs())
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._close()

    @property
    def credentials(self) -> tuple[str | None, str | None]:
        return self._username, self._password

    @property
    def clock_difference(self) -> float | None:
        """Seconds the device's clock is ahead of ours."""
        return None if self._camera.dt_diff is None else float(self._camera.dt_diff.total_seconds())

    def service_url(self, namespace: str) -> str | None:
        """Where the service of a namespace is; None when the device has none."""
        found = self._camera.xaddrs.get(namespace)
        return None if found is None else str(found)

    async def call(self, service: str, operation: str, **values: Any) -> Any:
        """Ask `service` ("devicemgmt", "media", "ptz"); returns the library's object."""
        made = await self._held(self._camera.create_onvif_service(service))
        return await self._held(getattr(made, operation)(values or None))

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Send a message the library has no words for; status and answer."""

        async def asking() -> tuple[int, bytes]:
            assert self._session is not None
            async with self._session.post(url, data=body, headers=headers) as response:
                return response.status, await response.read()

        status, data = await self._held(asking())
        return int(status), bytes(data)

    async def _held(self, asking: Any) -> Any:
        """Bound the time and put the library's many errors into our words."""
        from onvif.exceptions import ONVIFError  # type: ignore[import-untyped]
        from zeep.exceptions import Error as ZeepError
        from zeep.exceptions import Fault, TransportError

        try:
            async with asyncio.timeout(self._timeout):
                return await asking
        except TimeoutError:
            raise SourceError(SourceCode.TIMEOUT, f"ONVIF: no answer within {self._timeout:g} s") from None
        except Fault as fault:
            raise _fault(fault) from None
        except aiohttp.ClientConnectorError as error:
            refused = isinstance(error.os_error, ConnectionRefusedError)
            raise SourceError(
                SourceCode.REFUSED if refused else SourceCode.UNREACHABLE, f"ONVIF: {self.host}:{self.port}"
            ) from None
        except TransportError as error:
            unauthorized = getattr(error, "status_code", 0) in (401, 403)
            code = SourceCode.UNAUTHORIZED if unauthorized else SourceCode.PROTOCOL
            raise SourceError(code, f"ONVIF: HTTP {getattr(error, 'status_code', '?')}") from None
        except ONVIFError as error:
            missing = "support service" in str(error)
            code = SourceCode.NOT_FOUND if missing else SourceCode.PROTOCOL
            raise SourceError(code, f"ONVIF: {error}"[:300]) from None
        except (ZeepError, aiohttp.ClientError, OSError, ValueError, AttributeError, TypeError, SyntaxError) as error:
            # What a device writes runs through a large library that was made for those who keep to the standard.
            raise SourceError(SourceCode.PROTOCOL, f"ONVIF: {type(error).__name__}: {error}"[:300]) from None

    async def _close(self) -> None:
        camera, self._camera = self._camera, None
        session, self._session = self._session, None
        if camera is not None:
            await camera.close()
        if session is not None:
            await session.close()


def _fault(fault: Any) -> SourceError:
    from onvif.util import is_auth_error  # type: ignore[import-untyped]

    code = SourceCode.UNAUTHORIZED if is_auth_error(fault) else SourceCode.PROTOCOL
    return SourceError(code, f"ONVIF: {fault.message}"[:300])


def _library() -> Any:
    """The library, imported late and off the loop, because it is large and few processes need it.

    It would set up the process's logging, which is ours.
    """
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    import onvif  # type: ignore[import-untyped]

    for handler in [each for each in root.handlers if each not in handlers]:
        root.removeHandler(handler)
    root.setLevel(level)
    logging.getLogger("onvif").setLevel(logging.CRITICAL)
    return onvif


def _make(soap: Soap) -> Any:
    """A camera of the library that asks one host only."""
    kept = {name: os.environ[name] for name in ("http_proxy", "https_proxy") if name in os.environ}

    class Pinned(_library().ONVIFCamera):  # type: ignore[misc]
        ours: aiohttp.ClientSession

        def rewrite_url(self, url: str | None) -> str | None:
            return None if url is None else pinned(url, soap.host, soap.port)

        def get_definition(self, name: str, port_type: str | None = None) -> tuple[str, str, str]:
            where, wsdl, binding = super().get_definition(name, port_type)
            return (soap.address if name == "devicemgmt" else where), wsdl, binding

        async def create_onvif_service(self, name: str, *given: Any, **more: Any) -> Any:
            service = await super().create_onvif_service(name, *given, **more)
            if service.transport.session is not self.ours:
                # The service goes on owning and closing the session it made, which is never used.
                service.transport.session = self.ours
                if self.user is None:
                    service.ws_client = service.ws_client_authless
                service.transport._client_timeout = self.ours.timeout
            return service

    username, password = soap.credentials
    camera = Pinned(soap.host, soap.port, username, password, no_cache=True, adjust_time=True)
    os.environ.update(kept)  # the library takes them away for the whole process
    return camera
