"""Evidence on its way to a person: held to the permit's limits, with boxes, and with who looks written into it."""

import asyncio
import tempfile
from pathlib import Path
from typing import Final

import structlog

from commonsight.gate.model import Limits
from commonsight.media.recordings.clip import CODING
from commonsight.media.watermark import mark_filter, written
from commonsight.problem import Refusal
from commonsight.settings import Settings
from commonsight.vision.mask_encode import ffmpeg as found_ffmpeg

log = structlog.get_logger(__name__)

FILM_SECONDS: Final = 60.0
"""Longest time one clip may take to be marked."""
AT_ONCE: Final = asyncio.Semaphore(2)
"""Clips marked at the same time in this process."""


async def film(path: Path, limits: Limits, text: str, settings: Settings) -> bytes:
    """The clip as MP4, smaller and slower as the permit says, with `text` in every picture.

    Raises:
        Refusal: `media.font_missing`, `analyze.evidence_unshown` (502).
    """
    program = str(settings.recording.ffmpeg or found_ffmpeg())
    async with AT_ONCE:
        with written(text) as descriptor, tempfile.TemporaryDirectory(prefix="commonsight-clip-") as room:
            target = Path(room) / "clip.mp4"
            steps = [f"scale=-2:'min(ih,{limits.resolution})'"] if limits.resolution is not None else []
            steps += [f"fps=fps='min({limits.fps:g},source_fps)'"] if limits.fps is not None else []
            steps += ["scale=trunc(iw/2)*2:trunc(ih/2)*2", mark_filter(descriptor)]
            child = await asyncio.create_subprocess_exec(
                program, "-v", "error", "-nostdin", "-y", "-i", str(path), "-vf", ",".join(steps), *CODING, "-an",
                "-movflags", "+faststart", "-map_metadata", "-1", str(target),
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
                pass_fds=(descriptor,),
            )  # fmt: skip
            try:
                async with asyncio.timeout(FILM_SECONDS):
                    _, said = await child.communicate()
            except TimeoutError:
                said = b"too slow"
            finally:
                if child.returncode is None:
                    child.kill()
                    await child.wait()
            if child.returncode != 0 or not target.is_file():
                log.warning("evidence_unshown", said=said[-300:].decode(errors="replace"))
                raise Refusal("analyze.evidence_unshown", status=502, operand="evidence")
            return await asyncio.to_thread(target.read_bytes)
