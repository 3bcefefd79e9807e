"""`commonsight exports`: checking what was handed out."""

import json
from pathlib import Path
from typing import Annotated

import typer

from commonsight.cli.terminal import language
from commonsight.media.recordings import certificate
from commonsight.problem import Refusal
from commonsight.text import say

app = typer.Typer(no_args_is_help=True, help="导出 · Exported recordings: verify.")


@app.callback()
def root() -> None:
    """导出的录像 · Exported recordings."""


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="导出的视频文件 · The exported file.", exists=True, dir_okay=False)],
    cert: Annotated[Path, typer.Argument(help="证书 · Its certificate (JSON).", exists=True, dir_okay=False)],
    key: Annotated[
        str | None, typer.Option(help="平台公钥（base64），见 /api/v1/exports/keys · The platform's key, base64.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """核验导出文件与证书 · Check a file against its certificate. Needs no server, no network and no configuration."""
    try:
        checked = certificate.check(certificate.read(cert), key)
        found = certificate.check_file(checked, file)
    except Refusal as refusal:
        words = say(refusal.code, language(), **refusal.facts())
        if as_json:
            typer.echo(json.dumps({"holds": False, "code": refusal.code, "words": words}, ensure_ascii=False))
        else:
            typer.echo(words, err=True)
        raise typer.Exit(1) from None
    body = checked.body
    facts = {
        "holds": True, "export": body["export"], "file": found["name"], "camera": found["camera"]["name"],
        "camera_code": found["camera"]["code"], "from": body["from"], "to": body["to"], "viewer": body["viewer"],
        "made_at": body["made_at"], "sha256": found["sha256"], "sm3": found["sm3"], "key": checked.key,
        "key_given": key is not None,
    }  # fmt: skip
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    typer.echo(say("media.verify_holds", language()))
    for name in ("export", "camera", "camera_code", "from", "to", "viewer", "made_at", "sha256", "sm3", "key"):
        typer.echo(f"  {say(f'media.verify_{name}', language())}: {facts[name]}")
    if key is None:
        typer.echo(say("media.verify_key_unknown", language()))
