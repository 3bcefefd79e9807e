"""Delta Lake tables under one address.

Few large commits: a commit costs more the longer the log since the last checkpoint is, and small files cost
every reader. So export an hour at a time, compact a day once it is complete, and let old versions go.

All methods block (the work is done outside Python's lock); call them through `asyncio.to_thread`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import polars
import structlog
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from commonsight.problem import Refusal

log = structlog.get_logger(__name__)

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
CHECKPOINT_COMMITS: Final = 20
"""A checkpoint after so many commits: an hourly export then reads at most a day of single log entries."""

KEEP_HOURS: Final = 7 * 24
"""Readers of an older version (a notebook, a Delta Sharing recipient) may go on for a week."""

TARGET_BYTES: Final = 128 * 1024 * 1024
"""Aim of compaction: large enough for few requests to an object store, small enough to skip most of a table."""

CONFLICT_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Verified:
    """What `verify` read: table version, number of files, rows, bytes."""

    version: int
    files: int
    rows: int
    bytes: int


class Damaged(Exception):
    """A table whose files do not hold what its log says; `faults` names each file and what is wrong with it."""

    def __init__(self, table: str, faults: Sequence[str]) -> None:
        super().__init__(f"{table}: {len(faults)} damaged file(s): {'; '.join(faults[:5])}")
        self.table = table
        self.faults = tuple(faults)


class Lake:
    """Tables under `url`.

    Args:
        url: a directory, or an address such as `s3://bucket/prefix`.
        storage_options: credentials of an object store; by default its own variables (`AWS_…`) are used.
    """

    def __init__(self, url: str, storage_options: dict[str, str] | None = None) -> None:
        self._local = "://" not in url
        self._root = str(Path(url).resolve()) if self._local else url.rstrip("/")
        self._options = storage_options

    def address(self, table: str) -> str:
        """Where a table lies.

        Raises:
            Refusal: `lake.name_invalid`.
        """
        if not NAME.fullmatch(table):
            raise Refusal("lake.name_invalid", rule=NAME.pattern, operand="table", actual=table)
        return f"{self._root}/{table}"

    def exists(self, table: str) -> bool:
        """Whether the table has been written to."""
        return self._find(table) is not None

    def append(
        self, table: str, frame: polars.DataFrame, *, app: str, version: int, partition_by: Sequence[str] = ()
    ) -> bool:
        """Add rows in one commit, unless this application's transaction is already in.

        Args:
            table: name; made with the frame's columns at the first append.
            frame: the rows; times must be aware.
            app: who writes, e.g. `observations`; transactions are counted per application.
            version: number of the transaction, growing (the hour since 1970, say). A repetition, or an older number,
                does nothing: so an export that was cut off is simply done again.
            partition_by: columns to split directories by; counts at the first append only.

        Returns:
            True when the rows were written, False when they had been written before.

        Raises:
            Refusal: `lake.schema_mismatch` when the columns are not the table's.
        """
        address = self.address(table)
        if self._local:
            Path(address).mkdir(parents=True, exist_ok=True)
        for attempt in range(1, CONFLICT_TRIES + 1):
            found = self._find(table)
            if found is not None:
                done = found.transaction_version(app)
                if done is not None and done >= version:
                    return False
                self._check_columns(table, found, frame)
            try:
                write_deltalake(
                    found if found is not None else address,
                    frame,
                    mode="append",
                    partition_by=(list(partition_by) or None) if found is None else None,
                    configuration=None
                    if found is not None
                    else {
                        "delta.checkpointInterval": str(CHECKPOINT_COMMITS),
                        "delta.logRetentionDuration": f"interval {KEEP_HOURS} hours",
                    },
                    storage_options=self._options,
                    writer_properties=WriterProperties(compression="ZSTD"),
                    commit_properties=CommitProperties(app_transactions=[Transaction(app, version)]),
                )
            except (CommitFailedError, DeltaError) as error:
                # Somebody committed at the same moment, perhaps this very transaction: look again.
                if attempt == CONFLICT_TRIES or not _conflict(error):
                    raise
                log.info("lake_conflict", table=table, app=app, version=version, attempt=attempt)
                continue
            log.info("lake_appended", table=table, app=app, version=version, rows=frame.height)
            return True
        raise AssertionError("unreachable")

    def transaction(self, table: str, app: str) -> int | None:
        """Number of the application's last transaction; None before the first."""
        found = self._find(table)
        return None if found is None else found.transaction_version(app)

    def scan(self, table: str) -> polars.LazyFrame:
        """The table as it is now, read lazily: filters and columns are pushed down to the files.

        Raises:
            Refusal: `lake.table_missing`.
        """
        return polars.scan_delta(self._open(table))

    def verify(self, table: str) -> Verified:
        """Decode every row of every file and compare their number with what the log says.

        Finds what is missing, cut short or cannot be decoded. Values that rotted into other valid values it cannot
        know of: whoever drops the source compares rows or sums of its own first.

        Raises:
            Damaged: a file is missing, shorter, or cannot be decoded.
            Refusal: `lake.table_missing`.
        """
        opened = self._open(table)
        faults: list[str] = []
        rows = size = files = 0
        for action in _files(opened):
            files += 1
            size += action["size_bytes"]
            path = unquote(action["path"])
            try:
                # Hashing decodes every page of every column; counting alone would read the footer only.
                source = polars.scan_parquet(f"{self.address(table)}/{path}", storage_options=self._options)
                count = source.select(polars.len(), polars.all().hash().sum()).collect(engine="streaming")["len"][0]
            except (OSError, polars.exceptions.PolarsError) as error:
                faults.append(f"{path}: {type(error).__name__}: {str(error)[:200]}")
                continue
            if action["num_records"] is not None and count != action["num_records"]:
                faults.append(f"{path}: {count} rows, {action['num_records']} in the log")
            rows += count
        if faults:
            raise Damaged(table, faults)
        return Verified(opened.version(), files, rows, size)

    def compact(self, table: str, *, z_order: Sequence[str] = ()) -> int:
        """Put small files together; with `z_order`, rows that are asked for together too. Returns the files replaced.

        Nothing changes for readers; the small files stay until `retain`.
        """
        opened = self._open(table)
        properties = WriterProperties(compression="ZSTD")
        if z_order:
            done = opened.optimize.z_order(list(z_order), target_size=TARGET_BYTES, writer_properties=properties)
        else:
            done = opened.optimize.compact(target_size=TARGET_BYTES, writer_properties=properties)
        opened.create_checkpoint()
        replaced = int(done["numFilesRemoved"])
        log.info("lake_compacted", table=table, replaced=replaced, files=int(done["numFilesAdded"]))
        return replaced

    def retain(self, table: str, *, keep_hours: int = KEEP_HOURS) -> int:
        """Delete files that no version of the last `keep_hours` uses, and log entries as old. Returns how many files.

        Rows are never deleted by this: it removes what compaction has replaced and what a crash left unfinished.
        """
        opened = self._open(table)
        opened.create_checkpoint()
        opened.cleanup_metadata()
        gone = opened.vacuum(
            retention_hours=keep_hours, dry_run=False, enforce_retention_duration=keep_hours >= KEEP_HOURS
        )
        log.info("lake_retained", table=table, deleted=len(gone), keep_hours=keep_hours)
        return len(gone)

    def _find(self, table: str) -> DeltaTable | None:
        try:
            return DeltaTable(self.address(table), storage_options=self._options)
        except TableNotFoundError:
            return None

    def _open(self, table: str) -> DeltaTable:
        found = self._find(table)
        if found is None:
            raise Refusal("lake.table_missing", status=404, operand="table", actual=table)
        return found

    @staticmethod
    def _check_columns(table: str, found: DeltaTable, frame: polars.DataFrame) -> None:
        have = [field.name for field in found.schema().fields]
        if have != frame.columns:
            raise Refusal("lake.schema_mismatch", operand=table, rule="columns", expected=have, actual=frame.columns)


def _files(table: DeltaTable) -> list[dict[str, Any]]:
    """The log's current files: path, size_bytes, num_records."""
    frame = polars.DataFrame(table.get_add_actions(flatten=True))
    return frame.select("path", "size_bytes", "num_records").sort("path").to_dicts()


def _conflict(error: Exception) -> bool:
    said = str(error).lower()
    return isinstance(error, CommitFailedError) or "conflict" in said or "already exists" in said
