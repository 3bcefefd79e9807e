"""What `commonsight simulate fleet` does: registers a virtual fleet somewhere and keeps it alive until Ctrl-C."""

import asyncio
import csv
import signal
import sys
from pathlib import Path
from typing import Any, Final

import typer

from commonsight.cli.terminal import speak
from commonsight.problem import Refusal
from commonsight.settings import Settings
from commonsight.simulate import footage
from commonsight.simulate.gb28181 import faults as fault_plans
from commonsight.simulate.gb28181 import film
from commonsight.simulate.gb28181.fleet import Fleet, FleetPlan, identities, own_address

REPORT_SECONDS: Final = 5.0


def plan(*, faults: str, **fields: Any) -> FleetPlan:
    """The plan as the command line says it. Raises `Refusal` naming what is wrong with it."""
    return FleetPlan(faults=fault_plans.parse(faults), **fields)


def print_accounts(made: FleetPlan) -> None:
    """Codes and passwords as CSV on standard output."""
    table = csv.writer(sys.stdout)
    table.writerow(["code", "name", "role", "password"])
    table.writerows([who.code, who.name, who.role, who.password] for who in identities(made))


async def play(
    made: FleetPlan,
    settings: Settings,
    *,
    to: str | None,
    server: str | None,
    domain: str | None,
    storm_every: float,
    pictures: bool,
) -> None:
    """Run until Ctrl-C or SIGTERM, then unregister.

    Args:
        to: host:port of the platform above; None: the first zone of these settings.
        server, domain: its id and SIP domain; None: ours.
        storm_every: seconds between two power cuts; 0: none.
        pictures: answer invitations with footage.
    """
    address = _address(to) if to else own_address(settings)
    fleet = Fleet(
        made,
        server=server or settings.sip.id,
        to=address,
        domain=domain or (settings.sip.realm if server is None else None),
    )
    await _run(settings.data_dir if pictures else None, fleet, storm_every)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port[:6]) < 65_536:
        raise Refusal("simulate.address_invalid", operand="--to", expected="host:port", actual=text)
    return host.strip("[]"), int(port)


async def _run(data_dir: Path | None, fleet: Fleet, storm_every: float) -> None:
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    async with fleet:
        tasks = [asyncio.create_task(_report(fleet))]
        if data_dir is not None:
            tasks.append(asyncio.create_task(_bring_films(data_dir, fleet)))
        if storm_every:
            tasks.append(asyncio.create_task(_storms(fleet, storm_every)))
        stopping = asyncio.create_task(stop.wait())
        # A task that fails must not go unnoticed: whatever ends first is looked at.
        while not stopping.done():
            await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
            for task in [each for each in tasks if each.done()]:
                task.result()
                tasks.remove(task)
        for task in tasks:
            task.cancel()
        speak("simulate.stopping", err=True)
        await fleet.close(unregister=True)


async def _report(fleet: Fleet) -> None:
    while True:
        counts = {name: value for name, value in fleet.tally.counts().items() if value}
        said = " ".join(f"{name}={value}" for name, value in counts.items())
        _progress(f"registered {fleet.registered}/{len(fleet.parties)} streams {fleet.streams} {said}")
        await asyncio.sleep(REPORT_SECONDS)


async def _storms(fleet: Fleet, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        fleet.storm()


async def _bring_films(data_dir: Path, fleet: Fleet) -> None:
    await asyncio.to_thread(fleet.speak_aac)
    for clip in footage.clips():
        try:
            fleet.show(await asyncio.to_thread(film.bring, clip, data_dir, _progress))
        except Refusal as refusal:
            _progress(f"{clip.name}: left out, {refusal.values.get('reason', refusal.code)}")


def _progress(line: str) -> None:
    typer.echo(line, err=True)
