"""Structured logs of one process: one JSON object a line for machines, coloured lines on a person's terminal.

Libraries that log through the standard library (uvicorn, Procrastinate, Alembic) come out in the same form.
"""

import logging
import logging.config
import sys
from typing import Any, Final

import structlog

from commonsight.settings import Settings

QUIET: Final = {
    **dict.fromkeys(("procrastinate", "sqlalchemy", "alembic", "psycopg", "uvicorn.error"), "WARNING"),
    # One line for each attempt to reach a database that is away; whoever needs the connection says so once.
    "psycopg.pool": "ERROR",
}
"""Libraries that tell more than an operator wants; a root level of debug opens them all."""

TRACES: Final = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=30)
)
"""Tracebacks without local variables: those hold passwords, addresses of cameras and pictures."""


def configure(settings: Settings, *, name: str, supervised: bool) -> None:
    """Send everything this process logs to standard error.

    Args:
        settings: `log.level` and `log.format` count; a supervised process always writes JSON, which the supervisor
            keeps in files and renders for the terminal.
        name: the process' name, part of every line.
        supervised: whether a supervisor reads our standard error.
    """
    as_json = supervised or settings.log.format == "json" or (settings.log.format == "auto" and not sys.stderr.isatty())
    level = settings.log.level.upper()
    stamps: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(allow=()),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _named(name),
    ]
    last: Any
    if as_json:
        stamps.append(TRACES)
        last = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    else:
        last = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=stamps, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    handler.addFilter(_worth_a_line)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for library, least in QUIET.items():
        logging.getLogger(library).setLevel("DEBUG" if level == "DEBUG" else least)
    for library in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(library).handlers = []
        logging.getLogger(library).propagate = True
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *stamps,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _named(name: str) -> Any:
    def add(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
        event.setdefault("process", name)
        return event

    return add


def _worth_a_line(record: logging.LogRecord) -> bool:
    """Procrastinate reports a lost database from each of its parts, with a traceback; `jobs.work` tells it once."""
    error = record.exc_info[1] if record.exc_info else None
    return not (record.name.startswith("procrastinate") and type(error).__name__ == "ConnectorException")
