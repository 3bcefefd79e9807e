"""`commonsight simulate fleet` as a person runs it: accounts first, then the fleet until Ctrl-C."""

import asyncio
import csv
import signal
import sys

from typer.testing import CliRunner

from commonsight.cli.main import app
from tests.simulate.gb28181.above import SERVER, Above, until


def test_accounts_are_printed_for_whoever_files_them():
    result = CliRunner().invoke(app, ["simulate", "fleet", "--accounts", "--platforms", "2", "--devices", "3"])
    assert result.exit_code == 0
    rows = list(csv.DictReader(result.stdout.splitlines()))
    assert [row["role"] for row in rows] == ["platform", "platform", "camera", "camera", "recorder"]
    assert all(len(row["code"]) == 20 and row["password"] for row in rows)


def test_what_cannot_be_is_refused():
    for arguments, word in (
        (["--faults", "los=1"], "los=1"),
        (["--to", "nowhere"], "nowhere"),
        (["--to", "host:99999"], "99999"),
        (["--platforms", "15000", "--devices", "15000"], "30000"),
    ):
        result = CliRunner().invoke(app, ["simulate", "fleet", *arguments])
        assert result.exit_code != 0
        assert word in result.output


async def test_the_fleet_registers_and_leaves_on_ctrl_c(tmp_path):
    above = Above({})
    await above.start()
    result = CliRunner().invoke(app, ["simulate", "fleet", "--accounts", "--devices", "2"])
    above.passwords = {row["code"]: row["password"] for row in csv.DictReader(result.stdout.splitlines())}
    command = (sys.executable, "-c", "from commonsight.cli.main import app; app()", "simulate", "fleet")
    options = ("--devices", "2", "--spread", "0", "--no-pictures", "--server", SERVER)
    child = await asyncio.create_subprocess_exec(
        *command, *options, "--to", f"127.0.0.1:{above.port}", cwd=tmp_path, stderr=asyncio.subprocess.PIPE
    )
    try:
        await until(lambda: len(above.contacts) == 4, 60)
        child.send_signal(signal.SIGINT)
        _, said = await asyncio.wait_for(child.communicate(), 30)
        assert child.returncode == 0, said
        assert not above.contacts
        assert b"registered" in said
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
        await above.close()
