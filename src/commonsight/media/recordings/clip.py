"""One camera's clip: cut out of its segments, masked where the permit asks for it, marked, coded anew.

Decoding and coding are ffmpeg's, in a process of its own. The mark (who, which unit, when the picture was taken) is
drawn into every picture and moves, so that no crop leaves it out.
"""

import asyncio
import contextlib
import os
import shutil
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import structlog

from commonsight.connect.model import TICKS_PER_SECOND
from commonsight.media.fmp4 import restamped
from commonsight.media.recordings.boxes import without_sound
from commonsight.media.recordings.library import nothing
from commonsight.media.recordings.model import JOIN_SECONDS, OVERLAP
from commonsight.media.recordings.segment import Segment, SegmentError, read
from commonsight.media.sound import RATE
from commonsight.media.watermark import font
from commonsight.problem import Refusal
from commonsight.settings import Settings
from commonsight.vision.mask_encode import ffmpeg as found_ffmpeg
from commonsight.vision.mask_file import mask_file
from commonsight.vision.mask_policy import policy

SPOT_SECONDS: Final = 6
"""The mark stays in one place for so long."""
CODING: Final = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p")
SAYS_MOST: Final = 2_000
NICE: Final = ("nice", "-n", "10")

log = structlog.get_logger(__name__)

Progress = Callable[[float], Coroutine[Any, Any, None]]
"""Told the share that is done, 0..1; raises to give up."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What is drawn into the pictures. `zone`: IANA name of the zone times are written in."""

    viewer: str
    camera: str
    export: str
    zone: str


@dataclass(frozen=True, slots=True)
class Run:
    """Segments that follow one another without a gap, with one kind of pictures; `begin`, `end` of what is wanted."""

    segments: tuple[Segment, ...]
    begin: datetime
    end: datetime
    sound: bool


def runs(paths: Sequence[Path], begin: datetime, end: datetime) -> list[Run]:
    """What a span's files hold, without gaps each. A file that cannot be read is a gap. Reads files."""
    made: list[Run] = []
    for path in paths:
        try:
            segment = read(path)
        except (SegmentError, OSError) as error:
            log.warning("segment_not_exported", path=str(path), error=str(error))
            continue
        low, high = segment.span
        if high <= begin or low >= end:
            continue
        last = made[-1] if made else None
        follows = last is not None and low <= last.segments[-1].span[1] + timedelta(seconds=JOIN_SECONDS)
        if last is not None and follows and last.segments[-1].init == segment.init:
            made[-1] = Run((*last.segments, segment), last.begin, min(high, end), last.sound)
        else:
            made.append(Run((segment,), max(low, begin), min(high, end), segment.about.sound))
    return made


def join(run: Run, target: Path, *, sound: bool) -> tuple[datetime, float]:
    """Write a run as one file from the keyframe at or before its beginning on, nothing coded anew.

    Returns when its first picture was taken, and how many seconds of it lie before what is wanted. Raises OSError.
    """
    first = run.segments[0]
    init = first.init if sound or not first.about.sound else without_sound(first.about.mime, first.init).segment
    started: datetime | None = None
    base, sequence, until = 0, 0, run.begin
    with target.open("wb") as out:
        out.write(init)
        for segment in run.segments:
            start = segment.about.start
            index = segment.group_before(run.begin) if started is None else segment.group_after(until - OVERLAP)
            if index >= len(segment.pieces):
                continue
            offset = segment.pieces[index].head.decode_time
            if started is None:
                started = start + timedelta(seconds=offset / TICKS_PER_SECOND)
            end = base
            with segment.path.open("rb") as file:
                for piece in segment.pieces[index:]:
                    head = piece.head
                    shift = (base - offset) * (RATE if head.sound else TICKS_PER_SECOND) // TICKS_PER_SECOND
                    at = head.decode_time + shift
                    taken = start + timedelta(seconds=head.decode_time / (RATE if head.sound else TICKS_PER_SECOND))
                    if at < 0 or taken >= run.end or (head.sound and not sound):
                        continue
                    file.seek(piece.at)
                    body = file.read(head.size)
                    sequence += 1
                    out.write(restamped(body, sequence=sequence, decode_time=at, duration=head.duration))
                    if not head.sound:
                        end = at + head.duration
            base, until = end, segment.span[1]
    if started is None:
        raise nothing(run.begin, run.end)
    return started, max((run.begin - started).total_seconds(), 0.0)


async def make(
    paths: Sequence[Path], begin: datetime, end: datetime, target: Path, mark: Mark, mask: str | None,
    settings: Settings, progress: Progress,
) -> list[Run]:  # fmt: skip
    """Write one camera's clip of a span to `target`; it appears whole or not at all.

    Args:
        mask: name of a mask (`vision.mask_policy`); sound is then left out, because a voice tells who speaks.
        progress: told how far it is; raise from it to give up.

    Returns:
        What was found, without gaps each.

    Raises:
        Refusal: `media.nothing_recorded`, `media.font_missing`, `media.export_failed` with ffmpeg's last words, and
            what masking is refused for.
        OSError: the disk.
    """
    found = await asyncio.to_thread(runs, paths, begin, end)
    if not found:
        raise nothing(begin, end)
    sound = mask is None and all(run.sound for run in found)
    work = target.parent / f".{target.stem}"
    await asyncio.to_thread(_fresh, work)
    try:
        parts = []
        for number, run in enumerate(found):

            async def told(share: float, number: int = number) -> None:
                await progress((number + share) / len(found))

            parts.append(await _part(run, number, work, found[0], mark, mask, settings, told, sound=sound))
        if len(parts) > 1:
            listed = work / "parts.txt"
            await asyncio.to_thread(listed.write_text, "".join(f"file '{part.name}'\n" for part in parts))
            arguments = ["-f", "concat", "-safe", "1", "-i", str(listed), "-c", "copy", *_LAST, str(work / "all.mp4")]
            await _ffmpeg(settings, arguments, mark, 0.0, None)
            parts = [work / "all.mp4"]
        await asyncio.to_thread(parts[0].rename, target)
    finally:
        await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
    return found


_LAST: Final = ("-movflags", "+faststart", "-map_metadata", "-1")


async def _part(
    run: Run, number: int, work: Path, first: Run, mark: Mark, mask: str | None, settings: Settings,
    told: Progress, *, sound: bool,
) -> Path:  # fmt: skip
    plain, made = work / f"plain-{number}.mp4", work / f"part-{number}.mp4"
    started, lead = await asyncio.to_thread(lambda: join(run, plain, sound=sound))
    if mask is not None:
        masked = work / f"masked-{number}.mp4"
        await _masked(plain, masked, mask, settings, told)
        await asyncio.to_thread(plain.unlink)
        plain = masked
    about = first.segments[0].about
    seconds = (run.end - run.begin).total_seconds()
    text = work / f"mark-{number}.txt"
    await asyncio.to_thread(text.write_text, _words(mark, started), "utf-8")
    arguments = [
        "-i", str(plain), "-ss", f"{lead:.3f}", "-t", f"{seconds:.3f}",
        "-vf", _filter(text, about.width, about.height), *CODING, *(("-c:a", "copy") if sound else ("-an",)),
        *_LAST, "-metadata", f"comment={mark.export}", str(made),
    ]  # fmt: skip
    half = 0.5 if mask is not None else 0.0

    async def share(done: float) -> None:
        await told(half + (1 - half) * done)

    await _ffmpeg(settings, arguments, mark, seconds, share)
    await asyncio.to_thread(plain.unlink)
    return made


async def _masked(plain: Path, masked: Path, mask: str, settings: Settings, told: Progress) -> None:
    """Mask in a process of its own; what `told` raises ends it."""
    loop, stop = asyncio.get_running_loop(), False

    def progress(share: float) -> None:
        if stop:
            raise Refusal("media.export_cancelled", status=409)
        asyncio.run_coroutine_threadsafe(told(share / 2), loop).result(30)

    work = asyncio.create_task(
        asyncio.to_thread(mask_file, plain, masked, policy(mask), settings.models_dir, progress)
    )  # fmt: skip
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        stop = True
        await asyncio.wait([work], timeout=30)
        raise


def _words(mark: Mark, started: datetime) -> str:
    """The mark's text: three lines, the last the moment of each picture. A file's text needs no escaping but ffmpeg's
    own for what it expands."""
    lines = [mark.viewer, f"{mark.camera} · {mark.export[-12:]}"]
    safe = [line.replace("\\", "\\\\").replace("%", "\\%").replace("{", "(").replace("}", ")") for line in lines]
    return "\n".join([*safe, f"%{{pts:localtime:{started.timestamp():.3f}}}"])


def _filter(text: Path, width: int, height: int) -> str:
    place = str(text).replace("\\", "\\\\").replace(":", "\\:").replace("'", "\\'")
    drawn = f"drawtext=fontfile={font()}:textfile={place}:fontsize=max(12\\,h/30):line_spacing=4"
    x = f"(w-tw)*mod(floor(t/{SPOT_SECONDS})*0.618+0.04\\,1)"
    y = f"(h-th)*mod(floor(t/{SPOT_SECONDS})*0.414+0.08\\,1)"
    return ",".join(
        (
            f"scale={width}:{height}:force_original_aspect_ratio=decrease,pad={width}:{height}:-1:-1,setsar=1",
            f"scale=trunc(iw/2)*2:trunc(ih/2)*2,{drawn}:fontcolor=white@0.75:box=1:boxcolor=black@0.3:boxborderw=4"
            f":x={x}:y={y}",
        )
    )


async def _ffmpeg(
    settings: Settings, arguments: Sequence[str], mark: Mark, seconds: float, told: Progress | None
) -> None:
    """Run ffmpeg to its end, or until `told` raises. Raises Refusal `media.export_failed`."""
    program = str(settings.recording.ffmpeg or found_ffmpeg())
    nice = NICE if shutil.which("nice") else ()
    command = [*nice, program, "-v", "error", "-nostdin", "-y", "-progress", "pipe:1", *arguments]
    child = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TZ": mark.zone},
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stderr is not None
    said = asyncio.create_task(_last_words(child.stderr))
    try:
        async for line in child.stdout:
            name, _, value = line.decode("ascii", "replace").strip().partition("=")
            if told is not None and name == "out_time_us" and value.isdigit() and seconds > 0:
                await told(min(int(value) / 1e6 / seconds, 1.0))
        code = await child.wait()
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
        words = await said
    if code != 0:
        log.error("export_ffmpeg_failed", code=code, said=words)
        raise Refusal("media.export_failed", status=500, reason=words.splitlines()[-1][:300] if words else str(code))


async def _last_words(stream: Any) -> str:
    kept = b""
    while chunk := await stream.read(4_096):
        kept = (kept + chunk)[-SAYS_MOST:]
    return kept.decode("utf-8", "replace").strip()


def _fresh(work: Path) -> None:
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, mode=0o700)
