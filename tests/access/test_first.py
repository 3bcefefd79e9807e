import asyncio
import io
import stat

from sqlalchemy import func, select

from commonsight.access import first, store
from commonsight.access.passwords import verify_password
from commonsight.access.tables import PersonRow
from commonsight.clock import SystemClock
from commonsight.settings import Settings


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


async def test_on_a_terminal_the_password_is_shown_once_and_left_nowhere(database, tmp_path):
    settings, terminal = Settings(data_dir=tmp_path), Terminal()
    assert await first.ensure_first_administrator(database, SystemClock(), settings, terminal=terminal)
    async with database.read() as session:
        known = await store.person_by_name(session, "admin")
    shown = [word for word in terminal.getvalue().split() if word.count("-") == 3]
    assert len(shown) == 1
    assert await verify_password(known.person.password_hash, shown[0])
    assert known.person.must_change_password
    assert known.person.regions == [settings.region.code]
    assert list(tmp_path.iterdir()) == []
    assert not await first.ensure_first_administrator(database, SystemClock(), settings, terminal=terminal)


async def test_without_a_terminal_it_lies_in_a_file_only_we_can_read(database, tmp_path):
    settings = Settings(data_dir=tmp_path / "data")
    await first.ensure_first_administrator(database, SystemClock(), settings, terminal=io.StringIO())
    file = first.password_file(settings)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    name, password = file.read_text().split()
    async with database.read() as session:
        known = await store.person_by_name(session, name)
    assert await verify_password(known.person.password_hash, password)
    first.forget_first_password(settings)
    first.forget_first_password(settings)
    assert not file.exists()


async def test_a_file_or_link_that_lies_there_already_is_replaced_not_followed(database, tmp_path):
    settings, precious = Settings(data_dir=tmp_path), tmp_path / "precious"
    precious.write_text("kept")
    first.password_file(settings).symlink_to(precious)
    await first.ensure_first_administrator(database, SystemClock(), settings, terminal=io.StringIO())
    assert precious.read_text() == "kept"
    assert not first.password_file(settings).is_symlink()


async def test_two_processes_starting_at_once_make_one_administrator(database, tmp_path):
    settings = Settings(data_dir=tmp_path)
    made = await asyncio.gather(
        *(first.ensure_first_administrator(database, SystemClock(), settings, terminal=io.StringIO()) for _ in range(3))
    )
    assert sorted(made) == [False, False, True]
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(PersonRow)) == 1
