"""What holds for every command."""

import subprocess
import sys
from importlib import import_module

import pytest
import structlog
from typer.testing import CliRunner

from commonsight.cli.later import NOUNS
from commonsight.cli.main import app


def test_what_is_logged_later_goes_to_standard_error_as_it_is_then(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever calls a command in process lends it a standard error, as this runner does, and closes it afterwards."""
    assert CliRunner().invoke(app, ["simulate", "--help"]).exit_code == 0
    structlog.get_logger("after").warning("still_heard")
    assert "still_heard" in capsys.readouterr().err


def test_the_list_of_commands_imports_nothing_of_the_platform() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from commonsight.cli.main import app; "
        "shown = CliRunner().invoke(app, ['--help']); assert 'devices' in shown.output; "
        "print(*(name for name in ('sqlalchemy', 'aiohttp', 'fastapi', 'av', 'openpyxl') if name in sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert ran.stdout.split() == []


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_says_in_the_list_what_it_says_itself(noun: str) -> None:
    assert import_module(f"commonsight.cli.{noun}").app.info.help == NOUNS[noun]
    shown = CliRunner().invoke(app, [noun, "--help"])
    assert shown.exit_code == 0
    assert f"{noun} [OPTIONS] COMMAND" in shown.output
    assert CliRunner().invoke(app, [noun, "not-a-verb"]).exit_code == 2


def test_no_noun_hides_a_command() -> None:
    own = {each.name or each.callback.__name__ for each in app.registered_commands if each.callback}
    assert {"run", "import", "export"} <= own
    assert not own & NOUNS.keys()
