"""What holds for every command."""

import pytest
import structlog
from typer.testing import CliRunner

from commonsight.cli.main import app


def test_what_is_logged_later_goes_to_standard_error_as_it_is_then(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever calls a command in process lends it a standard error, as this runner does, and closes it afterwards."""
    assert CliRunner().invoke(app, ["simulate", "--help"]).exit_code == 0
    structlog.get_logger("after").warning("still_heard")
    assert "still_heard" in capsys.readouterr().err
