"""Filing what lower platforms report: batch by batch from the log, in order, each batch in one transaction.

Whoever collects adds words to a source's log (`deliver`); `file_batch` takes the beginning of the log, decides what it
changes and writes that, the shortened log and the sync's counts together. So whatever is cut off is simply done again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import psycopg
import structlog
from prometheus_client import Counter
from sqlalchemy.exc import DBAPIError

from commonsight import jobs, outbox
from commonsight.catalog import codes, health, intake_store, intake_syncs, intake_write, vocabulary
from commonsight.catalog import file as files
from commonsight.catalog.intake_fields import ChannelKind, Reported, is_gb
from commonsight.catalog.intake_rules import ENDED, Change, Channel, News, Word, decide, fold
from commonsight.catalog.intake_store import Held, Source
from commonsight.catalog.intake_write import CODE_ROUNDS, CameraOut, Changed
from commonsight.catalog.search import grams
from commonsight.clock import Clock
from commonsight.places.coordinates import System, to_wgs84
from commonsight.places.grid import DENSITY_RESOLUTION, cell
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import Database, ReadSession, WriteSession

log = structlog.get_logger(__name__)

BATCH: Final = 2_000
"""Words of one transaction."""

WORTHWHILE: Final = 500
"""Words that are worth a transaction of their own, while more are coming."""

GATHER_SECONDS: Final = 0.3

RETRIES: Final = 5
TASK: Final = "catalog:file_reports"
LOCK: Final = "catalog.file_reports"

FILED = Counter("commonsight_intake_filed", "Reported items and events filed")

Put = tuple[Channel, Change, Held | None]


@dataclass(slots=True)
class Tally:
    """What a batch did, for the syncs its words belong to."""

    filed: int = 0
    added: int = 0
    changed: int = 0
    returned: int = 0
    deleted: int = 0


async def deliver(session: WriteSession, words: Iterable[tuple[UUID, Word]]) -> None:
    """Add words, each with its source, to the logs, and see to it that they are filed."""
    await deliver_lines(session, [intake_store.log_line(source_id, word) for source_id, word in words])


async def deliver_lines(session: WriteSession, lines: Sequence[bytes]) -> None:
    """Like `deliver`, for words that `intake_store.log_line` made ready."""
    if lines:
        await intake_store.log(session, lines)
        await _ask(session)


async def ask_if_waiting(session: WriteSession) -> None:
    """Ask for the job that files when there is something to file."""
    if await intake_store.waiting(session):
        await _ask(session)


async def _ask(session: WriteSession) -> None:
    await jobs.enqueue(session, TASK, queueing_lock=LOCK, lock=LOCK)


async def file_all(database: Database, clock: Clock, *, gather: float = 0.0) -> int:
    """File whatever waits, the sources in turn; returns how many words. A source that fails does not hold up others.

    Args:
        gather: while batches have fewer words than are worth a transaction, more is waited for, so many seconds.

    Raises:
        DBAPIError, psycopg.Error, Refusal: some source could not be filed; the others were.
    """
    total = 0
    broken: dict[UUID, Exception] = {}
    while True:
        async with database.read() as session:
            sources = [source for source in await intake_store.waiting(session) if source not in broken]
        if not sources:
            break
        before = total
        for source_id in sources:
            try:
                total += await file_batch(database, source_id, clock)
            except (DBAPIError, psycopg.Error, Changed, Refusal) as error:
                log.error("filing_failed", source=str(source_id), exc_info=error)
                broken[source_id] = error
        if gather and total - before < len(sources) * WORTHWHILE:
            await clock.sleep(gather)
    if broken:
        raise next(iter(broken.values()))
    return total


async def file_batch(database: Database, source_id: UUID, clock: Clock) -> int:
    """File the beginning of a source's log; returns how many words, 0 when it is empty."""
    for attempt in range(RETRIES):
        try:
            async with database.write() as session:
                await intake_store.lock_filing(session)
                count = await _file(session, source_id, clock)
            FILED.inc(count)
            return count
        except Changed:
            if attempt == RETRIES - 1:
                raise
        except DBAPIError as error:
            deadlock = getattr(error.orig, "sqlstate", None) in ("40P01", "40001")
            if not deadlock or attempt == RETRIES - 1:
                raise
    raise AssertionError("unreachable")


async def _file(session: WriteSession, source_id: UUID, clock: Clock) -> int:
    source = await intake_store.source(session, source_id)
    numbered = await intake_store.batch(session, source_id, BATCH)
    if source is None or not numbered:
        return 0
    # A catalogue's end stands in the log behind its last page, and is taken by itself.
    end = next((place for place, (_, word) in enumerate(numbered) if word.event == ENDED), len(numbered))
    taken = numbered[: max(1, end)]
    await intake_store.cut(session, source_id, taken[-1][0])
    words = [word for _, word in taken]
    if end == 0:
        await _end(session, source, words[0], clock.now())
        return 1
    tallies = await _put(session, source, words, clock.now())
    await intake_syncs.count(session, {key: tally for key, tally in tallies.items() if key is not None})
    return len(words)


async def _put(session: WriteSession, source: Source, words: list[Word], now: datetime) -> dict[UUID | None, Tally]:
    """Decide and write; returns what it did, by sync."""
    news = fold(await _completed(session, source, words), source.code)
    stored = await intake_store.channels(session, source.id, sorted(news))
    during = {word.code for word in words if word.sync_id is not None}
    # An event about something never reported: kept while a catalogue is on its way, which may yet name it.
    news = {code: told for code, told in news.items() if told.item is not None or code in stored or code in during}
    fresh = [code for code in news if code not in stored or stored[code][1] is None]
    adopted = await intake_store.unclaimed(session, [code for code in fresh if is_gb(code)])
    regions = await _regions(session, news.values())
    puts: list[Put] = []
    for code, told in news.items():
        channel, held = stored.get(code, (Channel(code), None))
        if held is None and told.item is not None and told.item.kind is ChannelKind.CAMERA:
            held = adopted.get(code)
        columns = {} if told.item is None else _columns(told.item, source, regions)
        after, change = decide(channel, None if held is None else held.camera, told, columns)
        puts.append((after, change, held))
    await _write(session, source, puts, now)
    return _tallies(words, stored, puts)


async def _completed(session: ReadSession, source: Source, words: list[Word]) -> Iterable[Word]:
    """An UPDATE that brings only what changed is completed by what is on file."""
    partial = {
        word.code
        for word in words
        if word.event in ("ADD", "UPDATE") and word.fields is not None and "Name" not in word.fields
    }
    if not partial:
        return words
    known = await intake_store.records(session, source.id, sorted(partial))

    def whole(word: Word) -> Word:
        if word.event not in ("ADD", "UPDATE") or word.code not in partial or word.fields is None:
            return word
        if "Name" not in word.fields and word.code in known:
            return Word(word.event, word.code, word.at, word.sync_id, {**known[word.code], **word.fields})
        return word

    return map(whole, words)


async def _regions(session: ReadSession, news: Iterable[News]) -> set[str]:
    return await intake_store.known_regions(
        session, {region for told in news if told.item is not None for region in told.item.regions}
    )


def _columns(item: Reported, source: Source, regions: set[str]) -> dict[str, Any]:
    """The item's values for the columns that reports may set."""
    return {
        "name": item.name,
        "address": item.address,
        "region": next((region for region in item.regions if region in regions), source.region),
        "kind": item.camera_kind,
        "sector": item.sector,
        "place": None if item.place is None else list(item.place),
        "unit": item.unit,
    }


async def _write(session: WriteSession, source: Source, puts: Sequence[Put], now: datetime) -> None:
    cameras: list[CameraOut] = []
    hints = []
    for channel, change, held in puts:
        if channel.kind is not ChannelKind.CAMERA:
            continue
        if held is None:
            if not change.fields:
                continue
            made = _new(source, channel, change)
            channel.camera_id = made.id
            cameras.append(made)
            continue
        adopted = channel.camera_id is None
        channel.camera_id = held.camera.id
        if change.touches or adopted:
            cameras.append(_changed(source, channel, change, held, adopted))
        if change.health is not None:
            hints.append((held.camera.id, *change.health))
    if cameras:
        await files.attribute(session, files.Source.REPORT, source.name, now)
        await intake_write.stage(session, cameras)
        await intake_write.update_cameras(session)
        await _insert(session)
    await intake_write.put_channels(session, source.id, [channel for channel, _, _ in puts])
    groups = [
        (channel.camera_id, change.groups)
        for channel, change, _ in puts
        if channel.camera_id is not None and change.groups is not None
    ]
    await intake_write.put_members(session, source.id, groups)
    await health.record_health(session, hints)


def _new(source: Source, channel: Channel, change: Change) -> CameraOut:
    made = CameraOut(
        uuid7(),
        code=channel.code if is_gb(channel.code) else None,
        reported_code=None if is_gb(channel.code) else channel.code,
        platform_id=source.platform_id,
        protocol=source.protocol,
        url=source.url_prefix + channel.code,
        record=change.record,
        archived_at=change.archived_at,
    )
    if change.health is not None:
        made.health, made.health_at = int(change.health[0]), change.health[1]
    _set(made, source, change.fields, change.fields)
    return made


def _changed(source: Source, channel: Channel, change: Change, held: Held, adopted: bool) -> CameraOut:
    now = held.camera
    out = CameraOut(
        now.id,
        record=change.record,
        archived_at=change.archived_at,
        restore=change.restore,
        unvanish=change.unvanish,
        visible=bool(change.fields or change.archived_at or change.restore or adopted),
        version=held.version,
    )
    if adopted:
        out.platform_id, out.protocol = source.platform_id, source.protocol
        out.url = source.url_prefix + channel.code
    _set(out, source, change.fields, {**now.fields, **change.fields})
    return out


def _set(out: CameraOut, source: Source, fields: Mapping[str, Any], whole: Mapping[str, Any]) -> None:
    """Columns from fields, and what is derived from them; `whole` are the fields as they will be."""
    for name in ("name", "region", "address", "kind", "sector", "unit"):
        if name in fields:
            setattr(out, name, fields[name])
    if "name" in fields or "address" in fields:
        out.grams = grams(whole["name"], whole["address"])
    if (place := fields.get("place")) is not None:
        lon, lat = to_wgs84(place[0], place[1], System(source.system))
        out.lon, out.lat = round(lon, 6), round(lat, 6)
        out.given_lon, out.given_lat, out.system = place[0], place[1], source.system
        out.cell = cell(out.lon, out.lat, DENSITY_RESOLUTION)


async def _insert(session: WriteSession) -> None:
    """File the new cameras; whose identifier is taken gets another one.

    Raises:
        Refusal: `catalog.no_code_free`.
    """
    for _ in range(CODE_ROUNDS):
        left = await intake_write.insert_cameras(session)
        if not left:
            return
        numbers = await intake_write.serials(session, len(left))
        given = []
        for (camera_id, region, sector), number in zip(left, numbers, strict=True):
            words = vocabulary.sectors()[sector]
            serial = codes.SERIAL_MOST - number
            code = codes.build(region, words.industry, codes.DeviceType.IP_CAMERA, words.network, serial)
            given.append((camera_id, str(code)))
        await intake_write.give_codes(session, given)
    raise Refusal("catalog.no_code_free", status=503, operand="code", actual=left[0][1])


def _tallies(
    words: Sequence[Word], stored: Mapping[str, tuple[Channel, Held | None]], puts: Sequence[Put]
) -> dict[UUID | None, Tally]:
    tallies: dict[UUID | None, Tally] = {}
    belongs: dict[str, UUID | None] = {}
    for word in words:
        tallies.setdefault(word.sync_id, Tally()).filed += 1
        belongs[word.code] = belongs.get(word.code) or word.sync_id
    for channel, change, held in puts:
        if channel.kind is not ChannelKind.CAMERA:
            continue
        tally = tallies[belongs[channel.code]]
        before = stored.get(channel.code)
        if held is None and change.fields:
            tally.added += 1
        elif change.fields:
            tally.changed += 1
        vanished_before = before is not None and before[0].vanished_at is not None
        tally.returned += bool(change.restore or (vanished_before and channel.vanished_at is None))
        tally.deleted += bool(change.archived_at)
    return tallies


# --- the end of a catalogue -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ended:
    """How a collection ended, as the one who collected saw it.

    Args:
        complete: everything that was announced came.
        expected: how many items were announced.
        findings: what a person should know, each {"code": …, values}.
        vanish_share: above this share of the source's cameras nothing is marked vanished by itself.
    """

    complete: bool
    expected: int | None = None
    cancelled: bool = False
    findings: tuple[dict[str, Any], ...] = field(default=())
    vanish_share: float = 0.5

    def word(self, sync_id: UUID, at: datetime) -> Word:
        """Its entry in the log."""
        said = {
            "complete": self.complete,
            "expected": self.expected,
            "cancelled": self.cancelled,
            "findings": list(self.findings),
            "vanish_share": self.vanish_share,
        }
        return Word(ENDED, "", at, sync_id, said)  # type: ignore[arg-type]


VANISH_FREELY: Final = 20
"""So few are marked whatever share they are."""


async def _end(session: WriteSession, source: Source, word: Word, now: datetime) -> None:
    """Close the sync; what a complete catalogue no longer names is marked vanished."""
    said: Mapping[str, Any] = word.fields or {}
    assert word.sync_id is not None
    held = await intake_syncs.seen(session, source.id, word.sync_id)
    findings = list(said.get("findings", ()))
    lost = int(said.get("expected") or 0) - held if said.get("complete") else 0
    complete = bool(said.get("complete")) and lost <= 0
    if lost > 0:
        findings.append({"code": "catalog.sync_lost", "count": lost})
    vanished = 0
    if complete:
        missing, cameras = await intake_syncs.missing(session, source.id, word.sync_id)
        if missing > max(VANISH_FREELY, cameras * float(said.get("vanish_share", 0.5))):
            findings.append({"code": "catalog.sync_many_missing", "count": missing, "of": cameras})
        else:
            vanished = await intake_syncs.mark_vanished(session, source.id, word.sync_id, now)
    state = "cancelled" if said.get("cancelled") else "complete" if complete else "incomplete"
    await intake_syncs.close(session, word.sync_id, state, vanished, findings, now)
    await outbox.append(
        session,
        "catalog.sync_ended",
        {"sync": str(word.sync_id), "source": str(source.id), "state": state, "vanished": vanished},
    )
    log.info("sync_ended", source=source.code, state=state, items=held, expected=said.get("expected"))
