"""One supervised process: restarted alone, stopped politely, then firmly, its output kept."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from commonsight.problem import Refusal
from commonsight.processes import child as module
from commonsight.processes.child import Child, how
from commonsight.processes.plan import Plan


async def until(what: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not what():  # noqa: ASYNC110 - what is waited for lies outside this loop
            await asyncio.sleep(0.02)


def plan(code: str, *, stop_seconds: float = 10.0) -> Plan:
    return Plan("kid", "test", (sys.executable, "-I", "-c", code), stop_seconds=stop_seconds)


@asynccontextmanager
async def kept(child: Child) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(child.keep())
    try:
        yield task
    finally:
        child.kill()
        await asyncio.gather(task, return_exceptions=True)


STUBBORN = (
    "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(600)"
)
POLITE = (
    # `print` may be what the signal interrupts, and it does not allow itself inside itself.
    "import os, signal, sys, time\n"
    "signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b'bye\\n'), sys.exit(0)))\n"
    "print('up', flush=True)\ntime.sleep(600)"
)


async def test_it_is_started_again_after_a_kill_and_stopped_when_asked() -> None:
    lines: list[bytes] = []
    child = Child(lambda: plan(POLITE), lambda name, line: lines.append(line))
    async with kept(child) as task:
        await until(lambda: lines == [b"up"])
        first = child.process
        assert first is not None
        first.kill()
        await until(lambda: lines == [b"up", b"up"])
        assert child.restarts == 1
        assert child.process is not first
        child.stop()
        await asyncio.wait_for(task, 10)
    assert lines == [b"up", b"up", b"bye"]
    assert child.pid is None


async def test_one_that_does_not_listen_is_killed_when_its_time_is_over() -> None:
    lines: list[bytes] = []
    child = Child(lambda: plan(STUBBORN, stop_seconds=0.3), lambda name, line: lines.append(line))
    async with kept(child) as task:
        await until(lambda: lines)
        child.stop()
        await asyncio.wait_for(task, 10)
    assert child.process is not None
    assert child.process.returncode == -signal.SIGKILL


async def test_kill_does_not_wait() -> None:
    lines: list[bytes] = []
    child = Child(lambda: plan(STUBBORN, stop_seconds=600), lambda name, line: lines.append(line))
    async with kept(child) as task:
        await until(lambda: lines)
        child.kill()
        await asyncio.wait_for(task, 10)


async def test_waits_grow_while_it_keeps_failing_and_end_once_it_was_steady(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(module, "LONGEST_WAIT", 0.04)
    waits: list[float] = []
    real = asyncio.wait_for

    async def spy(awaitable: Any, timeout: float | None) -> Any:
        if timeout is not None and timeout < 1:
            waits.append(timeout)
        return await real(awaitable, timeout)

    monkeypatch.setattr(asyncio, "wait_for", spy)
    child = Child(lambda: plan("raise SystemExit(3)"), lambda name, line: None)
    async with kept(child):
        await until(lambda: child.restarts >= 5)
    assert waits[:5] == [0.01, 0.02, 0.04, 0.04, 0.04]
    waits.clear()
    monkeypatch.setattr(module, "STEADY_SECONDS", 0.0)
    child = Child(lambda: plan("raise SystemExit(3)"), lambda name, line: None)
    async with kept(child):
        await until(lambda: child.restarts >= 3)
    assert waits[:3] == [0.01, 0.01, 0.01]


async def test_every_byte_of_output_arrives_in_bounded_lines() -> None:
    lines: list[bytes] = []
    code = (
        "import sys; sys.stdout.buffer.write(b'x' * 200_000 + b'\\n\\xff\\xfe\\r\\nend'); sys.stderr.write('\\nerr\\n')"
    )
    child = Child(lambda: plan(code), lambda name, line: lines.append(line))
    async with kept(child):
        await until(lambda: child.restarts)
        child.stop()
    assert b"".join(lines).count(b"x") % 200_000 == 0
    assert max(map(len, lines)) <= module.LINE_BYTES
    assert b"\xff\xfe" in lines
    assert b"err" in lines


async def test_what_it_started_itself_goes_with_it(tmp_path: Path) -> None:
    note = tmp_path / "grandchild"
    code = (
        "import subprocess, time\n"
        f"g = subprocess.Popen(['/bin/sleep', '600']); open({str(note)!r}, 'w').write(str(g.pid)); time.sleep(600)"
    )
    child = Child(lambda: plan(code), lambda name, line: None)
    async with kept(child) as task:
        await until(lambda: note.exists() and note.read_text())
        child.stop()
        await asyncio.wait_for(task, 10)
    proc = Path(f"/proc/{note.read_text()}/stat")
    await until(lambda: not proc.exists() or proc.read_text().split()[2] == "Z")


async def test_a_refusal_at_the_first_start_is_raised_and_later_ones_are_waited_out() -> None:
    calls = 0

    async def prepare() -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise Refusal("test.no")

    child = Child(lambda: plan("pass"), lambda name, line: None, prepare=prepare)
    async with kept(child):
        await until(lambda: calls >= 3)

    async def refuse() -> None:
        raise Refusal("test.no")

    never = Child(lambda: plan("pass"), lambda name, line: None, prepare=refuse)
    with pytest.raises(Refusal):
        await never.keep()


async def test_a_command_that_does_not_exist_is_tried_again() -> None:
    child = Child(lambda: Plan("kid", "test", ("/no/such/program",)), lambda name, line: None, name="kid")
    async with kept(child):
        await until(lambda: child.restarts >= 2)


@pytest.mark.parametrize(
    ("code", "words"), [(0, "exit code 0"), (-9, "killed by SIGKILL"), (-99, "killed by signal 99"), ("no", "no")]
)
def test_an_end_is_told_in_words(code: int | str, words: str) -> None:
    assert how(code) == words
