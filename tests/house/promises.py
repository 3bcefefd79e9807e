"""What must hold in the database whatever was killed, and a witness who looks all the time."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import psycopg

from commonsight.records.canonical import digest
from tests.house.house import House
from tests.house.load import Client, Load

LOOK: Final = 1.0
"""Between two looks of the witness, s."""

FIGURES: Final = "SELECT camera_id, target, measure, class, start, value, coverage FROM observations"
EPOCHS: Final = "SELECT camera_id, epoch FROM analysis_leases"

# A day's total and its minutes are written in one transaction: they differ only when one was lost or doubled.
DIFFERENT: Final = """
    SELECT d.day, d.camera_id, d.class, d.crossings_in, d.crossings_out, m.into, m.outof
      FROM observation_days AS d
      LEFT JOIN LATERAL (
            SELECT coalesce(sum(o.value) FILTER (WHERE o.measure = 'crossings_in'), 0) AS into,
                   coalesce(sum(o.value) FILTER (WHERE o.measure = 'crossings_out'), 0) AS outof
              FROM observations AS o
             WHERE o.camera_id = d.camera_id AND o.class = d.class AND (o.start AT TIME ZONE 'UTC')::date = d.day) AS m
           ON true
     WHERE (d.crossings_in, d.crossings_out) IS DISTINCT FROM (m.into::bigint, m.outof::bigint)"""

Key = tuple[Any, ...]


class Witness(Load):
    """Looks at the figures again and again: what was counted once never becomes less, nothing is counted twice."""

    def __init__(self, client: Client) -> None:
        self.figures: dict[Key, float] = {}
        self.epochs: dict[UUID, int] = {}
        self.looks = 0
        super().__init__(client)

    def work(self) -> None:
        while not self.stopping.wait(LOOK):
            try:
                with self.client.house.connect() as connection:
                    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                    self._look(connection)
            except psycopg.OperationalError:
                continue  # it is away

    def _look(self, connection: "psycopg.Connection[tuple[Any, ...]]") -> None:
        for camera, target, measure, kind, start, value, coverage in connection.execute(FIGURES):
            place = (camera, target, kind, start)
            if measure != "occupancy_mean":  # a mean may fall
                self._not_less((*place, measure), value)
            # Stored in four bytes and counted on from there.
            self._not_less((*place, "coverage"), coverage, within=1e-3)
        for camera, epoch in connection.execute(EPOCHS):
            assert epoch >= self.epochs.get(camera, 0), f"{camera}: epoch fell to {epoch}"
            self.epochs[camera] = epoch
        assert connection.execute(DIFFERENT).fetchall() == []
        self.looks += 1

    def _not_less(self, key: Key, value: float, within: float = 0.0) -> None:
        before = self.figures.get(key, 0.0)
        assert value >= before - within, f"{key}: fell from {before} to {value}"
        self.figures[key] = value

    def counted(self) -> float:
        """Crossings seen so far, all cameras, lines and classes."""
        figures = dict(self.figures)
        return sum(value for key, value in figures.items() if key[-1] in ("crossings_in", "crossings_out"))

    def watched(self) -> float:
        """Camera seconds covered so far."""
        best: dict[Key, float] = {}
        for key, value in dict(self.figures).items():
            if key[-1] == "coverage":
                minute = (key[0], key[3])
                best[minute] = max(best.get(minute, 0.0), value)
        return 60 * sum(best.values())


def filed_once(house: House, filed: Mapping[str, UUID]) -> None:
    """Every acknowledged camera is there under the id that was told, once, with one audit line and one outbox entry."""
    there = house.rows("SELECT name, id FROM cameras WHERE name LIKE 'clerk %%'")
    assert len(there) == len(filed), "a camera is there that nobody was told of, or one is missing, or is there twice"
    assert dict(there) == dict(filed)
    told = house.rows("SELECT payload->>'camera' FROM outbox WHERE topic = 'catalog.camera_added'")
    assert sorted(camera for (camera,) in told) == sorted(map(str, filed.values()))
    audited = house.rows("SELECT subject_id FROM audit WHERE action = 'catalog.camera_added'")
    assert sorted(subject for (subject,) in audited) == sorted(map(str, filed.values()))


def outbox_whole(house: House) -> None:
    """Entries are numbered without gap or double, each is what was written, every subscription has had them all."""
    rows = house.rows("SELECT sequence, topic, payload, digest FROM outbox ORDER BY sequence")
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    for sequence, topic, payload, stored in rows:
        assert digest({"topic": topic, "payload": payload}) == bytes(stored), (
            f"entry {sequence} is not what was written"
        )
    cursors = house.rows("SELECT name, position, failures, error FROM outbox_cursors")
    assert cursors, "nobody follows the outbox"
    assert {(position, failures) for _, position, failures, _ in cursors} == {(len(rows), 0)}, cursors


def outbox_caught_up(house: House) -> bool:
    """Whether everything is numbered and every subscription has come to the end."""
    return bool(
        house.rows(
            "SELECT NOT EXISTS (SELECT FROM outbox WHERE sequence IS NULL) AND NOT EXISTS (SELECT FROM outbox_cursors"
            " WHERE position < (SELECT max(sequence) FROM outbox)) AS done"
        )[0][0]
    )


def unchecked(house: House) -> int:
    """Filed cameras whose check, a job queued by the outbox, has not been made yet."""
    query = "SELECT count(*) FROM cameras WHERE name LIKE 'clerk %%' AND id NOT IN (SELECT camera_id FROM checks)"
    return int(house.rows(query)[0][0])


def jobs_left(house: House, status: str) -> list[tuple[Any, ...]]:
    """Jobs in this state, by name."""
    query = "SELECT task_name, count(*) FROM procrastinate_jobs WHERE status = %s GROUP BY task_name"
    return house.rows(query, [status])


def swept(house: House) -> bool:
    """Whether a sweep has come to its end with every camera that existed at its beginning checked."""
    finished = house.rows("SELECT count(*) FROM sweeps WHERE finished_at IS NOT NULL")[0][0]
    return bool(finished) and house.rows(UNSWEPT) == [(0,)]


UNSWEPT: Final = """
    SELECT count(*) FROM sweep_shards AS s, unnest(s.cameras) AS camera
     WHERE camera NOT IN (SELECT camera_id FROM checks)"""


def registered(house: House, seen: list[UUID]) -> None:
    """Every picture that was seen is in the register, opened before it was seen, told of in the outbox once."""
    found = house.rows(
        "SELECT id, opened_at, purpose_code, node FROM retrievals WHERE id = ANY(%s)", [list(map(str, seen))]
    )
    assert {row[0] for row in found} == set(seen)
    assert all(opened and purpose == "maintenance" and node for _, opened, purpose, node in found), found
    lines = [str(line) for (line,) in house.rows("SELECT id FROM retrievals")]
    told = house.rows("SELECT payload->>'retrieval' FROM outbox WHERE topic = 'gate.retrieval'")
    assert sorted(line for (line,) in told) == sorted(lines), "the outbox and the register tell different things"


def lines_closed(house: House, running: list[UUID]) -> None:
    """Lines whose node was killed are closed by its successor; only those of `running` permits stay open."""
    query = (
        "SELECT count(*) FROM retrievals WHERE closed_at IS NULL AND opened_at IS NOT NULL AND NOT permit_id = ANY(%s)"
    )
    house.until(lambda: house.rows(query, [list(map(str, running))]) == [(0,)], "lines of killed nodes closed")
    assert house.rows("SELECT count(*) FROM retrievals WHERE close_reason = 'node_lost'") > [(0,)]
