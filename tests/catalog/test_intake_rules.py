"""The later word holds, in whatever order and however often words come, and in whatever batches they are filed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from commonsight.catalog.intake_rules import CameraNow, Change, Channel, Word, decide, fold
from commonsight.catalog.model import Health

T0 = datetime(2026, 7, 1, tzinfo=UTC)
CODE = "45010300001320000001"
SYNC = UUID(int=1)


def word(second: int, event: str, name: str = "", status: str = "") -> Word:
    fields = None
    if event in ("", "ADD", "UPDATE"):
        fields = {"DeviceID": CODE, "Name": name or "a", **({"Status": status} if status else {})}
    return Word(event, CODE, T0 + timedelta(seconds=second), SYNC if not event else None, fields)


# Words as devices say them: at one moment either one event, or items of one catalogue.
MOMENTS = st.lists(
    st.one_of(
        st.sampled_from(["ON", "OFF", "VLOST", "DEFECT", "DEL"]).map(lambda event: [(event, "", "")]),
        st.tuples(st.sampled_from(["ADD", "UPDATE"]), st.sampled_from("abc"), st.sampled_from(["ON", "OFF"])).map(
            lambda said: [said]
        ),
        st.lists(st.tuples(st.just(""), st.sampled_from("abc"), st.sampled_from(["", "ON", "OFF"])), max_size=3),
    ),
    max_size=6,
)


def filed(words: Sequence[Word], cuts: Sequence[int]) -> tuple[Channel, dict[str, Any]]:
    """The channel and its camera after the words were filed in batches that end at `cuts`."""
    channel, camera = Channel(CODE), None
    bounds = [0, *sorted(cuts), len(words)]
    for start, stop in pairwise(bounds):
        for news in fold(words[start:stop]).values():
            columns: dict[str, Any] = {}
            if news.item is not None:
                columns = {
                    "name": news.item.name, "address": "", "region": "45", "kind": "unknown", "sector": "other",
                    "place": None, "unit": None,
                }  # fmt: skip
            channel, change = decide(channel, camera, news, columns)
            camera = written(channel, camera, change)
    return channel, {} if camera is None else {"name": camera.fields["name"], "archived": camera.archived_at}


def written(channel: Channel, camera: CameraNow | None, change: Change) -> CameraNow | None:
    if camera is None:
        if not change.fields:
            return None
        health, health_at = change.health or (Health.UNKNOWN, None)
        camera = CameraNow(UUID(int=7), change.fields, health, health_at, change.archived_at, None)
        channel.camera_id = camera.id
        return camera
    archived = None if change.restore else change.archived_at or camera.archived_at
    changed = replace(camera, fields={**camera.fields, **change.fields}, archived_at=archived)
    return changed if change.health is None else replace(changed, health=change.health[0], health_at=change.health[1])


@given(moments=MOMENTS, data=st.data())
def test_order_repetition_and_batches_do_not_matter(moments: list[list[tuple[str, str, str]]], data: Any) -> None:
    words = [word(second, *said) for second, moment in enumerate(moments) for said in moment]
    mixed = data.draw(st.permutations(words)) + data.draw(
        st.lists(st.sampled_from(words), max_size=4) if words else st.just([])
    )
    cuts = data.draw(st.lists(st.integers(0, len(mixed)), max_size=4))
    straight, there = filed(words, [])
    crooked, here = filed(mixed, cuts)
    for name in ("kind", "name", "digest", "record_at", "status", "status_at", "event_at", "deleted_at"):
        assert getattr(crooked, name) == getattr(straight, name), name
    assert here == there
    assert crooked.deleted == straight.deleted == (there.get("archived") is not None or straight.deleted)


def test_the_later_item_holds() -> None:
    assert filed([word(2, "", "new"), word(1, "", "old")], [1])[1]["name"] == "new"


def test_a_deletion_is_the_last_word_until_somebody_says_otherwise() -> None:
    words = [word(1, "", "a"), word(2, "DEL"), word(2, "", "a"), word(3, "ADD", "a")]
    assert filed(words[:3], [1, 2])[1]["archived"] == T0 + timedelta(seconds=2)
    assert filed(words, [1, 2, 3])[1]["archived"] is None


def test_on_proves_nothing_and_off_stands_until_somebody_looked() -> None:
    channel = Channel(CODE)
    news = fold([word(1, "", "a", "OFF")])[CODE]
    columns = {
        "name": "a",
        "address": "",
        "region": "45",
        "kind": "unknown",
        "sector": "other",
        "place": None,
        "unit": None,
    }
    after, change = decide(channel, None, news, columns)
    assert change.health == (Health.OFFLINE, T0 + timedelta(seconds=1))
    camera = written(after, None, change)
    assert camera is not None
    after, change = decide(after, camera, fold([word(2, "ON")])[CODE], {})
    assert change.health == (Health.UNKNOWN, T0 + timedelta(seconds=2))
    looked = replace(camera, health=Health.WORKS, health_at=T0)
    assert decide(after, looked, fold([word(3, "OFF")])[CODE], {})[1].health is None
    found_offline = replace(camera, health=Health.OFFLINE, health_at=T0)
    assert decide(after, found_offline, fold([word(3, "ON")])[CODE], {})[1].health is None
