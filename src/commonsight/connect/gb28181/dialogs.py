"""The life of the dialogs that bring pictures: pure rules, so that any order of events can be tried.

    begin -> inviting -> opened -> open -> ending -> gone
                      -> gone (refused, no answer)

A dialog belongs to the signalling connection that asked for it. Its stream number is taken by `begin` and given back by
`gone`, which every path reaches; in between exactly one caller is told to say BYE.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from commonsight.connect.gb28181.ssrc import SsrcPool
from commonsight.connect.sip.dialog import Dialog
from commonsight.problem import Refusal

Purpose = Literal["play", "playback", "download"]
PURPOSES: Final[tuple[Purpose, ...]] = ("play", "playback", "download")
PER_HOLDER: Final = 4_000
"""Dialogs of one connection; a media node holds 500 cameras."""


class Stage(StrEnum):
    """Where a dialog stands."""

    INVITING = "inviting"
    OPEN = "open"
    ENDING = "ending"


@dataclass(eq=False, slots=True)
class Held:
    """One dialog. `holder`: number of the connection it belongs to; 0 for one left by the process before us.
    `ref`: what the holder calls it, known to it before the device has answered.
    `unwanted`: nobody wants it any more while the device is still being asked.
    `report`: what the receiver said last."""

    call_id: str
    device: str
    channel: str
    purpose: Purpose
    ssrc: str
    holder: int
    stage: Stage = Stage.INVITING
    dialog: Dialog | None = None
    unwanted: bool = False
    ref: str = ""
    reason: str = ""
    offer: str = ""
    answer: str = ""
    report: dict[str, object] = field(default_factory=dict)


class Dialogs:
    """All dialogs of one signalling process, by call and by holder."""

    def __init__(self, pool: SsrcPool) -> None:
        self._pool = pool
        self._held: dict[str, Held] = {}
        self._by_holder: dict[int, dict[str, Held]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def get(self, call_id: str) -> Held | None:
        """The dialog of this call."""
        return self._held.get(call_id)

    def all(self) -> list[Held]:
        """Every dialog, oldest first."""
        return list(self._held.values())

    def of(self, holder: int) -> list[Held]:
        """What a connection holds, oldest first."""
        return list(self._by_holder.get(holder, {}).values())

    def by_ref(self, holder: int, ref: str) -> Held | None:
        """What a connection calls `ref`."""
        return next((held for held in self._by_holder.get(holder, {}).values() if held.ref == ref), None)

    def of_channel(self, device: str, channel: str) -> list[Held]:
        """Dialogs with one channel of one device; `channel` may be the device itself."""
        return [held for held in self._held.values() if held.device == device and channel in (held.channel, device)]

    def begin(self, call_id: str, device: str, channel: str, purpose: Purpose, holder: int) -> Held:
        """Take a stream number for a call that is about to be made.

        Raises:
            Refusal: `connect.gb_ssrc_exhausted`, `connect.gb_dialogs_most`.
        """
        if call_id in self._held:
            raise ValueError(f"call {call_id!r} is under way")
        mine = self._by_holder.get(holder, {})
        if len(mine) >= PER_HOLDER:
            raise Refusal("connect.gb_dialogs_most", status=503, operand="dialogs", expected=PER_HOLDER)
        ssrc = self._pool.take("live" if purpose == "play" else "history")
        held = Held(call_id, device, channel, purpose, ssrc, holder)
        self._keep(held)
        return held

    def inherit(self, held: Held) -> bool:
        """Take over a dialog that the process before us left. False: its number is none of ours or taken twice."""
        if held.call_id in self._held or not self._pool.hold(held.ssrc):
            return False
        held.holder, held.stage, held.unwanted = 0, Stage.ENDING, True
        self._keep(held)
        return True

    def opened(self, held: Held, dialog: Dialog) -> bool:
        """The device agreed. False: nobody wants it any more, so the caller must say BYE (it is ending already)."""
        held.dialog = dialog
        held.stage = Stage.ENDING if held.unwanted else Stage.OPEN
        return not held.unwanted

    def end(self, held: Held, reason: str) -> bool:
        """Somebody wants the dialog to end. True for the one caller who must say BYE; False when it is still being
        asked for (then `opened` says so), is ending already, or is gone."""
        if self._held.get(held.call_id) is not held:
            return False
        held.reason = held.reason or reason
        if held.stage is Stage.INVITING:
            held.unwanted = True
            return False
        if held.stage is Stage.ENDING:
            return False
        held.stage = Stage.ENDING
        return True

    def holder_gone(self, holder: int) -> list[Held]:
        """A connection is gone: those of its dialogs that must be ended now."""
        return [held for held in self.of(holder) if self.end(held, "holder_gone")]

    def gone(self, held: Held) -> bool:
        """It is over, and its row is deleted: give its number back. May be called twice; the second time False."""
        if self._held.get(held.call_id) is not held:
            return False
        del self._held[held.call_id]
        mine = self._by_holder[held.holder]
        del mine[held.call_id]
        if not mine:
            del self._by_holder[held.holder]
        self._pool.give_back(held.ssrc)
        return True

    def _keep(self, held: Held) -> None:
        self._held[held.call_id] = held
        self._by_holder.setdefault(held.holder, {})[held.call_id] = held
