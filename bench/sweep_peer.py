"""The peer of bench.sweep: for each camera a process ffprobe that tells coding and size, and a process ffmpeg that
decodes the first picture, so many cameras at once. CPU time is what the system books on all these processes.

    python -m bench.sweep_peer '<json>'
"""

import asyncio
import json
import resource
import sys
import time
from typing import Any

from commonsight.simulate.footage import ffmpeg

LEAN = ("-probesize", "32", "-analyzeduration", "0", "-threads", "1")
"""Look no further than the description and the first packets, and start no threads for one picture."""
KEYFRAMES = ("-skip_frame", "nokey", "-skip_loop_filter", "all")
"""Decode nothing but keyframes, and these without deblocking: what the sweep engine does."""


async def probe(url: str, timeout: float, lean: bool) -> dict[str, Any]:
    """Both programs, one after the other; the second only when the first found something."""
    began = time.perf_counter()
    reach = ("-v", "error", "-rtsp_transport", "tcp", "-timeout", str(round(timeout * 1e6)), *(LEAN if lean else ()))
    entries = ("-select_streams", "v:0", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0")
    code, said = await run(timeout, "ffprobe", *reach, *entries, url)
    plays = code == 0 and bool(said.strip())
    if plays:
        code, said = await run(
            timeout,
            ffmpeg(),
            "-nostdin",
            *reach,
            *(KEYFRAMES if lean else ()),
            "-i",
            url,
            "-map",
            "0:v",
            "-frames:v",
            "1",
            "-f",
            "framecrc",
            "-",
        )
        plays = code == 0 and any(line and not line.startswith("#") for line in said.splitlines())
    return {"plays": plays, "seconds": time.perf_counter() - began}


async def run(timeout: float, *command: str) -> tuple[int, str]:
    """A program to its end, or until it has taken too long."""
    child = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(timeout):
            said, _ = await child.communicate()
    except TimeoutError:
        child.kill()
        await child.wait()
        return -1, ""
    return child.returncode or 0, said.decode("utf-8", "replace")


async def sweep(urls: dict[str, str], timeout: float, at_once: int, lean: bool) -> dict[str, Any]:
    """All cameras; what came of each, by number."""
    gate = asyncio.Semaphore(at_once)
    found: dict[str, dict[str, Any]] = {}

    async def one(number: str, url: str) -> None:
        async with gate:
            found[number] = await probe(url, timeout, lean)

    began = time.perf_counter()
    await asyncio.gather(*(one(number, url) for number, url in urls.items()))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"cpu": used.ru_utime + used.ru_stime, "seconds": time.perf_counter() - began, "found": found}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(sweep(**json.loads(sys.argv[1])))))
