"""SQL of syncs on this side: which devices are due, and what the camera file must know of a device."""

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text

from commonsight.catalog import intake_store, intake_syncs
from commonsight.catalog.intake_store import Source
from commonsight.connect.gb28181.model import GB_URL, Device, Kind, Quirks
from commonsight.problem import Refusal
from commonsight.records.base import uuid7
from commonsight.records.database import ReadSession, WriteSession

PROTOCOL: Final = "gb28181"

DUE_MOST: Final = 50
"""Devices one look finds due; the next look finds the next. After a storm of registrations everybody is due at once,
and people who ask for a sync are not to wait behind them."""


def source_of(device: Device, region: str) -> Source:
    """What the camera file knows of a device. `region`: of one whose code names none."""
    return Source(
        device.id,
        device.code,
        device.name,
        device.region or region,
        device.platform_id,
        PROTOCOL,
        f"{GB_URL}{device.code}/",
        device.quirks.system,
    )


async def put_source(session: WriteSession, device: Device, region: str) -> None:
    """Let the camera file know a device, and a lower platform as a platform."""
    source = source_of(device, region)
    if source.platform_id is None and device.kind is Kind.PLATFORM:
        platform_id = await intake_store.put_platform(session, uuid7(), source.code, source.name, source.region)
        source = replace(source, platform_id=platform_id)
        await session.execute(
            text("UPDATE gb_devices SET platform_id = :platform WHERE id = :id AND platform_id IS NULL"),
            {"platform": platform_id, "id": device.id},
        )
    await intake_store.put_source(session, source)


async def ask(
    session: WriteSession, device_id: UUID, reason: str, now: datetime, region: str, *, asked_by: str | None = None
) -> tuple[UUID, bool]:
    """Ask for a device's catalogue: the open sync and whether it is new. Works while no signalling process runs.

    Raises:
        Refusal: `connect.gb_device_unknown` (404).
    """
    found = await session.execute(
        text(
            "SELECT id, code, name, kind, region, platform_id, quirks FROM gb_devices "
            "WHERE id = :id AND removed_at IS NULL"
        ),
        {"id": device_id},
    )
    row = found.first()
    if row is None:
        raise Refusal("connect.gb_device_unknown", status=404, operand="device", actual=str(device_id))
    device = Device(
        row.id,
        row.code,
        row.name,
        Kind(row.kind),
        row.region,
        quirks=Quirks.of(row.quirks),
        platform_id=row.platform_id,
    )
    await put_source(session, device, region)
    return await intake_syncs.ask(session, device_id, reason, now, asked_by=asked_by)


async def due(session: ReadSession, before: datetime, failed_before: datetime) -> list[UUID]:
    """Devices that are online, have no open sync, and whose last one is older than `before` (than `failed_before` when
    it did not end complete); those never synced first, platforms before devices."""
    found = await session.execute(
        text("""
            SELECT d.id FROM gb_devices AS d LEFT JOIN LATERAL (
                SELECT s.asked_at, s.ended_at, s.state FROM syncs AS s WHERE s.source_id = d.id
                ORDER BY s.asked_at DESC, s.id DESC LIMIT 1
            ) AS last ON true
            WHERE d.online AND d.removed_at IS NULL AND (last.asked_at IS NULL OR (
                last.ended_at IS NOT NULL
                AND last.ended_at < CASE WHEN last.state = 'incomplete' THEN :failed ELSE :before END))
            ORDER BY last.asked_at NULLS FIRST, d.kind DESC, d.id LIMIT :most
        """),
        {"before": before, "failed": failed_before, "most": DUE_MOST},
    )
    return list(found.scalars())


async def subscribed(session: ReadSession) -> list[UUID]:
    """Devices that tell us of changes to their catalogue."""
    found = await session.execute(
        text(
            "SELECT s.device_id FROM gb_subscriptions AS s JOIN gb_devices AS d ON d.id = s.device_id "
            "WHERE s.event = 'catalog' AND s.state = 'active' AND d.removed_at IS NULL"
        )
    )
    return list(found.scalars())
