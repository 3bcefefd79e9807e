"""INVITE to BYE over every transport: what arrives is a program stream whose pictures are the footage's own."""

import asyncio
import itertools
import socket
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from commonsight.clock import SystemClock
from commonsight.connect.wire import gb_sdp, rtp
from commonsight.connect.wire.ps import Demuxer, Picture, Sound
from commonsight.connect.wire.rfc4571 import Deframer
from commonsight.simulate.fleet import Fault
from commonsight.simulate.footage import ffmpeg
from commonsight.simulate.gb28181 import film, streams
from commonsight.simulate.gb28181.faults import Faults
from commonsight.simulate.gb28181.fleet import Fleet, FleetPlan
from commonsight.simulate.gb28181.show import Show
from commonsight.simulate.gb28181.stage import Ill
from commonsight.simulate.gb28181.streams import control
from commonsight.simulate.gb28181.tally import Tally
from tests.simulate.gb28181.above import SERVER, until

SDP = (("Content-Type", "application/sdp"),)


@pytest.fixture
async def fleet(above, reel):
    made = await playing(above, reel)
    yield made
    await made.close()


async def playing(above, reel, **faults):
    made = Fleet(
        FleetPlan(platforms=1, cameras=20, spread=0, transport="udp", faults=Faults(**faults)),
        server=SERVER,
        to=("127.0.0.1", above.port),
        films=[reel],
    )
    above.passwords = {who.code: who.password for who in made.identities}
    await made.start()
    assert await made.all_registered(20)
    return made


def on(fleet):
    """A platform and one of its cameras that is on."""
    party = fleet.parties[0]
    number = next(n for n in range(20) if party.catalogue.status(n) == "ON")
    return party, party.catalogue.code(number)


async def invite(above, party, channel, offer, call="call-1"):
    fields = (*SDP, ("Subject", f"{channel}:{offer.ssrc},{SERVER}:0"), ("X-Owner", party.who.code))
    response = await above.request(channel, "INVITE", gb_sdp.build(offer), call=call, fields=fields)
    if response.status == 200:
        to_tag = ";tag=" + response.headers.get("To").partition(";tag=")[2]
        await above.request(channel, "ACK", call=call, to_tag=to_tag, fields=(("X-Owner", party.who.code),))
    return response


async def bye(above, party, channel, call="call-1"):
    return await above.request(channel, "BYE", call=call, cseq=2, fields=(("X-Owner", party.who.code),))


async def datagrams(receiver, count):
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(30):
        return [await loop.sock_recv(receiver, 65_536) for _ in range(count)]


def udp():
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.bind(("127.0.0.1", 0))
    return made, made.getsockname()[1]


def pictures_and_sound(packets):
    demuxer, found = Demuxer(), []
    for packet in packets:
        parsed = rtp.parse(packet)
        found += demuxer.feed(parsed.payload)
        if parsed.marker:
            found += demuxer.cut(sure=True)
    return [f for f in found if isinstance(f, Picture)], [f for f in found if isinstance(f, Sound)]


async def test_udp_brings_the_footage_whole_and_under_the_ssrc_that_was_asked(above, fleet, reel):
    party, channel = on(fleet)
    receiver, port = udp()
    offer = gb_sdp.Description(SERVER, "127.0.0.1", port, ssrc="0100000077")
    answer = gb_sdp.parse((await invite(above, party, channel, offer)).body)
    assert (answer.ssrc, answer.tcp, answer.direction, answer.owner) == ("0100000077", False, "sendonly", channel)
    packets = await datagrams(receiver, 60)
    parsed = [rtp.parse(packet) for packet in packets]
    assert {packet.ssrc for packet in parsed} == {100_000_077}
    first = parsed[0].sequence
    assert [(packet.sequence - first) % 65_536 for packet in parsed] == list(range(60))
    pictures, sounds = pictures_and_sound(packets)
    assert pictures[0].keyframe
    whole = b"".join(reel.pictures)
    assert pictures
    assert all(picture.data in whole for picture in pictures[:-1])
    assert {sound.codec for sound in sounds} == {film.AudioCodec.G711A}
    assert (await bye(above, party, channel)).status == 200
    assert not len(party.streams)
    assert (await bye(above, party, channel)).status == 481
    receiver.close()


async def test_the_camera_connects_when_the_platform_waits(above, fleet):
    party, channel = on(fleet)
    received, arrived = [], asyncio.Event()

    async def take(reader, writer):
        deframer = Deframer()
        while len(received) < 40 and (data := await reader.read(65_536)):
            received.extend(bytes(packet) for packet in deframer.feed(data))
        arrived.set()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    offer = gb_sdp.Description(SERVER, "127.0.0.1", port, tcp=True, setup="passive", ssrc="0100000001")
    answer = gb_sdp.parse((await invite(above, party, channel, offer)).body)
    assert (answer.tcp, answer.setup) == (True, "active")
    await asyncio.wait_for(arrived.wait(), 30)
    pictures, _ = pictures_and_sound(received)
    assert pictures[0].keyframe
    server.close()
    # The receiver is gone: the camera notices and says BYE.
    await until(lambda: any(r.method == "BYE" for r in above.requests))


async def test_the_camera_waits_when_the_platform_connects(above, fleet):
    party, channel = on(fleet)
    offer = gb_sdp.Description(SERVER, "127.0.0.1", 9, tcp=True, setup="active", ssrc="0100000001")
    answer = gb_sdp.parse((await invite(above, party, channel, offer)).body)
    assert answer.setup == "passive"
    reader, writer = await asyncio.open_connection("127.0.0.1", answer.port)
    deframer, packets = Deframer(), []
    async with asyncio.timeout(30):
        while len(packets) < 40:
            packets += [bytes(packet) for packet in deframer.feed(await reader.read(65_536))]
    assert pictures_and_sound(packets)[0][0].keyframe
    writer.close()


async def test_a_recording_ends_with_a_notice_and_obeys_pause_speed_and_seek(above, fleet):
    party, channel = on(fleet)
    receiver, port = udp()
    start = recorded(fleet, channel)
    offer = gb_sdp.Description(
        SERVER, "127.0.0.1", port, "Playback", ssrc="1100000001", channel=channel, start=start, end=start + 4
    )
    assert (await invite(above, party, channel, offer)).status == 200
    await datagrams(receiver, 3)
    owner = (("X-Owner", party.who.code), ("Content-Type", "Application/MANSRTSP"))
    for cseq, body in (
        (2, b"PAUSE RTSP/1.0\r\nCSeq: 2\r\n\r\n"),
        (3, b"PLAY RTSP/1.0\r\nCSeq: 3\r\nScale: 4.0\r\n\r\n"),
    ):
        told = await above.request(channel, "INFO", body, call="call-1", cseq=cseq, fields=owner)
        assert told.status == 200
    await until(lambda: above.of("MediaStatus"))
    assert above.of("MediaStatus")[0].root.findtext("NotifyType") == "121"
    assert above.of("MediaStatus")[0].device == channel
    receiver.close()


async def test_a_download_comes_faster_and_says_its_size(above, fleet):
    party, channel = on(fleet)
    receiver, port = udp()
    start = recorded(fleet, channel)
    offer = gb_sdp.Description(
        SERVER, "127.0.0.1", port, "Download", ssrc="1100000002", channel=channel, start=start, end=start + 20, speed=8
    )
    answer = gb_sdp.parse((await invite(above, party, channel, offer)).body)
    assert answer.size
    began = asyncio.get_running_loop().time()
    await until(lambda: above.of("MediaStatus"))
    assert asyncio.get_running_loop().time() - began < 20
    receiver.close()


def recorded(fleet, channel):
    """A moment yesterday of which there is a recording."""
    from commonsight.simulate.gb28181 import recordings

    now = SystemClock().now().timestamp()
    for back in range(24, 48):
        start = int(now) - back * 3_600
        hour = recordings.local(start), recordings.local(start + 4)
        if recordings.between(45, channel, *hour, recordings.local(int(now))):
            return start
    raise AssertionError("two days without a recording")


async def test_what_cannot_be_had_is_refused(above, fleet):
    party, channel = on(fleet)
    catalogue = party.catalogue
    offer = gb_sdp.Description(SERVER, "127.0.0.1", 9, ssrc="0100000001")
    nobody = "45010000001320000999"
    assert (await invite(above, party, nobody, offer)).status == 404
    off = next(n for n in range(20) if n != catalogue.number_of(channel))
    catalogue.edit(off, Status="OFF")
    assert (await invite(above, party, catalogue.code(off), offer)).status == 480
    old = gb_sdp.Description(SERVER, "127.0.0.1", 9, "Playback", ssrc="1100000001", start=1_000, end=2_000)
    assert (await invite(above, party, channel, old)).status == 404
    bare = (("X-Owner", party.who.code), ("Subject", f"{channel}:1,{SERVER}:0"))
    assert (await above.request(channel, "INVITE", b"v=0\r\n", call="x", fields=bare)).status == 488


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("c=IN IP4 127.0.0.1", "c=IN IP4 camera.invalid"),
        ("t=0 0", "t=99999999999999999999 99999999999999999999"),
        ("t=0 0", "t=10 5"),
        ("m=video 9 ", "m=video 99999 "),
        ("m=video 9 ", "m=video 0 "),
    ],
)
async def test_an_offer_that_makes_no_sense_is_refused(above, fleet, line, instead):
    party, channel = on(fleet)
    text = gb_sdp.build(gb_sdp.Description(SERVER, "127.0.0.1", 9, ssrc="0100000001")).decode()
    assert line in text
    owner = (*SDP, ("X-Owner", party.who.code))
    refused = await above.request(channel, "INVITE", text.replace(line, instead).encode(), call="x", fields=owner)
    assert refused.status == 488
    assert not len(party.streams)


async def test_an_ssrc_beyond_32_bits_does_no_harm(above, fleet):
    party, channel = on(fleet)
    receiver, port = udp()
    await invite(above, party, channel, gb_sdp.Description(SERVER, "127.0.0.1", port, ssrc="9999999999"))
    assert await datagrams(receiver, 3)
    receiver.close()


async def test_lost_packets_are_lost_and_the_rest_keeps_its_numbers(above, reel):
    fleet = await playing(above, reel, media_loss=0.3)
    party, channel = on(fleet)
    receiver, port = udp()
    await invite(above, party, channel, gb_sdp.Description(SERVER, "127.0.0.1", port, ssrc="0100000001"))
    numbers = [rtp.parse(packet).sequence for packet in await datagrams(receiver, 60)]
    gaps = sum((after - before) % 65_536 - 1 for before, after in itertools.pairwise(numbers))
    assert 10 <= gaps <= 60
    receiver.close()
    await fleet.close()


async def test_when_the_power_goes_the_streams_go_too(above, fleet):
    party, channel = on(fleet)
    receiver, port = udp()
    await invite(above, party, channel, gb_sdp.Description(SERVER, "127.0.0.1", port, ssrc="0100000001"))
    await datagrams(receiver, 3)
    assert fleet.streams == 1
    fleet.storm()
    await until(lambda: not fleet.streams)
    await until(lambda: fleet.registered == 1)
    receiver.close()


def test_the_sound_is_what_a_foreign_decoder_hears():
    tune = film.tune()
    command = [ffmpeg(), "-v", "error", "-f", "alaw", "-ar", "8000", "-i", "-", "-f", "s16le", "-"]
    heard = np.frombuffer(subprocess.run(command, input=tune, capture_output=True, check=True).stdout, "<i2")
    assert len(heard) == len(tune) == 2 * film.SAMPLE_RATE
    spectrum = np.abs(np.fft.rfft(heard[: film.SAMPLE_RATE // 4]))
    assert abs(int(spectrum.argmax()) * 4 - film.NOTES[0]) <= 4  # bins of a quarter second are 4 Hz wide
    ramp = np.arange(-32_768, 32_767, 37, dtype=np.int16)
    back = subprocess.run(command, input=film.a_law(ramp), capture_output=True, check=True).stdout
    assert np.all(
        np.abs(np.frombuffer(back, "<i2").astype(int) - ramp) <= np.maximum(32, np.abs(ramp.astype(int)) / 16)
    )


def test_aac_is_what_a_foreign_decoder_hears():
    frames = film.aac_tune()
    assert len(frames) == 125
    command = [ffmpeg(), "-v", "error", "-f", "aac", "-i", "-", "-f", "s16le", "-"]
    done = subprocess.run(command, input=b"".join(frames), capture_output=True, check=True)
    assert not done.stderr
    heard = np.frombuffer(done.stdout, "<i2").astype(float)
    assert abs(len(heard) - 16 * film.SAMPLE_RATE) <= 2 * film.AAC_SAMPLES
    tune = np.abs(np.fft.rfft(np.frombuffer(done.stdout, "<i2")[:16_000]))
    found = {round(bin_ / 2) for bin_ in np.argsort(tune)[-40:]}
    assert all(any(abs(hertz - note) <= 12 for hertz in found) for note in (392, 440, 523))


async def test_cameras_that_speak_aac_bring_whole_frames(above, fleet):
    await asyncio.to_thread(fleet.speak_aac)
    party, channel = on(fleet)
    number = next(
        n for n in range(20)
        if party.catalogue.status(n) == "ON"
        and party.streams._sound(party.catalogue.code(n)) is film.AudioCodec.AAC
    )  # fmt: skip
    channel = party.catalogue.code(number)
    receiver, port = udp()
    await invite(above, party, channel, gb_sdp.Description(SERVER, "127.0.0.1", port, ssrc="0100000009"))
    _, sounds = pictures_and_sound(await datagrams(receiver, 60))
    assert {sound.codec for sound in sounds} == {film.AudioCodec.AAC}
    assert all(sound.data in b"".join(film.aac_tune()) for sound in sounds)
    times = [sound.pts for sound in sounds]
    assert [after - before for before, after in itertools.pairwise(times)] == [11_520] * (len(times) - 1)
    receiver.close()


def test_the_footage_goes_round_and_round(reel):
    count = len(reel.pictures)
    assert reel.group_start(3 * count + 5) == 3 * count
    assert reel.group_start(3 * count + 15) == 3 * count + 10
    assert reel.keyframe(count + 10)
    assert reel.time(10) == 90_000
    samples = b"".join(reel.samples(n) for n in range(50))
    assert samples == (film.tune() * 3)[: len(samples)]
    assert len(samples) == 40_000
    assert reel.jpeg(0).startswith(b"\xff\xd8")


class Watched:
    def __init__(self):
        self.told = []

    def pause(self):
        self.told.append("pause")

    def resume(self, **how):
        self.told.append(how)


@pytest.mark.parametrize(
    ("body", "told", "ends"),
    [
        (b"PAUSE RTSP/1.0\r\nCSeq: 1\r\nPauseTime: now\r\n", ["pause"], False),
        (b"PLAY RTSP/1.0\r\nCSeq: 1\r\nScale: 2.0\r\n", [{"speed": 2.0, "at": None}], False),
        (b"PLAY RTSP/1.0\r\nCSeq: 1\r\nRange: npt=30-\r\n", [{"speed": None, "at": 30.0}], False),
        (b"PLAY RTSP/1.0\r\nRange: npt=now-\r\n", [{"speed": None, "at": None}], False),
        (b"TEARDOWN RTSP/1.0\r\n", [], True),
        (b"\xff\xfe\x00", [], False),
        (b"", [], False),
    ],
)
def test_playback_commands(body, told, ends):
    watched = Watched()
    assert control(watched, body) is ends
    assert watched.told == told


@pytest.mark.parametrize(
    ("fault", "status"), [(Fault.REFUSED, 480), (Fault.MISSING, 404), (Fault.UNAUTHORIZED, 403), (Fault.SLOW, 200)]
)
async def test_an_ill_channel_answers_as_it_is_ill(above, fleet, fault, status, monkeypatch):
    monkeypatch.setattr(streams, "SLOW_SECONDS", 0.05)
    party, channel = on(fleet)
    fleet.plague(lambda code: Ill(fault if code == channel else Fault.NONE))
    receiver, port = udp()
    offer = gb_sdp.Description(SERVER, "127.0.0.1", port, ssrc="0100000078")
    assert (await invite(above, party, channel, offer)).status == status
    assert len(party.streams) == (status == 200)
    receiver.close()


@pytest.mark.parametrize(("prompt", "first"), [(True, 0), (False, 3)])
def test_without_a_prompt_a_camera_begins_where_it_is(reel, prompt, first):
    fleet = Fleet(FleetPlan(platforms=1, cameras=4), server=SERVER, to=("127.0.0.1", 9), films=[reel])
    if not prompt:
        fleet.unprompted()
    live = gb_sdp.Description(SERVER, "127.0.0.1", 9, ssrc="0100000079")
    script = fleet.parties[0].streams._script("00000000000000000001", reel, live, 79)
    show = Show(reel, replace(script, begin=0.35), Nowhere(), SystemClock(), Tally())
    assert show._first == first


class Nowhere:
    """A pipe nobody needs."""
