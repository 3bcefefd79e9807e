"""`commonsight people`: who may log in. For whoever has a shell on the platform's machine."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from commonsight.access import service, store
from commonsight.access.model import roles
from commonsight.access.tables import PersonRow
from commonsight.cli.database import opened, settings_of_platform
from commonsight.cli.terminal import ConfigOption, fail_on_refusal, language, speak
from commonsight.clock import SystemClock
from commonsight.problem import Refusal
from commonsight.records.database import Database

app = typer.Typer(no_args_is_help=True, help="用户 · People: list, add, reset a password, deactivate.")

T = TypeVar("T")
PAGE = 500


def _known_role(given: list[str]) -> list[str]:
    """A role nobody has heard of is wrong use, exit 2."""
    for role in given:
        if role not in roles():
            raise typer.BadParameter(f"{role}: {', '.join(roles())}")
    return given


NameArgument = Annotated[str, typer.Argument(help="登录名 · Login name.")]
JsonOption = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("list")
@fail_on_refusal
def list_people(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """列出用户 · Everybody who has an account."""

    async def ask(database: Database) -> list[store.PersonAndOrganisation]:
        found: list[store.PersonAndOrganisation] = []
        async with database.read() as session:
            while page := await store.people_page(
                session, within=None, q=None, after=found[-1].person.name if found else None, limit=PAGE
            ):
                found += page
        return found

    found = _with_database(config, ask)
    if as_json:
        rows = [
            {"name": p.name, "display_name": p.display_name, "roles": p.roles, "regions": p.regions, "active": p.active}
            for p in (one.person for one in found)
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for one in found:
        person = one.person
        state = "" if person.active else "  (inactive)"
        typer.echo(f"{person.name}  {person.display_name}  {','.join(person.roles)}  {','.join(person.regions)}{state}")


@app.command()
@fail_on_refusal
def add(
    name: NameArgument,
    role: Annotated[list[str], typer.Option(callback=_known_role, help="角色，可多次 · Role, may be repeated.")],
    region: Annotated[list[str], typer.Option(help="行政区划代码，可多次 · Division code, may be repeated.")],
    display_name: Annotated[str | None, typer.Option(help="姓名 · Name as shown; default: the login name.")] = None,
    organisation: Annotated[str, typer.Option(help="单位 · Unit, as it stands in the retrieval register.")] = "",
    config: ConfigOption = None,
) -> None:
    """添加用户 · Add a person and print their one-time password."""

    async def ask(database: Database) -> service.NewPassword:
        return await service.add_person(
            database,
            SystemClock(),
            granter=None,
            name=name,
            display_name=display_name or name,
            organisation=organisation,
            roles=role,
            regions=region,
            language=language(),
        )

    _hand_over(_with_database(config, ask))


@app.command("reset-password")
@fail_on_refusal
def reset_password(name: NameArgument, config: ConfigOption = None) -> None:
    """重置密码 · Print a new one-time password; the person's sessions and tokens end."""

    async def ask(database: Database) -> service.NewPassword:
        person = await _person(database, name)
        return await service.reset_password(database, SystemClock(), granter=None, person_id=person.id)

    _hand_over(_with_database(config, ask))


@app.command()
@fail_on_refusal
def deactivate(name: NameArgument, config: ConfigOption = None) -> None:
    """停用 · Nobody is deleted: the register names them. `activate` undoes it."""
    _set_active(name, config, active=False)


@app.command()
@fail_on_refusal
def activate(name: NameArgument, config: ConfigOption = None) -> None:
    """启用 · Let a person in again."""
    _set_active(name, config, active=True)


def _set_active(name: str, config: Path | None, *, active: bool) -> None:
    async def ask(database: Database) -> None:
        person = await _person(database, name)
        async with database.write() as session:
            await service.change_person(
                session, SystemClock(), granter=None, person_id=person.id, change=service.Change(active=active)
            )

    _with_database(config, ask)
    speak("cli.person_active" if active else "cli.person_inactive", name=name)


async def _person(database: Database, name: str) -> PersonRow:
    async with database.read() as session:
        found = await store.person_by_name(session, name.lower())
    if found is None:
        raise Refusal("access.person_unknown", status=404, operand="name", actual=name)
    return found.person


def _with_database(config: Path | None, ask: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        async with opened(settings_of_platform(config)) as database:
            return await ask(database)

    return asyncio.run(run())


def _hand_over(new: service.NewPassword) -> None:
    speak("cli.one_time_password", name=new.person.name, password=new.password)
