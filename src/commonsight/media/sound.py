"""The sound of a camera as browsers play it: whatever the camera sends becomes one gapless AAC track.

A Media Source plays only where picture and sound are both buffered, so the track never has holes: what is missing is
filled with silent frames, and the track is kept up with the picture even when the camera falls silent for good. The
encoder is libavcodec's own (LGPL), 16 kHz mono: speech, not music. It runs only while somebody listens.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Final

import av
import structlog
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from commonsight.connect.model import TICKS_PER_SECOND, AudioCodec, Sound
from commonsight.media.fmp4 import sound_fragment
from commonsight.media.websocket import BINARY, frame

RATE: Final = 16_000
FRAME: Final = 1_024
"""Samples of one AAC frame: 64 ms."""
BITRATE: Final = 32_000
MIME: Final = "mp4a.40.2"
GAP: Final = RATE // 10
"""Sound that comes so many samples late leaves a hole that is filled; less is the network's unrest."""
OVERLAP: Final = RATE // 5
BEHIND: Final = RATE * 2 // 5
"""The track may be so far behind the picture before silence is put in; AAC itself is two frames behind."""
FILL_MOST: Final = 20 * RATE // FRAME
"""Silent frames at once: a longer pause ends with a new stream anyway."""
_SOURCES: Final = {AudioCodec.G711A: "pcm_alaw", AudioCodec.G711U: "pcm_mulaw", AudioCodec.AAC: "aac"}

log = structlog.get_logger(__name__)


class SoundTrack:
    """Turns one camera's pieces of sound into WebSocket messages with fragments.

    Args:
        begin: where the track begins, 90 kHz ticks of the camera's timeline.
    """

    def __init__(self, begin: int) -> None:
        self._codec: AudioCodec | None = None
        self._decoder: av.AudioCodecContext | None = None
        self._resampler = _resampler()
        self._waiting = AudioFifo()  # samples that do not fill a frame yet
        self._encoder = _encoder()
        self._base = self._next = _samples(begin)
        self._given = 0.0  # samples that came, at our rate
        self._encoded = 0  # of those, in whole frames
        self._sequence = 0

    def feed(self, sound: Sound, shown: int) -> list[bytes]:
        """A piece of sound that belongs to `shown`, 90 kHz ticks of the timeline. What cannot be read is left out."""
        drift = _samples(shown) - (self._base + int(self._given))
        if drift < -OVERLAP:
            return []
        made = self._silence(drift // FRAME) if drift > GAP else []
        try:
            for heard in self._decode(sound):
                self._given += heard.samples * RATE / heard.sample_rate
                for piece in self._resampler.resample(heard):
                    made.extend(self._encode(piece))
        except (av.FFmpegError, ValueError) as error:
            log.debug("sound_not_decoded", codec=sound.codec.value, error=str(error))
            self._codec = None  # begin afresh with the next piece
        return made

    def keep_up(self, shown: int) -> list[bytes]:
        """Silence, where the picture at `shown` would otherwise wait for sound that does not come."""
        missing = _samples(shown) - BEHIND - self._next
        return self._silence(missing // FRAME) if missing >= FRAME else []

    def before(self, shown: int) -> list[bytes]:
        """Silence from `shown` to where the track is now, for one who joins with pictures from before."""
        count = min(-((_samples(shown) - self._next) // FRAME), FILL_MOST)
        quiet = silent_frame()
        return [self._message(quiet, self._next - number * FRAME) for number in range(count, 0, -1)]

    def _silence(self, count: int) -> list[bytes]:
        """Put silence behind what has been given: through the coder, which still holds sound from before it."""
        beyond = max(count - FILL_MOST, 0) * FRAME
        count = min(count, FILL_MOST)
        self._base += beyond
        self._next += beyond
        self._given += count * FRAME
        return list(self._encode(_quiet(count * FRAME))) if count else []

    def _decode(self, sound: Sound) -> Iterator[AudioFrame]:
        if sound.codec is not self._codec or self._decoder is None:
            self._codec, self._decoder, self._resampler = sound.codec, _decoder(sound.codec), _resampler()
        decoder = self._decoder
        packets = decoder.parse(sound.data) if sound.codec is AudioCodec.AAC else [av.Packet(sound.data)]
        for packet in packets:
            for heard in decoder.decode(packet):
                heard.pts = None
                yield heard

    def _encode(self, piece: AudioFrame) -> Iterator[bytes]:
        piece.pts = None
        self._waiting.write(piece)
        while (whole := self._waiting.read(FRAME)) is not None:
            whole.pts, whole.time_base = self._encoded, Fraction(1, RATE)
            self._encoded += FRAME
            for packet in self._encoder.encode(whole):
                if packet.pts is not None and packet.pts < 0:
                    continue  # what the coder needs to get going, no sound
                yield self._message(bytes(packet), self._next)
                self._next += FRAME

    def _message(self, data: bytes, at: int) -> bytes:
        self._sequence += 1
        return frame(BINARY, sound_fragment(data, sequence=self._sequence, decode_time=at, duration=FRAME))


@cache
def silent_frame() -> bytes:
    """One AAC frame of silence."""
    encoder = _encoder()
    made = b""
    for number in range(4):
        quiet = _quiet(FRAME)
        quiet.pts, quiet.time_base = number * FRAME, Fraction(1, RATE)
        for packet in encoder.encode(quiet):
            made = bytes(packet)
    return made


def _quiet(samples: int) -> AudioFrame:
    quiet = AudioFrame(format="fltp", layout="mono", samples=samples)
    for plane in quiet.planes:
        plane.update(bytes(plane.buffer_size))
    quiet.sample_rate = RATE
    return quiet


def _samples(ticks: int) -> int:
    return ticks * RATE // TICKS_PER_SECOND


def _resampler() -> AudioResampler:
    return AudioResampler(format="fltp", layout="mono", rate=RATE)


def _encoder() -> av.AudioCodecContext:
    encoder = av.CodecContext.create("aac", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "mono", "fltp"
    encoder.bit_rate, encoder.time_base = BITRATE, Fraction(1, RATE)
    return encoder


def _decoder(codec: AudioCodec) -> av.AudioCodecContext:
    decoder = av.CodecContext.create(_SOURCES[codec], "r")
    assert isinstance(decoder, av.AudioCodecContext)
    if codec is not AudioCodec.AAC:
        decoder.sample_rate, decoder.layout = 8_000, "mono"
    return decoder
