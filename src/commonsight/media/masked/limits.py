"""Pictures held to a permit's limits: masked, smaller, fewer a second. One derived relay for each camera and variant.

A derived relay reads the plain one through a process (`process`), and readers under such a permit are attached
to it and to nothing else. Whatever enters by the hub gets this: live view, HLS, RTSP out, snapshot, recorder.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from commonsight.clock import Clock
from commonsight.gate.model import Limits
from commonsight.media.masked.process import MaskedSource, command
from commonsight.media.relay import Relay, Source
from commonsight.problem import Refusal
from commonsight.settings import Media
from commonsight.vision.mask_policy import Policy, lacking
from commonsight.vision.mask_policy import models as needed
from commonsight.vision.store import ModelStore

Key = tuple[UUID, Limits]


def variant(limits: Limits) -> Limits | None:
    """The part of a permit's limits that changes the pictures; None when they may leave as they come.

    An empty mask's name is a mask, too: a permit that asks for something unknown must not pass as one that asks for
    nothing.
    """
    if limits.mask is None and limits.resolution is None and limits.fps is None:
        return None
    return replace(limits, minutes=None)


def task(limits: Limits, models: Path | None, *, ready: bool = False) -> str:
    """What the process is told (`worker.Task`), as JSON."""
    return json.dumps(
        {
            "mask": limits.mask,
            "height": limits.resolution,
            "fps": limits.fps,
            "models": str(models or ""),
            "jpeg": False,
            "ready": ready,
        }
    )


def refuse_unready(limits: Limits, models: Path | None) -> None:
    """Refuse limits that cannot be kept on this machine. Reads files: not for the event loop.

    Raises:
        Refusal: `media.limit_unsupported` for a mask nobody knows or a limit that leaves no picture;
            `media.mask_model_missing` (409), naming the models and the command that installs them.
    """
    if (limits.resolution is not None and limits.resolution < 16) or (limits.fps is not None and not limits.fps > 0):
        raise Refusal(
            "media.limit_unsupported", status=501, rule="limits", operand="resolution, fps", expected=limits.as_json()
        )
    if limits.mask is None:
        return
    if limits.mask not in set(Policy):
        raise Refusal("media.limit_unsupported", status=501, rule="limits", operand="mask", expected=limits.mask)
    absent = lacking(Policy(limits.mask), ModelStore(models)) if models else needed(Policy(limits.mask))
    if absent:
        install = " && ".join(f"commonsight models install {name}" for name in absent)
        raise Refusal(
            "media.mask_model_missing",
            status=409,
            rule="mask",
            operand="mask",
            expected=limits.mask,
            actual=", ".join(absent),
            command=install,
        )


class Derivations:
    """The derived relays of one node.

    Args:
        models: where the models lie; None: nowhere, so every mask is refused.
    """

    def __init__(self, settings: Media, clock: Clock, models: Path | None) -> None:
        self.relays: dict[Key, Relay] = {}
        self.playbacks = 0
        """Processes beside the relays' that hold recordings to limits."""
        self._settings = settings
        self._clock = clock
        self._models = models

    async def check(self, camera_id: UUID, limits: Limits) -> None:
        """Refuse what cannot be had, before anything is opened.

        Raises:
            Refusal: `media.derived_full`, or as `refuse_unready`.
        """
        if self._held((camera_id, limits)) is not None:
            return
        await asyncio.to_thread(refuse_unready, limits, self._models)
        if len(self.relays) + self.playbacks >= self._settings.derived_max:
            most = self._settings.derived_max
            raise Refusal(
                "media.derived_full",
                status=503,
                rule="at most media.derived_max",
                operand="media.derived_max",
                expected=most,
            )

    def command(self, limits: Limits, *, ready: bool = False) -> list[str]:
        """How a process is started that keeps these limits. `check` was asked before. `ready`: it says when it is."""
        return command(task(limits, self._models, ready=ready))

    def relay(self, camera_id: UUID, limits: Limits, plain: Relay) -> Relay:
        """The derived relay of these limits, opened when there is none. `check` was asked before."""
        key = (camera_id, limits)
        held = self._held(key)
        if held is not None:
            return held
        before = self.relays.get(key)
        started = self.command(limits)

        async def opener() -> Source:
            if before is not None:
                await before.wait_closed()
            return MaskedSource(plain, started, self._clock, queue_bytes=self._settings.viewer_bytes)

        def closed(relay: Relay) -> None:
            if self.relays.get(key) is relay:
                del self.relays[key]

        self.relays[key] = made = Relay(
            camera_id,
            opener,
            self._clock,
            group_bytes=self._settings.group_bytes,
            idle_seconds=self._settings.idle_seconds,
            on_closed=closed,
        )
        return made

    async def close(self) -> None:
        """Tell all readers that the node stops, and end every process."""
        await asyncio.gather(*(relay.close("node_stopping") for relay in list(self.relays.values())))

    def _held(self, key: Key) -> Relay | None:
        relay = self.relays.get(key)
        return None if relay is None or relay.closed else relay
