"""Cameras are broken and mended on command: what the book keeps, what the city does, what the commands say."""

import asyncio
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from commonsight.cli.main import app
from commonsight.clock import SystemClock
from commonsight.connect.wire.codec import Codec
from commonsight.settings import Settings, Simulate, Sip
from commonsight.simulate import demo, footage, spoil
from commonsight.simulate.city import City
from commonsight.simulate.damage import BYTES_MOST, Book, Harm
from commonsight.simulate.fleet import Fault, Fleet, Mix
from commonsight.simulate.reel import access_units, broken, load
from commonsight.vision.decode import Decoder
from tests.simulate.test_city import Client

COUNT = 400


def test_orders_are_kept_and_taken_back(tmp_path):
    book, other = Book(tmp_path), Book(tmp_path)
    assert book.read() == {}
    book.order("fleet/12", Harm.BLACK)
    other.order("watch/street", Harm.HUNG)
    other.order("fleet/7", None)
    assert book.read() == {"fleet/12": Harm.BLACK, "fleet/7": None, "watch/street": Harm.HUNG}
    book.forget("fleet/12")
    book.forget("fleet/12")
    assert list(other.read()) == ["fleet/7", "watch/street"]


def test_changes_are_told_once(tmp_path):
    book = Book(tmp_path)
    assert book.changes() == {}
    assert book.changes() is None
    Book(tmp_path).order("fleet/1", Harm.FROZEN)
    assert book.changes() == {"fleet/1": Harm.FROZEN}
    assert book.changes() is None


@pytest.mark.parametrize("text", ["", "[]", "{", " " * (BYTES_MOST + 1)])
def test_a_file_that_is_no_book_breaks_nothing(tmp_path, text):
    book = Book(tmp_path)
    book.path.parent.mkdir(parents=True)
    book.path.write_text(text)
    assert book.read() == {}


def test_an_unknown_order_is_left_out(tmp_path):
    book = Book(tmp_path)
    book.path.parent.mkdir(parents=True)
    book.path.write_text(json.dumps({"fleet/1": "exploded", "fleet/2": "black"}))
    assert book.read() == {"fleet/2": Harm.BLACK}


@pytest.fixture
async def city(stream):
    reel = load("clip", stream, Codec.H264, 10)
    made = City(Fleet(3, COUNT, port=0, dead_port=0, mix=Mix(0, 0, 0.5, 0, 0, 0, 0)), SystemClock())
    made.show(reel, broken(reel, access_units(Codec.H264, stream)))
    made.show_harmed("clip", Harm.BLACK, load("black", stream, Codec.H264, 10))
    await made.start()
    yield made
    await made.close()


@pytest.fixture
def url(city):
    return f"rtsp://127.0.0.1:{city.fleet.port}/watch/clip"


@pytest.mark.parametrize(("how", "status"), [(Harm.REFUSED, 302), (Harm.WRONG_PASSWORD, 401), (Harm.BLACK, 200)])
async def test_a_broken_camera_answers_as_it_is_broken(city, url, how, status):
    city.obey({"watch/clip": how})
    client = await Client.at(url)
    response = await client.ask("DESCRIBE", url)
    assert response.status == status
    if status == 302:  # the address it leads to refuses, as one of a camera that is off
        with pytest.raises(ConnectionRefusedError):
            await Client.at(response.headers.get("location"))
    await client.close()


async def test_a_spoiled_picture_is_another_reel(city):
    assert city.lacks("clip", Harm.COVERED)
    assert not city.lacks("clip", Harm.BLACK)
    assert not city.lacks("clip", Harm.REFUSED)
    city.obey({"watch/clip": Harm.BLACK})
    assert city.resolve("watch/clip").player.reel.name == "black"


async def until_cut_off(client):
    while True:
        await client.next()


async def test_who_watches_is_cut_off_and_mending_undoes_it(city, url):
    client = await Client.at(url)
    await client.play(url)
    assert city.obey({"watch/clip": Harm.NO_VIDEO}) == ["watch/clip"]
    with pytest.raises(ConnectionError):
        await until_cut_off(client)
    client._writer.close()
    assert city.resolve("watch/clip").fault is Fault.NO_VIDEO
    assert city.obey({"watch/clip": Harm.NO_VIDEO}) == []
    assert city.obey({}) == ["watch/clip"]
    assert city.resolve("watch/clip").fault is Fault.NONE


async def test_what_the_seed_broke_can_be_mended(city):
    missing = next(i for i in range(COUNT) if city.fleet.fault(i) is Fault.MISSING)
    assert city.resolve(f"fleet/{missing}") is None
    city.obey({f"fleet/{missing}": None})
    assert city.resolve(f"fleet/{missing}").fault is Fault.NONE


async def test_the_world_obeys_while_it_runs(tmp_path, city, monkeypatch):
    monkeypatch.setattr(demo, "ORDERS_SECONDS", 0.01)
    settings = Settings(data_dir=tmp_path, sip=Sip(enabled=False))
    Book(tmp_path).order("fleet/1", Harm.HUNG)  # before it started: it holds over a restart
    ready = asyncio.Event()
    ready.set()
    obeying = asyncio.create_task(demo._obey(city, None, settings, ready))

    async def becomes(fault):
        async with asyncio.timeout(5):
            while city.resolve("fleet/1").fault is not fault:  # noqa: ASYNC110 - another task's doing
                await asyncio.sleep(0.01)

    await becomes(Fault.HUNG)
    Book(tmp_path).order("fleet/1", Harm.NO_VIDEO)
    await becomes(Fault.NO_VIDEO)
    Book(tmp_path).order("fleet/1", None)
    await becomes(Fault.NONE)
    obeying.cancel()


def spoiled(stream, tmp_path, how):
    source = tmp_path / "source.h264"
    source.write_bytes(stream)
    clip = footage.Clip("test", "pkg", "1", "debian", "m", "", "0", "none", 160, 90, 10)
    prepared = footage.path(clip, tmp_path)
    prepared.parent.mkdir(parents=True)
    prepared.write_bytes(stream)
    return clip, spoil.prepare(clip, how, tmp_path, lambda line: None)


@pytest.mark.parametrize("how", [harm for harm in Harm if harm.spoils_picture])
def test_spoiled_footage_looks_as_it_is_called(stream, tmp_path, how):
    clip, path = spoiled(stream, tmp_path, how)
    reel = load("spoiled", path.read_bytes(), Codec.H264, clip.frame_rate)
    assert reel.pictures[0].keyframe
    decoder, original = Decoder("h264"), Decoder("h264")
    shown = decoder.feed(path.read_bytes(), 0) + decoder.flush()
    before = (original.feed(stream, 0) + original.flush())[0].luma().astype(int)
    lumas = [frame.luma().astype(int) for frame in shown]
    assert lumas
    detail = abs(np.diff(lumas[0], 2)).mean() / abs(np.diff(before[::2, ::2], 2)).mean()
    match how:
        case Harm.BLACK:
            assert lumas[0].mean() < 25
        case Harm.FROZEN:
            assert len(reel.pictures) > 20  # of which each shows the same
            assert detail > 0.5
        case Harm.BLURRED:
            assert detail < 0.5
            assert lumas[0].std() > 20
        case Harm.COVERED:
            assert lumas[0][:, : lumas[0].shape[1] * 9 // 10].std() < 6
    assert spoil.prepare(clip, how, tmp_path, lambda line: pytest.fail(line)) == path


@pytest.fixture
def command(tmp_path, monkeypatch):
    monkeypatch.setenv("COMMONSIGHT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def run(*words):
        done = CliRunner().invoke(app, ["simulate", *words])
        return done.exit_code, done.output

    return run


def test_break_list_and_mend(command, tmp_path):
    fleet = demo.fleet_of(Settings())
    well = next(i for i in range(fleet.count) if fleet.fault(i) is Fault.NONE)
    ill = next(i for i in range(fleet.count) if fleet.fault(i) is Fault.NO_VIDEO)
    assert command("break", f"rtsp://127.0.0.1:8654/fleet/{well}", "hung")[0] == 0
    assert command("break", f"450103000013200{well:05}", "no_video")[0] == 0
    assert command("mend", f"fleet/{ill}")[0] == 0
    code, said = command("list")
    assert code == 0
    assert set(said.split("\n")) == {f"fleet/{well}\tno_video", f"fleet/{ill}\twell", ""}
    assert command("mend", f"fleet/{well}")[0] == 0
    assert list(Book(tmp_path).read()) == [f"fleet/{ill}"]


def test_what_cannot_be_broken_is_refused_in_words(command, tmp_path):
    fleet = demo.fleet_of(Settings(simulate=Simulate()))
    unplugged = next(i for i in range(fleet.count) if fleet.fault(i) is Fault.REFUSED)
    code, said = command("break", f"fleet/{unplugged}", "hung")
    assert code == 1
    assert "unplugged" in said
    code, said = command("break", "watch/nowhere", "hung")
    assert code == 1
    assert "watch/street" in said
    assert command("break", "fleet/1", "exploded")[0] == 2
    assert Book(tmp_path).read() == {}


def test_a_camera_behind_a_platform_is_called_by_its_code(command, tmp_path):
    code, clip = next(iter(demo.channels_of(Settings()).items()))
    assert clip in [each.name for each in footage.clips()]
    assert command("break", code, "no_video")[0] == 0
    assert command("break", f"gb28181://45010000002000000001/{code}", "hung")[0] == 0
    assert Book(tmp_path).read() == {f"gb28181/{code}": Harm.HUNG}
    assert command("mend", f"gb28181/{code}")[0] == 0
    assert Book(tmp_path).read() == {}
