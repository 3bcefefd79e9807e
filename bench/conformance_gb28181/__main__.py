"""Conformance of the GB/T 28181 side, as a table.

    python -m bench.conformance_gb28181 [--markdown page.md] [--only PART] [--keep DIRECTORY]

Runs a PostgreSQL, the real SIP process and the real job process; sipp is every device. Ends with 1 when a row fails.
"""

import argparse
import asyncio
import json
import shutil
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from bench.conformance_gb28181 import above, calls, capture, dissected, house, pictures, registering, telling
from bench.conformance_gb28181.table import Table

Check = Callable[[house.House, Table], Coroutine[Any, Any, None]]
PARTS: dict[str, tuple[Check, ...]] = {
    "registering": (registering.check,),
    "telling": (telling.alone, telling.answering),
    "calls": (calls.check,),
    "pictures": (pictures.check,),
    "above": (above.check,),
}
"""Parts follow one another; the checks of one run together."""


async def main(keep: Path | None, only: str | None) -> Table:
    table = Table()
    async with house.running() as platform:
        path = platform.home / "wire.pcapng"
        media = platform.settings.sip.zones[0].media_ports
        async with capture.taking(path, platform.port, media) as taken:
            for part, checks in PARTS.items():
                if only in (None, part):
                    await asyncio.gather(*(_whole(table, part, check(platform, table)) for check in checks))
        if only is None:
            await _whole(table, "capture", dissected.check(taken, table))
        if only in (None, "pictures"):
            await _whole(table, "pictures", pictures.dissected(platform, taken, table))
        failed = [line for line in platform.lines if '"level": "error"' in line or "Traceback" in line]
        table.note("process", "", "the SIP process logged no error", "log", not failed, failed[:2])
        if keep is not None:
            await asyncio.to_thread(_keep, platform.home, keep, platform.lines)
    return table


async def _whole(table: Table, message: str, part: Coroutine[Any, Any, None]) -> None:
    """A part that breaks off is a failed row; the parts after it are run all the same."""
    try:
        await part
    except Exception as error:
        table.note(message, "", "the checks of this part ran to their end", "harness", False, repr(error))


def _keep(home: Path, target: Path, lines: list[str]) -> None:
    """Capture, sipp's logs and the process' log, to look into."""
    target.mkdir(parents=True, exist_ok=True)
    for found in home.glob("sipp-*"):
        shutil.copytree(found, target / found.name, dirs_exist_ok=True)
    for found in home.glob("wire.pcapng"):
        shutil.copy(found, target)
    (target / "sip.log").write_text("\n".join(lines), "utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.conformance_gb28181")
    parser.add_argument("--markdown", type=Path, help="write the table for the reference page here")
    parser.add_argument("--only", choices=PARTS, help="one part, while working on it")
    parser.add_argument("--keep", type=Path, help="keep capture and logs in this directory")
    given = parser.parse_args()
    missing = [program for program in ("sipp", "tshark", "ffmpeg") if shutil.which(program) is None]
    if missing:
        print(f"Not installed: {', '.join(missing)} (Debian: sip-tester, tshark, ffmpeg)", file=sys.stderr)
        sys.exit(2)
    began = time.monotonic()
    found = asyncio.run(main(given.keep, given.only))
    print(found)
    if given.markdown:
        given.markdown.write_text(found.markdown(), "utf-8")
    counts = {state: found.count(state) for state in ("pass", "fail", "skip")}
    print(json.dumps({"conformance": "gb28181", **counts, "seconds": round(time.monotonic() - began, 1)}))
    sys.exit(1 if counts["fail"] else 0)
