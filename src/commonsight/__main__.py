"""`python -m commonsight` is `commonsight`."""

from commonsight.cli.main import app

app(prog_name="commonsight")
