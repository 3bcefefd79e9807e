"""Made-up coded pictures whose bytes tell them apart, for tests of everything between packets and units."""

from dataclasses import dataclass

from hypothesis import strategies as st

from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.packetise import packetise
from commonsight.connect.wire.rtp import RtpPacket

SETS = {
    Codec.H264: (b"\x67\x42\x00\x1e\xab", b"\x68\xce\x3c\x80"),
    Codec.H265: (b"\x40\x01\x0c\x01", b"\x42\x01\x01\x01", b"\x44\x01\xc1\x72"),
}


@dataclass(frozen=True)
class Picture:
    """NAL units of one access unit."""

    units: tuple[bytes, ...]
    keyframe: bool


def slice_unit(codec: Codec, keyframe: bool, first: bool, filling: bytes) -> bytes:
    head = bytes([0x65 if keyframe else 0x41]) if codec is Codec.H264 else bytes([(19 if keyframe else 1) << 1, 1])
    return head + (b"\x88" if first else b"\x08") + filling + b"\x80"


def picture(codec: Codec, number: int, keyframe: bool, slices: int, size: int, sets: bool, delimiter: bool) -> Picture:
    units = []
    if delimiter:
        units.append(b"\x09\xf0" if codec is Codec.H264 else b"\x46\x01\x50")
    if sets:
        units += SETS[codec]
    for index in range(slices):
        # No zero byte: emulation prevention is the encoder's business.
        filling = b"%06d.%d." % (number, index) + b"x" * size
        units.append(slice_unit(codec, keyframe, index == 0, filling))
    return Picture(tuple(units), keyframe)


@st.composite
def pictures(draw, codec: Codec, slices: int = 3):
    """A few pictures; the first is a keyframe with its parameter sets."""
    count = draw(st.integers(1, 8))
    return [
        picture(
            codec, n, n == 0 or draw(st.booleans()), draw(st.integers(1, slices)), draw(st.integers(0, 120)),
            n == 0 or draw(st.booleans()), draw(st.booleans()),
        )
        for n in range(count)
    ]  # fmt: skip


def packets(
    codec: Codec,
    shown: list[Picture],
    *,
    limit: int = 40,
    aggregate: bool = True,
    marker: bool = True,
    start: int = 65530,
) -> list[RtpPacket]:
    """The RTP packets of the pictures, 3,600 ticks apart."""
    made = []
    for number, each in enumerate(shown):
        payloads = packetise(codec, each.units, limit=limit, aggregate=aggregate)
        for index, payload in enumerate(payloads):
            last = marker and index == len(payloads) - 1
            sequence = (start + len(made)) & 0xFFFF
            made.append(RtpPacket(96, last, sequence, 5000 + 3600 * number, 1, memoryview(payload)))
    return made


def expected(codec: Codec, each: Picture, known: tuple[bytes, ...]) -> bytes:
    """What is to be handed on for a picture: without its delimiter, a keyframe with parameter sets in front."""
    kept = [u for u in each.units if u[0] not in ((0x09,) if codec is Codec.H264 else (0x46,))]
    if each.keyframe and kept[0] not in known:
        kept = [*known, *kept]
    return b"".join(b"\x00\x00\x00\x01" + u for u in kept)
