"""Who may read what: the one place where a media node meets permits, the register and the camera file."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from commonsight.connect.model import Address
from commonsight.gate.model import Action, Footage, Limits, Viewer


@dataclass(frozen=True, slots=True)
class Grant:
    """A checked ticket for one camera.

    `system`: held by one of our own processes, which may send boxes. `address`: where the camera is, when asked for.
    `limits`: what the pictures must be held to. `holder`: name and unit, the watermark's text. `footage`: the
    recordings about to be read.
    """

    ticket: str
    permit_id: UUID
    camera_id: UUID
    retrieval_id: UUID
    expires_at: datetime
    seconds_max: float | None
    system: bool
    address: Address | None
    limits: Limits = field(default_factory=Limits)
    holder: str = ""
    action: Action = Action.LIVE
    footage: Footage | None = None


@dataclass(slots=True)
class Seen:
    """What one reading came to, for the register."""

    seconds: float
    bytes: int
    frames: int
    reason: str


class Admission(Protocol):
    """What a node asks before and tells after every reading."""

    async def admit(
        self,
        ticket: str,
        camera_id: UUID,
        *,
        locate: bool,
        action: Action = Action.LIVE,
        footage: Footage | None = None,
        viewer: Viewer | None = None,
    ) -> Grant:
        """Check the ticket and write the retrieval; with `locate`, find the camera's address in the same transaction.

        `viewer`: who shows the ticket (`doors.viewer_of` of a request); a person's ticket opens for nobody else.

        Raises:
            Refusal: the permit does not cover this, now; or `media.camera_without_source`.
            OSError, TimeoutError: the register cannot be written, so nothing may be shown.
        """
        ...

    async def still_valid(self, grant: Grant) -> bool:
        """Whether a running reading may go on, asked when a revocation may have been missed."""
        ...

    def first_frame(self, grant: Grant) -> None:
        """The first picture has left. Written soon; never waits."""
        ...

    def closed(self, grant: Grant, seen: Seen) -> None:
        """The reading is over. Written soon; never waits."""
        ...
