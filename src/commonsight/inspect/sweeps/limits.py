"""How politely cameras are tried: limits on tries at once, tries a second and bytes a second. Pure; time is given.

A camera stands behind several links: the whole network, its platform, the network its address lies in. A try may start
when each of them lets one more through.
"""

import ipaddress
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

EVERYTHING: Final = "all"
"""The link that every camera stands behind."""

LOOPBACK: Final = "loopback"
"""Virtual cameras on this machine: no network lies between, so there is none to be polite to."""

SUSPECT_AFTER: Final = 8
"""So many silent tries in a row make a link suspect: it hangs, and must not hold what others could use."""
SUSPECT_SHARE: Final = 8
"""A suspect link keeps this part of the tries at once, one in so many, while others wait."""
FAIR_SHARE: Final = 2
"""While several platforms wait, none holds more than one in so many of the tries at once."""
BURST_SECONDS: Final = 2.0
"""A budget of bytes that was not used is kept this long."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What a link bears. `rate`: tries a second; `kbps`: kilobits a second. 0: not limited."""

    concurrency: int = 0
    rate: float = 0.0
    kbps: int = 0

    def share(self, lanes: int, rank: int) -> "Limit":
        """The part of lane `rank` (from 0) when so many lanes use the link; the parts of all add up to the whole.

        A lane whose part of the tries at once is none waits (-1) until another is done with the link.
        """
        if lanes <= 1:
            return self
        concurrency = self.concurrency
        if concurrency:
            concurrency = concurrency // lanes + (rank < concurrency % lanes) or -1
        return Limit(concurrency, self.rate / lanes, 0 if not self.kbps else max(1, self.kbps // lanes))


class Budget:
    """Bytes a second, kept by booking what a try is expected to bring and putting it right by what it brought.

    Over any stretch of time no more is granted than `rate` times its length, one burst, and what was under way and
    brought more than expected.
    """

    def __init__(self, rate: float, now: float, burst_seconds: float = BURST_SECONDS) -> None:
        self._rate, self._burst = rate, rate * burst_seconds
        self._level, self._at = self._burst, now

    def wait(self, now: float) -> float:
        """Seconds until something may be booked; 0: now."""
        if not self._rate:
            return 0.0
        self._fill(now)
        return 0.0 if self._level > 0 else (1 - self._level) / self._rate

    def book(self, size: float, now: float) -> None:
        """Something begins that is expected to bring `size` bytes; below 0, something brought less than expected."""
        if self._rate:
            self._fill(now)
            self._level = min(self._burst, self._level - size)

    def set_rate(self, rate: float, now: float, burst_seconds: float = BURST_SECONDS) -> None:
        """Go on at another rate; debts stay."""
        self._fill(now)
        self._rate, self._burst = rate, rate * burst_seconds
        self._level = min(self._level, self._burst)

    def _fill(self, now: float) -> None:
        self._level = min(self._burst, self._level + self._rate * max(0.0, now - self._at))
        self._at = max(self._at, now)


class Link:
    """A link in one lane's hands: what is under way on it, and when the next try may start."""

    def __init__(self, limit: Limit, now: float) -> None:
        self.limit = limit
        self.in_flight = 0
        self._silent = 0
        self._next = now
        self._budget = Budget(limit.kbps * 125, now)

    @property
    def suspect(self) -> bool:
        """Whether the last tries on it all ended in silence."""
        return self._silent >= SUSPECT_AFTER

    def change(self, limit: Limit, now: float) -> None:
        """Another limit holds from now on."""
        if limit != self.limit:
            self.limit = limit
            self._budget.set_rate(limit.kbps * 125, now)

    def wait(self, now: float) -> float:
        """Seconds until one more may start; infinity: not before one under way has ended."""
        concurrency = self.limit.concurrency
        if concurrency and self.in_flight >= concurrency:
            return math.inf
        return max(0.0, self._next - now if self.limit.rate else 0.0, self._budget.wait(now))

    def start(self, size: float, now: float) -> None:
        """A try starts that is expected to bring `size` bytes."""
        self.in_flight += 1
        if self.limit.rate:
            # A pause is not made up for by a burst.
            self._next = max(now, self._next) + 1 / self.limit.rate
        self._budget.book(size, now)

    def end(self, difference: float, now: float, *, silent: bool) -> None:
        """A try has ended. `difference`: bytes it brought beyond what was expected. `silent`: nobody answered."""
        self.in_flight -= 1
        self._silent = self._silent + 1 if silent else 0
        self._budget.book(difference, now)


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit as it is set. `kind`: all, platform (every one that has no rule of its own, or `platform`), prefix (a
    network; without one, each /24 or /64 that no other rule names)."""

    kind: str
    limit: Limit
    platform: UUID | None = None
    prefix: str = ""


class Rules:
    """Which links a camera stands behind, and what each bears. The most particular network counts, alone."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._named: dict[str, Limit] = {}
        self._default = {"all": Limit(), "platform": Limit(), "prefix": Limit()}
        networks = []
        for rule in rules:
            if rule.kind == "platform" and rule.platform is not None:
                self._named[f"platform:{rule.platform}"] = rule.limit
            elif rule.kind == "prefix" and rule.prefix:
                network = ipaddress.ip_network(rule.prefix)
                networks.append(network)
                self._named[f"net:{network}"] = rule.limit
            else:
                self._default[rule.kind] = rule.limit
        self._networks = sorted(networks, key=lambda network: -network.prefixlen)

    def links(self, platform: UUID | None, host: str) -> tuple[str, ...]:
        """The links of a camera, the widest first. `host`: an address, a name, or a device's code."""
        found = [EVERYTHING]
        below = _is_platform(host)
        if platform is not None or below:
            found.append(f"platform:{platform or host}")
        if not below:
            found.append(self._net(host))
        return tuple(found)

    def limit(self, link: str) -> Limit:
        """What a link bears."""
        if link == LOOPBACK:
            return Limit()
        kind = {"all": "all", "plat": "platform"}.get(link[:4].rstrip(":"), "prefix")
        return self._named.get(link, self._default[kind])

    def _net(self, host: str) -> str:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return f"host:{host[:100]}"
        if address.is_loopback:
            return LOOPBACK
        for network in self._networks:
            if address.version == network.version and address in network:
                return f"net:{network}"
        width = 24 if address.version == 4 else 64
        return f"net:{ipaddress.ip_network((address, width), strict=False)}"


def _is_platform(host: str) -> bool:
    """Whether this is the code of a GB/T 28181 platform (type 200): many cameras behind it, on many networks."""
    return len(host) == 20 and host.isascii() and host.isdigit() and host[10:13] == "200"


def shares(links: Sequence[str], lanes: dict[int, frozenset[str]], own: int) -> dict[str, tuple[int, int]]:
    """For each link: how many lanes use it, and the rank of lane `own` among them."""
    found = {}
    for link in links:
        users = sorted(number for number, used in lanes.items() if link in used or number == own)
        if own not in users:
            users = sorted([*users, own])
        found[link] = (len(users), users.index(own))
    return found
