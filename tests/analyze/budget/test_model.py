"""Pools, loans and their rules."""

from datetime import UTC, datetime, timedelta

import pytest

from commonsight.analyze.budget.model import COMMON, Loan, Pool, check_loan, check_pool, pool_of, rooms, terms
from commonsight.analyze.budget.service import capacities, usable
from commonsight.analyze.budget.store import Worker
from commonsight.problem import Refusal
from commonsight.records.base import uuid7

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
NANNING = Pool("nanning", "南宁", "4501", quota=8.0)
COUNTY = Pool("county", "青秀", "450103")
GUILIN = Pool("guilin", "桂林", "4503")
POOLS = (NANNING, COUNTY, GUILIN)


def loan(cores: float = 4.0, lender: str = "guilin", borrower: str = "nanning", hours: float = 1) -> Loan:
    return Loan(uuid7(), lender, borrower, cores, NOW, NOW + timedelta(hours=hours))


def test_the_figures_are_in_order() -> None:
    tiers = terms().tiers
    assert [tier.code for tier in tiers] == ["off", "glance", "patrol", "watch", "follow"]
    assert [tier.every_seconds for tier in tiers[1:]] == sorted((t.every_seconds for t in tiers[1:]), reverse=True)
    assert terms().place("gone") == 0
    assert terms().priority_of([3, 1, 4]) > terms().priority_of([3]) > terms().priority_of([4])


def test_a_camera_belongs_to_the_nearest_pool_that_lives() -> None:
    everybody = frozenset({COMMON, "nanning", "county", "guilin"})
    assert pool_of("450103001", POOLS, everybody) == "county"
    assert pool_of("450102", POOLS, everybody) == "nanning"
    assert pool_of("4502", POOLS, everybody) == COMMON
    assert pool_of("450103001", POOLS, everybody - {"county"}) == "nanning"
    assert pool_of("450302", POOLS, frozenset()) == COMMON


def test_loans_move_room_and_quotas_bound_ones_own() -> None:
    measured = {"nanning": (2, 10.0), "guilin": (1, 6.0), COMMON: (1, 1.0)}
    plain = rooms(measured, POOLS, [], NOW)
    assert (plain["nanning"].available, plain["guilin"].available, plain["county"].available) == (8.0, 6.0, 0.0)
    lent = rooms(measured, POOLS, [loan(4.0)], NOW)
    assert (lent["nanning"].available, lent["guilin"].available) == (12.0, 2.0)
    assert rooms(measured, POOLS, [loan(4.0)], NOW + timedelta(hours=1)) == plain
    assert sum(room.available for room in lent.values()) <= sum(cores for _, cores in measured.values())


def test_nobody_lends_what_is_not_there() -> None:
    both = [loan(4.0), loan(4.0, borrower="county")]
    shrunk = rooms({"guilin": (1, 2.0), "nanning": (1, 1.0)}, POOLS, both, NOW)
    assert (shrunk["nanning"].borrowed, shrunk["county"].borrowed, shrunk["guilin"].available) == (1.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("made", "field"),
    [
        (Pool("Nanning", "南宁", "4501"), "name"),
        (Pool("a", " ", "4501"), "label"),
        (Pool("a", "南宁", "450"), "region"),
        (Pool("a", "南宁", "4505", quota=-1), "quota"),
        (Pool("a", "南宁", "4503"), "region"),
    ],
)
def test_a_pool_that_breaks_a_rule_is_refused_by_name(made: Pool, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_pool(made, POOLS)
    assert refused.value.operand == field


@pytest.mark.parametrize(
    ("made", "field"),
    [
        (loan(lender="nobody"), "lender"),
        (loan(borrower="guilin"), "borrower"),
        (loan(hours=0), "ends_at"),
        (loan(hours=24 * 100), "ends_at"),
        (loan(cores=6.5), "cores"),
    ],
)
def test_a_loan_that_breaks_a_rule_is_refused_by_name(made: Loan, field: str) -> None:
    room = rooms({"guilin": (1, 6.0)}, POOLS, [], NOW)
    with pytest.raises(Refusal) as refused:
        check_loan(made, NOW, room)
    assert refused.value.operand == field


def test_a_worker_whose_one_thread_does_most_of_the_work_has_less_to_give() -> None:
    assert usable(2.0, 0.5) == 2.0
    assert usable(2.0, 1.0) == 1.0
    assert usable(1.0, 1.0) == 1.0
    workers = [Worker("a", "", 2.0, 0.9, 0.1), Worker("b", "", None, 0.0, 0.0)]
    count, cores = capacities(workers, {}, terms().steady)[COMMON]
    assert count == 2
    assert cores == pytest.approx((2 / 1.8 + 1) * terms().steady.headroom)
