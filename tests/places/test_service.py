"""The region tree in a real database."""

import pytest

from commonsight.places import service, store
from commonsight.problem import Refusal
from commonsight.records.database import Database


async def test_the_tree_is_loaded_once(database: Database) -> None:
    assert await service.load_packaged(database, "45") > 18_000
    assert await service.load_packaged(database, "45") == 0
    async with database.read() as session:
        cities = await store.below(session, "45")
        assert len(cities) == 14
        assert [r.name for r in await store.path(session, "450103")] == ["广西壮族自治区", "南宁市", "青秀区"]
        assert await store.names(session, ["4501", "99"]) == {"4501": "南宁市"}


async def test_search_prefers_whole_names_and_keeps_to_the_scope(database: Database) -> None:
    await service.load_packaged(database, "45")
    async with database.read() as session:
        assert (await service.search(session, "青秀区", ["45"]))[0].code == "450103"
        assert (await service.search(session, "南宁", ["45"]))[0].code == "4501"
        assert await service.search(session, "青秀区", ["4502"]) == []
        assert await service.search(session, "%", ["45"]) == []
        assert await service.search(session, "  ", ["45"]) == []
        assert await service.search(session, "南宁", []) == []


async def test_unknown_and_malformed_codes_are_refused(database: Database) -> None:
    async with database.read() as session:
        with pytest.raises(Refusal, match="region_unknown"):
            await service.region(session, "4599")
        with pytest.raises(Refusal, match="code_malformed"):
            await service.region(session, "4'; --")
        with pytest.raises(Refusal) as refused:
            await service.existing(session, "4599")
        assert refused.value.status == 422
