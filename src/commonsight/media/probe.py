"""Proving a camera playable: open it, decode its first keyframe, close it."""

import asyncio
from dataclasses import asdict, dataclass, field
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
from commonsight.gate.model import Permit
from commonsight.problem import Refusal
from commonsight.vision.decode import Decoder

_NOBODY = {SourceCode.UNREACHABLE, SourceCode.REFUSED}
_SILENT = {SourceCode.UNREACHABLE, SourceCode.REFUSED, SourceCode.TIMEOUT}
"""Failures that say nothing about the device but that it was not there."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What came of a probe.

    `reachable`: something took the connection. `answered`: the device spoke the protocol. `first_frame`: a whole
    keyframe came and could be decoded. `milliseconds`: until the decoded frame, or until the failure. `error`: a
    `connect.model.SourceCode`, or `undecodable`; None when it plays. `conversation`: what was said, when that was asked
    for.
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
) -> ProbeResult:
    """Open the camera, decode its first keyframe in this process, close it.

    Args:
        timeout: seconds for all of it.
        traced: take down what is said over RTSP or HTTP.

    Raises:
        Refusal: `gate.ticket_revoked`, `gate.ticket_expired` or `gate.camera_not_covered`; then nothing is opened.
            `media.probe_not_possible` when we lack something ourselves, so that the camera cannot be judged.
    """
    clock = clock or SystemClock()
    permit.refuse_unless(camera_id, clock.now())
    began = clock.monotonic()
    conversation = Conversation(clock) if traced else None

    def result(
        *,
        error: str | None,
        session: Session | None = None,
        width: int = 0,
        height: int = 0,
        never_connected: bool = False,
    ) -> ProbeResult:
        return ProbeResult(
            reachable=error not in _NOBODY and not never_connected,
            answered=error not in _SILENT,
            first_frame=error is None,
            milliseconds=round((clock.monotonic() - began) * 1_000),
            codec=None if session is None else session.info.codec.value,
            width=width or None if session is None else width or session.info.width or None,
            height=height or None if session is None else height or session.info.height or None,
            error=error,
            conversation=conversation,
        )

    address = Address.at(source.url, source.username, source.password)
    try:
        session = await connect.open(address, timeout=timeout, clock=clock, conversation=conversation)
    except OwnFailure as error:
        raise Refusal("media.probe_not_possible", status=503, reason=error.detail) from error
    except SourceError as error:
        # A timeout's detail names the step that got no answer.
        late = error.code is SourceCode.TIMEOUT and error.detail.startswith("connect:")
        return result(error=error.code.value, never_connected=late)
    try:
        async with asyncio.timeout(max(timeout - (clock.monotonic() - began), 0.1)):
            unit = await anext(aiter(session))
    except SourceError as error:
        return result(error=error.code.value, session=session)
    except (TimeoutError, StopAsyncIteration):
        return result(error=SourceCode.NO_VIDEO.value, session=session)
    finally:
        if conversation is not None:
            conversation.counters = asdict(session.counters)
        # The camera is free again while its picture is being decoded.
        await session.close()
    size = await asyncio.to_thread(decoded_size, session.info.codec, unit)
    if size is None:
        return result(error="undecodable", session=session)
    return result(error=None, session=session, width=size[0], height=size[1])


def decoded_size(codec: Codec, unit: AccessUnit) -> tuple[int, int] | None:
    """Width and height of the picture a keyframe decodes to; None when it does not, or only with guessed parts.

    Without deblocking, which changes how a picture looks and not whether it is one, and takes a quarter of the time.
    """
    decoder = Decoder(codec.value, skip_loop_filter="all")
    frames = decoder.feed(unit.data, unit.pts % (TICKS_PER_SECOND << 32)) or decoder.flush()
    if not frames or frames[0].corrupt:
        return None
    return frames[0].width, frames[0].height
