"""PostgreSQL's log lines as events like everybody's."""

import json
import re
from typing import Final

LINE: Final = re.compile(
    rb"(?P<date>\S+) (?P<time>\S+) UTC \[(?P<pid>\d+)\] (?P<client>.{0,64}?) ?"
    rb"(?P<severity>DEBUG\d?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC|DETAIL|HINT|STATEMENT|CONTEXT|QUERY):  "
    rb"(?P<text>.*)"
)
"""What `log_line_prefix` in `records.postgres` makes."""

LEVELS: Final = {"WARNING": "warning", "ERROR": "warning", "FATAL": "warning", "PANIC": "error"}
"""ERROR and FATAL speak of one statement or connection; whoever sent it says what it means for the platform."""

EXPECTED: Final = (b"the database system is ", b"terminating connection due to ")
"""Starting up, shutting down, the server was killed: the supervisor tells that in one line, not one a connection."""


def translated(line: bytes) -> bytes:
    """The line as one JSON object; lines of another form, such as the rest of a long statement, become its text."""
    found = LINE.match(line)
    if found is None:
        event = {"level": "debug", "event": "postgres", "text": line.decode("utf-8", "replace").strip()}
        return json.dumps(event, ensure_ascii=False).encode()
    severity = found["severity"].decode("ascii")
    event = {
        "at": f"{found['date'].decode('ascii', 'replace')}T{found['time'].decode('ascii', 'replace')}Z",
        # Its everyday remarks are for the file; a terminal shows what is out of the ordinary.
        "level": "debug" if found["text"].startswith(EXPECTED) else LEVELS.get(severity, "debug"),
        "event": "postgres",
        "severity": severity,
        "text": found["text"].decode("utf-8", "replace"),
        "pid": found["pid"].decode("ascii"),
    }
    if client := found["client"].decode("utf-8", "replace").strip():
        event["client"] = client
    return json.dumps(event, ensure_ascii=False).encode()
