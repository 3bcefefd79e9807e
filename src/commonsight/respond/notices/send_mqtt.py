"""One message to the MQTT broker of the settings, at least once (QoS 1)."""

import asyncio
import json
from typing import Final

import aiomqtt

from commonsight.respond.notices.model import Delivery, Failed
from commonsight.respond.notices.trust import trusted
from commonsight.settings import Settings

TIMEOUT: Final = 10.0


async def send(settings: Settings, topic: str, delivery: Delivery) -> None:
    """Publish the message and wait until the broker has it. `id` in it is the same at every attempt.

    Raises:
        Failed: the broker is not there, refuses our account, or does not confirm.
    """
    given = settings.notices
    if given.mqtt_host is None:
        raise Failed("no MQTT broker is set (notices.mqtt_host)", for_good=True)
    body = json.dumps({"id": str(delivery.id), **delivery.body}, ensure_ascii=False, separators=(",", ":"))
    try:
        async with (
            asyncio.timeout(2 * TIMEOUT),
            aiomqtt.Client(
                given.mqtt_host,
                given.mqtt_port,
                username=given.mqtt_username,
                password=None if given.mqtt_password is None else given.mqtt_password.get_secret_value(),
                identifier=f"commonsight-{delivery.channel_id}",
                tls_context=trusted(settings) if given.mqtt_tls else None,
                timeout=TIMEOUT,
            ) as client,
        ):
            await client.publish(topic, body.encode(), qos=1, timeout=TIMEOUT)
    except (aiomqtt.MqttError, OSError, TimeoutError, ValueError) as error:
        raise Failed(f"{type(error).__name__}: {error}") from None
