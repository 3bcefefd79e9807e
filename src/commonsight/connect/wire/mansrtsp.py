"""What steers a recording that plays: RTSP-like lines in the body of an INFO (MANSRTSP, field practice)."""

import re
from dataclasses import dataclass
from typing import Literal

CONTENT_TYPE = "Application/MANSRTSP"
MAX_BYTES = 4_096
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Multiples of real time that devices understand; the negative of each plays backwards where a device can."""

Action = Literal["PLAY", "PAUSE", "TEARDOWN"]
_RANGE = re.compile(r"npt\s*=\s*(now|\d{1,9}(?:\.\d{1,6})?)\s*-", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d{1,4}(\.\d{1,4})?")


class MansrtspError(ValueError):
    """A body that steers nothing. The text says why."""


@dataclass(frozen=True, slots=True)
class Control:
    """One command. `position`: seconds from the recording's start to play from; None: from where it stands.
    `scale`: times real time; None: as before."""

    action: Action
    sequence: int
    position: float | None = None
    scale: float | None = None


def build(control: Control) -> bytes:
    """The body of an INFO."""
    lines = [f"{control.action} RTSP/1.0", f"CSeq: {control.sequence}"]
    if control.action == "PAUSE":
        lines.append("PauseTime: now")
    elif control.action == "PLAY":
        if control.scale is not None:
            lines.append(f"Scale: {control.scale:.6f}")
        if control.position is not None:
            lines.append(f"Range: npt={control.position:g}-")
        elif control.scale is None:
            lines.append("Range: npt=now-")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def parse(body: bytes) -> Control:
    """Read such a body. Raises `MansrtspError`."""
    if len(body) > MAX_BYTES:
        raise MansrtspError(f"body: at most {MAX_BYTES} bytes, is {len(body)}")
    first, _, rest = body.decode("utf-8", "replace").replace("\r", "\n").strip().partition("\n")
    action = first.partition(" ")[0].upper()
    if action not in {"PLAY", "PAUSE", "TEARDOWN"}:
        raise MansrtspError(f"action: PLAY, PAUSE or TEARDOWN, is {action[:20]!r}")
    fields = {
        name.strip().lower(): value.strip()
        for name, colon, value in (line.partition(":") for line in rest.split("\n"))
        if colon
    }
    sequence = fields.get("cseq", "0")
    scale = fields.get("scale", "")
    begin = _RANGE.search(fields.get("range", ""))
    return Control(
        action,  # type: ignore[arg-type]
        int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) < 10 else 0,
        float(begin[1]) if begin and begin[1].lower() != "now" else None,
        _scale(scale),
    )


def _scale(text: str) -> float | None:
    found = _NUMBER.match(text)
    return float(found[0]) if found else None
