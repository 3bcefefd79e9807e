"""Argon2id in a few threads, so that the event loop never waits for it and a flood of logins cannot take the memory."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from commonsight.problem import Refusal

Result = TypeVar("Result")

WORKERS: Final = 2
"""Hashes under way at once; each takes 64 MiB (RFC 9106, low-memory profile)."""

WAITING_MOST: Final = 64
"""Further logins are asked to come back: a queue of a minute helps nobody."""

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_pending = 0


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="argon2")


@cache
def _nobody() -> str:
    return _hasher.hash("a password that nobody has")


def _verify(stored: str | None, password: str) -> bool:
    try:
        # An unknown name costs the same work as a known one, so that time does not tell which names exist.
        return _hasher.verify(stored or _nobody(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


async def hash_password(password: str) -> str:
    """The encoded argon2id hash of `password`."""
    return await _run(_hasher.hash, _plain(password))


async def verify_password(stored: str | None, password: str) -> bool:
    """True when `password` belongs to `stored`; None stands for a name that does not exist and takes as long."""
    return await _run(_verify, stored, _plain(password))


def outdated(stored: str) -> bool:
    """True when `stored` was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def _plain(password: str) -> str:
    # Lone surrogates cannot be encoded; JSON can carry them. They never match anything that was set.
    return password.encode("utf-8", "backslashreplace").decode()


async def _run(work: Callable[..., Result], *args: Any) -> Result:
    global _pending
    if _pending >= WAITING_MOST:
        raise Refusal("access.busy", status=503, rule="logins under way", expected=WAITING_MOST, actual=_pending)
    _pending += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads(), work, *args)
    finally:
        _pending -= 1
