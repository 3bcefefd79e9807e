"""From findings to values."""

from typing import Any

import pytest

from commonsight.catalog.repair.model import Proposal, Reason
from commonsight.catalog.repair.propose import proposals
from commonsight.catalog.rules import checks
from commonsight.catalog.rules.frame import Context
from tests.catalog.rules.conftest import RIGHT, context, frame

__all__ = ["context"]

GONE = {"x": None, "y": None, "lon": None, "lat": None}


def proposed(context: Context, **changed: Any) -> list[Proposal]:
    rows = frame(RIGHT | changed)
    return list(proposals(rows, checks.rows(rows, context), context))


@pytest.mark.parametrize(
    ("field", "was", "becomes", "reason", "certain", "changed"),
    [
        ("point", "", "108.366, 22.817", Reason.SWAPPED, True, GONE | {"raw_x": 22.817, "raw_y": 108.366}),
        ("point", "", "110.3, 25.2", Reason.SWAPPED, False, GONE | {"raw_x": 25.2, "raw_y": 110.3}),
        ("system", "WGS-84", "GCJ-02", Reason.DECLARED, True, {"declared": "GCJ-02"}),
        ("name", "Ａ座", "A座", Reason.WRITTEN, True, {"name": "Ａ座"}),
        ("record_days", "30天", "30", Reason.WRITTEN, True, {"record_days": "30天"}),
        ("grassroots_code", "", "001000", Reason.REGION, True, {"grassroots_code": None}),
        ("grassroots_code", "0010", "001000", Reason.REGION, False, {"grassroots_code": "0010"}),
        ("maintenance_unit", "南宁市示例运维一部(演示)", "南宁市示例运维一部（演示）", Reason.SPELLING, True,
         {"maintenance_unit": "南宁市示例运维一部(演示)"}),
        ("maintenance_unit", "南宁市示例维运一部（演示）", "南宁市示例运维一部（演示）", Reason.SIMILAR, False,
         {"maintenance_unit": "南宁市示例维运一部（演示）"}),
        ("region", "450103001", "450305", Reason.CODE_PLACE, False,
         {"code": "45030500001320000118", "lon": 110.123456, "lat": 25.2, "x": 110.123456, "y": 25.2}),
        ("region", "450103001", "450102", Reason.CODE_NAME, False,
         {"code": "45010200001320000118", "name": "南宁市兴宁区人民路口-东"}),
        ("region", "450103009", "450103", Reason.PREFIX, False, {"region": "450103009"}),
    ],
)  # fmt: skip
def test_a_finding_leads_to_a_value_with_its_reason(
    context: Context, field: str, was: str, becomes: str, reason: Reason, certain: bool, changed: dict[str, Any]
) -> None:
    found = [each for each in proposed(context, **changed) if each.field == field]
    assert [(each.was, each.becomes, each.reason, each.certain) for each in found] == [(was, becomes, reason, certain)]


@pytest.mark.parametrize("changed", [{}, {"contact": None}, {"install_time": "2021-02-30"}, {"name": "Camera 01"}])
def test_what_nobody_can_know_is_not_proposed(context: Context, changed: dict[str, Any]) -> None:
    assert proposed(context, **changed) == []
