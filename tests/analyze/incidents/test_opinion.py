"""A vision-language model's opinion: asked over real HTTP with a masked picture, read with care, never decisive."""

import contextlib
import json
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import text

from commonsight import network
from commonsight.analyze.incidents import store
from commonsight.analyze.incidents.evidence import files
from commonsight.analyze.incidents.evidence import store as pieces
from commonsight.analyze.incidents.evidence.draw import RED, boxed
from commonsight.analyze.incidents.evidence.model import Kind, State, covered, covers
from commonsight.analyze.incidents.evidence.store import Made
from commonsight.analyze.incidents.opinion import model, service
from commonsight.jobs import House
from commonsight.problem import Refusal
from commonsight.settings import Opinion, Settings
from tests.analyze.incidents.world import NOON, World


def picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (160, 90), (30, 90, 30)).save(out, "JPEG", quality=95)
    return out.getvalue()


def answer(content: Any) -> bytes:
    return json.dumps({"choices": [{"message": {"content": content}}]}).encode()


def test_an_answer_is_read_also_when_it_stands_in_prose() -> None:
    said = model.read(
        answer('Sure:\n```json\n{"verdict": "false_alarm", "confidence": 0.8, "zh": "影子", "en": "A shadow"}```')
    )
    assert said == {"verdict": "false_alarm", "confidence": 0.8, "zh": "影子", "en": "A shadow"}
    assert model.read(answer("I cannot say.\n"))["verdict"] == "unsure"
    assert model.read(answer('{"verdict": "real", "confidence": 7}'))["confidence"] is None
    assert model.read(answer('{"verdict": "close the case"}'))["verdict"] == "unsure"


@given(st.one_of(st.binary(max_size=80), st.text(max_size=80).map(answer), st.integers().map(answer)))
def test_whatever_comes_back_is_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(Refusal):
        said = model.read(body)
        assert said["verdict"] in ("real", "false_alarm", "unsure")
        assert len(said["zh"]) <= model.WORDS_MOST


def test_boxes_are_drawn_on_the_way_out() -> None:
    with Image.open(BytesIO(boxed(picture(), [[0.25, 0.25, 0.75, 0.75]]))) as drawn:
        red, green, _ = drawn.convert("RGB").getpixel((80, 22))  # type: ignore[misc]
        assert red > 150 > green
        assert drawn.convert("RGB").getpixel((80, 45))[0] < 80  # type: ignore[index]
    assert RED[0] > 200
    plain = picture()
    assert boxed(plain, []) == plain


def test_what_was_covered_before_it_was_kept_is_all_that_may_be_asked_for() -> None:
    assert [covers("faces_plates", one) for one in (None, "faces", "plates", "faces_plates")] == [True] * 4
    assert [covers("", None), covers("", "faces"), covers("faces", "plates")] == [True, False, False]
    begin = NOON
    spans = [(begin - timedelta(seconds=5), begin + timedelta(seconds=5))]
    assert covered(spans, begin, begin + timedelta(seconds=10)) == 0.5


async def test_a_model_is_asked_once_with_a_masked_picture_and_its_answer_is_a_note(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    async def complete(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer s3cret"
        asked.append(await request.json())
        said = '{"verdict": "false_alarm", "confidence": 0.7, "zh": "像是影子", "en": "Looks like a shadow"}'
        return web.json_response({"choices": [{"message": {"content": said}}]})

    app = web.Application()
    app.router.add_post("/v1/chat/completions", complete)
    async with TestServer(app) as server:
        url = f"http://127.0.0.1:{server.port}/v1"
        said = Opinion(url=url, model="vlm-7b", key="s3cret", per_hour=1, timeout_seconds=5)
        settings = Settings(data_dir=world.house.settings.data_dir, opinion=said)
        house = House(settings, world.database, world.clock)
        await world.see("bag-1")
        await world.see("bag-2", box=(0.6, 0.6, 0.8, 0.8))
        await world.hand_on()
        first, second = await world.incidents()

        async def keep(incident: Any, masked: str) -> None:
            place = files.place_of(settings.data_dir)
            name, size, digest = files.keep(place, incident.id, "jpg", picture())
            made = Made(name, "image/jpeg", size, digest, masked, None, NOON, NOON)
            async with world.database.write() as session:
                await pieces.keep(session, incident.id, Kind.STILL, made, NOON)

        await keep(first, "")
        await service.ask(house, first.id)
        assert asked == [], "a picture in which faces may be seen is not sent"

        await keep(first, "faces_plates")
        # The address is this machine's: without the operator's word nobody is asked there.
        await service.ask(house, first.id)
        async with world.database.write() as session:
            refused = await store.one(session, first.id)
            assert refused is not None
            assert refused.opinion is not None
            assert (refused.opinion["verdict"], refused.opinion["code"]) == ("none", "network.loopback")
            await session.execute(text("UPDATE incidents SET opinion = NULL"))

        monkeypatch.setattr(network, "_installed", network.Policy((network.Exempt.parse(f"127.0.0.1:{server.port}"),)))
        await service.ask(house, first.id)
        await service.ask(house, first.id)
        assert len(asked) == 1, "once"
        await keep(second, "faces_plates")
        await service.ask(house, second.id)
        assert len(asked) == 1, "so many an hour"

    content = asked[0]["messages"][0]["content"]
    assert asked[0]["model"] == "vlm-7b"
    assert content[1]["image_url"]["url"].startswith("data:image/jpeg;base64,")
    kept = (await world.incidents())[0]
    assert kept.opinion is not None
    assert (kept.opinion["verdict"], kept.opinion["asked"]) == ("false_alarm", content[0]["text"])
    assert kept.label is None, "it decides nothing"
    [line] = await world.rows("SELECT words, detail FROM case_steps WHERE action = 'opinion'")
    assert line.detail["say"] == "analyze.opinion_false_alarm"
    piece = (await world.rows("SELECT state FROM incident_evidence WHERE kind = 'still' ORDER BY id"))[0]
    assert piece.state == State.KEPT
