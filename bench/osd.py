"""How well the clock and the label in a picture are read, and what that costs, beside Tesseract.

    python -m bench.osd [--clips FOLDER] [--small] [--write]

Clocks and labels are drawn by ffmpeg over real footage (the packaged clips and, with `--clips`, those of a folder), at
the sizes cameras write in 1080p, 720p and D1, white, black and yellow, with and without an outline, then coded as H.264
at 2 Mb/s; what is read is the keyframe, decoded as a sweep decodes it. Both sides' text goes through the same rules; a
clock counts only when it is right to the second. The constants of the product were chosen on a few such pictures, of
other texts. `--write` puts the figures into the product.
"""

# ruff: noqa: ARG002, DTZ001 - lookers share their signatures; a clock in a picture has no zone

import argparse
import datetime
import itertools
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import numpy as np

from commonsight.inspect.osd import figures
from commonsight.inspect.osd.model import Looker, Part, Subject, read
from commonsight.media.watermark import font
from commonsight.settings import load
from commonsight.simulate import footage
from commonsight.vision.decode import Decoder
from commonsight.vision.ocr.look import BAND, TextLooker
from commonsight.vision.ocr.model import Box, Line
from commonsight.vision.picture import Plane
from commonsight.vision.store import ModelStore

SIZES = (((1920, 1080), (48, 36)), ((1280, 720), (32, 24)), ((704, 576), (24, 16)))
"""Pictures and the heights of their letters, pixels."""
STYLES = (("white", 2), ("white", 0), ("black", 0), ("yellow", 1))
"""Colour and width of the outline."""
FORMS: tuple[Callable[[datetime.datetime], str], ...] = (
    lambda m: f"{m:%Y-%m-%d %H:%M:%S}",
    lambda m: f"{m.year}年{m.month:02d}月{m.day:02d}日 星期{'一二三四五六日'[m.weekday()]} {m:%H:%M:%S}",
    lambda m: f"{m:%m-%d-%Y} {('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[m.weekday()]} {m:%H:%M:%S}",
    lambda m: f"{m:%Y/%m/%d %H:%M:%S}",
    lambda m: f"{m:%Y-%m-%d} {m.hour % 12 or 12:02d}:{m:%M:%S} {'PM' if m.hour >= 12 else 'AM'}",
)
LABELS = (
    ("民族大道与朱槿路口东1号", "南宁市青秀区民族大道与朱槿路口东2号"),
    ("青秀区南湖广场北门", "南宁市青秀区南湖广场南门"),
    ("G72高速K1365+200", "G72高速K1366+300"),
    ("西乡塘客运站进站口03", "南宁市西乡塘客运站出站口05"),
    ("桂雅路小学正门", "桂雅路中学侧门"),
    ("Camera 01", "民族大道与朱槿路口东1号"),
)
"""What is drawn, and the name of another camera it must not pass for."""
REGIONS = ("广西壮族自治区", "南宁市", "青秀区")
TOLERANCE = 0.5
SECONDS = 120


@dataclass(frozen=True, slots=True)
class Case:
    """One drawn picture."""

    number: int
    clip: Path
    width: int
    height: int
    letters: int
    colour: str
    outline: int
    moment: datetime.datetime
    form: int
    label: int


@dataclass
class Found:
    """What one side made of one case."""

    right: bool
    wrong: bool
    named: bool
    misnamed: bool
    cpu_ms: float


def say(*words: object) -> None:
    print(*words, file=sys.stderr, flush=True)


def cases(clips: Sequence[Path], small: bool) -> list[Case]:
    """The same cases every time: every size, height and style, over every clip (small: over one each)."""
    chance = random.Random(5)
    made: list[Case] = []
    grid = [(size, letters, style) for size, heights in SIZES for letters in heights for style in STYLES]
    for turn, ((width, height), letters, (colour, outline)) in enumerate(grid):
        for clip in [clips[turn % len(clips)]] if small else clips:
            moment = datetime.datetime(2026, 1, 1) + datetime.timedelta(seconds=chance.randrange(365 * 86_400))
            number = len(made)
            made.append(
                Case(
                    number, clip, width, height, letters, colour, outline, moment, number % len(FORMS),
                    chance.randrange(len(LABELS)),
                )
            )  # fmt: skip
    return made


def drawn(case: Case, work: Path) -> Plane:
    """The brightness of the first keyframe of the case, coded and decoded."""
    clock, label = work / "clock", work / "label"
    clock.write_text(FORMS[case.form](case.moment), "utf-8")
    label.write_text(LABELS[case.label][0], "utf-8")
    how = f"fontfile={font()}:fontsize={case.letters}:fontcolor={case.colour}:borderw={case.outline}:bordercolor=black"
    edge = case.letters // 2
    filters = [
        # Some clips have text of their own at the edges.
        "crop=iw:ih*0.7",
        f"scale={case.width}:{case.height}:force_original_aspect_ratio=increase,crop={case.width}:{case.height}",
        f"drawtext={how}:textfile={clock}:x={edge}:y={edge}",
        f"drawtext={how}:textfile={label}:x=w-tw-{edge}:y=h-th-{edge}",
    ]
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(case.clip), "-ss", str(1 + case.number % 3)]
    command += [
        "-vf",
        ",".join(filters),
        "-frames:v",
        "13",
        "-pix_fmt",
        "yuv420p",
        "-c:v",
        "libx264",
        "-preset",
        "fast",
    ]
    command += [
        "-b:v",
        "2M",
        "-maxrate",
        "2M",
        "-bufsize",
        "2M",
        "-g",
        "12",
        "-bf",
        "0",
        "-sc_threshold",
        "0",
        "-f",
        "h264",
        "-",
    ]
    coded = subprocess.run(command, capture_output=True, check=True, timeout=SECONDS).stdout
    with tempfile.NamedTemporaryFile(dir=work, suffix=".h264") as file:
        file.write(coded)
        file.flush()
        with av.open(file.name, format="h264") as opened:
            keyframes = [bytes(packet) for packet in opened.demux(video=0) if packet.size and packet.is_keyframe]
    # The last keyframe: the first of a stream is given more bits than a camera gives.
    decoder = Decoder("h264", skip_loop_filter="all")
    frames = decoder.feed(keyframes[-1], 0) or decoder.flush()
    return frames[0].luma()


def judged(case: Case, looker: Looker, luma: Plane, cpu: Callable[[], float]) -> tuple[Found, Subject]:
    """Read a picture and hold the result against what was drawn."""
    name, other = LABELS[case.label]
    subject = Subject(UUID(int=case.number), (name,), REGIONS)
    at = case.moment.replace(tzinfo=datetime.UTC) + datetime.timedelta(seconds=1)
    began = cpu()
    found = read(looker, luma, subject, at, datetime.timedelta())
    spent = (cpu() - began) * 1000
    right = found.clock is not None and found.clock.shown == case.moment
    texts = [line.text for line in found.lines if line.part is not Part.CLOCK]
    against = read(_Said(found.lines), luma, replace(subject, names=(other,)), at, datetime.timedelta())
    result = Found(
        right,
        found.clock is not None and not right,
        bool(texts) and found.match is not None and found.match.likeness >= TOLERANCE,
        against.match is not None and against.match.likeness >= TOLERANCE,
        spent,
    )
    kept = tuple(line for line in found.lines if line.part is not Part.OTHER)
    return result, replace(subject, remembered=kept)


class _Said:
    """Lines that were read already."""

    def __init__(self, lines: Sequence[Any]) -> None:
        self._lines = [Line(line.text, line.confidence, line.box) for line in lines]

    def bands(self, luma: Plane) -> list[Line]:
        return self._lines

    whole = bands

    def at(self, luma: Plane, places: Sequence[Box]) -> list[Line]:
        return self._lines


class Tesseract:
    """The peer: Tesseract with its Chinese and English models, sparse text, on the same two bands as they are and
    inverted, because it expects dark letters."""

    def __init__(self, program: str) -> None:
        self._program = program

    def bands(self, luma: Plane) -> list[Line]:
        height = luma.shape[0]
        tall = round(height * BAND)
        strips = [luma[top : top + tall] for top in (0, height - tall)]
        return [line for strip in strips for plane in (strip, 255 - strip) for line in self._read(plane)]

    def whole(self, luma: Plane) -> list[Line]:
        return self._read(luma)

    def at(self, luma: Plane, places: Sequence[Box]) -> list[Line]:
        raise AssertionError("the peer remembers no places")

    def _read(self, luma: Plane) -> list[Line]:
        header = f"P5 {luma.shape[1]} {luma.shape[0]} 255\n".encode()
        command = [self._program, "-", "-", "-l", "chi_sim+eng", "--psm", "11"]
        said = subprocess.run(
            command, input=header + np.ascontiguousarray(luma).tobytes(), capture_output=True, check=True,
            timeout=SECONDS, env=os.environ | {"OMP_THREAD_LIMIT": "1"},
        ).stdout.decode("utf-8", "replace")  # fmt: skip
        return [Line(text.strip(), 1.0, (0.0, 0.0, 1.0, 1.0)) for text in said.splitlines() if text.strip()]


def _children() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def peer() -> tuple[Tesseract | None, str | None]:
    """The peer, or the reason why there is none."""
    program = shutil.which("tesseract")
    if program is None:
        return None, "tesseract is not installed (Debian: tesseract-ocr, tesseract-ocr-chi-sim)"
    said = subprocess.run([program, "--list-langs"], capture_output=True, text=True, check=True, timeout=30)
    if not {"chi_sim", "eng"} <= set((said.stdout + said.stderr).split()):
        return None, "tesseract has no Chinese model (Debian: tesseract-ocr-chi-sim)"
    return Tesseract(program), None


def summary(found: Sequence[Found]) -> dict[str, float]:
    """Shares of all cases, and the mean processor time."""
    count = max(len(found), 1)
    return {
        "clocks_read": round(sum(one.right for one in found) / count, 4),
        "clocks_wrong": round(sum(one.wrong for one in found) / count, 4),
        "labels_named": round(sum(one.named for one in found) / count, 4),
        "labels_passing_for_another": round(sum(one.misnamed for one in found) / count, 4),
        "cpu_ms": round(sum(one.cpu_ms for one in found) / count, 1),
    }


def by(found: Sequence[tuple[Case, Found]], key: Callable[[Case], str]) -> dict[str, dict[str, float]]:
    """The figures for each value of one trait."""
    ordered = sorted(found, key=lambda pair: key(pair[0]))
    groups: Iterator[tuple[str, Any]] = itertools.groupby(ordered, key=lambda pair: key(pair[0]))
    return {name: summary([one for _, one in pairs]) for name, pairs in groups}


def main() -> None:
    """Measure, print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path, help="a folder of further clips (.mp4)")
    parser.add_argument("--small", action="store_true", help="every size and style over one clip each")
    parser.add_argument("--write", action="store_true", help="put the figures into the product")
    given = parser.parse_args()
    settings = load()
    packaged = [footage.prepare(clip, settings.data_dir, say) for clip in footage.clips()]
    clips = packaged + (sorted(given.clips.glob("*.mp4")) if given.clips else [])
    looker, (other, reason) = TextLooker(ModelStore(settings.models_dir)), peer()
    ours: list[tuple[Case, Found]] = []
    later: list[float] = []
    still = 0
    theirs: list[tuple[Case, Found]] = []
    todo = cases(clips, given.small)
    with tempfile.TemporaryDirectory() as folder:
        for case in todo:
            luma = drawn(case, Path(folder))
            found, remembered = judged(case, looker, luma, time.process_time)
            ours.append((case, found))
            if remembered.remembered:
                began = time.process_time()
                at = case.moment.replace(tzinfo=datetime.UTC)
                again = read(looker, luma, remembered, at, datetime.timedelta())
                later.append((time.process_time() - began) * 1000)
                still += not again.searched
            if other is not None:
                theirs.append((case, judged(case, other, luma, _children)[0]))
            if (case.number + 1) % 10 == 0:
                say(f"{case.number + 1} of {len(todo)}: {summary([one for _, one in ours])}")
    mine = summary([one for _, one in ours])
    later_ms = round(sum(later) / max(len(later), 1), 1)
    peers = summary([one for _, one in theirs]) if theirs else None
    context = {
        "figure": "share of drawn clocks that are read right, to the second",
        "pictures": len(ours),
        "clips": [clip.name for clip in clips],
        "ours": mine
        | {"later_look_cpu_ms": later_ms, "later_looks_without_search": round(still / max(len(later), 1), 3)},
        "by_size": by(ours, lambda case: f"{case.width}x{case.height}, letters of {case.letters}"),
        "by_style": by(ours, lambda case: f"{case.colour}, outline {case.outline}"),
        "by_form": by(ours, lambda case: FORMS[case.form](datetime.datetime(2026, 11, 23, 15, 4, 5))),
        "peer": peers,
        "peer_missing": reason,
    }
    value = mine["clocks_read"]
    theirs_value = None if peers is None else peers["clocks_read"]
    figure = {
        "ours": value,
        "peer": theirs_value,
        "ratio": None if not theirs_value else round(value / theirs_value, 2),
    }
    print(json.dumps(figure | {"context": context}, ensure_ascii=False))
    if given.write:
        _write(mine, later_ms, len(ours))


def _write(mine: dict[str, float], later_ms: float, pictures: int) -> None:
    sheet = Path(figures.__file__).with_name(figures.FILE)
    lines = [
        "# Written by `python -m bench.osd --write`; do not edit.",
        f'measured = "{datetime.datetime.now(datetime.UTC):%Y-%m-%d}"',
        f"pictures = {pictures}",
        f"clocks_read = {mine['clocks_read']}",
        f"clocks_wrong = {mine['clocks_wrong']}",
        f"labels_named = {mine['labels_named']}",
        f"milliseconds_first = {mine['cpu_ms']}",
        f"milliseconds = {later_ms}",
    ]
    sheet.write_text("\n".join(lines) + "\n", "utf-8")
    say(f"written: {sheet}")


if __name__ == "__main__":
    main()
