"""`commonsight cluster`: analysis workers on many machines, as Ray actors (extra `commonsight[cluster]`)."""

import json
import signal
import threading
from dataclasses import asdict
from typing import Annotated, Any, Final

import typer

from commonsight.cli.terminal import ConfigOption, fail_on_refusal, speak
from commonsight.problem import Refusal
from commonsight.processes.cluster import NAMESPACE, Keeper, Worker

app = typer.Typer(no_args_is_help=True, help="集群 · Analysis workers on many machines, through Ray.")

LOOK_SECONDS: Final = 2.0
WORKERS_MOST: Final = 1_000

Address = Annotated[str, typer.Option(help="Ray 集群地址 · Address of the Ray cluster; auto: that of this machine.")]


@app.command()
@fail_on_refusal
def run(
    workers: Annotated[int, typer.Option(min=0, max=WORKERS_MOST, help="不属于算力池的进程数 · Outside pools.")] = 1,
    pool: Annotated[list[str] | None, typer.Option(help="算力池=进程数 · Pool and its workers: 4501=4.")] = None,
    roll: Annotated[bool, typer.Option("--roll", help="逐个替换现有进程 · Replace those there, one by one.")] = False,
    address: Address = "auto",
    config: ConfigOption = None,
) -> None:
    """保持分析进程运行 · Keep so many workers running; Ctrl-C leaves them running, `cluster stop` ends them."""
    wanted = _pools(workers, pool or [])
    keeper = Keeper(_ray(address), wanted, None if config is None else str(config.resolve()))
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    if roll:
        speak("cli.cluster_rolls", count=len(keeper.present()))
        keeper.roll()
    speak("cli.cluster_keeps", count=sum(wanted.values()))
    while not stopping.is_set():
        keeper.keep()
        keeper.watch(LOOK_SECONDS)
        stopping.wait(LOOK_SECONDS)


@app.command()
@fail_on_refusal
def status(
    address: Address = "auto", as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False
) -> None:
    """现有进程 · The workers there are and on which machine; exit code 1 when one does not answer."""
    found = Keeper(_ray(address), {}).workers()
    if as_json:
        typer.echo(json.dumps([asdict(each) if isinstance(each, Worker) else {"name": each} for each in found]))
    for each in () if as_json else found:
        if isinstance(each, Worker):
            typer.echo(f"{each.name:28} {each.machine:24} {each.pool or '-':10} {each.version}")
        else:
            speak("cli.cluster_silent", worker=each)
    if not found:
        speak("cli.cluster_none", err=True)
    if any(not isinstance(each, Worker) for each in found):
        raise typer.Exit(1)


@app.command()
@fail_on_refusal
def stop(address: Address = "auto") -> None:
    """停止全部进程 · Stop every worker; each writes what is left and gives its cameras back."""
    keeper = Keeper(_ray(address), {})
    for name in keeper.present():
        keeper.end(name)
        speak("cli.cluster_ended", worker=name)


def _pools(workers: int, given: list[str]) -> dict[str, int]:
    """Workers by pool.

    Raises:
        Refusal: `cli.cluster_pool` names what cannot be read.
    """
    wanted = {"": workers}
    for each in given:
        name, mark, count = each.partition("=")
        if not (mark and name.isalnum() and count.isdigit() and 0 < int(count) <= WORKERS_MOST):
            raise Refusal("cli.cluster_pool", rule="pool=workers", operand="--pool", expected="4501=4", actual=each)
        wanted[name] = int(count)
    return wanted


def _ray(address: str) -> Any:
    """Ray, connected.

    Raises:
        Refusal: `cli.cluster_without_ray`, `cli.cluster_unreachable`.
    """
    try:
        import ray
    except ImportError as error:
        raise Refusal("cli.cluster_without_ray", expected="pip install 'commonsight[cluster]'") from error
    try:
        ray.init(address=address, namespace=NAMESPACE, log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, RuntimeError, TimeoutError) as error:
        raise Refusal(
            "cli.cluster_unreachable", operand="--address", actual=address, reason=str(error)[:200]
        ) from error
    return ray
