"""Visitors through a gate: the same streams as people flow, as net crossings of one camera."""

from collections.abc import Iterator
from dataclasses import replace

from commonsight.analyze.scenes.model import Setup

from . import Expected, Staged, people_flow

MEASURES = {"people_in": "visitors_in", "people_out": "visitors_out"}


def clips(seed: int) -> Iterator[Staged]:
    """The clips of people flow; the capacity of an area is not a thing of one camera, so there are no incidents."""
    for clip in people_flow.clips(seed):
        expected = tuple(
            Expected(one.target, MEASURES[one.measure], one.kind, one.value) for one in clip.expected
        )  # fmt: skip
        setup = Setup("staged", "visitors", lines=clip.setup.lines)
        yield replace(clip, setup=setup, truth=(), expected=expected)
