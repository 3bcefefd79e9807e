"""How long a browser needs to draw the cameras on the map, seen from inside: Chromium over its DevTools protocol.

A script in the page notes when the map's data have come and every drawing call with instances after that. Drawn is the
frame behind the last such call that half a second of quiet follows. WebGL runs in software here: the slow case.
"""

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

QUIET_MS = 500
GIVE_UP_SECONDS = 60
WINDOW = "1920,1080"

NOTE = """
(() => {
  const seen = window.__seen = {began: performance.now(), data: 0, bytes: 0, last: 0, most: 0};
  window.__again = () => Object.assign(seen, {began: performance.now(), data: 0, bytes: 0, last: 0, most: 0});
  new PerformanceObserver(list => list.getEntries().forEach(entry => {
    if (entry.name.includes("/cameras/map") && entry.responseEnd > seen.began) {
      seen.data = entry.responseEnd; seen.bytes = entry.encodedBodySize;
    }
  })).observe({type: "resource", buffered: true});
  for (const call of ["drawArraysInstanced", "drawElementsInstanced"]) {
    const real = WebGL2RenderingContext.prototype[call];
    WebGL2RenderingContext.prototype[call] = function (...given) {
      real.apply(this, given);
      const instances = given.at(-1);
      seen.most = Math.max(seen.most, instances);
      requestAnimationFrame(() => { this.finish(); seen.last = performance.now(); });
    };
  }
})()
"""

STATE = f"""(() => {{
  const s = window.__seen, now = performance.now();
  return JSON.stringify(s && s.data && s.last > s.data && now - s.last > {QUIET_MS} ? s : null);
}})()"""

CLOSER = "document.querySelector('[role=application]').parentElement.querySelector('button').click()"


class Page:
    """One tab, spoken to in whole questions and answers."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._numbers = socket, count(1)

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            said = json.loads(self._socket.recv(timeout=GIVE_UP_SECONDS))
            if said.get("id") == number:
                if "error" in said:
                    raise RuntimeError(f"{method}: {said['error']['message']}")
                return dict(said["result"])

    def run(self, script: str) -> Any:
        return self.ask("Runtime.evaluate", expression=script)["result"].get("value")

    def drawn(self) -> dict[str, float]:
        """Wait until the map is drawn and quiet."""
        give_up = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < give_up:
            state = json.loads(self.run(STATE) or "null")
            if state is not None:
                return {
                    "to_data_ms": round(state["data"] - state["began"]),
                    "data_to_drawn_ms": round(state["last"] - state["data"]),
                    "data_bytes": state["bytes"],
                    "instances": state["most"],
                }
            time.sleep(0.05)
        raise RuntimeError(f"the map was not drawn within {GIVE_UP_SECONDS} s")


@contextmanager
def tab(chromium: str) -> Iterator[Page]:
    with tempfile.TemporaryDirectory(prefix="commonsight-chromium-", ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                chromium,
                "--headless=new",
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--enable-unsafe-swiftshader",
                f"--window-size={WINDOW}",
                "--remote-debugging-port=0",
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            address = Path(profile) / "DevToolsActivePort"
            give_up = time.monotonic() + GIVE_UP_SECONDS
            while not (address.exists() and address.read_text().strip()):
                if time.monotonic() > give_up or process.poll() is not None:
                    raise RuntimeError("Chromium did not start")
                time.sleep(0.05)
            port = address.read_text().split()[0]
            targets = httpx.get(f"http://127.0.0.1:{port}/json").json()
            url = next(target["webSocketDebuggerUrl"] for target in targets if target["type"] == "page")
            with connect(url, max_size=None) as socket:
                yield Page(socket)
        finally:
            process.terminate()
            process.wait(20)


def draw(base: str, cookies: dict[str, str]) -> dict[str, Any]:
    """Time to draw density and points, or why it was not measured."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        return {"measured": False, "reason": "no Chromium"}
    if "<script" not in httpx.get(f"{base}/").text:
        return {"measured": False, "reason": "the page is not built"}
    try:
        with tab(chromium) as page:
            page.ask("Page.enable")
            page.ask("Network.enable")
            for name, value in cookies.items():
                page.ask("Network.setCookie", name=name, value=value, url=base)
            page.ask("Page.addScriptToEvaluateOnNewDocument", source=NOTE)
            page.ask("Page.navigate", url=f"{base}/cameras?view=map")
            found = {"density_cold": page.drawn()}
            page.ask("Page.navigate", url=f"{base}/cameras?view=map&region=4501")
            page.drawn()
            for _ in range(2):  # closer, past zoom 9
                page.run(f"window.__again(); {CLOSER}")
                found["points"] = page.drawn()
    except (RuntimeError, TimeoutError, OSError) as error:
        return {"measured": False, "reason": str(error)}
    return {"measured": True, "window": WINDOW, **found}
