"""What decoding by need saves, on a clip coded as cameras code: frames nothing refers to, a keyframe every 2 s."""

import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import av

from bench.count_clips import Clip

SECONDS: Final = 8
SKIPS: Final = {"full": "DEFAULT", "reference": "NONREF", "keyframes": "NONKEY"}


def decoding(clips: Sequence[Clip]) -> dict[str, Any]:
    """Core seconds a second of video and pictures a second, for each depth of decoding."""
    clip = max(clips, key=lambda each: each.width * each.height)
    with tempfile.TemporaryDirectory() as folder:
        coded = Path(folder) / "coded.mp4"
        command = [
            "ffmpeg", "-v", "error", "-i", str(clip.path), "-t", str(SECONDS), "-an", "-vf", "scale=1280:720",
            "-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", str(round(2 * clip.fps)), str(coded),
        ]  # fmt: skip
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=120)
        except (OSError, subprocess.SubprocessError) as error:
            return {"skipped": f"ffmpeg: {type(error).__name__}"}
        depths = {depth: _measured(coded, skip) for depth, skip in SKIPS.items()}
    return {"clip": clip.name, "coded": "1280x720, 2 B frames, a keyframe every 2 s"} | depths


def _measured(path: Path, skip: Any) -> dict[str, float]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        stream.codec_context.skip_frame = skip
        began = time.process_time()
        pictures = sum(1 for _ in container.decode(stream))
        cost = time.process_time() - began
    return {"core_seconds": round(cost / SECONDS, 4), "pictures_a_second": round(pictures / SECONDS, 2)}
