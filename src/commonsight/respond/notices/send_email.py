"""One e-mail, over the mail server of the settings."""

import asyncio
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any, Final

import aiosmtplib

from commonsight.respond.notices.model import Delivery, Failed
from commonsight.respond.notices.trust import trusted
from commonsight.respond.notices.words import subject_of, text_of
from commonsight.settings import Settings

TIMEOUT: Final = 15.0
GOOD_SMTP: Final = 500
"""Answers from here on are for good: the server does not want this message."""


async def send(settings: Settings, to: list[str], language: str, delivery: Delivery) -> None:
    """Hand the message to the mail server.

    Raises:
        Failed: it did not take it, or is not there.
    """
    given = settings.notices
    if given.smtp_host is None or given.smtp_from is None:
        raise Failed("no mail server is set (notices.smtp_host, notices.smtp_from)", for_good=True)
    message = _message(given.smtp_from, to, language, delivery)
    tls = {"starttls": (False, True), "tls": (True, False), "none": (False, False)}[given.smtp_security]
    secured: dict[str, Any] = {} if given.smtp_security == "none" else {"tls_context": trusted(settings)}
    try:
        async with asyncio.timeout(2 * TIMEOUT):
            await aiosmtplib.send(
                message, hostname=given.smtp_host, port=given.smtp_port, use_tls=tls[0], start_tls=tls[1],
                username=given.smtp_username,
                password=None if given.smtp_password is None else given.smtp_password.get_secret_value(),
                timeout=TIMEOUT, **secured,
            )  # fmt: skip
    except aiosmtplib.SMTPAuthenticationError as error:
        raise Failed(f"the mail server refused our account: {error.code}") from None
    except aiosmtplib.SMTPRecipientsRefused as error:
        codes = [each.code for each in error.recipients]
        raise Failed(f"every recipient refused: {codes}", for_good=min(codes) >= GOOD_SMTP, line=False) from None
    except aiosmtplib.SMTPResponseException as error:
        reason = f"{error.code} {error.message}"
        raise Failed(reason, for_good=error.code >= GOOD_SMTP, line=error.code < GOOD_SMTP) from None
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise Failed(f"{type(error).__name__}: {error}") from None


def _message(sender: str, to: list[str], language: str, delivery: Delivery) -> EmailMessage:
    name, address = parseaddr(sender)
    local, _, domain = address.partition("@")
    message = EmailMessage()
    message["From"] = Address(name, local, domain)
    message["To"] = ", ".join(to)
    message["Subject"] = subject_of(delivery.body, language)
    message["Date"] = format_datetime(delivery.queued_at)
    # The same at every attempt: a mail server or reader that knows it already shows it once.
    message["Message-ID"] = f"<{delivery.id}@{domain or 'commonsight'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text_of(delivery.body, language))
    return message
