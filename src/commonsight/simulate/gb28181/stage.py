"""What the parties of one fleet share: seed, clock, faults, footage and tally."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from typing import Final

from commonsight.clock import Clock
from commonsight.simulate.fleet import Fault
from commonsight.simulate.gb28181.document import Charset
from commonsight.simulate.gb28181.faults import Faults
from commonsight.simulate.gb28181.film import Film
from commonsight.simulate.gb28181.identity import Version
from commonsight.simulate.gb28181.line import Target
from commonsight.simulate.gb28181.tally import Tally

LOCAL: Final = timezone(timedelta(hours=8))
"""Devices write their times in the country's zone."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often and how long, s. Tests make these short; the defaults are what devices in the field do.

    Args:
        expires: registration asked for.
        keepalive: between two keepalives.
        misses: keepalives without answer after which a device registers anew.
        retry: after a failed registration; doubled each time up to `retry_most`.
        restart: a device that was told to boot is away for this long.
        answer: longest wait for the answer to one message.
    """

    expires: int = 3_600
    keepalive: float = 60.0
    misses: int = 3
    retry: float = 5.0
    retry_most: float = 60.0
    restart: float = 3.0
    answer: float = 8.0


@dataclass(frozen=True, slots=True)
class Ill:
    """What is wrong with one channel. `film`: what it shows instead of its own."""

    fault: Fault = Fault.NONE
    film: Film | None = None


WELL: Final = Ill()


def well(code: str) -> Ill:  # noqa: ARG001 - of any channel
    """Nothing is wrong with anybody."""
    return WELL


@dataclass(slots=True)
class Stage:
    """Where a fleet plays.

    Args:
        server: 20-digit id of the platform above; `domain`: its SIP domain.
        target: where it listens.
        page: items in one message of an answer.
        window: messages of one answer under way at once.
        films: what the cameras show; may be filled while the fleet runs. Empty: invitations are refused (488).
        aac: let each third camera speak AAC instead of G.711; `film.aac_tune` must have been made before.
        ill: what is wrong with the channel of this code, asked anew for each invitation.
        prompt: cameras begin with a keyframe when they are invited; else with whatever picture is next.
        charset: what the bodies declare; None: GB2312 for devices of 2016, GB18030 for those of 2022.
    """

    seed: int
    clock: Clock
    server: str
    domain: str
    target: Target
    host: str = "127.0.0.1"
    faults: Faults = field(default_factory=Faults)
    pace: Pace = field(default_factory=Pace)
    page: int = 1
    window: int = 4
    charset: Charset | None = None
    aac: bool = False
    films: list[Film] = field(default_factory=list)
    ill: Callable[[str], Ill] = well
    prompt: bool = True
    tally: Tally = field(default_factory=Tally)

    def charset_of(self, version: Version) -> Charset:
        if self.charset is not None:
            return self.charset
        return Charset.GB2312 if version is Version.Y2016 else Charset.GB18030
