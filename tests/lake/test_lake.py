"""The lake: each transaction once, readable by others, damage found, small files put together."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonsight.lake import Damaged, Lake
from commonsight.lake.table import NAME
from commonsight.problem import Refusal


def hour(n: int, rows: int = 50) -> polars.DataFrame:
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=n)
    return polars.DataFrame(
        {
            "camera": [f"c{i % 5}" for i in range(rows)],
            "start": [start + timedelta(minutes=i % 60) for i in range(rows)],
            "value": [float(i) for i in range(rows)],
            "day": [start.date()] * rows,
        }
    )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def test_a_transaction_is_written_once(lake: Lake) -> None:
    assert lake.append("t", hour(1), app="export", version=1)
    assert not lake.append("t", hour(1), app="export", version=1)
    assert lake.append("t", hour(2), app="export", version=2)
    assert not lake.append("t", hour(1), app="export", version=1)
    assert lake.append("t", hour(3), app="another", version=1)
    assert lake.transaction("t", "export") == 2
    assert lake.scan("t").collect().height == 150


def test_what_is_read_is_what_was_written(lake: Lake) -> None:
    lake.append("t", hour(1), app="export", version=1, partition_by=["day"])
    back = lake.scan("t").filter(polars.col("camera") == "c1").sort("start").collect()
    expected = hour(1).filter(polars.col("camera") == "c1").sort("start")
    assert back.select(expected.columns).equals(expected)
    assert back["start"].dtype == polars.Datetime("us", "UTC")


def test_the_same_transaction_from_two_threads_is_written_once(lake: Lake) -> None:
    lake.append("t", hour(0), app="export", version=0)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: lake.append("t", hour(1), app="export", version=1), range(4)))
    assert sum(done) == 1
    assert lake.scan("t").collect().height == 100


def test_different_applications_at_once_all_get_in(lake: Lake) -> None:
    lake.append("t", hour(0), app="a", version=0)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda n: lake.append("t", hour(n), app=f"app{n}", version=1), range(4)))
    assert all(done)
    assert lake.scan("t").collect().height == 250


def test_compaction_keeps_rows_and_transactions(lake: Lake) -> None:
    for n in range(6):
        lake.append("t", hour(n), app="export", version=n)
    before = lake.verify("t")
    assert (before.files, before.rows) == (6, 300)
    assert lake.compact("t", z_order=["camera", "start"]) == 6
    after = lake.verify("t")
    assert (after.files, after.rows) == (1, 300)
    assert not lake.append("t", hour(5), app="export", version=5)
    assert lake.retain("t") == 0  # a week of versions stays readable
    assert lake.retain("t", keep_hours=0) == 6
    assert lake.scan("t").collect().height == 300
    assert lake.transaction("t", "export") == 5


@pytest.mark.parametrize("damage", ["cut", "garbled", "gone"])
def test_damage_is_found(lake: Lake, tmp_path: Path, damage: str) -> None:
    lake.append("t", hour(1, rows=5000), app="export", version=1)
    (file,) = (tmp_path / "lake" / "t").glob("*.parquet")
    data = file.read_bytes()
    if damage == "gone":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(data[: len(data) // 2])
    else:
        file.write_bytes(data[:4] + bytes(b ^ 0xFF for b in data[4:200]) + data[200:])
    with pytest.raises(Damaged) as caught:
        lake.verify("t")
    assert caught.value.faults
    assert file.name in caught.value.faults[0]


def test_other_columns_are_refused(lake: Lake) -> None:
    lake.append("t", hour(1), app="export", version=1)
    with pytest.raises(Refusal) as caught:
        lake.append("t", hour(2).drop("value"), app="export", version=2)
    assert caught.value.code == "lake.schema_mismatch"


def test_a_missing_table_is_said_so(lake: Lake) -> None:
    assert not lake.exists("t")
    assert lake.transaction("t", "export") is None
    for ask in (lake.scan, lake.verify, lake.compact, lake.retain):
        with pytest.raises(Refusal) as caught:
            ask("t")
        assert caught.value.code == "lake.table_missing"


@settings(max_examples=50)
@given(st.text())
def test_no_name_leads_out_of_the_lake(name: str) -> None:
    lake = Lake("/srv/lake")
    if NAME.fullmatch(name):
        assert Path(lake.address(name)).parent == Path("/srv/lake")
    else:
        with pytest.raises(Refusal):
            lake.address(name)


@pytest.mark.parametrize("name", ["..", "a/b", "a\n", "", "A", "a" * 64])
def test_hostile_names_are_refused(name: str) -> None:
    with pytest.raises(Refusal) as caught:
        Lake("/srv/lake").address(name)
    assert caught.value.code == "lake.name_invalid"


APPENDING = """
import sys
sys.path.insert(0, sys.argv[2])
from test_lake import hour
from commonsight.lake import Lake
lake = Lake(sys.argv[1])
n = (lake.transaction("t", "export") or 0) + 1
while True:
    lake.append("t", hour(n, rows=20_000), app="export", version=n)
    print(n, flush=True)
    n += 1
"""


def test_a_writer_killed_in_the_middle_leaves_a_whole_table(lake: Lake, tmp_path: Path) -> None:
    acknowledged = 0
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", APPENDING, str(tmp_path / "lake"), str(Path(__file__).parent)],
            stdout=subprocess.PIPE,
            text=True,
        ) as writer:
            assert writer.stdout is not None
            words = [line for line in (writer.stdout.readline() for _ in range(12)) if line.strip().isdigit()]
            writer.kill()
            words += [line for line in writer.stdout if line.strip().isdigit()]
        acknowledged = int(words[-1])
    last = lake.transaction("t", "export")
    assert last in (acknowledged, acknowledged + 1)  # one may have been committed without having been told
    assert not lake.append("t", hour(last, rows=20_000), app="export", version=last)
    assert lake.verify("t").rows == last * 20_000
    lake.compact("t")
    lake.retain("t", keep_hours=0)
    files = list((tmp_path / "lake" / "t").glob("*.parquet"))
    assert len(files) == lake.verify("t").files
