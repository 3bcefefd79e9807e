"""Pictures are taken along as long as somebody keeps up with looking at them."""

import asyncio
from uuid import UUID

from commonsight.inspect.attention import Attention

A, B, C = (UUID(int=number) for number in (1, 2, 3))


async def test_only_what_is_due_and_has_room_is_taken_along() -> None:
    attention = Attention({A, B}, most=1)
    assert await attention.take(C) is None
    free = await attention.take(A)
    assert free is not None
    assert await attention.take(B) is None
    assert attention.postponed == 1
    free()
    assert await attention.take(B) is not None


async def test_where_somebody_waits_for_the_look_the_try_waits() -> None:
    attention = Attention({A, B}, most=1, patient=True)
    free = await attention.take(A)
    assert free is not None
    second = asyncio.create_task(attention.take(B))
    await asyncio.sleep(0)
    assert not second.done()
    free()
    assert await asyncio.wait_for(second, 5) is not None
    assert attention.postponed == 0
