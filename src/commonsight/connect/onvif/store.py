"""All SQL of onvif/: which cameras came by ONVIF, and where their devices are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from commonsight.connect.onvif.model import Device, Profile
from commonsight.records.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Kept:
    """A camera's way to its device. `region` is the camera's, for scopes."""

    camera_id: UUID
    address: str
    profile: str
    ptz: bool
    region: str


async def add(session: WriteSession, camera_id: UUID, device: Device, profile: Profile, now: datetime) -> None:
    """Remember how a camera's device is asked; again replaces it."""
    await session.execute(
        text("""
            INSERT INTO onvif_cameras (camera_id, address, profile, snapshot_url, ptz, manufacturer, model, firmware,
                                       serial, added_at)
            VALUES (:camera, :address, :profile, :snapshot, :ptz, :manufacturer, :model, :firmware, :serial, :now)
            ON CONFLICT (camera_id) DO UPDATE SET address = excluded.address, profile = excluded.profile,
                snapshot_url = excluded.snapshot_url, ptz = excluded.ptz"""),
        {
            "camera": camera_id,
            "address": device.address,
            "profile": profile.token,
            "snapshot": profile.snapshot_url,
            "ptz": profile.ptz,
            "manufacturer": device.manufacturer,
            "model": device.model,
            "firmware": device.firmware,
            "serial": device.serial,
            "now": now,
        },
    )
    # Its stream is RTSP; what tells it apart is that its device can be asked and turned.
    await session.execute(text("UPDATE cameras SET protocol = 'onvif' WHERE id = :camera"), {"camera": camera_id})


async def kept(session: ReadSession, camera_id: UUID) -> Kept | None:
    """How the device of a camera in use is asked; None when it did not come by ONVIF."""
    found = await session.execute(
        text("""
            SELECT o.camera_id, o.address, o.profile, o.ptz, c.region FROM onvif_cameras AS o
              JOIN cameras AS c ON c.id = o.camera_id AND c.archived_at IS NULL
             WHERE o.camera_id = :camera"""),
        {"camera": camera_id},
    )
    row = found.first()
    return None if row is None else Kept(row.camera_id, row.address, row.profile, row.ptz, row.region)


async def profile(session: WriteSession, address: str, token: str) -> UUID | None:
    """The camera in use that a profile was joined as. Whoever asks at the same time waits until we are done."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"onvif {address}"})
    found = await session.scalar(
        text("""
            SELECT o.camera_id FROM onvif_cameras AS o
              JOIN cameras AS c ON c.id = o.camera_id AND c.archived_at IS NULL
             WHERE o.address = :address AND o.profile = :token LIMIT 1"""),
        {"address": address, "token": token},
    )
    return None if found is None else UUID(str(found))


async def known(session: ReadSession, addresses: Sequence[str]) -> dict[str, tuple[UUID, str]]:
    """Cameras in use by the address of their device: {address: (camera, region)}, one for each."""
    found = await session.execute(
        text("""
            SELECT DISTINCT ON (o.address) o.address, o.camera_id, c.region FROM onvif_cameras AS o
              JOIN cameras AS c ON c.id = o.camera_id AND c.archived_at IS NULL
             WHERE o.address = ANY(:addresses) ORDER BY o.address, o.camera_id"""),
        {"addresses": list(addresses)},
    )
    return {row.address: (row.camera_id, row.region) for row in found}
