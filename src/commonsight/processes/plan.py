"""Which processes these settings ask for, and how each is started."""

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from commonsight.processes.runtime import SUPERVISED
from commonsight.records import launch
from commonsight.settings import Settings

STOP_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Plan:
    """One process to keep running.

    Args:
        name: unique, e.g. `media-1`.
        kind: module under `commonsight.processes`, or `postgres`.
        command: argument vector; the first is an absolute path.
        environment: variables on top of ours.
        stop_signal: asks for a graceful end.
        hard_signal: ends it at once.
        stop_seconds: between the two.
    """

    name: str
    kind: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    hard_signal: signal.Signals = signal.SIGKILL
    stop_seconds: float = STOP_SECONDS


def plans(settings: Settings, config: Path | None, database_url: str, *, demo: bool = False) -> list[Plan]:
    """The processes of one machine, in the order they are started. The database is not among them: it comes first."""
    counts = {
        "api": 1,
        "sip": 1 if settings.sip.enabled or settings.viid.enabled else 0,
        "media": settings.media.nodes,
        "work": settings.work.processes,
        "see": settings.see.processes,
        "simulate": 1 if demo else 0,
    }
    made = []
    for kind, count in counts.items():
        for index in range(1, count + 1):
            name = kind if kind in ("api", "sip", "simulate") else f"{kind}-{index}"
            made.append(process(name, kind, settings, config, database_url))
    return made


def process(name: str, kind: str, settings: Settings, config: Path | None, database_url: str) -> Plan:
    """How one process of ours is started, tied to our life. Secrets go by the environment: a command line is public."""
    command = [sys.executable, "-m", f"commonsight.processes.{kind}", "--name", name]
    if config is not None:
        command += ["--config", str(config.resolve())]
    tied = [sys.executable, "-I", "-S", launch.__file__, "-", str(int(signal.SIGTERM)), str(os.getpid()), *command]
    environment = {
        "COMMONSIGHT_DATABASE__URL": database_url,
        # The command line may have changed these (`--data-dir`, `demo --cameras`); children must agree with us.
        "COMMONSIGHT_DATA_DIR": str(settings.data_dir.resolve()),
        "COMMONSIGHT_SIMULATE__CAMERAS": str(settings.simulate.cameras),
        SUPERVISED: "1",
    }
    return Plan(name, kind, tuple(tied), environment)
