"""Records that are right, to be made wrong one field at a time."""

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest
import shapely

from commonsight.catalog.rules import checks
from commonsight.catalog.rules.frame import SCHEMA, Context, Outlines, Unit
from commonsight.places.model import Level, Region

TREE = {
    "45": "广西壮族自治区", "4501": "南宁市", "450103": "青秀区", "450102": "兴宁区", "450103001": "新竹街道",
    "450103001002": "新竹社区", "4503": "桂林市", "450305": "七星区", "4509": "玉林市", "450921": "容县",
}  # fmt: skip
RIGHT: dict[str, Any] = {
    "id": "00000000-0000-7000-8000-000000000001",
    "version": 1,
    "code": "45010300001320000118",
    "name": "南宁市青秀区民族大道古城路口-东",
    "region": "450103001",
    "address": "南宁市青秀区新竹街道1号",
    "unit": "南宁市公安局青秀分局",
    "platform": "p1",
    "system": "WGS-84",
    "url": "rtsp://192.0.2.10/ch1",
    "protocol": "rtsp",
    "sector": "public_security",
    "lon": 108.366123,
    "lat": 22.817456,
    "x": 108.366123,
    "y": 22.817456,
    "point_class": "1",
    "grassroots_code": "001000",
    "install_time": "2021-03-05",
    "contact": "0771-5551234",
    "record_days": "90",
    "manufacturer": "示例光电",
    "model": "A10",
    "mac": "02:45:00:00:00:01",
    "maintenance_unit": "南宁市示例运维一部（演示）",
    "maintenance_phone": "13800138000",
    "warranty_until": "2024-03-05",
}
UNITS = (
    Unit("南宁市公安局青秀分局", cameras=90),
    Unit("南宁市公安局兴宁分局", cameras=2),
    Unit("南宁市示例运维一部（演示）", contact="0771-5550001", cameras=80),
    Unit("南宁市示例运维一部(演示)", filed=False, cameras=1),
    Unit("南宁市示例维运一部（演示）", filed=False, cameras=1),
    Unit("南宁市示例运维二部（演示）", contact="0771-5550002", cameras=1),
    Unit("已注销工程公司", contact="0771-5550003", closed="2023-06-30", cameras=1),
    Unit("无电话服务部", cameras=1),
)

Find = Callable[..., dict[tuple[str, str], str]]


@pytest.fixture(scope="session")
def context() -> Context:
    """Two cities beside each other, the border at longitude 109."""
    regions = {
        code: Region(
            code, name, {2: Level.PROVINCE, 4: Level.CITY, 6: Level.COUNTY}.get(len(code), Level.TOWNSHIP), None
        )
        for code, name in TREE.items()
    }
    outlines = Outlines(["4501", "4503"], [shapely.box(107, 22, 109, 24), shapely.box(109, 22, 112, 26)])
    return Context(regions, date(2026, 11, 20), {unit.name: unit for unit in UNITS}, outlines)


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    """Rows as the checker reads them; what is not said is empty."""
    return pl.DataFrame([{name: row.get(name) for name in SCHEMA} for row in rows], schema=SCHEMA, orient="row")


@pytest.fixture
def find(context: Context) -> Find:
    """What is found on the right record with some fields changed: (rule, field) to what is expected."""

    def found(**changed: Any) -> dict[tuple[str, str], str]:
        rows = checks.rows(frame(RIGHT | changed), context)
        return {(row["rule"], row["field"]): row["expected"] for row in rows.iter_rows(named=True)}

    return found
