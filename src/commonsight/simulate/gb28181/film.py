"""Footage as GB/T 28181 devices send it: an endless program stream of pictures and G.711 or AAC sound."""

import math
import subprocess
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.nal import is_keyframe, join, nal_type
from commonsight.connect.wire.ps import AudioCodec, Muxer
from commonsight.simulate import footage
from commonsight.simulate.reel import ReelError, access_units

CLOCK_RATE: Final = 90_000
SAMPLE_RATE: Final = 8_000
AAC_SAMPLES: Final = 1_024
"""Samples of one AAC frame."""
AAC_ROUND: Final = 16 * SAMPLE_RATE // AAC_SAMPLES
"""Frames in which the tune comes out even."""
NOTES: Final = (392.0, 440.0, 523.25, 587.33, 659.25, 587.33, 523.25, 440.0)
"""Hz, one after the other, a quarter of a second each: a tune tells more than a tone whether sound is whole."""


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """One clip. Picture `n` counts on through the loops; its bytes follow from `n` alone.

    `pictures`: Annex B access units, the first a keyframe. `groups`: for each picture the keyframe it needs.
    """

    name: str
    codec: Codec
    frame_rate: float
    pictures: tuple[bytes, ...]
    keyframes: frozenset[int]
    groups: tuple[int, ...]
    sound: bytes

    def time(self, n: int) -> int:
        """Presentation time of picture `n`, 90 kHz ticks from the beginning."""
        return round(n * CLOCK_RATE / self.frame_rate)

    def at(self, seconds: float) -> int:
        """The picture shown `seconds` from the beginning."""
        return max(0, math.floor(seconds * self.frame_rate + 1e-6))

    def group_start(self, n: int) -> int:
        """The keyframe at or before picture `n`."""
        rounds, index = divmod(n, len(self.pictures))
        return rounds * len(self.pictures) + self.groups[index]

    def keyframe(self, n: int) -> bool:
        return n % len(self.pictures) in self.keyframes

    def packs(self, muxer: Muxer, n: int, base: int, sound: AudioCodec | None) -> bytes:
        """Program stream of picture `n` and of the sound that belongs to it; times count from `base` ticks."""
        data = muxer.video(self.pictures[n % len(self.pictures)], base + self.time(n), keyframe=self.keyframe(n))
        if sound is AudioCodec.AAC:
            for time, frame in self.frames(n):
                data += muxer.audio(frame, base + time)
        elif sound is not None:
            data += muxer.audio(self.samples(n), base + self.time(n))
        return data

    def frames(self, n: int) -> list[tuple[int, bytes]]:
        """AAC frames (ADTS) that begin while picture `n` is shown, each with its presentation time."""
        known = aac_tune()
        first, last = (math.ceil(each * SAMPLE_RATE / self.frame_rate / AAC_SAMPLES) for each in (n, n + 1))
        ticks = AAC_SAMPLES * CLOCK_RATE // SAMPLE_RATE
        return [(number * ticks, known[number % len(known)]) for number in range(first, last)]

    def samples(self, n: int) -> bytes:
        """G.711 A-law samples that sound while picture `n` is shown."""
        first = round(n * SAMPLE_RATE / self.frame_rate)
        count = round((n + 1) * SAMPLE_RATE / self.frame_rate) - first
        first %= len(self.sound)
        return (
            (self.sound[first:] + self.sound)[:count]
            if first + count > len(self.sound)
            else self.sound[first : first + count]
        )

    def jpeg(self, number: int) -> bytes:
        """Keyframe `number`, counted round and round, as a JPEG. Starts a program: run it in a thread."""
        return _jpeg(self, sorted(self.keyframes)[number % len(self.keyframes)])


def muxer(film: Film, sound: AudioCodec | None) -> Muxer:
    """A new program stream of this film."""
    return Muxer(film.codec, sound)


def load(name: str, data: bytes, codec: Codec, frame_rate: float) -> Film:
    """A film from an Annex B byte stream that begins with a keyframe. Raises `ReelError`."""
    pictures: list[bytes] = []
    keys: set[int] = set()
    groups: list[int] = []
    for number, units in enumerate(access_units(codec, data)):
        if any(is_keyframe(codec, nal_type(codec, unit[0])) for unit in units):
            keys.add(number)
        if not keys:
            raise ReelError(f"{name}: must begin with a keyframe")
        groups.append(number if number in keys else groups[-1])
        pictures.append(join(units))
    if not pictures:
        raise ReelError(f"{name}: no picture in {len(data)} bytes")
    return Film(name, codec, frame_rate, tuple(pictures), frozenset(keys), tuple(groups), tune())


def bring(clip: footage.Clip, data_dir: Path, progress: footage.Progress) -> Film:
    """A published clip as a film. Slow the first time: run it in a thread. Raises `Refusal` like `footage.prepare`."""
    return read(footage.prepare(clip, data_dir, progress), clip)


def read(path: Path, clip: footage.Clip) -> Film:
    """What was made of a clip and lies there, as a film. Raises `ReelError`."""
    return load(clip.name, path.read_bytes(), Codec.H264, clip.frame_rate)


@lru_cache(maxsize=64)
def _jpeg(film: Film, picture: int) -> bytes:
    kind = "h264" if film.codec is Codec.H264 else "hevc"
    command = [footage.ffmpeg(), "-v", "error", "-f", kind, "-i", "-", "-frames:v", "1", "-f", "mjpeg", "-"]
    done = subprocess.run(command, input=film.pictures[picture], capture_output=True, timeout=30, check=True)
    return done.stdout


@cache
def tune() -> bytes:
    """Two seconds of sound as G.711 A-law samples (ITU-T G.711)."""
    note = SAMPLE_RATE // 4
    at = np.arange(note) / SAMPLE_RATE
    swell = np.minimum(1.0, np.minimum(np.arange(note), np.arange(note)[::-1]) / 400)
    wave = np.concatenate([np.sin(2 * np.pi * hertz * at) * swell for hertz in NOTES])
    return a_law((wave * 12_000).astype(np.int16))


@cache
def aac_tune() -> tuple[bytes, ...]:
    """The same sound as AAC frames in ADTS, 16 seconds to the round. Starts a program the first time."""
    command = [footage.ffmpeg(), "-v", "error", "-f", "alaw", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", "-"]
    command += ["-c:a", "aac", "-b:a", "24k", "-f", "adts", "-"]
    data = subprocess.run(command, input=tune() * 9, capture_output=True, timeout=60, check=True).stdout
    frames, at = [], 0
    while at + 7 <= len(data):
        size = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        frames.append(data[at : at + size])
        at += size
    return tuple(frames[1 : 1 + AAC_ROUND])  # the first holds what the encoder needs before it has begun


def a_law(samples: np.ndarray) -> bytes:
    """16-bit samples as A-law bytes: sign, three bits of segment, four of mantissa, every second bit turned."""
    positive = samples >= 0
    size = np.minimum(np.where(positive, samples, ~samples).astype(np.int32) >> 3, 4_095)
    segment = np.maximum(np.floor(np.log2(np.maximum(size, 1))).astype(np.int32) - 4, 0)
    mantissa = np.where(segment > 0, size >> np.maximum(segment, 1), size >> 1) & 0x0F
    found: np.ndarray = ((segment << 4 | mantissa) ^ np.where(positive, 0xD5, 0x55)).astype(np.uint8)
    return found.tobytes()
