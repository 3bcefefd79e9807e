"""Proving a camera playable: open it, decode its first keyframe, measure on the way, close it."""

import asyncio
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from commonsight.clock import Clock, SystemClock
from commonsight.connect import service as connect
from commonsight.connect.conversation import Conversation
from commonsight.connect.model import (
    TICKS_PER_SECOND,
    AccessUnit,
    Address,
    Codec,
    OwnFailure,
    Session,
    SourceCode,
    SourceError,
)
from commonsight.connect.survey import Survey
from commonsight.gate.model import Permit
from commonsight.problem import Refusal
from commonsight.vision.decode import Decoder, Frame
from commonsight.vision.picture import Planes

_NOBODY = {SourceCode.UNREACHABLE, SourceCode.REFUSED}
_SILENT = {SourceCode.UNREACHABLE, SourceCode.REFUSED, SourceCode.TIMEOUT}
"""Failures that say nothing about the device but that it was not there."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What came of a probe. What was not measured is None.

    `reachable`: something took the connection. `answered`: the device spoke the protocol. `first_frame`: a whole
    keyframe came and could be decoded. `milliseconds`: until the decoded frame, or until the failure. `error`: a
    `connect.model.SourceCode`, or `undecodable`; None when it plays. `conversation`: what was said, when that was asked
    for.
    `fps`: pictures a second by the stream's own times. `kbps`: over the bytes received and the time they took, no less
    than 0.8 s. `keyframe_seconds`: from one keyframe to the next. `clock_difference`: seconds, the device's clock minus
    ours, as its answers are dated. `connect_ms`, `answer_ms`, `first_frame_ms`: until the connection stood, the first
    answer came, the first keyframe was whole (before it was decoded). `received`: bytes of stream.
    `stream`: which was proved, main or sub; None when there is no telling.
    `picture`: the decoded keyframe, when that was asked for; `picture_at`: when its last byte came.
    """

    reachable: bool
    answered: bool
    first_frame: bool
    milliseconds: int
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    error: str | None = None
    conversation: Conversation | None = field(default=None, compare=False, repr=False)
    fps: float | None = None
    kbps: int | None = None
    keyframe_seconds: float | None = None
    clock_difference: float | None = None
    connect_ms: int | None = None
    answer_ms: int | None = None
    first_frame_ms: int | None = None
    received: int = 0
    stream: str | None = None
    picture: Planes | None = field(default=None, compare=False, repr=False)
    picture_at: datetime | None = field(default=None, compare=False)


class Source(Protocol):
    """Where a camera is: the catalogue's source, or an address."""

    @property
    def url(self) -> str: ...
    @property
    def username(self) -> str | None: ...
    @property
    def password(self) -> str | None: ...


async def probe(
    permit: Permit,
    camera_id: UUID,
    source: Source,
    *,
    timeout: float,
    clock: Clock | None = None,
    traced: bool = False,
    patience: float = 0.0,
    measure: float = 0.0,
    keep_picture: bool = False,
) -> ProbeResult:
    """Open the camera, decode its first keyframe in this process, close it.

    Args:
        timeout: seconds for all of it.
        traced: take down what is said over RTSP or HTTP.
        patience: seconds more for the first keyframe of a camera that sends a stream: keyframes may be 10 s apart.
        measure: go on so many seconds for a second keyframe, which tells their distance and a fair rate.
        keep_picture: hand the decoded picture out, too.

    Raises:
        Refusal: `gate.ticket_revoked`, `gate.ticket_expired` or `gate.camera_not_covered`; then nothing is opened.
            `media.probe_not_possible` when we lack something ourselves, so that the camera cannot be judged.
    """
    clock = clock or SystemClock()
    permit.refuse_unless(camera_id, clock.now())
    proving = _Proving(clock, Conversation(clock) if traced else None)
    address = Address.at(source.url, source.username, source.password)
    try:
        session = await connect.open(
            address, timeout=timeout, clock=clock, conversation=proving.conversation, survey=proving.survey
        )
    except OwnFailure as error:
        raise Refusal("media.probe_not_possible", status=503, reason=error.detail) from error
    except SourceError as error:
        # A timeout's detail names the step that got no answer.
        late = error.code is SourceCode.TIMEOUT and error.detail.startswith("connect:")
        return proving.result(error=error.code.value, never_connected=late)
    proving.session = session
    try:
        async with asyncio.timeout(max(timeout + patience - proving.passed, 0.1)):
            unit = await anext(aiter(session))
        proving.came()
        if measure > 0 and session.info.codec is not Codec.JPEG:
            await _second(proving.survey, measure)
    except SourceError as error:
        return proving.result(error=error.code.value)
    except (TimeoutError, StopAsyncIteration):
        return proving.result(error=SourceCode.NO_VIDEO.value)
    finally:
        if proving.conversation is not None:
            proving.conversation.counters = asdict(session.counters)
        # The camera is free again while its picture is being decoded.
        await session.close()
    frame = await asyncio.to_thread(decoded, session.info.codec, unit)
    if frame is None:
        return proving.result(error="undecodable")
    return proving.result(error=None, frame=frame, keep_picture=keep_picture)


async def _second(survey: Survey, seconds: float) -> None:
    """Wait until a second keyframe has begun, or so long."""
    try:
        async with asyncio.timeout(seconds):
            await survey.measured.wait()
    except TimeoutError:
        return


class _Proving:
    """What has come of a probe so far."""

    def __init__(self, clock: Clock, conversation: Conversation | None) -> None:
        self.survey = Survey()
        self.conversation = conversation
        self.session: Session | None = None
        self.first_frame_ms: int | None = None
        self._came: datetime | None = None
        self._clock = clock
        self._began = clock.monotonic()

    def came(self) -> None:
        """The first keyframe is here."""
        self.first_frame_ms, self._came = self.milliseconds, self._clock.now()

    @property
    def passed(self) -> float:
        return self._clock.monotonic() - self._began

    @property
    def milliseconds(self) -> int:
        return round(self.passed * 1_000)

    def result(
        self, *, error: str | None, never_connected: bool = False, frame: Frame | None = None,
        keep_picture: bool = False,
    ) -> ProbeResult:  # fmt: skip
        info = None if self.session is None else self.session.info
        survey = self.survey
        width = height = 0
        if frame is not None:
            width, height = frame.width, frame.height
        elif info is not None:
            width, height = info.width, info.height
        return ProbeResult(
            reachable=error not in _NOBODY and not never_connected,
            answered=error not in _SILENT,
            first_frame=error is None,
            milliseconds=self.milliseconds,
            codec=None if info is None else info.codec.value,
            width=width or None,
            height=height or None,
            error=error,
            conversation=self.conversation,
            fps=survey.fps,
            kbps=survey.kbps,
            keyframe_seconds=survey.keyframe_seconds,
            clock_difference=survey.clock_difference,
            connect_ms=self._after(survey.connected),
            answer_ms=self._after(survey.answered),
            first_frame_ms=self.first_frame_ms,
            received=survey.bytes,
            picture=frame.still() if frame is not None and keep_picture else None,
            picture_at=self._came,
        )

    def _after(self, moment: float | None) -> int | None:
        return None if moment is None else round((moment - self._began) * 1_000)


def decoded(codec: Codec, unit: AccessUnit) -> Frame | None:
    """The picture a keyframe decodes to; None when it does not, or only with guessed parts.

    Without deblocking, which changes how a picture looks and not whether it is one, and takes a quarter of the time.
    """
    decoder = Decoder(codec.value, skip_loop_filter="all", fast=True)
    frames = decoder.feed(unit.data, unit.pts % (TICKS_PER_SECOND << 32)) or decoder.flush()
    return None if not frames or frames[0].corrupt else frames[0]


def decoded_size(codec: Codec, unit: AccessUnit) -> tuple[int, int] | None:
    """Width and height of what `decoded` finds."""
    frame = decoded(codec, unit)
    return None if frame is None else (frame.width, frame.height)
