"""Files on their way through real routes, real jobs and a real database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commonsight import jobs
from commonsight.catalog.imports import tasks
from commonsight.clock import ManualClock
from commonsight.jobs import House
from commonsight.records.database import Database
from commonsight.settings import Settings
from tests.catalog.conftest import Client, Somebody

WRITER = frozenset({"cameras.read", "cameras.write"})
CONVERTER = WRITER | {"cameras.convert"}


@pytest.fixture
def house(filed: Database, tmp_path: Path) -> Iterator[House]:
    """What jobs work with."""
    made = House(Settings(data_dir=tmp_path), filed, ManualClock())
    jobs.furnish(made)
    yield made
    jobs.furnish(None)


class Desk:
    """Somebody at a desk who brings files; the worker runs what is queued as soon as it is."""

    def __init__(self, client: Client, house: House) -> None:
        self.client, self.house = client, house
        client.caller = Somebody(permissions=WRITER)

    def may_convert(self) -> None:
        self.client.caller.permissions = CONVERTER

    async def open(self, name: str, **said: Any) -> dict[str, Any]:
        """A file announced."""
        opened = await self.client.post("/imports", json={"name": name} | said)
        assert opened.status_code == 201, opened.text
        made: dict[str, Any] = opened.json()
        assert made["state"] == "receiving"
        return made

    async def send(self, name: str, body: bytes, **said: Any) -> dict[str, Any]:
        """A file brought, its check queued."""
        made = await self.open(name, **said)
        path = f"/imports/{made['id']}"
        assert (await self.client.put(f"{path}/file", content=body)).json() == {"bytes": len(body)}
        asked = await self.client.post(f"{path}/check")
        assert (asked.status_code, asked.json()["state"]) == (202, "checking"), asked.text
        return made

    async def bring(self, name: str, body: bytes, **said: Any) -> dict[str, Any]:
        """A file, checked."""
        made = await self.send(name, body, **said)
        await tasks.check_import(made["id"])
        return await self.now(made["id"])

    async def now(self, import_id: str) -> dict[str, Any]:
        found = await self.client.get(f"/imports/{import_id}")
        assert found.status_code == 200, found.text
        made: dict[str, Any] = found.json()
        return made

    async def commit(self, made: dict[str, Any], *, skip_refused: bool = False) -> dict[str, Any]:
        sent = await self.client.post(f"/imports/{made['id']}/commit", json={"skip_refused": skip_refused})
        assert sent.status_code == 202, sent.text
        assert sent.json()["state"] == "committing"
        await tasks.commit_import(made["id"], str(self.client.caller.id), "wei", "")
        return await self.now(made["id"])

    async def undo(self, made: dict[str, Any]) -> dict[str, Any]:
        sent = await self.client.post(f"/imports/{made['id']}/undo")
        assert sent.status_code == 202, sent.text
        await tasks.undo_import(made["id"], str(self.client.caller.id), "wei", "")
        return await self.now(made["id"])

    async def problems(self, made: dict[str, Any]) -> list[dict[str, Any]]:
        return await self.client.all(f"/imports/{made['id']}/problems")


@pytest.fixture
async def desk(empty_client: Client, house: House) -> Desk:
    """A desk in front of an empty camera file."""
    return Desk(empty_client, house)
