"""What news about a channel changes, decided from what is stored and what came. Pure.

Every word has a time: that of the query a page answers, or of the event's arrival. The later word holds, whatever order
words come in and however often each comes, so pages that are doubled, late or reordered end in the same file.

A column that no longer holds what intake wrote was edited by a person and stays; what was reported stays readable in
the record. An empty report does not blank what is known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from commonsight.catalog.intake_fields import ChannelKind, Reported, code_of, read
from commonsight.catalog.model import Health

DELETED: Final = "DEL"
STATUS_EVENTS: Final = frozenset({"ON", "OFF", "VLOST", "DEFECT"})
ITEM_EVENTS: Final = frozenset({"", "ADD", "UPDATE"})
EVENTS: Final = ITEM_EVENTS | STATUS_EVENTS | {DELETED}
ENDED: Final = "END"
"""Not about a channel: the catalogue a sync asked for is over."""

FIELDS: Final = ("name", "address", "region", "kind", "sector", "place", "unit")
"""Columns of a camera that reports may set."""

_EMPTY: Final[dict[str, Any]] = {"address": "", "kind": "unknown", "sector": "other", "place": None, "unit": None}


@dataclass(frozen=True, slots=True)
class Word:
    """One entry of the log. `event` is one of `EVENTS`, "" for an item of a catalogue."""

    event: str
    code: str
    at: datetime
    sync_id: UUID | None = None
    fields: Mapping[str, str] | None = None


@dataclass(slots=True)
class News:
    """All words about one channel in a batch, folded."""

    item: Reported | None = None
    item_at: datetime | None = None
    status: str | None = None
    status_at: datetime | None = None
    deleted_at: datetime | None = None
    event_at: datetime | None = None
    seen_sync: UUID | None = None


@dataclass(frozen=True, slots=True)
class CameraNow:
    """What the file holds about a channel's camera. `fields` by the names of `FIELDS`; `place` as it was given."""

    id: UUID
    fields: Mapping[str, Any]
    health: Health
    health_at: datetime | None
    archived_at: datetime | None
    vanished_at: datetime | None


@dataclass(slots=True)
class Channel:
    """A channel as it is stored; also the outcome of `decide`."""

    code: str
    kind: ChannelKind = ChannelKind.UNKNOWN
    camera_id: UUID | None = None
    name: str = ""
    parent: str | None = None
    record: dict[str, str] | None = None
    digest: int | None = None
    record_at: datetime | None = None
    filed: dict[str, Any] = field(default_factory=dict)
    status: str | None = None
    status_at: datetime | None = None
    hint_at: datetime | None = None
    event_at: datetime | None = None
    deleted_at: datetime | None = None
    vanished_at: datetime | None = None
    seen_sync: UUID | None = None

    @property
    def deleted(self) -> bool:
        """Whether the last word is that it is gone."""
        return self.deleted_at is not None and (self.record_at is None or self.deleted_at >= self.record_at)


@dataclass(slots=True)
class Change:
    """What is to be written about a camera beside its channel.

    `fields`: columns to set. `record`: the report to keep, None to leave it. `archived_at`, `health`: None to leave
    them; `restore` brings an archived one back, `unvanish` takes the mark away.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    record: dict[str, str] | None = None
    groups: tuple[str, ...] | None = None
    archived_at: datetime | None = None
    restore: bool = False
    unvanish: bool = False
    health: tuple[Health, datetime] | None = None

    @property
    def touches(self) -> bool:
        """Whether the camera's row changes at all."""
        return bool(self.fields or self.record is not None or self.archived_at or self.restore or self.unvanish)


def fold(words: Iterable[Word], source_code: str = "") -> dict[str, News]:
    """Words by channel. The order of words with different times does not matter, nor do repetitions."""
    found: dict[str, News] = {}
    for word in words:
        news = found.setdefault(word.code, News())
        if word.event:
            news.event_at = _later(news.event_at, word.at)
        if word.event == DELETED:
            news.deleted_at = _later(news.deleted_at, word.at)
        elif word.event in STATUS_EVENTS:
            _say_status(news, word.event, word.at)
        elif word.fields is not None and code_of(word.fields) == word.code:
            _say_item(news, read(word.fields, source_code=source_code), word.at)
            if word.sync_id is not None and not word.event:
                news.seen_sync = word.sync_id
    return found


def _say_status(news: News, status: str, at: datetime) -> None:
    if news.status_at is None or (at, status) > (news.status_at, news.status or ""):
        news.status, news.status_at = status, at


def _say_item(news: News, item: Reported, at: datetime) -> None:
    # Of two different items of one catalogue under one identifier, the same one wins in whatever order they come.
    if news.item is None or news.item_at is None or (at, item.digest) > (news.item_at, news.item.digest):
        news.item, news.item_at = item, at
    if item.status is not None:
        _say_status(news, item.status, at)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return max(one, other)


def decide(stored: Channel, camera: CameraNow | None, news: News, columns: Mapping[str, Any]) -> tuple[Channel, Change]:
    """The channel after `news`, and what that means for its camera.

    Args:
        camera: None when the channel has none yet; then `Change.fields` are those of a new one.
        columns: the item's values for `FIELDS`; empty without an item.
    """
    after = Channel(**{name: getattr(stored, name) for name in Channel.__slots__})
    after.deleted_at = _later(stored.deleted_at, news.deleted_at)
    after.event_at = _later(stored.event_at, news.event_at)
    after.seen_sync = news.seen_sync or stored.seen_sync
    change = Change()
    fresh = _take_item(stored, after, news)
    _take_status(stored, after, news)
    heard = _later(news.item_at, news.status_at)
    if after.vanished_at is not None and heard is not None and heard >= after.vanished_at:
        after.vanished_at = None
    if after.kind is not ChannelKind.CAMERA:
        return after, change
    if fresh and news.item is not None:
        change.record, change.groups = news.item.record, news.item.groups
        change.fields = _merged(after, camera, columns)
    _life(stored, after, camera, change)
    _hint(stored, after, camera, change)
    return after, change


def _take_item(stored: Channel, after: Channel, news: News) -> bool:
    """Take the item over when it is the later word; whether its fields are to be filed."""
    item, at = news.item, news.item_at
    if item is None or at is None:
        return False
    if stored.record_at is not None and (at, item.digest) <= (stored.record_at, stored.digest or 0):
        return False
    same = stored.digest == item.digest and stored.kind == item.kind
    after.record_at, after.digest = at, item.digest
    after.kind, after.name, after.parent = item.kind, item.name, item.parent
    if item.kind is not ChannelKind.CAMERA:
        after.record = item.record
    return not same


def _take_status(stored: Channel, after: Channel, news: News) -> None:
    if news.status is None or news.status_at is None:
        return
    if stored.status_at is None or (news.status_at, news.status) > (stored.status_at, stored.status or ""):
        after.status, after.status_at = news.status, news.status_at


def _merged(after: Channel, camera: CameraNow | None, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Columns to set; `after.filed` remembers them."""
    filed = dict(after.filed)
    fields: dict[str, Any] = {}
    for name in FIELDS:
        new = columns[name]
        if camera is not None:
            if name in _EMPTY and new == _EMPTY[name]:
                continue
            now = camera.fields[name]
            ours = now == filed[name] if name in filed else name in _EMPTY and now == _EMPTY[name]
            if not ours:
                continue
            if now == new:
                filed[name] = new
                continue
        fields[name] = filed[name] = new
    after.filed = filed
    return fields


def _life(stored: Channel, after: Channel, camera: CameraNow | None, change: Change) -> None:
    """Out of use when its platform said so, back when it says otherwise. What a person archived stays archived."""
    if camera is None:
        # Reported and gone again before anybody filed it: filed out of use, as if the two had come apart.
        change.archived_at = after.deleted_at if after.deleted else None
        return
    ours = camera.archived_at is not None and camera.archived_at == stored.deleted_at
    if after.deleted and (camera.archived_at is None or (ours and after.deleted_at != stored.deleted_at)):
        change.archived_at = after.deleted_at
    elif not after.deleted and ours:
        change.restore = True
    change.unvanish = camera.vanished_at is not None and after.vanished_at is None


def _hint(stored: Channel, after: Channel, camera: CameraNow | None, change: Change) -> None:
    """A reported OFF stands for health until somebody has looked; a reported ON proves nothing."""
    if after.status_at is None or (camera is not None and after.status_at == stored.status_at):
        return
    if after.status == "OFF":
        if camera is None or camera.health is Health.UNKNOWN:
            change.health = (Health.OFFLINE, after.status_at)
            after.hint_at = after.status_at
    elif camera is not None and camera.health is Health.OFFLINE and camera.health_at == stored.hint_at is not None:
        change.health = (Health.UNKNOWN, after.status_at)
        after.hint_at = None
