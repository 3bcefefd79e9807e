"""Subscriptions at lower platforms end by themselves; they are asked for again before they do."""

from typing import Final
from zoneinfo import ZoneInfo

import structlog

from commonsight.catalog import secrets
from commonsight.connect.model import SourceError
from commonsight.connect.viid import ask, service, store
from commonsight.connect.viid.store import Subscribed
from commonsight.jobs import House
from commonsight.problem import Refusal

log = structlog.get_logger(__name__)

A_RUN: Final = 50


async def renew_due(house: House) -> int:
    """Ask for what is about to end; returns how many were renewed. What fails is tried again until it has ended."""
    if house.settings.viid.public_url is None:
        return 0
    async with house.database.write() as session:
        now = house.clock.now()
        due = await store.ending(session, now, A_RUN)
        for each in due:
            await store.claim_renewal(session, each.id, now)
    if due:
        secrets.install(house.settings.data_dir)
    done = 0
    for each in due:
        done += await _renewed(house, each)
    return done


async def _renewed(house: House, ending: Subscribed) -> bool:
    """Ask for one subscription anew, then let go of the old one: in between both are good, so nothing is lost.

    An object that comes under both is counted once: objects are told by their own identifier.
    """
    settings, now = house.settings, house.clock.now()
    async with house.database.read() as session:
        device = await store.device(session, ending.device)
    if device is None or device.url is None:
        return False
    following = service.wanted(ending.device, ending.kinds, now + (ending.ends_at - ending.begins_at), settings, now)
    async with house.database.write() as session:
        await store.subscribe(session, following)  # before it is asked for: what it brings may come before the answer
    try:
        password = None if device.secret is None else secrets.installed().open(device.secret)
        how = {
            "us": service.us(settings), "receive": settings.viid.public_url or "", "password": password,
            "zone": ZoneInfo(settings.region.timezone), "now": now,
        }  # fmt: skip
        await ask.subscribe(device.url, following, **how)  # type: ignore[arg-type]
    except (SourceError, Refusal) as error:
        async with house.database.write() as session:
            await store.settle(session, following.id, "failed", str(error), now)
        log.warning("viid_renewal_failed", device=device.code, subscription=ending.id, reason=str(error)[:200])
        return False
    async with house.database.write() as session:
        await store.settle(session, following.id, "active", "", now)
        await store.renewed(session, ending.id, following.id)
    log.info("viid_subscription_renewed", device=device.code, subscription=following.id)
    try:
        await ask.subscribe(device.url, ending, **how, cancel=True)  # type: ignore[arg-type]
    except SourceError as error:
        # It ends by itself soon; what it still brings is taken until then.
        log.info("viid_old_subscription_kept", device=device.code, subscription=ending.id, reason=str(error)[:200])
    return True
