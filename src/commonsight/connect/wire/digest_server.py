"""Digest as a registrar sees it: thousands of names, one challenger, no state but the nonces that were counted.

A nonce carries the second it was made and a keyed proof of it, so none are stored and a storm of first REGISTERs
costs no memory. Only with `qop=auth` are uses counted (a replay is refused); the table of counts is bounded.
"""

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from commonsight.connect.wire.digest import Challenge, answer, knows, parse_pairs

NONCE_SECONDS = 300
"""Default age after which a nonce is stale; the device then answers a new one without asking anybody."""
MAX_COUNTED = 20_000
"""Nonces whose use is remembered; beyond it the oldest are forgotten and count as stale."""


class Verdict(StrEnum):
    """What an answer is worth."""

    OK = "ok"
    STALE = "stale"
    WRONG = "wrong"
    REPLAYED = "replayed"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Answer:
    """The fields of an `Authorization` value, as the other side wrote them."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str = "MD5"
    qop: str = ""
    count: str = ""
    cnonce: str = ""


def parse_answer(authorization: str) -> Answer | None:
    """Reads `Digest username="…", …`; None when it is another scheme or lacks what a digest needs."""
    scheme, _, rest = authorization.strip().partition(" ")
    fields = parse_pairs(rest)
    needed = ("username", "realm", "nonce", "response")
    if scheme.lower() != "digest" or any(not fields.get(name) for name in needed):
        return None
    algorithm, qop = fields.get("algorithm", "MD5"), fields.get("qop", "").lower()
    if not knows(algorithm) or qop not in ("", "auth"):
        return None
    username, realm, nonce, response = (fields[name] for name in needed)
    return Answer(
        username, realm, nonce, fields.get("uri", ""), response, algorithm, qop, fields.get("nc", ""),
        fields.get("cnonce", ""),
    )  # fmt: skip


class Challenger:
    """Makes challenges and checks the answers.

    Args:
        realm: shown to the device and part of every digest.
        qop: offer `qop="auth"`. Older devices do not understand it, so it is off by default.
        seconds: age after which a nonce is stale.
    """

    def __init__(self, realm: str, *, qop: bool = False, seconds: float = NONCE_SECONDS) -> None:
        self.realm = realm
        self._qop = qop
        self._seconds = seconds
        self._key = secrets.token_bytes(16)
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._forgotten = ""  # the stamp up to which counts were forgotten

    def challenges(self, now: float, algorithms: Iterable[str] = ("MD5",), *, stale: bool = False) -> list[str]:
        """Values of the `WWW-Authenticate` fields, one for each algorithm, in this order.

        Args:
            now: seconds of any clock that does not go back; the same for `verify`.
            algorithms: "MD5", "SHA-256", "SM3".
            stale: the password may be right, only the nonce was too old.
        """
        stamp = f"{max(0, int(now * 1000)):014x}"
        salt = secrets.token_hex(4)
        nonce = f"{stamp}{salt}{self._proof(stamp + salt)}"
        extra = ', qop="auth"' if self._qop else ""
        extra += ", stale=true" if stale else ""
        return [f'Digest realm="{self.realm}", nonce="{nonce}", algorithm={name}{extra}' for name in algorithms]

    def verify(self, method: str, given: Answer | None, password: str, now: float) -> Verdict:
        """Whether the answer proves `password` for a request of `method`."""
        if given is None:
            return Verdict.MALFORMED
        stamp, salt, proof = given.nonce[:14], given.nonce[14:22], given.nonce[22:]
        ours = hmac.compare_digest(proof.encode(), self._proof(stamp + salt).encode())
        if not ours or given.realm != self.realm:
            return Verdict.STALE  # of an earlier run or another server: a new challenge settles it
        if now * 1000 - int(stamp, 16) > self._seconds * 1000:
            return Verdict.STALE
        challenge = Challenge("digest", given.realm, given.nonce, None, given.algorithm, given.qop)
        wanted = answer(challenge, given.username, password, method, given.uri, given.cnonce, given.count)
        if not hmac.compare_digest(wanted.encode(), given.response.lower().encode()):
            return Verdict.WRONG
        return self._counted(given, stamp) if given.qop else Verdict.OK

    def _counted(self, given: Answer, stamp: str) -> Verdict:
        try:
            count = int(given.count, 16) if len(given.count) <= 8 else 0
        except ValueError:
            return Verdict.MALFORMED
        last = self._counts.get(given.nonce)
        if last is None and stamp <= self._forgotten:
            return Verdict.STALE
        if count <= (last or 0):
            return Verdict.REPLAYED
        self._counts[given.nonce] = count
        self._counts.move_to_end(given.nonce)
        if len(self._counts) > MAX_COUNTED:
            oldest, _ = self._counts.popitem(last=False)
            self._forgotten = max(self._forgotten, oldest[:14])
        return Verdict.OK

    def _proof(self, text: str) -> str:
        return hmac.new(self._key, text.encode("utf-8", "surrogateescape"), "sha256").hexdigest()[:20]
