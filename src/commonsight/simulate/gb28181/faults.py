"""What goes wrong with a virtual platform, by plan: every ill is drawn from the seed and can be had again."""

from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Final

from commonsight.problem import Refusal
from commonsight.simulate.gb28181.chance import draw

REORDER_REACH: Final = 8
"""A reordered page changes places with one at most this far behind it."""


class Bend(StrEnum):
    """Ways in which vendors leave the trodden path, as field practice reports them."""

    COMPOSITE_PARENT = "composite_parent"  # ParentID says "platform/parent"
    OWN_SSRC = "own_ssrc"  # sends an SSRC of its own instead of the one it was told
    LOWER_CASE_TYPE = "lower_case_type"  # Content-Type: application/manscdp+xml
    OLD_SPELLING = "old_spelling"  # knows IFameCmd only
    SNAPSHOT_CONTROL = "snapshot_control"  # takes snapshots as DeviceControl only
    NO_RESULT = "no_result"  # sends no separate Response to a control
    DEAF_TO_DATE = "deaf_to_date"  # keeps its own clock whatever the Date of the registrar says
    LOCAL_TIME = "local_time"  # DeviceTime with "Z" that is not UTC
    CUT_NAME = "cut_name"  # long names end in the middle of a character
    BARE_AMPERSAND = "bare_ampersand"  # writes "&" into XML as it is


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares are of messages unless said otherwise, 0 to 1.

    Args:
        loss: pages of an answer that are never sent (drawn anew for each query, so a repeated query brings others).
        doubling: pages sent twice.
        reorder: pages that change places with a later one.
        short: answers that end before their `SumNum` is reached.
        late: pages held back for `late_seconds`.
        break_off_at: share of the first catalogue answer after which the platform falls silent for `away_seconds` and
            then registers anew; None: never.
        drop: datagrams lost on the way, in both directions (UDP only; retransmission makes up for them).
        wrong_encoding: pages whose bytes are not in the encoding they declare.
        clock_offset: how far the clocks are ahead, s.
        bends: devices with vendor bends.
        twins: cameras that bear the code of a camera of the platform before.
        deaf: devices that register and keep alive but answer no query.
        mute: cameras that agree to stream and send nothing.
        media_loss, media_reorder: packets of a stream that are lost, or change places with the next one.
    """

    loss: float = 0.0
    doubling: float = 0.0
    reorder: float = 0.0
    short: float = 0.0
    late: float = 0.0
    late_seconds: float = 3.0
    break_off_at: float | None = None
    away_seconds: float = 10.0
    drop: float = 0.0
    wrong_encoding: float = 0.0
    clock_offset: float = 0.0
    bends: float = 0.0
    twins: float = 0.0
    deaf: float = 0.0
    mute: float = 0.0
    media_loss: float = 0.0
    media_reorder: float = 0.0

    def __post_init__(self) -> None:
        for name in SHARES:
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise Refusal("simulate.fault_value", operand=name, expected="0 ... 1", actual=value)
        for name, low, high in SECONDS:
            value = getattr(self, name)
            if not low <= value <= high:
                raise Refusal("simulate.fault_value", operand=name, expected=f"{low} ... {high}", actual=value)

    def bends_of(self, seed: int, code: str) -> frozenset[Bend]:
        """The bends of the device with this code; about a third of all there are when it has any."""
        if draw(seed, "bends", code) >= self.bends:
            return frozenset()
        return frozenset(bend for bend in Bend if draw(seed, bend, code) < 1 / 3)


SHARES: Final = (
    "loss", "doubling", "reorder", "short", "late", "break_off_at", "drop", "wrong_encoding", "bends", "twins", "deaf",
    "mute", "media_loss", "media_reorder",
)  # fmt: skip

SECONDS: Final = (
    ("late_seconds", 0, 86_400), ("away_seconds", 0, 86_400), ("clock_offset", -1_000_000_000, 1_000_000_000),
)  # fmt: skip

PLANS: Final = {
    "none": Faults(),
    "mild": Faults(loss=0.01, doubling=0.02, reorder=0.02, late=0.01, wrong_encoding=0.005, bends=0.2),
    "rough": Faults(
        loss=0.05, doubling=0.05, reorder=0.1, short=0.3, late=0.05, drop=0.05, wrong_encoding=0.02, clock_offset=420,
        bends=0.6, twins=0.01, deaf=0.02, mute=0.03, media_loss=0.01, media_reorder=0.01,
    ),
    "lossy": Faults(loss=0.05, doubling=0.05),
    "broken": Faults(break_off_at=0.5),
}  # fmt: skip
"""Plans with a name."""


def parse(text: str) -> Faults:
    """A plan from its name, from `key=value` pairs, or from both: `mild,loss=0.1,clock_offset=-30`.

    Raises:
        Refusal: `simulate.fault_unknown`, `simulate.fault_value`.
    """
    plan = Faults()
    known = {field.name for field in fields(Faults)}
    for part in filter(None, (each.strip() for each in text.split(","))):
        name, equals, value = part.partition("=")
        if not equals and name in PLANS:
            plan = PLANS[name]
            continue
        if name not in known or not equals:
            names = ", ".join([*PLANS, *sorted(known)])
            raise Refusal("simulate.fault_unknown", operand="faults", expected=names, actual=part)
        try:
            number = float(value)
        except ValueError:
            raise Refusal("simulate.fault_value", operand=name, expected="0.05", actual=value) from None
        plan = replace(plan, **{name: number})
    return plan


@dataclass(frozen=True, slots=True)
class Sending:
    """One page to send: which, how long after its turn, and whether its bytes belie their declaration."""

    page: int
    delay: float = 0.0
    wrong_encoding: bool = False


def order(faults: Faults, seed: int, code: str, serial: str, pages: int) -> list[Sending]:
    """In which order the pages of one answer go out. The same for the same device and query (`serial`: its SN)."""
    turns = list(range(pages))
    if faults.short and pages > 1 and draw(seed, "short", code, serial) < faults.short:
        del turns[max(1, int(pages * draw(seed, "length", code, serial))) :]
    if faults.reorder:
        for at in range(len(turns)):
            if draw(seed, "reorder", code, serial, at) < faults.reorder:
                other = min(len(turns) - 1, at + 1 + int(draw(seed, "reach", code, serial, at) * REORDER_REACH))
                turns[at], turns[other] = turns[other], turns[at]
    sent = []
    for page in turns:
        if faults.loss and draw(seed, "loss", code, serial, page) < faults.loss:
            continue
        late = faults.late_seconds if faults.late and draw(seed, "late", code, serial, page) < faults.late else 0.0
        wrong = bool(faults.wrong_encoding) and draw(seed, "wrong", code, serial, page) < faults.wrong_encoding
        sent.append(Sending(page, late, wrong))
        if faults.doubling and draw(seed, "double", code, serial, page) < faults.doubling:
            sent.append(Sending(page, 0.0, wrong))
    return sent
