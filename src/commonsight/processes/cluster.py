"""Analysis workers as Ray actors: the worker of `see.py`, placed on machines and brought back by Ray.

Ray decides where a worker runs; who watches which camera is decided by the leases in PostgreSQL, as everywhere. So a
machine that Ray has not yet noticed to be gone cannot count twice, and a worker that Ray starts elsewhere begins empty
and takes what is free. Settings and secrets are those of the machine a worker runs on; they do not go through Ray.

Needs the extra `commonsight[cluster]`.
"""

import asyncio
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

import commonsight
from commonsight.processes import see
from commonsight.processes.runtime import live, prepare

log = structlog.get_logger(__name__)

NAMESPACE: Final = "commonsight"
PREFIX: Final = "see-ray"
STOP_SECONDS: Final = 20.0
"""A worker that has not written and given back its cameras by then is ended; its leases run out."""
ARRIVE_SECONDS: Final = 60.0
"""Longest wait for a worker's first word: its machine may have to load models."""
AGAIN_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker as it answers. `since`: changes whenever the actor was started anew, on this machine or another."""

    name: str
    machine: str
    pool: str
    version: str
    since: str


class SeeActor:
    """One analysis worker inside a Ray actor."""

    def __init__(self, name: str, pool: str, config: str | None) -> None:
        self._name, self._pool = name, pool
        self._settings = prepare(name, None if config is None else Path(config), supervised=False)
        self._stop = asyncio.Event()
        self._life: asyncio.Task[None] | None = None
        self._since = f"{socket.gethostname()}-{id(self):x}"

    async def run(self) -> None:
        """Watch cameras until `stop`. Asked again (by another keeper) it is the same life."""
        if self._life is None:
            self._life = asyncio.create_task(live("see", self._name, self._settings, see.serve, self._stop))
        await asyncio.shield(self._life)

    async def stop(self) -> None:
        """Write what is left, give the cameras back, say good-bye."""
        self._stop.set()
        if self._life is not None:
            await asyncio.wait([self._life], timeout=STOP_SECONDS)

    async def who(self) -> Worker:
        """Who this is and where."""
        return Worker(self._name, socket.gethostname(), self._pool, commonsight.__version__, self._since)


class Keeper:
    """Keeps the wanted number of workers in every pool.

    Workers outlive their keeper: a keeper that is started anew takes over those it finds, or replaces them one by one
    (`roll`), each successor being there before the one it follows gives its cameras back.

    Args:
        ray: the module `ray`, connected.
        wanted: workers by pool; "" is no pool.
        config: settings file, at the same path on every machine.
    """

    def __init__(self, ray: Any, wanted: Mapping[str, int], config: str | None = None) -> None:
        self._ray = ray
        self._wanted = dict(wanted)
        self._config = config
        self._lives: dict[Any, str] = {}
        """The running `run` of each worker, by Ray's reference."""

    def present(self) -> list[str]:
        """Names of our workers in the cluster, dead ones that Ray starts anew included."""
        named = self._ray.util.list_named_actors(all_namespaces=True)
        return sorted(each["name"] for each in named if each["namespace"] == NAMESPACE and _ours(each["name"]))

    def keep(self) -> None:
        """Bring up what is missing and take over what is there."""
        found = self.present()
        kept = set(self._lives.values())
        for name in found:
            if name not in kept:
                self._follow(name)
        for pool, count in self._wanted.items():
            mine = [name for name in found if _pool_of(name) == pool]
            for _ in range(count - len(mine)):
                name = self._next_name(pool, found)
                found.append(name)
                self._start(name, pool)
            for name in mine[count:]:
                self.end(name)
        for name in found:
            if _pool_of(name) not in self._wanted:
                self.end(name)

    def watch(self, seconds: float) -> None:
        """Wait so long, or until a worker ended for good; says which."""
        done, _ = self._ray.wait(list(self._lives), num_returns=1, timeout=seconds) if self._lives else ([], [])
        for life in done:
            name = self._lives.pop(life)
            try:
                self._ray.get(life)
            except Exception as error:  # Ray wraps whatever the worker raised
                log.warning("worker_lost", worker=name, error=type(error).__name__)
            self._forget(name)

    def roll(self) -> None:
        """Replace every worker that is there by a new one from this installation, one after the other."""
        for name in self.present():
            pool = _pool_of(name)
            successor = self._next_name(pool, self.present())
            self._start(successor, pool)
            self._ray.get(self._actor(successor).who.remote(), timeout=ARRIVE_SECONDS)
            log.info("worker_follows", worker=successor, before=name)
            self.end(name)

    def end(self, name: str) -> None:
        """Ask a worker to stop, then remove it."""
        actor = self._actor(name)
        try:
            self._ray.get(actor.stop.remote(), timeout=STOP_SECONDS + 1)
        except Exception as error:  # dead already, or hanging
            log.warning("worker_ended_hard", worker=name, error=type(error).__name__)
        self._ray.kill(actor, no_restart=True)
        self._lives = {life: kept for life, kept in self._lives.items() if kept != name}

    def workers(self, seconds: float = 5.0) -> list[Worker | str]:
        """Every worker as it answers; its bare name where it does not within `seconds`."""
        asked = {name: self._actor(name).who.remote() for name in self.present()}
        ready, _ = self._ray.wait(list(asked.values()), num_returns=len(asked), timeout=seconds) if asked else ([], [])
        return [self._answer(name, life) if life in ready else name for name, life in asked.items()]

    def _answer(self, name: str, life: Any) -> Worker | str:
        try:
            found = self._ray.get(life)
        except Exception:  # its machine went while it answered
            return name
        assert isinstance(found, Worker)
        return found

    def _start(self, name: str, pool: str) -> None:
        options: dict[str, Any] = {
            "name": name,
            "namespace": NAMESPACE,
            "lifetime": "detached",
            "num_cpus": 1,
            "max_restarts": -1,
            "max_task_retries": -1,
            "scheduling_strategy": "SPREAD",
            "runtime_env": {"py_executable": sys.executable, "env_vars": {"COMMONSIGHT_SEE__POOL": pool}},
        }
        if pool:
            options["resources"] = {f"pool-{pool}": 1}
        self._ray.remote(SeeActor).options(**options).remote(name, pool, self._config)
        log.info("worker_started", worker=name, pool=pool)
        self._follow(name)

    def _follow(self, name: str) -> None:
        self._lives[self._actor(name).run.remote()] = name

    def _forget(self, name: str) -> None:
        """A worker whose life ended is removed, so that `keep` starts another in its place."""
        if name in self.present():
            self._ray.kill(self._actor(name), no_restart=True)

    def _actor(self, name: str) -> Any:
        return self._ray.get_actor(name, namespace=NAMESPACE)

    def _next_name(self, pool: str, taken: list[str]) -> str:
        number = 1
        while (name := f"{PREFIX}-{pool or 'any'}-{number}") in taken:
            number += 1
        return name


def _ours(name: str) -> bool:
    return name.startswith(f"{PREFIX}-")


def _pool_of(name: str) -> str:
    pool = name.removeprefix(f"{PREFIX}-").rpartition("-")[0]
    return "" if pool == "any" else pool
