"""What went over the wire, taken and dissected by tshark, which shares no code with us."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

READ_SECONDS = 120.0


class Capture:
    """A capture file and questions to tshark about it. `why_not`: why there is none, "" when there is one."""

    def __init__(self, path: Path, port: int) -> None:
        self.path = path
        self.port = port
        self.why_not = "tshark is not installed" if shutil.which("tshark") is None else ""

    async def fields(self, shown: str, *names: str, more: tuple[str, ...] = ()) -> list[list[str]]:
        """Values of `names` of every frame the display filter `shown` lets through."""
        wanted = [part for name in names for part in ("-e", name)]
        process = await asyncio.create_subprocess_exec(
            "tshark", "-r", str(self.path), "-d", f"tcp.port=={self.port},sip", "-d", f"udp.port=={self.port},sip",
            *more, "-Y", shown, "-T", "fields", "-E", "separator=\x1f", "-E", "aggregator=\x1e", *wanted,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, words = await asyncio.wait_for(process.communicate(), READ_SECONDS)
        if process.returncode:
            raise RuntimeError(f"tshark: {words.decode(errors='replace').strip()[-300:]}")
        return [line.split("\x1f") for line in out.decode("utf-8", "replace").split("\n") if line]

    async def count(self, shown: str, more: tuple[str, ...] = ()) -> int:
        """How many frames the filter lets through."""
        return len(await self.fields(shown, "frame.number", more=more))


@asynccontextmanager
async def taking(path: Path, port: int, media: tuple[int, int]) -> AsyncIterator[Capture]:
    """Captures loopback traffic of the SIP port and the media ports while the block runs."""
    capture = Capture(path, port)
    if capture.why_not:
        yield capture
        return
    what = f"port {port} or portrange {media[0]}-{media[1]}"
    process = await asyncio.create_subprocess_exec(
        "tshark", "-i", "lo", "-q", "-f", what, "-w", str(path),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    if not await _begun(process):
        capture.why_not = "capturing on the loopback interface is not permitted here"
        yield capture
        return
    try:
        yield capture
    finally:
        await asyncio.sleep(1.0)  # what is still in the kernel's buffer
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _begun(process: asyncio.subprocess.Process) -> bool:
    assert process.stderr is not None
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(20):
            async for line in process.stderr:
                if b"Capturing on" in line:
                    await asyncio.sleep(1.0)  # it says so before the socket is open
                    return True
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()
    return False
