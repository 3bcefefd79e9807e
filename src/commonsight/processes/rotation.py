"""A log file that cannot grow without end, and the rendering of log lines for a person."""

import json
import sys
from pathlib import Path
from typing import IO, Any, Final

LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "warn": 30, "error": 40, "exception": 40, "critical": 50}
COLOURS: Final = {"debug": "2", "info": "32", "warning": "33", "error": "31", "critical": "1;31"}
SHOWN_TRACE_LINES: Final = 30


class Rotated:
    """`name.log`, then `name.log.1` … `name.log.<files - 1>`; together at most `files` x `size` bytes, plus one line.

    A disk that is full must not stop the platform: a line that cannot be written is counted and dropped.
    """

    def __init__(self, path: Path, *, size: int, files: int) -> None:
        self._path = path
        self._size = size
        self._files = files
        self._file: IO[bytes] | None = None
        self._written = 0
        self.dropped = 0

    def write(self, line: bytes) -> None:
        """Append one line; `line` holds no newline."""
        try:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._path.open("ab", buffering=0)
                self._path.chmod(0o600)
                self._written = self._file.tell()
            if self._written + len(line) + 1 > self._size and self._written:
                self._rotate()
            self._file.write(line + b"\n")
            self._written += len(line) + 1
        except OSError:
            self.dropped += 1

    def close(self) -> None:
        """Close the file; the next `write` opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _rotate(self) -> None:
        assert self._file is not None
        self._file.close()
        for number in range(self._files - 1, 0, -1):
            older = self._path.with_name(f"{self._path.name}.{number}")
            newer = self._path.with_name(f"{self._path.name}.{number - 1}") if number > 1 else self._path
            if newer.exists():
                newer.replace(older)
        if self._files == 1:
            self._path.unlink(missing_ok=True)
        self._file = self._path.open("ab", buffering=0)
        self._path.chmod(0o600)
        self._written = 0


class Terminal:
    """Shows log lines on standard error: coloured for a person, JSON for a machine."""

    def __init__(self, *, form: str, level: str, output: IO[str] | None = None) -> None:
        self._output = output if output is not None else sys.stderr
        tty = self._output.isatty()
        self._json = form == "json" or (form == "auto" and not tty)
        self._colours = tty
        self._least = LEVELS[level]
        self._open = True

    def show(self, name: str, line: bytes) -> None:
        """One line of process `name`."""
        if not self._open:
            return
        event = parse(line)
        if LEVELS.get(str(event.get("level", "info")), 20) < self._least:
            return
        event.setdefault("process", name)
        body = json.dumps(event, ensure_ascii=False) if self._json else self._render(name, event)
        try:
            self._output.write(body + "\n")
            self._output.flush()
        except (OSError, ValueError):
            self._open = False  # the terminal has gone; the files go on

    def _render(self, name: str, event: dict[str, Any]) -> str:
        rest = dict(event)
        at = safe(str(rest.pop("at", ""))[11:19])
        level = safe(str(rest.pop("level", "info")))
        said = safe(str(rest.pop("event", "")))
        trace = rest.pop("exception", None)
        for key in ("logger", "process"):
            rest.pop(key, None)
        facts = " ".join(f"{safe(key)}={plain(value)}" for key, value in rest.items())
        mark = f"\x1b[{COLOURS.get(level, '0')}m{level:<7}\x1b[0m" if self._colours else f"{level:<7}"
        text = f"{at} {name:<10} {mark} {said} {facts}".rstrip()
        for part in trace_lines(trace):
            text += f"\n    {safe(part)}"
        return text


def parse(line: bytes) -> dict[str, Any]:
    """The JSON object of a log line; any other line becomes an event of its own (a library's print, a crash)."""
    text = line.decode("utf-8", "replace").rstrip()
    if text.startswith("{"):
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        if isinstance(value, dict):
            return value
    return {"event": text, "level": "info"}


def safe(text: str) -> str:
    """The text with control characters shown instead of obeyed: a camera's name must not steer a person's terminal."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def plain(value: Any) -> str:
    """A value as a person reads it."""
    text = safe(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))
    return f'"{text}"' if " " in text or not text else text


def trace_lines(trace: Any) -> list[str]:
    """The last lines of an exception, whether it came as text or as structlog's list of stacks."""
    if isinstance(trace, str):
        return trace.splitlines()[-SHOWN_TRACE_LINES:]
    lines: list[str] = []
    for stack in trace if isinstance(trace, list) else []:
        if isinstance(stack, dict):
            frames = stack.get("frames") or []
            lines += [f"{f.get('filename')}:{f.get('lineno')} {f.get('name')}" for f in frames if isinstance(f, dict)]
            lines.append(f"{stack.get('exc_type')}: {stack.get('exc_value')}")
    return lines[-SHOWN_TRACE_LINES:]
