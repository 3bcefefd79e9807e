import pytest
from argon2 import PasswordHasher

from commonsight.access import passwords


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch):
    """The same argon2id at a cost that suits a test."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    passwords._nobody.cache_clear()
    yield
    passwords._nobody.cache_clear()
