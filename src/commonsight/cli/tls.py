"""`commonsight tls`: a certificate for a trial."""

from pathlib import Path
from typing import Annotated

import typer

from commonsight import tls
from commonsight.cli.terminal import ConfigOption, fail_on_refusal, settings_of, speak
from commonsight.clock import SystemClock

app = typer.Typer(no_args_is_help=True, help="TLS · Certificates of our own servers.")


@app.callback()
def _noun() -> None:
    """Keeps the verb where there is only one."""


@app.command("self-signed")
@fail_on_refusal
def self_signed(
    names: Annotated[
        list[str] | None, typer.Argument(help="主机名或地址 · Names people reach us by; default: this machine's.")
    ] = None,
    to: Annotated[Path | None, typer.Option(help="目录 · Where to; default: tls in the data directory.")] = None,
    config: ConfigOption = None,
) -> None:
    """自签名证书 · Make a certificate that signs itself, for a trial: browsers warn until it is trusted by hand."""
    place = to or settings_of(config).data_dir / "tls"
    named = list(names or tls.own_names())
    chain, key = tls.self_signed(place.resolve(), named, SystemClock().now())
    speak("cli.tls_made", names=", ".join(named), days=tls.DAYS)
    typer.echo(f'[tls]\ncertificate = "{chain}"\nkey = "{key}"')
