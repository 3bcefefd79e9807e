"""HTTP authentication as RTSP and SIP use it: Basic (RFC 7617) and Digest (RFC 7616), the answering side.

Digests are MD5, SHA-256 and SM3 (the Chinese hash newer GB/T 28181 devices use). `Verifier` checks answers for one
name and password; a registrar with many devices checks them with `digest_server.Challenger`.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes

_PAIR = re.compile(r'([A-Za-z0-9_-]{1,40})\s*=\s*("(?:[^"\\]|\\.){0,2000}"|[^\s,"]{0,2000})')
_SCHEME = re.compile(r"(?:^|,)\s*(Digest|Basic)(?=\s|$)", re.IGNORECASE)
_HASHES = {"md5": "md5", "sha-256": "sha256", "sm3": "sm3"}
_HASHES |= {f"{name}-sess": hash_name for name, hash_name in _HASHES.items()}
_STRENGTH = {"sm3": 3, "sm3-sess": 3, "sha-256": 3, "sha-256-sess": 3, "md5": 2, "md5-sess": 2}


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge of a 401. `algorithm` is "" for Basic; `qop` is "auth" or ""."""

    scheme: str
    realm: str
    nonce: str = ""
    opaque: str | None = None
    algorithm: str = ""
    qop: str = ""
    stale: bool = False


def parse_challenges(values: Iterable[str]) -> list[Challenge]:
    """All challenges we can answer, strongest first, from the `WWW-Authenticate` fields of a response."""
    found = []
    for value in values:
        marks = list(_SCHEME.finditer(value[:8000]))
        ends = [mark.start() for mark in marks[1:]] + [len(value)]
        for mark, end in zip(marks, ends, strict=False):
            fields = parse_pairs(value[mark.end() : end])
            if mark[1].lower() == "basic":
                found.append(Challenge("basic", fields.get("realm", "")))
                continue
            algorithm = fields.get("algorithm", "MD5")
            offered = [q.strip() for q in fields.get("qop", "").lower().split(",") if q.strip()]
            if algorithm.lower() not in _HASHES or "nonce" not in fields or (offered and "auth" not in offered):
                continue  # auth-int would need the body hashed; no camera asks for it alone
            stale = fields.get("stale", "").lower() == "true"
            qop = "auth" if offered else ""
            realm, nonce, opaque = fields.get("realm", ""), fields["nonce"], fields.get("opaque")
            found.append(Challenge("digest", realm, nonce, opaque, algorithm, qop, stale))
    return sorted(found, key=lambda c: -_STRENGTH.get(c.algorithm.lower(), 1))


class Credentials:
    """Answers one challenge for every request that follows, counting the nonce's uses."""

    def __init__(self, username: str, password: str, challenge: Challenge, *, cnonce: str | None = None) -> None:
        self.challenge = challenge
        self._username = username
        self._password = password
        self._cnonce = cnonce or secrets.token_hex(8)
        self._uses = 0

    def authorization(self, method: str, uri: str) -> str:
        """Value of the `Authorization` field for a request."""
        given = self.challenge
        if given.scheme == "basic":
            return "Basic " + base64.b64encode(f"{self._username}:{self._password}".encode()).decode()
        self._uses += 1
        count = f"{self._uses:08x}"
        proof = answer(given, self._username, self._password, method, uri, self._cnonce, count)
        parts = {"username": self._username, "realm": given.realm, "nonce": given.nonce, "uri": uri}
        parts["response"] = proof
        text = ", ".join(f'{name}="{_escape(value)}"' for name, value in parts.items())
        if given.algorithm.lower() != "md5":  # MD5 is the default, and old devices choke on the field
            text += f", algorithm={given.algorithm}"
        if given.opaque is not None:
            text += f', opaque="{_escape(given.opaque)}"'
        if given.qop:
            text += f', qop={given.qop}, nc={count}, cnonce="{self._cnonce}"'
        elif given.algorithm.lower().endswith("-sess"):
            text += f', cnonce="{self._cnonce}"'
        return f"Digest {text}"

    def __repr__(self) -> str:
        return f"Credentials({self.challenge.scheme})"


class Verifier:
    """The server's side: issues challenges and checks answers. Nonces carry their own proof, so none are stored."""

    def __init__(self, username: str, password: str, *, realm: str, algorithms: tuple[str, ...] = ("SHA-256", "MD5")):
        self._username = username
        self._password = password
        self._realm = realm
        self._algorithms = algorithms
        self._key = secrets.token_bytes(16)

    def challenges(self) -> list[str]:
        """Values of the `WWW-Authenticate` fields."""
        seed = secrets.token_hex(8)
        nonce = seed + self._mark(seed)
        return [
            f'Digest realm="{self._realm}", nonce="{nonce}", algorithm={algorithm}, qop="auth"'
            for algorithm in self._algorithms
        ]

    def accepts(self, method: str, authorization: str) -> bool:
        """Whether the `Authorization` value proves the password for this request."""
        scheme, _, rest = authorization.partition(" ")
        if scheme.lower() != "digest":
            return False
        fields = parse_pairs(rest)
        nonce = fields.get("nonce", "")
        algorithm = fields.get("algorithm", "MD5")
        if algorithm not in self._algorithms or not hmac.compare_digest(
            nonce[16:].encode(), self._mark(nonce[:16]).encode()
        ):
            return False
        if fields.get("username") != self._username or fields.get("realm") != self._realm:
            return False
        challenge = Challenge("digest", self._realm, nonce, None, algorithm, fields.get("qop", ""))
        wanted = answer(
            challenge, self._username, self._password, method, fields.get("uri", ""),
            fields.get("cnonce", ""), fields.get("nc", ""),
        )  # fmt: skip
        return hmac.compare_digest(wanted.encode(), fields.get("response", "").encode())

    def _mark(self, seed: str) -> str:
        return hmac.new(self._key, seed.encode(), "sha256").hexdigest()[:16]


def answer(challenge: Challenge, username: str, password: str, method: str, uri: str, cnonce: str, count: str) -> str:
    """The `response` field that proves `password`. `count` is the nc field as it is written, 8 hexadecimal digits."""
    name = challenge.algorithm.lower()

    def digest(text: str) -> str:
        return _digest(_HASHES[name], text.encode("utf-8", "surrogateescape"))

    secret = digest(f"{username}:{challenge.realm}:{password}")
    if name.endswith("-sess"):
        secret = digest(f"{secret}:{challenge.nonce}:{cnonce}")
    target = digest(f"{method}:{uri}")
    if challenge.qop:
        return digest(f"{secret}:{challenge.nonce}:{count}:{cnonce}:{challenge.qop}:{target}")
    return digest(f"{secret}:{challenge.nonce}:{target}")


def knows(algorithm: str) -> bool:
    """Whether answers under this `algorithm` can be computed."""
    return algorithm.lower() in _HASHES


def parse_pairs(text: str) -> Mapping[str, str]:
    """`name="value", name=value` as a mapping with names in lower case; the first of a doubled name holds."""
    found: dict[str, str] = {}
    for name, value in _PAIR.findall(text[:8000]):
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        found.setdefault(name.lower(), value)
    return found


def _digest(name: str, data: bytes) -> str:
    if name == "sm3":  # not in every build of OpenSSL that hashlib may find
        hasher = hashes.Hash(hashes.SM3())
        hasher.update(data)
        return hasher.finalize().hex()
    # MD5 is what the devices speak; it proves a password here, it protects no content.
    return hashlib.new(name, data, usedforsecurity=False).hexdigest()


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
