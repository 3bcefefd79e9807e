"""Running sipp: one scenario against the platform, or a device that stays and answers."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.conformance_gb28181.house import PASSWORD, House, free_port

SCENARIOS = Path(__file__).parent / "scenarios"
ROOT = Path(__file__).parent.parent.parent
SECONDS = 40


@dataclass
class Ran:
    """How a scenario ended: sipp's exit code, 0 when every step was as written, and its own words when not."""

    code: int
    words: str

    @property
    def good(self) -> bool:
        return self.code == 0


def command(
    house: House, scenario: Path, device: str, *, transport: str = "udp", port: int | None = None, calls: int = 1,
    password: str = PASSWORD, expires: int = 3600, more: tuple[str, ...] = (),
) -> list[str]:  # fmt: skip
    """sipp's argument vector."""
    keys = {
        "device": device, "platform": house.settings.sip.id, "domain": house.settings.sip.realm,
        "expires": str(expires), "channels": f"{device[:10]}132{device[13:18]}",
    }  # fmt: skip
    return [
        "sipp", f"127.0.0.1:{house.port}", "-sf", str(scenario), "-i", "127.0.0.1", "-p", str(port or free_port()),
        "-t", "t1" if transport == "tcp" else "u1", "-m", str(calls), "-l", "20", "-au", device, "-ap", password,
        "-nostdin", "-timeout", str(SECONDS), "-timeout_error", "-recv_timeout", "30000", "-trace_err",
        "-error_file", "errors.log", *(part for name, value in keys.items() for part in ("-key", name, value)), *more,
    ]  # fmt: skip


async def run(house: House, scenario: str, device: str, **options: object) -> Ran:
    """Runs a scenario to its end."""
    directory = house.home / f"sipp-{scenario}-{free_port()}"
    directory.mkdir()
    argv = command(house, _written(directory, scenario), device, **options)  # type: ignore[arg-type]
    process = await asyncio.create_subprocess_exec(
        *argv, cwd=directory, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    return Ran(await process.wait(), _words(directory))


@asynccontextmanager
async def staying(
    house: House, device: str, answers: str, *, transport: str = "udp", more: tuple[str, ...] = ()
) -> AsyncIterator[Path]:
    """A device that has registered and answers what comes by the scenario `answers`; its directory."""
    directory = house.home / f"sipp-{answers}-{free_port()}"
    directory.mkdir()
    out_of_call = ("-oocsf", str(_written(directory, answers)))
    argv = command(house, _written(directory, "stay"), device, transport=transport, more=(*out_of_call, *more))
    process = await asyncio.create_subprocess_exec(
        *argv, cwd=directory, env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        if not await house.until("SELECT online FROM gb_devices WHERE code = :code", True, code=device):
            raise RuntimeError(f"{device} did not come online: {_words(directory)}")
        yield directory
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def _written(directory: Path, scenario: str) -> Path:
    """The scenario in the encoding devices use. sipp sends bodies byte by byte as they stand in the file."""
    path = directory / f"{scenario}.xml"
    path.write_bytes((SCENARIOS / f"{scenario}.xml").read_text("utf-8").encode("gb18030"))
    return path


def _words(directory: Path) -> str:
    """What sipp wrote about an unexpected message, its first lines."""
    found = directory / "errors.log"
    if not found.is_file():
        return ""
    return " / ".join(line.strip() for line in found.read_text("utf-8", "replace").splitlines() if line.strip())[:400]
