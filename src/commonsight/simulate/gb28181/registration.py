"""How a virtual party registers: challenge, answer, redirect, refusal. One attempt; the party's life repeats it."""

import secrets
from dataclasses import dataclass, replace
from typing import Final

from commonsight.connect.wire.digest import Credentials, parse_challenges
from commonsight.connect.wire.sip import Headers, Response, SipSyntaxError, parse_name_addr
from commonsight.connect.wire.sip import Request as SipRequest
from commonsight.simulate.gb28181.identity import Identity
from commonsight.simulate.gb28181.line import AGENT, Line, Target

MAX_ROUNDS: Final = 3
"""Challenges answered in one attempt: a nonce may be stale once, a wrong password stays wrong."""


class Refused(Exception):
    """The registrar said no. `retry_after`: seconds it asked for, 0 when it did not say."""

    def __init__(self, status: int, retry_after: float = 0.0) -> None:
        super().__init__(f"refused with {status}")
        self.status = status
        self.retry_after = retry_after


class Redirected(Exception):
    """Registration is to go on at another registrar."""

    def __init__(self, target: Target, server: str) -> None:
        super().__init__(f"redirected to {target.host}:{target.port}")
        self.target = target
        self.server = server


@dataclass(frozen=True, slots=True)
class Granted:
    """`expires`: seconds granted. `date`: the Date field as it was sent, "" without one."""

    expires: int
    date: str


class Registration:
    """The registration of one party over one line: call id and sequence number go on through its refreshes."""

    def __init__(self, who: Identity, line: Line, server: str, domain: str) -> None:
        self._who = who
        self._line = line
        self._server = server
        self._domain = domain
        self._call_id = f"{secrets.token_hex(10)}@{line.host}"
        self._tag = secrets.token_hex(5)
        self._sequence = 0
        self._credentials: Credentials | None = None

    async def register(self, expires: int, timeout: float) -> Granted:
        """Register, or unregister with `expires` 0. Raises `LineError`, `Refused`, `Redirected`."""
        fresh = False
        for _ in range(MAX_ROUNDS):
            response = await self._line.request(self._request(expires), timeout)
            if response.status == 200:
                return Granted(_number(response.headers.get("Expires"), expires), response.headers.get("Date") or "")
            if response.status in {301, 302}:
                raise self._redirected(response)
            if response.status not in {401, 407}:
                raise Refused(response.status, _number(response.headers.get("Retry-After"), 0))
            challenges = parse_challenges(response.headers.all("WWW-Authenticate"))
            # An answer to a nonce of this attempt was wrong; one to an older nonce is worth another try.
            if not challenges or (fresh and not challenges[0].stale):
                raise Refused(response.status)
            fresh = True
            self._credentials = Credentials(self._who.code, self._who.password, challenges[0])
        raise Refused(401)

    def _request(self, expires: int) -> SipRequest:
        self._sequence += 1
        uri = f"sip:{self._server}@{self._domain}"
        address = f"sip:{self._who.code}@{self._domain}"
        line = self._line
        headers = Headers(
            [
                ("Via", line.via),
                ("From", f"<{address}>;tag={self._tag}"),
                ("To", f"<{address}>"),
                ("Call-ID", self._call_id),
                ("CSeq", f"{self._sequence} REGISTER"),
                ("Contact", f"<sip:{self._who.code}@{line.host}:{line.port}{_transport(line.target)}>"),
                ("Max-Forwards", "70"),
                ("User-Agent", AGENT),
                ("Expires", str(expires)),
                ("X-GB-Ver", self._who.version.header),
            ]
        )
        if self._credentials is not None:
            headers.add("Authorization", self._credentials.authorization("REGISTER", uri))
        return SipRequest("REGISTER", uri, headers)

    def _redirected(self, response: Response) -> Exception:
        try:
            uri = parse_name_addr(response.headers.get("Contact") or "").uri
        except SipSyntaxError:
            return Refused(response.status)
        target = replace(self._line.target, host=uri.host, port=uri.port or 5060)
        if uri.params.get("transport", "").lower() == "tcp":
            target = replace(target, transport="tcp")
        return Redirected(target, uri.user or self._server)


def _transport(target: Target) -> str:
    return ";transport=tcp" if target.transport == "tcp" else ""


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 8 else otherwise
