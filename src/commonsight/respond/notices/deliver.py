"""Sending what waits on one channel, in order, until there is nothing left or the channel fails."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter

from commonsight.catalog import secrets
from commonsight.jobs import House
from commonsight.records.database import WriteSession
from commonsight.respond.notices import send_email, send_mqtt, send_webhook, store
from commonsight.respond.notices.model import Channel, Delivery, Failed, rest_until, retry_at
from commonsight.respond.notices.telling import wake

log = structlog.get_logger(__name__)

A_RUN: Final = 100
"""Messages one job sends before it makes room for other channels."""

SENT = Counter("commonsight_notices", "Messages to channels", ["kind", "outcome"])


async def run(house: House, channel_id: UUID) -> int:
    """Send what is due; returns how many arrived. The next job is queued when something is left."""
    arrived = 0
    for _ in range(A_RUN):
        now = house.clock.now()
        async with house.database.read() as session:
            channel = await store.channel(session, channel_id)
            if channel is None or not channel.enabled or (channel.down_until is not None and channel.down_until > now):
                return arrived
            delivery = await store.next_delivery(session, channel_id, now)
            keys = [] if delivery is None else await store.sealed(session, channel_id, now)
        if delivery is None:
            return arrived
        try:
            await _send(house, channel, delivery, keys, now)
        except Failed as failure:
            if await _failed(house, channel, delivery, failure):
                return arrived
            continue
        async with house.database.write() as session:
            await store.sent(session, delivery, house.clock.now())
        SENT.labels(channel.kind, "sent").inc()
        arrived += 1
    async with house.database.write() as session:
        await wake(session, channel_id)
    return arrived


async def _send(house: House, channel: Channel, delivery: Delivery, keys: list[bytes], now: datetime) -> None:
    """Nothing is held meanwhile, no connection and no lock: the other side may take its time."""
    if channel.kind == "email":
        await send_email.send(house.settings, channel.config["to"], channel.language, delivery)
    elif channel.kind == "webhook":
        secrets.install(house.settings.data_dir)
        opened = [secrets.installed().open(each) for each in keys]
        await send_webhook.send(house.settings, channel.config["url"], opened, delivery, now)
    else:
        await send_mqtt.send(house.settings, channel.config["topic"], delivery)


async def _failed(house: House, channel: Channel, delivery: Delivery, failure: Failed) -> bool:
    """Write it down; whether the whole channel rests now."""
    now = house.clock.now()
    reason = str(failure)
    again = None if failure.for_good else retry_at(delivery.attempts + 1, now, failure.wait)
    patience = timedelta(hours=house.settings.notices.give_up_hours)
    if again is not None and again > delivery.queued_at + patience:
        again = None
    async with house.database.write() as session:
        await store.failed(session, delivery, reason, again, now)
        if failure.line or failure.gone:
            until = rest_until(channel.failures + 1, now)
            await store.rest(session, channel.id, reason, until, off=failure.gone)
            await _later(session, channel.id, until)
        elif again is not None:
            await _later(session, channel.id, again)
    SENT.labels(channel.kind, "failed" if again is not None else "dead").inc()
    log.warning(
        "notice_failed", channel=str(channel.id), kind=channel.kind, delivery=str(delivery.id),
        attempt=delivery.attempts + 1, again=None if again is None else again.isoformat(), reason=reason,
    )  # fmt: skip
    return failure.line or failure.gone


async def _later(session: WriteSession, channel_id: UUID, at: datetime) -> None:
    await wake(session, channel_id, at)
