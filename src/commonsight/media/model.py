"""What flows through a media node: tracks and units that are formatted once for all readers, and who reads."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from commonsight.connect.model import TICKS_PER_SECOND, Codec
from commonsight.connect.wire.jpeg_rtp import packetise_jpeg
from commonsight.connect.wire.nal import START_CODE
from commonsight.connect.wire.packetise import packetise
from commonsight.media import packets
from commonsight.media.fmp4 import Init, fragment
from commonsight.media.websocket import BINARY, TEXT, frame
from commonsight.text import say

End = Literal[
    "source_lost",
    "unreachable",
    "unauthorized",
    "not_found",
    "no_video",
    "unsupported_codec",
    "permit_revoked",
    "permit_expired",
    "node_stopping",
    "too_slow",
    "protocol",
    "recording_end",
    "mask_model_missing",
    "mask_failed",
]
"""Why a reader's stream ends: message codes of `messages.toml` after `media.`."""


class StreamOver(Exception):
    """A source has come to its end, and says by which word its readers are told."""

    def __init__(self, code: End) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class Track:
    """One set of parameter sets of a camera. `init` is made when the first browser wants it, `sounding` (pictures and
    sound) when the first one wants that."""

    codec: Codec
    parameter_sets: tuple[bytes, ...]
    width: int
    height: int
    init: Init | None = None
    sounding: Init | None = None


@dataclass(slots=True)
class Unit:
    """One access unit on the camera's timeline; each form it leaves in is made at most once.

    `data`: Annex B. `pts`, `dts`, `duration`: 90 kHz ticks. `received`: monotonic seconds.
    """

    codec: Codec
    data: bytes
    pts: int
    dts: int
    duration: int
    keyframe: bool
    received: float
    sequence: int
    _message: bytes | None = field(default=None, repr=False)
    _packet: bytes | None = field(default=None, repr=False)
    _payloads: list[bytes] | None = field(default=None, repr=False)

    def message(self) -> bytes:
        """A whole WebSocket message holding the fragment: the same bytes go to every viewer.

        A JPEG goes as it is, with its time in a text message before it, because it has no place for one inside.
        """
        if self._message is None and self.codec is Codec.JPEG:
            time = text_message({"type": "picture", "time": round(self.pts / TICKS_PER_SECOND, 6)})
            self._message = time + frame(BINARY, self.data)
        elif self._message is None:
            body = fragment(
                self.codec,
                self.data,
                sequence=self.sequence,
                decode_time=self.dts,
                duration=self.duration,
                offset=self.pts - self.dts,
                keyframe=self.keyframe,
            )
            self._message = frame(BINARY, body)
        return self._message

    def packet(self) -> bytes:
        """The length-prefixed form for analysis."""
        if self._packet is None:
            self._packet = packets.unit(self.data, self.pts, self.received, keyframe=self.keyframe)
        return self._packet

    def payloads(self) -> list[bytes]:
        """RTP payloads; none for a JPEG that RTP has no form for."""
        if self._payloads is None:
            if self.codec is Codec.JPEG:
                self._payloads = packetise_jpeg(self.data)
            else:
                self._payloads = packetise(self.codec, [nal for nal in self.data.split(START_CODE) if nal])
        return self._payloads


@dataclass(frozen=True, slots=True)
class Boxes:
    """What analysis saw on the picture at `pts`, as the WebSocket message every viewer gets."""

    pts: int
    message: bytes


class Reader(Protocol):
    """Somebody a relay hands pictures to. Nothing here waits: a reader that cannot take more drops and says so."""

    browser: bool
    """Whether it takes fragments, so that an init segment is needed."""
    sound: bool
    """Whether it wants to hear the camera; then it takes `track.sounding` as soon as there is one."""

    def start(self, track: Track, group: Sequence[Unit], *, audible: bool) -> None:
        """A stream begins, or begins anew with other parameter sets; `group` starts with a keyframe. `audible`: the
        camera has sound."""
        ...

    def hear(self, message: bytes) -> None:
        """A fragment of sound, as a WebSocket message."""
        ...

    def audible(self) -> None:
        """The camera has begun to send sound."""
        ...

    def take(self, unit: Unit) -> None: ...

    def boxes(self, boxes: Boxes) -> None: ...

    def state(self, code: str) -> None:
        """Something a person should know while the stream goes on: `reconnecting`, until the next `start`."""
        ...

    def end(self, code: End) -> None:
        """Nothing follows. The reader closes its connection."""
        ...


def text_message(document: dict[str, Any]) -> bytes:
    """A WebSocket text message holding `document` as JSON."""
    return frame(TEXT, json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())


def spoken(kind: str, code: str) -> dict[str, Any]:
    """A message a person reads, in both languages, because the page's language is not known here."""
    return {"type": kind, "code": code, "zh": say(f"media.{code}", "zh"), "en": say(f"media.{code}", "en")}


def boxes_message(pts: int, boxes: Any, lines: Any) -> Boxes:
    """The message for viewers from what a worker sent (checked by `packets.decode_boxes`)."""
    document = {"type": "boxes", "time": round(pts / TICKS_PER_SECOND, 6), "boxes": boxes, "lines": lines}
    return Boxes(pts, text_message(document))
